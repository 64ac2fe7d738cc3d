"""``lifeline check`` for the knowledge: every content file, every fault, by file and line.

What a broken file keeps from being checked is left out; the rest is still looked at.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from knowledge.claims import CLAIMS, load_claims
from knowledge.content import CONTENT_ROOT, ENTRIES, LAWS, SYLLABUS, entry_files
from knowledge.entries import Entry, read_entry
from knowledge.errors import BrokenContent, Problem
from knowledge.findings import Finding, worded
from knowledge.laws import Laws, load_laws
from knowledge.rules import Context, path_of, plain, problems_of
from knowledge.syllabus import Syllabus, load_syllabus

Checker = Callable[[], Iterable[Finding]]

_T = TypeVar("_T")


def check(
    settings: Collection[str],
    *,
    today: date,
    root: Path = CONTENT_ROOT,
    gold: Path | None = None,
    extra: Sequence[Checker] = (),
) -> list[Finding]:
    """Return everything to mend in the content files, by file and line.

    Args:
        settings: names of the district settings that an answer may name.
        today: a reading dated later is pointed out.
        root: holds ``entries``, the syllabus, the law library and the unverified claims.
        gold: a JSONL file of evaluation questions (``q``), or a folder of them; a question
            found among the utterances is reported without its text.
        extra: checks of other packages' files, called after ours.

    Raises:
        OSError: when a file cannot be read.
    """
    problems: list[Problem] = []
    syllabus = _loaded(load_syllabus, root / SYLLABUS, problems) or Syllabus(())
    laws = _loaded(load_laws, root / LAWS, problems) or Laws({})
    claims = _loaded(load_claims, root / CLAIMS, problems) or ()
    if not problems:
        context = Context(syllabus, laws, claims, settings, today)
        problems += _entry_problems(root, context, gold)
    findings = {worded(problem) for problem in problems}
    findings.update(finding for checker in extra for finding in checker())
    return sorted(findings)


def _loaded(load: Callable[[Path], _T], path: Path, problems: list[Problem]) -> _T | None:
    try:
        return load(path)
    except BrokenContent as error:
        problems += error.problems
        return None


def _entry_problems(root: Path, context: Context, gold: Path | None) -> Iterator[Problem]:
    entries: list[Entry] = []
    unreadable: set[Path] = set()
    for path in entry_files(root):
        entry, problems = read_entry(path)
        yield from problems
        if entry is None:
            unreadable.add(path)
            continue
        entries.append(entry)
        yield from problems_of(entry, context)
    yield from _repeated_ids(entries)
    yield from repeated_utterances(entries)
    written = {entry.id for entry in entries}
    for problem in _missing(written, context.syllabus, root):
        # An entry that is there and cannot be read has been reported as such.
        if root / ENTRIES / problem.facts["expected"] not in unreadable:
            yield problem
    if gold:
        yield from _gold(entries, gold)


def _repeated_ids(entries: Iterable[Entry]) -> Iterator[Problem]:
    seen: set[str] = set()
    for entry in entries:
        if entry.id and entry.id in seen:
            yield Problem("twice", entry.path, entry.line("id"), {"name": entry.id})
        seen.add(entry.id)


def repeated_utterances(entries: Iterable[Entry]) -> Iterator[Problem]:
    """Yield every utterance that says, signs aside, what one before it says."""
    seen: dict[str, str] = {}
    for entry in entries:
        for text, line in _said(entry):
            where = f"{entry.id}第{line}行"
            first = seen.setdefault(plain(text), where)
            if first != where:
                yield Problem("same_utterance", entry.path, line, {"where": first})


def _said(entry: Entry) -> Iterator[tuple[str, int]]:
    for register, texts in entry.utterances.items():
        for row, text in enumerate(texts):
            yield text, entry.line(f"utterances.{register}.{row}")


def _missing(written: Collection[str], syllabus: Syllabus, root: Path) -> Iterator[Problem]:
    """Yield the topics of finished categories that are not written, by their syllabus line."""
    for category in syllabus.categories:
        for topic in category.topics if category.is_finished else ():
            if topic.id not in written:
                facts = {"id": topic.id, "title": topic.title, "expected": path_of(topic.id)}
                yield Problem("missing_topic", root / SYLLABUS, topic.line, facts)


def _gold(entries: Iterable[Entry], gold: Path) -> Iterator[Problem]:
    asked: set[str] = set()
    for path in sorted(gold.glob("*.jsonl")) if gold.is_dir() else [gold]:
        for line, record in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not record.strip():
                continue
            question = _question(record)
            if question is None:
                yield Problem("gold_unreadable", path, line)
            else:
                asked.add(plain(question))
    for entry in entries:
        for text, line in _said(entry):
            if plain(text) in asked:
                yield Problem("gold_utterance", entry.path, line)


def _question(record: str) -> str | None:
    try:
        parsed = json.loads(record)
    except ValueError:
        return None
    question = parsed.get("q") if isinstance(parsed, dict) else None
    return question if isinstance(question, str) else None
