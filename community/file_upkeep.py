"""Sweeping up what is stored and wanted no more: rows that nothing names, files without a row."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, select

from community.files import KIND, SHA256, lock_of, stored_file
from storage import Database, chunks, exclusive

ORPHAN_AGE = timedelta(days=1)
_ROWS_PER_CHUNK = 500


def forget_orphans(
    folder: Path, database: Database, *, now: datetime, older_than: timedelta = ORPHAN_AGE
) -> int:
    """Delete files without a row, unless they are young and their row may be on its way.

    Args:
        folder: of all stored files.
        database: with the rows.
        now: aware; compared with the time the disk gave each file.
        older_than: what counts as young; longer than any transaction lasts.

    Returns:
        How many were deleted.
    """
    forgotten = 0
    for paths in chunks(_stored_paths(folder)):
        kept = database.read(partial(_kept, paths=paths))
        for path in paths:
            if path.name not in kept:
                forgotten += _forget_old(folder, path, now - older_than)
    return forgotten


def forget_unused(
    database: Database,
    uses: Sequence[Column[Any]],
    *,
    now: datetime,
    older_than: timedelta = ORPHAN_AGE,
) -> int:
    """Delete the rows of files that nothing names; ``forget_orphans`` then takes the files.

    Looks through all rows in chunks, and writes only where there is something to delete.

    Args:
        database: with the rows.
        uses: every column that holds a file's id; each needs an index.
        now: aware.
        older_than: how long a file may wait for whoever will name it, a form being filled in.

    Returns:
        How many rows were deleted.
    """
    unused = and_(stored_file.c.created_at < now - older_than, *map(_unnamed, uses))
    forgotten, last = 0, 0
    while rows := database.read(partial(_rows_after, last=last, unused=unused)):
        last = rows[-1][0]
        if ids := [row_id for row_id, is_unused in rows if is_unused]:
            forgotten += database.write(partial(_forget_rows, ids=ids, unused=unused))
    return forgotten


def _unnamed(column: Column[Any]) -> ColumnElement[bool]:
    return ~select(column).where(column == stored_file.c.id).exists()


def _rows_after(db: Connection, last: int, unused: ColumnElement[bool]) -> list[tuple[int, bool]]:
    query = select(stored_file.c.id, unused.label("is_unused")).where(stored_file.c.id > last)
    rows = db.execute(query.order_by(stored_file.c.id).limit(_ROWS_PER_CHUNK))
    return [(row.id, bool(row.is_unused)) for row in rows]


def _forget_rows(db: Connection, ids: Sequence[int], unused: ColumnElement[bool]) -> int:
    """Delete those that are unused still, passing over any that is just being named."""
    free = select(stored_file.c.id).where(stored_file.c.id.in_(ids))
    held = db.scalars(free.with_for_update(skip_locked=True)).all()
    return db.execute(delete(stored_file).where(stored_file.c.id.in_(held), unused)).rowcount


def _stored_paths(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("[0-9a-f][0-9a-f]/*.*")):
        if SHA256.fullmatch(path.stem) and KIND.fullmatch(path.suffix[1:]):
            yield path


def _kept(db: Connection, paths: list[Path]) -> frozenset[str]:
    """Return the names of those files that have a row."""
    hashes = [path.stem for path in paths]
    rows = db.execute(select(stored_file).where(stored_file.c.sha256.in_(hashes)))
    return frozenset(f"{row.sha256}.{row.kind}" for row in rows)


def _forget_old(folder: Path, path: Path, before: datetime) -> bool:
    """Delete a file last kept before a moment; the lock keeps it from being kept meanwhile."""
    with exclusive(lock_of(folder)):
        kept_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if kept_at >= before:
            return False
        path.unlink()
        return True
