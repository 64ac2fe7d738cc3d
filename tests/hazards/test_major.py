"""Rating a case as a major hazard: listed (挂牌督办) when overdue for long, and not before."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from hazards.case_changes import pause, resume, set_major
from hazards.case_store import events_of, find_case
from hazards.cases import Case, IllegalMove, MissingReason, NotAllowed
from hazards.following import FollowJobs
from storage import Database, Jobs
from storage.work_runs import InlineWork
from tests.hazards.casefile import DAY, NOON, Office, case_at, new_case, open_office, walk

LATER = NOON + 30 * DAY


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def found(db: Connection, case: Case) -> Case:
    current = find_case(db, case.id)
    assert current is not None
    return current


def rated(  # noqa: PLR0917 - who says what of which case, and when
    db: Connection,
    office: Office,
    case: Case,
    now: datetime = NOON,
    who: str = "supervisor",
    reason: str = "整栋楼的消防车道都堵死了",
    *,
    is_major: bool = True,
) -> Case:
    act = office.act(found(db, case), who, reason=reason)
    return set_major(db, case.id, act, office.rules, now, is_major=is_major)


def run_until(database: Database, office: Office, now: datetime) -> None:
    jobs = Jobs()
    FollowJobs(office.rules).register(jobs)
    InlineWork(database, jobs, lambda: now).run_due(now)


def test_only_a_major_hazard_is_listed(database: Database, office: Office) -> None:
    usual, major = database.write(
        lambda db: (case_at(db, office, "rectify"), case_at(db, office, "rectify"))
    )
    before = database.write(lambda db: rated(db, office, major))
    assert (before.is_major, before.due_at) == (True, major.due_at)

    run_until(database, office, LATER)

    levels = [database.read(lambda db, one=one: found(db, one).level) for one in (usual, major)]
    assert levels == [2, 3]


def test_rated_when_it_was_escalated_already(database: Database, office: Office) -> None:
    """Only what is new of the steps is taken; nobody is reminded twice."""
    case = database.write(lambda db: case_at(db, office, "rectify"))
    run_until(database, office, LATER)

    database.write(lambda db: rated(db, office, case, LATER))
    run_until(database, office, LATER + timedelta(minutes=1))

    told = [one.reason for one in database.read(lambda db: events_of(db, case.id))]
    steps = [one for one in told if one in {"催办", "升级督办", "挂牌督办"}]
    assert steps == ["催办", "升级督办", "挂牌督办"]


def test_taken_back_it_is_no_longer_listed(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "rectify"))
    database.write(lambda db: rated(db, office, case))

    back = database.write(lambda db: rated(db, office, case, is_major=False))
    run_until(database, office, LATER)

    assert not back.is_major
    assert back.steps == case.steps
    assert database.read(lambda db: found(db, case)).level == 2


def test_what_a_pause_has_put_off_stays_put_off(database: Database, office: Office) -> None:
    def work(db: Connection) -> tuple[Case, Case]:
        case = new_case(db, office, category="flying_wire")
        case = walk(db, office, case, "screen", "assign", "accept")
        pause(db, case.id, office.act(case, "supervisor", reason="等配件"), office.rules, NOON)
        act = office.act(found(db, case), "supervisor")
        moved = resume(db, case.id, act, office.rules, NOON + 7 * DAY)
        return moved, rated(db, office, moved, NOON + 7 * DAY)

    moved, major = database.write(work)

    assert major.due_at == moved.due_at
    assert major.soft_at == moved.soft_at
    assert major.steps[: len(moved.steps)] == moved.steps
    assert [step.level for step in major.steps] == [0, 1, 2, 3]
    assert major.steps[-1].at > moved.steps[-1].at


def test_a_paused_case_stays_paused(database: Database, office: Office) -> None:
    def work(db: Connection) -> Case:
        case = case_at(db, office, "accept")
        pause(db, case.id, office.act(case, "supervisor", reason="等配件"), office.rules, NOON)
        return rated(db, office, case)

    assert database.write(work).paused_at == NOON


@pytest.mark.parametrize(
    ("who", "reason", "error"),
    [
        ("handler", "很严重", NotAllowed),
        ("grid_worker", "很严重", NotAllowed),
        ("supervisor", " ", MissingReason),
    ],
)
def test_who_may_rate_it_says_why(
    database: Database, office: Office, who: str, reason: str, error: type[Exception]
) -> None:
    case = database.write(lambda db: case_at(db, office, "accept"))

    with pytest.raises(error):
        database.write(lambda db: rated(db, office, case, who=who, reason=reason))


@pytest.mark.parametrize("last", ["claim_fix", "close"])
def test_what_does_not_run_is_not_rated(database: Database, office: Office, last: str) -> None:
    case = database.write(lambda db: case_at(db, office, last))

    with pytest.raises(IllegalMove):
        database.write(lambda db: rated(db, office, case))


def test_rated_twice_is_said(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "accept"))
    database.write(lambda db: rated(db, office, case))

    with pytest.raises(IllegalMove):
        database.write(lambda db: rated(db, office, case))
