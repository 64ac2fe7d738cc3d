"""Merging two cases, taking that back in any order, and splitting a report off."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from hazards.case_store import events_of, find_case, reports_of
from hazards.cases import Act, Case, IllegalMove, NotAllowed, StaleCase, UnknownCase
from hazards.merging import CannotMerge, NothingToUndo, merge, merges_of, split, undo
from hazards.store import hazard_case, hazard_merge, hazard_report
from storage import Database
from storage.work_rows import find_row
from tests.hazards.casefile import (
    HOUR,
    NOON,
    Office,
    add_report,
    case_at,
    make,
    new_case,
    open_office,
    walk,
    written,
)

embedded = pytest.mark.parametrize("store", ["sqlite"])
_CHANGES = {"version", "changed_at"}


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def found(db: Connection, case: Case) -> Case:
    current = find_case(db, case.id)
    assert current is not None
    return current


def merged(db: Connection, office: Office, kept: Case, other: Case) -> int:
    act = office.act(found(db, other), "reviewer")
    return merge(db, kept.id, other.id, act, office.rules, NOON)


def undone(db: Connection, office: Office, merge_id: int) -> Case:
    query = select(hazard_case.c.version).join(
        hazard_merge, hazard_merge.c.merged_id == hazard_case.c.id
    )
    version = db.execute(query.where(hazard_merge.c.id == merge_id)).scalar_one()
    act = Act(office.staff["reviewer"], version)
    return undo(db, merge_id, act, office.rules, NOON)


def everything(db: Connection) -> list[dict[str, Any]]:
    """Return cases and reports as they stand, but for what counts changes."""
    rows = [*db.execute(select(hazard_case)), *db.execute(select(hazard_report))]
    return [
        {name: value for name, value in row._mapping.items() if name not in _CHANGES}
        for row in rows
    ]


def standings(db: Connection, case: Case) -> list[str]:
    return [report.standing for report in reports_of(db, case.id)]


def test_the_reports_join_and_the_earliest_is_the_first(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        early = make(db, office, new_case(db, office, NOON - HOUR), "screen")
        kept = case_at(db, office, "accept")
        told = len(office.told)

        merge_id = merged(db, office, kept, early)

        gone, stays = found(db, early), found(db, kept)
        assert (gone.state, gone.merged_into, gone.report_count) == ("duplicate", kept.id, 0)
        assert gone.closed_at == NOON
        assert find_row(db, "hazard_step", f"{gone.id}:1:0") is None
        assert (stays.state, stays.report_count) == ("accepted", 2)
        assert standings(db, stays) == ["first", "me_too"]
        assert [(t.moment, t.case_id) for t in office.told[told:]] == [("accepted", kept.id)]
        assert [one.id for one in merges_of(db, kept.id)] == [merge_id]
        assert events_of(db, kept.id)[-1].kind == "merged"

    database.write(work)


def test_undoing_brings_back_what_was(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        kept, other = new_case(db, office), case_at(db, office, "rectify")
        add_report(db, other.id, NOON + HOUR)
        walk(db, office, kept, "screen")
        # As merging will find it: standings and counts are brought up to date by the moves.
        merge_id = merged(db, office, kept, other)
        undone(db, office, merge_id)
        before = everything(db)

        again = merged(db, office, kept, other)
        assert everything(db) != before
        back = undone(db, office, again)

        assert everything(db) == before
        assert (back.state, standings(db, back)) == ("rectifying", ["first", "me_too"])
        assert find_row(db, "hazard_step", f"{other.id}:1:0") is not None
        with pytest.raises(NothingToUndo):
            undone(db, office, again)

    database.write(work)


@pytest.mark.parametrize("store", ["sqlite"])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), size=st.integers(2, 6))
def test_any_merges_undone_in_any_order_leave_what_was_before(
    database: Database, office: Office, seed: int, size: int
) -> None:
    chance = random.Random(seed)

    def work(db: Connection) -> None:
        cases = [new_case(db, office, NOON + n * HOUR) for n in range(size)]
        for one in chance.sample(cases, size // 2):
            make(db, office, one, "screen")
        for one in cases:
            if chance.random() < 0.5:
                add_report(db, one.id, NOON - HOUR, standing="withdrawn")
        for one in cases:
            settle(db, one)
        before = everything(db)
        standing: list[int] = []
        for _ in range(12):
            if standing and chance.random() < 0.5:
                undone(db, office, standing.pop(chance.randrange(len(standing))))
                continue
            kept, other = chance.sample(cases, 2)
            if "duplicate" not in {found(db, kept).state, found(db, other).state}:
                standing.append(merged(db, office, kept, other))
            assert all_reports_stand_at_the_root(db)
        for merge_id in chance.sample(standing, len(standing)):
            undone(db, office, merge_id)

        assert everything(db) == before

    database.write(work)


def settle(db: Connection, case: Case) -> None:
    """Count a case's reports as any merge does, so that what is compared was settled."""
    count = sum(report.standing != "withdrawn" for report in reports_of(db, case.id))
    written(db, case, report_count=count)


def all_reports_stand_at_the_root(db: Connection) -> bool:
    query = select(hazard_case.c.state).join(
        hazard_report, hazard_report.c.case_id == hazard_case.c.id
    )
    return "duplicate" not in set(db.scalars(query))


def test_a_case_merged_over_two_steps_comes_out_of_the_middle(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> None:
        a, b, c = (new_case(db, office, NOON + n * HOUR) for n in range(3))
        first = merged(db, office, b, c)
        second = merged(db, office, a, b)
        assert found(db, a).report_count == 3

        undone(db, office, first)
        assert [found(db, one).report_count for one in (a, b, c)] == [2, 0, 1]
        third = merged(db, office, a, c)
        undone(db, office, second)
        assert [found(db, one).report_count for one in (a, b, c)] == [2, 1, 0]
        undone(db, office, third)
        assert [standings(db, one) for one in (a, b, c)] == [["new"], ["new"], ["new"]]

    database.write(work)


@embedded
def test_what_does_not_go_together(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case, rejected = new_case(db, office), new_case(db, office)
        make(db, office, rejected, "reject")
        far = new_case(db, office, district_id="qianjiang")

        with pytest.raises(CannotMerge, match="same"):
            merged(db, office, case, case)
        with pytest.raises(CannotMerge, match="ended"):
            merged(db, office, rejected, case)
        with pytest.raises(CannotMerge, match="district"):
            merged(db, office, far, case)
        with pytest.raises(IllegalMove):
            merged(db, office, case, rejected)
        with pytest.raises(UnknownCase):
            merge(db, 99, case.id, office.act(case, "reviewer"), office.rules, NOON)
        other = new_case(db, office)
        with pytest.raises(NotAllowed):
            merge(db, other.id, case.id, office.act(case, "supervisor"), office.rules, NOON)
        assert found(db, case) == case

    database.write(work)


@embedded
def test_what_changed_meanwhile_is_not_merged_or_undone(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case, other = new_case(db, office), new_case(db, office)
        make(db, office, other, "screen")
        with pytest.raises(StaleCase):
            merge(db, case.id, other.id, office.act(other, "reviewer"), office.rules, NOON)
        merge_id = merged(db, office, case, other)
        with pytest.raises(StaleCase):
            undo(db, merge_id, office.act(other, "reviewer"), office.rules, NOON)
        moved = make(db, office, case, "screen")
        assert moved.version > case.version
        report = reports_of(db, case.id)[0].id
        with pytest.raises(StaleCase):
            split(db, report, office.act(case, "reviewer"), office.rules, NOON)

    database.write(work)


def test_a_report_that_is_about_something_else_gets_a_case_of_its_own(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        other = add_report(db, case.id, NOON + HOUR, category="fire_door_open")
        case = make(db, office, case, "screen")

        own = split(db, other, office.act(case, "reviewer"), office.rules, NOON)

        assert (own.state, own.category, own.report_count) == ("submitted", "fire_door_open", 1)
        assert own.place_words == case.place_words
        assert [report.id for report in reports_of(db, own.id)] == [other]
        assert standings(db, own) == ["new"]
        assert (standings(db, case), found(db, case).report_count) == (["first"], 1)
        assert events_of(db, case.id)[-1].kind == "split"
        with pytest.raises(CannotMerge, match="only"):
            split(db, other, office.act(own, "reviewer"), office.rules, NOON)
        merged(db, office, case, own)
        assert standings(db, case) == ["first", "me_too"]

    database.write(work)


@pytest.mark.parametrize(
    ("last", "moment"),
    [("rectify", "accepted"), ("claim_fix", "accepted"), ("verify", "fixed"), ("close", "fixed")],
)
def test_who_joins_late_is_told_what_the_others_were(
    database: Database, office: Office, last: str, moment: str
) -> None:
    def work(db: Connection) -> None:
        kept, other = case_at(db, office, last), make(db, office, new_case(db, office), "screen")
        told = len(office.told)

        merged(db, office, kept, other)

        (late,) = reports_of(db, kept.id)[1:]
        assert [(t.moment, t.report_id) for t in office.told[told:]] == [(moment, late.id)]

    database.write(work)
