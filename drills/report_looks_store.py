"""What a drill's report is made of, read from the tables in one snapshot.

How the notices went is read from the broadcasts whose keys are ``drill:<id>:<sequence>:<stage>``;
a delivery that has been forgotten since is known by how it ended.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from community.broadcast_store import broadcast, broadcast_recipient
from community.delivery_store import delivery
from community.register_store import community, street
from drills.drill_store import buildings_of
from drills.drills import STAGES, Drill
from drills.measured import Facts, House, Line, NoticeTotals, Swept
from drills.store import drill, drill_check, drill_event, drill_roster, drill_step, drill_sweep

ARRIVED_STATES = frozenset({"sent", "shown"})
DOUBTFUL_STATE, FAILED_STATE = "uncertain", "failed"
HELP_EVENT = "needs_help"

_row = drill_roster.c
_to = broadcast_recipient.c


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drill was, by name."""

    street: str
    community: str


@dataclass(slots=True)
class _Told:
    """What is known of one resident's notices, over all stages."""

    is_reachable: bool = False
    is_delivered: bool | None = False
    is_tapped: bool = False


def facts_of(db: Connection, held: Drill) -> Facts:
    """Return what is measured of a drill."""
    swept = select(
        drill_sweep.c.building_id, drill_sweep.c.stair, drill_sweep.c.floor,
        drill_sweep.c.cleared_at,
    ).where(drill_sweep.c.drill_id == held.id)  # fmt: skip
    houses = [House(b.id, b.facts.name, b.facts.floors_above) for b in buildings_of(db, held.id)]
    return Facts(
        lines=lines_of(db, held.id),
        sweeps=tuple(Swept(*row) for row in db.execute(swept)),
        houses=tuple(houses),
        notices=notices_of(db, held.id),
        alarm_at=held.alarm_at,
        roll_closed_at=held.roll_closed_at,
    )


def lines_of(db: Connection, drill_id: int) -> tuple[Line, ...]:
    """Return the roster with what became of each line."""
    told, asked, came = _told(db, drill_id), _asked(db, drill_id), _came(db, drill_id)
    rows = db.execute(select(drill_roster).where(_row.drill_id == drill_id).order_by(_row.id))
    return tuple(
        replace(
            _line(row._mapping, told.get(row.resident_id) or _Told()),
            asked_at=asked.get(row.id),
            came=tuple(came.get(row.id, ())),
        )
        for row in rows
    )


def notices_of(db: Connection, drill_id: int) -> tuple[NoticeTotals, ...]:
    """Return how each notice of a drill went, in the order of the stages.

    Of a stage that was told again, for another date, the last notice counts.
    """
    counted: dict[str, dict[int, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for key, *rest in db.execute(_counts(drill_id)):
        # What went to many named residents was sent in parts: "drill:12:0:reminder:1".
        sequence, stage = key.split(":")[2:4]
        counted[stage][int(sequence)].append(tuple(rest))
    order: dict[str, int] = {stage: place for place, stage in enumerate(STAGES)}
    stages = sorted(counted, key=lambda stage: (order.get(stage, len(order)), stage))
    return tuple(_totals(stage, counted[stage][max(counted[stage])]) for stage in stages)


def place_of(db: Connection, held: Drill) -> Place:
    """Return the names of a drill's street and community."""
    query = (
        select(street.c.name, community.c.name)
        .join(community, community.c.street_id == street.c.id)
        .where(community.c.id == held.community_id)
    )
    return Place(*db.execute(query).one())


def checks_of(db: Connection, drill_id: int) -> list[str]:
    """Return the ids of the checklist's items that were done, in order."""
    done = drill_check.c
    query = select(done.item).where(done.drill_id == drill_id).order_by(done.done_at, done.item)
    return list(db.scalars(query))


def steps_done(db: Connection, drill_id: int) -> list[tuple[str, datetime]]:
    """Return the stages that happened by themselves, and when."""
    step = drill_step.c
    query = select(step.stage, step.done_at).where(
        step.drill_id == drill_id, step.state == "done", step.done_at.is_not(None)
    )
    return [(stage, at) for stage, at in db.execute(query.order_by(step.done_at))]


def earlier_drills(held: Drill) -> Select[Any]:
    """Return a query of the community's drills that began before one did, by id."""
    began = func.coalesce(drill.c.alarm_at, drill.c.starts_at)
    return select(drill.c.id, began.label("began")).where(
        drill.c.community_id == held.community_id,
        drill.c.id != held.id,
        began < (held.alarm_at or held.starts_at),
    )


def _line(row: Mapping[Any, Any], told: _Told) -> Line:
    return Line(
        id=row["id"],
        building_id=row["building_id"],
        room=row["room"],
        persons=row["persons"],
        arrived=min(row["arrived"], row["persons"]),
        status=row["status"],
        is_guest=row["kind"] == "guest",
        needs_assistance=row["needs_assistance"],
        is_reachable=told.is_reachable,
        is_delivered=told.is_delivered,
        is_acknowledged=told.is_tapped,
        left_at=row["left_at"],
        arrived_at=row["arrived_at"],
        settled_at=row["changed_at"],
        helped_at=row["helped_at"],
    )


def _told(db: Connection, drill_id: int) -> dict[int, _Told]:
    found: dict[int, _Told] = defaultdict(_Told)
    query = select(_to.resident_id, _to.suppressed, _state(), _to.tapped_at)
    for resident_id, suppressed, state, tapped_at in db.execute(_of_drill(query, drill_id)):
        told = found[resident_id]
        told.is_reachable = told.is_reachable or not suppressed
        told.is_tapped = told.is_tapped or tapped_at is not None
        if state in ARRIVED_STATES:
            told.is_delivered = True
        elif state == DOUBTFUL_STATE and not told.is_delivered:
            told.is_delivered = None
    return found


def _asked(db: Connection, drill_id: int) -> dict[int, datetime]:
    """Return when each line of the roster first asked for help."""
    asked: dict[int, datetime] = {}
    for detail, at in _events(db, drill_id, drill_event.c.kind == HELP_EVENT):
        asked.setdefault(detail.get("roster_id", 0), at)
    return asked


def _came(db: Connection, drill_id: int) -> dict[int, list[tuple[datetime, int]]]:
    """Return by line when how many more came, as it was told; fewer by a correction."""
    came: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for detail, at in _events(db, drill_id, drill_event.c.kind != HELP_EVENT):
        if detail.get("persons") and "roster_id" in detail:
            came[detail["roster_id"]].append((at, detail["persons"]))
    return came


def _events(
    db: Connection, drill_id: int, wanted: ColumnElement[bool]
) -> list[tuple[dict[str, Any], datetime]]:
    """Return what was told of lines of the roster with its time, the earliest first."""
    event = drill_event.c
    query = select(event.detail, event.occurred_at).where(event.drill_id == drill_id, wanted)
    rows = db.execute(query.order_by(event.occurred_at, event.id))
    return [(detail, at) for detail, at in rows]


def _counts(drill_id: int) -> Select[Any]:
    columns = (broadcast.c.key, _to.suppressed, _state(), delivery.c.outcome, delivery.c.channel)
    counted = select(*columns, func.count(), func.count(_to.tapped_at))
    return _of_drill(counted, drill_id).group_by(*columns)


def _totals(stage: str, rows: Iterable[tuple[Any, ...]]) -> NoticeTotals:
    states: Counter[str] = Counter()
    suppressed, failures, channels = states.copy(), states.copy(), states.copy()
    audience = tapped = 0
    for reason, state, outcome, channel, number, taps in rows:
        audience, tapped = audience + number, tapped + taps
        if reason:
            suppressed[reason] += number
            continue
        states[state or ""] += number
        if state == FAILED_STATE:
            failures[outcome or ""] += number
        if state in ARRIVED_STATES and channel:
            channels[channel] += number
    return NoticeTotals(
        stage, audience, dict(states), dict(suppressed), dict(failures), dict(channels), tapped
    )


def _of_drill(query: Select[Any], drill_id: int) -> Select[Any]:
    """Return a query over the recipients of a drill's notices, joined to their deliveries."""
    return (
        query.select_from(broadcast_recipient)
        .join(broadcast, broadcast.c.id == _to.broadcast_id)
        .outerjoin(delivery, delivery.c.id == _to.delivery_id)
        .where(broadcast.c.key.startswith(f"drill:{drill_id}:"), _to.resident_id.is_not(None))
    )


def _state() -> ColumnElement[Any]:
    return func.coalesce(func.nullif(_to.ended, ""), delivery.c.state)
