"""Buildings' notice pages over a register that a test fills."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels import web
from bot.channels.building_page import BuildingSite, building_page_routes
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC, load_pages
from community.districts import load_district
from community.registers import Building
from storage import Database
from tests.community.registered import NOON, building_called, imported

# A manager's mobile phone stands in the register; nobody may find it on the page.
LIST = """\
镇街,社区,小区,楼栋,地址,单元数,地上层数,地下层数,避难层,集合点,物业公司,物业电话,消防控制室电话,微型消防站,维保单位,最近检查日期
双福街道,幸福社区,双福花园,3栋,滨江路8号<b>,2,33,2,15、30,小区北门广场,某某物业,13800000000/023-47521234,023-47521235,北门微站,某某维保,2026-10-01
几江街道,东门社区,,江津中心A座,,,,,,,,13900000000,,,,
"""
PUBLIC_URL = "https://example.org"


@dataclass
class Notices:
    """The pages, and what a test says about drills."""

    database: Database
    public_url: str = PUBLIC_URL
    drills: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        imported(self.database, LIST)

    def next_drill(self, _db: Connection, building_id: int, now: datetime) -> datetime | None:
        at = self.drills.get(building_id)
        return at if at and at > now else None

    def app(self) -> Starlette:
        assets = Assets(STATIC)
        site = BuildingSite(
            self.database,
            lambda: NOON,
            {"demo": load_district("demo")},
            load_pages(assets),
            self.public_url,
            self.next_drill,
        )
        files = Route("/static/{version}/{name}", assets.serve)
        return Starlette(routes=[files, *building_page_routes(site)], middleware=web.middleware())

    def building(self, name: str = "3栋") -> Building:
        return building_called(self.database, name)
