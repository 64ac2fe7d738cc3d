"""``check`` over a folder of content: what is compared between files, and how it is worded."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.checks import check
from knowledge.findings import Finding
from tests.knowledge.samples import REGISTERS, SETTINGS, TODAY, front_matter, write_entry


def findings(root: Path, gold: Path | None = None) -> list[Finding]:
    return check(SETTINGS, today=TODAY, root=root, gold=gold)


def test_sound_content_has_no_finding(root: Path) -> None:
    assert findings(root) == []


def test_findings_are_printed_in_chinese_with_file_line_and_mend(root: Path) -> None:
    path = write_entry(root, related=["escape.nowhere"])
    (found,) = findings(root)
    words = "相关条目“escape.nowhere”不在大纲里。改成大纲里的编号，或者删掉。"
    assert str(found) == f"{path}:{found.line}: 错误：{words}"


def test_a_hint_is_told_from_an_error(root: Path) -> None:
    write_entry(root, reviewed=["2026-11-01"])
    (found,) = findings(root)
    assert found.severity == "hint"
    assert "提示：只审读过一遍" in str(found)


def test_a_repeated_utterance_names_the_first(root: Path) -> None:
    said = front_matter()["utterances"]
    said["child"].append("着火 了怎么办？")
    first = write_entry(root, utterances=said)
    other = front_matter(id="escape.smoke")["utterances"]
    other["child"].append("着火了怎么办")
    other["annoyed"].append("着火了，怎么办！")
    write_entry(root, id="escape.smoke", title="楼道有烟怎么办", utterances=other, related=[])

    line = first.read_text(encoding="utf-8").splitlines().index("  - 着火 了怎么办？") + 1
    found = findings(root)
    assert len(found) == 2
    assert {finding.file.name for finding in found} == {"smoke.md"}
    assert all(f"escape.no_elevator第{line}行" in finding.problem for finding in found)


def test_a_repeat_within_an_entry_is_found(root: Path) -> None:
    said = front_matter()["utterances"]
    said["child"].append(said["child"][0])
    write_entry(root, utterances=said)
    assert [found.problem[:6] for found in findings(root)] == ["这句问法和e"]


def test_two_entries_of_one_id_are_found(root: Path) -> None:
    path = write_entry(root)
    said = {name: [f"又{name}{row}" for row in range(2)] for name in REGISTERS}
    copy = path.with_name("zz.md")
    write_entry(root, utterances=said).rename(copy)
    write_entry(root)
    assert sorted(found.problem[:7] for found in findings(root)) == ["“escape", "编号“esca"]


def test_a_finished_category_lacks_no_topic(root: Path) -> None:
    (root / "entries" / "escape" / "smoke.md").unlink()
    (found,) = findings(root)
    assert found.file == root / "syllabus.yaml"
    assert found.line == 7
    assert "escape.smoke" in found.problem
    assert "entries/escape/smoke.md" in found.mend


def test_a_gold_question_is_reported_without_its_text(root: Path, tmp_path: Path) -> None:
    said = front_matter()["utterances"]
    said["child"].append("电梯可以坐么，着火的时候？")
    path = write_entry(root, utterances=said)
    gold = tmp_path / "gold.jsonl"
    questions = [{"q": "电梯可以坐么 着火的时候"}, {"q": "别的问题"}]
    text = "\n".join(json.dumps(question, ensure_ascii=False) for question in questions)
    gold.write_text(text + "\n\n", encoding="utf-8")

    for given in (gold, tmp_path):
        (found,) = findings(root, given)
        assert found.file == path
        lines = path.read_text(encoding="utf-8").splitlines()
        assert "着火的时候" in lines[found.line - 1]
        assert "着火的时候" not in str(found)


@pytest.mark.parametrize("record", ["no json", "[1]", '{"question": "x"}', '{"q": 1}'])
def test_a_gold_line_that_cannot_be_read_is_a_finding(
    root: Path, tmp_path: Path, record: str
) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"q": "好"}\n' + record, encoding="utf-8")
    (found,) = findings(root, gold)
    assert (found.file, found.line) == (gold, 2)


@pytest.mark.parametrize("name", ["syllabus.yaml", "laws.yaml", "unverified.yaml"])
def test_a_broken_list_is_named_alone(root: Path, name: str) -> None:
    (root / name).write_text("a: [", encoding="utf-8")
    (found,) = findings(root)
    assert found.file == root / name
    assert "格式读不懂" in found.problem


def test_a_broken_entry_does_not_hide_another(root: Path) -> None:
    write_entry(root).write_text("---\nid: [\n---\n", encoding="utf-8")
    write_entry(root, id="escape.smoke", title="楼道有烟怎么办", related=["escape.x"])
    assert [found.file.name for found in findings(root)] == ["no_elevator.md", "smoke.md"]


@pytest.mark.parametrize(
    "content", [b"---\nid: [\n---\n", b"no front matter", "---\nid: 电梯".encode("gbk")]
)
def test_an_unreadable_entry_is_not_also_missing(root: Path, content: bytes) -> None:
    path = write_entry(root)
    path.write_bytes(content)
    (found,) = findings(root)
    assert found.file == path


def test_other_packages_add_their_findings(root: Path) -> None:
    other = Finding(root / "other.yaml", 3, "坏了", "修好")

    def checker() -> Iterator[Finding]:
        yield other

    assert check(SETTINGS, today=TODAY, root=root, extra=[checker]) == [other]
