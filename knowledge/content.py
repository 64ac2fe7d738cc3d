"""Which content files the knowledge is built from, and whether a built file is theirs.

Light on purpose: it is asked at every start.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from knowledge.errors import LibraryDamaged
from knowledge.library import LAYOUT, Library

# The package's own folder: content travels inside the wheel.
CONTENT_ROOT = Path(__file__).parent
ENTRIES = "entries"
SYLLABUS = "syllabus.yaml"
LAWS = "laws.yaml"


def entry_files(root: Path) -> list[Path]:
    """Return the Markdown files under ``root/entries``, sorted."""
    return sorted((root / ENTRIES).rglob("*.md"))


def content_hash(root: Path = CONTENT_ROOT) -> str:
    """Return a hash over every file that ``knowledge.db`` is built from, and its layout.

    Raises:
        OSError: when one cannot be read.
    """
    content = hashlib.sha256(LAYOUT.encode())
    for path in _files(root):
        data = path.read_bytes()
        content.update(f"\n{path.relative_to(root).as_posix()} {len(data)}\n".encode())
        content.update(data)
    return content.hexdigest()


def is_current(database: Path, root: Path = CONTENT_ROOT) -> bool:
    """Whether ``database`` is whole and was built from the files as they are now.

    Raises:
        OSError: when a content file cannot be read.
    """
    try:
        return Library.open(database).content_hash == content_hash(root)
    except LibraryDamaged:
        return False


def _files(root: Path) -> Iterator[Path]:
    yield root / SYLLABUS
    yield root / LAWS
    yield from entry_files(root)
