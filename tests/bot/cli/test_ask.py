"""``lifeline ask``: the shape of its JSON, batches, and that it stores nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.ask import answer_once
from bot.commands import app
from bot.dialogue.brain import Brain
from bot.phrases import EMERGENCY_KINDS

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
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


def test_no_question_is_explained(run: CliRunner) -> None:
    result = run.invoke(app, ["ask"])
    assert result.exit_code == 2
    assert "写上要问的话" in result.stderr
