"""Alerts from sensing systems (烟感、燃气、占道): what one is, its moves, and who hears of it when.

Values in, values out. A detector alone tells the household and those on duty; the whole building
hears only after a person confirmed it or two detectors agree, for an alarm that cried wolf is not
heard the next time. Exercises and tests never reach residents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, get_args

Kind = Literal["smoke", "gas", "lane"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Status = Literal["actual", "exercise", "test"]
STATUSES: tuple[Status, ...] = get_args(Status)
State = Literal["received", "confirmed", "agreed", "stood_down", "expired"]
STATES: tuple[State, ...] = get_args(State)
# Whose doing a move is.
By = Literal["person", "detector", "source", "time"]
Step = Literal["received", "spread", "stood_down"]
Group = Literal["household", "building", "duty", "lane"]
Act = Literal["alert", "update", "cancel"]
Outcome = Literal["raised", "joined", "stood_down", "noted"]

# From each state, the states that may follow, and by whom. What a person has confirmed, or a
# second detector, no sensing system takes back alone.
MOVES: Mapping[State, Mapping[State, frozenset[By]]] = MappingProxyType(
    {
        "received": {
            "confirmed": frozenset({"person"}),
            "agreed": frozenset({"detector"}),
            "stood_down": frozenset({"person", "source"}),
            "expired": frozenset({"time"}),
        },
        "agreed": {
            "confirmed": frozenset({"person"}),
            "stood_down": frozenset({"person"}),
            "expired": frozenset({"time"}),
        },
        "confirmed": {"stood_down": frozenset({"person"}), "expired": frozenset({"time"})},
        "stood_down": {},
        "expired": {},
    }
)
OPEN: frozenset[State] = frozenset({"received", "confirmed", "agreed"})
SPREAD: frozenset[State] = frozenset({"confirmed", "agreed"})

# Two detectors of one building within it mean the same fire.
AGREE_WITHIN = timedelta(minutes=10)
# A message that was on its way for longer is no news to wake people with.
MOST_OLD = timedelta(hours=1)
# What nobody stood down ends then; a detector that still sounds raises a new one.
LASTS = timedelta(hours=2)

MOST_IDENTIFIER_CHARACTERS = 200
MOST_REFERENCES = 20

Problem = Literal["state", "area", "kind", "not_actual", "unknown"]


class AlertError(Exception):
    """Something about alerts cannot be done as asked."""

    permanent = True


class BadAlert(AlertError):
    """An alert that may not be moved on like this, or by this person.

    Attributes:
        problem: ``state`` (it has ended, or is that far already), ``area`` (not a building of
            theirs), ``kind`` (a lane concerns no whole building), ``not_actual`` (an exercise or
            a test goes to nobody at home), ``unknown`` (there is none).
    """

    def __init__(self, alert_id: int, problem: Problem) -> None:
        self.alert_id = alert_id
        self.problem = problem
        super().__init__(f"alert {alert_id} cannot be moved on ({problem}): look at it again")


class UnknownDetector(AlertError):
    """A source tells of a detector that it never registered."""

    def __init__(self, external_id: str) -> None:
        self.external_id = external_id
        super().__init__(f"no detector {external_id!r} of this source: import it first")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a sensing system.

    Attributes:
        identifier: the source's own; the same one again is the same message.
        detector: the source's name for it; "" in what takes back others by ``references``.
        status: whether it is real.
        act: it raises an alert, says more about one, or takes some back.
        references: identifiers of earlier messages it is about.
        raised_at: when the detector spoke, by the source's clock.
    """

    identifier: str
    detector: str
    status: Status
    act: Act
    references: tuple[str, ...]
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands; a detector that repeats itself stays one.

    Attributes:
        code: as the source and staff name it.
        room: as residents call their unit; "" outside of dwellings.
        floor: None when nobody has said it.
        heard_at: when it came here first, by our clock.
        acknowledged_by: staff id of who looks after it; None before.
    """

    id: int
    code: str
    source_id: int
    detector_id: int
    district_id: str
    building_id: int
    kind: Kind
    status: Status
    state: State
    floor: int | None
    room: str
    raised_at: datetime
    heard_at: datetime
    acknowledged_by: int | None
    confirmed_by: int | None
    stood_down_by: int | None

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.state in OPEN


def may_move(state: State, to: State, by: By) -> bool:
    """Tell whether an alert may go from ``state`` to another by this doing."""
    return by in MOVES[state].get(to, frozenset())


def states_before(to: State, by: By) -> list[State]:
    """Return the states from which it may go to ``to`` by this doing, for a condition in SQL."""
    return [state for state in STATES if may_move(state, to, by)]


def confirm_problem(alert: Alert) -> Problem | None:
    """Return why a person cannot confirm it for the whole building; None when they can."""
    if alert.kind == "lane":
        return "kind"
    if alert.status != "actual":
        return "not_actual"
    return None if may_move(alert.state, "confirmed", "person") else "state"


def agree(one: Alert, other: Alert) -> bool:
    """Tell whether two alerts are one danger that two detectors saw.

    Both are real, open, of smoke or both of gas, in one building, from two detectors, and at most
    ``AGREE_WITHIN`` apart by our clock; clocks of detectors go wrong.
    """
    is_same = (one.building_id, one.kind) == (other.building_id, other.kind)
    return (
        is_same
        and one.kind != "lane"
        and one.detector_id != other.detector_id
        and one.status == other.status == "actual"
        and one.is_open
        and other.is_open
        and abs(one.heard_at - other.heard_at) <= AGREE_WITHIN
    )


def groups_told(alert: Alert, step: Step) -> tuple[Group, ...]:
    """Return who is told at a step, those in the greatest danger first.

    At ``stood_down`` those are told who can have heard: the building only after ``spread``, which
    the caller knows from what was told.
    """
    if alert.kind == "lane":
        return () if step == "spread" else ("lane",)
    if alert.status != "actual":
        return () if step == "spread" else ("duty",)
    if step == "spread":
        return ("building", "duty")
    return ("household", "duty")
