"""Changing a line of the list, with the event that tells what stood before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from drills.drill_store import append_event
from drills.drills import Drill, Event
from drills.roll_homes import Home, cover, settle
from drills.rollcall import Line, LineKind, Moment, Teller, at_closing
from drills.roster_store import hold_home, save
from drills.store import drill_event, drill_roster

CHUNK = 500

_own = drill_roster.c

# Takes a home and its line that is spoken of; returns the home as it is then.
Act = Callable[[Home, Line], Home]


@dataclass(frozen=True, slots=True)
class Telling:
    """What is said: the kind of its event, by whom, and when."""

    kind: str
    teller: Teller
    moment: Moment

    @property
    def at(self) -> datetime:
        """When it happened; a clock that is a little fast makes nothing happen in the future."""
        return min(self.moment.occurred_at, self.moment.recorded_at)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What became of a line.

    Attributes:
        line: as it stands now.
        is_repeat: nothing changed, it was known before.
        is_late: it happened after the roll was closed.
    """

    line: Line
    is_repeat: bool
    is_late: bool

    @property
    def kind(self) -> LineKind:
        """Whether a resident, a household or a guest is meant."""
        return self.line.kind


def change(db: Connection, held: Drill, line_id: int, telling: Telling, act: Act) -> CheckIn:
    """Change a line and its home, and write down what changed; nothing when nothing does.

    Args:
        db: inside a write.
        held: as ``roster_store.hold_open`` returned it.
        line_id: which is spoken of.
        telling: what is said.
        act: makes of the home what is said; may raise ``DrillRefused``.

    Raises:
        DrillRefused: ``unknown_roster_row``, and what ``act`` raises.
    """
    before = hold_home(db, line_id)
    ready = cover(before)
    after = settle(act(ready, _line_in(ready, line_id)))
    save(db, before, after)
    is_late = held.roll_closed_at is not None and telling.at > held.roll_closed_at
    line = _line_in(after, line_id)
    if after != before:
        detail = _detail(before, after, line) | {"late": is_late}
        append_event(db, held.id, _event(telling, detail))
    return CheckIn(line, after == before, is_late)


def note(db: Connection, held: Drill, line: Line, telling: Telling) -> None:
    """Write down what was said of a line that stays as it is, as a call for help on the spot."""
    append_event(db, held.id, _event(telling, {"roster_id": line.id, "persons": 0}))


def close_lines(db: Connection, drill_id: int, moment: Moment) -> bool:
    """Have those who were on the way, or needed help, and have not come be missing.

    The rule and its reasons stand at ``rollcall.at_closing``. Called when the roll is closed,
    again as long as it returns True: up to ``CHUNK`` lines each time.
    """
    turned = ("leaving", "needs_help")
    query = select(_own.id, _own.status).where(_own.drill_id == drill_id, _own.status.in_(turned))
    rows = db.execute(query.order_by(_own.id).limit(CHUNK).with_for_update()).all()
    if not rows:
        return False
    ids = [row.id for row in rows]
    closing = update(drill_roster).where(_own.id.in_(ids), _own.status.in_(turned))
    db.execute(closing.values(status=at_closing("leaving"), changed_at=moment.occurred_at))
    telling = Telling("missing", Teller("system", None, ""), moment)
    details = [_closing_detail(row.id, row.status) for row in rows]
    db.execute(insert(drill_event), [_event_row(drill_id, telling, one) for one in details])
    return True


def _line_in(home: Home, line_id: int) -> Line:
    return next(line for line in home.lines if line.id == line_id)


def _detail(before: Home, after: Home, line: Line) -> dict[str, Any]:
    """Return ids, numbers and states alone; ``persons`` tells how many more have come."""
    came = sum(one.arrived for one in after.lines) - sum(one.arrived for one in before.lines)
    standing = {one.id: one for one in before.lines}
    changed = [one for one in after.lines if one != standing[one.id] and one.id != line.id]
    return {
        "roster_id": line.id,
        "kind": line.kind,
        "persons": came,
        "before": _state(standing[line.id]),
        "after": _state(line),
        "home": [
            {"roster_id": one.id, "before": _state(standing[one.id]), "after": _state(one)}
            for one in changed
        ],
    }


def _state(line: Line) -> dict[str, Any]:
    return {
        "status": line.status,
        "persons": line.persons,
        "arrived": line.arrived,
        "source": line.source,
    }


def _closing_detail(line_id: int, status: str) -> dict[str, Any]:
    return {
        "roster_id": line_id,
        "persons": 0,
        "before": {"status": status},
        "after": {"status": "missing"},
    }


def _event(telling: Telling, detail: dict[str, Any]) -> Event:
    teller, moment = telling.teller, telling.moment
    return Event(
        telling.kind, teller.kind, teller.id, telling.at, moment.recorded_at,
        detail | {"source": teller.source},
    )  # fmt: skip


def _event_row(drill_id: int, telling: Telling, detail: dict[str, Any]) -> dict[str, Any]:
    event = _event(telling, detail)
    return {
        "drill_id": drill_id,
        "kind": event.kind,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "detail": event.detail,
    }
