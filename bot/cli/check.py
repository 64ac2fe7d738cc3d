"""``lifeline check``: validate every content file, in words for whoever mends it."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.phrases import WordingError, load_wording
from community.checks import place_faults
from community.districts import declared_settings
from community.placefiles import BrokenPlaceFile
from index.corpus import SHIPPED_CORPUS, read_corpus
from index.values import CorpusError
from knowledge.checks import check
from knowledge.findings import Finding

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

WORDING = Path(__file__).parent.parent / "wording"


def place_findings() -> Iterator[Finding]:
    """Yield what is wrong in the files of districts, settings and places."""
    for fault in place_faults():
        yield Finding(fault.file, fault.line, fault.problem, fault.mend)


def wording_findings() -> Iterator[Finding]:
    """Yield what is wrong in the wording files."""
    try:
        load_wording()
    except WordingError as error:
        yield Finding(WORDING / error.file, 1, error.problem, "照着说的改，键名不要动")


def corpus_findings() -> Iterator[Finding]:
    """Yield what is wrong in the authored training lines."""
    try:
        read_corpus(SHIPPED_CORPUS)
    except CorpusError as error:
        yield Finding(error.path, error.line, error.problem, "改这一行，保持一行一个JSON")


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
        extra=(place_findings, wording_findings, corpus_findings),
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
