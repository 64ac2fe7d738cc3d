"""File locks between processes, and results that appear whole or not at all.

For artefacts built by whoever first needs them: take the lock, look again whether the
work is still to do, build beside the target, swap by rename.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

from storage.errors import LockTimedOut


@contextmanager
def exclusive(path: Path, timeout: float = 60.0) -> Iterator[None]:
    """Hold ``path`` as a lock; the system frees it when a process dies.

    The file stays behind, empty: deleting it would let two processes hold "the" lock.
    Not reentrant. Its folder is made if need be.

    Args:
        path: the lock file, by custom the target's name with ``.lock`` after it.
        timeout: seconds to wait for another holder; 0 tries once.

    Raises:
        LockTimedOut: when it is still held after ``timeout``.
        OSError: when the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=timeout)
    try:
        lock.acquire()
    except Timeout:
        raise LockTimedOut(path, timeout) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def swapped_file(target: Path) -> Iterator[Path]:
    """Yield a path to build a file at; it becomes ``target`` when the block succeeds.

    Hold a lock around it. Readers see the old file or the new one, never a part, also
    after a power cut; a block that raises leaves the old one.
    """
    with _beside(target) as new:
        yield new
        _sync(new)
        new.replace(target)
        _sync(target.parent)


@contextmanager
def swapped_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it becomes ``target`` when the block succeeds.

    Hold a lock around it. No system renames a folder over a full one, so for a moment
    between two renames ``target`` is missing, and stays so after a crash just there:
    who finds it missing takes the lock and looks again, as for one never built.
    """
    with _beside(target) as new:
        new.mkdir()
        yield new
        for path in (*new.rglob("*"), new):
            _sync(path)
        if target.exists():
            target.rename(new.with_suffix(".old"))
        new.rename(target)
        _sync(target.parent)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield an unused name in the target's folder, and clear such names around it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}-build-"
    _clear(target.parent, prefix)  # what a killed build left
    try:
        yield target.parent / f"{prefix}{token_hex(4)}.new"
    finally:
        _clear(target.parent, prefix)


def _clear(folder: Path, prefix: str) -> None:
    for leftover in [path for path in folder.iterdir() if path.name.startswith(prefix)]:
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _sync(path: Path) -> None:
    """Bring a file, or a folder's names, to the disk itself."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders; NTFS journals names.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
