"""The audit log, filtered: what the console's page and its export read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from community.audit import AuditEntry, audit_entry


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows of the log are wanted; an empty text or None asks for all.

    Attributes:
        districts: whose rows; "" among them for those of the whole installation.
        actor: as ``staff:12``.
        action: a whole action, or the word before its dot.
        subject: as ``case:33``.
        since: from this moment on.
        until: before this moment.
    """

    districts: frozenset[str]
    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def filtered_entries(
    db: Connection, wanted: AuditFilter, *, before: int | None = None, most: int = 50
) -> list[AuditEntry]:
    """Return a page of the log, the latest first; ``before`` is a place in the log."""
    query = select(audit_entry).where(*_conditions(wanted))
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    return [_entry(row) for row in db.execute(query.order_by(audit_entry.c.id.desc()).limit(most))]


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    columns = audit_entry.c
    yield columns.district_id.in_(wanted.districts)
    if wanted.actor:
        yield columns.actor == wanted.actor
    if wanted.action:
        within = columns.action.startswith(f"{wanted.action}.", autoescape=True)
        yield or_(columns.action == wanted.action, within)
    if wanted.subject:
        yield columns.subject == wanted.subject
    if wanted.since:
        yield columns.at >= wanted.since
    if wanted.until:
        yield columns.at < wanted.until


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**row._asdict() | {"detail": json.loads(row.detail)})
