"""The authored lines beside the topics: training corpora, and the held-back set.

The held-back set fits thresholds and measures; nothing else may read it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from index.detector import CRISIS_KINDS, EMERGENCY_KINDS
from index.values import CorpusError

SHIPPED_CORPUS = Path(__file__).parent / "corpus"
SHIPPED_HELD_BACK = Path(__file__).parent / "held_back"

Fault = Literal["not_utf8", "not_json", "no_question", "no_ids", "unknown_kind", "bad_mark"]
# How a held-back question may be marked.
_EMERGENCY_MARKS = frozenset({"no", "perhaps", "sure"})


class BrokenLine(CorpusError):
    """A line is not as its file promises; ``fault`` says how, for whoever words it."""

    def __init__(self, path: Path, line: int, fault: Fault, problem: str) -> None:
        super().__init__(path, line, problem)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Line:
    """One authored message. ``kind`` is what its file says; ``about`` the emergency it is like."""

    text: str
    kind: str
    about: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A held-back question: every topic that answers it, its voice, and no|perhaps|sure."""

    text: str
    topics: tuple[str, ...]
    register: str
    emergency: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the gate and the detectors are trained on, beside the topics."""

    out_of_scope: tuple[Line, ...]
    emergency: tuple[Line, ...]
    look_alikes: tuple[Line, ...]
    perhaps: tuple[Line, ...]
    crisis: tuple[Line, ...]
    crisis_look_alikes: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What thresholds are fitted on and ``lifeline evaluate`` measures."""

    in_scope: tuple[Asked, ...]
    out_of_scope: tuple[Line, ...]
    emergencies: tuple[Line, ...]
    look_alikes: tuple[Line, ...]


def read_corpus(folder: Path) -> Corpus:
    """Read the training corpora.

    Raises:
        OSError: when a file is missing.
        CorpusError: when a line is not as its file promises.
    """
    emergencies = frozenset(EMERGENCY_KINDS)
    return Corpus(
        out_of_scope=_lines(folder / "out_of_scope.jsonl"),
        emergency=_lines(folder / "emergency.jsonl", emergencies),
        look_alikes=_lines(folder / "look_alikes.jsonl"),
        perhaps=_lines(folder / "perhaps.jsonl", emergencies),
        crisis=_lines(folder / "crisis.jsonl", frozenset(CRISIS_KINDS)),
        crisis_look_alikes=_lines(folder / "crisis_look_alikes.jsonl"),
    )


def read_held_back(folder: Path) -> HeldBack:
    """Read the held-back set.

    Raises:
        OSError: when a file is missing.
        CorpusError: when a line is not as its file promises.
    """
    return HeldBack(
        in_scope=read_asked(folder / "in_scope.jsonl", _EMERGENCY_MARKS),
        out_of_scope=_lines(folder / "out_of_scope.jsonl"),
        emergencies=_lines(folder / "emergencies.jsonl", frozenset(EMERGENCY_KINDS)),
        look_alikes=_lines(folder / "look_alikes.jsonl"),
    )


def read_asked(path: Path, marks: frozenset[str] | None = None) -> tuple[Asked, ...]:
    """Read questions with the ids of their right answers.

    Args:
        path: a JSONL file.
        marks: what ``emergency`` may say; None takes whatever stands there.

    Raises:
        OSError: when the file is missing.
        CorpusError: when a line lacks its question or its ids, or is marked otherwise.
    """
    asked = []
    for number, fields in read_objects(path):
        ids = fields.get("ids")
        if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
            raise BrokenLine(path, number, "no_ids", "no ids")
        register, emergency = fields.get("register", ""), fields.get("emergency", "no")
        if marks is not None and (emergency not in list(marks) or not isinstance(register, str)):
            raise BrokenLine(path, number, "bad_mark", f"bad register or mark {emergency!r}")
        asked.append(Asked(fields["q"], tuple(ids), register, emergency))
    return tuple(asked)


def _lines(path: Path, kinds: frozenset[str] | None = None) -> tuple[Line, ...]:
    lines = []
    for number, fields in read_objects(path):
        kind = fields.get("kind", "")
        if kinds is not None and kind not in list(kinds):  # a list takes what has no hash
            raise BrokenLine(path, number, "unknown_kind", f"unknown kind {kind!r}")
        about, is_long = fields.get("about", ""), bool(fields.get("long", False))
        lines.append(Line(fields["q"], kind, about, is_long))
    return tuple(lines)


def read_objects(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the line number and the object of every line that is not blank.

    Raises:
        OSError: when the file is missing.
        CorpusError: when a line is no object with a text ``q``.
    """
    for number, raw in enumerate(_text(path).splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            fields = json.loads(raw)
        except ValueError as error:
            raise BrokenLine(path, number, "not_json", f"not JSON ({error})") from error
        if not isinstance(fields, dict) or not isinstance(fields.get("q"), str):
            raise BrokenLine(path, number, "no_question", "no question under 'q'")
        yield number, fields


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BrokenLine(path, line, "not_utf8", "not UTF-8") from error
