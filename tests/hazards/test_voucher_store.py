"""Points for a voucher: once for each wish, never more than one has, back when it is cancelled."""

from dataclasses import replace

import pytest

from community.ledger import (
    InsufficientBalance,
    KeyReused,
    LedgerAccount,
    Transfer,
    moved,
)
from community.ledger_recount import check
from community.ledger_store import balance, post
from hazards.reward_states import anonymous_account, resident_account
from hazards.rewards import approve, claim_for_report, propose
from hazards.voucher_store import (
    NothingClaimed,
    Order,
    Voucher,
    VoucherEnded,
    cancel,
    exchange,
    hand_over,
    voucher_by_code,
    vouchers_of,
)
from storage import Database, is_valid
from tests.hazards.rewarded import BLANKET, NOON, SCHEME, closed_case, new_resident

FUND = LedgerAccount("demo", "fund", "", "points")
CLERK, BOSS = 901, 902


def wish(database: Database, points: int = 250) -> Order:
    """Return an order of somebody who has so many points."""
    resident_id = database.write(lambda db: new_resident(db, "ann"))
    account = resident_account("demo", resident_id, "points")
    gift = Transfer("gift", "grant", moved(FUND, account, points))
    database.write(lambda db: post(db, gift, NOON))
    return Order(account, BLANKET, "turn-1", "v1")


def exchanged(database: Database, order: Order) -> str:
    return database.write(lambda db: exchange(db, order, NOON))


def found(database: Database, code: str) -> Voucher:
    voucher = database.read(lambda db: voucher_by_code(db, code))
    assert voucher is not None
    return voucher


def held(database: Database, account: LedgerAccount) -> int:
    return database.read(lambda db: balance(db, account))


def test_points_become_a_voucher(database: Database) -> None:
    order = wish(database)
    code = exchanged(database, order)
    assert is_valid(code)
    voucher = found(database, code)
    assert (voucher.offer_id, voucher.price, voucher.state) == ("fire_blanket", 100, "open")
    assert str(voucher.resident_id) == order.account.owner
    assert held(database, order.account) == 150
    assert database.read(check).is_sound


def test_the_same_wish_again_costs_nothing(database: Database) -> None:
    order = wish(database)
    tries = [database.submit(lambda db: exchange(db, order, NOON)) for _ in range(6)]
    assert len({each.result(30) for each in tries}) == 1
    assert held(database, order.account) == 150


def test_a_wish_of_its_own_is_another_voucher(database: Database) -> None:
    order = wish(database)
    codes = {exchanged(database, order), exchanged(database, replace(order, key="turn-2"))}
    assert len(codes) == 2
    listed = database.read(lambda db: vouchers_of(db, int(order.account.owner)))
    assert {each.code for each in listed} == codes


def test_one_wish_is_for_one_thing(database: Database) -> None:
    order = wish(database)
    exchanged(database, order)
    with pytest.raises(KeyReused):
        exchanged(database, replace(order, offer=replace(BLANKET, price=50)))
    with pytest.raises(KeyReused):
        exchanged(database, replace(order, offer=replace(BLANKET, id="smoke_alarm")))


def test_too_few_points_buy_nothing(database: Database) -> None:
    order = wish(database, 99)
    with pytest.raises(InsufficientBalance):
        exchanged(database, order)
    assert held(database, order.account) == 99


def test_who_wishes_for_several_at_once_gets_what_the_points_allow(database: Database) -> None:
    order = wish(database)
    tries = [
        database.submit(lambda db, n=n: exchange(db, replace(order, key=f"turn-{n}"), NOON))
        for n in range(5)
    ]
    errors = [each.exception(30) for each in tries]
    assert [type(error) for error in errors if error] == [InsufficientBalance] * 3
    assert held(database, order.account) == 50


def test_a_voucher_is_handed_over_once(database: Database) -> None:
    voucher = found(database, exchanged(database, wish(database)))
    done = database.write(lambda db: hand_over(db, voucher.id, CLERK, NOON))
    assert (done.state, done.ended_by, done.ended_at) == ("handed_over", CLERK, NOON)
    for end in (hand_over, cancel):
        with pytest.raises(VoucherEnded) as refused:
            database.write(lambda db, end=end: end(db, voucher.id, CLERK, NOON))
        assert refused.value.voucher_id == voucher.id


def test_a_cancelled_voucher_gives_the_points_back(database: Database) -> None:
    order = wish(database)
    voucher = found(database, exchanged(database, order))
    assert database.write(lambda db: cancel(db, voucher.id, None, NOON)).state == "cancelled"
    assert held(database, order.account) == 250
    assert database.read(check).is_sound


def test_anonymous_points_are_claimed_before_they_are_spent(database: Database) -> None:
    case = closed_case(database, None)
    waiting = database.write(lambda db: propose(db, case.id, CLERK, NOON, SCHEME))
    database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    account = anonymous_account("demo", case.report_id, "points")
    order = Order(account, replace(BLANKET, price=10), "once", "v1")
    with pytest.raises(NothingClaimed):
        exchanged(database, order)
    database.write(lambda db: claim_for_report(db, case.report_id, NOON))
    assert found(database, exchanged(database, order)).resident_id is None
    assert held(database, account) == 0


def test_an_unknown_voucher_cannot_end(database: Database) -> None:
    with pytest.raises(VoucherEnded):
        database.write(lambda db: hand_over(db, 4711, CLERK, NOON))
    assert database.read(lambda db: voucher_by_code(db, "00000000")) is None
