"""The hash over the content files."""

from pathlib import Path

from knowledge.content import content_hash, entry_files
from tests.knowledge.samples import write_entry


def test_the_hash_depends_on_content_and_names_alone(root: Path, tmp_path: Path) -> None:
    first = content_hash(root)
    copy = tmp_path / "elsewhere"
    root.rename(copy)
    assert content_hash(copy) == first

    path = copy / "entries" / "escape" / "smoke.md"
    path.rename(path.with_name("fog.md"))
    assert content_hash(copy) != first
    path.with_name("fog.md").rename(path)
    assert content_hash(copy) == first


def test_moving_text_between_files_changes_the_hash(root: Path) -> None:
    first = content_hash(root)
    one, other = entry_files(root)
    texts = one.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")
    one.write_text(texts[0] + "甲", encoding="utf-8")
    second = content_hash(root)
    one.write_text(texts[0], encoding="utf-8")
    other.write_text("甲" + texts[1], encoding="utf-8")
    assert len({first, second, content_hash(root)}) == 3


def test_notes_beside_the_entries_do_not_count(root: Path) -> None:
    first = content_hash(root)
    (root / "entries" / "todo.txt").write_text("x", encoding="utf-8")
    assert content_hash(root) == first
    write_entry(root, id="gas.hotline")
    assert content_hash(root) != first
