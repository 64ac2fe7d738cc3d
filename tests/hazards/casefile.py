"""Cases with staff, reports and photos around them, made through the real functions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from community.districts import load_district
from community.register_store import add_street, street
from community.staff import Post
from community.staff_store import add_staff
from community.workdays import load_workdays
from hazards.case_rules import CaseRules, Told
from hazards.case_store import find_case
from hazards.cases import Act, Actor, Case, NewCase
from hazards.casework import move, open_case
from hazards.store import hazard_case, hazard_photo, hazard_report
from hazards.timeline import Happened
from storage import new_code
from tests.community.registered import new_resident

# A Monday, 12:00 in Chongqing.
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DISTRICTS = ("demo", "qianjiang")

PATH = ("screen", "assign", "accept", "rectify", "claim_fix", "verify", "close")
# Who makes which move on the way to closure.
WHO = {
    "screen": "reviewer",
    "assign": "reviewer",
    "accept": "handler",
    "return": "handler",
    "rectify": "handler",
    "claim_fix": "handler",
    "verify": "supervisor",
    "send_back": "supervisor",
    "close": "supervisor",
    "reject": "reviewer",
    "refer": "reviewer",
    "reassign": "supervisor",
    "take_over": "lead",
    "close_on_spot": "grid_worker",
    "confirm_fixed": "supervisor",
    "reopen": "supervisor",
    "withdraw": "reporter",
}


@dataclass
class Office:
    """A district's staff by what they are in it, and what its rules were told."""

    street_id: int
    staff: dict[str, Actor]
    told: list[Told] = field(default_factory=list)
    heard: list[Happened] = field(default_factory=list)

    @property
    def rules(self) -> CaseRules:
        districts = {name: load_district(name) for name in DISTRICTS}
        return CaseRules(
            districts,
            load_workdays(),
            telling=lambda _db, told: self.told.append(told),
            listening=lambda _db, happened: self.heard.append(happened),
        )

    def act(self, case: Case, who: str, *photos: int, reason: str = "", handler: str = "") -> Act:
        return Act(self.staff[who], case.version, reason, photos, handler)


def open_office(db: Connection, district: str = "demo") -> Office:
    """Return an office with one of everybody, in one street."""
    add_street(db, district, "双福街道")
    street_id = db.scalars(select(street.c.id).where(street.c.district_id == district)).one()
    posts = {
        "reviewer": Post("reviewer", district),
        "supervisor": Post("supervisor", district),
        "duty_officer": Post("duty_officer", district),
        "administrator": Post("administrator", district),
        "handler": Post("department", district, street_id=street_id),
        "lead": Post("department", district, department="fire_rescue"),
        "grid_worker": Post("grid_worker", district, street_id=street_id),
    }
    staff = {
        name: Actor(post.role, add_staff(db, f"{district}.{name}", "经办", "x", [post], NOON))
        for name, post in posts.items()
    }
    staff |= {"system": Actor("system"), "reporter": Actor("reporter")}
    return Office(street_id, staff)


def new_case(db: Connection, office: Office, now: datetime = NOON, **values: object) -> Case:
    """Return a case of one report."""
    known = {"street_id": office.street_id, "place_words": "3栋2单元楼道", "summary": "楼道堆物"}
    wanted = NewCase(**{"district_id": "demo", "category": "corridor_blocked", **known, **values})
    case = open_case(db, wanted, office.rules, now)
    add_report(db, case.id, now)
    return case


def add_report(db: Connection, case_id: int, now: datetime = NOON, **values: object) -> int:
    """Add a confidential report to a case and return its id."""
    row = {
        "code": new_code(),
        "district_id": "demo",
        "source": "web",
        "privacy": "confidential",
        "reporter_id": new_resident(db),
        "wrong_tries": 0,
        "case_id": case_id,
        "standing": "new",
        "category": "corridor_blocked",
        "said": "",
        "place_words": "",
        "floor": "",
        "datum": "wgs84",
        "is_outside": False,
        "wants_notices": True,
        "is_false": False,
        "created_at": now,
        **values,
    }
    made: int = db.execute(
        insert(hazard_report).values(row).returning(hazard_report.c.id)
    ).scalar_one()
    return made


def add_photo(db: Connection, purpose: str = "fix", **values: object) -> int:
    """Add a photo and return its id; give its ``case_id`` or ``report_id``."""
    row = {
        "purpose": purpose,
        "channel": "web",
        "ref": "",
        "refused": "",
        "sha256": "",
        "phash": "",
        "masks": [],
        "created_at": NOON,
        **values,
    }
    made: int = db.execute(
        insert(hazard_photo).values(row).returning(hazard_photo.c.id)
    ).scalar_one()
    return made


def written(db: Connection, case: Case, **values: object) -> None:
    """Write columns of a case that nothing else would write so."""
    db.execute(update(hazard_case).where(hazard_case.c.id == case.id).values(values))


def make(db: Connection, office: Office, case: Case, name: str, now: datetime = NOON) -> Case:
    """Make a move by whoever usually does, with all it needs; return the case as it is then."""
    current = find_case(db, case.id)
    assert current is not None
    photos: tuple[int, ...] = ()
    if name in {"claim_fix", "confirm_fixed"}:
        photos = (add_photo(db, case_id=case.id),)
    if name == "close_on_spot":
        photos = (
            add_photo(db, "before", case_id=case.id),
            add_photo(db, "after", case_id=case.id),
        )
    who = "lead" if WHO[name] == "handler" and current.handler == current.lead else WHO[name]
    act = office.act(current, who, *photos, reason="按规定")
    return move(db, case.id, name, act, office.rules, now)


def walk(db: Connection, office: Office, case: Case, *names: str, now: datetime = NOON) -> Case:
    """Make several moves in order."""
    for name in names:
        case = make(db, office, case, name, now)
    return case


def case_at(db: Connection, office: Office, last: str, now: datetime = NOON) -> Case:
    """Return a case that was moved along the path to closure up to the move ``last``."""
    return walk(db, office, new_case(db, office, now), *PATH[: PATH.index(last) + 1], now=now)
