"""An office over a console: a district's staff, cases at any state, and photos that are real."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, select

from bot.console.case_desk import PATH, CaseDesk
from bot.console.cases import CasePages
from bot.papers.typesetting import Typesetter
from community.coordinates import Point
from community.districts import load_district
from community.files import note_file
from community.register_store import add_street, street
from community.workdays import load_workdays
from hazards.case_rules import CaseRules, Told
from hazards.case_store import case_by_code, events_of, find_case
from hazards.cases import Act, Actor, Case, NewCase
from hazards.casework import move, open_case
from hazards.categories import load_categories
from hazards.photo_store import Home, Purpose, attach_files, note_looks
from hazards.photos import Photos
from tests.bot.console.console_service import KEY, Town, Visit, post
from tests.hazards.casefile import add_report
from tests.hazards.taken import photo

DISTRICT = "qianjiang"
HERE = Point(29.53, 108.77)
CATEGORY = "corridor_blocked"
STAFF = {
    "shen": ("reviewer", "沈审核"),
    "du": ("supervisor", "杜督办"),
    "zhi": ("duty_officer", "支值班"),
}


@dataclass
class Office:
    """The staff of a district, and the cases they see.

    ``shen`` reviews, ``du`` supervises, ``zhi`` is on duty, ``ban`` handles for the street,
    ``xiao`` is of the fire service that leads, ``wang`` is a grid worker, ``yuan`` reviews in
    another district.
    """

    town: Town
    typesetter: Typesetter
    draw: float = 0.9
    told: list[Told] = field(default_factory=list)
    staff: dict[str, int] = field(default_factory=dict)
    street_id: int = 0

    def __post_init__(self) -> None:
        self.street_id = self.town.database.write(_streets)
        here = {"street_id": self.street_id}
        hired = {
            **{login: (post(role, DISTRICT), name) for login, (role, name) in STAFF.items()},
            "ban": (post("department", DISTRICT, **here), "班街道"),
            "xiao": (post("department", DISTRICT, department="fire_rescue"), "肖消防"),
            "wang": (post("grid_worker", DISTRICT, **here), "王网格"),
            "yuan": (post("reviewer", "jiangjin"), "袁外区"),
        }
        for login, (one, name) in hired.items():
            self.staff[login] = self.town.hire(login, one, name=name)

    @cached_property
    def photos(self) -> Photos:
        folder = self.town.data_dir / "files"
        folder.mkdir(exist_ok=True)
        return Photos(folder, KEY, {}, lambda _db, _photo: None)

    @cached_property
    def rules(self) -> CaseRules:
        districts = {id_: load_district(id_) for id_ in self.town.districts}
        return CaseRules(
            districts, load_workdays(), telling=lambda _db, told: self.told.append(told)
        )

    @property
    def pages(self) -> CasePages:
        desk = CaseDesk(
            self.rules,
            self.rules.districts,
            load_categories(),
            self.photos,
            self.typesetter,
            lambda: self.draw,
        )
        return CasePages(desk)

    def case(self, **values: object) -> Case:
        """Open a case of one report."""
        known = {
            "district_id": DISTRICT,
            "category": CATEGORY,
            "street_id": self.street_id,
            "place_words": "翠湖苑3栋2单元楼道",
            "floor": "5楼",
            "point": HERE,
        }
        now = self.town.clock()

        def work(db: Connection) -> Case:
            case = open_case(db, NewCase(**{**known, **values}), self.rules, now)
            said = "楼道堆了纸箱，我的电话13800000000"
            add_report(db, case.id, now, district_id=case.district_id, said=said)
            return find_case(db, case.id) or case

        return self.town.database.write(work)

    def photo(self, case: Case, seed: int = 1, purpose: Purpose = "report") -> int:
        """Give a case a photo that can be looked at, and return its id."""
        kept = self.photos.keep(photo(seed))
        now = self.town.clock()

        def work(db: Connection) -> int:
            file_id = note_file(db, kept.file, now)
            photo_id = attach_files(db, [file_id], Home(None, case.id, purpose, now))[0]
            note_looks(db, photo_id, kept.looks)
            return photo_id

        return self.town.database.write(work)

    def report(self, case: Case, **values: object) -> int:
        now = self.town.clock()
        return self.town.database.write(
            lambda db: add_report(db, case.id, now, district_id=case.district_id, **values)
        )

    def moved(self, case: Case, *steps: tuple[str, str]) -> Case:
        """Move a case by (login, move), with a photo where one is needed."""
        for login, name in steps:
            self.move(case, login, name)
        return self.now(case)

    def move(self, case: Case, login: str, name: str) -> None:
        photos = (self.photo(case, 9, "fix"),) if name == "claim_fix" else ()
        now = self.town.clock()
        role = {"ban": "department", "xiao": "department"}.get(login) or STAFF[login][0]
        actor = Actor(role, self.staff[login])
        act = Act(actor, self.now(case).version, "按规定", photos)
        self.town.database.write(lambda db: move(db, case.id, name, act, self.rules, now))

    def now(self, case: Case) -> Case:
        """Return a case as it stands."""
        found = self.town.database.read(lambda db: find_case(db, case.id))
        assert found is not None
        return found

    def of_code(self, code: str) -> Case:
        found = self.town.database.read(lambda db: case_by_code(db, code))
        assert found is not None
        return found

    def events(self, case: Case) -> list[tuple[str, str]]:
        """Return (kind, reason) of a case's timeline."""
        found = self.town.database.read(lambda db: events_of(db, case.id))
        return [(one.kind, one.reason) for one in found]


RECTIFYING = (
    ("shen", "screen"),
    ("shen", "assign"),
    ("ban", "accept"),
    ("ban", "rectify"),
)
CLAIMED = (*RECTIFYING, ("ban", "claim_fix"))


def path(case: Case, *more: object) -> str:
    return "/".join([PATH, case.code, *map(str, more)])


def fields(visit: Visit, case: Case, do: str) -> dict[str, str]:
    """Return the hidden fields of a form of a case's page."""
    page = visit.get(path(case)).text
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        if found.get("do") == do:
            return found
    raise AssertionError(f"no form {do!r} on {page}")


def do(visit: Visit, case: Case, what: str, files: object = None, **more: str) -> object:
    """Send a form of a case's page as it stands there."""
    form = fields(visit, case, what) | more
    return visit.client.post(path(case, "do"), data=form, files=files)


def jpeg(seed: int = 3) -> tuple[str, bytes, str]:
    return ("现场.jpg", photo(seed), "image/jpeg")


def has_file(folder: Path, text: bytes) -> bool:
    return any(text in one.read_bytes() for one in folder.rglob("*") if one.is_file())


def _streets(db: Connection) -> int:
    add_street(db, DISTRICT, "城东街道")
    add_street(db, DISTRICT, "城西街道")
    return db.scalars(select(street.c.id).where(street.c.name == "城东街道")).one()
