"""A console on the day of a drill: two buildings, households, and people who may act for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from bot.console.roll import RollPages
from bot.drill_parts import drill_parts
from community.building_posts import name_for
from community.register_store import all_streets
from drills.drill_store import require_drill
from drills.drills import Drill
from drills.household_lists import Household
from drills.rollcall import Line
from storage import Database
from tests.bot.console.console_service import MovedClock, Town, Visit, post
from tests.drills.gathered import ALARM, MINUTE, ONE, Muster, mustered

HOMES = (
    Household(1, "101", 3, floor=1),
    Household(2, "102", 1, floor=1),
    Household(3, "301", 4, floor=3, needs_assistance=True),
)


@dataclass
class Day:
    """``head`` heads the first building, ``wang`` goes round the street, ``far`` another one.

    ``du`` supervises the district, and so may conduct; six minutes after the alarm.
    """

    town: Town
    muster: Muster

    @property
    def drill(self) -> Drill:
        return self.town.database.read(lambda db: require_drill(db, self.muster.drill_id))

    @property
    def path(self) -> str:
        return f"/console/drills/{self.drill.code}/roll"

    def line(self, room: str) -> Line:
        return next(line for line in self.muster.lines if line.room == room)

    def after(self, minute: float) -> int:
        """Return a minute after the alarm as a phone says it."""
        return int((ALARM + minute * MINUTE).timestamp() * 1000)

    def sends(
        self, visit: Visit, kind: str, number: int = 1, minute: float = 5, **values: object
    ) -> httpx.Response:
        sent = {
            "operation": str(UUID(int=number)),
            "kind": kind,
            "at": self.after(minute),
            "values": values,
        }
        return self.sends_raw(visit, sent)

    def sends_raw(self, visit: Visit, sent: object) -> httpx.Response:
        headers = {"X-CSRF-Token": visit.token(self.path) or visit.token("/console")}
        return visit.client.post(f"{self.path}/done", json=sent, headers=headers)

    def shown(self, visit: Visit) -> dict[str, Any]:
        found: dict[str, Any] = visit.get(f"{self.path}.json").json()
        return found


def alarmed_day(database: Database, folder: Path, homes: Iterable[Household] = HOMES) -> Day:
    """Plan a drill, list its homes, and give the alarm."""
    muster = mustered(database)
    muster.listed(*homes)
    muster.alarmed()
    town = Town(database, folder, MovedClock(ALARM + 6 * MINUTE), districts=("demo",))
    streets = database.read(lambda db: all_streets(db, "demo"))
    here = streets[0].id
    head = town.hire("head-of-one", post("building_head", "demo", street_id=here), name="楼大姐")
    boss = town.hire("du", post("supervisor", "demo"), name="杜督办")
    town.hire("wang", post("grid_worker", "demo", street_id=here), name="王网格")
    town.hire("far", post("supervisor", "qianjiang"))
    building_id = muster.buildings[ONE]
    database.write(
        lambda db: name_for(db, head, building_id, "building_head", boss, ALARM - MINUTE)
    )
    return Day(town, muster)


def roll_pages() -> RollPages:
    """Return the page module; what steps say to staff is not asked for here."""
    return RollPages(drill_parts(("demo",), {}))
