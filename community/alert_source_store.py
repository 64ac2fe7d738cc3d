"""Sensing systems that may raise alerts, each with a sealed secret, and their detectors."""

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from community import audit
from community.alerts import KINDS, AlertError, Kind
from community.bindings import MOST_UNIT_CHARACTERS
from community.keys import derived_key
from community.register_store import building
from community.sealing import seal, unseal
from storage import RowId, UtcDateTime, chunks, metadata, new_code, put

MOST_NAME_CHARACTERS = 80
MOST_EXTERNAL_CHARACTERS = 100
# Below ground to above: more is a slip of the pen.
_FLOORS = range(-20, 200)

alert_source = Table(
    "alert_source",
    metadata,
    Column("id", RowId, primary_key=True),
    # What it calls itself in every message; no secret.
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("name", String(MOST_NAME_CHARACTERS), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    # As the audit log names them.
    Column("created_by", String(40), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_alert_source_district_id", "district_id"),
    sqlite_autoincrement=True,
)

alert_detector = Table(
    "alert_detector",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", RowId, ForeignKey(alert_source.c.id), nullable=False),
    Column("external_id", String(MOST_EXTERNAL_CHARACTERS), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("floor", Integer),
    # As residents name their unit (binding.unit); "" outside of dwellings.
    Column("room", String(MOST_UNIT_CHARACTERS), nullable=False),
    Column("kind", String(10), nullable=False),
    UniqueConstraint("source_id", "external_id"),
    Index("ix_alert_detector_building_id", "building_id"),
    sqlite_autoincrement=True,
)

_source = alert_source.c


class BadSource(AlertError):
    """A name that says nothing of which system it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} names no system: give 1 to {MOST_NAME_CHARACTERS} characters")


class BadDetector(AlertError):
    """A line about a detector that cannot be used.

    Attributes:
        problem: ``external`` (no name, or too long), ``kind``, ``floor``, ``room`` (too long),
            ``building`` (none of this code in the source's district).
    """

    def __init__(self, external_id: str, problem: str) -> None:
        self.external_id = external_id
        self.problem = problem
        super().__init__(f"detector {external_id!r} has a wrong {problem}: correct the line")


@dataclass(frozen=True, slots=True)
class Source:
    """A sensing system; ``sealed`` is its secret, encrypted."""

    id: int
    code: str
    district_id: str
    name: str
    sealed: bytes = field(repr=False)
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector as a source's list names it.

    Attributes:
        external_id: the source's own name for it.
        building_code: eight characters, as the register gives it.
        floor: from 1 above and -1 below ground; None when it is not said.
        room: as residents name their unit; "" outside of dwellings.

    Raises:
        BadDetector: naming the first problem.
    """

    external_id: str
    building_code: str
    floor: int | None
    room: str
    kind: Kind

    def __post_init__(self) -> None:
        wrong = {
            "external": not 1 <= len(self.external_id) <= MOST_EXTERNAL_CHARACTERS,
            "kind": self.kind not in KINDS,
            "floor": self.floor is not None and (self.floor == 0 or self.floor not in _FLOORS),
            "room": len(self.room) > MOST_UNIT_CHARACTERS,
        }
        for problem in (name for name, is_wrong in wrong.items() if is_wrong):
            raise BadDetector(self.external_id, problem)


def add_source(
    db: Connection, wish: tuple[str, str], key: bytes, now: datetime, *, actor: str
) -> tuple[Source, str]:
    """Add a sensing system; return it and its secret, which is shown this once.

    Args:
        db: inside a write.
        wish: the district's id, and the system's name.
        key: the installation's.
        now: when.
        actor: who does it, as the audit log names them.

    Raises:
        BadSource: when the name is empty, too long or holds control characters.
    """
    district_id, name = wish[0], wish[1].strip()
    if not 1 <= len(name) <= MOST_NAME_CHARACTERS or not name.isprintable():
        raise BadSource(name)
    code, secret = new_code(), secrets.token_urlsafe(32)
    row = {"code": code, "district_id": district_id, "name": name, "created_by": actor}
    sealed = seal(_key(key), secret.encode(), _context(code))
    db.execute(insert(alert_source).values(**row, sealed=sealed, created_at=now))
    made = find_source(db, code)
    if made is None:  # pragma: no cover - it was just inserted
        raise LookupError(code)
    _note(db, made, ("alert_source.added", actor), now)
    return made, secret


def end_source(db: Connection, code: str, now: datetime, *, actor: str) -> bool:
    """Take nothing more from a source; False when there is none that may send."""
    standing = find_source(db, code)
    ending = update(alert_source).where(_source.code == code, _source.ended_at.is_(None))
    if standing is None or db.execute(ending.values(ended_at=now)).rowcount == 0:
        return False
    _note(db, standing, ("alert_source.ended", actor), now)
    return True


def find_source(db: Connection, code: str) -> Source | None:
    """Return a source that may send; None for none, and for one that was ended."""
    query = _sources().where(_source.code == code, _source.ended_at.is_(None))
    row = db.execute(query).one_or_none()
    return _made(row) if row else None


def list_sources(db: Connection, districts: Collection[str]) -> list[Source]:
    """Return every source of some districts, the first one first, ended ones included."""
    query = _sources().where(_source.district_id.in_(districts)).order_by(_source.id)
    return [_made(row) for row in db.execute(query)]


def secret_of(source: Source, key: bytes) -> str:
    """Return a source's secret.

    Raises:
        WrongKey, Damaged: when it was sealed otherwise (``community.sealing``).
    """
    return unseal(_key(key), source.sealed, _context(source.code)).decode()


def require_buildings(db: Connection, source: Source, detectors: Sequence[Detector]) -> None:
    """Refuse a list that names a building which the source's district does not have.

    Raises:
        BadDetector: ``building``, for the first one.
    """
    for some in chunks(detectors):
        houses = _buildings(db, source.district_id, [one.building_code for one in some])
        for _ in _rows(source, some, houses):
            pass


def put_detectors(db: Connection, source: Source, detectors: Sequence[Detector]) -> int:
    """Register up to 500 detectors, or change those of the same name; return how many.

    Raises:
        BadDetector: ``building``, when the district has none of this code; nothing is kept
            then if the caller lets the error through.
    """
    houses = _buildings(db, source.district_id, [one.building_code for one in detectors])
    for row in _rows(source, detectors, houses):
        put(db, alert_detector, row, keys=["source_id", "external_id"])
    return len(detectors)


def _rows(
    source: Source, detectors: Sequence[Detector], houses: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for one in detectors:
        if one.building_code not in houses:
            raise BadDetector(one.external_id, "building")
        yield {
            "source_id": source.id,
            "external_id": one.external_id,
            "building_id": houses[one.building_code],
            "floor": one.floor,
            "room": one.room.strip(),
            "kind": one.kind,
        }


def _buildings(db: Connection, district_id: str, codes: Sequence[str]) -> dict[str, int]:
    query = select(building.c.code, building.c.id).where(
        building.c.district_id == district_id,
        building.c.code.in_(codes),
        building.c.archived_at.is_(None),
    )
    return {row.code: row.id for row in db.execute(query)}


def _sources() -> Any:  # noqa: ANN401 - a select of seven columns
    names = ("id", "code", "district_id", "name", "sealed", "created_at", "ended_at")
    return select(*(_source[name] for name in names))


def _made(row: Row[Any]) -> Source:
    return Source(**row._asdict() | {"sealed": bytes(row.sealed)})


def _key(key: bytes) -> bytes:
    return derived_key(key, "alert source secret")


def _context(code: str) -> bytes:
    """Bind a secret to its source: it cannot be put beside another one."""
    return f"alert source:{code}".encode()


def _note(db: Connection, source: Source, done: tuple[str, str], now: datetime) -> None:
    audit.note(
        db,
        actor=done[1],
        action=done[0],
        subject=f"alert_source:{source.id}",
        detail={},
        now=now,
        district_id=source.district_id,
    )
