"""What becomes of rewards when two accounts turn out to be one person, and when one is erased."""

import pytest
from sqlalchemy import Connection, select

from community.erasure import Erasable, forget_person
from community.ledger_recount import check
from community.ledger_store import balance, carry_over
from community.merging import Belongings, merge_residents
from community.store import channel_account, find_account
from hazards.commendation_store import NewCommendation, commendation, issue
from hazards.reward_rules import Offer
from hazards.reward_states import resident_account
from hazards.reward_store import find_reward, reward
from hazards.rewards import (
    approve,
    claim,
    forget_holder,
    mark_paid,
    propose,
    reverse,
    statement_of,
)
from hazards.store import hazard_report
from hazards.voucher_store import Order, exchange, voucher, voucher_by_code
from storage import Database
from tests.hazards.rewarded import NOON, SCHEME, Case, closed_case, new_resident

CLERK, BOSS = 901, 902
CUP = Offer("cup", "杯子", 4)
OWNED = (
    hazard_report.c.reporter_id,
    reward.c.resident_id,
    voucher.c.resident_id,
    commendation.c.resident_id,
)
ERASABLE = Erasable(residents=OWNED, emptied=OWNED[:3])


@pytest.fixture
def given(database: Database) -> tuple[Case, int]:
    """Return a case of Ann's and the reward in points that she was given."""
    case = closed_case(database, "ann")
    waiting = database.write(lambda db: propose(db, case.id, CLERK, NOON, SCHEME))
    database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    return case, waiting.id


def joined(db: Connection, older: int, newer: int) -> int:
    """Make one person of two, as linking their accounts does."""

    def carry(db: Connection, giver: int, taker: int) -> None:
        carry_over(db, giver, taker, NOON)

    return merge_residents(db, older, newer, Belongings(OWNED, carry))


def test_two_accounts_of_one_person_have_one_purse(
    database: Database, given: tuple[Case, int]
) -> None:
    case, reward_id = given
    newer = database.write(lambda db: new_resident(db, "ann on her telephone"))
    assert database.write(lambda db: joined(db, case.reporter_id or 0, newer)) == case.reporter_id
    found = database.read(lambda db: statement_of(db, case.reporter_id or 0))
    assert [amount for _, amount in found.holdings] == [10]
    assert [each.id for each in found.rewards] == [reward_id]


@pytest.mark.parametrize("paid", ["never", "before", "after"])
def test_what_went_over_to_the_older_is_taken_back_from_them(database: Database, paid: str) -> None:
    older = database.write(lambda db: new_resident(db, "first"))
    case = closed_case(database, "second", category="lane_blocked")
    newer = case.reporter_id or 0
    made = database.write(lambda db: propose(db, case.id, CLERK, NOON, SCHEME))
    database.write(lambda db: approve(db, made.id, BOSS, NOON))
    database.write(lambda db: claim(db, made.id, newer, NOON))
    if paid == "before":
        database.write(lambda db: mark_paid(db, [made.id], BOSS, "P", NOON))
    assert database.write(lambda db: joined(db, older, newer)) == older
    held = database.read(lambda db: statement_of(db, older)).holdings
    assert [amount for _, amount in held] == ([] if paid == "before" else [5000])
    if paid == "after":
        database.write(lambda db: mark_paid(db, [made.id], BOSS, "P", NOON))
    assert database.write(lambda db: reverse(db, made.id, BOSS, "不属实", NOON)).state == "reversed"
    for owner in (older, newer):
        account = resident_account("demo", owner, "fen")
        assert database.read(lambda db, account=account: balance(db, account)) == 0
    assert database.read(lambda db: statement_of(db, older)).holdings == ()
    assert database.read(check).is_sound


def test_who_is_erased_leaves_numbers_and_no_name(
    database: Database, given: tuple[Case, int]
) -> None:
    case, reward_id = given
    ann = case.reporter_id or 0
    order = Order(resident_account("demo", ann, "points"), CUP, "x", "v1")
    code = database.write(lambda db: exchange(db, order, NOON))
    thanks = NewCommendation("demo", case.report_id, ann, "谢谢", NOON, shown_as="安女士")
    database.write(lambda db: issue(db, thanks, NOON))

    def erased(db: Connection) -> bool:
        forget_holder(db, ann, NOON)
        account_id = find_account(db, "web", "ann")
        assert account_id is not None
        return forget_person(db, account_id, ERASABLE)

    assert database.write(erased)
    kept = database.read(lambda db: find_reward(db, reward_id))
    assert kept is not None
    assert kept.resident_id is None
    ticket = database.read(lambda db: voucher_by_code(db, code))
    assert ticket is not None
    assert ticket.resident_id is None
    assert database.read(lambda db: db.execute(select(commendation)).all()) == []
    assert database.read(lambda db: db.execute(select(channel_account)).all()) == []
    assert database.read(check).is_sound
