from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text

from storage import Database, DatabaseDamaged, DatabaseReadOnly, DatabaseUnavailable, open_database
from tests.storage.tables import add_note, create, notes, texts

binds_rights = pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind root")
sqlite_only = pytest.mark.parametrize("store", ["sqlite"])


@sqlite_only
def test_an_sqlite_file_is_durable_and_checked(tables: Database) -> None:
    def pragmas(connection: Connection) -> list[int | str]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {n}").scalar_one() for n in names]

    assert tables.write(pragmas) == ["wal", 2, 1, 30000]
    assert tables.is_embedded


@sqlite_only
def test_folders_are_made(tmp_path: Path, store: str) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a' / '数据' / 'lifeline.db'}") as database:
        create(database)
        database.write(add_note("a"))

    assert (tmp_path / "a" / "数据" / "lifeline.db").stat().st_size > 0


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lifeline.db"
    path.write_bytes(b"not a database at all" * 500)

    with pytest.raises(DatabaseDamaged) as caught:
        open_database(f"sqlite:///{path}")

    assert str(path) in str(caught.value)
    assert caught.value.permanent


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lifeline.db"
    with open_database(f"sqlite:///{path}") as database:
        create(database)
        database.write(lambda c: c.execute(insert(notes), [{"text": "x" * n} for n in range(500)]))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)

    with open_database(f"sqlite:///{path}") as damaged, pytest.raises(DatabaseDamaged):
        texts(damaged)


def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for path in (tmp_path / "file" / "lifeline.db", tmp_path):
        with pytest.raises(DatabaseUnavailable) as caught:
            open_database(f"sqlite:///{path}")
        assert str(path) in caught.value.database


@binds_rights
def test_a_file_without_the_right_to_write_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lifeline.db"
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("CREATE TABLE t (a)")
    path.chmod(0o444)

    with pytest.raises((DatabaseReadOnly, DatabaseUnavailable)):
        open_database(f"sqlite:///{path}")


@sqlite_only
def test_a_writer_in_a_process_of_its_own_waits_at_begin_not_at_write(
    tables: Database, database_url: str
) -> None:
    """A deferred transaction would fail at its first write, after it has read."""

    def begin(connection: Connection) -> bool:
        driver = connection.connection.dbapi_connection
        return bool(driver.in_transaction)

    assert tables.write(begin)
    with open_database(database_url, busy_seconds=0.05) as other:
        assert tables.write(lambda _: other.submit(add_note("a")).exception(5)) is not None
        assert texts(other) == set()


@pytest.mark.parametrize("store", ["postgresql"])
def test_a_postgres_transaction_waits_for_a_lock_only_so_long(database_url: str) -> None:
    with open_database(database_url, busy_seconds=0.5) as database:
        query = text("SHOW lock_timeout")
        assert database.write(lambda connection: connection.scalar(query)) == "500ms"
