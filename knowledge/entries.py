"""One entry: a Markdown file whose front matter says what it answers and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from knowledge.errors import BrokenContent, Problem
from knowledge.reading import Reader

REGISTERS = (
    "colloquial", "narrative", "keywords", "voice_typo", "dialect",
    "elderly_polite", "annoyed", "child", "wrong_assumption", "mixed_script",
)  # fmt: skip

_KEYS = frozenset(
    {"id", "title", "utterances", "sources", "needs", "related", "reviewed"}
)  # fmt: skip
_SOURCE_KEYS = frozenset({"law", "article", "for"})
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Source:
    """What a part of the answer rests on: ``article`` is "" where a whole law is meant."""

    law: str
    article: str
    supports: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer and the questions it answers, as the file has them.

    Attributes:
        utterances: register → texts.
        needs: settings that stand in the body as ``{name}``.
        reviewed: days of the readings, first to last.
        body: the answer, stripped.
        lines: where each part stands: ``title``, ``sources.0``, ``utterances.child.2``,
            ``body``; lines are counted from 1.
    """

    id: str
    title: str
    utterances: Mapping[str, tuple[str, ...]]
    sources: tuple[Source, ...]
    needs: tuple[str, ...]
    related: tuple[str, ...]
    reviewed: tuple[date, ...]
    body: str
    path: Path = field(compare=False)
    lines: Mapping[str, int] = field(compare=False, default_factory=dict)

    def line(self, part: str) -> int:
        """Return the line of ``part``; 1 when the file lacks it."""
        return self.lines.get(part, 1)


def load_entry(path: Path) -> Entry:
    """Return the entry in ``path``.

    Raises:
        BrokenContent: naming every fault in its form by line.
        OSError: when the file cannot be read.
    """
    entry, problems = read_entry(path)
    if entry is None or problems:
        raise BrokenContent(problems)
    return entry


def read_entry(path: Path) -> tuple[Entry | None, list[Problem]]:
    """Return what of an entry can be read, and the problems with its form.

    The entry is None only when its front matter cannot be read at all; a part that is
    missing or of a wrong form is empty in it.

    Raises:
        OSError: when the file cannot be read.
    """
    reader = Reader(path, before=1)
    content = reader.content()
    if content is None:
        return None, reader.problems
    parts = _split(content.splitlines(), reader)
    node = reader.compose(parts[0]) if parts else None
    if parts is None or node is None:
        return None, reader.problems
    return _entry(reader, node, *parts[1:]), reader.problems


def _split(lines: list[str], reader: Reader) -> tuple[str, str, int] | None:
    """Return front matter, body, and the body's first line."""
    if not lines or lines[0].rstrip() != _FENCE:
        reader.report("no_front_matter", 1)
        return None
    end = next((row for row, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        reader.report("front_matter_open", len(lines))
        return None
    body = lines[end + 1 :]
    blank = next((row for row, line in enumerate(body) if line.strip()), len(body))
    text = "\n".join(line.rstrip() for line in body).strip()
    return "\n".join(lines[1:end]), text, end + 2 + blank


def _entry(reader: Reader, node: yaml.Node, body: str, body_line: int) -> Entry:
    fields = reader.mapping(node, "---")
    reader.only(fields, _KEYS)
    lines = {name: reader.line(value) for name, value in fields.items()}
    lines["body"] = body_line
    return Entry(
        id=_text(reader, fields, "id"),
        title=_text(reader, fields, "title"),
        utterances=_utterances(reader, fields.get("utterances"), lines),
        sources=_sources(reader, fields.get("sources"), lines),
        needs=_texts(reader, fields, "needs", lines),
        related=_texts(reader, fields, "related", lines),
        reviewed=_dates(reader, fields),
        body=body,
        path=reader.file,
        lines=lines,
    )


def _text(reader: Reader, fields: dict[str, yaml.Node], name: str) -> str:
    return reader.text(fields[name], name).value if name in fields else ""


def _texts(
    reader: Reader, fields: dict[str, yaml.Node], name: str, lines: dict[str, int]
) -> tuple[str, ...]:
    if name not in fields:
        return ()
    found = reader.texts(fields[name], name)
    lines.update({f"{name}.{row}": text.line for row, text in enumerate(found)})
    return tuple(text.value for text in found)


def _dates(reader: Reader, fields: dict[str, yaml.Node]) -> tuple[date, ...]:
    found = []
    for text in reader.texts(fields["reviewed"], "reviewed") if "reviewed" in fields else ():
        try:
            found.append(date.fromisoformat(text.value))
        except ValueError:
            reader.report("bad_date", text.line, value=text.value)
    return tuple(found)


def _utterances(
    reader: Reader, node: yaml.Node | None, lines: dict[str, int]
) -> dict[str, tuple[str, ...]]:
    if node is None:
        return {}
    found = {}
    for register, listed in reader.mapping(node, "utterances").items():
        texts = reader.texts(listed, register)
        lines[f"utterances.{register}"] = reader.line(listed)
        lines.update({f"utterances.{register}.{row}": text.line for row, text in enumerate(texts)})
        found[register] = tuple(text.value for text in texts)
    return found


def _sources(reader: Reader, node: yaml.Node | None, lines: dict[str, int]) -> tuple[Source, ...]:
    if node is None:
        return ()
    found = []
    for row, item in enumerate(reader.items(node, "sources")):
        fields = reader.mapping(item, "sources")
        reader.only(fields, _SOURCE_KEYS)
        lines[f"sources.{row}"] = reader.line(item)
        found.append(Source(*(_text(reader, fields, name) for name in ("law", "article", "for"))))
    return tuple(found)
