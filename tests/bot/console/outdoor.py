"""A console whose staff go outside: buildings in two streets, and somebody for each role."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx
from sqlalchemy import Connection, select

from bot.console.field import FieldPages
from bot.console.field_desk import FieldDesk
from community.districts import load_district
from community.register_store import street
from community.registers import Building
from community.workdays import load_workdays
from hazards.case_rules import CaseRules
from hazards.case_store import case_by_code, events_of, photos_of
from hazards.cases import Case
from hazards.categories import load_categories
from hazards.inspections import load_guide
from hazards.intake import Intake
from hazards.photos import Photos
from hazards.store import hazard_case
from tests.bot.console.console_service import KEY, Town, Visit, post
from tests.community.registered import building_called, imported
from tests.hazards.taken import photo

DISTRICT = "qianjiang"
LIST = """\
镇街,社区,小区,楼栋
城东街道,文汇社区,翠湖苑,3栋
城东街道,文汇社区,翠湖苑,5栋
城西街道,西山社区,山水城,1栋
"""
SPOT = "/console/field/spot"
INSPECTIONS = "/console/field/inspections"


@dataclass
class Outside:
    """``wang`` goes round in 城东街道, ``li`` in 城西街道; ``lou`` heads a building in the first.

    ``du`` supervises the district, ``ban`` handles for the first street.
    """

    town: Town
    draw: float = 0.9
    staff: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        imported(self.town.database, LIST, district=DISTRICT)
        east, west = self.street("城东街道"), self.street("城西街道")
        posts = {
            "wang": (post("grid_worker", DISTRICT, street_id=east), "王网格"),
            "li": (post("grid_worker", DISTRICT, street_id=west), "李网格"),
            "lou": (post("building_head", DISTRICT, street_id=east), "楼大姐"),
            "du": (post("supervisor", DISTRICT), "杜督办"),
            "ban": (post("department", DISTRICT, street_id=east), "班街道"),
        }
        for login, (one, name) in posts.items():
            self.staff[login] = self.town.hire(login, one, name=name)

    @cached_property
    def pages(self) -> FieldPages:
        districts = {id_: load_district(id_) for id_ in self.town.districts}
        rules = CaseRules(districts, load_workdays())
        intake = Intake(rules, districts, load_categories(), KEY)
        folder = self.town.data_dir / "files"
        folder.mkdir(exist_ok=True)
        photos = Photos(folder, KEY, {}, lambda _db, _photo: None)
        return FieldPages(FieldDesk(intake, photos, load_guide(), lambda: self.draw))

    def street(self, name: str) -> int:
        query = select(street.c.id).where(street.c.name == name)
        return int(self.town.database.read(lambda db: db.execute(query).scalar_one()))

    def building(self, name: str) -> Building:
        return building_called(self.town.database, name, district=DISTRICT)

    def cases(self) -> list[Case]:
        def read(db: Connection) -> list[Case]:
            codes = db.scalars(select(hazard_case.c.code).order_by(hazard_case.c.id)).all()
            return [case for code in codes if (case := case_by_code(db, code))]

        return self.town.database.read(read)

    def purposes(self, case: Case) -> list[str]:
        found = self.town.database.read(lambda db: photos_of(db, case.id))
        return [one.purpose for one in found]

    def reasons(self, case: Case) -> list[str]:
        found = self.town.database.read(lambda db: events_of(db, case.id))
        return [one.reason for one in found]

    def spot(self, visit: Visit, seeds: tuple[int, int] = (1, 2), **more: str) -> httpx.Response:
        """Send the form of 当场整改 as it stands on its page."""
        page = visit.get(SPOT).text
        fields = hidden(page) | {
            "place": f"building:{self.building('翠湖苑3栋').code}",
            "category": "corridor_blocked",
            "floor": "5楼",
            "told": "纸箱已清走",
        }
        files = {
            name: (f"{name}.jpg", photo(seed), "image/jpeg")
            for name, seed in zip(("before", "after"), seeds, strict=True)
        }
        return visit.client.post(SPOT, data=fields | more, files=files)

    def begin(self, visit: Visit, name: str = "翠湖苑3栋") -> str:
        """Begin an inspection and return its path."""
        form = hidden(visit.get(INSPECTIONS).text) | {"building": self.building(name).code}
        begun = visit.client.post(INSPECTIONS, data=form)
        assert begun.status_code == 303, begun.text
        return str(begun.headers["location"])


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's last form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def answered(visit: Visit, path: str, verdict: str, **more: object) -> httpx.Response:
    """Answer the question that a page shows."""
    fields = hidden(visit.get(path).text) | {"verdict": verdict}
    return visit.client.post(f"{path}/answers", data=fields, **more)


def small_photo(folder: Path, seed: int) -> Path:
    """Return a file as a phone's camera leaves it."""
    path = folder / f"photo-{seed}.jpg"
    path.write_bytes(photo(seed))
    return path
