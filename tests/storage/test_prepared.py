"""Prepared statements: the same values and errors as SQLAlchemy's own way, on both stores."""

import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from storage import Database, JsonText, NaiveDateTime, Prepared, RowId, UtcDateTime

AT = datetime(2026, 11, 22, 19, 30, 0, 7, timezone(timedelta(hours=8)))

things = Table(
    "prepared_thing",
    MetaData(),
    Column("id", RowId, primary_key=True),
    Column("name", String(20), nullable=False, unique=True),
    Column("at", UtcDateTime),
    Column("state", JsonText),
    Column("size", Integer),
)
ADDING = Prepared(insert(things).returning(things.c.id))
BY_NAME = Prepared(
    select(things.c.name, things.c.at, things.c.state, things.c.size).where(
        things.c.name == bindparam("name"), things.c.size >= 1
    )
)


@pytest.fixture
def table(database: Database) -> Database:
    database.write(things.create)
    return database


def test_values_come_back_as_their_columns_types(table: Database) -> None:
    row = {"name": "一", "at": AT, "state": {"多": [1]}, "size": 3}

    added = table.write(lambda db: ADDING.row(db, row))
    within = table.write(lambda db: BY_NAME.row(db, {"name": "一"}))
    outside = table.read(lambda db: BY_NAME.row(db, {"name": "一"}))

    assert added == (1,)
    assert within == outside == ("一", AT.astimezone(UTC), {"多": [1]}, 3)


def test_nothing_and_missing_values(table: Database) -> None:
    table.write(lambda db: ADDING.row(db, {"name": "空", "size": 1, "at": None}))

    assert table.write(lambda db: BY_NAME.row(db, {"name": "空"})) == ("空", None, None, 1)
    assert table.write(lambda db: BY_NAME.row(db, {"name": "无"})) is None


def test_a_number_in_the_statement_itself_stays(table: Database) -> None:
    table.write(lambda db: ADDING.row(db, {"name": "小", "size": 0}))

    assert table.write(lambda db: BY_NAME.row(db, {"name": "小"})) is None


def test_a_statement_without_rows_returns_none(table: Database) -> None:
    silent = Prepared(insert(things))

    assert table.write(lambda db: silent.row(db, {"name": "一", "size": 1})) is None
    assert table.read(lambda db: BY_NAME.row(db, {"name": "一"})) is not None


def test_a_violated_constraint_is_sqlalchemys_error_without_the_words(
    table: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    table.write(lambda db: ADDING.row(db, {"name": "秘密", "size": 1}))

    with pytest.raises(IntegrityError) as raised:
        table.write(lambda db: ADDING.row(db, {"name": "秘密", "size": 2}))

    assert "秘密" not in f"{raised.value}{caplog.text}".replace("Key (name)=(秘密)", "")
    assert table.write(lambda db: BY_NAME.row(db, {"name": "秘密"}))[3] == 1  # type: ignore[index]


def test_a_time_without_zone_is_refused(table: Database) -> None:
    naive = {"name": "一", "size": 1, "at": AT.replace(tzinfo=None)}
    with pytest.raises(NaiveDateTime):
        table.write(lambda db: ADDING.row(db, naive))


def test_it_is_rolled_back_with_its_closure(table: Database) -> None:
    def fail(db: object) -> None:
        ADDING.row(db, {"name": "一", "size": 1})  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        table.write(fail)
    assert table.read(lambda db: BY_NAME.row(db, {"name": "一"})) is None
