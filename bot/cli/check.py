"""``lifeline check``: validate every content file, in words for whoever mends it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.phrases import wording_faults
from community.checks import place_faults
from community.districts import declared_settings
from community.placefiles import BrokenPlaceFile
from hazards.checks import hazard_faults
from index.corpus import (
    SHIPPED_CORPUS,
    SHIPPED_HELD_BACK,
    BrokenLine,
    Fault,
    read_corpus,
    read_held_back,
)
from index.lexicon import LEXICON_FOLDER
from knowledge.checks import check
from knowledge.findings import Finding, worded
from knowledge.reading import Reader

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

ROOT = Path(__file__).parent.parent.parent
# What is wrong with a line of a corpus, and how to mend it.
CORPUS_WORDS: dict[Fault, tuple[str, str]] = {
    "not_utf8": ("文件不是UTF-8编码", "用编辑器另存为UTF-8"),
    "not_json": ("这一行不是完整的JSON", "一行写一个JSON对象，检查引号、逗号和括号"),
    "no_question": ("这一行没有问题", "写成一个JSON对象，问题放在“q”里"),
    "no_ids": ("这一行没有写答案的编号", "在“ids”里列出知识条目的编号"),
    "unknown_kind": ("不认识这一行的“kind”", "照同一个文件里别的行写"),
    "bad_mark": (
        "“emergency”或“register”写得不对", "emergency只能写no、perhaps或sure，register写文字",
    ),
}  # fmt: skip


def place_findings() -> Iterator[Finding]:
    """Yield what is wrong in the files of districts, settings and places."""
    for fault in place_faults():
        yield Finding(fault.file, fault.line, fault.problem, fault.mend)


def hazard_findings() -> Iterator[Finding]:
    """Yield what is wrong in the categories of hazards, the holidays and the districts' rules."""
    for fault in hazard_faults():
        yield Finding(fault.file, fault.line, fault.problem, fault.mend)


def wording_findings(
    settings: Collection[str] | None, folder: Path | None = None
) -> Iterator[Finding]:
    """Yield what is wrong in the wording files."""
    for fault in wording_faults(settings, folder):
        yield Finding(ROOT / fault.file, fault.line, fault.problem, fault.mend)


def corpus_findings(
    corpus: Path = SHIPPED_CORPUS, held_back: Path = SHIPPED_HELD_BACK
) -> Iterator[Finding]:
    """Yield the first fault of the authored training lines, and of the held-back ones."""
    yield from _first_fault(read_corpus, corpus)
    yield from _first_fault(read_held_back, held_back)


def _first_fault(read: Callable[[Path], object], folder: Path) -> Iterator[Finding]:
    try:
        read(folder)
    except BrokenLine as error:
        yield Finding(error.path, error.line, *CORPUS_WORDS[error.fault])
    except FileNotFoundError as error:
        yield Finding(Path(error.filename), 1, "没有这个文件", "放回来")


def lexicon_findings(folder: Path = LEXICON_FOLDER) -> Iterator[Finding]:
    """Yield what is wrong in the tables of words."""
    for path in sorted(folder.glob("*.yaml")):
        reader = Reader(path)
        text = reader.content()
        node = None if text is None else reader.compose(text)
        fields = {} if node is None else reader.mapping(node, path.stem)
        if path.stem == "dialect":
            dialect = frozenset({"replace", "particles"})
            reader.only(fields, dialect)
            if node is not None:
                for name in sorted(dialect - set(fields)):
                    reader.report("missing_key", 1, name=name)
            if "particles" in fields:
                reader.texts(fields["particles"], "particles")
            fields = reader.mapping(fields["replace"], "replace") if "replace" in fields else {}
        for name, words in fields.items():
            reader.texts(words, name)
        yield from map(worded, reader.problems)


def show(findings: Iterable[Finding]) -> int:
    """Print findings, errors last, and return how many errors there are."""
    ordered = sorted(findings, key=lambda finding: finding.severity == "error")
    for finding in ordered:
        typer.echo(str(finding))
    return sum(finding.severity == "error" for finding in ordered)


@app.command("check")
def check_content(
    gold: Annotated[
        Path | None,
        typer.Option(exists=True, help="评测题，查有没有混进问法 | evaluation questions"),
    ] = None,
    hints: Annotated[bool, typer.Option(help="也列出提示 | list hints, too")] = False,
) -> None:
    """检查全部内容文件。 | Check every content file."""
    settings = _setting_names()
    found = check(
        settings,
        today=date.today(),  # noqa: DTZ011 - a reading's date is the editor's own
        gold=gold,
        extra=(
            place_findings,
            hazard_findings,
            partial(wording_findings, settings or None),
            corpus_findings,
            lexicon_findings,
        ),
    )
    errors = show(found if hints else [f for f in found if f.severity == "error"])
    if errors:
        typer.echo(f"有 {errors} 处要改。", err=True)
        raise typer.Exit(1)
    hidden = len(found)
    typer.echo("内容检查通过。" + (f"另有 {hidden} 条提示，加 --hints 看。" if hidden else ""))


def _setting_names() -> list[str]:
    """Return the declared settings; a broken file is reported by ``place_findings``."""
    try:
        return [setting.name for setting in declared_settings()]
    except BrokenPlaceFile:
        return []
