"""An installation of the first release is upgraded with all that people left in it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from storage import Database, migrate, open_database
from storage.migrations import VERSIONS

PEOPLE = 1_000
# Gaps, as erasing left them: a row that is copied must keep its own id.
IDS = [3 * number + 1 for number in range(PEOPLE)]
FILLED = {
    "resident": "INSERT INTO resident (id, created_at) VALUES (:id, :id)",
    "channel_account": "INSERT INTO channel_account (id, resident_id, channel, name, created_at) "
    "VALUES (:id + 1, :id, 'web', 'visitor-' || :id, :id)",
    "session": "INSERT INTO session (account_id, state, changed_at) VALUES (:id + 1, '{}', :id)",
    "turn": "INSERT INTO turn (account_id, utterance_id, said, replies, at) "
    "VALUES (:id + 1, 'm' || :id, '楼道能充电吗', '[]', :id)",
    "feedback": "INSERT INTO feedback (resident_id, topic, day, useful, at) "
    "VALUES (:id, 'fire-escape', '2026-11-22', true, :id)",
}


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    """The revisions that the first release came with."""
    folder = tmp_path / "versions"
    folder.mkdir()
    for name in ("0000_settings.py", "0001_conversations.py"):
        shutil.copy(VERSIONS / name, folder)
    return folder


@pytest.fixture
def filled(blank_url: str, first_release: Path) -> Database:
    with open_database(blank_url) as database:
        migrate(database, versions=first_release)
        database.write(_fill)
        yield database


def _fill(db: Connection) -> None:
    for statement in FILLED.values():
        for number in IDS:
            db.execute(text(statement.replace(":id", str(number))))


def _all(database: Database, table: str) -> list[tuple[object, ...]]:
    columns = sorted(database.read(lambda db: [c["name"] for c in inspect(db).get_columns(table)]))
    listed = ", ".join(f'"{name}"' for name in columns)
    query = text(f'SELECT {listed} FROM "{table}"')  # noqa: S608 - names of our own tables
    return sorted(map(tuple, database.read(lambda db: db.execute(query).all())), key=repr)


def test_nothing_is_lost_or_renumbered(filled: Database) -> None:
    before = {table: _all(filled, table) for table in FILLED}

    assert migrate(filled) == ["0002", "0003", "0004"]

    assert {table: _all(filled, table) for table in FILLED} == before
    assert all(len(rows) == PEOPLE for rows in before.values())


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO turn (account_id, utterance_id, said, replies, at)"
        " VALUES (:nobody, 'm', '', '[]', 0)",
        "DELETE FROM channel_account WHERE id = :id + 1",
        "DELETE FROM resident WHERE id = :id",
    ],
)
def test_what_points_at_people_still_does(filled: Database, statement: str) -> None:
    migrate(filled)
    said = text(statement)
    names = {"nobody": 10 * PEOPLE, "id": IDS[0]}
    values = {name: value for name, value in names.items() if f":{name}" in statement}

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        filled.write(lambda db: db.execute(said, values))


@pytest.mark.parametrize("store", ["sqlite"])
def test_an_id_that_was_the_last_is_not_given_again(filled: Database) -> None:
    """On PostgreSQL a sequence gives them, which an upgrade leaves alone."""
    migrate(filled)
    last = {"id": IDS[-1]}
    for said in (
        text("DELETE FROM turn WHERE account_id = :id + 1"),
        text("DELETE FROM session WHERE account_id = :id + 1"),
        text("DELETE FROM channel_account WHERE id = :id + 1"),
        text("DELETE FROM resident WHERE id = :id"),
    ):
        filled.write(lambda db, said=said: db.execute(said, last))
    made = text("INSERT INTO resident (created_at) VALUES (0) RETURNING id")

    assert filled.write(lambda db: db.execute(made).scalar_one()) > IDS[-1]
