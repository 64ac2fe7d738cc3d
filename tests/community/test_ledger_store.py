"""The ledger's tables: each occasion once, nothing below zero, a recount that finds every fault."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from community.ledger import (
    InsufficientBalance,
    KeyReused,
    LedgerAccount,
    NotReversible,
    Posting,
    Transfer,
    Unbalanced,
    moved,
)
from community.ledger_recount import MOST_FAULTS, check
from community.ledger_store import (
    balance,
    carry_over,
    forfeit,
    holdings,
    ledger_account,
    ledger_balance,
    ledger_posting,
    ledger_transfer,
    post,
    reverse,
    statement,
    transfer_under,
)
from storage import Database, StorageError

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
FUND = LedgerAccount("demo", "fund", "", "points")
ANN = LedgerAccount("demo", "resident", "1", "points")
BEN = LedgerAccount("demo", "resident", "2", "points")
SHOP = LedgerAccount("demo", "exchange", "", "points")
GIFT = Transfer("gift:1", "grant", moved(FUND, ANN, 10), "v1", "first")


def posted(database: Database, transfer: Transfer, at: datetime = NOON) -> int:
    return database.write(lambda db: post(db, transfer, at))


def held(database: Database, account: LedgerAccount) -> int:
    return database.read(lambda db: balance(db, account))


def rows(database: Database, table: Table) -> int:
    return database.read(
        lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()
    )


def spent(amount: int, key: str = "spend:1") -> Transfer:
    return Transfer(key, "exchange", moved(ANN, SHOP, amount))


def test_both_sides_are_booked(database: Database) -> None:
    posted(database, GIFT)
    assert (held(database, FUND), held(database, ANN), held(database, BEN)) == (-10, 10, 0)
    assert database.read(check).is_sound


def test_the_same_occasion_is_booked_once(database: Database) -> None:
    first = posted(database, GIFT)
    assert posted(database, GIFT, NOON + timedelta(days=1)) == first
    # The order of the postings, and how they are split, is no other content.
    split = (*moved(FUND, ANN, 4), *moved(FUND, ANN, 6))
    assert posted(database, replace(GIFT, postings=split)) == first
    assert held(database, ANN) == 10
    assert database.read(lambda db: transfer_under(db, "gift:1")) == first
    assert rows(database, ledger_transfer) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(GIFT, postings=moved(FUND, ANN, 11)),
        replace(GIFT, postings=moved(FUND, BEN, 10)),
        replace(GIFT, kind="merge"),
        replace(GIFT, rule_version="v2"),
        replace(GIFT, note=""),
    ],
    ids=["amount", "owner", "kind", "rules", "note"],
)
def test_a_key_stands_for_one_content(database: Database, other: Transfer) -> None:
    first = posted(database, GIFT)
    with pytest.raises(KeyReused) as refused:
        posted(database, other)
    assert refused.value.transfer_id == first
    assert held(database, ANN) == 10


def test_an_unbalanced_transfer_leaves_nothing(database: Database) -> None:
    with pytest.raises(Unbalanced):
        posted(database, replace(GIFT, postings=(Posting(ANN, 1),)))
    assert rows(database, ledger_account) == rows(database, ledger_transfer) == 0


def test_nobody_goes_below_zero(database: Database) -> None:
    posted(database, GIFT)
    with pytest.raises(InsufficientBalance) as refused:
        posted(database, spent(11))
    assert (refused.value.account, refused.value.amount) == (ANN, -11)
    assert held(database, ANN) == 10
    assert rows(database, ledger_transfer) == 1
    posted(database, spent(10))  # the refused one has not used the key up
    assert held(database, ANN) == 0


def test_whoever_never_earned_anything_cannot_spend(database: Database) -> None:
    with pytest.raises(InsufficientBalance):
        posted(database, spent(1))
    assert rows(database, ledger_account) == 0


def test_many_who_spend_at_once_get_what_there_is(database: Database) -> None:
    posted(database, GIFT)
    tries = [
        database.submit(lambda db, n=n: post(db, spent(3, f"spend:{n}"), NOON)) for n in range(8)
    ]
    errors = [each.exception(30) for each in tries]
    assert [type(error) for error in errors if error] == [InsufficientBalance] * 5
    assert held(database, ANN) == 1
    assert held(database, SHOP) == 9
    assert database.read(check).is_sound


def test_many_who_post_one_occasion_at_once_book_it_once(database: Database) -> None:
    tries = [database.submit(lambda db: post(db, GIFT, NOON)) for _ in range(8)]
    assert len({each.result(30) for each in tries}) == 1
    assert held(database, ANN) == 10
    assert database.read(check).is_sound


def test_a_reversal_undoes_all_of_it(database: Database) -> None:
    three = (*moved(FUND, ANN, 10), *moved(FUND, BEN, 5))
    first = posted(database, replace(GIFT, postings=three))
    back = database.write(lambda db: reverse(db, first, "undo:1", NOON))
    assert [held(database, account) for account in (FUND, ANN, BEN)] == [0, 0, 0]
    line = database.read(lambda db: statement(db, ANN))[0]
    assert (line.transfer_id, line.reverses, line.amount) == (back, first, -10)
    assert (line.kind, line.rule_version) == ("reversal", "v1")
    assert database.read(check).is_sound


def test_a_transfer_is_reversed_once(database: Database) -> None:
    first = posted(database, GIFT)
    back = database.write(lambda db: reverse(db, first, "undo:1", NOON))
    assert database.write(lambda db: reverse(db, first, "undo:1", NOON)) == back
    for transfer_id, key in ((first, "undo:2"), (back, "redo:1"), (back + 5, "undo:9")):
        with pytest.raises(NotReversible) as refused:
            database.write(lambda db, id_=transfer_id, key=key: reverse(db, id_, key, NOON))
        assert refused.value.transfer_id == transfer_id
    assert held(database, ANN) == 0


def test_of_several_reversals_at_once_one_is_booked(database: Database) -> None:
    first = posted(database, GIFT)
    tries = [
        database.submit(lambda db, n=n: reverse(db, first, f"undo:{n}", NOON)) for n in range(5)
    ]
    errors = [each.exception(30) for each in tries]
    assert [type(error) for error in errors if error] == [NotReversible] * 4
    assert held(database, ANN) == 0


def test_the_key_of_a_reversal_is_its_own(database: Database) -> None:
    first = posted(database, GIFT)
    with pytest.raises(KeyReused):
        database.write(lambda db: reverse(db, first, "gift:1", NOON))


def test_what_was_spent_cannot_be_taken_back(database: Database) -> None:
    first = posted(database, GIFT)
    posted(database, spent(1))
    with pytest.raises(InsufficientBalance):
        database.write(lambda db: reverse(db, first, "undo:1", NOON))
    assert held(database, ANN) == 9


def test_a_statement_is_read_in_pages(database: Database) -> None:
    ids = [
        posted(database, replace(GIFT, key=f"gift:{n}"), NOON + timedelta(hours=n))
        for n in range(5)
    ]
    pages: list[int] = []
    before = None
    while page := database.read(lambda db, before=before: statement(db, ANN, before, 2)):
        pages += [entry.transfer_id for entry in page]
        before = page[-1].transfer_id
    assert pages == ids[::-1]
    newest = database.read(lambda db: statement(db, ANN, most=1))[0]
    assert (newest.at, newest.note) == (NOON + timedelta(hours=4), "first")


def test_what_one_holds_goes_over_when_two_are_one(database: Database) -> None:
    money = replace(ANN, unit="fen")
    posted(database, GIFT)
    posted(database, Transfer("pay:1", "grant", moved(replace(FUND, unit="fen"), money, 500)))
    assert len(database.write(lambda db: carry_over(db, 1, 2, NOON))) == 2
    assert database.read(lambda db: holdings(db, "resident", "1")) == []
    assert database.read(lambda db: holdings(db, "resident", "2")) == [
        (replace(money, owner="2"), 500),
        (BEN, 10),
    ]
    assert database.write(lambda db: carry_over(db, 1, 2, NOON)) == []


def test_what_the_erased_hold_expires(database: Database) -> None:
    posted(database, GIFT)
    database.write(lambda db: forfeit(db, 1, NOON))
    assert held(database, ANN) == 0
    assert held(database, LedgerAccount("demo", "expired", "", "points")) == 10


def tampered(db: Connection, fault: str) -> None:
    """Do to the tables what no code of ours does."""
    balances, transfers = ledger_balance.c, ledger_transfer.c
    ann = db.scalar(select(ledger_account.c.id).where(ledger_account.c.owner == "1"))
    if fault == "unbalanced":
        db.execute(update(ledger_posting).values(amount=9).where(ledger_posting.c.amount > 0))
    elif fault == "empty":
        db.execute(
            insert(ledger_transfer).values(key="x", kind="x", at=NOON, rule_version="", note="")
        )
    elif fault == "miscounted":
        db.execute(update(ledger_balance).where(balances.account_id == ann).values(amount=7))
    elif fault == "no balance":
        db.execute(delete(ledger_balance).where(balances.account_id == ann))
    else:
        db.execute(update(ledger_transfer).where(transfers.key == "gift:2").values(reverses=1))


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("unbalanced", "unbalanced"),
        ("empty", "unbalanced"),
        ("miscounted", "miscounted"),
        ("no balance", "miscounted"),
        ("mirror", "unmirrored"),
    ],
)
def test_a_recount_finds_what_was_tampered_with(database: Database, fault: str, found: str) -> None:
    posted(database, GIFT)
    posted(database, replace(GIFT, key="gift:2"))
    assert database.read(check).is_sound
    database.write(lambda db: tampered(db, fault))
    counted = database.read(check)
    assert not counted.is_sound
    assert getattr(counted, found)
    assert counted.transfers == (3 if fault == "empty" else 2)


def test_the_store_itself_refuses_a_negative_resident(database: Database) -> None:
    posted(database, GIFT)
    with pytest.raises((IntegrityError, StorageError)):
        database.write(lambda db: db.execute(update(ledger_balance).values(amount=-1)))


def test_transfers_in_both_directions_at_once_end(database: Database) -> None:
    for owner in ("1", "2"):
        start = moved(FUND, replace(ANN, owner=owner), 100)
        posted(database, Transfer(f"start:{owner}", "grant", start))

    def passed(number: int) -> Transfer:
        giver, taker = (ANN, BEN) if number % 2 else (BEN, ANN)
        return Transfer(f"pass:{number}", "merge", moved(giver, taker, number))

    tries = [database.submit(lambda db, n=n: post(db, passed(n), NOON)) for n in range(1, 13)]
    for each in tries:
        each.result(30)
    assert held(database, ANN) + held(database, BEN) == 200
    assert held(database, ANN) == 100 + 6
    assert database.read(check).is_sound


def test_what_one_holds_goes_over_in_every_district(database: Database) -> None:
    for district in ("demo", "other"):
        give = moved(replace(FUND, district_id=district), replace(ANN, district_id=district), 5)
        posted(database, Transfer(f"gift:{district}", "grant", give))
    database.write(lambda db: carry_over(db, 1, 2, NOON))
    found = database.read(lambda db: holdings(db, "resident", "2"))
    assert [(account.district_id, amount) for account, amount in found] == [
        ("demo", 5),
        ("other", 5),
    ]
    assert database.read(check).is_sound


def test_a_recount_names_the_first_few_alone(database: Database) -> None:
    for number in range(MOST_FAULTS + 3):
        owner = replace(ANN, owner=str(number))
        posted(database, Transfer(f"gift:{number}", "grant", moved(FUND, owner, 1)))
    database.write(lambda db: db.execute(update(ledger_balance).values(amount=9)))
    assert len(database.read(check).miscounted) == MOST_FAULTS


def test_an_empty_ledger_is_sound(database: Database) -> None:
    counted = database.read(check)
    assert counted.is_sound
    assert (counted.transfers, counted.accounts) == (0, 0)
