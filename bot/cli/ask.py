"""``lifeline ask``: one question from the command line. Opens no main database, stores nothing."""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.dialogue.brain import Brain
from bot.dialogue.session import Session
from bot.messages import clean_text, plain_text
from bot.preparing import prepare_brain
from bot.settings import Settings

MOST_SHOWN_TOPICS = 5

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def answer_once(brain: Brain, question: str, now: datetime) -> dict[str, Any]:
    """Return what ``lifeline ask --json`` prints for one question.

    ``topics`` and ``scores`` are the first five of the full ranking, whatever the reply is.
    """
    text = clean_text(question)
    analysis = brain.analyse(text)
    outcome = brain.dialogue.decide(Session(), text, analysis, now)
    ranked = analysis.ranking.topics[:MOST_SHOWN_TOPICS] if analysis.ranking else ()
    return {
        "q": question,
        "kind": outcome.replies[-1].kind,
        "topics": [topic for topic, _ in ranked],
        "scores": [round(score, 4) for _, score in ranked],
        "emergency": analysis.emergency or None,
        "perhaps": bool(analysis.emergency) and not analysis.is_sure,
        "reply": "\n\n".join(plain_text(reply) for reply in outcome.replies),
    }


def read_batch(path: Path) -> Iterator[str]:
    """Yield the ``q`` of every line of a JSONL file.

    Raises:
        typer.BadParameter: naming the line that holds no object with a text ``q``, or that the
            file is not UTF-8.
        OSError: when the file cannot be read.
    """
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            line = _decoded(raw, path, number)
            if line.strip():
                yield _question(line, path, number)


def _decoded(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        problem = f"{path} 第{number}行不是UTF-8编码，用编辑器另存为UTF-8"
        raise typer.BadParameter(problem) from error


def _question(line: str, path: Path, number: int) -> str:
    try:
        question = json.loads(line)["q"]
    except (ValueError, KeyError, TypeError, RecursionError):
        question = None
    if not isinstance(question, str):
        raise typer.BadParameter(f'{path} 第{number}行要是 {{"q": "问题"}} 这样的一行JSON')
    return question


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="要问的话 | the question")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON | print JSON")] = False,
    batch: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSONL文件，每行一个q | one q a line"),
    ] = None,
) -> None:
    """问一句看回答，不留记录。 | Ask once; nothing is stored."""
    if batch is None and not question:
        raise typer.BadParameter('写上要问的话，例如：lifeline ask "楼道有烟怎么办"')
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the terminal; half a surrogate pair in a question becomes “?”.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    brain = prepare_brain(Settings())
    now = datetime.now(UTC)
    if batch is not None:
        for asked in read_batch(batch):
            sys.stdout.write(json.dumps(answer_once(brain, asked, now), ensure_ascii=False) + "\n")
        return
    found = answer_once(brain, question, now)
    sys.stdout.write((json.dumps(found, ensure_ascii=False) if as_json else found["reply"]) + "\n")
