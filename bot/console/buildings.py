"""The section 「楼栋」: the register to look through, and each building's card.

``BuildingPages(desk)`` is the page module.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.building_page import floors_words, page_address
from bot.console import building_edit, building_help, building_imports, building_naming
from bot.console.building_desk import (
    ONE,
    PATH,
    ROLES,
    BuildingDesk,
    administers,
    building_at,
    holds,
    path_of,
    pdf,
)
from bot.console.building_looks_store import (
    LACKS,
    Found,
    Lack,
    Wanted,
    buildings_in,
    residents_bound,
)
from bot.console.shell import Refused, Section, Signed, page, render, shell_of
from bot.messages import clean_text
from bot.papers.building_poster import BuildingPoster, poster_paper
from community.assistance import MOST_REASON_CHARACTERS
from community.assistance_store import residents_needing_help
from community.building_posts import Named, acting_for, is_head_of, named_for
from community.register_store import all_communities, all_streets
from community.registers import Building, BuildingFacts, Community, Street
from hazards.inspection_store import ground_of

ACTIONS = {
    **building_naming.ACTIONS,
    **building_edit.ACTIONS,
    **building_imports.ACTIONS,
    **building_help.ACTIONS,
}
LACK_NAMES: dict[Lack, str] = {
    "": "全部",
    "old": "老旧高层",
    "no_assembly": "没有集合点",
    "not_inspected": "一年没检查",
}
MOST_SOUGHT = 40
MOST_PAGE = 10_000
NO_ADDRESS = "还没有设置网站地址，做不了二维码。请告诉管理员。"


@dataclass(frozen=True, slots=True)
class Card:
    """A building as its page shows it.

    Attributes:
        building: with its facts.
        named: who is named for it.
        candidates: who could be, for administrators.
        residents: how many belong to it.
        needing: how many of them registered for help.
        inspected_at: when one of ours last went round it.
        is_head: whether the asker is its named head.
        is_on_duty: whether the asker may open the list.
        may_change: whether the asker administers it.
    """

    building: Building
    named: list[Named]
    candidates: list[tuple[str, str]]
    residents: int
    needing: int
    inspected_at: datetime | None
    is_head: bool
    is_on_duty: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class _Sought:
    """What the list is narrowed by, as the address says it."""

    text: str = ""
    street_id: int | None = None
    community_id: int | None = None
    lack: Lack = ""
    page: int = 0

    def query(self, page_number: int) -> str:
        """Return the address of another page of the same list."""
        named = {
            "q": self.text,
            "street": self.street_id,
            "community": self.community_id,
            "lack": self.lack,
            "page": page_number or None,
        }
        return "?" + urlencode({name: value for name, value in named.items() if value})


@dataclass(frozen=True, slots=True)
class BuildingPages:
    """The pages of buildings; given to ``console_routes``."""

    desk: BuildingDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("楼栋", PATH, ROLES, actions=ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; a building's own come after the words that no code is."""
        return [
            page(PATH, list_buildings, *ROLES),
            *building_imports.routes(),
            page(ONE, show_building, *ROLES),
            page(f"{ONE}/poster.pdf", partial(print_poster, self.desk), *ROLES),
            *building_edit.routes(),
            *building_naming.routes(),
            *building_help.routes(self.desk),
        ]


async def list_buildings(signed: Signed) -> Response:
    """Show the buildings somebody may act for, narrowed by what the address says."""
    sought, now = _sought(signed.request.query_params), signed.now

    def read(db: Connection) -> tuple[Found, list[Street], list[Community]]:
        reach = acting_for(db, signed.staff)
        narrowed = (sought.text, sought.street_id, sought.community_id, sought.lack)
        wanted = Wanted(reach, *narrowed, page=sought.page)
        return (buildings_in(db, wanted, now), *_places(db, signed, sought.street_id))

    found, streets, communities = await signed.read(read)
    has_more = found.has_more(sought.page)
    return render(
        signed,
        "buildings/list.html",
        found=found,
        sought=sought,
        streets=[(one.id, one.name) for one in streets],
        communities=[(one.id, one.name) for one in communities],
        lacks=list(LACK_NAMES.items()),
        before=sought.query(sought.page - 1) if sought.page else "",
        after=sought.query(sought.page + 1) if has_more else "",
        may_import=building_imports.may_import(signed.staff),
    )


async def show_building(signed: Signed) -> Response:
    """Show a building's card."""
    now = signed.now
    card = await signed.read(lambda db: _card(db, signed, now))
    return render(
        signed,
        "buildings/card.html",
        card=card,
        rows=list(_rows(card.building.facts)),
        public=page_address(signed.console.public_url, card.building.code),
        path=path_of(card.building),
        most=MOST_REASON_CHARACTERS,
    )


async def print_poster(desk: BuildingDesk, signed: Signed) -> Response:
    """Answer with the poster for a building's entrance."""
    building = await signed.read(lambda db: building_at(db, signed))
    address = page_address(signed.console.public_url, building.code)
    if not address:
        raise Refused(NO_ADDRESS, 409)
    poster = BuildingPoster(
        building.name,
        f"{building.street}{building.community}",
        building.code,
        address,
        building.facts.assembly_points,
    )
    return await pdf(desk, poster_paper(poster), f"poster-{building.code}")


def _card(db: Connection, signed: Signed, now: datetime) -> Card:
    building, staff = building_at(db, signed), signed.staff
    may_change = administers(db, staff, building)
    ground = ground_of(db, building.id)
    return Card(
        building=building,
        named=named_for(db, building.id),
        candidates=building_naming.candidates(db, building) if may_change else [],
        residents=residents_bound(db, building.id),
        needing=len(residents_needing_help(db, [building.id], now)),
        inspected_at=ground.inspected_at if ground else None,
        is_head=is_head_of(db, staff, building.id),
        is_on_duty=holds(db, staff, building, "duty_officer"),
        may_change=may_change,
    )


def _rows(facts: BuildingFacts) -> list[tuple[str, str]]:
    """Return what the register knows, name and value; a dash for what nobody has said."""
    rows = {
        "地址": facts.address,
        "楼层": floors_words(facts),
        "单元": f"{facts.stairs}个" if facts.stairs else "",
        "户数": f"{facts.households}户" if facts.households else "",
        "高度": f"{facts.height_m:g}米" if facts.height_m else "",
        "用途": facts.use,
        "避难层": "、".join(f"{floor}楼" for floor in facts.refuge_floors),
        "集合点": "、".join(facts.assembly_points),
        "物业": " ".join(filter(None, (facts.property_company, facts.property_phone))),
        "消防控制室": facts.control_room_phone,
        "社区电话": facts.community_phone,
        "楼栋长值班": facts.head_phone,
        "微型消防站": facts.fire_station,
        "消防维保": facts.maintenance_unit,
        "登记的检查": str(facts.last_inspected or ""),
    }
    return [(name, value or "—") for name, value in rows.items()]


def _sought(query: QueryParams) -> _Sought:
    lacks: list[Lack] = [one for one in LACKS if one == query.get("lack", "")]
    return _Sought(
        clean_text(query.get("q", ""))[:MOST_SOUGHT].strip(),
        _number(query.get("street", "")),
        _number(query.get("community", "")),
        lacks[0] if lacks else "",
        min(_number(query.get("page", "")) or 0, MOST_PAGE),
    )


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number and int(text) else None


def _places(
    db: Connection, signed: Signed, street_id: int | None
) -> tuple[list[Street], list[Community]]:
    """Return the streets to choose from, and the communities of the one that is chosen."""
    served = [id_ for id_ in shell_of(signed.request).districts if id_ in signed.staff.districts]
    streets = [one for id_ in served for one in all_streets(db, id_)]
    chosen = next((one for one in streets if one.id == street_id), None)
    if chosen is None:
        return streets, []
    within = all_communities(db, chosen.district_id)
    return streets, [one for one in within if one.street_id == chosen.id]
