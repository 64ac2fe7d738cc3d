from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, Table, Text, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import (
    BrokenReferences,
    Database,
    DatabaseNewer,
    JsonText,
    MigrationNeeded,
    RowId,
    UtcDateTime,
    bring_up_to_date,
    differences,
    draft_revision,
    metadata,
    migrate,
    open_database,
    pending,
)
from storage.facts import settings
from storage.migrations import VERSIONS
from tests.storage.processes import start

HEAD = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down!r}

def upgrade():
"""
Steps = Callable[..., Path]


@pytest.fixture
def blank(blank_url: str) -> Database:
    with open_database(blank_url) as database:
        yield database


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with storage's own revision alone."""
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(VERSIONS / "0000_settings.py", folder)
    return folder


@pytest.fixture
def own_metadata() -> MetaData:
    """Metadata with storage's own table alone."""
    own = MetaData(naming_convention=metadata.naming_convention)
    settings.to_metadata(own)
    return own


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """Write revisions, each the body of its upgrade; return their folder."""

    def write(*bodies: str) -> Path:
        folder = tmp_path / "versions 100%"
        folder.mkdir(exist_ok=True)
        for number, body in enumerate(bodies):
            down = f"{number - 1:04}" if number else None
            lines = [f"    {line}" for line in body.splitlines()]
            source = HEAD.format(revision=f"{number:04}", down=down) + "\n".join(lines) + "\n"
            (folder / f"{number:04}.py").write_text(source)
        return folder

    return write


PARENT = """op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
op.execute("INSERT INTO parent VALUES (1), (2)")"""
CHILD = """op.create_table("child", sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")))
op.execute("INSERT INTO child VALUES (1, 1), (2, 2)")"""
WIDEN = """with op.batch_alter_table("parent") as batch:
    batch.add_column(sa.Column("name", sa.Text, server_default="", nullable=False))"""
REBUILD = """with op.batch_alter_table("parent", recreate="always") as batch:
    batch.add_column(sa.Column("name", sa.Text, server_default="", nullable=False))"""


def tables(database: Database) -> set[str]:
    return set(database.read(lambda connection: inspect(connection).get_table_names()))


def test_storages_own_revision_leaves_no_difference_to_its_own_table(
    blank: Database, own: Path, own_metadata: MetaData
) -> None:
    """For all packages' tables together the whole product's test says the same."""
    assert migrate(blank, versions=own) == ["0000"]

    assert differences(blank, own_metadata) == []
    assert pending(blank, versions=own) == []
    assert migrate(blank, versions=own) == []


def test_all_revisions_apply_in_order_and_once(blank: Database) -> None:
    applied = migrate(blank)

    assert applied == sorted(applied)
    assert applied == [path.name[:4] for path in sorted(VERSIONS.glob("*.py"))]
    assert pending(blank) == []
    assert migrate(blank) == []


def test_what_is_missing_is_a_difference(blank: Database) -> None:
    wanted = MetaData()
    Table("wanted", wanted, Column("id", RowId, primary_key=True), Column("at", UtcDateTime))

    assert [difference[0] for difference in differences(blank, wanted)] == ["add_table"]


def test_pending_revisions_are_named_oldest_first(blank: Database, steps: Steps) -> None:
    assert pending(blank, versions=steps(PARENT)) == ["0000"]
    assert migrate(blank, versions=steps(PARENT)) == ["0000"]

    folder = steps(PARENT, CHILD, WIDEN)
    assert pending(blank, versions=folder) == ["0001", "0002"]
    assert migrate(blank, versions=folder) == ["0001", "0002"]


def test_rebuilding_a_table_keeps_the_rows_that_point_at_it(steps: Steps, tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        migrate(database, versions=steps(PARENT, CHILD, REBUILD))

        count = text("SELECT count(*) FROM child JOIN parent ON parent.id = parent_id")
        assert database.read(lambda connection: connection.scalar(count)) == 2
        delete = text("DELETE FROM parent WHERE id = 1")
        database.write(lambda connection: connection.execute(delete))
        assert database.read(lambda connection: connection.scalar(count)) == 1


def test_an_upgrade_that_fails_half_way_changes_nothing(blank: Database, steps: Steps) -> None:
    folder = steps(PARENT, CHILD, 'op.execute("SELECT * FROM nowhere")')

    with pytest.raises(DBAPIError):
        migrate(blank, versions=folder)

    assert tables(blank) == set()
    assert migrate(blank, versions=steps(PARENT, CHILD, "pass")) == ["0000", "0001", "0002"]


@pytest.mark.parametrize("store", ["sqlite"])
def test_an_upgrade_that_breaks_references_changes_nothing(blank: Database, steps: Steps) -> None:
    folder = steps(PARENT, CHILD, 'op.execute("DELETE FROM parent WHERE id = 2")')

    with pytest.raises(BrokenReferences) as caught:
        migrate(blank, versions=folder)

    assert (caught.value.tables, caught.value.permanent) == (("child",), True)
    assert tables(blank) == set()


def test_a_database_of_a_later_release_is_left_alone(blank: Database, steps: Steps) -> None:
    migrate(blank, versions=steps(PARENT, CHILD))
    folder = steps(PARENT)
    (folder / "0001.py").unlink()

    for action in (migrate, pending):
        with pytest.raises(DatabaseNewer) as caught:
            action(blank, versions=folder)
        assert (caught.value.revision, caught.value.permanent) == ("0001", True)


def test_the_start_migrates_a_file_and_asks_for_a_servers_migration(blank: Database) -> None:
    if blank.is_embedded:
        assert bring_up_to_date(blank)[0] == "0000"
    else:
        with pytest.raises(MigrationNeeded, match="lifeline migrate") as caught:
            bring_up_to_date(blank)
        assert caught.value.pending[0] == "0000"
        migrate(blank)

    assert bring_up_to_date(blank) == []


def test_of_processes_that_start_together_one_migrates(
    blank_url: str, store: str, steps: Steps
) -> None:
    slow = f"import time; time.sleep(0.3)\n{PARENT}"
    folder = steps(slow, CHILD, WIDEN)
    processes = [start("migrate", blank_url, str(folder)) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]

    assert sorted(answers) == ["", "", "0000,0001,0002"]
    assert [process.returncode for process in processes] == [0, 0, 0]


def test_a_drafted_revision_brings_the_metadata(
    blank: Database, own: Path, own_metadata: MetaData
) -> None:
    migrate(blank, versions=own)
    Table(
        "drafted",
        own_metadata,
        Column("id", RowId, primary_key=True),
        Column("at", UtcDateTime, nullable=False, index=True),
        Column("body", JsonText),
        Column("code", Text, unique=True),
        Column("of", RowId, ForeignKey("drafted.id")),
    )

    path = draft_revision(blank, own_metadata, "add drafted", versions=own)

    assert path == own / "0001_add_drafted.py"
    assert "storage" not in path.read_text()
    assert migrate(blank, versions=own) == ["0001"]
    assert differences(blank, own_metadata) == []
