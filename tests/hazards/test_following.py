"""Deadlines carried by later work, what reporters are told, and their answers."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, func, select

from hazards.case_store import events_of, find_case
from hazards.cases import Case
from hazards.casework import (
    IllegalMove,
    MissingReason,
    NotAllowed,
    StaleCase,
    change_category,
    move,
    note,
    pause,
    raise_level,
    resume,
    set_external_number,
    set_public,
)
from hazards.following import FollowJobs, Reply, answer, run_step, tell_reward
from hazards.moments import MOST_AT_ONCE
from hazards.steps import MONTH, StepPlace
from hazards.store import hazard_notice
from storage import Database, Jobs
from storage.work_rows import find_row
from storage.work_runs import InlineWork
from tests.hazards.casefile import (
    DAY,
    HOUR,
    NOON,
    Office,
    add_photo,
    add_report,
    case_at,
    make,
    new_case,
    open_office,
    walk,
)

embedded = pytest.mark.parametrize("store", ["sqlite"])
LONG_AFTER = NOON + 20 * DAY


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.fixture
def work(database: Database, office: Office) -> InlineWork:
    jobs = Jobs()
    FollowJobs(office.rules).register(jobs)
    return InlineWork(database, jobs, lambda: NOON)


def stands(database: Database, case: Case) -> Case:
    found = database.read(lambda db: find_case(db, case.id))
    assert found is not None
    return found


def kinds(database: Database, case: Case) -> list[str]:
    return [event.kind for event in database.read(lambda db: events_of(db, case.id))]


def moments(office: Office) -> list[tuple[str, int]]:
    return [(told.moment, told.round) for told in office.told]


def due_of(case: Case) -> datetime:
    assert case.due_at is not None
    return case.due_at


def test_the_clock_alone_reminds_escalates_and_lists(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: new_case(db, office, is_major=True))
    assert case.soft_at is not None
    levels = [step.level for step in case.steps]
    assert levels == [0, 1, 2, 3]

    assert work.run_due(case.soft_at - HOUR) == 0
    for number, step in enumerate(case.steps, start=1):
        assert work.run_due(step.at) == 1
        assert stands(database, case).level == step.level
        assert stands(database, case).steps_done == number
    assert work.run_due(LONG_AFTER) == 0

    assert kinds(database, case) == ["moved", "reminded", "reminded", "escalated", "escalated"]
    assert stands(database, case).version == case.version  # a reminder makes no page stale


def test_what_is_not_major_is_never_listed(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: new_case(db, office))

    work.run_due(LONG_AFTER)

    assert stands(database, case).level == 2
    assert stands(database, case).is_overdue(LONG_AFTER)
    assert not stands(database, case).is_overdue(due_of(case))


@pytest.mark.parametrize("last", ["claim_fix", "verify", "close", "reject"])
def test_a_case_that_waits_for_nobody_is_not_escalated(
    database: Database, office: Office, work: InlineWork, last: str
) -> None:
    def begin(db: Connection) -> Case:
        if last == "reject":
            return make(db, office, new_case(db, office), "reject")
        return case_at(db, office, last)

    case = database.write(begin)

    work.run_due(NOON + 15 * DAY)

    assert stands(database, case).level == 0
    assert set(kinds(database, case)) == {"moved"}


def test_a_fix_that_was_not_good_is_overdue_at_once(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: case_at(db, office, "claim_fix"))
    work.run_due(LONG_AFTER)

    database.write(lambda db: make(db, office, case, "send_back", LONG_AFTER))
    work.run_due(LONG_AFTER)

    assert stands(database, case).level == 2


def test_a_step_is_taken_once_and_only_for_its_round(database: Database, office: Office) -> None:
    case = database.write(lambda db: new_case(db, office))

    def taken(round_: int, number: int) -> bool:
        place = StepPlace(case.id, round_, number)
        return database.write(lambda db: run_step(db, place, office.rules, NOON))

    assert not taken(2, 0)
    assert not taken(1, 1)
    assert not taken(1, 99)
    assert taken(1, 0)
    assert not taken(1, 0)
    assert taken(1, 1)
    assert stands(database, case).level == 1


def test_a_pause_moves_what_is_left(database: Database, office: Office, work: InlineWork) -> None:
    case = database.write(lambda db: case_at(db, office, "accept"))

    def stop(db: Connection) -> Case:
        act = office.act(case, "supervisor", reason="等配件")
        return pause(db, case.id, act, office.rules, NOON + HOUR)

    paused = database.write(stop)
    assert paused.pause_reason == "等配件"
    assert work.run_due(NOON + 7 * DAY) == 0
    assert not paused.is_overdue(LONG_AFTER)

    def go_on(db: Connection) -> Case:
        return resume(db, case.id, office.act(paused, "supervisor"), office.rules, NOON + 7 * DAY)

    resumed = database.write(go_on)
    # 24 hours by the clock for a blocked corridor: those days come on top.
    assert due_of(resumed) == due_of(case) + 7 * DAY - HOUR
    assert work.run_due(due_of(resumed) - HOUR) == 1
    work.run_due(LONG_AFTER)
    assert stands(database, case).level == 2
    assert kinds(database, case)[-5:] == ["paused", "resumed", "reminded", "reminded", "escalated"]


def test_a_move_ends_a_pause(database: Database, office: Office, work: InlineWork) -> None:
    case = database.write(lambda db: case_at(db, office, "accept"))

    def stop_and_move(db: Connection) -> Case:
        act = office.act(case, "supervisor", reason="停工")
        pause(db, case.id, act, office.rules, NOON + HOUR)
        return make(db, office, case, "rectify", NOON + 3 * HOUR)

    moved = database.write(stop_and_move)

    assert (moved.paused_at, moved.pause_reason) == (None, "")
    assert due_of(moved) == due_of(case) + 2 * HOUR
    assert work.run_due(LONG_AFTER) == 3


@embedded
def test_what_cannot_be_paused_or_resumed(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "accept"))
    closed = database.write(lambda db: case_at(db, office, "close"))
    rules = office.rules

    def refused(error: type[Exception], what: object, of: Case, who: str, reason: str) -> None:
        act = office.act(of, who, reason=reason)
        with pytest.raises(error):
            database.write(lambda db: what(db, of.id, act, rules, NOON))  # type: ignore[operator]

    refused(MissingReason, pause, case, "supervisor", "")
    refused(NotAllowed, pause, case, "handler", "忙")
    refused(IllegalMove, pause, closed, "supervisor", "x")
    refused(IllegalMove, resume, case, "supervisor", "")


def test_a_category_that_is_corrected_is_routed_anew(
    database: Database, office: Office, work: InlineWork
) -> None:
    def correct(db: Connection) -> Case:
        far = open_office(db, "qianjiang")
        case = new_case(
            db, far, district_id="qianjiang", category="canopy", street_id=far.street_id
        )
        case = walk(db, far, case, "screen", "assign", "accept")
        act = far.act(case, "reviewer", reason="看错了")
        return change_category(db, case.id, "lane_blocked", act, office.rules, NOON + HOUR)

    case = database.write(correct)

    assert (case.category, case.lead) == ("lane_blocked", "urban_management")
    assert due_of(case) == NOON + DAY
    assert "canopy → lane_blocked" in database.read(lambda db: events_of(db, case.id))[-1].reason
    assert work.run_due(NOON + 13 * HOUR) == 1


@embedded
def test_another_category_for_another_handler_is_assigned_to_that_one(
    database: Database, office: Office
) -> None:
    def correct(db: Connection) -> Case:
        case = case_at(db, office, "accept")
        taken = move(
            db, case.id, "take_over", office.act(case, "lead", reason="x"), office.rules, NOON
        )
        act = office.act(taken, "reviewer")
        return change_category(db, case.id, "flying_wire", act, office.rules, NOON)

    case = database.write(correct)

    assert (case.state, case.handler) == ("assigned", "street")


def test_a_supervisor_reminds_escalates_and_lists_by_hand(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: case_at(db, office, "assign"))

    def raised(level: int) -> Case:
        act = office.act(case, "supervisor")
        return database.write(lambda db: raise_level(db, case.id, level, act, office.rules, NOON))

    assert raised(1).level == 1
    assert raised(3).level == 3
    for level in (2, 3, 4, 0):
        with pytest.raises(IllegalMove):
            raised(level)
    work.run_due(LONG_AFTER)
    assert stands(database, case).level == 3


@embedded
def test_notes_numbers_and_what_is_public(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "assign"))
    rules = office.rules

    def change(db: Connection) -> Case:
        note(db, case.id, office.act(case, "handler", reason="已联系物业"), rules, NOON)
        act = office.act(case, "grid_worker")
        numbered = set_external_number(db, case.id, "12345-20261123-7", act, rules, NOON)
        act = office.act(numbered, "reviewer")
        return set_public(db, case.id, "某小区楼道堆物，已整改。", act, rules, NOON)

    changed = database.write(change)

    assert changed.external_number == "12345-20261123-7"
    assert (changed.is_public, changed.version) == (True, case.version + 2)
    act = office.act(case, "reviewer")
    with pytest.raises(StaleCase):
        database.write(lambda db: set_public(db, case.id, "", act, rules, NOON))
    act = office.act(changed, "reviewer")
    with pytest.raises(ValueError, match="60 characters"):
        database.write(lambda db: set_external_number(db, case.id, "9" * 61, act, rules, NOON))


def test_a_reporter_is_told_of_their_moments_only(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: case_at(db, office, "rectify"))
    assert moments(office) == [("accepted", 1)]

    database.write(lambda db: walk(db, office, case, "claim_fix", "verify", "close"))
    assert moments(office) == [("accepted", 1), ("fixed", 1)]

    work.run_due(NOON + MONTH - HOUR)
    assert moments(office)[2:] == []
    work.run_due(NOON + MONTH)
    assert moments(office)[2:] == [("month", 1)]
    assert kinds(database, case)[-1] == "asked"


def test_a_return_within_the_offices_is_not_the_reporters_business(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> None:
        case = case_at(db, office, "assign")
        walk(db, office, case, "return", "assign", "return", "refer")

    database.write(work)

    assert moments(office) == [("accepted", 1), ("turned", 1)]
    assert office.told[-1].reason == "按规定"


def test_those_who_want_nothing_and_those_unknown_are_not_told_but_may_answer(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> list[int]:
        case = new_case(db, office)
        quiet = add_report(db, case.id, wants_notices=False)
        nobody = add_report(db, case.id, reporter_id=None, privacy="anonymous")
        gone = add_report(db, case.id, standing="withdrawn")
        walk(db, office, case, "screen", "assign", "accept", "rectify", "claim_fix", "verify")
        return [quiet, nobody, gone]

    quiet, nobody, gone = database.write(work)

    assert {told.report_id for told in office.told} == {quiet - 1}
    outcomes = [
        database.write(
            lambda db, r=r: answer(db, Reply(r, "fixed", is_fixed=True), office.rules, NOON)
        ).outcome
        for r in (quiet, nobody, gone)
    ]
    assert outcomes == ["noted", "noted", "not_asked"]


def test_a_no_needs_a_photo_and_then_goes_to_the_supervisor(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: case_at(db, office, "close"))
    report = office.told[0].report_id
    other = database.write(lambda db: add_photo(db, "no", case_id=case.id))
    photo = database.write(lambda db: add_photo(db, "no", report_id=report))

    def replied(*photos: int) -> str:
        reply = Reply(report, "fixed", False, photos)
        return database.write(lambda db: answer(db, reply, office.rules, NOON + DAY)).outcome

    assert replied() == "photo_wanted"
    assert replied(other) == "photo_wanted"
    assert stands(database, case).state == "closed"
    assert replied(photo) == "reopened"

    again = stands(database, case)
    assert (again.state, again.round, again.handler) == ("reopened", 2, "fire_rescue")
    assert replied(photo) == "noted"
    assert kinds(database, case)[-2:] == ["answered", "moved"]
    assert database.read(lambda db: events_of(db, case.id))[-1].role == "reporter"
    work.run_due(NOON + MONTH)
    assert ("month", 1) not in moments(office)


def test_a_yes_may_become_a_no_a_month_later(
    database: Database, office: Office, work: InlineWork
) -> None:
    case = database.write(lambda db: case_at(db, office, "close"))
    report = office.told[0].report_id
    photo = database.write(lambda db: add_photo(db, "no", report_id=report))

    def replied(moment: str, is_fixed: bool) -> str:
        reply = Reply(report, moment, is_fixed, (photo,))  # type: ignore[arg-type]
        return database.write(lambda db: answer(db, reply, office.rules, LONG_AFTER)).outcome

    assert replied("month", True) == "not_asked"
    assert replied("fixed", True) == "noted"
    work.run_due(NOON + MONTH)
    assert replied("month", True) == "noted"
    assert replied("month", False) == "reopened"
    database.write(
        lambda db: walk(
            db, office, case, "accept", "rectify", "claim_fix", "verify", now=LONG_AFTER
        )
    )
    assert moments(office)[-1] == ("fixed", 2)


def test_a_second_no_is_noted_with_its_photo(database: Database, office: Office) -> None:
    def work(db: Connection) -> list[str]:
        case = new_case(db, office)
        reports = [add_report(db, case.id) for _ in range(2)]
        walk(db, office, case, "screen", "assign", "accept", "rectify", "claim_fix", "verify")
        replies = [Reply(r, "fixed", False, (add_photo(db, "no", report_id=r),)) for r in reports]
        return [answer(db, reply, office.rules, NOON).outcome for reply in replies]

    assert database.write(work) == ["reopened", "noted"]


def test_very_many_reporters_are_told_in_several_transactions(
    database: Database, office: Office, work: InlineWork
) -> None:
    def crowd(db: Connection) -> None:
        case = new_case(db, office)
        for _ in range(2 * MOST_AT_ONCE):
            add_report(db, case.id)
        walk(db, office, case, "screen", "assign")

    database.write(crowd)
    assert len(office.told) == MOST_AT_ONCE

    work.run_due(NOON + HOUR)

    assert len(office.told) == 2 * MOST_AT_ONCE + 1
    count = database.read(lambda db: db.scalar(select(func.count()).select_from(hazard_notice)))
    assert count == len({told.report_id for told in office.told}) == len(office.told)


@embedded
def test_a_reward_is_told_once(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "close"))
    report = office.told[0].report_id

    def told() -> bool:
        return database.write(lambda db: tell_reward(db, case, report, office.rules, NOON))

    assert [told(), told()] == [True, False]
    assert moments(office)[-1] == ("reward", 1)


@embedded
def test_only_the_next_step_is_planned(database: Database, office: Office) -> None:
    case = database.write(lambda db: new_case(db, office))

    def planned() -> list[bool]:
        return [
            database.read(lambda db, n=n: find_row(db, "hazard_step", f"{case.id}:1:{n}"))
            is not None
            for n in range(3)
        ]

    assert planned() == [True, False, False]
    database.write(lambda db: make(db, office, case, "reject"))
    assert planned() == [False, False, False]
