"""What the organiser's page kept while there was no network (离线点名), taken in once each.

Every operation carries a UUID of the phone and when it happened. Sent again it has no second
effect, and answers as before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from community.offline import Operation
from community.offline_store import Outcome, take
from drills.check_in_store import (
    Guest,
    Said,
    add_guest,
    check_in_by_staff,
    mark_found,
    put_right,
)
from drills.drills import DrillRefused
from drills.roll_change_store import CheckIn
from drills.rollcall import STATUSES, Moment
from drills.roster_store import drill_of_line
from drills.sweep_store import Floor, mark_sweep

OperationKind = Literal["roll_mark", "roll_right", "roll_found", "roll_guest", "roll_sweep"]
OPERATION_KINDS: tuple[OperationKind, ...] = get_args(OperationKind)


@dataclass(frozen=True, slots=True)
class Sent:
    """One operation as it came from a phone.

    Attributes:
        operation: its UUID, who did it, and one of ``OPERATION_KINDS``.
        moment: when it happened, and when it was received.
        values: ``roster_id``, ``status`` and ``persons`` of a mark or a correction; ``roster_id``
            of who was found; ``building_id`` and ``persons`` of a guest; ``building_id``,
            ``stair``, ``floor`` and ``note`` of a sweep.
    """

    operation: Operation
    moment: Moment
    values: Mapping[str, Any]


def receive(db: Connection, drill_id: int, sent: Sent) -> Outcome:
    """Do what a phone asks for, unless it was done before.

    Args:
        db: inside a write.
        drill_id: of the page that sent it; whether its sender may is the caller's to check.
        sent: what was done.

    Returns:
        ``roster_id`` and ``status`` of the line, or ``swept``, as text.

    Raises:
        DrillRefused: ``bad_status`` for an operation nobody knows, ``unknown_roster_row`` for a
            line of another drill, and as the functions of ``drills.check_in_store``.
        community.offline.OperationOfAnother: when its UUID was used for something else.
    """
    work = _WORK.get(sent.operation.kind)
    if work is None:
        raise DrillRefused("bad_status")
    received: datetime = sent.moment.recorded_at
    return take(db, sent.operation, received, lambda: work(db, drill_id, sent))


def _mark(db: Connection, drill_id: int, sent: Sent) -> Mapping[str, str]:
    line_id = _line_id(db, drill_id, sent)
    staff_id, moment = sent.operation.staff_id, sent.moment
    return _told(check_in_by_staff(db, line_id, _said(sent), staff_id, moment))


def _right(db: Connection, drill_id: int, sent: Sent) -> Mapping[str, str]:
    line_id = _line_id(db, drill_id, sent)
    return _told(put_right(db, line_id, _said(sent), sent.operation.staff_id, sent.moment))


def _found(db: Connection, drill_id: int, sent: Sent) -> Mapping[str, str]:
    line_id = _line_id(db, drill_id, sent)
    return _told(mark_found(db, line_id, sent.operation.staff_id, sent.moment))


def _guest(db: Connection, drill_id: int, sent: Sent) -> Mapping[str, str]:
    guest = Guest(_number(sent, "building_id", "not_allowed"), _persons(sent) or 1)
    return _told(add_guest(db, drill_id, guest, sent.operation.staff_id, sent.moment))


def _sweep(db: Connection, drill_id: int, sent: Sent) -> Mapping[str, str]:
    building_id, stair, floor = (
        _number(sent, name, "unknown_floor") for name in ("building_id", "stair", "floor")
    )
    place, staff_id = Floor(building_id, stair, floor), sent.operation.staff_id
    note = sent.values.get("note", "")
    is_new = mark_sweep(
        db, drill_id, place, staff_id, note if isinstance(note, str) else "", sent.moment
    )
    return {"swept": "new" if is_new else "known"}


_WORK: Mapping[str, Callable[[Connection, int, Sent], Mapping[str, str]]] = {
    "roll_mark": _mark,
    "roll_right": _right,
    "roll_found": _found,
    "roll_guest": _guest,
    "roll_sweep": _sweep,
}


def _told(done: CheckIn) -> Mapping[str, str]:
    return {"roster_id": str(done.line.id), "status": done.line.status}


def _line_id(db: Connection, drill_id: int, sent: Sent) -> int:
    line_id = _number(sent, "roster_id", "unknown_roster_row")
    if drill_of_line(db, line_id) != drill_id:
        raise DrillRefused("unknown_roster_row")
    return line_id


def _said(sent: Sent) -> Said:
    wanted = sent.values.get("status")
    status = next((one for one in STATUSES if one == wanted), None)
    if status is None:
        raise DrillRefused("bad_status")
    return Said(status, _persons(sent), "list")


def _persons(sent: Sent) -> int | None:
    if sent.values.get("persons") is None:
        return None
    return _number(sent, "persons", "bad_persons")


_NumberFault = Literal["unknown_roster_row", "unknown_floor", "bad_persons", "not_allowed"]


def _number(sent: Sent, name: str, fault: _NumberFault) -> int:
    """Return a whole number that a phone sent; true and false are none."""
    value = sent.values.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise DrillRefused(fault)
    return value
