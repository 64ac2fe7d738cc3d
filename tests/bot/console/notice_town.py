"""People of a district who write, approve and get notices, and browsers for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from sqlalchemy import Connection, select, update

from bot.console.broadcast_desk import PATH
from bot.console.broadcasts import BroadcastPages
from community.bindings import bind
from community.broadcast_expand_store import expand_chunk
from community.broadcast_store import broadcast, broadcast_from, broadcast_recipient
from community.broadcast_write_store import begin_expanding, begin_sending, complete
from community.broadcasts import Broadcast
from community.building_posts import name_for
from community.delivery_store import delivery
from community.districts import load_district
from community.register_store import all_streets
from community.staff_store import find_staff
from tests.bot.console.console_service import Town, Visit, post
from tests.community.broadcast_rows import chatting, living
from tests.community.registered import building_called, imported, new_resident

DISTRICT = "qianjiang"
LIST = """\
镇街,社区,小区,楼栋,地址,层数
城东街道,幸福社区,双福花园,3栋,滨江路8号,33
城东街道,河滨社区,,河滨1号楼,河滨路1号,7
城西街道,东门社区,,中心A座,东门街88号,30
"""
WORDS = {
    "district": DISTRICT,
    "purpose": "notice",
    "mode": "live",
    "title": "停水通知",
    "zh": "明天上午停水。\n请备水。",
    "expires": "2026-11-22T12:00",
    "operation": "form-1",
    "do": "save",
}


@dataclass
class NoticeTown:
    """``du`` supervises, ``shen`` reviews, both the district; ``xi`` is of 城西街道's office.

    ``lou`` is the head of 3栋, ``yuan`` reviews in another district. 3栋 has three residents: two
    in Telegram, one of them English, and one on the web.
    """

    town: Town
    staff: dict[str, int] = field(default_factory=dict)
    residents: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        imported(self.town.database, LIST, district=DISTRICT)
        found = self.town.database.read(lambda db: all_streets(db, DISTRICT))
        self.streets = {one.name: one.id for one in found}
        east, west = self.streets["城东街道"], self.streets["城西街道"]
        hired = {
            "du": post("supervisor", DISTRICT),
            "shen": post("reviewer", DISTRICT),
            "xi": post("department", DISTRICT, street_id=west),
            "lou": post("building_head", DISTRICT, street_id=east),
            "yuan": post("reviewer", "jiangjin"),
        }
        self.staff = {
            login: self.town.hire(login, one, name=f"{login}同志") for login, one in hired.items()
        }
        self.town.database.write(self._settle)

    def _settle(self, db: Connection) -> None:
        home, now = self.building("3栋"), self.town.clock()
        name_for(db, self.staff["lou"], home, "building_head", self.staff["du"], now)
        self.residents = [
            living(db, "res-1", home, floor=3),
            living(db, "res-2", home, floor=5),
            living(db, "res-3", home, channel="web"),
        ]

    @property
    def pages(self) -> BroadcastPages:
        return BroadcastPages({id_: load_district(id_) for id_ in self.town.districts})

    def building(self, name: str) -> int:
        return building_called(self.town.database, name, district=DISTRICT).id

    def link_chat(self, login: str) -> None:
        def work(db: Connection) -> None:
            staff = find_staff(db, self.staff[login])
            assert staff
            chatting(db, staff)

        self.town.database.write(work)

    def leave_without_account(self, name: str) -> None:
        """Add a resident of a building who has no chat any more."""
        home, now = self.building(name), self.town.clock()
        self.town.database.write(lambda db: bind(db, new_resident(db), home, "choice", now))

    def write(self, visit: Visit, **changed: object) -> httpx.Response:
        """Send the form of a new notice, by default to 3栋."""
        return send(visit, f"{PATH}/new", {**WORDS, "building": self.building("3栋"), **changed})

    def kept(self, visit: Visit, **changed: object) -> Broadcast:
        """Write a notice and return it."""
        response = self.write(visit, **changed)
        assert response.status_code == 303, response.text
        return self.at(response.headers["location"])

    def pending(self, visit: Visit, **changed: object) -> Broadcast:
        kept = self.kept(visit, **changed)
        assert do(visit, kept, "submit").status_code == 303
        return self.now(kept)

    def at(self, path: str) -> Broadcast:
        code = path.rsplit("/", 1)[-1]
        query = select(broadcast).where(broadcast.c.code == code)
        return self.town.database.read(lambda db: broadcast_from(db.execute(query).one()))

    def now(self, kept: Broadcast) -> Broadcast:
        return self.at(kept.code)

    def all(self) -> list[Broadcast]:
        query = select(broadcast).order_by(broadcast.c.id)
        return self.town.database.read(lambda db: [broadcast_from(r) for r in db.execute(query)])

    def expand(self, kept: Broadcast) -> None:
        """Write the audience out, as the jobs would once it is due."""
        self.town.clock.now = max(self.town.clock.now, kept.due_at)
        now = self.town.clock()

        def work(db: Connection) -> None:
            assert begin_expanding(db, kept.id, now)
            while expand_chunk(db, kept.id, now):
                pass
            assert begin_sending(db, kept.id, now)

        self.town.database.write(work)

    def settle(self, kept: Broadcast, states: Mapping[int, tuple[str, str]]) -> None:
        """End deliveries: resident → (state, code)."""

        def work(db: Connection) -> None:
            for resident_id, (state, code) in states.items():
                row = broadcast_recipient.c
                mine = select(row.delivery_id).where(
                    row.broadcast_id == kept.id, row.resident_id == resident_id
                )
                values = {"state": state, "outcome": code}
                db.execute(update(delivery).where(delivery.c.id.in_(mine)).values(values))

        self.town.database.write(work)

    def complete(self, kept: Broadcast) -> None:
        now = self.town.clock() + timedelta(minutes=1)
        assert self.town.database.write(lambda db: complete(db, kept.id, now))


def send(visit: Visit, path: str, form: Mapping[str, object]) -> httpx.Response:
    given = {name: value for name, value in form.items() if value is not None}
    return visit.client.post(path, data={"csrf": visit.token(), **given})


def do(visit: Visit, kept: Broadcast, what: str, **more: object) -> httpx.Response:
    """Send a form of a notice's page."""
    return send(visit, f"{path(kept)}/do", {"do": what, "operation": "act-1", **more})


def path(kept: Broadcast) -> str:
    return f"{PATH}/{kept.code}"


def text_of(page: str) -> str:
    """Return what a page says, without its marks and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
