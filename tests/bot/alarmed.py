"""A building with detectors, people at home and people on duty, and what they are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.alert_telling import AlertTelling
from community.alert_source_store import Detector, Source, add_source, put_detectors
from community.alert_store import Taken
from community.alert_words import load_alert_words
from community.alerts import Act, Heard, Kind, Status
from community.bindings import bind, settle
from community.broadcast_store import broadcast
from community.building_posts import name_for
from community.delivery_store import delivery
from community.staff import Post, Role, Staff
from community.staff_entry_store import staff_account
from community.store import account_of, resident_of
from storage import Database, put
from tests.community.registered import NOON, building_called, imported
from tests.community.staffed import employed

KEY = b"k" * 32
MINUTE = timedelta(minutes=1)
TELLING = AlertTelling(load_alert_words(), {"demo": ZoneInfo("Asia/Shanghai")})
# The detectors of every tower: name, floor, room, kind.
DETECTORS: tuple[tuple[str, int, str, Kind], ...] = (
    ("s1201", 12, "1201", "smoke"),
    ("s1202", 12, "1202", "smoke"),
    ("s-hall", 12, "", "smoke"),
    ("g1201", 12, "1201", "gas"),
    ("lane1", 1, "", "lane"),
)


@dataclass
class Tower:
    """3栋 of the demo district, one source, and a head, a grid worker and a duty officer."""

    database: Database
    house: int
    other_house: int
    source: Source
    secret: str
    staff: dict[str, Staff]
    home: int
    neighbour: int

    def hear(
        self,
        identifier: str,
        detector: str = "s1201",
        *,
        at: datetime = NOON,
        act: Act = "alert",
        status: Status = "actual",
        references: tuple[str, ...] = (),
    ) -> Taken:
        heard = Heard(identifier, detector, status, act, references, at)
        return self.database.write(lambda db: TELLING.hear(db, self.source.id, heard, at)[0])

    def broadcasts(self) -> dict[str, str]:
        """The part of each broadcast's key after the alert, and its state."""
        query = select(broadcast.c.key, broadcast.c.state).order_by(broadcast.c.id)
        rows = self.database.read(lambda db: db.execute(query).all())
        return {row.key.split(":", 1)[1]: row.state for row in rows}

    def audience(self, key: str) -> dict[str, object]:
        query = select(broadcast.c.audience).where(broadcast.c.key == f"alert:{key}")
        return self.database.read(lambda db: db.execute(query).scalar_one())

    def said(self, key: str) -> str:
        query = select(broadcast.c.words).where(broadcast.c.key == f"alert:{key}")
        words: dict[str, str] = self.database.read(lambda db: db.execute(query).scalar_one())
        return words["zh"]

    def staff_heard(self) -> dict[str, list[str]]:
        """What was queued to each of the staff, by login."""
        query = (
            select(staff_account.c.staff_id, delivery.c.body)
            .join(delivery, delivery.c.account_id == staff_account.c.account_id)
            .order_by(delivery.c.id)
        )
        rows = self.database.read(lambda db: db.execute(query).all())
        names = {one.id: login for login, one in self.staff.items()}
        heard: dict[str, list[str]] = {login: [] for login in self.staff}
        for row in rows:
            heard[names[row.staff_id]].append(row.body[0]["text"])
        return heard


def a_tower(database: Database) -> Tower:
    """Make one; the resident of 1201 and a neighbour of 0301 are bound to it."""
    imported(database)
    house, other = building_called(database, "3栋"), building_called(database, "2栋")
    posts: dict[str, Role] = {
        "head": "building_head",
        "grid": "grid_worker",
        "volunteer": "volunteer",
    }
    staff = {login: employed(database, login, Post(role, "demo")) for login, role in posts.items()}
    staff["officer"] = employed(database, "officer", Post("duty_officer", "demo"))

    def work(db: Connection) -> Tower:
        for login, role in posts.items():
            name_for(db, staff[login].id, house.id, role, staff["officer"].id, NOON)
        for one in staff.values():
            account = account_of(db, "telegram", f"staff-{one.login}", NOON)
            row = {"account_id": account, "staff_id": one.id, "bound_at": NOON}
            put(db, staff_account, row, keys=["account_id"])
        source, secret = add_source(db, ("demo", "烟感平台"), KEY, NOON, actor="operator")
        detectors = [
            Detector(name, house.code, floor, room, kind) for name, floor, room, kind in DETECTORS
        ]
        put_detectors(db, source, [*detectors, Detector("far", other.code, 1, "", "smoke")])
        home = lives(db, house.id, "home", "1201室")
        neighbour = lives(db, house.id, "neighbour", "0301")
        return Tower(database, house.id, other.id, source, secret, staff, home, neighbour)

    return database.write(work)


def lives(db: Connection, house: int, name: str, unit: str) -> int:
    """Bind somebody to a unit and return their id."""
    resident_id = resident_of(db, account_of(db, "telegram", name, NOON))
    bind(db, resident_id, house, "choice", NOON)
    settle(db, resident_id, house, unit=unit)
    return resident_id
