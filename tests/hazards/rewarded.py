"""Cases, reports and people as rewards need them, without the rest of casework."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, update

from community.staff_store import add_staff, staff_account
from community.store import account_of, resident_of
from hazards.reward_rules import Amount, Offer, RewardRules, RewardScheme
from hazards.store import hazard_case, hazard_event, hazard_report
from storage import Database, new_code

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
BLANKET = Offer("fire_blanket", "灭火毯（示例）", 100, is_example=True)
RULES = RewardRules(
    version="v1",
    since=date(2026, 1, 1),
    amounts={
        "default": Amount(10, "points"),
        "lane_blocked": Amount(5000, "fen"),
        "other": Amount(0, "points"),
    },
    me_too=2,
    caps={"points": 25, "fen": 12_000},
    claim_days=30,
    anonymous_points=8,
    offers=(BLANKET,),
)
SCHEME = RewardScheme("demo", ZONE, (RULES,))


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its first report."""

    id: int
    report_id: int
    reporter_id: int | None


def new_resident(db: Connection, name: str) -> int:
    return resident_of(db, account_of(db, "web", name, NOON))


def new_staff(db: Connection, login: str) -> int:
    return add_staff(db, login, login, "x", [], NOON)


def bound_staff(db: Connection, name: str) -> tuple[int, int]:
    """Return a resident and the staff member that they are, too."""
    account = account_of(db, "web", name, NOON)
    staff_id = new_staff(db, name)
    db.execute(insert(staff_account).values(account_id=account, staff_id=staff_id, bound_at=NOON))
    return resident_of(db, account), staff_id


def new_case(
    db: Connection, *, category: str = "corridor_blocked", state: str = "closed", **changed: object
) -> int:
    values: Mapping[str, object] = {
        "code": new_code(),
        "district_id": "demo",
        "category": category,
        "state": state,
        "handler": "street",
        "lead": "fire_rescue",
        "level": 0,
        "is_major": False,
        "round": 1,
        "place_words": "3栋",
        "floor": "",
        "summary": "",
        "version": 1,
        "rule_version": "",
        "pause_reason": "",
        "external_number": "",
        "is_public": False,
        "public_text": "",
        "report_count": 1,
        "opened_at": NOON,
        "changed_at": NOON,
    }
    made: int = db.execute(
        insert(hazard_case).values(**{**values, **changed}).returning(hazard_case.c.id)
    ).scalar_one()
    return made


def new_report(db: Connection, case_id: int, reporter_id: int | None, **changed: object) -> int:
    values: Mapping[str, object] = {
        "code": new_code(),
        "district_id": "demo",
        "source": "web",
        "privacy": "confidential",
        "reporter_id": reporter_id,
        "wrong_tries": 0,
        "case_id": case_id,
        "standing": "first",
        "category": "corridor_blocked",
        "said": "",
        "place_words": "",
        "floor": "",
        "datum": "wgs84",
        "is_outside": False,
        "wants_notices": False,
        "is_false": False,
        "created_at": NOON,
    }
    made: int = db.execute(
        insert(hazard_report).values(**{**values, **changed}).returning(hazard_report.c.id)
    ).scalar_one()
    return made


def closed_case(database: Database, who: str | None = "ann", **of_case: str) -> Case:
    """Return a closed case that somebody, or nobody known, has reported."""

    def made(db: Connection) -> Case:
        reporter = None if who is None else new_resident(db, who)
        case_id = new_case(db, **of_case)
        privacy = "confidential" if who else "anonymous"
        return Case(case_id, new_report(db, case_id, reporter, privacy=privacy), reporter)

    return database.write(made)


def acted(
    db: Connection, case_id: int, staff_id: int, to_state: str, from_state: str = "assigned"
) -> None:
    db.execute(
        insert(hazard_event).values(
            case_id=case_id,
            kind="moved",
            from_state=from_state,
            to_state=to_state,
            role="department",
            staff_id=staff_id,
            reason="",
            photo_ids=[],
            at=NOON,
        )
    )


def set_case(db: Connection, case_id: int, state: str) -> None:
    db.execute(update(hazard_case).where(hazard_case.c.id == case_id).values(state=state))
