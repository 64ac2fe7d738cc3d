"""Somebody with everything that one may have here: forgotten, and made one with another."""

from typing import Any

from sqlalchemy import Column, Connection, func, insert, select

from bot.belongings import belongings_at, erasable_at
from bot.desk_rules import Place
from bot.desk_store import add_request
from bot.desk_thread_store import add_place, desk_reply, desk_thread
from community.audit import verify
from community.erasure import forget_person
from community.merging import columns_naming, merge_residents
from community.store import channel_account, find_account, resident, resident_of
from community.vault import Source, identity, keep_identity
from hazards.appeal_store import appeal_decision, uphold
from hazards.commendation_store import NewCommendation, commendation, issue
from hazards.limit_store import NewBlock, appeal, block
from hazards.reward_states import resident_account
from hazards.rewards import approve, propose
from hazards.store import hazard_block, hazard_draft, hazard_report
from hazards.voucher_store import Order, exchange, voucher
from storage import Database, metadata, new_code
from tests.hazards.rewarded import BLANKET, NOON, SCHEME, bound_staff, closed_case

KEY = b"k" * 32
CLERK, BOSS = 901, 902
LATER = NOON.replace(day=28)
CUP = type(BLANKET)("cup", "杯子", 4)


def given_everything(database: Database, who: str) -> int:
    """Make somebody with a report, its reward, a block, a conversation, a post; return their id."""
    case = closed_case(database, who)
    assert case.reporter_id is not None
    owner = case.reporter_id

    def work(db: Connection) -> None:
        account = find_account(db, "web", who)
        assert account is not None
        source = Source(f"report:{case.report_id}", "demo", owner)
        keep_identity(db, KEY, source, b'{"name": "ann"}')
        approve(db, propose(db, case.id, CLERK, NOON, SCHEME).id, BOSS, NOON)
        exchange(db, Order(resident_account("demo", owner, "points"), CUP, new_code(), "v1"), NOON)
        thanks = NewCommendation("demo", case.report_id, owner, "谢谢你", LATER, "小安")
        issue(db, thanks, NOON)
        made = block(db, NewBlock(owner, "demo", "照片不实", CLERK, NOON, LATER))
        assert appeal(db, owner, "是我拍的", NOON)
        assert uphold(db, made, BOSS, "看过了", NOON)
        request, _ = add_request(db, account, "楼道灯坏了", NOON)
        add_place(db, request, Place("demo"), LATER)
        words = {"account_id": account, "district_id": "demo", "text": "在修", "at": NOON}
        db.execute(insert(desk_reply).values(words))
        db.execute(insert(desk_thread).values(code=new_code(), resident_id=owner))
        draft = {"account_id": account, "state": {}, "changed_at": NOON}
        db.execute(insert(hazard_draft).values(draft))

    database.write(work)
    return owner


def rows_naming(db: Connection, target: Column[Any], ids: list[int]) -> list[str]:
    """Return the columns that still name one of some residents or accounts."""
    return [
        str(column)
        for column in columns_naming(metadata, target)
        if db.scalar(select(func.count()).where(column.in_(ids)))
    ]


def test_whoever_has_everything_can_be_forgotten(database: Database) -> None:
    owner = given_everything(database, "ann")
    database.write(lambda db: bind_also(db, owner))

    def work(db: Connection) -> None:
        accounts = accounts_of(db, owner)
        assert forget_person(db, accounts[0], erasable_at(lambda: NOON))

        assert rows_naming(db, resident.c.id, [owner]) == []
        assert rows_naming(db, channel_account.c.id, accounts) == []
        gone = (identity, commendation, hazard_block, appeal_decision, desk_thread)
        assert [db.scalar(select(func.count()).select_from(one)) for one in gone] == [0] * len(gone)
        # What the case and the accounts need stays, and names nobody.
        assert db.scalars(select(hazard_report.c.reporter_id)).all() == [None]
        assert db.scalars(select(voucher.c.resident_id)).all() == [None]
        assert verify(db).is_whole

    database.write(work)


def test_two_who_have_everything_become_one(database: Database) -> None:
    older, newer = given_everything(database, "ann"), given_everything(database, "ben")

    def work(db: Connection) -> None:
        assert merge_residents(db, older, newer, belongings_at(lambda: NOON)) == older

        assert rows_naming(db, resident.c.id, [newer]) == []
        # Nothing that a reasoned opening needs is lost.
        assert len(db.scalars(select(identity.c.report_ref)).all()) == 2
        assert db.scalars(select(hazard_report.c.reporter_id)).all() == [older, older]

    database.write(work)


def accounts_of(db: Connection, owner: int) -> list[int]:
    query = select(channel_account.c.id).where(channel_account.c.resident_id == owner)
    return list(db.scalars(query.order_by(channel_account.c.id)))


def bind_also(db: Connection, owner: int) -> None:
    """Bind one more account of theirs to somebody on the staff."""
    other, _ = bound_staff(db, "ann-work")
    merged = merge_residents(db, owner, other, belongings_at(lambda: NOON))
    assert merged == owner
    assert all(resident_of(db, one) == owner for one in accounts_of(db, owner))
