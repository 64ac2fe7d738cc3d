"""Consents to subscription notices (订阅通知), kept for each account and purpose.

The platform asks the person and tells us what they said. A one-time consent is good for one
notice, a long-term one until it is refused; consents of one template add up. Nothing is sent
without taking a use here first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    and_,
    case,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from community.store import channel_account
from storage import RowId, UtcDateTime, metadata

ConsentState = Literal["accepted", "consumed", "rejected", "banned", "withdrawn"]
Refusal = Literal["rejected", "banned"]

subscription_consent = Table(
    "subscription_consent",
    metadata,
    Column("account_id", RowId, ForeignKey(channel_account.c.id), primary_key=True),
    Column("template_id", String(100), primary_key=True),
    Column("purpose", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("uses", Integer, nullable=False),
    Column("is_long_term", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_subscription_consent_account_id_purpose", "account_id", "purpose"),
)

_columns = subscription_consent.c


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the platform's, and the purpose (as 通知设置 name it) that it serves."""

    id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What one account said to one template; ``uses`` more notices may be sent."""

    template: Template
    state: ConsentState
    uses: int
    is_long_term: bool
    changed_at: datetime

    @property
    def allows(self) -> bool:
        """Whether a notice may be sent now."""
        return self.state == "accepted"


def note_accepted(
    db: Connection,
    account_id: int,
    template: Template,
    now: datetime,
    *,
    is_long_term: bool = False,
) -> None:
    """Add one use of a template, or a consent without end."""
    uses = 0 if is_long_term else 1
    _keep(db, account_id, Consent(template, "accepted", uses, is_long_term, now))


def note_refused(
    db: Connection, account_id: int, template: Template, refusal: Refusal, now: datetime
) -> None:
    """Note a no, or that the platform bans the template; what was accepted before is void."""
    _keep(db, account_id, Consent(template, refusal, 0, False, now))


def take_consent(db: Connection, account_id: int, purpose: str, now: datetime) -> str | None:
    """Take one use for a purpose and return the template to send, or None without consent.

    Of several workers only as many get a template as there are uses.
    """
    usable = (
        select(_columns.template_id, _columns.uses, _columns.is_long_term)
        .where(
            _columns.account_id == account_id,
            _columns.purpose == purpose,
            _columns.state == "accepted",
        )
        # What costs nothing first; then what has waited longest.
        .order_by(_columns.is_long_term.desc(), _columns.changed_at, _columns.template_id)
        .limit(1)
        .with_for_update()
    )
    row = db.execute(usable).one_or_none()
    if row is None:
        return None
    left = {"uses": row.uses - 1} if row.uses > 1 else {"uses": 0, "state": "consumed"}
    if not row.is_long_term:
        db.execute(
            update(subscription_consent)
            .where(_columns.account_id == account_id, _columns.template_id == row.template_id)
            .values(changed_at=now, **left)
        )
    template_id: str = row.template_id
    return template_id


def give_consent_back(db: Connection, account_id: int, template_id: str, now: datetime) -> None:
    """Return a use taken with ``take_consent`` whose notice surely was not sent.

    Who has refused in between stays refused.
    """
    db.execute(
        update(subscription_consent)
        .where(
            _columns.account_id == account_id,
            _columns.template_id == template_id,
            _columns.state.in_(("accepted", "consumed")),
            _columns.is_long_term.is_(False),
        )
        .values(uses=_columns.uses + 1, state="accepted", changed_at=now)
    )


def withdraw_consent(db: Connection, account_id: int, purpose: str, now: datetime) -> bool:
    """Void every consent to a purpose, as the resident asks in 通知设置; False without one."""
    withdrawn = db.execute(
        update(subscription_consent)
        .where(
            _columns.account_id == account_id,
            _columns.purpose == purpose,
            _columns.state == "accepted",
        )
        .values(state="withdrawn", uses=0, is_long_term=False, changed_at=now)
    )
    return withdrawn.rowcount > 0


def consents_of(db: Connection, account_id: int) -> list[Consent]:
    """Return what an account has said, by purpose and template."""
    rows = db.execute(
        select(subscription_consent)
        .where(_columns.account_id == account_id)
        .order_by(_columns.purpose, _columns.template_id)
    )
    return [
        Consent(
            Template(row.template_id, row.purpose),
            row.state,
            row.uses,
            row.is_long_term,
            row.changed_at,
        )
        for row in rows
    ]


def forget_consents(db: Connection, account_id: int) -> None:
    """Delete an account's consents, before the account itself goes."""
    db.execute(delete(subscription_consent).where(_columns.account_id == account_id))


def _keep(db: Connection, account_id: int, said: Consent) -> None:
    """Store what was said; an acceptance adds to those that stand, a refusal ends them."""
    values = {
        "account_id": account_id,
        "template_id": said.template.id,
        "purpose": said.template.purpose,
        "state": said.state,
        "uses": said.uses,
        "is_long_term": said.is_long_term,
        "changed_at": said.changed_at,
    }
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(subscription_consent)
    given = statement.excluded
    adds = and_(_columns.state == "accepted", given.state == "accepted")
    changed = {name: given[name] for name in ("purpose", "state", "changed_at")} | {
        "uses": given.uses + case((adds, _columns.uses), else_=0),
        "is_long_term": or_(given.is_long_term, and_(adds, _columns.is_long_term)),
    }
    keys = [_columns.account_id, _columns.template_id]
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), values)
