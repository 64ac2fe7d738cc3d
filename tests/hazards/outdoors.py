"""A street with buildings, staff who go round in it, and photos that are real."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, select

from community.register_store import street
from community.registers import Building
from community.staff import Area, Post
from community.staff_store import add_staff, find_staff
from hazards.case_store import find_case
from hazards.cases import Actor, Case
from hazards.drafts import Where
from hazards.inspecting import Given, Inspecting, Seen
from hazards.inspection_store import Ground, find_inspection, ground_of
from hazards.inspections import Inspection, Verdict, load_guide
from hazards.photos import KeptPhoto, Photos
from hazards.spot import BeforeAfter, Found, OnSpot
from storage import Database
from tests.community.registered import NOON, building_called, imported
from tests.hazards.taken import KEY, intake, photo

UUID = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


@dataclass
class Outdoors:
    """Buildings of the district ``demo``; ``wang`` is the grid worker of 双福街道."""

    database: Database
    folder: Path
    draw: float = 0.9
    staff: dict[str, Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        imported(self.database)
        here = self.street("双福街道")
        posts = {
            "wang": Post("grid_worker", "demo", here),
            "lou": Post("building_head", "demo", here),
            "far": Post("grid_worker", "demo", self.street("几江街道")),
            "du": Post("supervisor", "demo"),
        }
        for login, post in posts.items():
            staff_id = self.database.write(
                lambda db, login=login, post=post: add_staff(db, login, login, "x", [post], NOON)
            )
            self.staff[login] = Actor(post.role, staff_id)

    def street(self, name: str) -> int:
        query = select(street.c.id).where(street.c.name == name)
        return int(self.database.read(lambda db: db.execute(query).scalar_one()))

    @property
    def spot(self) -> OnSpot:
        return OnSpot(intake(), lambda: self.draw)

    @property
    def inspecting(self) -> Inspecting:
        return Inspecting(self.spot, load_guide())

    @cached_property
    def building(self) -> Building:
        return building_called(self.database, "双福花园3栋")

    @property
    def ground(self) -> Ground:
        found = self.database.read(lambda db: ground_of(db, self.building.id))
        assert found is not None
        return found

    def area(self, login: str) -> Area:
        found = self.database.read(lambda db: find_staff(db, self.staff[login].staff_id or 0))
        assert found is not None
        return found.area()

    def kept(self, seed: int = 1) -> KeptPhoto:
        self.folder.mkdir(exist_ok=True)
        return Photos(self.folder, KEY, {}, lambda _db, _photo: None).keep(photo(seed))

    def pair(self) -> BeforeAfter:
        return BeforeAfter(self.kept(1), self.kept(2))

    def found(self, operation: str = UUID, **values: object) -> Found:
        known = {
            "operation": operation,
            "district_id": "demo",
            "category": "corridor_blocked",
            "where": Where(building_id=self.building.id, floor="5楼"),
            "said": "楼道里的纸箱，已清走",
        }
        return Found(**{**known, **values})

    def fix(self, login: str = "wang", found: Found | None = None, now: datetime = NOON) -> Case:
        pair, what = self.pair(), found or self.found()
        return self.database.write(lambda db: self.spot.fix(db, what, pair, self.staff[login], now))

    def case(self, case_id: int) -> Case:
        found = self.database.read(lambda db: find_case(db, case_id))
        assert found is not None
        return found

    def begin(self, login: str = "wang", operation: str = UUID, now: datetime = NOON) -> int:
        ground, staff_id = self.ground, self.staff[login].staff_id or 0
        return self.database.write(
            lambda db: self.inspecting.begin(db, ground, operation, staff_id, now)
        )

    def answer(
        self, inspection_id: int, question: str, verdict: Verdict, login: str = "wang"
    ) -> int | None:
        seen = Seen("5楼", "", [self.kept(3)]) if verdict == "hazard" else None
        given = Given(inspection_id, question, verdict, seen)

        def work(db: Connection) -> int | None:
            return self.inspecting.answer(db, given, self.staff[login], NOON).case_id

        return self.database.write(work)

    def answer_all(self, inspection_id: int) -> None:
        for question in load_guide().questions:
            if self.inspection(inspection_id).answer_to(question.id) is None:
                self.answer(inspection_id, question.id, "ok")

    def finish(self, inspection_id: int, login: str = "wang", now: datetime = NOON) -> None:
        actor = self.staff[login]
        self.database.write(lambda db: self.inspecting.finish(db, inspection_id, actor, now))

    def inspection(self, inspection_id: int) -> Inspection:
        found = self.database.read(lambda db: find_inspection(db, inspection_id))
        assert found is not None
        return found
