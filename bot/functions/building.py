"""我的楼栋: binding by a scanned code, by name, by a place, or step by step."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Saying, Visit
from bot.dialogue.session import Flow
from bot.messages import Choice
from community.bindings import (
    MOST_BUILDINGS,
    How,
    bind,
    bound_buildings,
    scene_building,
    unbind,
)
from community.nearby import Point, buildings_near
from community.placenames import search_terms
from community.register_store import (
    find_building_by_code,
    list_buildings,
    list_communities,
    list_streets,
    search_buildings,
)
from community.registers import PAGE_SIZE, Building, Page
from community.store import resident_of

T = TypeVar("T")

KEY = "building"
_SEARCH = Flow(KEY, "search")
# 「不绑了」 and the like are for the reception; a longer text than this is no name.
_MOST_NAME_CHARACTERS = 40
_WORDS = frozenset({
    "我的楼栋", "楼栋", "绑定楼栋", "绑定", "怎么绑定楼栋", "怎么绑定", "我要绑定", "我要绑定楼栋",
    "换楼栋", "换楼", "我要换楼栋", "解绑", "解绑楼栋", "解除绑定", "怎么解绑", "取消绑定",
    "my building", "building", "bind",
})  # fmt: skip
# Choices of an earlier message: where they lead without what was behind them.
_LABELS = {
    "building_list": f"{KEY}/streets/0", "building_add": f"{KEY}/add", "building_no": f"{KEY}/add",
    "phones_bind": KEY, "building_yes": "", "building_drop": "", "building_next": "",
}  # fmt: skip
# A name that people write by itself says which building: 阳光小区3栋.
_NAMES_BUILDING = re.compile(r"[0-9a-zA-Z一二三四五六七八九十]\s*(?:栋|幢|座|号楼|#)")
_CODE = re.compile(r"(?:编号|楼栋码|码)?[:：\s]*([0-9A-Za-z]{8})")
_NO_NAME = re.compile(
    r"^/|[?？吗么]|怎|咋|啷个|如何|什么|哪|能不能|可不可以|^\W*[\d\s]*\W*$|^谢谢|^你好|^是的?$"
)
_BOUND_WORDS = {
    "bound": "building_bound",
    "again": "building_already",
    "gone": "building_code_unknown",
}


class BuildingFunction:
    """The function, over the districts of this installation."""

    def __init__(self, districts: Sequence[str]) -> None:
        self._districts = tuple(districts)

    def open(self, visit: Visit, given: str) -> Outcome:
        """Do what stands behind the key: scan, take, drop, list, near; nothing shows what is."""
        action, _, rest = given.partition("/")
        return self._actions.get(action, BuildingFunction._show)(self, visit, rest)

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:  # noqa: ARG002 - fits Step
        """Look a typed name, or a place that was sent, up in the register."""
        if visit.place:
            return self._near(visit, "")
        name = visit.text.strip()
        if not name or len(name) > _MOST_NAME_CHARACTERS:
            return None
        if found := self._found(visit, name):
            return self._offered(visit, found)
        if visit.is_question or _NO_NAME.search(name):
            return None
        return self._searching(visit.say("building_not_found", text=name)).outcome()

    def recognise(self, visit: Visit) -> Outcome | None:
        """Offer to bind the building whose name, or code, is all that somebody wrote."""
        name = visit.text.strip()
        if len(name) > _MOST_NAME_CHARACTERS or not (_CODE.fullmatch(name) or _is_name(name)):
            return None
        found = self._found(visit, name)
        return self._offered(visit, found) if found else None

    def function(self) -> Function:
        """Return it as it is registered."""
        return Function(
            KEY, self.open, _WORDS, self.step, menu="mine", labels=_LABELS, recognise=self.recognise
        )

    def _found(self, visit: Visit, name: str) -> Sequence[Building]:
        """Return the buildings that a name means, or the one with this code."""
        code = _CODE.fullmatch(name)
        if code and (building := find_building_by_code(visit.db, code[1])):
            return [building]
        return search_buildings(visit.db, self._districts, name).rows

    def _show(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        bound = bound_buildings(visit.db, _resident(visit))
        if not bound:
            return self._ask(visit, "")
        names = "、".join(one.building.name for one in bound)
        choices = [visit.choice("building_phones", f"phones/{bound[0].building.code}")]
        if len(bound) < MOST_BUILDINGS:
            choices.append(visit.choice("building_add", f"{KEY}/add"))
        choices += [
            visit.choice(
                "building_drop", f"{KEY}/drop/{one.building.code}", building=one.building.name
            )
            for one in bound
        ]
        choices.append(visit.choice("start_assistance", "assistance"))
        return visit.say("building_yours", buildings=names).offering(choices).outcome()

    def _ask(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        if not self._has_register(visit):
            return visit.say("building_empty").outcome()
        is_bound = bound_buildings(visit.db, _resident(visit))
        return self._searching(
            visit.say("building_more" if is_bound else "building_none")
        ).outcome()

    def _has_register(self, visit: Visit) -> bool:
        return any(list_streets(visit.db, name).rows for name in self._districts)

    def _searching(self, saying: Saying) -> Saying:
        chosen = saying.visit.choice("building_list", f"{KEY}/streets/0")
        return saying.offering([chosen]).waiting(_SEARCH, wants="place")

    def _scan(self, visit: Visit, scene: str) -> Outcome:
        code = scene_building(scene)
        building = find_building_by_code(visit.db, code) if code else None
        if building is None:
            return self._searching(visit.say("building_code_unknown")).outcome()
        return self._confirm(visit, building, "scan")

    def _confirm(self, visit: Visit, building: Building, how: How) -> Outcome:
        yes = visit.choice("building_yes", f"{KEY}/take/{building.code}/{how}")
        no = visit.choice("building_no", f"{KEY}/add")
        return visit.say("building_ask", building=building.full_name).asking(yes, no).outcome()

    def _take(self, visit: Visit, rest: str) -> Outcome:
        code, _, how = rest.partition("/")
        building = find_building_by_code(visit.db, code)
        if building is None:
            return self._searching(visit.say("building_code_unknown")).outcome()
        way: How = "scan" if how == "scan" else "choice"
        done = bind(visit.db, _resident(visit), building.id, way, visit.now)
        if done == "full":
            return visit.say("building_too_many", most=MOST_BUILDINGS).outcome()
        said = visit.say(_BOUND_WORDS[done], building=building.name)
        phones = visit.choice("building_phones", f"phones/{building.code}")
        return said.offering([phones]).booked().outcome()

    def _drop(self, visit: Visit, code: str) -> Outcome:
        resident = _resident(visit)
        bound = [one.building for one in bound_buildings(visit.db, resident)]
        building = next((one for one in bound if one.code == code), None)
        if building is None:
            return self._show(visit, "")
        unbind(visit.db, resident, building.id)
        return visit.say("building_dropped", building=building.name).booked().outcome()

    def _near(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        if visit.place is None:
            return self._ask(visit, "")
        if not self._has_register(visit):
            return visit.say("sent_place").outcome()
        point = Point(visit.place.latitude, visit.place.longitude)
        found = buildings_near(visit.db, self._districts, point, PAGE_SIZE)
        if not found:
            return self._searching(visit.say("building_not_near")).outcome()
        return self._offered(visit, found)

    def _offered(self, visit: Visit, found: Sequence[Building]) -> Outcome:
        if len(found) == 1:
            return self._confirm(visit, found[0], "choice")
        choices = [Choice(one.full_name, function=f"{KEY}/take/{one.code}") for one in found]
        return visit.say("building_found").offering(choices).waiting(_SEARCH).outcome()

    def _streets(self, visit: Visit, rest: str) -> Outcome:
        pages = [list_streets(visit.db, name, _number(rest)) for name in self._districts]
        rows = tuple(row for page in pages for row in page.rows)
        level = _Level(
            Page(rows, _number(rest), any(page.has_more for page in pages)),
            lambda row: Choice(row.name, function=f"{KEY}/communities/{row.id}/0"),
            f"{KEY}/streets",
        )
        return _listed(visit, "building_choose_street", level)

    def _communities(self, visit: Visit, rest: str) -> Outcome:
        street, _, page = rest.partition("/")
        level = _Level(
            list_communities(visit.db, _number(street), _number(page)),
            lambda row: Choice(row.name, function=f"{KEY}/buildings/{row.id}/0"),
            f"{KEY}/communities/{street}",
        )
        return _listed(visit, "building_choose_community", level)

    def _buildings(self, visit: Visit, rest: str) -> Outcome:
        community, _, page = rest.partition("/")
        level = _Level(
            list_buildings(visit.db, _number(community), _number(page)),
            lambda row: Choice(row.name, function=f"{KEY}/take/{row.code}"),
            f"{KEY}/buildings/{community}",
        )
        return _listed(visit, "building_choose_building", level)

    _actions: Mapping[str, Callable[["BuildingFunction", Visit, str], Outcome]] = {
        "add": _ask, "scan": _scan, "take": _take, "drop": _drop, "near": _near,
        "streets": _streets, "communities": _communities, "buildings": _buildings,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level(Generic[T]):
    """One level of choosing step by step: a page, the choice of a row, the key of more."""

    page: Page[T]
    choice: Callable[[T], Choice]
    more: str


def _listed(visit: Visit, name: str, level: _Level[T]) -> Outcome:
    choices = [level.choice(row) for row in level.page.rows]
    if level.page.has_more:
        choices.append(visit.choice("building_next", f"{level.more}/{level.page.number + 1}"))
    if not choices:
        return visit.say("building_empty").outcome()
    return visit.say(name).offering(choices).waiting(_SEARCH).outcome()


def _is_name(text: str) -> bool:
    """Whether a text names a building of somewhere: 「3栋」 alone may be anybody's."""
    return bool(_NAMES_BUILDING.search(text)) and len(search_terms(text)) > 1


def _number(text: str) -> int:
    """Return a number from a key; what was tampered with is the first page or no row."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _resident(visit: Visit) -> int:
    return resident_of(visit.db, visit.account_id)
