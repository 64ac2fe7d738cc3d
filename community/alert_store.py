"""Alerts as they are kept: sources and their detectors, messages, alerts, and who was told.

Every function that writes is part of its caller's transaction. The building's row is held while a
message is taken, so that of two detectors that speak at once the second one finds the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from community import audit
from community.alert_source_store import alert_detector, alert_source
from community.alerts import (
    AGREE_WITHIN,
    LASTS,
    MOST_IDENTIFIER_CHARACTERS,
    OPEN,
    SPREAD,
    Act,
    Alert,
    BadAlert,
    By,
    Heard,
    Outcome,
    State,
    UnknownDetector,
    agree,
    confirm_problem,
    states_before,
)
from community.building_posts import may_act_for
from community.register_store import building, community
from community.staff import Area, Staff
from community.staff_store import staff_member
from storage import RowId, UtcDateTime, metadata, new_code

PAGE = 100

alert = Table(
    "alert",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("source_id", RowId, ForeignKey(alert_source.c.id), nullable=False),
    # The message that raised it; those after it stand in alert_message.
    Column("identifier", String(MOST_IDENTIFIER_CHARACTERS), nullable=False),
    Column("detector_id", RowId, ForeignKey(alert_detector.c.id), nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    Column("acknowledged_by", RowId, ForeignKey(staff_member.c.id)),
    Column("acknowledged_at", UtcDateTime),
    Column("confirmed_by", RowId, ForeignKey(staff_member.c.id)),
    Column("spread_at", UtcDateTime),
    Column("stood_down_by", RowId, ForeignKey(staff_member.c.id)),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("source_id", "identifier"),
    Index("ix_alert_building_id", "building_id", "state"),
    Index("ix_alert_detector_id", "detector_id", "state"),
    Index("ix_alert_state", "state", "heard_at"),
    Index("ix_alert_district_id", "district_id", "id"),
    Index("ix_alert_acknowledged_by", "acknowledged_by"),
    Index("ix_alert_confirmed_by", "confirmed_by"),
    Index("ix_alert_stood_down_by", "stood_down_by"),
    sqlite_autoincrement=True,
)

alert_message = Table(
    "alert_message",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", RowId, ForeignKey(alert_source.c.id), nullable=False),
    Column("identifier", String(MOST_IDENTIFIER_CHARACTERS), nullable=False),
    # None for what took back something that nobody knows here.
    Column("alert_id", RowId, ForeignKey(alert.c.id)),
    Column("outcome", String(12), nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    UniqueConstraint("source_id", "identifier"),
    Index("ix_alert_message_alert_id", "alert_id"),
    sqlite_autoincrement=True,
)

_alert = alert.c
_message = alert_message.c


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message came to; the same for the same message, however often it comes.

    Attributes:
        alert: which one it raised, joined or took back, as it stands; None when there is none.
        outcome: what it did.
        is_new: False when it had come before; then nothing was done.
        spread: alerts that two detectors agree on since now.
        ended: alerts that it took back.
    """

    alert: Alert | None
    outcome: Outcome
    is_new: bool
    spread: tuple[Alert, ...] = ()
    ended: tuple[Alert, ...] = ()


def take(db: Connection, source_id: int, heard: Heard, now: datetime) -> Taken:
    """Take one message of a source that has proved to be it.

    Raises:
        UnknownDetector: when the source has none of that name; nothing is kept then.
    """
    # Held, so that the same message on two connections is taken once.
    db.execute(select(alert_source.c.id).where(alert_source.c.id == source_id).with_for_update())
    before = _taken_before(db, source_id, heard.identifier)
    if before is not None:
        return before
    taken = _ACTS[heard.act](db, source_id, heard, now)
    row = {"source_id": source_id, "identifier": heard.identifier, "outcome": taken.outcome}
    alert_id = taken.alert.id if taken.alert else None
    db.execute(insert(alert_message).values(**row, alert_id=alert_id, heard_at=now))
    return taken


def find_alert(db: Connection, alert_id: int) -> Alert:
    """Return an alert.

    Raises:
        BadAlert: ``unknown``.
    """
    found = _found(db, _alert.id == alert_id)
    if not found:
        raise BadAlert(alert_id, "unknown")
    return found[0]


def alerts_in(db: Connection, area: Area, before: int | None = None) -> list[Alert]:
    """Return a page of the alerts in an area, the last first.

    Args:
        db: for reading.
        area: whole districts, or single streets of them.
        before: the last id of the page before; None for the first page.
    """
    streets = select(community.c.id).where(community.c.street_id.in_(area.streets))
    there = select(building.c.id).where(building.c.community_id.in_(streets))
    place = _alert.district_id.in_(area.districts) | _alert.building_id.in_(there)
    earlier = () if before is None else (_alert.id < before,)
    return _found(db, place, *earlier, newest_first=True)[:PAGE]


def acknowledge(db: Connection, alert_id: int, staff: Staff, now: datetime) -> bool:
    """Note who looks after it; False when somebody does already, or it has ended.

    Raises:
        BadAlert: ``area`` or ``unknown``.
    """
    standing = _theirs(db, alert_id, staff)
    noted = db.execute(
        update(alert)
        .where(_alert.id == alert_id, _alert.state.in_(OPEN), _alert.acknowledged_by.is_(None))
        .values(acknowledged_by=staff.id, acknowledged_at=now)
    )
    if noted.rowcount == 1:
        _note(db, standing, "acknowledged", staff, now)
    return noted.rowcount == 1


def confirm(db: Connection, alert_id: int, staff: Staff, now: datetime) -> Alert:
    """Confirm as a person that it is real, so that the building is told.

    Raises:
        BadAlert: ``area``, ``kind``, ``not_actual``, ``state`` or ``unknown``.
    """
    standing = _theirs(db, alert_id, staff)
    problem = confirm_problem(standing)
    if problem is not None:
        raise BadAlert(alert_id, problem)
    values = {"confirmed_by": staff.id, "spread_at": now}
    if not _moved(db, alert_id, ("confirmed", "person"), values):
        raise BadAlert(alert_id, "state")
    _note(db, standing, "confirmed", staff, now)
    return find_alert(db, alert_id)


def stand_down(db: Connection, alert_id: int, staff: Staff, now: datetime) -> tuple[Alert, ...]:
    """End an alert as a person who has looked; return what ended, this one first.

    What the building was told of is one danger, however many detectors saw it: it ends as one.

    Raises:
        BadAlert: ``area``, ``state`` or ``unknown``.
    """
    standing = _theirs(db, alert_id, staff)
    values = {"stood_down_by": staff.id, "ended_at": now}
    move: tuple[State, By] = ("stood_down", "person")
    if not _moved(db, alert_id, move, values):
        raise BadAlert(alert_id, "state")
    _note(db, standing, "stood_down", staff, now)
    others = _spread_with(db, standing) if standing.state in SPREAD else []
    ended = [one.id for one in others if _moved(db, one.id, move, values)]
    return tuple(find_alert(db, one) for one in (alert_id, *ended))


def expire_due(db: Connection, now: datetime) -> int:
    """End up to a page of alerts that nobody stood down, and return how many."""
    old = select(_alert.id).where(_alert.state.in_(OPEN), _alert.heard_at <= now - LASTS)
    ids = list(db.scalars(old.order_by(_alert.heard_at).limit(PAGE)))
    return sum(_moved(db, one, ("expired", "time"), {"ended_at": now}) for one in ids)


def _raise(db: Connection, source_id: int, heard: Heard, now: datetime) -> Taken:
    """Raise an alert, or join the one that its detector has raised already."""
    spot = _spot(db, source_id, heard.detector)
    db.execute(select(building.c.id).where(building.c.id == spot.building_id).with_for_update())
    same = (_alert.detector_id == spot.id, _alert.status == heard.status)
    standing = _found(db, *same, *_holding(now))
    if standing:
        return Taken(standing[0], "joined", is_new=True)
    raised = _add(db, heard, spot, now)
    spread = _agreed(db, raised, now)
    return Taken(find_alert(db, raised.id), "raised", is_new=True, spread=spread)


def _spot(db: Connection, source_id: int, external_id: str) -> Row[Any]:
    found = db.execute(
        select(alert_detector).where(
            alert_detector.c.source_id == source_id, alert_detector.c.external_id == external_id
        )
    ).one_or_none()
    if found is None:
        raise UnknownDetector(external_id)
    return found


def _add(db: Connection, heard: Heard, spot: Row[Any], now: datetime) -> Alert:
    row = {
        "code": new_code(),
        "source_id": spot.source_id,
        "identifier": heard.identifier,
        "detector_id": spot.id,
        "district_id": db.scalar(
            select(building.c.district_id).where(building.c.id == spot.building_id)
        ),
        "building_id": spot.building_id,
        "kind": spot.kind,
        "status": heard.status,
        "state": "received",
        "raised_at": heard.raised_at,
        "heard_at": now,
    }
    made = db.execute(insert(alert).values(row).returning(_alert.id)).scalar_one()
    return find_alert(db, int(made))


def _agreed(db: Connection, raised: Alert, now: datetime) -> tuple[Alert, ...]:
    """Move what agrees with a new alert on; return what the building is to be told of."""
    near = (_alert.building_id == raised.building_id, _alert.heard_at >= now - AGREE_WITHIN)
    others = [one for one in _found(db, *near, *_holding(now)) if agree(raised, one)]
    if not others:
        return ()
    for one in (*others, raised):
        _moved(db, one.id, ("agreed", "detector"), {"spread_at": now})
    return (find_alert(db, others[0].id),)


def _spread_with(db: Connection, standing: Alert) -> list[Alert]:
    same = (_alert.building_id == standing.building_id, _alert.kind == standing.kind)
    return _found(db, *same, _alert.state.in_(SPREAD), _alert.id != standing.id)


def _update(db: Connection, source_id: int, heard: Heard, now: datetime) -> Taken:
    """Note what is said about an alert; whose first message got lost is raised by it."""
    spot = _spot(db, source_id, heard.detector)
    # Of another detector, or in earnest after a test, it is news.
    same = (spot.id, heard.status)
    referred = _referred(db, source_id, heard)
    found = [one for one in referred if (one.detector_id, one.status) == same]
    if not found:
        return _raise(db, source_id, heard, now)
    last = found[-1]
    return Taken(last, "joined" if last.is_open else "noted", is_new=True)


def _cancel(db: Connection, source_id: int, heard: Heard, now: datetime) -> Taken:
    """Take back what the references name, as far as a source may."""
    found = _referred(db, source_id, heard)
    move: tuple[State, By] = ("stood_down", "source")
    gone = [one.id for one in found if _moved(db, one.id, move, {"ended_at": now})]
    if not gone:
        return Taken(found[0] if found else None, "noted", is_new=True)
    ended = tuple(find_alert(db, one) for one in gone)
    return Taken(ended[0], "stood_down", is_new=True, ended=ended)


def _referred(db: Connection, source_id: int, heard: Heard) -> list[Alert]:
    """Return the alerts of the same source that a message refers to, the first one first."""
    named = select(_message.alert_id).where(
        _message.source_id == source_id, _message.identifier.in_(heard.references)
    )
    return _found(db, _alert.id.in_(named), _alert.source_id == source_id)


def _taken_before(db: Connection, source_id: int, identifier: str) -> Taken | None:
    row = db.execute(
        select(_message.alert_id, _message.outcome).where(
            _message.source_id == source_id, _message.identifier == identifier
        )
    ).one_or_none()
    if row is None:
        return None
    standing = None if row.alert_id is None else find_alert(db, row.alert_id)
    return Taken(standing, row.outcome, is_new=False)


def _theirs(db: Connection, alert_id: int, staff: Staff) -> Alert:
    standing = find_alert(db, alert_id)
    if not may_act_for(db, staff, standing.building_id):
        raise BadAlert(alert_id, "area")
    return standing


def _moved(db: Connection, alert_id: int, move: tuple[State, By], values: dict[str, Any]) -> bool:
    to, by = move
    moved = db.execute(
        update(alert)
        .where(_alert.id == alert_id, _alert.state.in_(states_before(to, by)))
        .values(state=to, **values)
    )
    return moved.rowcount == 1


def _holding(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_alert.state.in_(OPEN), _alert.heard_at > now - LASTS)


def _found(
    db: Connection, *conditions: ColumnElement[bool], newest_first: bool = False
) -> list[Alert]:
    names = ("id", "code", "source_id", "detector_id", "district_id", "building_id", "kind",
             "status", "state", "raised_at", "heard_at", "acknowledged_by", "confirmed_by",
             "stood_down_by")  # fmt: skip
    query = (
        select(*(_alert[name] for name in names), alert_detector.c.floor, alert_detector.c.room)
        .join(alert_detector, alert_detector.c.id == _alert.detector_id)
        .where(*conditions)
        .order_by(_alert.id.desc() if newest_first else _alert.id)
        .limit(PAGE)
    )
    return [Alert(**row._asdict()) for row in db.execute(query)]


def _note(db: Connection, standing: Alert, done: str, staff: Staff, now: datetime) -> None:
    audit.note(
        db,
        actor=f"staff:{staff.id}",
        action=f"alert.{done}",
        subject=f"alert:{standing.id}",
        detail={},
        now=now,
        district_id=standing.district_id,
    )


_ACTS: Mapping[Act, Callable[[Connection, int, Heard, datetime], Taken]] = MappingProxyType(
    {"alert": _raise, "update": _update, "cancel": _cancel}
)
