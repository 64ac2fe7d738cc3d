"""Builds ``knowledge.db`` from the content files: an SQLite file that any tool opens.

It is written beside its place and moved in by one rename, under a lock, so a reader sees the
old file or the new one. ``python -m knowledge.build FILE`` builds in a process of its own.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any

import sqlite_utils

from knowledge.content import CONTENT_ROOT, LAWS, SYLLABUS, content_hash, entry_files, is_current
from knowledge.entries import Entry, Source, read_entry
from knowledge.errors import BrokenContent, Problem
from knowledge.findings import worded
from knowledge.fulltext import spaced
from knowledge.laws import Laws, load_laws
from knowledge.library import LAYOUT, Library, rows_digest
from knowledge.syllabus import Syllabus, load_syllabus
from storage import exclusive, swapped_file

LOCK_SECONDS = 120.0

Row = dict[str, Any]


def open_library(database: Path, root: Path = CONTENT_ROOT) -> Library:
    """Return the library in ``database``, built first when it is missing, stale or damaged.

    Raises:
        BrokenContent: when a content file cannot be used, by file and line.
        storage.LockTimedOut: when another process builds for over ``LOCK_SECONDS``.
        OSError: when files cannot be read or written.
    """
    if not is_current(database, root):
        with _locked(database):
            if not is_current(database, root):  # another process may have built it meanwhile
                _build(database, root)
    return Library.open(database)


def build(database: Path, root: Path = CONTENT_ROOT) -> None:
    """Build ``database`` anew, whatever stands there.

    Raises:
        BrokenContent: when a content file cannot be used; the old database stays.
        storage.LockTimedOut: when another process builds for over ``LOCK_SECONDS``.
        OSError: when files cannot be read or written.
    """
    with _locked(database):
        _build(database, root)


def _locked(database: Path) -> AbstractContextManager[None]:
    return exclusive(database.with_name(f"{database.name}.lock"), LOCK_SECONDS)


def _build(database: Path, root: Path) -> None:
    # Hashed before reading: a file changed meanwhile makes the result stale, never wrong.
    content = content_hash(root)
    syllabus, laws = load_syllabus(root / SYLLABUS), load_laws(root / LAWS)
    entries = load_entries(root, syllabus, laws)
    with swapped_file(database) as fresh:
        db = sqlite_utils.Database(fresh)
        try:
            with db.conn:
                _write(db, syllabus, laws, entries)
                facts = {"content_hash": content, "layout": LAYOUT, "digest": rows_digest(db.conn)}
                rows = ({"name": name, "value": value} for name, value in facts.items())
                db.table("meta").insert_all(rows, pk="name")
        finally:
            db.close()


def load_entries(root: Path, syllabus: Syllabus, laws: Laws) -> list[Entry]:
    """Return every entry in the order of the syllabus.

    Raises:
        BrokenContent: when one has faults of form, an unknown or repeated id, or cites an
            article that the law library does not hold.
        OSError: when a file cannot be read.
    """
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    for path in entry_files(root):
        entry, found = read_entry(path)
        problems += found
        if entry is None:
            continue
        problems += _unusable(entry, syllabus, laws)
        if entry.id in entries:
            problems.append(Problem("twice", path, entry.line("id"), {"name": entry.id}))
        entries[entry.id] = entry
    if problems:
        raise BrokenContent(problems)
    return [entries[topic] for topic in syllabus.topics if topic in entries]


def _unusable(entry: Entry, syllabus: Syllabus, laws: Laws) -> Iterator[Problem]:
    """Yield what would make a wrong database; ``lifeline check`` looks at far more."""
    if entry.id not in syllabus:
        yield Problem("unknown_id", entry.path, entry.line("id"), {"id": entry.id})
    for row, source in enumerate(entry.sources):
        if laws.find(source.law, source.article) is None:
            cited = f"{source.law}{source.article}"
            line = entry.line(f"sources.{row}")
            yield Problem("unknown_article", entry.path, line, {"citation": cited})
    for part in ("title", "body"):
        if not getattr(entry, part):
            yield Problem("missing_key", entry.path, entry.line(part), {"name": part})


def _write(
    db: sqlite_utils.Database, syllabus: Syllabus, laws: Laws, entries: Sequence[Entry]
) -> None:
    categories = (
        {"id": category.id, "name": category.name, "position": row}
        for row, category in enumerate(syllabus.categories)
    )
    of_entry = [("entry", "entries", "id")]
    cited = chain.from_iterable(_citation_rows(entry, laws) for entry in entries)
    said = chain.from_iterable(map(_utterance_rows, entries))
    db.table("categories").insert_all(categories, pk="id")
    db.table("entries").insert_all(
        map(_entry_row, range(len(entries)), entries),
        pk="id",
        foreign_keys=[("category", "categories", "id")],
    )
    db.table("utterances").insert_all(said, pk="id", foreign_keys=of_entry)
    db.table("citations").insert_all(cited, pk="id", foreign_keys=of_entry)
    db.execute("CREATE VIRTUAL TABLE search USING fts5 (entry UNINDEXED, title, utterances, body)")
    db.table("search").insert_all(map(_search_row, entries))


def _entry_row(position: int, entry: Entry) -> Row:
    return {
        "id": entry.id,
        "category": entry.id.partition(".")[0],
        "title": entry.title,
        "body": entry.body,
        "needs": _json(entry.needs),
        "related": _json(entry.related),
        "reviewed": _json([day.isoformat() for day in entry.reviewed]),
        # The rows of `utterances` once more: read at every start, in a tenth of the time.
        "said": json.dumps(entry.utterances, ensure_ascii=False),
        "position": position,
    }


def _utterance_rows(entry: Entry) -> Iterator[Row]:
    said = ((register, text) for register, texts in entry.utterances.items() for text in texts)
    for register, text in said:
        yield {"entry": entry.id, "register": register, "text": text}


def _citation_rows(entry: Entry, laws: Laws) -> Iterator[Row]:
    for source in entry.sources:
        yield {"entry": entry.id, **_citation(source, laws)}


def _citation(source: Source, laws: Laws) -> Row:
    found = laws.find(source.law, source.article)
    if found is None:  # pragma: no cover - load_entries has refused it
        raise LookupError(f"{source.law}{source.article} is not in the law library")
    return {
        "name": laws.shown(source.law, source.article),
        "supports": source.supports,
        "law": "" if found.law.is_practice else found.law.shown,
        "article": source.article,
        "kind": found.law.kind,
        "version": found.law.version,
        "text": found.text,
    }


def _search_row(entry: Entry) -> Row:
    said = "\n".join(text for texts in entry.utterances.values() for text in texts)
    return {
        "entry": entry.id,
        "title": spaced(entry.title),
        "utterances": spaced(said),
        "body": spaced(entry.body),
    }


def _json(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def main(database: Path, root: Path = CONTENT_ROOT) -> int:
    """Build ``database`` unless it is current; return the exit status, faults go to stderr."""
    try:
        open_library(database, root)
    except BrokenContent as error:
        sys.stderr.writelines(f"{worded(problem)}\n" for problem in error.problems)
        return 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    if status := main(Path(sys.argv[1])):
        sys.exit(status)
