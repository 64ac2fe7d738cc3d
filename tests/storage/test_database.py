from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from storage import (
    Database,
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseUnavailable,
    NestedWrite,
    UnsupportedDatabase,
    WriteTimedOut,
    open_database,
)
from tests.storage.tables import add_note, notes, texts


def test_a_write_returns_what_its_closure_returns(tables: Database) -> None:
    first, second = tables.write(add_note("a")), tables.write(add_note("b"))

    assert second == first + 1
    assert texts(tables) == {"a", "b"}


def test_an_impatient_caller_is_told_and_the_write_is_still_done(tables: Database) -> None:
    finish = Event()

    def work(connection: Connection) -> None:
        finish.wait(10)
        add_note("late")(connection)

    with pytest.raises(WriteTimedOut) as caught:
        tables.write(work, timeout=0.05)

    assert (caught.value.seconds, caught.value.permanent) == (0.05, False)
    finish.set()
    tables.close()
    with open_database(tables.url.render_as_string(hide_password=False)) as after:
        assert texts(after) == {"late"}


def test_a_patient_caller_gets_the_closures_own_timeout_error(tables: Database) -> None:
    def work(_connection: Connection) -> None:
        raise TimeoutError("of the closure's own")

    with pytest.raises(TimeoutError, match="of the closure's own"):
        tables.write(work, timeout=10)


@pytest.mark.parametrize("method", ["write", "submit"])
def test_a_write_inside_a_write_is_refused_instead_of_hanging(
    tables: Database, method: str
) -> None:
    def work(_connection: Connection) -> None:
        getattr(tables, method)(add_note("inner"))

    with pytest.raises(NestedWrite):
        tables.write(work)

    tables.write(add_note("outer"))
    assert texts(tables) == {"outer"}


def test_a_read_cannot_write(tables: Database) -> None:
    with pytest.raises(DatabaseReadOnly) as caught:
        tables.read(add_note("a"))

    assert caught.value.permanent
    assert texts(tables) == set()


def test_a_read_sees_one_snapshot(tables: Database) -> None:
    def look_twice(connection: Connection) -> list[list[str]]:
        before = connection.scalars(select(notes.c.text)).all()
        tables.write(add_note("meanwhile"))
        return [list(before), list(connection.scalars(select(notes.c.text)).all())]

    assert tables.read(look_twice) == [[], []]
    assert texts(tables) == {"meanwhile"}


@pytest.mark.parametrize("store", ["sqlite"])
def test_too_many_readers_at_once_are_told(tables: Database, database_url: str) -> None:
    with open_database(database_url, connections=1, busy_seconds=0.05) as narrow:
        with pytest.raises(DatabaseBusy) as caught:
            narrow.read(lambda _: texts(narrow))
        assert not caught.value.permanent
        assert texts(narrow) == set()


def test_errors_of_the_statement_stay_sqlalchemys(tables: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)):
        tables.write(lambda connection: connection.execute(text("SELECT * FROM nowhere")))


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:a.db?uri=true",
        "mysql://u:secret@host/db",
        "not a url, secret",
    ],
)
def test_other_databases_are_refused_without_telling_their_password(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as caught:
        open_database(url)

    assert "secret" not in str(caught.value)
    assert caught.value.permanent


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://lifeline:secret@/lifeline?host={tmp_path}"

    with open_database(url) as database:
        for action in (database.write, database.read):
            with pytest.raises(DatabaseUnavailable) as caught:
                action(add_note("a"))
            assert "secret" not in str(caught.value)
            assert not caught.value.permanent
        assert "secret" not in repr(database)


@pytest.mark.parametrize("store", ["postgresql"])
def test_a_lost_connection_is_replaced(tables: Database) -> None:
    def end_the_others(connection: Connection) -> None:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    def end_own(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        tables.write(end_own)
    tables.write(end_the_others)

    tables.write(add_note("a"))
    assert texts(tables) == {"a"}
