"""A case's summary (案情摘要): by whom, on which version, and found by its words."""

import pytest
from sqlalchemy import Connection

from community import audit
from community.staff import Area
from hazards.case_changes import MOST_SUMMARY_CHARACTERS, set_summary
from hazards.case_store import events_of, find_case
from hazards.cases import Case, NotAllowed, StaleCase
from hazards.queue_store import CaseFilter, queue
from storage import Database
from tests.hazards.casefile import NOON, Office, new_case, open_office

WORDS = "3栋2单元楼梯间堆满纸箱"


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.fixture
def case(database: Database, office: Office) -> Case:
    return database.write(
        lambda db: new_case(db, office, summary="原来的话", external_number="GD-7")
    )


def summed_up(
    database: Database, office: Office, case: Case, text: str = WORDS, who: str = "reviewer"
) -> Case:
    act = office.act(case, who)
    return database.write(lambda db: set_summary(db, case.id, text, act, office.rules, NOON))


def found(db: Connection, words: str) -> list[int]:
    wanted = CaseFilter(Area(districts=frozenset({"demo"})), text=words)
    return [one.id for one in queue(db, wanted, NOON).cases]


@pytest.mark.parametrize("who", ["reviewer", "supervisor", "duty_officer", "administrator"])
def test_who_looks_at_cases_sums_them_up(
    database: Database, office: Office, case: Case, who: str
) -> None:
    changed = summed_up(database, office, case, who=who)

    assert (changed.summary, changed.state) == (WORDS, case.state)
    assert changed.version == case.version + 1


@pytest.mark.parametrize("who", ["handler", "lead", "grid_worker", "reporter"])
def test_nobody_else_does(database: Database, office: Office, case: Case, who: str) -> None:
    with pytest.raises(NotAllowed):
        summed_up(database, office, case, who=who)

    assert database.read(lambda db: find_case(db, case.id)) == case


def test_it_is_in_the_timeline_and_the_audit_log(
    database: Database, office: Office, case: Case
) -> None:
    summed_up(database, office, case)

    last = database.read(lambda db: events_of(db, case.id))[-1]
    noted = database.read(lambda db: audit.entries(db, ["demo"]))[0]
    assert (last.kind, last.reason) == ("noted", f"案情摘要：{WORDS}")
    assert last.staff_id == office.staff["reviewer"].staff_id
    assert (noted.action, noted.subject) == ("case.noted", f"case:{case.id}")
    assert noted.detail["action"] == "summary"
    assert WORDS not in str(noted.detail)


def test_the_case_is_found_by_what_it_says_now(
    database: Database, office: Office, case: Case
) -> None:
    summed_up(database, office, case)

    for words, ids in (("楼梯间", [case.id]), ("gd-7", [case.id]), ("原来的话", [])):
        assert database.read(lambda db, words=words: found(db, words)) == ids, words


def test_of_two_who_write_at_once_one_wins(database: Database, office: Office, case: Case) -> None:
    summed_up(database, office, case)

    with pytest.raises(StaleCase):
        summed_up(database, office, case, "另一种说法")

    now = database.read(lambda db: find_case(db, case.id))
    assert now is not None
    assert now.summary == WORDS


def test_it_is_taken_back(database: Database, office: Office, case: Case) -> None:
    assert summed_up(database, office, case, "").summary == ""

    last = database.read(lambda db: events_of(db, case.id))[-1]
    assert "以上报人的话为准" in last.reason


def test_it_has_an_end(database: Database, office: Office, case: Case) -> None:
    with pytest.raises(ValueError, match=str(MOST_SUMMARY_CHARACTERS)):
        summed_up(database, office, case, "长" * (MOST_SUMMARY_CHARACTERS + 1))
