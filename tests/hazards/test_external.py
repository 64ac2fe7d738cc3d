"""What was closed elsewhere closes here by the table of transitions, once, and by who may."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from community.staff import Staff
from community.staff_store import find_staff
from hazards.case_store import events_of, find_case
from hazards.cases import Case
from hazards.external import Verdict, applied, judged
from hazards.external_sheet import ClosedRow, Ending
from storage import Database
from tests.hazards.casefile import DAY, NOON, Office, case_at, make, new_case, open_office, written

LATER = NOON + DAY
NUMBER = "12345-20261123-7"


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def row(ending: Ending = "closed", **values: object) -> ClosedRow:
    known = ClosedRow(2, NUMBER, LATER, LATER, "已清理", ending)
    return replace(known, **values)


def case_where(database: Database, office: Office, last: str | None) -> Case:
    """Return a case with a number, moved up to ``last``."""

    def work(db: Connection) -> Case:
        case = case_at(db, office, last) if last else new_case(db, office)
        written(db, case, external_number=NUMBER)
        return case

    return database.write(work)


def importer(database: Database, office: Office, who: str) -> Staff:
    staff_id = office.staff[who].staff_id
    assert staff_id is not None
    found = database.read(lambda db: find_staff(db, staff_id))
    assert found is not None
    return found


def look(database: Database, office: Office, one: ClosedRow, who: str = "supervisor") -> Verdict:
    staff = importer(database, office, who)
    return database.read(lambda db: judged(db, one, "demo", staff))


def done(database: Database, office: Office, one: ClosedRow, who: str = "supervisor") -> Verdict:
    staff = importer(database, office, who)
    return database.write(lambda db: applied(db, one, ("demo", staff), office.rules, LATER))


def now(database: Database, case: Case) -> Case:
    found = database.read(lambda db: find_case(db, case.id))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("last", "ending", "who"),
    [
        ("claim_fix", "closed", "supervisor"),
        ("verify", "closed", "supervisor"),
        (None, "rejected", "reviewer"),
        ("screen", "referred", "reviewer"),
    ],
)
def test_a_row_moves_its_case_once(
    database: Database, office: Office, last: str | None, ending: Ending, who: str
) -> None:
    case, one = case_where(database, office, last), row(ending)
    assert look(database, office, one, who).fate == "moved"
    assert now(database, case).version == case.version

    assert done(database, office, one, who).fate == "moved"
    again = done(database, office, one, who)

    assert now(database, case).state == ending
    assert again.fate == "settled"
    reasons = [event.reason for event in database.read(lambda db: events_of(db, case.id))]
    assert f"外部平台已办结（{NUMBER}）：已清理" in reasons


@pytest.mark.parametrize("last", [None, "screen", "assign", "accept", "rectify"])
def test_nothing_is_closed_without_a_claimed_fix(
    database: Database, office: Office, last: str | None
) -> None:
    case = case_where(database, office, last)

    verdict = done(database, office, row())

    assert verdict.fate == "refused"
    assert "先由办理单位附照片报整改完成" in verdict.why
    assert now(database, case).version == case.version


@pytest.mark.parametrize("who", ["handler", "grid_worker", "reviewer"])
def test_only_in_a_role_that_may(database: Database, office: Office, who: str) -> None:
    case = case_where(database, office, "claim_fix")

    verdict = done(database, office, row(), who)

    is_allowed = who == "reviewer"
    assert (verdict.fate == "moved") is is_allowed
    assert (now(database, case).state == "closed") is is_allowed


def test_a_number_that_nobody_gave_or_several_have(database: Database, office: Office) -> None:
    assert "没有这个编号" in look(database, office, row()).why
    for _ in range(2):
        case_where(database, office, "claim_fix")

    assert look(database, office, row()).why.startswith("有2件案件")


def test_a_case_of_another_district_is_not_found(database: Database, office: Office) -> None:
    elsewhere = database.write(lambda db: open_office(db, "qianjiang"))
    case_where(database, office, "claim_fix")

    verdict = look(database, elsewhere, row())

    assert (verdict.fate, verdict.case) == ("refused", None)


def test_what_is_older_than_the_case_is_refused(database: Database, office: Office) -> None:
    case_where(database, office, "claim_fix")
    earlier = NOON - timedelta(minutes=1)

    verdict = look(database, office, row(closed_from=earlier, closed_until=earlier))

    assert "比立案还早" in verdict.why


def test_a_day_without_an_hour_may_be_that_of_the_case(database: Database, office: Office) -> None:
    case_where(database, office, "claim_fix")
    one = row(closed_from=NOON - timedelta(hours=12), closed_until=NOON + timedelta(hours=11))

    assert look(database, office, one).fate == "moved"


def test_the_result_of_an_earlier_round_closes_nothing(database: Database, office: Office) -> None:
    case = case_where(database, office, "close")

    def reopen(db: Connection) -> None:
        again = make(db, office, case, "reopen", LATER + DAY)
        written(db, again, state="fix_claimed")

    database.write(reopen)

    verdict = done(database, office, row())

    assert verdict.fate == "refused"
    assert "重新打开" in verdict.why
