"""The syllabus: every topic by its stable id, and the facts that its answer must convey."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from knowledge.content import CONTENT_ROOT, SYLLABUS
from knowledge.errors import BrokenContent
from knowledge.reading import Reader

_CATEGORY_KEYS = frozenset({"id", "name", "finished", "topics"})
_TOPIC_KEYS = frozenset({"id", "title", "points", "needs"})


@dataclass(frozen=True, slots=True)
class SyllabusTopic:
    """One topic: ``points`` are to be conveyed, ``needs`` tells what differs by district."""

    id: str
    title: str
    points: tuple[str, ...]
    needs: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Category:
    """Topics that belong together; all of a ``finished`` one have an entry."""

    id: str
    name: str
    is_finished: bool
    topics: tuple[SyllabusTopic, ...]


@dataclass(frozen=True)
class Syllabus:
    """All categories, in order."""

    categories: tuple[Category, ...]

    @cached_property
    def topics(self) -> Mapping[str, SyllabusTopic]:
        """Every topic by its id, in order."""
        return {topic.id: topic for category in self.categories for topic in category.topics}

    def __contains__(self, topic: object) -> bool:
        """Whether ``topic`` is an id of the syllabus."""
        return topic in self.topics


def load_syllabus(path: Path = CONTENT_ROOT / SYLLABUS) -> Syllabus:
    """Read the syllabus.

    Raises:
        BrokenContent: naming every fault by line.
        OSError: when the file cannot be read.
    """
    reader = Reader(path)
    content = reader.content()
    node = reader.compose(content) if content is not None else None
    syllabus = Syllabus(tuple(_categories(reader, node)) if node else ())
    if reader.problems:
        raise BrokenContent(reader.problems)
    return syllabus


def _categories(reader: Reader, node: yaml.Node) -> Iterator[Category]:
    seen: set[str] = set()
    fields = reader.mapping(node, "syllabus")
    reader.only(fields, frozenset({"categories"}))
    for item in reader.items(fields["categories"], "categories") if "categories" in fields else ():
        parts = reader.mapping(item, "categories")
        reader.only(parts, _CATEGORY_KEYS)
        id_, name = (_required(reader, parts, key, item) for key in ("id", "name"))
        finished = "finished" in parts and reader.text(parts["finished"], "finished").value
        topics = reader.items(parts["topics"], "topics") if "topics" in parts else ()
        yield Category(
            id_,
            name,
            finished == "true",
            tuple(_topic(reader, topic, id_, seen) for topic in topics),
        )


def _topic(reader: Reader, node: yaml.Node, category: str, seen: set[str]) -> SyllabusTopic:
    parts = reader.mapping(node, "topics")
    reader.only(parts, _TOPIC_KEYS)
    id_, title = (_required(reader, parts, key, node) for key in ("id", "title"))
    if id_ in seen:
        reader.report("twice", reader.line(node), name=id_)
    if not id_.startswith(f"{category}."):
        reader.report("id_outside_category", reader.line(node), id=id_, category=category)
    seen.add(id_)
    points, needs = (
        tuple(text.value for text in reader.texts(parts[key], key)) if key in parts else ()
        for key in ("points", "needs")
    )
    return SyllabusTopic(id_, title, points, needs, reader.line(node))


def _required(reader: Reader, parts: dict[str, yaml.Node], key: str, node: yaml.Node) -> str:
    value = reader.text(parts[key], key).value if key in parts else ""
    if not value:
        reader.report("missing_key", reader.line(node), name=key)
    return value
