"""The installation's key: made once, kept, and a wrong one stops the start."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from community.keys import (
    KEY_BYTES,
    KEY_FILE,
    KeyChanged,
    KeyMissing,
    derived_key,
    installation_key,
)
from storage import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def key_of(database: Database, configured: str | None, folder: Path) -> bytes:
    return installation_key(database, configured, folder, now=NOON)


def test_a_configured_key_is_the_same_on_every_start(database: Database, tmp_path: Path) -> None:
    first = key_of(database, "one long text", tmp_path)
    assert first == key_of(database, "one long text", tmp_path)
    assert len(first) == KEY_BYTES
    assert not (tmp_path / KEY_FILE).exists()


def test_another_key_stops_the_start(database: Database, tmp_path: Path) -> None:
    key_of(database, "one long text", tmp_path)
    with pytest.raises(KeyChanged, match="not the one this database was made with"):
        key_of(database, "another text", tmp_path)


def test_without_a_key_embedded_makes_a_file_and_a_server_refuses(
    database: Database, tmp_path: Path
) -> None:
    if not database.is_embedded:
        with pytest.raises(KeyMissing, match="LIFELINE_SECRET_KEY"):
            key_of(database, None, tmp_path)
        return
    first = key_of(database, None, tmp_path / "new")
    path = tmp_path / "new" / KEY_FILE
    assert first == path.read_bytes() == key_of(database, None, tmp_path / "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    with pytest.raises(KeyChanged):
        key_of(database, None, tmp_path / "new")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_starts_at_once_end_with_one_key(database: Database, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_of(database, None, tmp_path), range(8)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.glob("secret.key*")] == [KEY_FILE]


def test_keys_for_different_purposes_differ() -> None:
    key = bytes(32)
    assert derived_key(key, "web visitor") != derived_key(key, "vault")
    assert len(derived_key(key, "vault")) == KEY_BYTES
