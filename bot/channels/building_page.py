"""A building's public notice page (楼栋公示), and the QR code that leads here.

Facts of the register alone: no resident, and no phone that belongs to a person. Plain pages
without scripts and cookies.
"""

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import segno
from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_pages import Pages
from bot.papers.dates import day_text, moment_text
from bot.papers.squares import code_square
from community.districts import District
from community.register_store import find_building_by_code
from community.registers import Building, BuildingFacts, is_mobile
from hazards.inspection_store import ground_of
from storage import Database, StorageError

logger = logging.getLogger(__name__)

PATH = "/building"
KEPT = "public, max-age=60"
# The picture changes only with the address of the whole service.
KEPT_PICTURE = "public, max-age=86400"
MOST_CODE = 40
# Sharp on an A4 sheet: some 1,000 pixels.
_PIXELS_PER_MODULE = 24
_FREE = ("400", "800")

LOST = "这会儿打不开，过一会儿再看。着火、漏气、有人被困：直接打119（免费）。"
NO_BUILDING = "没有这栋楼。"

# When the next drill of a building begins; None when none is announced.
NextDrill = Callable[[Connection, int, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class BuildingSite:
    """What the pages are made of.

    Attributes:
        database: the main database.
        clock: the time, aware.
        districts: those served, by id.
        pages: renders templates.
        public_url: the address people use; without one there is no QR code.
        next_drill: looks a building's next announced drill up.
    """

    database: Database
    clock: Callable[[], datetime]
    districts: Mapping[str, District]
    pages: Pages = field(repr=False)
    public_url: str
    next_drill: NextDrill


@dataclass(frozen=True, slots=True)
class DutyPhone:
    """A phone of a post: whose, how it is read, and how it is dialled."""

    name: str
    number: str

    @property
    def dialled(self) -> str:
        """As a phone's dialler takes it: an extension comes after a pause."""
        first, *rest = self.number.split("-")
        if first in _FREE:
            return "".join((first, *rest))
        if first.startswith("0") and rest:
            first, rest = first + rest[0], rest[1:]
        return ",".join((first, *rest))


@dataclass(frozen=True, slots=True)
class _Found:
    building: Building
    inspected: date | None
    drill: datetime | None


def building_page_routes(site: BuildingSite) -> list[BaseRoute]:
    """Return the routes of every building's page and of its QR code."""
    notices = _Notices(site)
    return [
        Route(f"{PATH}/{{code}}", notices.show),
        Route(f"{PATH}/{{code}}/code.svg", notices.svg),
        Route(f"{PATH}/{{code}}/code.png", notices.png),
    ]


def page_address(public_url: str, code: str) -> str:
    """Return the address of a building's page; empty without a public address."""
    return f"{public_url.rstrip('/')}{PATH}/{code}" if public_url else ""


def duty_phones(facts: BuildingFacts) -> list[DutyPhone]:
    """Return the phones of posts, each number once, without those that belong to a person."""
    posts = {
        "物业值班": facts.property_phone,
        "消防控制室": facts.control_room_phone,
        "社区": facts.community_phone,
        "楼栋长值班": facts.head_phone,
    }
    names: dict[str, list[str]] = {}
    for name, numbers in posts.items():
        for number in filter(None, numbers.split("/")):
            if not is_mobile(number):
                names.setdefault(number, []).append(name)
    return [DutyPhone("、".join(found), number) for number, found in names.items()]


class _Notices:
    """The endpoints."""

    def __init__(self, site: BuildingSite) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """Show a building's notice page; a code that is none is answered with how to find it."""
        site, now = self._site, self._site.clock()
        code = request.path_params["code"][:MOST_CODE]
        try:
            found = await run_sync(site.database.read, lambda db: self._find(db, code, now))
        except StorageError:
            logger.exception("the page of a building: storage failed")
            page = site.pages.render("building_missing.html", {"words": LOST, "is_lost": True})
            return HTMLResponse(page, 503, {"Cache-Control": "no-store", "Retry-After": "5"})
        if found is None:
            page = site.pages.render(
                "building_missing.html", {"words": NO_BUILDING, "is_lost": False}
            )
            return HTMLResponse(page, 404, {"Cache-Control": "no-store"})
        page = site.pages.render("building.html", self._values(found))
        return HTMLResponse(page, headers={"Cache-Control": KEPT})

    async def svg(self, request: Request) -> Response:
        """Answer with the QR code of a building's page, to be printed at any size."""
        return await self._picture(request, code_square, "image/svg+xml")

    async def png(self, request: Request) -> Response:
        """Answer with the QR code as PNG, for chats and word processors."""
        return await self._picture(request, _png, "image/png")

    async def _picture(self, request: Request, draw: Callable[[str], bytes], kind: str) -> Response:
        site, code = self._site, request.path_params["code"][:MOST_CODE]
        try:
            found = await run_sync(site.database.read, lambda db: self._building(db, code))
        except StorageError:
            logger.exception("the QR code of a building: storage failed")
            return _plain(LOST, 503)
        address = page_address(site.public_url, found.code) if found else ""
        if not address:
            return _plain(NO_BUILDING, 404)
        picture = await run_sync(draw, address)
        return Response(picture, media_type=kind, headers={"Cache-Control": KEPT_PICTURE})

    def _building(self, db: Connection, code: str) -> Building | None:
        found = find_building_by_code(db, code)
        return found if found and found.district_id in self._site.districts else None

    def _find(self, db: Connection, code: str, now: datetime) -> _Found | None:
        building = self._building(db, code)
        if building is None:
            return None
        ground = ground_of(db, building.id)
        zone = self._zone(building)
        looked = (
            ground.inspected_at.astimezone(zone).date() if ground and ground.inspected_at else None
        )
        days = [day for day in (building.facts.last_inspected, looked) if day]
        drill = self._site.next_drill(db, building.id, now)
        return _Found(building, max(days, default=None), drill)

    def _values(self, found: _Found) -> dict[str, object]:
        building, facts = found.building, found.building.facts
        return {
            "name": building.name,
            "place": f"{building.street}{building.community}",
            "code": building.code,
            "assembly": facts.assembly_points,
            "rows": list(_rows(found)),
            "phones": duty_phones(facts),
            "drill": moment_text(found.drill, self._zone(building)) if found.drill else "",
            "has_code": bool(self._site.public_url),
        }

    def _zone(self, building: Building) -> ZoneInfo:
        return ZoneInfo(self._site.districts[building.district_id].timezone)


def _rows(found: _Found) -> Iterator[tuple[str, str]]:
    """Yield what is known of a building, name and value; what nobody has said is left out."""
    facts = found.building.facts
    told = {
        "地址": facts.address,
        "楼层": floors_words(facts),
        "楼梯": f"{facts.stairs}个单元，各有楼梯" if facts.stairs else "",
        "避难层": "、".join(f"{floor}楼" for floor in facts.refuge_floors),
        "管理单位": facts.property_company,
        "微型消防站": facts.fire_station,
        "消防维保": facts.maintenance_unit,
        "最近检查": day_text(found.inspected) if found.inspected else "",
    }
    yield from ((name, value) for name, value in told.items() if value)


def floors_words(facts: BuildingFacts) -> str:
    """Return 地上33层，地下2层; empty when nobody has said it."""
    parts = (("地上", facts.floors_above), ("地下", facts.floors_below))
    return "，".join(f"{where}{count}层" for where, count in parts if count)


def _png(address: str) -> bytes:
    out = io.BytesIO()
    code = segno.make_qr(address, error="q", boost_error=False)
    code.save(out, kind="png", scale=_PIXELS_PER_MODULE, border=2)
    return out.getvalue()


def _plain(words: str, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(words, status, headers, media_type="text/plain; charset=utf-8")
