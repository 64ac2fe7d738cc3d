"""What has to be seen to before residents are told of a drill; ``checklist.yaml`` holds it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from community.placefiles import Part, read_place_file
from community.placevalues import texts, whole_number
from drills.drills import KINDS, DrillRefused, Kind

CHECKLIST_FILE = Path(__file__).parent / "checklist.yaml"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to see to.

    Attributes:
        id: stands in rows of ``drill_check``.
        name: beside the box to tick.
        how: what to do, or what to look at.
        required_for: kinds of drills that are not announced without it; advice for the others.
        basis: the article that says so, or that it is common practice or our advice.
    """

    id: str
    name: str
    how: str
    required_for: frozenset[Kind]
    basis: str

    def is_required_for(self, kind: Kind) -> bool:
        """Tell whether a drill of this kind waits for it."""
        return kind in self.required_for


@dataclass(frozen=True)
class Checklist:
    """Everything to see to, in the order in which it is asked.

    Attributes:
        heat_limit_celsius: from which air temperature a drill is stopped: our advice, no law.
    """

    version: str
    heat_limit_celsius: int
    items: tuple[Item, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Item]:
        """Return item id → item."""
        return MappingProxyType({item.id: item for item in self.items})

    def require(self, item: str) -> Item:
        """Return an item by its id.

        Raises:
            DrillRefused: ``unknown_check``, when there is none.
        """
        if found := self.by_id.get(item):
            return found
        raise DrillRefused("unknown_check")

    def items_for(self, kind: Kind) -> tuple[Item, ...]:
        """Return what is asked for a kind of drill: what it waits for, then the advice.

        What is required for other kinds alone is left out.
        """
        required = [item for item in self.items if item.is_required_for(kind)]
        advised = [item for item in self.items if not item.required_for]
        return (*required, *advised)

    def missing(self, kind: Kind, done: Collection[str]) -> tuple[Item, ...]:
        """Return what a kind of drill waits for and is not among the ids in ``done``."""
        return tuple(
            item for item in self.items if item.is_required_for(kind) and item.id not in done
        )


@lru_cache(maxsize=4)
def load_checklist(file: Path = CHECKLIST_FILE) -> Checklist:
    """Read the checklist, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    fields = read_place_file(file).fields(("version", "heat_limit_celsius", "items"))
    found: dict[str, Item] = {}
    for part in fields["items"].items():
        item = _item(part)
        if item.id in found:
            raise part.broken(f"“{item.id}”写了两次", "删掉一个")
        found[item.id] = item
    limit = whole_number(fields["heat_limit_celsius"], 25, 40)
    return Checklist(fields["version"].text(), limit, tuple(found.values()))


def _item(part: Part) -> Item:
    plain = ("id", "name", "how", "basis")
    fields = part.fields((*plain, "required_for"))
    named = texts(fields["required_for"])
    for name in named:
        if name not in KINDS:
            raise fields["required_for"].broken(
                f"没有“{name}”这种演练", f"只能写：{'、'.join(KINDS)}"
            )
    kinds = frozenset(kind for kind in KINDS if kind in named)
    return Item(**{name: fields[name].text() for name in plain}, required_for=kinds)
