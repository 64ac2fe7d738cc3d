"""A drill with its list, brought to the alarm; moments stand in minutes from it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, delete, update

from community.bindings import bind, binding, settle
from community.register_store import all_communities, all_streets
from community.staff import Post
from community.staff_store import list_staff
from drills.check_in_store import check_in_household, check_in_self, mark_self
from drills.drill_store import events_of, insert_drill
from drills.drills import Event, State
from drills.household_lists import Household
from drills.roll_change_store import CheckIn
from drills.roll_counts import Counts
from drills.rollcall import Line, Moment, Source, Status
from drills.roster_freeze_store import Imported, freeze, import_households
from drills.roster_store import line_of_resident, lines_of, standing
from drills.store import drill
from storage import Database, metadata, open_database
from tests.community.registered import building_called, imported, new_resident
from tests.community.staffed import employed

T = TypeVar("T")

# A Saturday, 10:00 in Chongqing.
ALARM = datetime(2026, 12, 5, 2, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LIST = """\
镇街,社区,小区,楼栋,单元数,层数
双福街道,幸福社区,双福花园,1栋,1,6
双福街道,幸福社区,双福花园,2栋,2,3
双福街道,幸福社区,双福花园,3栋,,
"""
ONE, TWO, OUTSIDE = "双福花园1栋", "双福花园2栋", "双福花园3栋"


def at(minute: float, heard: float | None = None) -> Moment:
    """Return a moment after the alarm, heard of at once or at another minute."""
    return Moment(ALARM + minute * MINUTE, ALARM + (minute if heard is None else heard) * MINUTE)


@dataclass
class Muster:
    """A drill of two buildings."""

    database: Database
    drill_id: int
    staff_id: int
    buildings: dict[str, int]

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.database.write(work)

    def resident(
        self, name: str = ONE, unit: str = "", floor: int | None = None, days: int = 30
    ) -> int:
        """Return somebody bound to a building so many days before."""

        def work(db: Connection) -> int:
            made = new_resident(db)
            self.binds(db, made, name, days)
            settle(db, made, self.buildings[name], unit=unit, floor=floor)
            return made

        return self.write(work)

    def binds(self, db: Connection, resident_id: int, name: str, days: int) -> None:
        bind(db, resident_id, self.buildings[name], "scan", ALARM - days * DAY)

    def stranger(self) -> int:
        return self.write(new_resident)

    def listed(self, *rows: Household, name: str = ONE) -> Imported:
        building_id = self.buildings[name]
        return self.write(
            lambda db: import_households(db, self.drill_id, building_id, rows, ALARM - DAY)
        )

    def frozen(self) -> int:
        return self.write(lambda db: freeze(db, self.drill_id, ALARM - DAY))

    def go(self, state: State, minute: float = 0) -> None:
        """Bring the drill to a state, without what else conducting it asks for."""
        moment = ALARM + minute * MINUTE
        values: dict[str, object] = {"state": state}
        if state in {"alarm", "roll_closed"}:
            values[f"{state}_at"] = moment
        self.write(
            lambda db: db.execute(update(drill).where(drill.c.id == self.drill_id).values(values))
        )

    def alarmed(self) -> None:
        """Make the list and give the alarm."""
        self.frozen()
        self.go("alarm")

    def comes(self, resident_id: int, minute: float = 5, source: Source = "button") -> CheckIn:
        return self.write(
            lambda db: check_in_self(db, self.drill_id, resident_id, source, at(minute))
        )

    def come(self, resident_id: int, persons: int, minute: float = 5) -> CheckIn:
        return self.write(
            lambda db: check_in_household(db, self.drill_id, resident_id, persons, at(minute))
        )

    def says(self, resident_id: int, status: Status, minute: float = 5) -> CheckIn:
        return self.write(lambda db: mark_self(db, self.drill_id, resident_id, status, at(minute)))

    def line(self, resident_id: int) -> Line:
        found = self.database.read(lambda db: line_of_resident(db, self.drill_id, resident_id))
        assert found is not None
        return found

    @property
    def lines(self) -> list[Line]:
        return self.database.read(lambda db: lines_of(db, self.drill_id))

    @property
    def household(self) -> Line:
        (found,) = (line for line in self.lines if line.kind == "household")
        return found

    @property
    def counts(self) -> Counts:
        return self.database.read(lambda db: standing(db, self.drill_id)).total

    @property
    def events(self) -> list[Event]:
        return self.database.read(lambda db: events_of(db, self.drill_id))


@contextmanager
def estate(request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """Open a database for all tests of a module; the parameter is the store."""
    if request.param == "sqlite":
        path = folder / "estate.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        with built(f"sqlite:///{path}") as database:
            yield database
        return
    with request.getfixturevalue("postgres").database() as url, built(url) as database:
        yield database


@contextmanager
def built(url: str) -> Iterator[Database]:
    """Open a database that may have no table yet."""
    with open_database(url) as database:
        metadata.create_all(database.engines.write)
        yield database


def mustered(database: Database) -> Muster:
    """Plan a drill of two of the buildings, to which nobody is bound yet."""
    if not database.read(list_staff):
        imported(database, LIST)
        employed(database, "head", Post("volunteer", "demo"))
    buildings = {name: building_called(database, name).id for name in (ONE, TWO, OUTSIDE)}

    def work(db: Connection) -> tuple[int, int]:
        staff_id = list_staff(db)[0].id
        # What the tests before left: nobody lives there any more, and their drills are over.
        db.execute(delete(binding))
        db.execute(update(drill).values(state="closed", ended_at=ALARM))
        values = {
            "district_id": "demo",
            "street_id": all_streets(db, "demo")[0].id,
            "community_id": all_communities(db, "demo")[0].id,
            "kind": "evacuation",
            "title": "冬季疏散演练",
            "scenario": "三楼电表箱冒烟",
            "assembly_point": "东门广场",
            "starts_at": ALARM,
            "lasts_minutes": 40,
            "organiser_id": staff_id,
        }
        taking_part = (buildings[ONE], buildings[TWO])
        return insert_drill(db, values, taking_part, ALARM - 10 * DAY).id, staff_id

    return Muster(database, *database.write(work), buildings)
