"""``lifeline ask``: the shape of its JSON, batches, and that it stores nothing."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.ask import answer_once
from bot.commands import app
from bot.dialogue.brain import Brain
from bot.phrases import EMERGENCY_KINDS

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
Lifeline = Callable[..., "subprocess.CompletedProcess[str]"]
KEYS = ["q", "kind", "topics", "scores", "emergency", "perhaps", "reply"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    return CliRunner()


@pytest.mark.parametrize(
    ("question", "kind", "emergency"),
    [
        ("楼道全是烟我该往哪跑", "emergency", "smoke"),
        ("我家厨房烧起来了", "emergency", "fire"),
        ("明天天气怎么样", "decline", None),
        ("电瓶能不能拿回家充", "answer", None),
        ("谢谢", "chat", None),
        ("", "chat", None),
        ("我不想活了，想开煤气走了算了", "crisis", None),
    ],
)
def test_kinds(brain: Brain, question: str, kind: str, emergency: str | None) -> None:
    found = answer_once(brain, question, NOW)

    assert list(found) == KEYS
    assert found["kind"] == kind
    assert found["emergency"] == emergency
    assert found["perhaps"] is False
    assert len(found["topics"]) == len(found["scores"]) == 5
    assert found["scores"] == sorted(found["scores"], reverse=True)
    assert found["reply"]


def test_emergency_is_one_of_the_kinds_or_null(brain: Brain) -> None:
    found = answer_once(brain, "救命着火了", NOW)
    assert found["emergency"] in EMERGENCY_KINDS
    assert found["reply"].startswith("现在打119（免费）。")


def test_json_and_batch(run: CliRunner, tmp_path: Path) -> None:
    one = run.invoke(app, ["ask", "--json", "电瓶能不能拿回家充"])
    assert one.exit_code == 0
    assert json.loads(one.stdout)["topics"][0] == "ebike.battery_home"

    lines = tmp_path / "questions.jsonl"
    questions = ["电瓶能不能拿回家充", "明天天气怎么样", "救命着火了"]
    lines.write_text("".join(json.dumps({"q": q}) + "\n" for q in questions), encoding="utf-8")
    batch = run.invoke(app, ["ask", "--batch", str(lines)])

    assert [json.loads(line)["q"] for line in batch.stdout.splitlines()] == questions
    assert not (tmp_path / "var" / "lifeline.db").exists(), "ask opens no main database"


def test_a_bad_batch_line_is_named(run: CliRunner, tmp_path: Path) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text('{"q": "好"}\n{"question": "坏"}\n', encoding="utf-8")
    result = run.invoke(app, ["ask", "--batch", str(lines)])
    assert result.exit_code == 2
    assert "第2行" in result.stderr


def test_a_batch_in_gbk_is_explained(run: CliRunner, tmp_path: Path) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text('{"q": "ok"}\n{"q": "电瓶能不能拿回家充"}\n', encoding="gbk")
    result = run.invoke(app, ["ask", "--batch", str(lines)])
    assert result.exit_code == 2
    assert "第2行不是UTF-8编码" in "".join(result.stderr.split())


def test_a_batch_may_begin_with_a_byte_order_mark(run: CliRunner, tmp_path: Path) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text('{"q": "谢谢"}\n\n{"q": "你好"}\n', encoding="utf-8-sig")
    result = run.invoke(app, ["ask", "--batch", str(lines)])
    assert [json.loads(line)["q"] for line in result.stdout.splitlines()] == ["谢谢", "你好"]


@pytest.mark.parametrize("line", ["[" * 100_000, "3", "null", '{"q": null}'])
def test_a_line_without_a_question_is_named(run: CliRunner, tmp_path: Path, line: str) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text(line, encoding="utf-8")
    result = run.invoke(app, ["ask", "--batch", str(lines)])
    assert result.exit_code == 2
    assert "第1行" in result.stderr


def test_half_a_surrogate_pair_is_printed_safely(lifeline: Lifeline, tmp_path: Path) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text('{"q": "着火了\\ud83d怎么办"}\n', encoding="utf-8")
    ended = lifeline("ask", "--batch", str(lines))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["q"] == "着火了?怎么办"


def test_output_is_utf_8_whatever_the_terminal(
    lifeline: Lifeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = lifeline("ask", "谢谢")
    assert ended.returncode == 0, ended.stderr
    assert "不客气" in ended.stdout


def test_no_question_is_explained(run: CliRunner) -> None:
    result = run.invoke(app, ["ask"])
    assert result.exit_code == 2
    assert "写上要问的话" in result.stderr


@pytest.mark.parametrize("question", ["油锅着火怎么灭", "烫伤怎么处理", "小孩触电怎么急救"])
def test_first_aid_without_an_entry_is_answered_all_the_same(brain: Brain, question: str) -> None:
    found = answer_once(brain, question, NOW)
    assert found["kind"] in {"answer", "emergency"}
    assert "不懂" not in found["reply"]


@pytest.mark.parametrize(
    ("question", "number"),
    [("孩子卡到喉咙出不来气", "120"), ("家里进贼了", "110"), ("河里有人落水了", "119")],
)
def test_other_dangers_name_the_right_number(brain: Brain, question: str, number: str) -> None:
    assert number in answer_once(brain, question, NOW)["reply"]
