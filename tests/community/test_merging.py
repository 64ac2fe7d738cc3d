"""Making one resident of two: what moves, what both had, and what was forgotten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from community.bindings import binding
from community.merging import Belongings, columns_left_out, columns_naming, merge_residents
from community.store import account_of, channel_account, resident, resident_of
from knowledge.store import feedback, record_feedback
from storage import Database, RowId
from tests.community.registered import NOON, new_resident, with_register_tables

DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def database(database: Database) -> Database:
    return with_register_tables(database)


def rate(db: Connection, who: int, topic: str, *, useful: bool) -> None:
    record_feedback(db, resident_id=who, topic=topic, useful=useful, now=DAY)


def test_the_older_keeps_what_both_have(database: Database) -> None:
    newer = database.write(lambda db: new_resident(db, NOON + timedelta(days=1)))
    older = database.write(new_resident)

    def work(db: Connection) -> int:
        rate(db, older, "gas.smell", useful=True)
        rate(db, newer, "gas.smell", useful=False)
        rate(db, newer, "fire.alarm", useful=True)
        return merge_residents(
            db, newer, older, Belongings([binding.c.resident_id, feedback.c.resident_id])
        )

    assert database.write(work) == older
    query = select(feedback.c.resident_id, feedback.c.topic, feedback.c.day, feedback.c.useful)
    rows = database.read(lambda db: sorted(db.execute(query).all()))
    day = date(2026, 11, 22)
    assert [tuple(row) for row in rows] == [
        (older, "fire.alarm", day, True),
        (older, "gas.smell", day, True),
    ]
    assert database.read(lambda db: db.scalars(select(resident.c.id)).all()) == [older]


def test_of_two_of_one_moment_the_lower_id_stays(database: Database) -> None:
    one, other = database.write(new_resident), database.write(new_resident)
    assert database.write(lambda db: merge_residents(db, other, one, Belongings([]))) == one
    assert database.write(lambda db: merge_residents(db, one, one, Belongings([]))) == one


def test_every_account_follows(database: Database) -> None:
    accounts = [
        database.write(lambda db, n=n: account_of(db, "web", f"a{n}", NOON)) for n in range(3)
    ]

    def who(account: int) -> int:
        return database.read(lambda db: resident_of(db, account))

    first, second, third = map(who, accounts)
    database.write(lambda db: merge_residents(db, second, third, Belongings([])))
    database.write(lambda db: merge_residents(db, second, first, Belongings([])))
    assert {who(account) for account in accounts} == {first}


def test_a_column_left_out_undoes_everything(database: Database) -> None:
    older, newer = database.write(new_resident), database.write(new_resident)
    columns = MetaData()
    Table("resident", columns, Column("id", RowId, primary_key=True))
    forgotten = Table(
        "forgotten",
        columns,
        Column("resident_id", RowId, ForeignKey("resident.id"), primary_key=True),
    )
    database.write(forgotten.create)
    database.write(lambda db: rate(db, newer, "gas.smell", useful=True))
    database.write(lambda db: db.execute(insert(forgotten).values(resident_id=newer)))

    with pytest.raises(IntegrityError):
        database.write(
            lambda db: merge_residents(db, older, newer, Belongings([feedback.c.resident_id]))
        )

    query = select(feedback.c.resident_id)
    assert database.read(lambda db: db.scalars(query).all()) == [newer]


@pytest.mark.parametrize("kind", ["primary key", "constraint", "index", "column"])
def test_every_kind_of_uniqueness_is_heeded(database: Database, kind: str) -> None:
    columns = MetaData()
    unique = {
        "constraint": (UniqueConstraint("resident_id", "topic"),),
        "index": (Index("ix_noted", "resident_id", "topic", unique=True),),
    }
    is_key = kind == "primary key"
    noted = Table(
        "noted",
        columns,
        Column("id", RowId, primary_key=not is_key),
        Column("resident_id", RowId, primary_key=is_key, unique=kind == "column"),
        Column("topic", String(9), primary_key=is_key),
        *unique.get(kind, ()),
    )
    older, newer = database.write(new_resident), database.write(new_resident)
    rows = [(1, older, "a"), (2, newer, "a")] + ([] if kind == "column" else [(3, newer, "b")])

    def work(db: Connection) -> None:
        columns.create_all(db)
        names = ("id", "resident_id", "topic")
        db.execute(insert(noted), [dict(zip(names, row, strict=True)) for row in rows])
        merge_residents(db, older, newer, Belongings([noted.c.resident_id]))

    database.write(work)
    left = database.read(lambda db: sorted(map(tuple, db.execute(select(noted)).all())))
    assert left == [(1, older, "a")] + ([] if kind == "column" else [(3, older, "b")])


def test_what_names_a_resident_is_found_by_key_and_by_name() -> None:
    columns = MetaData()
    person = Table("resident", columns, Column("id", RowId, primary_key=True))
    Table("pointing", columns, Column("giver", RowId, ForeignKey(person.c.id), primary_key=True))
    Table("naming", columns, Column("resident_id", RowId, primary_key=True))
    Table("other", columns, Column("resident", RowId, primary_key=True))
    found = [str(column) for column in columns_naming(columns, person.c.id)]
    assert sorted(found) == ["naming.resident_id", "pointing.giver"]
    known = [columns.tables["naming"].c.resident_id]
    assert columns_left_out(columns, person.c.id, known) == ["pointing.giver"]


def test_an_account_is_named_account_id() -> None:
    found = {
        str(column) for column in columns_naming(channel_account.metadata, channel_account.c.id)
    }
    assert {"link.giver_id", "link.taker_id", "link_miss.account_id"} <= found
