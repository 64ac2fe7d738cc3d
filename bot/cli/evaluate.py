"""``lifeline evaluate``: how well search and detection do, beside a baseline in the same run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.preparing import INDEX_FOLDER, open_library, topics_of
from bot.settings import Settings
from index.artefacts import open_searcher
from index.baseline import rank_baseline, word_baseline
from index.corpus import SHIPPED_HELD_BACK, read_held_back
from index.evaluation import Ranked, Report, evaluate, grouped, ranking_figures
from index.gold import read_gold
from index.model import SHIPPED_MODEL, load_model
from index.values import Topic

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

HEADLINES = {
    "recall_1": "recall@1 第一个就对",
    "recall_3": "recall@3 前三个里有",
    "mrr": "MRR",
    "served": "答对或按钮里有 right answer or button",
    "wrong_answers": "答错 wrong answers",
    "declined": "该答没答 declined",
    "false_answers": "范围外当成会的 false answers",
    "false_answers_near_miss": "　其中近似题 near misses",
    "false_answers_long": "　其中长故事 long stories",
    "false_buttons": "范围外给了选项 false buttons",
    "emergency_recall": "险情认出 emergency recall",
    "emergency_named_119": "险情提到119 names 119",
    "emergency_kind_right": "险情种类对 right kind",
    "false_alarms": "相似句误报 false alarms",
    "false_banners": "相似句只挂横幅 banners",
    "alarms_out_of_scope": "范围外误报 alarms out of scope",
    "alarms_in_scope": "平常问题误报 alarms in scope",
}


def table(report: Report, baseline: Sequence[Ranked]) -> list[str]:
    """Return the printed lines: headline figures, then every register and category."""
    figures = report.figures()
    base = ranking_figures(baseline)
    lines = [f"{'':44}{'lifeline':>10}{'BM25 jieba':>12}{'ratio':>8}"]
    for name, label in HEADLINES.items():
        lines.append(_row(label, figures[name], base.get(name)))
    lines.append(f"题数 questions: {int(figures['questions'])}")
    registers = grouped(baseline, lambda one: one.asked.register)
    lines += _groups("按说法 by register", report.by_register(), registers)
    categories = grouped(baseline, lambda one: one.asked.topics[0].partition(".")[0])
    return lines + _groups("按类别 by category", report.by_category(), categories)


def _row(label: str, figure: float, base: float | None) -> str:
    wide = sum(ord(character) > 0x2E80 for character in label)
    line = f"{label}{' ' * (44 - len(label) - wide)}{figure:>10.3f}"
    return line if base is None else f"{line}{base:>12.3f}{figure / max(base, 1e-9):>8.2f}"


def _groups(
    title: str,
    ours: Mapping[str, Mapping[str, float]],
    theirs: Mapping[str, Mapping[str, float]],
) -> list[str]:
    lines = ["", f"{title} (recall@1, recall@3 | BM25 jieba recall@1, recall@3, n)"]
    for name, figures in ours.items():
        base = theirs[name]
        lines.append(
            f"  {name:20}{figures['recall_1']:8.3f}{figures['recall_3']:8.3f}  |"
            f"{base['recall_1']:8.3f}{base['recall_3']:8.3f}{int(figures['questions']):6}"
        )
    return lines


def measure(settings: Settings, topics: Sequence[Topic], gold: Path | None) -> list[str]:
    """Return the table for the held-back set, or for a folder of gold questions."""
    questions = read_gold(gold) if gold else read_held_back(SHIPPED_HELD_BACK)
    model = load_model(SHIPPED_MODEL)
    searcher = open_searcher(model, topics, settings.data_dir / INDEX_FOLDER)
    report = evaluate(searcher, model.detector, questions)
    asked = [one.asked for one in report.in_scope]
    return table(report, rank_baseline(word_baseline(topics), asked))


@app.command("evaluate")
def evaluate_model(
    gold: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="评测题的文件夹 | folder of gold questions"
        ),
    ] = None,
) -> None:
    """评测检索和识别，同时给出基线。 | Measure search and detection beside a baseline."""
    settings = Settings()
    library = open_library(settings.data_dir)
    if library is None:
        typer.echo("没有知识库，先改好条目：lifeline check", err=True)
        raise typer.Exit(1)
    for line in measure(settings, topics_of(library), gold):
        typer.echo(line)
