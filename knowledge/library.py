"""The finished answers, read once from ``knowledge.db`` into memory for the running service.

Light on purpose: ``lifeline ask`` starts with it. Building the file is ``knowledge.build``.
"""

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
    """All finished answers, in memory."""

    def __init__(self, entries: Iterable[tuple[Answer, Utterances]]) -> None:
        """Take the entries in the order of the syllabus; texts still hold ``{settings}``."""
        self._entries = {answer.topic: (answer, said) for answer, said in entries}

    @classmethod
    def open(cls, path: Path) -> "Library":
        """Read ``knowledge.db``; the file is not needed afterwards.

        Raises:
            LibraryDamaged: when it is missing, damaged, or laid out by another release.
        """
        try:
            with closing(_connect(path)) as db:
                _require_layout(db, path)
                return cls(_read_entries(db))
        except (sqlite3.Error, ValueError) as error:
            raise LibraryDamaged(path, str(error)) from error

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


def stored_hash(path: Path) -> str | None:
    """Return the hash of the content that ``path`` was built from; None if it is unusable."""
    try:
        with closing(_connect(path)) as db:
            _require_layout(db, path)
            return _meta(db, "content_hash")
    except (sqlite3.Error, LibraryDamaged):
        return None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _require_layout(db: sqlite3.Connection, path: Path) -> None:
    found = _meta(db, "layout")
    if found != LAYOUT:
        raise LibraryDamaged(path, f"layout {found}, this release reads {LAYOUT}")


def _meta(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def _read_citations(db: sqlite3.Connection) -> dict[str, list[Citation]]:
    found: dict[str, list[Citation]] = {}
    for entry, *parts in db.execute(
        "SELECT entry, name, supports, text, law, article FROM citations ORDER BY id"
    ):
        found.setdefault(entry, []).append(Citation(*parts))
    return found


def _read_entries(db: sqlite3.Connection) -> Iterator[tuple[Answer, Utterances]]:
    citations = _read_citations(db)
    rows = "SELECT id, title, body, related, needs, said FROM entries ORDER BY position"
    for topic, title, body, related, needs, said in db.execute(rows):
        cited = tuple(citations.get(topic, ()))
        answer = Answer(
            topic, title, body, cited, tuple(json.loads(related)), tuple(json.loads(needs))
        )
        yield answer, {name: tuple(texts) for name, texts in json.loads(said).items()}
