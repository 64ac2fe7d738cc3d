"""The law library: the articles that entries may cite, in full, and nothing else.

Laws whose text could not be had hold only what was checked; versions out of force are absent,
so that a citation of them is an error.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.content import CONTENT_ROOT, LAWS
from knowledge.errors import BrokenContent
from knowledge.reading import Reader

KINDS = ("law", "local", "standard", "practice")

_KEYS = frozenset({"name", "title", "shown", "kind", "version", "text", "flat", "articles"})
_ARTICLE = re.compile(
    r"(第[一二三四五六七八九十百千零]+条(?:之[一二三四五六七八九十]+)?)"
    r"(第[一二三四五六七八九十]+款)?(第[一二三四五六七八九十]+项)?"
)
_CLAUSE = re.compile(r"第\d+(?:\.\d+)+条")
_NUMERALS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Law:
    """One source.

    Attributes:
        name: short, as entries cite it.
        title: in full.
        shown: as residents read it.
        kind: ``law`` (national), ``local`` (Chongqing), ``standard``, or ``practice``: what is
            commonly done, without a legal text.
        version: which text this is, and since when it is in force.
        text: said of the whole, where an article is not cited.
        is_flat: the text at hand runs its paragraphs (款) together.
        articles: 第四十四条 → its text, one paragraph or item (项) a line.
    """

    name: str
    title: str
    shown: str
    kind: str
    version: str
    text: str
    is_flat: bool
    articles: Mapping[str, str]

    @property
    def is_practice(self) -> bool:
        """Whether there is no legal text behind it."""
        return self.kind == "practice"


@dataclass(frozen=True, slots=True)
class Article:
    """An article that was found: its law and its whole text."""

    law: Law
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Laws:
    """All laws by their short name."""

    laws: Mapping[str, Law]

    def __contains__(self, law: object) -> bool:
        """Whether ``law`` is the short name of a law here."""
        return law in self.laws

    def find(self, law: str, article: str) -> Article | None:
        """Return the article behind a citation.

        Args:
            law: a short name.
            article: 第四十四条, a part of one (第六十条第一款第三项), a clause of a standard
                (第7.1.14条), or "" for the law as a whole.

        Returns:
            None when the library does not hold it, or holds no such paragraph or item in it.
        """
        found = self.laws.get(law)
        if found is None:
            return None
        if not article:
            return Article(found, "", found.text)
        match = _ARTICLE.fullmatch(article)
        number = match[1] if match else article
        if number not in found.articles:
            return None
        text = found.articles[number]
        paragraph = match[2] if match and not found.is_flat else None
        if match and not _has_part(text, paragraph, match[3]):
            return None
        return Article(found, number, text)

    def shown(self, law: str, article: str) -> str:
        """Return a citation as residents read it, such as 《消防法》第四十四条."""
        return self.laws[law].shown + article


def load_laws(path: Path = CONTENT_ROOT / LAWS) -> Laws:
    """Read the law library.

    Raises:
        BrokenContent: naming every fault by line.
        OSError: when the file cannot be read.
    """
    reader = Reader(path)
    content = reader.content()
    node = reader.compose(content) if content is not None else None
    laws: dict[str, Law] = {}
    for item in reader.items(node, "laws") if node else ():
        law = _law(reader, item)
        if law.name in laws:
            reader.report("twice", reader.line(item), name=law.name)
        laws[law.name] = law
    if reader.problems:
        raise BrokenContent(reader.problems)
    return Laws(laws)


def _law(reader: Reader, node: yaml.Node) -> Law:
    parts = reader.mapping(node, "laws")
    reader.only(parts, _KEYS)
    texts = {key: reader.text(parts[key], key).value for key in parts if key != "articles"}
    for key in ("name", "title", "kind", "version"):
        if not texts.get(key):
            reader.report("missing_key", reader.line(node), name=key)
    kind = texts.get("kind", "")
    if kind not in KINDS:
        reader.report("unknown_kind", reader.line(node), value=kind, allowed="、".join(KINDS))
    name = texts.get("name", "")
    return Law(
        name=name,
        title=texts.get("title", ""),
        shown=texts.get("shown") or f"《{name}》",
        kind=kind,
        version=texts.get("version", ""),
        text=texts.get("text", ""),
        is_flat=texts.get("flat") == "true",
        articles=_articles(reader, parts),
    )


def _articles(reader: Reader, parts: dict[str, yaml.Node]) -> dict[str, str]:
    if "articles" not in parts:
        return {}
    found = {}
    for number, node in reader.mapping(parts["articles"], "articles").items():
        text = reader.text(node, number)
        if not text.value:
            reader.report("blank", text.line, name=number)
        match = _ARTICLE.fullmatch(number)
        if not (match and match[1] == number) and not _CLAUSE.fullmatch(number):
            reader.report("bad_article_number", reader.line(node), number=number)
        found[number] = text.value
    return found


def _has_part(text: str, paragraph: str | None, item: str | None) -> bool:
    """Whether an article has the paragraph (款) and the item (项) that a citation names."""
    paragraphs = _paragraphs(text)
    if paragraph is None:
        chosen = [line for lines in paragraphs for line in lines]
    elif (row := _number(paragraph[1:-1])) <= len(paragraphs):
        chosen = paragraphs[row - 1]
    else:
        return False
    return item is None or any(line.startswith(f"（{item[1:-1]}）") for line in chosen)


def _paragraphs(text: str) -> list[list[str]]:
    """Return the paragraphs (款), each with the lines of its items (项)."""
    paragraphs: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("（") and paragraphs:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _number(numeral: str) -> int:
    """Return a Chinese numeral from 一 to 九十九 as a number."""
    tens, ten, ones = numeral.rpartition("十")
    value = _NUMERALS.index(ones) if ones else 0
    return value + (10 * (_NUMERALS.index(tens) if tens else 1) if ten else 0)
