"""What each report is to its case."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from hazards.case_store import reports_of
from hazards.standing_store import settle_standings
from hazards.store import hazard_report
from hazards.transitions import State
from storage import Database
from tests.hazards.casefile import HOUR, NOON, Office, add_report, new_case, open_office


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.mark.parametrize(
    ("state", "standings"),
    [
        ("submitted", ["new", "me_too", "withdrawn", "rejected"]),
        ("screened", ["first", "me_too", "withdrawn", "rejected"]),
        ("closed", ["first", "me_too", "withdrawn", "rejected"]),
        ("rejected", ["rejected", "rejected", "withdrawn", "rejected"]),
    ],
)
def test_a_standing_follows_from_the_state_and_the_order(
    database: Database, office: Office, state: State, standings: list[str]
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        add_report(db, case.id, NOON + 1 * HOUR)
        add_report(db, case.id, NOON + 2 * HOUR, standing="withdrawn")
        add_report(db, case.id, NOON + 3 * HOUR, standing="rejected", is_false=True)

        for _ in range(2):  # and again, the same
            settle_standings(db, case.id, state)
            assert [report.standing for report in reports_of(db, case.id)] == standings

    database.write(work)


def test_of_the_same_moment_the_one_that_was_stored_first(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        add_report(db, case.id)
        settle_standings(db, case.id, "screened")
        assert [report.standing for report in reports_of(db, case.id)] == ["first", "me_too"]

    database.write(work)


@pytest.mark.parametrize("store", ["sqlite"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    reports=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["new", "first", "me_too", "rejected", "withdrawn"]),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_there_is_one_first_wherever_a_report_is_valid(
    database: Database, office: Office, reports: list[tuple[int, str, bool]]
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        db.execute(delete(hazard_report))
        for hours, standing, is_false in reports:
            add_report(db, case.id, NOON + hours * HOUR, standing=standing, is_false=is_false)
        settle_standings(db, case.id, "accepted")
        settled = [r for r in reports_of(db, case.id) if r.standing != "withdrawn"]
        valid = [report.standing for report in settled if not report.is_false]
        assert valid == ["first", *["me_too"] * (len(valid) - 1)][: len(valid)]

    database.write(work)
