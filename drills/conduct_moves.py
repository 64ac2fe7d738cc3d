"""What every act of conducting a drill is made of: holding it, moving it, writing it down."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from community import audit
from community.staff import Staff
from drills.conduct_store import hold_drill
from drills.conducting_rules import require_conductor
from drills.drill_store import append_event, move, require_drill
from drills.drills import (
    STATE_NAMES,
    Drill,
    DrillRefused,
    Event,
    State,
    check_move,
    staff_event,
    system_event,
)


def ready(db: Connection, drill_id: int, to: State) -> Drill:
    """Return a drill, held, that may go to a state.

    Raises:
        DrillRefused: ``unknown_drill``; ``illegal_move`` with what it is now.
    """
    drill = hold_drill(db, drill_id)
    check_move(drill, to)
    return drill


def moved(
    db: Connection,
    current: Drill,
    to: State,
    event: Event,
    values: Mapping[str, object] | None = None,
) -> Drill:
    """Bring a drill to a state and return it as it is then.

    Args:
        db: inside a write.
        current: as it is held.
        to: where.
        event: of ``by_staff`` or ``by_itself``.
        values: further columns to change.

    Raises:
        DrillRefused: ``illegal_move``; ``stale`` with what it is now, when another was first.
    """
    if not move(db, current, to, event.recorded_at, **(values or {})):
        now_is = STATE_NAMES[require_drill(db, current.id).state]
        raise DrillRefused("stale", f"（现在：{now_is}）")
    append_event(db, current.id, event)
    return require_drill(db, current.id)


def by_staff(current: Drill, to: State, staff: Staff, now: datetime) -> Event:
    """Return the event of a move that somebody makes."""
    return staff_event("moved", staff.id, now, **{"from": current.state, "to": to})


def by_itself(current: Drill, to: State, now: datetime) -> Event:
    """Return the event of a move that the timeline makes."""
    return system_event("moved", now, **{"from": current.state, "to": to})


def conducted(db: Connection, drill_id: int, to: State, staff: Staff, now: datetime) -> Drill:
    """Make a move of the course that asks for nothing but somebody who may conduct.

    Raises:
        DrillRefused: ``unknown_drill``, ``illegal_move``, ``not_allowed``.
    """
    drill = ready(db, drill_id, to)
    require_conductor(db, drill, staff)
    return moved(db, drill, to, by_staff(drill, to, staff, now))


def audited(db: Connection, drill: Drill, staff: Staff, now: datetime) -> Drill:
    """Note in the audit log what somebody brought a drill to, last of all in a write."""
    audit.note(
        db,
        actor=f"staff:{staff.id}",
        action="drill.moved",
        subject=f"drill:{drill.id}",
        detail={"state": drill.state, "version": drill.version},
        now=now,
        district_id=drill.district_id,
    )
    return drill
