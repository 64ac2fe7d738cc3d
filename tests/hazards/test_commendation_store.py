"""Certificates that a code proves, and a roll on which nobody stands without having agreed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hazards.commendation_store import (
    UNNAMED,
    Commendation,
    NewCommendation,
    agree_to_roll,
    commendation_by_code,
    commendations_of,
    honour_roll,
    issue,
    leave_roll,
    withdraw,
)
from storage import Database, is_valid
from tests.hazards.rewarded import NOON, Case, closed_case, new_resident

YEAR = NOON + timedelta(days=365)


@pytest.fixture
def case(database: Database) -> Case:
    return closed_case(database)


def new(case: Case) -> NewCommendation:
    return NewCommendation("demo", case.report_id, case.reporter_id, "发现并上报消防车道堵塞", YEAR)


def issued(database: Database, case: Case) -> Commendation:
    return database.write(lambda db: issue(db, new(case), NOON))


def roll(database: Database, district: str = "demo") -> list[str]:
    return [each.shown_as for each in database.read(lambda db: honour_roll(db, [district], NOON))]


def test_a_certificate_is_proved_by_its_code(database: Database, case: Case) -> None:
    made = issued(database, case)
    assert is_valid(made.code)
    assert (made.shown_as, made.is_on_honour_roll) == (UNNAMED, False)
    assert database.read(lambda db: commendation_by_code(db, made.code)) == made
    assert made.is_valid(YEAR - timedelta(seconds=1))
    assert not made.is_valid(YEAR)


def test_the_same_thanks_are_issued_once(database: Database, case: Case) -> None:
    tries = [database.submit(lambda db: issue(db, new(case), NOON)) for _ in range(5)]
    assert len({each.result(30).code for each in tries}) == 1
    other = replace(new(case), text="连续一年参加楼栋自查")
    database.write(lambda db: issue(db, other, NOON))
    mine = database.read(lambda db: commendations_of(db, case.reporter_id or 0))
    assert [each.text for each in mine] == [other.text, new(case).text]


def test_nobody_stands_on_the_roll_unasked(database: Database, case: Case) -> None:
    made = issued(database, case)
    assert roll(database) == []
    owner = case.reporter_id or 0
    assert database.write(lambda db: agree_to_roll(db, made.id, owner, "安女士", NOON))
    assert roll(database) == ["安女士"]
    assert roll(database, "other") == []
    assert database.write(lambda db: leave_roll(db, made.id, owner))
    assert roll(database) == []


def test_only_the_owner_agrees(database: Database, case: Case) -> None:
    made = issued(database, case)
    other = database.write(lambda db: new_resident(db, "ben"))
    assert not database.write(lambda db: agree_to_roll(db, made.id, other, "本先生", NOON))
    assert not database.write(lambda db: leave_roll(db, made.id, other))
    assert roll(database) == []


def test_a_withdrawn_certificate_proves_nothing(database: Database, case: Case) -> None:
    made = issued(database, case)
    owner = case.reporter_id or 0
    database.write(lambda db: agree_to_roll(db, made.id, owner, "安女士", NOON))
    assert database.write(lambda db: withdraw(db, made.id, NOON))
    assert not database.write(lambda db: withdraw(db, made.id, NOON))
    found = database.read(lambda db: commendation_by_code(db, made.code))
    assert found is not None
    assert not found.is_valid(NOON)
    assert roll(database) == []
    assert not database.write(lambda db: agree_to_roll(db, made.id, owner, "安女士", NOON))


def test_the_roll_ends_with_the_certificate(database: Database, case: Case) -> None:
    made = issued(database, case)
    database.write(lambda db: agree_to_roll(db, made.id, case.reporter_id or 0, "安女士", NOON))
    assert database.read(lambda db: honour_roll(db, ["demo"], YEAR)) == []
