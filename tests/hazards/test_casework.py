"""Moving a case: who may, on what evidence, and what goes with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from community import audit
from community.departments import UnknownDepartment
from community.staff import Post
from community.staff_store import add_staff, set_active
from hazards.case_store import case_by_code, events_of, find_case, photos_of, reports_of
from hazards.cases import SYSTEM, Act, Actor, Case, NewCase
from hazards.casework import (
    IllegalMove,
    MissingPhoto,
    MissingReason,
    NotAllowed,
    StaleCase,
    UnknownCase,
    close_on_spot,
    move,
    open_case,
    take_over,
)
from hazards.store import hazard_report
from storage import Database
from storage.work_rows import find_row
from tests.hazards.casefile import (
    DAY,
    HOUR,
    NOON,
    PATH,
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


def in_office(database: Database, work: Callable[[Connection, Office], None]) -> Office:
    """Run ``work`` in one transaction with an office; return that."""

    def run(db: Connection) -> Office:
        office = open_office(db)
        work(db, office)
        return office

    return database.write(run)


def test_a_case_goes_from_report_to_closure(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        opened = new_case(db, office)
        assert (opened.state, opened.handler, opened.lead) == ("submitted", "street", "fire_rescue")

        closed = walk(db, office, opened, *PATH, now=NOON + HOUR)

        assert closed.state == "closed"
        assert closed.version == opened.version + len(PATH)
        assert closed.verified_at == closed.closed_at == NOON + HOUR
        assert case_by_code(db, f"{closed.code[:4]}-{closed.code[4:].lower()}") == closed

    in_office(database, work)


def test_the_timeline_and_the_audit_log_tell_of_every_move(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, "close")
        events = events_of(db, case.id)

        assert [event.to_state for event in events] == [
            "submitted",
            "screened",
            "assigned",
            "accepted",
            "rectifying",
            "fix_claimed",
            "verified",
            "closed",
        ]
        assert events[1].staff_id == office.staff["reviewer"].staff_id
        assert (events[0].role, events[0].staff_id) == ("reporter", None)
        assert events[5].photo_ids == tuple(photo.id for photo in photos_of(db, case.id))
        log = audit.entries(db, ["demo"])
        assert {entry.subject for entry in log} == {f"case:{case.id}"}
        assert [entry.detail["to"] for entry in reversed(log)] == [
            event.to_state for event in events[1:]
        ]
        assert audit.verify(db).is_whole
        assert [heard.event.action for heard in office.heard] == ["open", *PATH]

    in_office(database, work)


@pytest.mark.parametrize(
    ("last", "name", "who"),
    [
        ("screen", "screen", "reviewer"),
        ("screen", "accept", "handler"),
        ("assign", "claim_fix", "handler"),
        ("accept", "verify", "supervisor"),
        ("claim_fix", "close", "supervisor"),
        ("close", "verify", "supervisor"),
        ("assign", "withdraw", "reporter"),
        ("assign", "mark_duplicate", "reviewer"),
        ("assign", "no_such_move", "reviewer"),
    ],
)
@embedded
def test_what_the_table_does_not_have_is_refused(
    database: Database, last: str, name: str, who: str
) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, last)

        with pytest.raises(IllegalMove) as refused:
            move(db, case.id, name, office.act(case, who), office.rules, NOON)

        assert refused.value.current == find_case(db, case.id) == case

    in_office(database, work)


@pytest.mark.parametrize(
    ("last", "name", "who"),
    [
        ("screen", "assign", "handler"),
        ("screen", "assign", "supervisor"),
        ("assign", "accept", "reviewer"),
        ("assign", "accept", "lead"),  # it supervises; the street handles
        ("claim_fix", "verify", "handler"),
        ("verify", "close", "lead"),
        ("close", "reopen", "grid_worker"),
    ],
)
@embedded
def test_a_role_that_may_not_is_refused(database: Database, last: str, name: str, who: str) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, last)

        with pytest.raises(NotAllowed):
            move(db, case.id, name, office.act(case, who, reason="x"), office.rules, NOON)

        assert find_case(db, case.id) == case

    in_office(database, work)


OUTSIDERS = {
    "a role that nobody gave": lambda office, _: replace(office.staff["handler"], role="reviewer"),
    "no such staff": lambda *_: Actor("reviewer", 99_999),
    "staff without a name": lambda *_: Actor("reviewer"),
    "of another district": lambda _, db: Actor(
        "reviewer", add_staff(db, "far", "外", "x", [Post("reviewer", "qianjiang")], NOON)
    ),
    "shut out": lambda office, db: (
        set_active(db, office.staff["reviewer"].staff_id, is_active=False),
        office.staff["reviewer"],
    )[1],
}


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_a_role_counts_only_where_it_is_held(database: Database, outsider: str) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        act = Act(OUTSIDERS[outsider](office, db), case.version)

        with pytest.raises(NotAllowed):
            move(db, case.id, "screen", act, office.rules, NOON)

    in_office(database, work)


@embedded
def test_a_street_handles_only_what_is_in_it(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        elsewhere = new_case(db, office, street_id=None)
        case = walk(db, office, elsewhere, "screen", "assign")

        with pytest.raises(NotAllowed):
            move(db, case.id, "accept", office.act(case, "handler"), office.rules, NOON)

    in_office(database, work)


def test_whoever_claimed_the_fix_neither_verifies_nor_closes_it(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        both = [Post("supervisor", "demo"), Post("department", "demo", office.street_id)]
        staff_id = add_staff(db, "both", "两头", "x", both, NOON)
        case = case_at(db, office, "rectify")
        photo = add_photo(db, case_id=case.id)
        claim = Act(Actor("department", staff_id), case.version, photo_ids=(photo,))
        case = move(db, case.id, "claim_fix", claim, office.rules, NOON)

        own = Act(Actor("supervisor", staff_id), case.version)
        with pytest.raises(NotAllowed):
            move(db, case.id, "verify", own, office.rules, NOON)
        case = make(db, office, case, "verify")
        with pytest.raises(NotAllowed):
            move(db, case.id, "close", replace(own, version=case.version), office.rules, NOON)
        assert make(db, office, case, "close").state == "closed"

    in_office(database, work)


@pytest.mark.parametrize(
    ("last", "name", "who"),
    [
        ("assign", "return", "handler"),
        ("screen", "reject", "reviewer"),
        ("close", "reopen", "supervisor"),
    ],
)
@embedded
def test_turning_away_needs_words(database: Database, last: str, name: str, who: str) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, last)

        with pytest.raises(MissingReason):
            move(db, case.id, name, office.act(case, who, reason="  "), office.rules, NOON)

    in_office(database, work)


@embedded
def test_a_fix_needs_photos_of_its_own_case_that_could_be_kept(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        other = new_case(db, office)
        case = case_at(db, office, "rectify")
        of_other = add_photo(db, case_id=other.id)
        refused = add_photo(db, case_id=case.id, refused="heic")
        good = add_photo(db, case_id=case.id)

        for photos in ((), (of_other,), (refused,), (good, of_other), (12_345,)):
            with pytest.raises(MissingPhoto):
                move(
                    db,
                    case.id,
                    "claim_fix",
                    office.act(case, "handler", *photos),
                    office.rules,
                    NOON,
                )
        assert find_case(db, case.id) == case

    in_office(database, work)


@embedded
def test_a_department_that_does_not_exist_gets_nothing(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, "screen")
        act = office.act(case, "reviewer", handler="fantasy")

        with pytest.raises(UnknownDepartment) as unknown:
            move(db, case.id, "assign", act, office.rules, NOON)

        assert unknown.value.known == ("street", "fire_rescue")
        assert find_case(db, case.id) == case

    in_office(database, work)


def test_what_was_seen_before_it_changed_moves_nothing(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        screened = make(db, office, case, "screen")

        with pytest.raises(StaleCase) as stale:
            move(
                db, case.id, "reject", office.act(case, "reviewer", reason="旧"), office.rules, NOON
            )

        assert stale.value.current == screened

    in_office(database, work)


@embedded
def test_a_case_that_is_not_there_is_said_so(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        with pytest.raises(UnknownCase):
            move(db, 99, "screen", Act(SYSTEM, 1), office.rules, NOON)

    in_office(database, work)


def test_a_returned_case_waits_for_the_reviewer_to_choose(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, "assign")
        back = make(db, office, case, "return")
        assert (back.state, back.handler) == ("returned", "street")

        act = office.act(back, "reviewer", handler="fire_rescue")
        sent = move(db, case.id, "assign", act, office.rules, NOON)

        assert (sent.state, sent.handler) == ("assigned", "fire_rescue")
        assert walk(db, office, sent, "accept").state == "accepted"

    in_office(database, work)


def test_the_lead_takes_over_and_handles_it(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, "accept")
        act = office.act(case, "lead", reason="需要执法权")

        taken = take_over(db, case.id, act, office.rules, NOON)

        assert (taken.state, taken.handler) == ("accepted", "fire_rescue")
        with pytest.raises(NotAllowed):
            move(db, case.id, "rectify", office.act(taken, "handler"), office.rules, NOON)
        assert move(
            db, case.id, "rectify", office.act(taken, "lead"), office.rules, NOON
        ).state == ("rectifying")

    in_office(database, work)


@pytest.mark.parametrize(
    ("draw", "state"),
    [(0.0, "fix_claimed"), (0.0999, "fix_claimed"), (0.1, "closed"), (0.9, "closed")],
)
def test_what_is_put_right_on_the_spot_is_closed_or_looked_at_again(
    database: Database, draw: float, state: str
) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        before, after = (add_photo(db, p, case_id=case.id) for p in ("before", "after"))
        act = office.act(case, "grid_worker", before, after)

        assert close_on_spot(db, case.id, act, office.rules, NOON, draw).state == state

        closing = [event.role for event in events_of(db, case.id)][1:]
        assert closing == ["grid_worker", "system", "system"][: len(closing)]

    in_office(database, work)


@embedded
def test_on_the_spot_takes_both_photos(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        one, two = (add_photo(db, "after", case_id=case.id) for _ in range(2))

        act = office.act(case, "grid_worker", one, two)
        with pytest.raises(MissingPhoto) as missing:
            close_on_spot(db, case.id, act, office.rules, NOON, 0.5)

        assert missing.value.needed == 2

    in_office(database, work)


def test_reopening_begins_a_round_with_the_lead(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = case_at(db, office, "close")
        again = make(db, office, case, "reopen", NOON + 10 * DAY)

        assert (again.state, again.round, again.handler) == ("reopened", 2, "fire_rescue")
        assert (again.level, again.closed_at, again.verified_at) == (0, None, None)
        assert again.due_at is not None
        assert again.due_at > NOON + 10 * DAY
        assert find_row(db, "hazard_step", f"{case.id}:2:0") is not None
        assert find_row(db, "hazard_month", f"{case.id}:1") is None
        second = walk(db, office, again, "accept", "rectify", "claim_fix", "verify", "close")
        third = make(db, office, second, "reopen", NOON + 20 * DAY)
        assert (third.round, third.handler) == (3, "")  # the lead has handled it: nobody's now
        assert make(db, office, third, "confirm_fixed", NOON + 21 * DAY).state == "verified"

    in_office(database, work)


def test_the_first_valid_report_is_the_first_and_later_ones_are_me_too(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office, NOON)
        early = add_report(db, case.id, NOON - HOUR)
        false = add_report(db, case.id, NOON - DAY, is_false=True)
        gone = add_report(db, case.id, NOON - DAY, standing="withdrawn")

        make(db, office, case, "screen")

        assert [(report.id, report.standing) for report in reports_of(db, case.id)] == [
            (false, "new"),
            (gone, "withdrawn"),
            (early, "first"),
            (early - 1, "me_too"),
        ]

    in_office(database, work)


def test_a_rejected_case_rejects_its_reports_until_it_is_taken_up(database: Database) -> None:
    def standings(db: Connection) -> list[str]:
        return list(db.scalars(select(hazard_report.c.standing)))

    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        make(db, office, case, "reject")
        assert standings(db) == ["rejected"]
        make(db, office, case, "reopen")
        assert standings(db) == ["first"]

    in_office(database, work)


@embedded
def test_html_in_words_stays_words(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        words = "<script>alert(1)</script>\n=HYPERLINK(1)"
        case = new_case(db, office, summary=words)
        back = move(
            db, case.id, "reject", office.act(case, "reviewer", reason=words), office.rules, NOON
        )
        assert back.summary == words
        assert events_of(db, case.id)[-1].reason == words
        assert words not in repr(audit.entries(db, ["demo"]))

    in_office(database, work)


@embedded
def test_nobody_is_named_where_a_report_is_opened(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        new = NewCase("demo", "fire_door_open")
        opened: Case = open_case(db, new, office.rules, NOON)
        assert audit.entries(db, ["demo"]) == []
        assert [event.role for event in events_of(db, opened.id)] == ["reporter"]

    in_office(database, work)


def test_a_reporter_withdraws_while_nobody_has_looked(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = make(db, office, new_case(db, office), "withdraw")
        assert (case.state, case.closed_at) == ("rejected", NOON)
        assert find_row(db, "hazard_step", f"{case.id}:1:0") is None
        assert events_of(db, case.id)[-1].role == "reporter"

    in_office(database, work)


@pytest.mark.parametrize("who", ["duty_officer", "administrator"])
@embedded
def test_officers_on_duty_and_administrators_may_review(database: Database, who: str) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        for name in ("screen", "assign"):
            case = move(db, case.id, name, office.act(case, who), office.rules, NOON)
        assert case.state == "assigned"

    in_office(database, work)


def test_a_place_outside_is_referred_to_whom_the_reason_names(database: Database) -> None:
    def work(db: Connection, office: Office) -> None:
        case = new_case(db, office)
        act = office.act(case, "reviewer", reason="邻区消防救援支队")
        referred = move(db, case.id, "refer", act, office.rules, NOON)
        assert (referred.state, referred.is_open) == ("referred", False)
        assert [(told.moment, told.reason) for told in office.told] == [
            ("turned", "邻区消防救援支队")
        ]

    in_office(database, work)


@embedded
def test_a_case_in_a_real_district_walks_through_its_departments(database: Database) -> None:
    def work(db: Connection) -> None:
        office = open_office(db, "qianjiang")
        city = Actor(
            "department",
            add_staff(
                db,
                "city",
                "城管",
                "x",
                [Post("department", "qianjiang", department="urban_management")],
                NOON,
            ),
        )
        case = new_case(db, office, district_id="qianjiang", category="lane_blocked")
        case = walk(db, office, case, "screen", "assign", "accept")
        case = take_over(db, case.id, Act(city, case.version, "需要执法权"), office.rules, NOON)
        case = move(db, case.id, "rectify", Act(city, case.version), office.rules, NOON)
        photo = add_photo(db, case_id=case.id)
        claim = Act(city, case.version, photo_ids=(photo,))
        case = move(db, case.id, "claim_fix", claim, office.rules, NOON)
        assert walk(db, office, case, "verify", "close").state == "closed"

    database.write(work)
