"""Reading one entry file: what it holds, and what is wrong with its form."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.entries import REGISTERS, Source, load_entry, read_entry
from knowledge.errors import BrokenContent
from tests.knowledge.samples import BODY, entry_text, write_entry

# Text that a YAML scalar can hold and that stripping leaves as it is.
LINES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30
).map(str.strip).filter(bool)  # fmt: skip
BODIES = st.lists(LINES.filter(lambda line: line != "---"), min_size=1, max_size=5).map("\n".join)


def written(path: Path, text: str) -> Path:
    file = path / "entry.md"
    file.write_text(text, encoding="utf-8")
    return file


def problems(path: Path, text: str) -> list[tuple[str, int]]:
    return [(found.kind, found.line) for found in read_entry(written(path, text))[1]]


def test_an_entry_holds_what_the_file_says(root: Path) -> None:
    entry = load_entry(write_entry(root, needs=["gas_hotline"], reviewed=["2026-11-20"]))

    assert entry.id == "escape.no_elevator"
    assert entry.title == "火灾时能不能坐电梯"
    assert tuple(entry.utterances) == REGISTERS
    assert entry.sources == (Source("消防法", "第四十四条", "发现火灾立即报警"),)
    assert (entry.needs, entry.related) == (("gas_hotline",), ("escape.smoke",))
    assert entry.reviewed == (date(2026, 11, 20),)
    assert entry.body == BODY


def test_every_part_knows_its_line(root: Path) -> None:
    path = write_entry(root)
    entry = load_entry(path)
    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines[entry.line("id") - 1].startswith("id:")
    assert entry.utterances["child"][1] in lines[entry.line("utterances.child.1") - 1]
    assert "消防法" in lines[entry.line("sources.0") - 1]
    assert lines[entry.line("related.0") - 1] == "- escape.smoke"
    assert lines[entry.line("body") - 1] == BODY.splitlines()[0]
    assert entry.line("nothing of the kind") == 1


MATTERS = st.fixed_dictionaries(
    {
        "id": st.just("escape.smoke"),
        "title": LINES,
        "utterances": st.dictionaries(
            st.sampled_from(REGISTERS), st.lists(LINES, min_size=1, max_size=4)
        ),
        "sources": st.lists(
            st.fixed_dictionaries({"law": LINES, "article": LINES, "for": LINES}), max_size=3
        ),
        "reviewed": st.lists(st.dates(), max_size=2),
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(matter=MATTERS, body=BODIES)
def test_what_is_written_is_read_back(tmp_path: Path, matter: dict[str, Any], body: str) -> None:
    front = yaml.safe_dump(matter, allow_unicode=True)
    entry = load_entry(written(tmp_path, f"---\n{front}---\n\n{body}\n"))

    assert entry.title == matter["title"]
    assert {name: list(texts) for name, texts in entry.utterances.items()} == matter["utterances"]
    cited = [{"law": s.law, "article": s.article, "for": s.supports} for s in entry.sources]
    assert cited == matter["sources"]
    assert list(entry.reviewed) == matter["reviewed"]
    assert entry.body == body


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(st.characters(codec="utf-8"), max_size=200))
def test_no_text_whatever_raises_anything_but_its_problems(tmp_path: Path, text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n{text}"):
        entry, found = read_entry(written(tmp_path, whole))
        assert entry is not None or found
        assert all(problem.line >= 1 for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("no_front_matter", 1)]),
        ("id: x\n---\nbody", [("no_front_matter", 1)]),
        ("---\nid: x\ntitle: y\n", [("front_matter_open", 3)]),
        ("---\n---\nbody", [("empty", 2)]),
        ("---\nid: [x\n---\nbody", [("bad_yaml", 2)]),
        ("---\nid: x\n  title: y\n---\nbody", [("bad_yaml", 3)]),
        ("---\n- x\n---\nbody", [("not_a_mapping", 2)]),
        ("---\nid: x\nid: y\n---\nbody", [("twice", 3)]),
        ("---\nid: x\ntilte: y\n---\nbody", [("unknown_key", 3)]),
        ("---\nid: [x]\n---\nbody", [("not_text", 2)]),
        ("---\nutterances: x\n---\nbody", [("not_a_mapping", 2)]),
        ("---\nutterances:\n  child: 什么\n---\nbody", [("not_a_list", 3)]),
        ("---\nutterances:\n  child:\n  - 好\n  -\n---\nbody", [("blank", 5)]),
        ("---\nutterances:\n  child:\n  - a: b\n---\nbody", [("not_text", 4), ("blank", 4)]),
        ("---\nsources: 消防法\n---\nbody", [("not_a_list", 2)]),
        ("---\nsources:\n- 消防法\n---\nbody", [("not_a_mapping", 3)]),
        ("---\nsources:\n- {law: x, artikel: y}\n---\nbody", [("unknown_key", 3)]),
        ("---\n? [a]\n: b\n---\nbody", [("not_text", 2)]),
        ("---\nreviewed: [昨天]\n---\nbody", [("bad_date", 2)]),
        ("---\nid: \x07\n---\nbody", [("bad_yaml", 2)]),
        ("---\nid: *x\n---\nbody", [("bad_yaml", 2)]),
    ],
)
def test_a_fault_of_form_is_named_by_its_line(
    tmp_path: Path, text: str, expected: list[tuple[str, int]]
) -> None:
    assert problems(tmp_path, text) == expected


def test_a_file_that_is_no_utf8_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "entry.md"
    file.write_bytes("---\nid: x\ntitle: 电梯\n".encode("gbk"))
    entry, found = read_entry(file)
    assert entry is None
    assert [(problem.kind, problem.line) for problem in found] == [("not_utf8", 3)]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(root: Path) -> None:
    path = write_entry(root)
    expected = load_entry(path)
    path.write_bytes(b"\xef\xbb\xbf" + entry_text().replace("\n", "\r\n").encode())
    assert load_entry(path) == expected


def test_scalars_stay_as_they_are_written(tmp_path: Path) -> None:
    text = "---\ntitle: 119\nrelated: [no, 1.0, 2026-11-22]\nneeds:\n---\nbody"
    entry = load_entry(written(tmp_path, text))
    assert entry.title == "119"
    assert entry.related == ("no", "1.0", "2026-11-22")
    assert entry.needs == ()


def test_a_broken_entry_is_refused_by_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "---\nid: x\nbad: y\n---\nbody")
    with pytest.raises(BrokenContent, match=r"entry\.md:3: unknown_key \(name=bad") as refused:
        load_entry(path)
    assert refused.value.permanent
    assert [problem.file for problem in refused.value.problems] == [path]
