"""Who is told of an alert, once for each step; broadcasts to residents, and the staff on duty.

What residents hear goes out as approved broadcasts: a rule that people decided on sends them, and
nobody is asked again in the first minute of a fire. That messages may be late is said once to
each resident, and remembered.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    exists,
    insert,
    select,
)

from community.alert_store import alert
from community.alert_words import AlertWords, Words
from community.alerts import LASTS, SPREAD, Alert, Group, Step, groups_told
from community.bindings import binding
from community.broadcast_store import broadcast_by_key
from community.broadcast_write_store import cancel, make_approved
from community.broadcasts import CHINA, MOST_NAMED, Audience, Draft
from community.building_posts import building_place, named_for
from community.register_store import find_building
from community.staff import Role
from community.staff_store import list_staff
from community.store import resident
from storage import RowId, UtcDateTime, chunks, insert_if_absent, metadata

# What a stand-down overtakes need not arrive any more.
_OVERTAKEN = "alert stood down"
_LANE_ROLES = frozenset({"grid_worker", "building_head"})
_DUTY: Role = "duty_officer"

alert_told = Table(
    "alert_told",
    metadata,
    Column("alert_id", RowId, ForeignKey(alert.c.id), primary_key=True),
    Column("step", String(12), primary_key=True),
    Column("audience", String(12), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)

# Who has been told that messages may be late.
alert_bell = Table(
    "alert_bell",
    metadata,
    Column("resident_id", RowId, ForeignKey(resident.c.id), primary_key=True),
    Column("alert_id", RowId, ForeignKey(alert.c.id), nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Index("ix_alert_bell_alert_id", "alert_id"),
)

_told = alert_told.c


def claim_groups(db: Connection, told: Alert, step: Step, now: datetime) -> list[Group]:
    """Return who is to be told at a step and has not been, and note that they are.

    A stand-down goes to those who were told of the alert; what the building knows already from
    another alert of the same danger is not said again.
    """
    wanted = list(groups_told(told, step))
    if step == "stood_down":
        before = set(db.scalars(select(_told.audience).where(_told.alert_id == told.id).distinct()))
        order: tuple[Group, ...] = ("household", "building", "duty", "lane")
        wanted = [group for group in order if group in before]
    if step == "spread" and _building_knows(db, told, now):
        return []
    row = {"alert_id": told.id, "step": step, "told_at": now}
    keys = ["alert_id", "step", "audience"]
    return [
        group
        for group in wanted
        if insert_if_absent(db, alert_told, row | {"audience": group}, keys=keys)
    ]


def tell_household(
    db: Connection, told: Alert, step: Step, words: AlertWords, now: datetime
) -> int:
    """Tell those who live where the detector hangs; return how many there are."""
    ids = household_of(db, told)
    if step == "stood_down":
        _overtake(db, told, ("received", "received:first"), now)
        _send(db, told, (f"{step}:home", words.stood_down), ids, now)
        return len(ids)
    new = _first_heard(db, told, ids, now)
    said = words.household[told.kind]
    with_bell = {name: f"{text}\n{words.bell[name]}" for name, text in said.by_language.items()}
    _send(db, told, ("received:first", Words(said.title, with_bell)), new, now)
    _send(db, told, ("received", said), sorted(set(ids) - set(new)), now)
    return len(ids)


def tell_building(
    db: Connection, told: Alert, step: Step, words: AlertWords, now: datetime
) -> None:
    """Tell everybody bound to the building; then, whoever has not heard it, of the bell."""
    house = find_building(db, told.building_id)
    where = words.place(house.facts.name if house else "", told, with_room=False)
    whole = Audience(told.district_id, building_ids=(told.building_id,))
    if step == "stood_down":
        _overtake(db, told, ("spread",), now)
        make_approved(db, _draft(told, step, words.stood_down, whole, now), None, now)
        return
    said = words.building[told.kind]
    text = {name: one.format(where=where) for name, one in said.by_language.items()}
    draft = _draft(told, step, Words(said.title, text), whole, now)
    make_approved(db, draft, told.confirmed_by, now)
    everyone = select(binding.c.resident_id).where(binding.c.building_id == told.building_id)
    new = _first_heard(db, told, list(db.scalars(everyone)), now)
    for number, ids in enumerate(chunks(new, MOST_NAMED)):
        _send(db, told, (f"bell:{number}", Words(said.title, words.bell)), ids, now)


def household_of(db: Connection, told: Alert) -> list[int]:
    """Return the ids of residents whose unit is the detector's room; nobody without a room."""
    room = _room_key(told.room)
    rows = db.execute(
        select(binding.c.resident_id, binding.c.unit).where(
            binding.c.building_id == told.building_id, binding.c.unit != ""
        )
    )
    return sorted(row.resident_id for row in rows if room and _room_key(row.unit) == room)


def staff_of(db: Connection, told: Alert, group: Group) -> list[int]:
    """Return ids of the staff in a group: those named for the building, and on duty there.

    Of a lane that is blocked hear the building's head and grid workers alone.
    """
    named = named_for(db, told.building_id)
    if group == "lane":
        return list(dict.fromkeys(one.staff_id for one in named if one.role in _LANE_ROLES))
    place = building_place(db, told.building_id)
    officers = [
        one.id
        for one in list_staff(db, [told.district_id])
        if place is not None and one.area(_DUTY).holds(*place)
    ]
    return list(dict.fromkeys([*(one.staff_id for one in named), *officers]))


def _building_knows(db: Connection, told: Alert, now: datetime) -> bool:
    other = alert.c
    query = (
        select(other.id)
        .join(alert_told, _told.alert_id == other.id)
        .where(_told.step == "spread", _told.audience == "building", other.id != told.id)
        .where(other.building_id == told.building_id, other.kind == told.kind)
        .where(other.state.in_(SPREAD), other.heard_at > now - LASTS)
    )
    return db.scalar(query.limit(1)) is not None


def _first_heard(db: Connection, told: Alert, ids: Sequence[int], now: datetime) -> list[int]:
    """Return who never heard of the bell, and note that they do now."""
    new: list[int] = []
    for some in chunks(ids, MOST_NAMED):
        heard = exists().where(alert_bell.c.resident_id == resident.c.id)
        query = select(resident.c.id).where(resident.c.id.in_(some), ~heard)
        new += db.scalars(query.order_by(resident.c.id))
    for some in chunks(new, MOST_NAMED):
        rows = [{"resident_id": one, "alert_id": told.id, "told_at": now} for one in some]
        db.execute(insert(alert_bell), rows)
    return new


def _send(
    db: Connection, told: Alert, said: tuple[str, Words], ids: Sequence[int], now: datetime
) -> None:
    """Send to single residents; to nobody when there are none."""
    for number, some in enumerate(chunks(ids, MOST_NAMED)):
        audience = Audience(told.district_id, resident_ids=tuple(some))
        name = said[0] if number == 0 else f"{said[0]}:{number}"
        make_approved(db, _draft(told, name, said[1], audience, now), None, now)


def _draft(told: Alert, name: str, said: Words, audience: Audience, now: datetime) -> Draft:
    return Draft(
        key=_key(told, name),
        district_id=told.district_id,
        street_id=None,
        purpose="alert",
        mode="live",
        lane="incident",
        title=said.title,
        words=said.by_language,
        choices=(),
        audience=audience,
        due_at=now,
        expires_at=now + LASTS,
        author_id=None,
        timezone=CHINA,
    )


def _overtake(db: Connection, told: Alert, names: Iterable[str], now: datetime) -> None:
    for name in names:
        standing = broadcast_by_key(db, _key(told, name))
        if standing is not None:
            cancel(db, standing.id, None, _OVERTAKEN, now)


def _key(told: Alert, name: str) -> str:
    return f"alert:{told.id}:{name}"


def _room_key(room: str) -> str:
    """Return a room as it is compared: one width, one case, without blanks and 室 or 号."""
    plain = "".join(unicodedata.normalize("NFKC", room).split()).casefold()
    return plain.removesuffix("室").removesuffix("号")
