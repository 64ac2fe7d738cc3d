"""An estate whose drills are planned, conducted and reported from the console."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.charts.studio import Studio
from bot.console.drill_desk import PATH, DrillDesk
from bot.console.drills import DrillPages
from bot.drill_parts import DrillParts, drill_parts
from bot.papers.typesetting import Typesetter
from community.building_posts import name_for
from community.register_store import all_streets
from community.staff_store import find_staff
from drills.drill_store import require_drill
from drills.drills import Drill, State
from storage import Database
from tests.bot.console.console_service import MovedClock, Town, Visit, post
from tests.drills.conducted import REQUIRED
from tests.drills.estate import HERE, NOON, STARTS, Estate, settled

WORDS = {f"drill_ask_{name}": "{title}要人看一下" for name in ("alarm", "roll_close", "notice")}
ONE, TWO, THREE = "双福花园1栋", "双福花园2栋", "双福花园3栋"


@dataclass
class DrillOffice:
    """The staff of a district, and its drills.

    ``zhang`` heads two buildings, ``shen`` reviews, ``du`` supervises, ``wai`` is a volunteer of
    another street, ``ban`` of a department that has nothing to do with drills.
    """

    town: Town
    typesetter: Typesetter
    studio: Studio
    staff: dict[str, int] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.town.clock.now = NOON
        self.estate: Estate = settled(self.town.database)
        self.parts: DrillParts = drill_parts((HERE,), WORDS)
        streets = {
            one.name: one.id for one in self.town.database.read(lambda db: all_streets(db, HERE))
        }
        here, there = {"street_id": streets["双福街道"]}, {"street_id": streets["几江街道"]}
        hired = {
            "zhang": (post("building_head", HERE, **here), "张楼长"),
            "shen": (post("reviewer", HERE), "沈审核"),
            "du": (post("supervisor", HERE), "杜督办"),
            "wai": (post("volunteer", HERE, **there), "外街志愿者"),
            "ban": (post("department", HERE, **here), "班街道"),
        }
        for login, (one, name) in hired.items():
            self.staff[login] = self.town.hire(login, one, name=name)
        self.town.database.write(self._name_head)

    def _name_head(self, db: Connection) -> None:
        for name in (ONE, TWO):
            building = self.estate.buildings[name]
            name_for(db, self.staff["zhang"], building, "building_head", self.staff["du"], NOON)

    @property
    def database(self) -> Database:
        return self.town.database

    @property
    def clock(self) -> MovedClock:
        return self.town.clock

    @property
    def pages(self) -> DrillPages:
        return DrillPages(DrillDesk(self.parts, self.typesetter, self.studio))

    def planned(self, *names: str) -> Drill:
        """Plan a drill, by the head of its buildings."""
        plan = self.estate.plan(*(names or (ONE, TWO)))

        def work(db: Connection) -> Drill:
            staff = find_staff(db, self.staff["zhang"])
            assert staff is not None
            return self.parts.planner.plan(db, plan, staff, NOON)

        return self.town.database.write(work)

    def brought_to(self, state: State) -> Drill:
        """Plan a drill and conduct it as far as a state, at the times at which that is done."""
        drill = self.planned()
        conducting = self.parts.conducting

        def work(db: Connection) -> Drill:
            head, officer = find_staff(db, self.staff["zhang"]), find_staff(db, self.staff["du"])
            assert head is not None
            assert officer is not None
            now, found = NOON, require_drill(db, drill.id)
            for name, who in _COURSE:
                if found.state == state:
                    return found
                if name == "announce":
                    for item in REQUIRED:
                        conducting.check_item(db, drill.id, head, now, (item, "说好了"))
                if name == "stand_by":
                    now = STARTS
                staff = head if who == "zhang" else officer
                found = getattr(conducting, name)(db, drill.id, staff, now)
            return found

        found = self.town.database.write(work)
        assert found.state == state
        if state not in {"planned", "approved", "announced"}:
            self.wait_until(STARTS)
        return found

    def wait_until(self, moment: datetime) -> None:
        """Let time pass; who was signed in does so again."""
        self.clock.now = moment
        for login, visit in self.visits.items():
            assert visit.sign_in(login).status_code == 303

    def now(self, drill: Drill) -> Drill:
        """Return a drill as it stands."""
        return self.town.database.read(lambda db: require_drill(db, drill.id))


_COURSE = (
    ("approve", "du"),
    ("announce", "zhang"),
    ("stand_by", "zhang"),
    ("sound_alarm", "zhang"),
    ("muster", "zhang"),
    ("close_roll", "zhang"),
    ("all_clear", "zhang"),
    ("debrief", "zhang"),
    ("end", "zhang"),
)


def path(drill: Drill, *more: str) -> str:
    return "/".join((PATH, drill.code, *more))


def fields(visit: Visit, drill: Drill, do: str, **beside: str) -> dict[str, str]:
    """Return the hidden fields of a form of a drill's page, of those that hold ``beside``."""
    page = visit.get(path(drill)).text
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        if found.get("do") == do and beside.items() <= found.items():
            return found
    raise AssertionError(f"no form {do!r} {beside} on {page}")


def offers(visit: Visit, drill: Drill) -> set[str]:
    """Return the acts that a drill's page offers."""
    return set(re.findall(r'name="do" value="(\w+)"', visit.get(path(drill)).text))
