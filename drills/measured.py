"""The values that a drill's figures are made of, and the figures themselves.

``drills.measures`` defines and computes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Status = Literal[
    "unknown", "leaving", "needs_help", "arrived", "at_home", "away", "excused", "missing"
]
STATUSES: tuple[Status, ...] = get_args(Status)
# Where somebody is, is known, though they did not come.
SETTLED: frozenset[Status] = frozenset({"at_home", "away", "excused"})
# Of a household that came in part, the others have not been heard of.
UNHEARD: frozenset[Status] = frozenset({"unknown", "missing", "arrived"})

StepName = Literal["registered", "reachable", "delivered", "acknowledged", "left", "arrived"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the roster with what became of it; times are aware.

    A household's line counts its members, whose own lines then stand for nobody.

    Attributes:
        id: of the line, so that households without a room stay apart.
        building_id: where.
        room: "" when not known.
        persons: how many it stands for; 0 for a member of a household with a line.
        arrived: how many of them came, at most ``persons``.
        status: of the line.
        is_guest: came without being expected.
        needs_assistance: registered beforehand.
        is_reachable: has an account that could be written to.
        is_delivered: a notice went out; None when nobody knows.
        is_acknowledged: tapped a notice.
        left_at: None where nobody said so.
        arrived_at: None while nobody came.
        settled_at: when a status of ``SETTLED`` was noted.
        asked_at: when help was asked for.
        helped_at: when help had come.
        came: when how many more of its home came, or fewer by a correction, in order; told by
            whoever spoke of this line.
    """

    id: int
    building_id: int
    room: str
    persons: int
    arrived: int = 0
    status: Status = "unknown"
    is_guest: bool = False
    needs_assistance: bool = False
    is_reachable: bool = False
    is_delivered: bool | None = False
    is_acknowledged: bool = False
    left_at: datetime | None = None
    arrived_at: datetime | None = None
    settled_at: datetime | None = None
    asked_at: datetime | None = None
    helped_at: datetime | None = None
    came: tuple[tuple[datetime, int], ...] = ()

    @property
    def has_set_out(self) -> bool:
        """Whether somebody of it is known to have left the building."""
        return self.left_at is not None or self.arrived > 0 or self.status == "arrived"


@dataclass(frozen=True, slots=True)
class Home:
    """The lines of one building and room; a line without a room is a home of its own.

    A line that stands for nobody is a member's, whom the household's line counts.
    """

    lines: tuple[Line, ...]

    @property
    def persons(self) -> int:
        """How many it has."""
        return sum(line.persons for line in self.lines)

    @property
    def arrived(self) -> int:
        """How many of them came."""
        return sum(line.arrived for line in self.lines)

    @property
    def left(self) -> int:
        """How many of them are known to have set out."""
        said = sum(max(1, line.persons) for line in self.lines if line.left_at)
        return min(self.persons, max(self.arrived, said, self._members_out))

    @property
    def unheard(self) -> int:
        """How many of them nobody has heard of."""
        silent = sum(line.persons for line in self.lines if line.status in UNHEARD)
        return min(silent, self.persons - self.left)

    @property
    def _members_out(self) -> int:
        return sum(line.has_set_out for line in self.lines if not line.persons)


@dataclass(frozen=True, slots=True)
class Swept:
    """A floor that somebody went through."""

    building_id: int
    stair: int
    floor: int
    cleared_at: datetime


@dataclass(frozen=True, slots=True)
class House:
    """A building of the drill; ``floors`` above ground is None where nobody has said it."""

    id: int
    name: str
    floors: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeTotals:
    """How one notice ended, as the broadcast counts it.

    Attributes:
        stage: notice_week, notice_day, …
        audience: recipients.
        states: recipients with a delivery, by how it ended or stands.
        suppressed: recipients without one, by reason.
        failures: failed deliveries by reason.
        channels: deliveries that went out, by channel.
        tapped: recipients who answered.
    """

    stage: str
    audience: int
    states: Mapping[str, int] = field(default_factory=dict)
    suppressed: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)
    tapped: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is measured: the roster, the sweeps and the moments of one drill."""

    lines: tuple[Line, ...]
    sweeps: tuple[Swept, ...] = ()
    houses: tuple[House, ...] = ()
    notices: tuple[NoticeTotals, ...] = ()
    alarm_at: datetime | None = None
    roll_closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How many reached one step of the funnel, and of how many it is not known."""

    name: StepName
    persons: int
    households: int
    unknown_persons: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in persons from a moment on."""

    seconds: int
    persons: int


@dataclass(frozen=True, slots=True)
class FloorTime:
    """When a floor was clear."""

    building: str
    stair: int
    floor: int
    seconds: int


@dataclass(frozen=True, slots=True)
class StairTime:
    """How far a stair was swept; ``seconds`` only when all of it was."""

    building: str
    stair: int
    swept: int
    floors: int | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Assistance:
    """Which households needed help; waits in seconds, None when nobody was helped.

    Attributes:
        homes: all of them: ``helped``, ``came`` and ``open`` add up to it.
        registered: known beforehand.
        asked: during the drill.
        helped: with a note of it.
        came: all of them came, without such a note.
        open: nobody knows of any help.
        median_wait: by nearest rank.
        longest_wait: of those helped.
    """

    homes: int = 0
    registered: int = 0
    asked: int = 0
    helped: int = 0
    came: int = 0
    open: int = 0
    median_wait: int | None = None
    longest_wait: int | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of one drill, as the module defines them.

    Attributes:
        persons: registered.
        households: registered.
        arrived: persons.
        late: of them, after the roll had closed.
        guests: who came without being expected.
        funnel: the six steps.
        statuses: persons who have not arrived, by status of their line.
        arrivals: cumulative persons at each moment with an arrival.
        median: seconds; so p90 and p95.
        floors: clear times.
        stairs: clear times.
        unaccounted: persons not accounted for from each moment on; the last when the roll closed.
        assistance: help needed and given.
        notices: as they were given.
        participation: arrived ÷ registered.
        participation_expected: arrived ÷ (registered − away − excused).
        roll_closed: seconds.
    """

    persons: int
    households: int
    arrived: int
    late: int
    guests: int
    funnel: tuple[Step, ...]
    statuses: Mapping[str, int]
    arrivals: tuple[Point, ...]
    median: int | None
    p90: int | None
    p95: int | None
    floors: tuple[FloorTime, ...]
    stairs: tuple[StairTime, ...]
    unaccounted: tuple[Point, ...]
    assistance: Assistance
    notices: tuple[NoticeTotals, ...]
    participation: float | None
    participation_expected: float | None
    roll_closed: int | None

    @property
    def still_unaccounted(self) -> int | None:
        """Persons of whom nothing was known when the roll closed; None before the alarm."""
        return self.unaccounted[-1].persons if self.unaccounted else None


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of the last drill beside this one's; ``unit`` is persons, seconds or share."""

    name: str
    unit: Literal["persons", "seconds", "share"]
    before: float | None
    now: float | None

    @property
    def difference(self) -> float | None:
        """This time less the last; None where one of the two is not known."""
        return None if self.before is None or self.now is None else self.now - self.before
