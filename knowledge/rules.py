"""What each entry must be: rules over one entry, each yielding the problems it finds.

Values in, values out: reading the files and comparing entries is ``knowledge.checks``.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

from knowledge.claims import Claim
from knowledge.entries import REGISTERS, Entry
from knowledge.errors import Problem
from knowledge.laws import Laws
from knowledge.syllabus import Syllabus

LEAST_UTTERANCES = 20
LEAST_REGISTERS = 8
MOST_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Context:
    """What entries are checked against.

    Attributes:
        settings: names of the declared district settings.
        today: readings cannot lie after it.
    """

    syllabus: Syllabus
    laws: Laws
    claims: tuple[Claim, ...]
    settings: Collection[str]
    today: date


Rule = Callable[[Entry, Context], Iterator[Problem]]


def problems_of(entry: Entry, context: Context) -> Iterator[Problem]:
    """Yield everything wrong with one entry by itself."""
    for rule in RULES:
        yield from rule(entry, context)


def plain(text: str) -> str:
    """Return a text's letters and digits alone: what makes two utterances the same."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in folded if sign.isalnum())


def _problem(entry: Entry, kind: str, part: str, **facts: str) -> Problem:
    return Problem(kind, entry.path, entry.line(part), facts)


def _in_body(entry: Entry, kind: str, row: int, **facts: str) -> Problem:
    return Problem(kind, entry.path, entry.line("body") + row, facts)


def path_of(topic: str) -> str:
    """Return where the entry of a topic belongs, below ``entries``."""
    return f"{topic.replace('.', '/', 1)}.md"


def _identity(entry: Entry, context: Context) -> Iterator[Problem]:
    for name in ("id", "title", "utterances", "sources", "reviewed"):
        if name not in entry.lines:
            yield _problem(entry, "missing_key", name, name=name)
    if not entry.id:
        return
    if entry.id not in context.syllabus:
        yield _problem(entry, "unknown_id", "id", id=entry.id)
        return
    if entry.path.parts[-2:] != tuple(path_of(entry.id).split("/")):
        yield _problem(entry, "wrong_path", "id", id=entry.id, expected=path_of(entry.id))
    expected = context.syllabus.topics[entry.id].title
    if entry.title and entry.title != expected:
        yield _problem(entry, "other_title", "title", title=entry.title, expected=expected)


def _utterances(entry: Entry, _: Context) -> Iterator[Problem]:
    if "utterances" not in entry.lines:
        return
    for register in entry.utterances:
        if register not in REGISTERS:
            part = f"utterances.{register}"
            allowed = "、".join(REGISTERS)
            yield _problem(entry, "unknown_register", part, register=register, allowed=allowed)
    held = [register for register in REGISTERS if entry.utterances.get(register)]
    missing = "、".join(register for register in REGISTERS if register not in held)
    if len(held) < LEAST_REGISTERS:
        facts = {"count": str(len(held)), "least": str(LEAST_REGISTERS), "missing": missing}
        yield _problem(entry, "few_registers", "utterances", **facts)
    elif missing:
        yield _problem(entry, "missing_register", "utterances", missing=missing)
    count = sum(map(len, entry.utterances.values()))
    if count < LEAST_UTTERANCES:
        facts = {"count": str(count), "least": str(LEAST_UTTERANCES)}
        yield _problem(entry, "few_utterances", "utterances", **facts)


def _sources(entry: Entry, context: Context) -> Iterator[Problem]:
    if not entry.sources:
        yield _problem(entry, "no_sources", "sources")
    for row, source in enumerate(entry.sources):
        part, cited = f"sources.{row}", f"{source.law}{source.article}"
        if source.law not in context.laws:
            allowed = "、".join(context.laws.laws)
            yield _problem(entry, "unknown_law", part, law=source.law, allowed=allowed)
        elif context.laws.laws[source.law].is_practice and source.article:
            yield _problem(entry, "practice_article", part, law=source.law)
        elif context.laws.find(source.law, source.article) is None:
            yield _problem(entry, "unknown_article", part, citation=cited)
        if not source.supports:
            yield _problem(entry, "supports_nothing", part, citation=cited)


# Words that tell of a fine, a penalty or a legal duty; 不得不 and 处罚 of one's own are not.
_DUTY = re.compile(
    r"罚款|拘留|处罚|判刑|坐牢|违法|犯法|依法|法律规定|法规规定|有义务|不得(?!不|已|了)"
)


def _duties(entry: Entry, context: Context) -> Iterator[Problem]:
    laws = context.laws.laws
    if any(source.law in laws and not laws[source.law].is_practice for source in entry.sources):
        return
    for row, line in enumerate(entry.body.splitlines()):
        if found := _DUTY.search(line):
            yield _in_body(entry, "duty_without_law", row, words=found[0])


_UNITS = (
    "个小时|小时|分钟|秒钟|秒|个月|周岁|岁|年|日|天|平方米|立方米|厘米|毫米|千米|公里|米|"
    "万元|元|公斤|千克|升|瓦|伏|安|度|℃|°C|%|层|倍"
)
_NUMBER = re.compile(rf"\d+(?:\.\d+)?[万千百]?(?:{_UNITS})")
# 两年, 十分钟; 一 and 半 are left out, being words more often than numbers (一年到头, 半天).
_NUMERAL = re.compile(
    r"(?<![第一二两三四五六七八九十百几])[两三四五六七八九十百千][十百千万]?[一二三四五六七八九十]*"
    r"(?:个小时|小时|分钟|秒|个月|周岁|年|厘米|毫米|公里|米|万元|元|公斤|千克)"
)


def _numbers(entry: Entry, _: Context) -> Iterator[Problem]:
    supported = "\n".join(_tight(source.supports) for source in entry.sources)
    for row, line in enumerate(entry.body.splitlines()):
        for pattern in (_NUMBER, _NUMERAL):
            for found in pattern.finditer(_tight(line)):
                if found[0] not in supported:
                    yield _in_body(entry, "number_without_source", row, number=found[0])


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


_SETTING = re.compile(r"\{([a-z_]+)\}")


def _settings(entry: Entry, context: Context) -> Iterator[Problem]:
    used: set[str] = set()
    for row, line in enumerate(entry.body.splitlines()):
        for name in _SETTING.findall(line):
            used.add(name)
            if name not in context.settings:
                allowed = "、".join(context.settings)
                yield _in_body(entry, "undeclared_setting", row, name=name, allowed=allowed)
            elif name not in entry.needs:
                yield _in_body(entry, "setting_not_in_needs", row, name=name)
        if re.search(r"[{}]", _SETTING.sub("", line)):
            yield _in_body(entry, "stray_brace", row)
    for row, name in enumerate(entry.needs):
        if name not in used:
            yield _problem(entry, "need_unused", f"needs.{row}", name=name)
    topic = context.syllabus.topics.get(entry.id)
    if topic and topic.needs and not used:
        yield _problem(entry, "needs_expected", "body")


_STEP = re.compile(r"(\d+)\. \S")
_MARKUP = re.compile(r"\*\*|__|`|^#+ |\]\(|^> |^[-*] |\|.*\|")


def _body(entry: Entry, _: Context) -> Iterator[Problem]:
    if not entry.body:
        yield _problem(entry, "missing_key", "body", name="答案正文")
        return
    if (count := len(entry.body)) > MOST_CHARACTERS:
        facts = {"count": str(count), "most": str(MOST_CHARACTERS)}
        yield _problem(entry, "long_body", "body", **facts)
    lines = entry.body.splitlines()
    for row, line in enumerate(lines):
        if found := _MARKUP.search(line):
            yield _in_body(entry, "markup", row, sign=found[0])
        if line.startswith(("依据", "法规依据")):
            yield _in_body(entry, "basis_in_body", row)
    if not re.search(r"[。！？：}]$", lines[0]) or _STEP.match(lines[0]):
        yield _in_body(entry, "first_line", 0)
    yield from _steps(entry, lines)


def _steps(entry: Entry, lines: list[str]) -> Iterator[Problem]:
    if len(lines) == 1:
        yield _in_body(entry, "no_steps", 0)
        return
    if lines[1].strip():
        yield _in_body(entry, "no_blank_line", 1)
    number = 0
    for row, line in enumerate(lines[1:], 1):
        if not line.strip():
            continue
        number += 1
        step = _STEP.match(line)
        if not step:
            yield _in_body(entry, "stray_line", row, number=str(number))
        elif int(step[1]) != number:
            yield _in_body(entry, "step_number", row, found=step[1], number=str(number))
            number = int(step[1])


def _claims(entry: Entry, context: Context) -> Iterator[Problem]:
    for claim in context.claims:
        facts = {"why": claim.why, "say": claim.say}
        for row, words in claim.stated(entry.body):
            yield _in_body(entry, "unverified_claim", row, words=words, **facts)
        for row, source in enumerate(entry.sources):
            for _, words in claim.stated(source.supports):
                part = f"sources.{row}"
                yield _problem(entry, "unverified_claim", part, words=words, **facts)


def _related(entry: Entry, context: Context) -> Iterator[Problem]:
    for row, topic in enumerate(entry.related):
        part = f"related.{row}"
        if topic == entry.id:
            yield _problem(entry, "related_self", part)
        elif topic not in context.syllabus:
            yield _problem(entry, "unknown_related", part, id=topic)
        elif topic in entry.related[:row]:
            yield _problem(entry, "related_twice", part, id=topic)


def _reviewed(entry: Entry, context: Context) -> Iterator[Problem]:
    if "reviewed" not in entry.lines:
        return
    if not entry.reviewed:
        yield _problem(entry, "not_reviewed", "reviewed")
    elif len(entry.reviewed) == 1:
        yield _problem(entry, "reviewed_once", "reviewed")
    for day in entry.reviewed:
        if day > context.today:
            yield _problem(entry, "reviewed_in_future", "reviewed", value=day.isoformat())


RULES: tuple[Rule, ...] = (
    _identity,
    _utterances,
    _sources,
    _duties,
    _numbers,
    _settings,
    _body,
    _claims,
    _related,
    _reviewed,
)
