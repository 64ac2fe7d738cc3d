"""The kinds of hazard that residents report, and which of them a text may mean.

``categories.yaml`` holds them; who handles each in a district is in ``hazards.routing``.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from community.placefiles import Part, read_place_file
from community.placevalues import text_or_empty, truth

CATEGORIES_FILE = Path(__file__).parent / "categories.yaml"
OTHER = "other"
# What fits a button, and what fits one page of them in chat.
MOST_NAME_CHARACTERS = 8
MOST_GROUPS = 6
MOST_IN_A_GROUP = 6

_TEXTS = ("id", "name", "description", "group", "place_word", "photo_hint", "major_hint")
_LISTS = ("words", "open311")
_TRUTHS = ("urgent", "public")


class UnknownCategory(Exception):
    """There is no such kind of hazard."""

    permanent = True

    def __init__(self, category: str, known: Sequence[str]) -> None:
        self.category = category
        self.known = tuple(known)
        super().__init__(f"there is no category {category!r}: use one of {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of hazard; the texts are for residents unless said otherwise.

    Attributes:
        id: stands in rows, open data and district files.
        name: on a button, at most ``MOST_NAME_CHARACTERS``.
        description: one sentence.
        group: the id of its group.
        place_word: what to ask about the place.
        photo_hint: how to take a useful photo safely.
        major_hint: for staff: what would make it a major hazard (重大隐患).
        emergency_gate: what to ask before the report is taken, since whoever says yes needs
            help now; empty when nothing.
        is_urgent: a way out or in is blocked, or equipment is out of use.
        is_public: may be shown on the exposure board and in open data once moderated.
        words: tuples of parts; a text that holds all parts of one may mean this category.
        open311: keywords for open data.
        topics: of the knowledge, whose answers are about this.
    """

    id: str
    name: str
    description: str
    group: str
    place_word: str
    photo_hint: str
    major_hint: str
    emergency_gate: str
    is_urgent: bool
    is_public: bool
    words: tuple[tuple[str, ...], ...]
    open311: tuple[str, ...]
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Categories that are offered together, in two-step choosing."""

    id: str
    name: str
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Categories:
    """All categories, in the order of the buttons."""

    groups: tuple[Group, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Category]:
        """Return category id → category."""
        return MappingProxyType({one.id: one for group in self.groups for one in group.categories})

    @cached_property
    def by_topic(self) -> Mapping[str, Category]:
        """Return topic id → the category that the answer is about."""
        return MappingProxyType({topic: one for one in self.all for topic in one.topics})

    @property
    def all(self) -> tuple[Category, ...]:
        """Return every category."""
        return tuple(self.by_id.values())

    def get(self, category: str) -> Category | None:
        """Return a category by its id; None for an unknown one."""
        return self.by_id.get(category)

    def require(self, category: str) -> Category:
        """Return a category by its id.

        Raises:
            UnknownCategory: naming those there are.
        """
        if found := self.by_id.get(category):
            return found
        raise UnknownCategory(category, tuple(self.by_id))

    def propose(self, text: str) -> list[str]:
        """Return the ids of the categories that ``text`` may mean, likeliest first.

        Empty when no word of any category stands in it. Takes a fraction of a millisecond for
        what people write.
        """
        plain = "".join(unicodedata.normalize("NFKC", text[:_MOST_READ]).lower().split())
        scores = {one.id: _score(plain, one.words) for one in self.by_id.values()}
        # sorted() is stable: among equals the order of the file decides.
        return sorted((id_ for id_, score in scores.items() if score), key=lambda id_: -scores[id_])


# Nobody describes a hazard in more; a longer text must not cost more.
_MOST_READ = 500


def _score(text: str, words: Sequence[tuple[str, ...]]) -> int:
    """Return how much of ``text`` speaks for a category.

    The best word decides, longer words being the more particular ones; more of them add little.
    """
    found = [sum(map(len, parts)) for parts in words if all(part in text for part in parts)]
    return 10 * max(found) + len(found) if found else 0


@lru_cache(maxsize=4)
def load_categories(file: Path = CATEGORIES_FILE) -> Categories:
    """Read the categories, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    fields = read_place_file(file).fields(("groups", "categories"))
    names = _group_names(fields["groups"])
    found: dict[str, Category] = {}
    for part in fields["categories"].items():
        one = _category(part, names)
        if one.id in found:
            raise part.broken(f"“{one.id}”写了两次", "删掉一个")
        if twice := {topic for known in found.values() for topic in known.topics} & {*one.topics}:
            raise part.broken(f"知识条目“{min(twice)}”写在两类下面", "只留一处")
        found[one.id] = one
    if OTHER not in found:
        raise fields["categories"].broken(f"缺“{OTHER}”", "补上“其他”这一类")
    groups = tuple(
        Group(id_, name, tuple(one for one in found.values() if one.group == id_))
        for id_, name in names.items()
    )
    _require_sizes(groups, fields["groups"])
    return Categories(groups)


def _group_names(part: Part) -> dict[str, str]:
    names: dict[str, str] = {}
    for item in part.items():
        texts = item.texts(("id", "name"))
        if texts["id"] in names:
            raise item.broken(f"“{texts['id']}”写了两次", "删掉一个")
        names[texts["id"]] = texts["name"]
    return names


def _require_sizes(groups: Sequence[Group], part: Part) -> None:
    if len(groups) > MOST_GROUPS:
        raise part.broken(f"有{len(groups)}组，最多{MOST_GROUPS}组", "合并几组")
    for group in groups:
        if not 1 <= len(group.categories) <= MOST_IN_A_GROUP:
            problem = f"“{group.name}”有{len(group.categories)}类，只能1到{MOST_IN_A_GROUP}类"
            raise part.broken(problem, "把一些类别换到别的组")


def _category(part: Part, groups: Mapping[str, str]) -> Category:
    fields = part.fields((*_TEXTS, *_LISTS, *_TRUTHS, "emergency_gate"), ("topics",))
    texts = {name: fields[name].text() for name in _TEXTS}
    if texts["group"] not in groups:
        known = "、".join(groups)
        raise fields["group"].broken(f"没有“{texts['group']}”这一组", f"只能写：{known}")
    if len(texts["name"]) > MOST_NAME_CHARACTERS:
        raise fields["name"].broken(f"名字最多{MOST_NAME_CHARACTERS}个字", "改短")
    return Category(
        **texts,
        emergency_gate=text_or_empty(fields["emergency_gate"]),
        is_urgent=truth(fields["urgent"]),
        is_public=truth(fields["public"]),
        words=tuple(_parts(item) for item in fields["words"].items()),
        open311=tuple(item.text() for item in fields["open311"].items()),
        topics=tuple(item.text() for item in fields["topics"].items())
        if "topics" in fields
        else (),
    )


def _parts(item: Part) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFKC", item.text()).lower().split())
