"""Widespread claims that nobody could verify, so that no answer states them as facts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.content import CONTENT_ROOT
from knowledge.errors import BrokenContent
from knowledge.reading import Reader

CLAIMS = "unverified.yaml"

_KEYS = frozenset({"claim", "pattern", "unless", "beside", "why", "say"})
_SENTENCE = re.compile(r"[^。！？；\n]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    Attributes:
        claim: in short.
        pattern: how it reads in an answer.
        unless: what makes a sentence with the pattern harmless (一般, 不是); None for nothing.
        beside: a text that makes it harmless anywhere in the answer; "" for none.
        why: what is wrong with it.
        say: what to say instead.
    """

    claim: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    beside: str
    why: str
    say: str

    def stated(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield (line counted from 0, words) for each place in ``text`` that states it."""
        if self.beside and self.beside in text:
            return
        for sentence in _SENTENCE.finditer(text):
            found = self.pattern.search(sentence[0])
            if found and not (self.unless and self.unless.search(sentence[0])):
                yield text.count("\n", 0, sentence.start() + found.start()), found[0]


def load_claims(path: Path = CONTENT_ROOT / CLAIMS) -> tuple[Claim, ...]:
    """Read the list.

    Raises:
        BrokenContent: naming every fault by line.
        OSError: when the file cannot be read.
    """
    reader = Reader(path)
    content = reader.content()
    node = reader.compose(content) if content is not None else None
    claims = tuple(_claim(reader, item) for item in reader.items(node, "claims")) if node else ()
    if reader.problems:
        raise BrokenContent(reader.problems)
    return claims


def _claim(reader: Reader, node: yaml.Node) -> Claim:
    parts = reader.mapping(node, "claims")
    reader.only(parts, _KEYS)
    texts = {key: reader.text(parts[key], key).value for key in parts}
    for key in ("claim", "pattern", "why", "say"):
        if not texts.get(key):
            reader.report("missing_key", reader.line(node), name=key)
    line = reader.line(node)
    return Claim(
        claim=texts.get("claim", ""),
        pattern=_pattern(reader, texts.get("pattern", ""), line),
        unless=_pattern(reader, texts["unless"], line) if texts.get("unless") else None,
        beside=texts.get("beside", ""),
        why=texts.get("why", ""),
        say=texts.get("say", ""),
    )


def _pattern(reader: Reader, pattern: str, line: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        reader.report("bad_pattern", line, pattern=pattern, reason=str(error))
        return re.compile("(?!)")
