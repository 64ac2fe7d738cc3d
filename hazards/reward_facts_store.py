"""What the rules of rewards ask of cases, reports and staff; held while they answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from community.staff_store import staff_account, staff_member
from community.store import channel_account, resident
from hazards.store import hazard_case, hazard_event, hazard_report

# Whoever led a case to one of these states has handled it, but not who sent a bad fix back.
HANDLING = ("accepted", "rectifying", "fix_claimed")

_cases = hazard_case.c
_reports = hazard_report.c
_events = hazard_event.c


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the rules ask of a case."""

    id: int
    district_id: str
    category: str
    state: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the rules ask of a report."""

    id: int
    reporter_id: int | None
    is_anonymous: bool
    is_false: bool
    source: str
    created_at: datetime


def held_case(db: Connection, case_id: int) -> CaseFacts | None:
    """Return a case, held until the transaction ends, so that one proposal at a time is made."""
    row = db.execute(
        select(_cases.id, _cases.district_id, _cases.category, _cases.state)
        .where(_cases.id == case_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    return CaseFacts(*row) if row else None


def held_first_report(db: Connection, case_id: int) -> ReportFacts | None:
    """Return the first valid report of a case, held; None when it has none."""
    found = held_reports(db, _reports.case_id == case_id, _reports.standing == "first", most=1)
    return found[0] if found else None


def held_reports(db: Connection, *conditions: ColumnElement[bool], most: int) -> list[ReportFacts]:
    """Return the oldest reports that meet all conditions, held until the transaction ends."""
    rows = db.execute(
        select(
            _reports.id,
            _reports.reporter_id,
            _reports.privacy == "anonymous",
            _reports.is_false,
            _reports.source,
            _reports.created_at,
        )
        .where(*conditions)
        .order_by(_reports.id)
        .limit(most)
        .with_for_update(key_share=True)
    )
    return [ReportFacts(*row) for row in rows]


def hold_resident(db: Connection, resident_id: int) -> None:
    """Hold a resident until the transaction ends, so that what they earn is counted in turn."""
    db.execute(
        select(resident.c.id).where(resident.c.id == resident_id).with_for_update(key_share=True)
    ).all()


def staff_behind(db: Connection, resident_id: int) -> list[int]:
    """Return the active staff whose chat accounts are this resident's."""
    rows = db.scalars(
        select(staff_account.c.staff_id)
        .join(channel_account, channel_account.c.id == staff_account.c.account_id)
        .join(staff_member, staff_member.c.id == staff_account.c.staff_id)
        .where(channel_account.c.resident_id == resident_id, staff_member.c.is_active)
    )
    return list(rows)


def have_handled(db: Connection, case_id: int, staff_ids: Collection[int]) -> bool:
    """Tell whether any of these staff put the hazard of a case right, or were to."""
    return db.scalar(select(handling(staff_ids).where(_events.case_id == case_id))) or False


def handling(staff_ids: Collection[int]) -> Any:  # noqa: ANN401 - Exists, whose ``where`` is untyped
    """Return the condition that any of these staff have handled a case; the caller names it."""
    handled = and_(_events.to_state.in_(HANDLING), _events.from_state != "fix_claimed")
    return exists().where(_events.staff_id.in_(staff_ids), handled)
