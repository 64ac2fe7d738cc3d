"""Rows that nothing names go after a day; what is named, or may be named yet, stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, ForeignKey, MetaData, Table, func, insert, select

from community import file_upkeep
from community.file_upkeep import forget_orphans, forget_unused
from community.files import StoredFile, keep_sealed, note_file, stored_file
from storage import Database, RowId

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = b"k" * 32

# Somebody who uses files, in a table of this test.
user = Table(
    "user_of_files",
    MetaData(),
    Column("id", RowId, primary_key=True),
    Column("file_id", RowId, ForeignKey(stored_file.c.id), index=True),
    Column("other_id", RowId, index=True),
)
USES = (user.c.file_id, user.c.other_id)


@pytest.fixture
def used(database: Database) -> Database:
    """A database in which something names files."""
    user.create(database.engines.write)
    return database


def noted(database: Database, number: int, at: datetime = NOON) -> list[int]:
    def work(db: Connection) -> list[int]:
        count = db.execute(select(func.count()).select_from(stored_file)).scalar_one()
        names = [f"{count + one:064x}" for one in range(number)]
        return [note_file(db, StoredFile(name, "sealed", 9), at) for name in names]

    return database.write(work)


def left(database: Database) -> list[int]:
    query = select(stored_file.c.id).order_by(stored_file.c.id)
    return list(database.read(lambda db: db.scalars(query).all()))


def test_only_old_rows_without_a_use_go(used: Database) -> None:
    ids = noted(used, 4)
    young = noted(used, 1, NOON + DAY)
    used.write(lambda db: db.execute(insert(user).values(file_id=ids[0])))
    used.write(lambda db: db.execute(insert(user).values(other_id=ids[2])))

    assert forget_unused(used, USES, now=NOON + DAY) == 0
    assert forget_unused(used, USES, now=NOON + DAY + DAY / 24) == 2

    assert left(used) == [ids[0], ids[2], *young]
    assert forget_unused(used, USES, now=NOON + DAY + DAY / 24) == 0


def test_all_rows_are_looked_at_chunk_by_chunk(
    used: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_upkeep, "_ROWS_PER_CHUNK", 2)
    ids = noted(used, 7)
    used.write(lambda db: db.execute(insert(user).values(file_id=ids[3])))

    assert forget_unused(used, USES, now=NOON + 2 * DAY) == 6

    assert left(used) == [ids[3]]


def test_what_is_named_after_it_was_looked_at_stays(used: Database) -> None:
    ids = noted(used, 2)
    unused = [file_upkeep._unnamed(column) for column in USES]
    used.write(lambda db: db.execute(insert(user).values(file_id=ids[0])))

    gone = used.write(
        lambda db: file_upkeep._forget_rows(db, ids=ids, unused=unused[0] & unused[1])
    )

    assert gone == 1
    assert left(used) == [ids[0]]


def test_the_file_follows_its_row(used: Database, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    file = keep_sealed(folder, KEY, b"a picture")
    used.write(lambda db: note_file(db, file, NOON))
    later = datetime.now(UTC) + 2 * DAY
    assert forget_orphans(folder, used, now=later) == 0

    assert forget_unused(used, USES, now=later) == 1

    assert forget_orphans(folder, used, now=later) == 1
    assert not (folder / file.name).exists()
