"""Building ``knowledge.db``: what is in it, when it is built again, and what stops it."""

import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from knowledge.build import build, main, open_library
from knowledge.content import content_hash, is_current
from knowledge.errors import BrokenContent
from knowledge.fulltext import match_query
from knowledge.library import Library
from tests.knowledge.samples import write_entry


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "knowledge.db"


@pytest.fixture
def built(file: Path, root: Path) -> Iterator[sqlite_utils.Database]:
    build(file, root)
    db = sqlite_utils.Database(file)
    yield db
    db.close()


def test_the_tables_hold_the_content(built: sqlite_utils.Database) -> None:
    assert [row["id"] for row in built.query("SELECT id FROM categories ORDER BY position")] == [
        "escape",
        "gas",
    ]
    assert [row["id"] for row in built.query("SELECT id FROM entries ORDER BY position")] == [
        "escape.no_elevator",
        "escape.smoke",
    ]
    (cited,) = built.query("SELECT * FROM citations WHERE entry = 'escape.no_elevator'")
    assert cited["name"] == "《消防法》第四十四条"
    assert cited["version"] == "2021年修正"
    assert cited["text"].startswith("任何人发现火灾")
    said = built.query("SELECT * FROM utterances WHERE entry = 'escape.smoke' AND register='child'")
    assert [row["text"] for row in said] == ["escape.smokechild问0", "escape.smokechild问1"]


def test_rows_refer_to_rows_that_are_there(built: sqlite_utils.Database) -> None:
    assert list(built.query("PRAGMA foreign_key_check")) == []
    assert {key.other_table for key in built.table("utterances").foreign_keys} == {"entries"}


def test_full_text_finds_an_entry(built: sqlite_utils.Database) -> None:
    query = "SELECT entry FROM search WHERE search MATCH ? ORDER BY rank"
    rows = built.query(query, [match_query("着火了坐电梯行不行")])
    assert next(iter(rows))["entry"] == "escape.no_elevator"


def test_the_library_is_built_when_there_is_none_and_kept_while_current(
    file: Path, root: Path
) -> None:
    assert not is_current(file, root)
    assert len(open_library(file, root)) == 2
    written = file.stat().st_mtime_ns
    assert is_current(file, root)
    assert open_library(file, root).content_hash == content_hash(root)
    assert file.stat().st_mtime_ns == written


@pytest.mark.parametrize("changed", ["syllabus.yaml", "laws.yaml", "entries/escape/smoke.md"])
def test_a_changed_file_makes_it_stale(file: Path, root: Path, changed: str) -> None:
    build(file, root)
    with (root / changed).open("a", encoding="utf-8") as content:
        content.write("\n")
    assert not is_current(file, root)
    open_library(file, root)
    assert is_current(file, root)


def test_a_new_and_a_removed_entry_make_it_stale(file: Path, root: Path) -> None:
    build(file, root)
    added = write_entry(root, id="gas.hotline", title="燃气抢修电话是多少")
    assert not is_current(file, root)
    assert open_library(file, root).holds("gas.hotline")
    added.unlink()
    assert not open_library(file, root).holds("gas.hotline")


def flip_a_letter(file: Path) -> None:
    content = file.read_bytes()
    place = content.index("不要坐电梯".encode())
    file.write_bytes(content[:place] + "只要".encode() + content[place + 6 :])


def other_layout(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'layout'")


DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "no database": lambda file: file.write_text("no database" * 99),
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:9000]),
    "pages of zeros": lambda file: file.write_bytes(
        file.read_bytes()[:4096] + bytes(file.stat().st_size - 4096)
    ),
    "a changed answer": flip_a_letter,
    "another layout": other_layout,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_built_again(file: Path, root: Path, damage: str) -> None:
    build(file, root)
    sound = Library.open(file).answer("escape.no_elevator", {})
    DAMAGES[damage](file)
    assert not is_current(file, root)
    assert open_library(file, root).answer("escape.no_elevator", {}) == sound


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"id": "escape.nowhere"}, "unknown_id"),
        ({"sources": [{"law": "消防法", "article": "第一条", "for": "x"}]}, "unknown_article"),
        ({"title": None}, "missing_key"),
        ({"body": ""}, "missing_key"),
        ({"colour": "red"}, "unknown_key"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_broken_entry_stops_the_build_and_leaves_the_old_file(
    file: Path, root: Path, changes: dict[str, object], kind: str
) -> None:
    build(file, root)
    path = write_entry(root, **changes)
    with pytest.raises(BrokenContent, match=rf"{path.name}:\d+: {kind}"):
        open_library(file, root)
    assert Library.open(file).title("escape.no_elevator") == "火灾时能不能坐电梯"
    assert [left.name for left in file.parent.iterdir() if left.name.startswith(".")] == []


def test_two_entries_of_one_id_stop_the_build(file: Path, root: Path) -> None:
    path = write_entry(root)
    path.with_name("zz.md").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BrokenContent, match="twice"):
        build(file, root)


def test_many_at_once_end_with_one_sound_file(file: Path, root: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        libraries = list(pool.map(lambda _: open_library(file, root), range(4)))
    assert [len(library) for library in libraries] == [2] * 4
    assert is_current(file, root)


def test_a_process_of_its_own_builds_the_shipped_content(file: Path) -> None:
    command = [sys.executable, "-m", "knowledge.build", str(file)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], timeout=120)
    assert is_current(file)


def test_running_the_module_builds_the_file_it_is_given(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["build", str(file)])
    monkeypatch.delitem(sys.modules, "knowledge.build")
    runpy.run_module("knowledge.build", run_name="__main__")
    assert is_current(file)


def test_a_broken_entry_is_worded_without_a_traceback(
    file: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_entry(root, id="escape.nowhere")
    assert main(file, root) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{path}:2: 错误：大纲里没有编号“escape.nowhere”")


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(tmp_path / "taken" / "knowledge.db", root) == 1
    assert str(tmp_path / "taken") in capsys.readouterr().err


def test_a_process_of_its_own_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "knowledge.build", str(tmp_path / "taken" / "x.db")]
    ended = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
