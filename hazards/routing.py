"""Who handles a hazard and who leads, read from the routes in a district's file.

A case goes first to the town, street or platform of the building, which handles it; the lead
department of that action supervises, and takes over on escalation or where its power to enforce
is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from community.departments import STREET, Department, Plan
from community.districts import District
from community.placefiles import Part
from community.placevalues import text_or_empty, texts, truth
from hazards.categories import Categories, load_categories

# In `categories` of a route: everything that no other route names.
ALL = "all"

_REQUIRED = ("categories", "handlers", "lead")
_ALLOWED = ("with", "src", "enforcement", "confirm", "note")


class NoSuchRoute(Exception):
    """A district's file does not say who handles a category."""

    permanent = True

    def __init__(self, district: str, category: str) -> None:
        self.district = district
        self.category = category
        super().__init__(
            f"{district} has no route for {category}: name it under 'routes' in the district's file"
        )


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers for one category in one district.

    Attributes:
        handlers: who handles it, the town, street or platform first.
        leads: who leads the action; most plans name one, some two.
        with_: who works with them.
        src: the plan's numbers of the tasks that say so.
        is_to_confirm: no task names the category; the district has yet to confirm (待本地确认).
        plan: which plan; None where the district has none.
        enforcement: who joins when something is removed by force.
        note: Chinese, for staff; may be empty.
    """

    handlers: tuple[Department, ...]
    leads: tuple[Department, ...]
    with_: tuple[Department, ...]
    src: tuple[str, ...]
    is_to_confirm: bool
    plan: Plan | None
    enforcement: tuple[Department, ...] = ()
    note: str = ""

    @property
    def lead(self) -> Department:
        """The one who supervises (牵头单位): the first of ``leads``."""
        return self.leads[0]

    @property
    def units(self) -> tuple[Department, ...]:
        """Everybody named, each once, handlers first."""
        everybody = (*self.handlers, *self.leads, *self.with_, *self.enforcement)
        return tuple(dict.fromkeys(everybody))

    @property
    def cited(self) -> str:
        """The plan with its year and tasks, to stand beside a department; may be empty."""
        if self.plan is None:
            return ""
        tasks = f"任务{'、'.join(self.src)}" if self.src else ""
        return f"{self.plan.cited}{tasks}"


def route(district: District, category: str) -> Route:
    """Return who answers for a category in a district.

    Raises:
        UnknownCategory: when there is no such category.
        NoSuchRoute: when the district's file does not say.
        BrokenPlaceFile: when its routes cannot be used.
    """
    categories = load_categories()
    categories.require(category)
    part = district.part("routes")
    found = routes(district, part, categories) if part else {}
    if category not in found:
        raise NoSuchRoute(district.id, category)
    return found[category]


def takes_over(found: Route) -> tuple[Department, ...]:
    """Return who acts when power to enforce is needed: the lead first, then who joins it.

    The town, street or platform stays responsible, and is not among them.
    """
    return tuple(dict.fromkeys((*found.leads, *found.enforcement)))


def routes(district: District, part: Part, categories: Categories) -> Mapping[str, Route]:
    """Return a district's routes by category, from the part ``routes`` of its file.

    Read once for each part.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
    """
    return _read(part, district.departments, district.plan, tuple(categories.by_id))


def to_confirm(district: District, categories: Categories) -> list[str]:
    """Return the ids of the categories that a district has yet to confirm or has no route for.

    Raises:
        BrokenPlaceFile: when its routes cannot be used.
    """
    part = district.part("routes")
    found = routes(district, part, categories) if part else {}
    return [id_ for id_ in categories.by_id if id_ not in found or found[id_].is_to_confirm]


@lru_cache(maxsize=128)
def _read(
    part: Part, departments: tuple[Department, ...], plan: Plan | None, known: tuple[str, ...]
) -> Mapping[str, Route]:
    found: dict[str, Route] = {}
    rest: Route | None = None
    by_id = {one.id: one for one in departments}
    for item in part.items():
        fields = item.fields(_REQUIRED, _ALLOWED)
        one = _route(fields, by_id, plan)
        if _is_rest(fields["categories"]):
            rest = one
            continue
        for category in _categories(fields["categories"], known):
            if category in found:
                raise fields["categories"].broken(f"“{category}”写了两次", "删掉一个")
            found[category] = one
    return found if rest is None else dict.fromkeys(known, rest) | found


def _is_rest(part: Part) -> bool:
    return not isinstance(part.node.value, list) and part.text() == ALL


def _categories(part: Part, known: Sequence[str]) -> Iterator[str]:
    for item in part.items():
        if item.text() not in known:
            raise item.broken(f"没有“{item.text()}”这一类", f"只能写：{'、'.join(known)}")
        yield item.text()


def _route(fields: Mapping[str, Part], known: Mapping[str, Department], plan: Plan | None) -> Route:
    handlers = _departments(fields["handlers"], known)
    leads = _departments(fields["lead"], known)
    if not handlers or handlers[0].id != STREET:
        raise fields["handlers"].broken("属地镇街要排在最前", f"写成[{STREET}, …]")
    if not leads or any(one in handlers for one in leads):
        raise fields["lead"].broken("牵头单位要有，也不能就是办理单位", "写上牵头部门的编号")
    return Route(
        handlers=handlers,
        leads=leads,
        with_=_departments(fields.get("with"), known),
        src=texts(fields.get("src")),
        is_to_confirm=truth(fields.get("confirm")),
        plan=plan,
        enforcement=_departments(fields.get("enforcement"), known),
        note=text_or_empty(fields.get("note")),
    )


def _departments(part: Part | None, known: Mapping[str, Department]) -> tuple[Department, ...]:
    for item in part.items() if part else ():
        if item.text() not in known:
            mend = f"在departments里加上，或改成：{'、'.join(known)}"
            raise item.broken(f"没有“{item.text()}”这个部门", mend)
    return tuple(known[id_] for id_ in texts(part))
