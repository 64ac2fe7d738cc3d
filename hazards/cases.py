"""What a case is, who acts on it, and what can be wrong with an act: values alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from community.coordinates import Point
from hazards.transitions import OPEN, RUNNING, Move, State


class Step(NamedTuple):
    """One step of the deadline: 0 the soft reminder, 1 催办, 2 升级督办, 3 挂牌督办."""

    level: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """When a case is reminded of, due, and escalated; ``steps`` earliest first."""

    soft_at: datetime
    due_at: datetime
    steps: tuple[Step, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case (隐患), as ``hazards.store.hazard_case`` describes its columns.

    Attributes:
        handler: department id; "" when it is with the supervisors and nobody handles it.
        point: WGS-84; None where only words are known.
        steps: of the deadline, all of this round; ``steps_done`` of them are behind.
        closed_at: when it came to an end, whichever; None while it is open.
    """

    id: int
    code: str
    district_id: str
    street_id: int | None
    building_id: int | None
    category: str
    state: State
    handler: str
    lead: str
    level: int
    is_major: bool
    round: int
    place_words: str
    floor: str
    point: Point | None
    summary: str
    version: int
    rule_version: str
    soft_at: datetime | None
    due_at: datetime | None
    steps: tuple[Step, ...]
    steps_done: int
    paused_at: datetime | None
    pause_reason: str
    merged_into: int | None
    external_number: str
    is_public: bool
    public_text: str
    report_count: int
    opened_at: datetime
    round_at: datetime
    changed_at: datetime
    verified_at: datetime | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it has not come to an end."""
        return self.state in OPEN

    @property
    def is_running(self) -> bool:
        """Whether its deadline runs."""
        return self.state in RUNNING and self.paused_at is None

    @property
    def next_step(self) -> Step | None:
        """The next step of its deadline; None when all are behind."""
        return self.steps[self.steps_done] if self.steps_done < len(self.steps) else None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether its deadline runs and has passed."""
        return self.is_running and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case is opened with; ``point`` is WGS-84."""

    district_id: str
    category: str
    street_id: int | None = None
    building_id: int | None = None
    place_words: str = ""
    floor: str = ""
    point: Point | None = None
    summary: str = ""
    is_major: bool = False
    external_number: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a role of staff with their id, or ``system`` or ``reporter`` with None."""

    role: str
    staff_id: int | None = None

    @property
    def audited(self) -> str:
        """As the audit log names them."""
        return f"staff:{self.staff_id}" if self.staff_id is not None else self.role


SYSTEM = Actor("system")
REPORTER = Actor("reporter")


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a case, as somebody saw it.

    Attributes:
        actor: who.
        version: of the case as they saw it.
        reason: their words.
        photo_ids: photos of the case or of its reports.
        handler: department id, where one is chosen; "" keeps the one there is.
        lead: likewise.
    """

    actor: Actor
    version: int
    reason: str = ""
    photo_ids: tuple[int, ...] = ()
    handler: str = ""
    lead: str = ""


class CaseError(Exception):
    """Something about a case cannot be done as asked."""

    permanent = True


class UnknownCase(CaseError):
    """There is no case with this id."""

    def __init__(self, case_id: int) -> None:
        self.case_id = case_id
        super().__init__(f"there is no case {case_id}: look it up by its code")


class StaleCase(CaseError):
    """Somebody else has changed the case meanwhile; ``current`` is how it stands."""

    def __init__(self, current: Case) -> None:
        self.current = current
        super().__init__(
            f"case {current.code} is at version {current.version} by now: look again, then act"
        )


class IllegalMove(CaseError):
    """The table of transitions has no such edge from the state of the case."""

    def __init__(self, current: Case, move: str) -> None:
        self.current = current
        self.move = move
        super().__init__(
            f"{move} is not possible for case {current.code}, which is {current.state}: "
            "choose one of its open moves"
        )


class NotAllowed(CaseError):
    """The actor may not do this: not in this role, not here, or not after what they did."""

    def __init__(self, current: Case, move: str, actor: Actor) -> None:
        self.current = current
        self.move = move
        self.actor = actor
        super().__init__(
            f"{actor.audited} as {actor.role} may not {move} case {current.code}: "
            "ask somebody whose post covers it"
        )


class MissingReason(CaseError):
    """A reason has to be given."""

    def __init__(self, move: str) -> None:
        self.move = move
        super().__init__(f"{move} needs a reason: give it in words")


class MissingPhoto(CaseError):
    """Photos have to be given that are of this case and could be kept."""

    def __init__(self, move: str, needed: int = 1) -> None:
        self.move = move
        self.needed = needed
        super().__init__(f"{move} needs {needed} photo(s) of this case: add them first")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A move that is about to be made on a case that this transaction holds."""

    case: Case
    move: Move
    act: Act
    now: datetime
