"""What can go wrong in the knowledge, as types that carry facts.

A content file's faults are ``Problem`` values, found several at a time;
``knowledge.findings`` words them in Chinese for the person who mends the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Severity = Literal["error", "hint"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a content file.

    Attributes:
        kind: a key of ``knowledge.findings.WORDS``, such as ``unknown_id``.
        file: the file it stands in.
        line: counted from 1.
        facts: what the wording of this kind names.
    """

    kind: str
    file: Path
    line: int
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the problem for the log."""
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.file}:{self.line}: {self.kind}" + (f" ({facts})" if facts else "")


class KnowledgeError(Exception):
    """Anything the knowledge could not do. Trying the same again does not help."""

    permanent = True


class BrokenContent(KnowledgeError):
    """Content files cannot be used as they stand; ``problems`` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(map(str, self.problems[:3]))
        more = f" and {len(self.problems) - 3} more" if len(self.problems) > 3 else ""
        super().__init__(f"{shown}{more}: run `lifeline check` and mend these lines")


class UnknownTopic(KnowledgeError):
    """An answer was asked for that the knowledge does not hold."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"there is no entry {topic!r}: ask `Library.holds` first")


class UnresolvedSetting(KnowledgeError):
    """An answer names a district setting that was not handed over."""

    def __init__(self, topic: str, name: str) -> None:
        self.topic = topic
        self.name = name
        super().__init__(
            f"the answer of {topic} names the setting {name!r}, which is not declared: "
            "add it to community/settings.yaml"
        )


class LibraryDamaged(KnowledgeError):
    """``knowledge.db`` is missing, cannot be read, or was written by another release."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} cannot be read ({reason}): run `lifeline knowledge build`")
