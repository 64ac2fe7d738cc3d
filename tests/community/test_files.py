from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from community.file_upkeep import forget_orphans
from community.files import (
    FileDamaged,
    FileMissing,
    StoredFile,
    UnfitName,
    find_file,
    forget_file,
    full_hour,
    keep_file,
    keep_sealed,
    note_file,
    path_of,
    read_file,
    read_sealed,
    stored_file,
)
from community.keys import derived_key
from community.sealing import WrongKey, seal
from storage import Database, migrate, open_database

DATA = b"a picture"
SHA = hashlib.sha256(DATA).hexdigest()
DAY = timedelta(days=1)
CHONGQING = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as database:
        migrate(database)
        yield database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def now() -> datetime:
    return datetime.now(UTC)


def age(folder: Path, file: StoredFile, old: timedelta) -> Path:
    path = path_of(folder, file.sha256, file.kind)
    moment = (now() - old).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_a_file_is_kept_under_its_hash(folder: Path) -> None:
    file = keep_file(folder, DATA, "jpg")

    assert file == StoredFile(SHA, "jpg", len(DATA))
    assert file.name == f"{SHA[:2]}/{SHA}.jpg"
    assert (folder / file.name).read_bytes() == DATA
    assert read_file(folder, file) == DATA


def test_the_same_data_is_kept_once_and_nothing_lies_beside_it(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        kept = set(threads.map(lambda _: keep_file(folder, DATA, "jpg"), range(24)))

    assert len(kept) == 1
    assert [path.name for path in (folder / SHA[:2]).iterdir()] == [f"{SHA}.jpg"]


def test_a_broken_file_is_replaced_when_its_data_comes_again(folder: Path) -> None:
    file = keep_file(folder, DATA, "jpg")
    (folder / file.name).write_bytes(DATA[:-1])
    with pytest.raises(FileDamaged):
        read_file(folder, file)

    keep_file(folder, DATA, "jpg")

    assert read_file(folder, file) == DATA


def test_a_missing_file_is_said_to_be_missing(folder: Path) -> None:
    with pytest.raises(FileMissing) as caught:
        read_file(folder, StoredFile(SHA, "jpg", 9))

    assert caught.value.path == folder / SHA[:2] / f"{SHA}.jpg"


@pytest.mark.parametrize(
    ("sha256", "kind"),
    [
        (SHA, "../jpg"),
        (SHA, ""),
        (SHA, "JPG"),
        (SHA, "jpg/"),
        (f"../{SHA[3:]}", "jpg"),
        (SHA.upper(), "jpg"),
        (f"{SHA}\n", "jpg"),
        (SHA, "jpg\n"),
    ],
)
def test_names_cannot_leave_the_folder(folder: Path, sha256: str, kind: str) -> None:
    with pytest.raises(UnfitName):
        path_of(folder, sha256, kind)
    with pytest.raises(UnfitName):
        read_file(folder, StoredFile(sha256, kind, 1))


def test_a_disk_that_refuses_leaves_nothing(folder: Path) -> None:
    folder.mkdir()
    (folder / SHA[:2]).write_text("a file where a folder should be")

    with pytest.raises(NotADirectoryError):
        keep_file(folder, DATA, "jpg")

    assert not (folder / SHA[:2] / f"{SHA}.jpg").exists()


def test_a_row_is_noted_once_and_found(database: Database, folder: Path) -> None:
    file = keep_file(folder, DATA, "jpg")

    ids = {database.write(lambda db: note_file(db, file, now())) for _ in range(2)}
    voice = database.write(lambda db: note_file(db, StoredFile(SHA, "amr", 9), now()))

    (found,) = ids
    assert voice != found
    assert database.read(lambda db: find_file(db, found)) == file
    assert database.read(lambda db: find_file(db, 999)) is None


def test_what_has_a_committed_row_is_on_the_disk(database: Database, folder: Path) -> None:
    class Interrupted(Exception):
        pass

    def work(db: Connection) -> None:
        note_file(db, keep_file(folder, DATA, "jpg"), now())
        raise Interrupted

    with pytest.raises(Interrupted):
        database.write(work)

    rows = database.read(lambda db: db.scalar(select(func.count()).select_from(stored_file)))
    assert rows == 0
    assert (folder / SHA[:2] / f"{SHA}.jpg").exists()  # an orphan, for the sweep


@pytest.mark.parametrize(
    ("has_row", "old", "stays"),
    [(False, 2 * DAY, False), (False, DAY / 2, True), (True, 9 * DAY, True)],
    ids=["orphan", "young", "in use"],
)
def test_only_old_orphans_are_swept(
    database: Database, folder: Path, has_row: bool, old: timedelta, stays: bool
) -> None:
    file = keep_file(folder, DATA, "jpg")
    if has_row:
        database.write(lambda db: note_file(db, file, now()))
    path = age(folder, file, old)

    assert forget_orphans(folder, database, now=now()) == (not stays)

    assert path.exists() is stays
    assert forget_orphans(folder, database, now=now()) == 0


def test_an_orphan_that_comes_again_is_young_again(database: Database, folder: Path) -> None:
    file = keep_file(folder, DATA, "jpg")
    age(folder, file, 2 * DAY)
    keep_file(folder, DATA, "jpg")

    assert forget_orphans(folder, database, now=now()) == 0
    assert read_file(folder, file) == DATA


def test_a_forgotten_file_goes_with_the_sweep_and_others_stay(
    database: Database, folder: Path
) -> None:
    file, other = keep_file(folder, DATA, "jpg"), keep_file(folder, b"other", "jpg")
    first, _ = [database.write(lambda db, f=f: note_file(db, f, now())) for f in (file, other)]
    (folder / "ab").mkdir(exist_ok=True)
    (folder / "ab" / "readme.txt").write_text("not ours")

    assert database.write(lambda db: forget_file(db, first))
    assert not database.write(lambda db: forget_file(db, first))
    age(folder, file, 2 * DAY)
    age(folder, other, 2 * DAY)

    assert forget_orphans(folder, database, now=now()) == 1
    assert read_file(folder, other) == b"other"
    assert (folder / "ab" / "readme.txt").exists()


KEY = b"k" * 32


def test_what_is_sealed_is_read_with_its_key_alone(folder: Path) -> None:
    file = keep_sealed(folder, KEY, DATA)

    assert file.kind == "sealed"
    assert DATA not in (folder / file.name).read_bytes()
    assert read_sealed(folder, KEY, file) == DATA
    with pytest.raises(WrongKey):
        read_sealed(folder, b"x" * 32, file)


def test_the_same_data_sealed_twice_has_two_names(folder: Path) -> None:
    assert len({keep_sealed(folder, KEY, DATA).sha256 for _ in range(3)} | {SHA}) == 4


def test_what_is_sealed_tells_the_hour_alone(folder: Path) -> None:
    file = keep_sealed(folder, KEY, DATA)
    kept_at = datetime.fromtimestamp((folder / file.name).stat().st_mtime, UTC)
    assert kept_at == full_hour(kept_at)
    assert full_hour(datetime(2026, 11, 22, 12, 59, tzinfo=CHONGQING)) == datetime(
        2026, 11, 22, 4, tzinfo=UTC
    )


def test_a_damaged_sealed_file_is_said_to_be(folder: Path) -> None:
    file = keep_sealed(folder, KEY, DATA)
    path = folder / file.name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileDamaged):
        read_sealed(folder, KEY, file)

    plain = keep_file(folder, DATA * 20, "sealed")  # whole, but never sealed
    with pytest.raises((WrongKey, FileDamaged)):
        read_sealed(folder, KEY, plain)


def test_a_sealed_file_out_of_place_is_damaged(folder: Path) -> None:
    foreign = keep_file(folder, seal(derived_key(KEY, "files"), DATA, b"elsewhere"), "sealed")
    with pytest.raises(FileDamaged):
        read_sealed(folder, KEY, foreign)


def test_a_row_taken_meanwhile_is_made_again(database: Database, folder: Path) -> None:
    file = keep_file(folder, DATA, "jpg")

    def note_and_take(_: int) -> int:
        found = database.write(lambda db: note_file(db, file, now()))
        database.write(lambda db: forget_file(db, found))
        return found

    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(note_and_take, range(24)))) == 24
