"""The table of rewards, and every statement that changes one.

Every change of a state has its condition in the SQL, so of two who press at once one wins.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    exists,
    func,
    or_,
    select,
    update,
)

from community.ledger import Unit
from community.store import resident
from hazards.reward_facts_store import (
    CaseFacts,
    ReportFacts,
    handling,
    have_handled,
    held_reports,
)
from hazards.reward_rules import Amount
from hazards.reward_states import MOVES, Conflict, Reward, RewardState, UnknownReward, WrongState
from hazards.store import hazard_case, hazard_event, hazard_report
from storage import RowId, UtcDateTime, inserted_id, metadata, new_code

CHUNK = 500
COUNTED = ("proposed", "approved", "claimed", "paid")
GIVEN = ("approved", "claimed", "paid", "expired")

reward = Table(
    "reward",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    Column("report_id", RowId, ForeignKey(hazard_report.c.id), nullable=False),
    Column("kind", String(8), nullable=False),
    # The same ids while the reward stands, NULL once it is refused or reversed: one payout for
    # a case and for a report, and another try after a mistake.
    Column("live_case_id", RowId, unique=True),
    Column("live_report_id", RowId, unique=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id)),
    Column("is_anonymous", Boolean, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("full_amount", BigInteger, nullable=False),
    Column("rule_version", String(40), nullable=False),
    Column("claim_days", Integer, nullable=False),
    Column("month", String(7), nullable=False),
    Column("state", String(10), nullable=False),
    Column("proposed_by", RowId),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("decided_by", RowId),
    Column("decided_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Column("paid_by", RowId),
    Column("paid_at", UtcDateTime),
    Column("payout_id", String(60), nullable=False),
    Column("reversed_by", RowId),
    Column("reversed_at", UtcDateTime),
    CheckConstraint("amount >= 0 AND amount <= full_amount", name="amount"),
    # Their own proposal staff may take back, never approve.
    CheckConstraint(
        "state = 'refused' OR proposed_by IS NULL OR proposed_by <> decided_by", name="two_people"
    ),
    Index("ix_reward_case_id", "case_id"),
    Index("ix_reward_report_id", "report_id"),
    Index("ix_reward_resident_id", "resident_id", "month"),
    Index("ix_reward_queue", "district_id", "state", "id"),
    Index("ix_reward_expires_at", "state", "expires_at"),
    Index("ix_reward_claimed_at", "district_id", "claimed_at"),
    sqlite_autoincrement=True,
)

_columns = reward.c
_reports = hazard_report.c
_events = hazard_event.c


@dataclass(frozen=True, slots=True)
class Draft:
    """A reward about to be kept; as ``Reward``."""

    case: CaseFacts
    report: ReportFacts
    kind: str
    amount: Amount
    full_amount: Amount
    rule_version: str
    claim_days: int
    month: str
    reason: str = ""


def held_later_reports(db: Connection, case_id: int, most: int) -> list[ReportFacts]:
    """Return later reports (me too) of a case that nothing was decided on yet, held."""
    decided = exists().where(_columns.report_id == _reports.id)
    return held_reports(
        db,
        _reports.case_id == case_id,
        _reports.standing == "me_too",
        _reports.reporter_id.is_not(None),
        ~decided,
        most=most,
    )


def is_rewarded(db: Connection, case_id: int, report_id: int) -> bool:
    """Tell whether a reward stands for the case, or for the report in whatever case."""
    standing = or_(_columns.live_case_id == case_id, _columns.live_report_id == report_id)
    return db.scalar(select(exists().where(standing))) or False


def has_reward(db: Connection, case_id: int) -> bool:
    """Tell whether anything was ever decided on for the first report of a case."""
    rows = exists().where(_columns.case_id == case_id, _columns.kind == "first")
    return db.scalar(select(rows)) or False


def has_given(db: Connection, case_id: int) -> bool:
    """Tell whether the first reporter of a case was given a reward, claimed or not."""
    rows = exists().where(_columns.live_case_id == case_id, _columns.state.in_(GIVEN))
    return db.scalar(select(rows)) or False


def has_share(db: Connection, case_id: int, resident_id: int) -> bool:
    """Tell whether a resident has a standing reward for a case."""
    rows = exists().where(
        _columns.case_id == case_id,
        _columns.resident_id == resident_id,
        _columns.live_report_id.is_not(None),
    )
    return db.scalar(select(rows)) or False


def earned(db: Connection, district_id: str, resident_id: int, month: str, unit: Unit) -> int:
    """Return what a resident has been promised or given for the reports of one month."""
    total: int = db.execute(
        select(func.coalesce(func.sum(_columns.amount), 0)).where(
            _columns.district_id == district_id,
            _columns.resident_id == resident_id,
            _columns.month == month,
            _columns.unit == unit,
            _columns.state.in_(COUNTED),
        )
    ).scalar_one()
    return int(total)


def add_reward(
    db: Connection, draft: Draft, state: RewardState, staff_id: int | None, now: datetime
) -> Reward:
    """Keep a reward that the caller has found to be due (or refused), and return it."""
    stands = state != "refused"
    values = {
        "district_id": draft.case.district_id,
        "case_id": draft.case.id,
        "report_id": draft.report.id,
        "kind": draft.kind,
        "live_case_id": draft.case.id if stands and draft.kind == "first" else None,
        "live_report_id": draft.report.id if stands else None,
        "resident_id": draft.report.reporter_id,
        "is_anonymous": draft.report.is_anonymous,
        "unit": draft.amount.unit,
        "amount": draft.amount.number,
        "full_amount": draft.full_amount.number,
        "rule_version": draft.rule_version,
        "claim_days": draft.claim_days,
        "month": draft.month,
        "state": state,
        "proposed_by": staff_id,
        "proposed_at": now,
        "reason": draft.reason,
        "payout_id": "",
    }
    made: int | None = None
    while made is None:  # of 34 billion codes one is hardly ever drawn twice
        made = inserted_id(db, reward, {**values, "code": new_code()}, keys=["code"])
    return require_reward(db, made)


def move(
    db: Connection,
    reward_id: int,
    change: tuple[RewardState, RewardState],
    values: Mapping[str, Any],
    *conditions: ColumnElement[bool],
) -> bool:
    """Bring a reward from one state to another; False when it was not there any more.

    Args:
        db: inside a write.
        reward_id: which.
        change: from which state to which; one of ``MOVES``.
        values: what else is noted with it.
        conditions: what else has to hold.

    Raises:
        WrongState: when no reward may ever be moved so.
    """
    start, end = change
    if end not in MOVES[start]:
        raise WrongState(reward_id, start, end)
    ended = {"live_case_id": None, "live_report_id": None} if end in {"refused", "reversed"} else {}
    moved = db.execute(
        update(reward)
        .where(_columns.id == reward_id, _columns.state == start, *conditions)
        .values(state=end, **ended, **values)
    )
    return moved.rowcount == 1


def may_decide(staff_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which staff may approve: neither proposer nor handler."""
    handled = handling([staff_id]).where(_events.case_id == _columns.case_id)
    is_other = or_(_columns.proposed_by.is_(None), _columns.proposed_by != staff_id)
    return is_other, ~handled.correlate(reward)


def conflict_of(db: Connection, found: Reward, staff_id: int) -> Conflict | None:
    """Return why staff may not approve a reward, as ``may_decide`` has it."""
    if found.proposed_by == staff_id:
        return "proposed"
    return "handled" if have_handled(db, found.case_id, [staff_id]) else None


def find_reward(db: Connection, reward_id: int) -> Reward | None:
    """Return a reward by its id."""
    found = find_rewards(db, _columns.id == reward_id, most=1)
    return found[0] if found else None


def require_reward(db: Connection, reward_id: int) -> Reward:
    """Return a reward by its id.

    Raises:
        UnknownReward: when there is none.
    """
    found = find_reward(db, reward_id)
    if found is None:
        raise UnknownReward(reward_id)
    return found


def find_rewards(
    db: Connection, *conditions: ColumnElement[bool], most: int, newest_first: bool = False
) -> list[Reward]:
    """Return the rewards that meet all conditions, oldest first unless told."""
    order = _columns.id.desc() if newest_first else _columns.id
    rows = db.execute(select(reward).where(*conditions).order_by(order).limit(most))
    return [_reward(row) for row in rows]


def reward_of_report(db: Connection, report_id: int) -> Reward | None:
    """Return the reward that stands for a report."""
    found = find_rewards(db, _columns.live_report_id == report_id, most=1)
    return found[0] if found else None


def has_claimed(db: Connection, report_id: int) -> bool:
    """Tell whether what an anonymous report has earned was claimed."""
    rows = exists().where(
        _columns.live_report_id == report_id,
        _columns.is_anonymous,
        _columns.state.in_(("claimed", "paid")),
    )
    return db.scalar(select(rows)) or False


def rewards_of_resident(db: Connection, resident_id: int, most: int) -> list[Reward]:
    """Return a resident's latest rewards, newest first."""
    return find_rewards(db, _columns.resident_id == resident_id, most=most, newest_first=True)


def open_rewards_of(db: Connection, resident_id: int) -> list[Reward]:
    """Return what a resident was given and not paid, the first five hundred."""
    return find_rewards(
        db,
        _columns.resident_id == resident_id,
        _columns.state.in_(("approved", "claimed")),
        most=CHUNK,
    )


def held_expired(db: Connection, now: datetime, most: int) -> list[Reward]:
    """Return rewards that nobody claimed in time, held; others that hold some are passed by."""
    past = (
        select(reward)
        .where(_columns.state == "approved", _columns.expires_at <= now)
        .order_by(_columns.expires_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [_reward(row) for row in db.execute(past)]


def is_claimable_by(resident_id: int | None, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a resident, or nobody known, may claim a reward."""
    if resident_id is None:
        return _columns.is_anonymous, _columns.expires_at > now
    return _columns.resident_id == resident_id, _columns.expires_at > now


def is_payable() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a claimed reward can be paid out: money of somebody."""
    return _columns.unit == "fen", or_(_columns.is_anonymous, _columns.resident_id.is_not(None))


def reward_queue(
    db: Connection,
    district_ids: Collection[str],
    state: RewardState,
    *,
    after: int = 0,
    most: int = 50,
) -> list[Reward]:
    """Return the rewards of some districts in one state, oldest first, after an id."""
    return find_rewards(
        db,
        _columns.district_id.in_(district_ids),
        _columns.state == state,
        _columns.id > after,
        most=most,
    )


def rewards_of_case(db: Connection, case_id: int) -> list[Reward]:
    """Return what was decided on for a case, the first hundred, oldest first."""
    return find_rewards(db, _columns.case_id == case_id, most=100)


def _reward(row: Row[Any]) -> Reward:
    unit: Unit = row.unit
    kept = {name: value for name, value in row._mapping.items() if name not in _NOT_SHOWN}
    kept["amount"] = Amount(row.amount, unit)
    kept["full_amount"] = Amount(row.full_amount, unit)
    return Reward(**kept)


_NOT_SHOWN = frozenset({"unit", "live_case_id", "live_report_id", "reversed_by", "reversed_at"})
