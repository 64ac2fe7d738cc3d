"""Sealed reports in the database: their versions, and whether each is as it was sealed.

Each version's hash is SHA-256 over its body in canonical JSON, with the drill, the version, who
sealed it and when, and the hash of the version before. The body itself repeats that hash, so a
version whose content *and* hash were changed is told by the next one, and by the event.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from drills.drills import Drill
from drills.report_looks_store import earlier_drills
from drills.store import drill_event, drill_report
from storage import insert_if_absent

# Of drill_event; its detail holds version and hash.
SEALED_EVENT = "report_sealed"

_report = drill_report.c


@dataclass(frozen=True, slots=True)
class Sealed:
    """A version of a report as it stands in the database; ``body`` is JSON."""

    drill_id: int
    version: int
    body: dict[str, Any]
    hash: str
    sealed_by: int
    sealed_at: datetime

    @property
    def before(self) -> str:
        """The hash of the version before, as the body repeats it; "" for the first."""
        found = self.body.get("before", "")
        return found if isinstance(found, str) else ""

    @property
    def is_whole(self) -> bool:
        """Whether the content still hashes to what was noted."""
        return self.hash == seal_hash(self)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a drill's report found.

    Attributes:
        versions: how many stand there.
        tampered: the versions that are not as they were sealed, lowest first.
        missing: versions that must have been there.
        hash: of the latest version, to compare with a print; "" without one.
    """

    versions: int
    tampered: tuple[int, ...]
    missing: tuple[int, ...]
    hash: str

    @property
    def is_sound(self) -> bool:
        """Whether there is a report and every version is as it was sealed."""
        return self.versions > 0 and not self.tampered and not self.missing


def seal_hash(sealed: Sealed) -> str:
    """Return what a version hashes to, in hexadecimal."""
    content = [
        sealed.before, sealed.drill_id, sealed.version, sealed.sealed_by,
        sealed.sealed_at.isoformat(), sealed.body,
    ]  # fmt: skip
    text = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def versions_of(db: Connection, drill_id: int) -> list[Sealed]:
    """Return every version of a drill's report, the first one first."""
    query = select(drill_report).where(_report.drill_id == drill_id).order_by(_report.version)
    return [Sealed(**row._asdict()) for row in db.execute(query)]


def latest_version(db: Connection, drill_id: int) -> Sealed | None:
    """Return the latest version of a drill's report, or None."""
    query = select(drill_report).where(_report.drill_id == drill_id)
    row = db.execute(query.order_by(_report.version.desc()).limit(1)).one_or_none()
    return Sealed(**row._asdict()) if row else None


def add_version(db: Connection, sealed: Sealed) -> bool:
    """Keep a version; False when somebody sealed one under its number first."""
    row = {
        "drill_id": sealed.drill_id,
        "version": sealed.version,
        "body": sealed.body,
        "hash": sealed.hash,
        "sealed_by": sealed.sealed_by,
        "sealed_at": sealed.sealed_at,
    }
    return insert_if_absent(db, drill_report, row, keys=["drill_id", "version"])


def last_report_before(db: Connection, held: Drill) -> Sealed | None:
    """Return the latest version of the report of the community's last sealed drill before one."""
    earlier = earlier_drills(held).subquery()
    query = (
        select(drill_report)
        .join(earlier, earlier.c.id == _report.drill_id)
        .order_by(earlier.c.began.desc(), _report.drill_id.desc(), _report.version.desc())
        .limit(1)
    )
    row = db.execute(query).one_or_none()
    return Sealed(**row._asdict()) if row else None


def verify(db: Connection, drill_id: int) -> Verified:
    """Check every version of a drill's report, and tell exactly which are not as sealed.

    A version is wrong when it does not hash to what was noted, when the next one, itself whole,
    remembers another hash of it, or when the drill's events do.
    """
    versions, noted = versions_of(db, drill_id), _noted(db, drill_id)
    numbers = {one.version for one in versions}
    highest = max(numbers | set(noted), default=0)
    wrong = {one.version for one in versions if noted.get(one.version, one.hash) != one.hash}
    return Verified(
        versions=len(versions),
        tampered=tuple(sorted(wrong | _tampered(versions))),
        missing=tuple(sorted(set(range(1, highest + 1)) - numbers)),
        hash=versions[-1].hash if versions else "",
    )


def _noted(db: Connection, drill_id: int) -> dict[int, str]:
    """Return the hash of each version as the events of a drill tell it."""
    event = drill_event.c
    query = select(event.detail).where(event.drill_id == drill_id, event.kind == SEALED_EVENT)
    return {detail["version"]: detail["hash"] for detail in db.scalars(query)}


def _tampered(versions: list[Sealed]) -> set[int]:
    known = {one.version: one for one in versions}
    wrong = {one.version for one in versions if not one.is_whole}
    for one in versions:
        earlier = known.get(one.version - 1)
        if one.version == 1 and one.before:
            wrong.add(1)
        if earlier and one.version not in wrong and one.before != earlier.hash:
            wrong.add(earlier.version)
    return wrong
