"""An estate with buildings, people who may plan there, and drills, made by the real functions."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from community.building_posts import name_for
from community.districts import load_district
from community.register_store import all_streets
from community.staff import Post, Staff
from community.workdays import load_workdays
from drills.drills import Drill, State
from drills.planning import Plan, Planner
from drills.store import drill
from drills.templates import load_templates
from storage import Database
from tests.community.registered import building_called, imported
from tests.community.staffed import employed

# A Monday, 12:00 in Chongqing.
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# The Saturday twelve days later, 9:00 in Chongqing.
STARTS = datetime(2026, 12, 5, 1, tzinfo=UTC)

LIST = """\
镇街,社区,小区,楼栋,层数,集合点
双福街道,幸福社区,双福花园,1栋,33,小区中庭；东门广场
双福街道,幸福社区,双福花园,2栋,18,东门广场
双福街道,幸福社区,双福花园,3栋,18,
双福街道,东升社区,东升苑,1栋,30,篮球场
几江街道,东门社区,,江津中心A座,30,后门停车场
"""
HERE = "demo"


@dataclass(frozen=True)
class Estate:
    """The buildings by name, and staff: a duty officer, a head of two buildings, a volunteer."""

    database: Database
    buildings: dict[str, int]
    officer: Staff
    head: Staff
    volunteer: Staff
    planner: Planner

    def plan(self, *names: str, **values: object) -> Plan:
        """Return a good plan for buildings, some of its values changed."""
        ids = tuple(self.buildings[name] for name in names or ("双福花园1栋",))
        return replace(Plan("evacuation", ids, STARTS, 40), **values)  # type: ignore[arg-type]

    def codes(self, plan: Plan, staff: Staff | None = None, now: datetime = NOON) -> list[str]:
        """Return the codes of a plan's faults."""
        asker = staff or self.officer
        return self.database.read(
            lambda db: [fault.code for fault in self.planner.faults(db, plan, asker, now)]
        )

    def planned(self, *names: str, now: datetime = NOON, **values: object) -> Drill:
        """Plan a drill and return it."""
        plan = self.plan(*names, **values)
        return self.database.write(lambda db: self.planner.plan(db, plan, self.officer, now))


def settled(database: Database) -> Estate:
    """Return an estate of a demo district in a database."""
    imported(database, LIST)
    names = ("双福花园1栋", "双福花园2栋", "双福花园3栋", "东升苑1栋", "江津中心A座")
    buildings = {name: building_called(database, name).id for name in names}
    streets = {one.name: one.id for one in database.read(lambda db: all_streets(db, HERE))}
    here = streets["双福街道"]
    officer = employed(database, "officer", Post("duty_officer", HERE))
    head = employed(database, "head", Post("building_head", HERE, street_id=here))
    volunteer = employed(database, "volunteer", Post("volunteer", HERE, street_id=here))

    def name(db: Connection) -> None:
        for building in names[:2]:
            name_for(db, head.id, buildings[building], "building_head", officer.id, NOON)

    database.write(name)
    planner = Planner({HERE: load_district(HERE)}, load_templates(), load_workdays())
    return Estate(database, buildings, officer, head, volunteer, planner)


def put_in(db: Connection, drill_id: int, state: State) -> None:
    """Put a drill into a state without the way that leads there."""
    db.execute(update(drill).where(drill.c.id == drill_id).values(state=state))
