"""Counting the whole ledger again, to find what does not agree; reads, changes nothing."""

from sqlalchemy import Connection, Select, and_, func, or_, select, union_all

from community.ledger import LedgerCheck
from community.ledger_store import (
    ledger_account,
    ledger_balance,
    ledger_posting,
    ledger_transfer,
)

MOST_FAULTS = 20

_accounts = ledger_account.c
_transfers = ledger_transfer.c
_postings = ledger_posting.c
_balances = ledger_balance.c


def check(db: Connection) -> LedgerCheck:
    """Count the whole ledger again and name what does not agree, the first few of each."""
    return LedgerCheck(
        transfers=db.execute(select(func.count()).select_from(ledger_transfer)).scalar_one(),
        accounts=db.execute(select(func.count()).select_from(ledger_account)).scalar_one(),
        unbalanced=_ids(db, _empty_transfers()) + _ids(db, _unbalanced_transfers()),
        miscounted=_ids(db, _miscounted_accounts()),
        overdrawn=_ids(
            db,
            select(_balances.account_id).where(_balances.is_held, _balances.amount < 0),
        ),
        unmirrored=_ids(db, _unmirrored_reversals()),
    )


def _ids(db: Connection, query: Select[int]) -> tuple[int, ...]:
    return tuple(db.scalars(query.limit(MOST_FAULTS)))


def _empty_transfers() -> Select[int]:
    return (
        select(_transfers.id)
        .outerjoin(ledger_posting, _postings.transfer_id == _transfers.id)
        .where(_postings.transfer_id.is_(None))
    )


def _unbalanced_transfers() -> Select[int]:
    return (
        select(_postings.transfer_id)
        .join(ledger_account, _accounts.id == _postings.account_id)
        .group_by(_postings.transfer_id, _accounts.district_id, _accounts.unit)
        .having(func.sum(_postings.amount) != 0)
    )


def _miscounted_accounts() -> Select[int]:
    counted = (
        select(_postings.account_id, func.sum(_postings.amount).label("amount"))
        .group_by(_postings.account_id)
        .subquery()
    )
    return (
        select(_accounts.id)
        .outerjoin(counted, counted.c.account_id == _accounts.id)
        .outerjoin(ledger_balance, _balances.account_id == _accounts.id)
        .where(
            or_(
                _balances.amount.is_(None),
                _balances.amount != func.coalesce(counted.c.amount, 0),
            )
        )
    )


def _unmirrored_reversals() -> Select[int]:
    """Return the query for reversals that, with what they undo, leave something somewhere."""
    is_reversal = _transfers.reverses.is_not(None)
    own = select(_transfers.id.label("id"), _postings.account_id, _postings.amount).join(
        ledger_posting, and_(is_reversal, _postings.transfer_id == _transfers.id)
    )
    undone = select(_transfers.id.label("id"), _postings.account_id, _postings.amount).join(
        ledger_posting, and_(is_reversal, _postings.transfer_id == _transfers.reverses)
    )
    both = union_all(own, undone).subquery()
    return (
        select(both.c.id)
        .group_by(both.c.id, both.c.account_id)
        .having(func.sum(both.c.amount) != 0)
    )
