"""Whom to tell of a moment of a case: a report, its case, and its reporter's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from bot import store
from bot.dialogue.functions import GROUP_SIGN
from bot.dialogue.session import Language, session_from_json
from community.register_store import street
from community.store import channel_account
from hazards.store import hazard_case, hazard_report

_report = hazard_report.c
_case = hazard_case.c
_account = channel_account.c


class Address(NamedTuple):
    """One account of a reporter, and the language they speak there."""

    account_id: int
    channel: str
    language: Language


@dataclass(frozen=True, slots=True)
class Tale:
    """What a reporter may be told about; ``reported_at`` is aware, UTC.

    Attributes:
        code: of their report.
        district_id: of the case.
        category: as they reported it.
        state: of the case, as it stands.
        handler: department id; "" when nobody handles it.
        lead: likewise.
        street: its name, where the case's is known; "" otherwise.
        addresses: never a group; none for an anonymous report.
    """

    code: str
    district_id: str
    category: str
    reported_at: datetime
    state: str
    handler: str
    lead: str
    street: str
    addresses: tuple[Address, ...]


def tale_of(db: Connection, report_id: int, case_id: int) -> Tale | None:
    """Return what to tell a report's sender about a case; None where there is nobody to tell.

    One query, since up to fifty reporters are told in one transaction.
    """
    rows = db.execute(
        select(
            _report.code, _case.district_id, _report.category, _report.created_at, _case.state,
            _case.handler, _case.lead, func.coalesce(street.c.name, ""), _account.id,
            _account.channel, store.session.c.state,
        )
        .select_from(hazard_report)
        .join(hazard_case, _case.id == case_id)
        .join(channel_account, _account.resident_id == _report.reporter_id)
        .outerjoin(street, street.c.id == _case.street_id)
        .outerjoin(store.session, store.session.c.account_id == _account.id)
        .where(_report.id == report_id, ~_account.name.contains(GROUP_SIGN, autoescape=True))
        .order_by(_account.id)
    ).all()  # fmt: skip
    if not rows:
        return None
    return Tale(*rows[0][:8], tuple(map(_address, rows)))


def _address(row: Sequence[Any]) -> Address:
    account_id, channel, state = tuple(row)[8:]
    language: Language = session_from_json(state).language if state is not None else "zh"
    return Address(account_id, channel, language)
