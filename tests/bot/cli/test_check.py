"""``lifeline check``: every kind of content file is read, and its faults worded in Chinese."""

from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner

from bot.cli.check import corpus_findings, lexicon_findings, wording_findings
from bot.commands import app
from index.corpus import SHIPPED_CORPUS, SHIPPED_HELD_BACK, read_asked
from index.lexicon import LEXICON_FOLDER


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    copytree(SHIPPED_CORPUS, tmp_path / "corpus")
    return tmp_path / "corpus"


@pytest.fixture
def held_back(tmp_path: Path) -> Path:
    copytree(SHIPPED_HELD_BACK, tmp_path / "held_back")
    return tmp_path / "held_back"


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    copytree(LEXICON_FOLDER, tmp_path / "lexicon")
    return tmp_path / "lexicon"


def test_the_shipped_content_passes() -> None:
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 0, result.output
    assert "内容检查通过" in result.stdout


def test_the_shipped_lines_and_tables_are_sound() -> None:
    assert list(corpus_findings()) == []
    assert list(lexicon_findings()) == []


@pytest.mark.parametrize(
    ("file", "line", "problem"),
    [
        ("in_scope.jsonl", "{", "不是完整的JSON"),
        ("in_scope.jsonl", '{"question": "x"}', "没有问题"),
        ("in_scope.jsonl", '{"q": "x"}', "没有写答案的编号"),
        ("in_scope.jsonl", '{"q": "x", "ids": "gas.smell"}', "没有写答案的编号"),
        ("in_scope.jsonl", '{"q": "x", "ids": 3}', "没有写答案的编号"),
        ("in_scope.jsonl", '{"q": "x", "ids": ["a.b"], "emergency": "yes"}', "“emergency”"),
        ("in_scope.jsonl", '{"q": "x", "ids": ["a.b"], "emergency": []}', "“emergency”"),
        ("in_scope.jsonl", '{"q": "x", "ids": ["a.b"], "register": 1}', "“register”"),
        ("emergencies.jsonl", '{"q": "x", "kind": "flood"}', "不认识这一行的“kind”"),
        ("emergencies.jsonl", '{"q": "x", "kind": ["fire"]}', "不认识这一行的“kind”"),
        ("look_alikes.jsonl", "[]", "没有问题"),
    ],
)
def test_a_held_back_line_is_worded(held_back: Path, file: str, line: str, problem: str) -> None:
    path = held_back / file
    path.write_text(f"{line}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")

    (found,) = corpus_findings(held_back=held_back)
    assert (found.file, found.line) == (path, 1)
    assert problem in found.problem


def test_questions_of_others_may_be_marked_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"q": "x", "ids": ["a.b"], "emergency": "unsure"}', encoding="utf-8")
    assert read_asked(path)[0].emergency == "unsure"


def test_a_training_line_in_gbk_is_named_by_line(corpus: Path) -> None:
    path = corpus / "crisis.jsonl"
    path.write_bytes(path.read_bytes() + b"{}\n" + '{"q": "不想"}'.encode("gbk"))
    (found,) = corpus_findings(corpus)
    assert found.line == len(path.read_bytes().splitlines())
    assert "UTF-8" in found.problem


def test_a_missing_corpus_is_named(corpus: Path) -> None:
    (corpus / "perhaps.jsonl").unlink()
    (found,) = corpus_findings(corpus)
    assert found.file == corpus / "perhaps.jsonl"
    assert "没有这个文件" in found.problem


@pytest.mark.parametrize(
    ("file", "text", "line", "problem"),
    [
        ("cues.yaml", "now: [现在\nurgent: [快]\n", 2, "格式读不懂"),
        ("cues.yaml", "now: 现在\n", 1, "“now”要写成列表"),
        ("cues.yaml", "now: [现在]\nnow: [马上]\n", 2, "写了两次"),
        ("synonyms.yaml", "- 着火\n", 1, "要写成“名字: 值”"),
        ("synonyms.yaml", "着火: [失火, '']\n", 1, "有一项是空的"),
        ("synonyms.yaml", "", 1, "空的"),
        ("dialect.yaml", "replace:\n  怎么: [啷个]\n", 1, "缺“particles”"),
        ("dialect.yaml", "particles: [啊]\nreplace: [啷个]\n", 2, "“replace”要写成"),
        ("dialect.yaml", "particles: 啊\nreplace:\n  怎么: 啷个\n", 1, "“particles”要写成列表"),
        ("dialect.yaml", "particles: [啊]\nreplace: {}\nextra: 1\n", 3, "不认识“extra”"),
    ],
)
def test_a_fault_in_a_table_of_words_is_named(
    lexicon: Path, file: str, text: str, line: int, problem: str
) -> None:
    (lexicon / file).write_text(text, encoding="utf-8")
    found = list(lexicon_findings(lexicon))
    assert found
    assert {one.file for one in found} == {lexicon / file}
    assert found[0].line == line
    assert problem in found[0].problem


def test_a_fault_in_the_wording_is_printed_with_its_file_and_line(tmp_path: Path) -> None:
    copytree(Path(__file__).parents[3] / "bot" / "wording", tmp_path / "wording")
    path = tmp_path / "wording" / "emergency.yaml"
    text = path.read_text(encoding="utf-8").replace("call: outdoors", "call: outdors")
    path.write_text(text, encoding="utf-8")

    (found,) = wording_findings(["gas_hotline", "lift_rescue"], tmp_path / "wording")
    assert text.splitlines()[found.line - 1].strip() == "call: outdors"
    assert str(found.file).endswith("bot/wording/emergency.yaml")
    assert "不认识“outdors”。只能写：fire_brigade、outdoors" in str(found)
