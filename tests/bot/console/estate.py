"""An estate in the console: buildings of a district, and staff around them who sign in."""

from dataclasses import dataclass, field
from functools import cached_property

import httpx

from bot.console.building_desk import PATH, BuildingDesk
from bot.console.buildings import BuildingPages
from bot.papers.typesetting import Typesetter
from community.assistance import Need, read_need
from community.assistance_store import register_need
from community.audit import AuditEntry, entries
from community.building_posts import name_for
from community.keys import derived_key
from community.register_store import all_streets, find_building_by_code
from community.registers import Building
from hazards.intake import VAULT_PURPOSE
from tests.bot.console.console_service import KEY, Town, Visit, post
from tests.community.registered import building_called, imported, new_resident

DISTRICT = "qianjiang"
LIST = """\
镇街,社区,小区,楼栋,地址,地上层数,老旧高层,集合点,避难层,物业电话,最近检查日期
城东街道,幸福社区,双福花园,3栋,滨江路8号,33,是,小区北门广场,15,023-47521234,2026-10-01
城东街道,幸福社区,双福花园,2栋,滨江路8号,18,否,,,,2024-10-01
城东街道,河滨社区,,河滨1号楼,河滨路1号,7,,,,,
城西街道,东门社区,,中心A座,东门街88号,30,,广场,,,2026-11-01
"""
SLOW = read_need("1203", ["slow"], "13800000001")


@dataclass
class Estate:
    """The buildings of ``LIST`` in one district, and people of it.

    ``chief`` administers the district, ``zhi`` is on duty, ``lou`` is a building head who is
    named for 3栋, ``wang`` is a grid worker of 城东街道, ``yuan`` administers another district.
    """

    town: Town
    typesetter: Typesetter
    staff: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        imported(self.town.database, LIST, district=DISTRICT)
        east = {"street_id": self.streets["城东街道"]}
        hired = {
            "chief": post("administrator", DISTRICT),
            "zhi": post("duty_officer", DISTRICT),
            "lou": post("building_head", DISTRICT, **east),
            "wang": post("grid_worker", DISTRICT, **east),
            "yuan": post("administrator", "jiangjin"),
        }
        self.staff = {login: self.town.hire(login, one) for login, one in hired.items()}
        self.name("lou", "3栋")

    @cached_property
    def streets(self) -> dict[str, int]:
        found = self.town.database.read(lambda db: all_streets(db, DISTRICT))
        return {one.name: one.id for one in found}

    @property
    def pages(self) -> BuildingPages:
        return BuildingPages(BuildingDesk(self.typesetter))

    def building(self, name: str = "3栋") -> Building:
        return building_called(self.town.database, name, district=DISTRICT)

    def now(self, building: Building) -> Building:
        """Return a building as it stands."""
        found = self.town.database.read(lambda db: find_building_by_code(db, building.code))
        assert found
        return found

    def path(self, name: str = "3栋", *more: str) -> str:
        return "/".join((PATH, self.building(name).code, *more))

    def name(self, login: str, building: str, role: str = "building_head") -> None:
        where, by, now = self.building(building).id, self.staff["chief"], self.town.clock()
        self.town.database.write(lambda db: name_for(db, self.staff[login], where, role, by, now))

    def register(self, need: Need = SLOW, building: str = "3栋") -> None:
        where, now, key = self.building(building).id, self.town.clock(), vault_key()
        self.town.database.write(
            lambda db: register_need(db, key, new_resident(db, now), where, need, now)
        )

    def log(self) -> list[AuditEntry]:
        """Return what was done to buildings, the first first."""
        found = self.town.database.read(lambda db: entries(db, [DISTRICT]))
        return [one for one in reversed(found) if not one.action.startswith("staff.")]


def vault_key() -> bytes:
    return derived_key(KEY, VAULT_PURPOSE)


def send_list(visit: Visit, text: str | bytes, **fields: str) -> httpx.Response:
    """Send a list of buildings with the form of the import."""
    content = text.encode() if isinstance(text, str) else text
    path = f"{PATH}/import"
    form = {"csrf": visit.token(path), "district": DISTRICT, "do": "check"} | fields
    return visit.client.post(path, data=form, files={"file": ("名单.csv", content, "text/csv")})
