"""Problems that a drill brought to light (问题): what, where, who sees to it and by when.

Values and rules alone; the rows are ``drills.problem_store``'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, get_args

from drills.drills import DrillRefused
from drills.lines import one_line

ProblemKind = Literal["lighting", "door", "blocked", "alarm", "lift", "people", "other"]
PROBLEM_KINDS: tuple[ProblemKind, ...] = get_args(ProblemKind)
# As shown to people.
PROBLEM_NAMES: Mapping[ProblemKind, str] = MappingProxyType(
    {
        "lighting": "楼梯照明、应急灯",
        "door": "防火门、安全出口",
        "blocked": "通道堆物、堵塞",
        "alarm": "警铃、广播听不清",
        "lift": "有人乘电梯",
        "people": "组织和人员",
        "other": "其他",
    }
)
MOST_WORDS = 500
MOST_OWNER = 60


@dataclass(frozen=True, slots=True)
class NewProblem:
    """A problem as somebody notes it.

    Attributes:
        drill_id: at which drill.
        kind: one of ``PROBLEM_KINDS``.
        words: what is wrong, in the words of whoever saw it.
        owner: which office or post sees to it (责任单位), never a private person's phone.
        due_on: by which day.
        building_id: where; None when it is not about one building.
        photo_id: of a stored file.
    """

    drill_id: int
    kind: ProblemKind
    words: str
    owner: str
    due_on: date
    building_id: int | None = None
    photo_id: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as it stands.

    Attributes:
        drill_id: the drill at which it was found.
        due_on: by which day it is to be solved.
        noted_by: staff id; None when it came from a resident.
        solution: what was done about it; "" while it is open.
    """

    id: int
    drill_id: int
    building_id: int | None
    kind: ProblemKind
    words: str
    owner: str
    due_on: date
    photo_id: int | None
    noted_by: int | None
    noted_at: datetime
    solved_at: datetime | None
    solved_by: int | None
    solution: str

    @property
    def is_open(self) -> bool:
        """Whether it is still to be solved."""
        return self.solved_at is None

    def is_overdue(self, today: date) -> bool:
        """Tell whether its day has passed without a solution."""
        return self.is_open and self.due_on < today

    def line(self, today: date) -> str:
        """Return it in one line, as the next drill's checklist shows it."""
        late = "，已逾期" if self.is_overdue(today) else ""
        day = f"{self.due_on.year}年{self.due_on.month}月{self.due_on.day}日"
        return f"{PROBLEM_NAMES[self.kind]}：{self.words}（{self.owner}，{day}前{late}）"


def checked(new: NewProblem, today: date) -> NewProblem:
    """Return a new problem with its texts in order.

    Args:
        new: as it was typed.
        today: in the drill's district.

    Raises:
        DrillRefused: ``problem_words_missing``, ``owner_missing``, or ``bad_day`` for a day
            that has passed.
    """
    words, owner = one_line(new.words, MOST_WORDS), one_line(new.owner, MOST_OWNER)
    if not words or new.kind not in PROBLEM_KINDS:
        raise DrillRefused("problem_words_missing")
    if not owner:
        raise DrillRefused("owner_missing")
    if new.due_on < today:
        raise DrillRefused("bad_day")
    return replace(new, words=words, owner=owner)
