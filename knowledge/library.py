"""The finished answers, read once from ``knowledge.db`` into memory for the running service.

Light on purpose: ``lifeline ask`` starts with it. Building the file is ``knowledge.build``.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import LibraryDamaged, UnknownTopic, UnresolvedSetting

# Raised whenever the tables change, so that a file of another release is built again.
LAYOUT = "1"

Utterances = Mapping[str, tuple[str, ...]]

_Row = tuple[str, ...]
_ENTRIES = "SELECT id, title, body, related, needs, said FROM entries ORDER BY position"
_CITATIONS = "SELECT entry, name, supports, text, law, article FROM citations ORDER BY id"


@dataclass(frozen=True, slots=True)
class Citation:
    """One source of an answer (法规依据).

    Attributes:
        name: as shown, such as 《消防法》第四十四条.
        supports: what in the answer rests on it.
        text: the article in full; "" for common practice.
        law: the law's shown name without the article; "" for common practice.
        article: such as 第四十四条第一款, or "".
    """

    name: str
    supports: str
    text: str
    law: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said on one topic, settings filled in.

    Attributes:
        topic: its id in the syllabus.
        title: the question it answers, in short.
        text: first the thing to do first, then numbered steps.
        citations: in the order of importance that the author chose.
        related: ids of topics that help next; not all need be finished.
        needs: names of the settings in the text, so that it differs by district.
    """

    topic: str
    title: str
    text: str
    citations: tuple[Citation, ...]
    related: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A finished topic as the index needs it: utterances are register → texts."""

    id: str
    title: str
    text: str
    utterances: Utterances


class Library:
    """All finished answers, in memory.

    Attributes:
        content_hash: of the content files that they were built from.
    """

    def __init__(self, entries: Iterable[tuple[Answer, Utterances]], content: str = "") -> None:
        """Take the entries in the order of the syllabus; texts still hold ``{settings}``."""
        self._entries = {answer.topic: (answer, said) for answer, said in entries}
        self.content_hash = content

    @classmethod
    def open(cls, path: Path) -> "Library":
        """Read ``knowledge.db``; the file is not needed afterwards.

        Raises:
            LibraryDamaged: when it is missing, damaged, or laid out by another release.
        """
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
                facts = dict(db.execute("SELECT name, value FROM meta"))
                entries, citations = (
                    db.execute(_ENTRIES).fetchall(),
                    db.execute(_CITATIONS).fetchall(),
                )
        except (sqlite3.Error, ValueError) as error:
            raise LibraryDamaged(path, str(error)) from error
        if facts.get("layout") != LAYOUT:
            raise LibraryDamaged(path, f"layout {facts.get('layout')}, this release reads {LAYOUT}")
        if facts.get("digest") != _digest(entries, citations):
            raise LibraryDamaged(path, "its rows differ from what was written")
        return cls(_parsed(entries, citations), facts.get("content_hash", ""))

    def holds(self, topic: str) -> bool:
        """Whether there is a finished entry for ``topic``."""
        return topic in self._entries

    def title(self, topic: str) -> str:
        """Return the topic's title.

        Raises:
            UnknownTopic: when there is no such entry.
        """
        return self._entry(topic).title

    def answer(self, topic: str, settings: Mapping[str, str]) -> Answer:
        """Return the answer with each ``{setting}`` in its text replaced.

        Args:
            topic: a topic that the library holds.
            settings: setting name → its text in this district; every declared one.

        Raises:
            UnknownTopic: when there is no such entry.
            UnresolvedSetting: when ``settings`` lacks one that the text names.
        """
        entry = self._entry(topic)
        if not entry.needs:
            return entry
        text = entry.text
        for name in entry.needs:
            if name not in settings:
                raise UnresolvedSetting(topic, name)
            text = text.replace(f"{{{name}}}", settings[name])
        return Answer(topic, entry.title, text, entry.citations, entry.related, entry.needs)

    def topics(self) -> Iterator[Topic]:
        """Yield every finished topic in the order of the syllabus; texts keep ``{settings}``."""
        for entry, said in self._entries.values():
            yield Topic(entry.topic, entry.title, entry.text, said)

    def __len__(self) -> int:
        """Return how many entries are finished."""
        return len(self._entries)

    def _entry(self, topic: str) -> Answer:
        if topic not in self._entries:
            raise UnknownTopic(topic)
        return self._entries[topic][0]


def basis_line(citations: Sequence[Citation]) -> str:
    """Return the one line 「依据：《消防法》第四十四条、第六十条；…」 under an answer.

    Articles of one law stand together. Common practice is named only where there is no law
    at all, and an answer without any citation gets "".
    """
    articles: dict[str, list[str]] = {}
    for cited in citations:
        if not cited.law:
            continue
        of_law = articles.setdefault(cited.law, [])
        if cited.article and cited.article not in of_law:
            of_law.append(cited.article)
    if not articles:
        return "依据：通行做法" if citations else ""
    return "依据：" + "；".join(law + "、".join(cited) for law, cited in articles.items())


def rows_digest(db: sqlite3.Connection) -> str:
    """Return the digest of the rows that ``Library.open`` reads, kept in ``meta`` by the build.

    SQLite notices a damaged page's structure, never a changed letter in an answer.
    """
    return _digest(db.execute(_ENTRIES), db.execute(_CITATIONS))


def _digest(*tables: Iterable[_Row]) -> str:
    digest = hashlib.sha256()
    for rows in tables:
        for row in rows:
            digest.update("\x1f".join(map(str, row)).encode())
            digest.update(b"\x1e")
    return digest.hexdigest()


def _parsed(
    entries: Iterable[_Row], citations: Iterable[_Row]
) -> Iterator[tuple[Answer, Utterances]]:
    cited: dict[str, list[Citation]] = {}
    for entry, *parts in citations:
        cited.setdefault(entry, []).append(Citation(*parts))
    for topic, title, body, related, needs, said in entries:
        answer = Answer(
            topic,
            title,
            body,
            tuple(cited.get(topic, ())),
            tuple(json.loads(related)),
            tuple(json.loads(needs)),
        )
        yield answer, {name: tuple(texts) for name, texts in json.loads(said).items()}
