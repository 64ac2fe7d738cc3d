"""Files by their content: photos and recordings, each stored once under its own hash.

Promise: a ``stored_file`` row that has been committed has its file on the disk, whole. So
the file comes first (``keep_file``), then the row in the transaction that uses it; a file
whose row never came is swept up after a day, and so is a row that nothing uses (any more):
``community.file_upkeep``.

What people send is kept sealed (``keep_sealed``): whoever has the disk alone sees nothing, and
the same photo sent twice has two names.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
)

from community.keys import derived_key
from community.sealing import Damaged, seal, unseal
from storage import (
    RowId,
    UtcDateTime,
    exclusive,
    insert_if_absent,
    metadata,
    swapped_file,
)

stored_file = Table(
    "stored_file",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("sha256", "kind"),
)

# File extensions are our own words, never taken from a sender.
KIND = re.compile(r"[a-z0-9]{1,10}")
SHA256 = re.compile(r"[0-9a-f]{64}")
# Within the data folder.
FILES_FOLDER = "files"
# The extension of what was sealed, whatever it holds.
SEALED = "sealed"
_KEY_PURPOSE = "files"


class FileError(Exception):
    """Something about a stored file; ``permanent`` tells whether a repeat can help."""

    permanent = True


class UnfitName(FileError):
    """A hash or a kind that no stored file can have."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} names no stored file: give a SHA-256 in hexadecimal and a kind")


class FileMissing(FileError):
    """A stored file is not on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is missing: restore the folder of files from its backup")


class FileDamaged(FileError):
    """A stored file is not what was stored."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} does not match its name: restore it from its backup")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is on the disk: ``kind`` is its extension, such as jpg, and ``size`` in bytes."""

    sha256: str
    kind: str
    size: int

    @property
    def name(self) -> str:
        """The file's path within the folder, with forward slashes."""
        return f"{self.sha256[:2]}/{self.sha256}.{self.kind}"


def keep_file(folder: Path, data: bytes, kind: str) -> StoredFile:
    """Bring ``data`` to the disk, and return what to note in a row.

    On return it stands there through a power cut. The same data is kept once, and its age
    as an orphan starts anew.

    Args:
        folder: of all stored files.
        data: the content.
        kind: the extension, lower case letters and digits.

    Raises:
        UnfitName: when ``kind`` is none.
        LockTimedOut: when another process holds the folder for a minute.
        OSError: when the disk refuses; nothing is kept then.
    """
    file = StoredFile(hashlib.sha256(data).hexdigest(), kind, len(data))
    path = path_of(folder, file.sha256, kind)
    with exclusive(lock_of(folder)):
        if _is_whole(path, file.sha256):
            path.touch()
        else:
            _make_folder(path.parent)
            with swapped_file(path) as new:
                new.write_bytes(data)
    return file


def keep_sealed(folder: Path, key: bytes, data: bytes) -> StoredFile:
    """Bring ``data`` to the disk encrypted, and return what to note in a row.

    Its time on the disk is cut to the full hour: a photo of an anonymous report is not to be
    joined to whoever wrote in that second. Note its row with ``full_hour`` for the same reason.

    Args:
        folder: of all stored files.
        key: the installation's; one for files alone is derived from it.
        data: the content.

    Raises:
        LockTimedOut: as ``keep_file``.
        OSError: as ``keep_file``.
    """
    file = keep_file(folder, seal(_file_key(key), data, SEALED.encode()), SEALED)
    path = path_of(folder, file.sha256, file.kind)
    hour = full_hour(datetime.fromtimestamp(path.stat().st_mtime, UTC)).timestamp()
    os.utime(path, (hour, hour))
    return file


def full_hour(moment: datetime) -> datetime:
    """Return the full hour (UTC) that an aware moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def note_file(db: Connection, file: StoredFile, now: datetime) -> int:
    """Return the id of a kept file's row, made in this transaction if it has none."""
    row = {
        "sha256": file.sha256,
        "kind": file.kind,
        "size": file.size,
        "created_at": now,
    }
    query = (
        select(stored_file.c.id)
        .where(stored_file.c.sha256 == file.sha256, stored_file.c.kind == file.kind)
        .with_for_update(read=True, key_share=True)
    )
    found: int | None = None
    while found is None:  # a sweep may take the row between the two
        insert_if_absent(db, stored_file, row, keys=["sha256", "kind"])
        found = db.execute(query).scalar_one_or_none()
    return found


def find_file(db: Connection, file_id: int) -> StoredFile | None:
    """Return what the row says, or None when it is gone."""
    row = db.execute(select(stored_file).where(stored_file.c.id == file_id)).first()
    return _file(row) if row else None


def read_file(folder: Path, file: StoredFile) -> bytes:
    """Return the content, checked against its hash.

    Raises:
        UnfitName: when it names no stored file.
        FileMissing: when it is not on the disk.
        FileDamaged: when it is not what was stored.
    """
    path = path_of(folder, file.sha256, file.kind)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise FileMissing(path) from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise FileDamaged(path)
    return data


def read_sealed(folder: Path, key: bytes, file: StoredFile) -> bytes:
    """Return what ``keep_sealed`` was given.

    Raises:
        WrongKey: when it was sealed under another installation key.
        FileMissing, FileDamaged, UnfitName: as ``read_file``.
    """
    sealed = read_file(folder, file)
    try:
        return unseal(_file_key(key), sealed, SEALED.encode())
    except Damaged as error:
        raise FileDamaged(path_of(folder, file.sha256, file.kind)) from error


def forget_file(db: Connection, file_id: int) -> bool:
    """Delete a file's row; the file itself goes with the next sweep (``file_upkeep``).

    In this order a rolled-back transaction costs nothing, and no row is left without file.

    Returns:
        False when there is no such row.
    """
    return db.execute(delete(stored_file).where(stored_file.c.id == file_id)).rowcount == 1


def path_of(folder: Path, sha256: str, kind: str) -> Path:
    """Return where a file stands.

    Raises:
        UnfitName: for anything but a hash and an extension, such as a path.
    """
    if not SHA256.fullmatch(sha256):
        raise UnfitName(sha256)
    if not KIND.fullmatch(kind):
        raise UnfitName(kind)
    return folder / sha256[:2] / f"{sha256}.{kind}"


def _file_key(key: bytes) -> bytes:
    return derived_key(key, _KEY_PURPOSE)


def lock_of(folder: Path) -> Path:
    """Return what whoever changes the folder holds."""
    return folder / ".lock"


def _make_folder(folder: Path) -> None:
    """Make a folder whose name outlives a power cut."""
    if folder.exists():
        return
    folder.mkdir()
    if os.name != "nt":  # Windows opens no folders; NTFS journals names
        descriptor = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except FileNotFoundError:
        return False


def _file(row: Row[tuple[object, ...]]) -> StoredFile:
    return StoredFile(row.sha256, row.kind, row.size)
