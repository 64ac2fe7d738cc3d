"""An installation of the first release is upgraded with all that people left in it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

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
    columns = sorted(
        database.read(lambda db: [c["name"] for c in inspect(db).get_columns(table)])
    )
    listed = ", ".join(f'"{name}"' for name in columns)
    query = text(f'SELECT {listed} FROM "{table}"')  # noqa: S608 - names of our own tables
    return sorted(map(tuple, database.read(lambda db: db.execute(query).all())), key=repr)


def test_nothing_is_lost_or_renumbered(filled: Database) -> None:
    before = {table: _all(filled, table) for table in FILLED}

    assert migrate(filled) == ["0002"]

    assert {table: _all(filled, table) for table in FILLED} == before
    assert all(len(rows) == PEOPLE for rows in before.values())


def test_what_points_at_people_still_does(filled: Database) -> None:
    migrate(filled)

    for statement in (
        "INSERT INTO turn (account_id, utterance_id, said, replies, at) "
        "VALUES (999999, 'm', '', '[]', 0)",
        f"DELETE FROM channel_account WHERE id = {IDS[0] + 1}",
        f"DELETE FROM resident WHERE id = {IDS[0]}",
    ):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            filled.write(lambda db, said=statement: db.execute(text(said)))


def test_new_people_get_ids_above_all_that_stood(filled: Database) -> None:
    migrate(filled)
    if not filled.is_embedded:
        return  # there a sequence gives them, which an upgrade leaves alone
    last = IDS[-1]
    for table, column in (("turn", "account_id"), ("session", "account_id")):
        said = text(f"DELETE FROM {table} WHERE {column} = {last + 1}")  # noqa: S608 - numbers
        filled.write(lambda db, said=said: db.execute(said))
    filled.write(lambda db: db.execute(text(f"DELETE FROM channel_account WHERE id = {last + 1}")))
    filled.write(lambda db: db.execute(text(f"DELETE FROM resident WHERE id = {last}")))
    made = text("INSERT INTO resident (created_at) VALUES (0) RETURNING id")

    assert filled.write(lambda db: db.execute(made).scalar_one()) > last
