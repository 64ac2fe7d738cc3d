"""Papers that show that a duty was done: entered once, refused when they cannot be, withdrawn."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from community.audit import entries
from community.staff import Area
from drills.duty_judging import Subject
from drills.duty_record_store import (
    BadEvidence,
    Evidence,
    Paper,
    evidence_of,
    record_drill,
    record_duty,
    subject_of_record,
    withdraw_record,
)
from drills.duty_store import subject_in
from storage import Database
from tests.drills.duty_town import NOON, QIANJIANG_AREA, TODAY, DutyTown, duty_town

RULE = "law41_residents_training"


@pytest.fixture
def town(database: Database) -> DutyTown:
    return duty_town(database)


@pytest.fixture
def paper(town: DutyTown) -> Paper:
    return Paper(RULE, subject(town), date(2026, 6, 1), " 签到表在社区档案柜 ")


def subject(town: DutyTown, area: Area = QIANJIANG_AREA) -> Subject:
    def read(db: object) -> Subject:
        found = subject_in(db, area, "building", town.ids(db, "滨江花园1栋")[0], town.duties)
        assert found
        return found[0]

    return town.database.read(read)


def record(town: DutyTown, paper: Paper, now: datetime = NOON) -> int | None:
    return town.database.write(lambda db: record_duty(db, town.duties, paper, town.staff_id, now))


def evidence(town: DutyTown, paper: Paper) -> list[Evidence]:
    return town.database.read(lambda db: evidence_of(db, RULE, "building", paper.subject.id))


def withdraw(town: DutyTown, record_id: int, reason: str = "记错了楼") -> bool:
    return town.database.write(
        lambda db: withdraw_record(db, record_id, town.staff_id, reason, NOON)
    )


def test_a_paper_counts_once_a_day(town: DutyTown, paper: Paper) -> None:
    made = record(town, paper)
    twice = record(town, replace(paper, note="又按了一次"))
    next_day = record(town, replace(paper, done_on=date(2026, 6, 2)))

    assert made
    assert twice is None
    assert next_day
    [later, first] = evidence(town, paper)
    assert (first.id, first.done_on, first.note) == (made, date(2026, 6, 1), "签到表在社区档案柜")
    assert (later.id, first.drill_id, first.created_at) == (next_day, None, NOON)
    noted = town.database.read(lambda db: entries(db, frozenset({"qianjiang"})))
    assert [one.action for one in noted] == ["duty.recorded"] * 2


def test_what_was_entered_wrongly_is_withdrawn_once_and_stays(town: DutyTown, paper: Paper) -> None:
    made = record(town, paper)
    assert made

    assert withdraw(town, made)
    assert not withdraw(town, made)

    [one] = evidence(town, paper)
    assert (one.withdrawn_at, one.withdrawn_by) == (NOON, town.staff_id)
    assert one.withdrawn_note == "记错了楼"
    # The same day may be entered again, rightly this time.
    assert record(town, paper)
    assert len(evidence(town, paper)) == 2
    assert town.database.read(lambda db: subject_of_record(db, made)) == (
        RULE,
        "building",
        paper.subject.id,
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"done_on": TODAY + timedelta(days=1)}, "future"),
        ({"done_on": date(2021, 7, 31)}, "too_early"),
        ({"note": " "}, "note"),
        ({"note": "长" * 501}, "note"),
        ({"rule": "qianjiang37_estate_drill"}, "rule"),
        ({"rule": "jiangjin2_training"}, "rule"),
        ({"rule": "nothing"}, "rule"),
    ],
)
def test_what_cannot_be_is_refused(
    town: DutyTown, paper: Paper, changed: dict[str, object], problem: str
) -> None:
    with pytest.raises(BadEvidence) as caught:
        record(town, replace(paper, **changed))

    assert caught.value.problem == problem
    assert evidence(town, paper) == []


def test_the_day_is_that_of_the_place(town: DutyTown, paper: Paper) -> None:
    before_midnight = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    tomorrow = replace(paper, done_on=date(2026, 11, 21))

    with pytest.raises(BadEvidence):
        record(town, tomorrow, before_midnight)
    assert record(town, tomorrow, before_midnight + timedelta(minutes=1))


def test_withdrawing_needs_a_reason_and_a_paper(town: DutyTown, paper: Paper) -> None:
    made = record(town, paper)
    assert made

    with pytest.raises(BadEvidence):
        withdraw(town, made, "")
    assert not withdraw(town, made + 1)


def test_what_a_sealed_report_shows_is_not_withdrawn_by_hand(town: DutyTown) -> None:
    def seal(db: object) -> list[int]:
        drill_id = town.drill(db, "滨江花园1栋", state="reported")
        return record_drill(db, town.duties, drill_id, town.staff_id, NOON)

    made = town.database.write(seal)

    assert made
    assert not any(withdraw(town, one) for one in made)
    assert all(town.database.read(lambda db, one=one: subject_of_record(db, one)) for one in made)


def test_nobody_outside_the_area_finds_a_subject(town: DutyTown) -> None:
    found = town.database.read(
        lambda db: subject_in(
            db, Area(frozenset({"jiangjin"})), "building", subject(town).id, town.duties
        )
    )

    assert found is None
