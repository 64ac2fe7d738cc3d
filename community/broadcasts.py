"""Notices to many (通知): what one is, to whom it goes, its moves, and its marks.

Values in, values out: no clock, no storage, no channel. A drill can never be mistaken for a
fire: the mode is fixed when a broadcast is made, and ``marked`` puts 【演练】 or 【测试】 before
every line when words are rendered; authors never write a mark themselves.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from community.broadcast_problems import Problem
from community.deliveries import LANES, Lane
from community.staff import ROLES

Mode = Literal["live", "drill", "test"]
MODES: tuple[Mode, ...] = get_args(Mode)
Purpose = Literal["drill", "tip", "campaign", "alert", "notice"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
# As shown to people.
PURPOSE_NAMES: Mapping[Purpose, str] = MappingProxyType(
    {
        "drill": "演练通知",
        "tip": "每周安全提示",
        "campaign": "消防宣传",
        "alert": "险情提醒",
        "notice": "社区通知",
    }
)

State = Literal[
    "draft",
    "pending",
    "returned",
    "approved",
    "expanding",
    "sending",
    "paused",
    "completed",
    "cancelled",
    "expired",
]
STATES: tuple[State, ...] = get_args(State)
STATE_NAMES: Mapping[State, str] = MappingProxyType(
    {
        "draft": "草稿",
        "pending": "等人审核",
        "returned": "退回修改",
        "approved": "已通过，等时间到",
        "expanding": "正在列名单",
        "sending": "正在发送",
        "paused": "已暂停",
        "completed": "已发完",
        "cancelled": "已取消",
        "expired": "已过期，没有再发",
    }
)
# What a person may still change.
EDITABLE: frozenset[State] = frozenset({"draft", "returned"})
# What may be paused, and what a pause ends in again.
RUNNING: frozenset[State] = frozenset({"approved", "expanding", "sending"})
ENDED: frozenset[State] = frozenset({"completed", "cancelled", "expired"})
OPEN: frozenset[State] = frozenset(STATES) - ENDED

_FORWARD: Mapping[State, frozenset[State]] = {
    "draft": frozenset({"pending"}),
    "pending": frozenset({"approved", "returned"}),
    "returned": frozenset({"pending"}),
    "approved": frozenset({"expanding", "paused"}),
    "expanding": frozenset({"sending", "paused"}),
    "sending": frozenset({"completed", "paused"}),
    "paused": RUNNING,
}
# From each state, the states that it may go to; whatever is open may be cancelled and expires.
MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        state: frozenset() if state in ENDED else _FORWARD[state] | {"cancelled", "expired"}
        for state in STATES
    }
)

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

CHINA = "Asia/Shanghai"
# Nobody is woken for a notice that can wait; by the clock of the district.
QUIET_FROM, QUIET_UNTIL = time(22), time(8)
# Of no use any more after: an alarm of this morning must not ring this afternoon.
LIFE: Mapping[Lane, timedelta] = MappingProxyType(
    {
        "incident": timedelta(hours=6),
        "alarm": timedelta(hours=2),
        "reply": timedelta(days=1),
        "bulk": timedelta(days=8),
    }
)

MOST_TITLE_CHARACTERS = 80
MOST_WORDS_CHARACTERS = 1_000
MOST_CHOICES = 6
MOST_NAMED = 500
# Which kind of help somebody needs is sealed, so only those who need any can be asked for.
NEEDS = ("any",)

_MARKS: Mapping[Mode, Mapping[Language, str]] = {
    "live": {"zh": "", "en": ""},
    "drill": {"zh": "【演练】", "en": "[DRILL] "},
    "test": {"zh": "【测试】", "en": "[TEST] "},
}
_IN_A_REAL_FIRE: Mapping[Language, str] = {
    "zh": (
        "这是演练。真着火马上打119；楼道没烟，从疏散楼梯往下走，不坐电梯；"
        "楼道有烟，关紧门，堵住门缝，到窗口求救。"
    ),
    "en": (
        "This is a drill. In a real fire call 119 at once. No smoke in the stairway: walk down, "
        "never take the lift. Smoke outside: shut the door, seal the gaps, call from a window."
    ),
}
_ANY_MARK = re.compile(r"[【\[［]\s*(?:演\s*练|测\s*试|drill|test)\s*[】\]］]\s*", re.IGNORECASE)


class BroadcastError(Exception):
    """Something about a broadcast cannot be done as asked."""

    permanent = True


class BadBroadcast(BroadcastError):
    """A broadcast that may not be made, or not be moved on by this person.

    Attributes:
        problem: what is wrong, a key of ``community.broadcast_problems.PROBLEM_WORDS``.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"the broadcast is refused ({problem}): correct that and try again")


class UnknownBroadcast(BroadcastError):
    """There is no broadcast of this id."""

    def __init__(self, broadcast_id: int) -> None:
        self.broadcast_id = broadcast_id
        super().__init__(f"there is no broadcast {broadcast_id}: look it up in the list")


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a broadcast is for; each field that is set narrows, places together are one field.

    Attributes:
        district_id: whose residents: those bound to a building of it.
        street_ids: with ``community_ids`` and ``building_ids`` the places, any of which counts.
        floors: as residents told them, from 1 above and -1 below ground.
        roles: staff with a linked chat instead of residents, by the place of their post.
        languages: as residents chose them.
        needs: of ``NEEDS``: those who are registered for help on evacuation.
        resident_ids: these alone, up to ``MOST_NAMED``; bound to a building or not.

    Raises:
        BadBroadcast: ``named``, ``floors``, ``roles``, ``languages`` or ``needs``.
    """

    district_id: str
    street_ids: tuple[int, ...] = ()
    community_ids: tuple[int, ...] = ()
    building_ids: tuple[int, ...] = ()
    floors: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    resident_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        wrong: dict[Problem, bool] = {
            "named": len(self.resident_ids) > MOST_NAMED,
            "floors": bool(self.floors) and (0 in self.floors or not self.has_place),
            "roles": not set(self.roles) <= set(ROLES),
            "languages": not set(self.languages) <= set(LANGUAGES),
            "needs": not set(self.needs) <= set(NEEDS),
        }
        _refuse(wrong)

    @property
    def has_place(self) -> bool:
        """Whether it is narrowed to streets, communities or buildings."""
        return bool(self.street_ids or self.community_ids or self.building_ids)

    @property
    def is_everyone(self) -> bool:
        """Whether nothing narrows it to less than the residents of the district.

        A language alone still means everyone who speaks it.
        """
        return not (self.has_place or self.roles or self.needs or self.resident_ids)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Audience":
        """Return an audience as ``to_json`` made it."""
        known = {one.name for one in fields(cls)} - {"district_id"}
        narrowing = {name: tuple(value) for name, value in kept.items() if name in known}
        return cls(kept["district_id"], **narrowing)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to send; checked when it is made.

    Attributes:
        key: whoever makes it again under the same key gets the same broadcast.
        street_id: the street whose staff see it in their list; None for the district's.
        words: language → text without marks; Chinese is always there.
        choices: (label, function) of what may be tapped below.
        due_at: not before; the quiet hours may move it.
        expires_at: of no use from then on; at most ``LIFE`` of its lane after ``due_at``.
        author_id: staff id; None when the service itself makes it.
        is_for_everyone: the author has confirmed that a whole district is meant.
        timezone: the district's, an IANA name, for the quiet hours.

    Raises:
        BadBroadcast: naming the first problem.
    """

    key: str
    district_id: str
    street_id: int | None
    purpose: Purpose
    mode: Mode
    lane: Lane
    title: str
    words: Mapping[str, str]
    choices: tuple[tuple[str, str], ...]
    audience: Audience
    due_at: datetime
    expires_at: datetime
    author_id: int | None
    is_for_everyone: bool = False
    timezone: str = CHINA

    def __post_init__(self) -> None:
        is_drills = self.purpose == "drill" or self.mode == "drill"
        kinds = (self.purpose in PURPOSES, self.mode in MODES, self.lane in LANES)
        _refuse(
            {
                "lane": not all(kinds),
                "not_live": self.lane == "incident" and (is_drills or self.mode != "live"),
                "drill_live": is_drills and self.mode == "live" and self.lane == "alarm",
                "title": not _is_title(self.title),
                "words": not _are_words(self.words),
                "mark": any(map(_ANY_MARK.search, [self.title, *self.words.values()])),
                "choices": not _are_choices(self.choices),
                "times": self.expires_at <= self.due_at,
                "place": self.audience.district_id != self.district_id,
                "everyone": self.audience.is_everyone and not self.is_for_everyone,
            }
        )


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast as it stands, as ``community.broadcast_store.broadcast`` keeps it.

    Attributes:
        code: eight characters with a check character, as people read it.
        version: rises with every change.
        reason: of the last return, pause or cancellation; "" before any.
        paused_from: where it goes on after a pause; "" when it is not paused.
        expanded_to: the resident id after which the audience is still to be written out.
        slices: how many there are so far.
    """

    id: int
    code: str
    key: str
    district_id: str
    street_id: int | None
    purpose: Purpose
    mode: Mode
    lane: Lane
    title: str
    words: Mapping[str, str]
    choices: tuple[tuple[str, str], ...]
    audience: Audience
    timezone: str
    state: State
    paused_from: State | Literal[""]
    version: int
    due_at: datetime
    expires_at: datetime
    author_id: int | None
    approver_id: int | None
    reason: str
    expanded_to: int
    slices: int
    created_at: datetime
    changed_at: datetime
    finished_at: datetime | None

    def rendered(self, language: str) -> str:
        """Return title and text as a resident reads them, marked; Chinese where not translated."""
        spoken = language if language in self.words else "zh"
        text = self.words[spoken]
        return marked(f"{self.title}\n{text}" if spoken == "zh" else text, self.mode, spoken)

    def may_send_at(self, moment: datetime) -> datetime:
        """Return when it may be sent from ``moment`` on: then, or after the quiet hours."""
        return awake(self.lane, moment, self.timezone)


def marked(words: str, mode: Mode, language: str) -> str:
    """Return words as they may be sent: in a drill or test each line marked, empty ones left out.

    A drill ends with what to do in a real fire. Marks already there are not doubled; live words
    come back as they are.
    """
    if mode == "live":
        return words
    spoken: Language = "en" if language == "en" else "zh"
    lines = [_ANY_MARK.sub("", line).strip() for line in words.splitlines()]
    last = [_IN_A_REAL_FIRE[spoken]] if mode == "drill" else []
    mark = _MARKS[mode][spoken]
    return "\n".join(mark + line for line in [*lines, *last] if line)


def awake(lane: Lane, moment: datetime, timezone: str) -> datetime:
    """Return ``moment``, or for the bulk lane the end of the quiet hours that it lies in."""
    local = moment.astimezone(ZoneInfo(timezone))
    if lane != "bulk" or QUIET_UNTIL <= local.time() < QUIET_FROM:
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    morning = datetime.combine(day, QUIET_UNTIL, local.tzinfo)
    return morning.astimezone(moment.tzinfo)


def expiry(lane: Lane, due_at: datetime, wished: datetime) -> datetime:
    """Return when a broadcast ends: as wished, but never longer than its lane lives."""
    return min(wished, due_at + LIFE[lane])


def ignores_opt_out(lane: Lane, purpose: str) -> bool:
    """Tell whether somebody who stopped a purpose is told all the same: of danger alone."""
    return purpose == "alert" and lane in {"incident", "alarm"}


def _is_title(title: str) -> bool:
    return 1 <= len(title.strip()) <= MOST_TITLE_CHARACTERS and len(title.splitlines()) == 1


def _are_words(words: Mapping[str, str]) -> bool:
    return (
        "zh" in words
        and set(words) <= set(LANGUAGES)
        and all(text.strip() and len(text) <= MOST_WORDS_CHARACTERS for text in words.values())
    )


def _are_choices(choices: Sequence[Collection[str]]) -> bool:
    return len(choices) <= MOST_CHOICES and all(map(str.strip, chain.from_iterable(choices)))


def _refuse(wrong: Mapping[Problem, bool]) -> None:
    """Raise for the first problem that is true."""
    for problem, is_so in wrong.items():
        if is_so:
            raise BadBroadcast(problem)
