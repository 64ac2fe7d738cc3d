"""Problems found at a drill: noted with owner and day, solved once, back at the next drill."""

from dataclasses import replace
from datetime import date

import pytest

from drills.drills import Drill, DrillRefused
from drills.problem_store import (
    add_problem,
    brought_back,
    find_problem,
    open_problems,
    open_problems_in,
    problems_of,
    solve_problem,
)
from drills.problems import PROBLEM_KINDS, PROBLEM_NAMES, NewProblem, Problem, checked
from storage import Database
from tests.drills.conducted import Office, office
from tests.drills.estate import DAY, STARTS

TODAY = date(2026, 12, 5)
DARK = NewProblem(1, "lighting", "2单元7楼应急灯不亮", "幸福物业", date(2026, 12, 20))


@pytest.fixture
def at(database: Database) -> Office:
    return office(database)


@pytest.fixture
def drill(at: Office) -> Drill:
    return at.planned()


def noted(at: Office, drill: Drill, **values: object) -> Problem:
    new = replace(DARK, drill_id=drill.id, **values)
    head = at.estate.head.id
    return at.database.write(lambda db: add_problem(db, new, head, TODAY, STARTS))


def test_words_are_kept_in_one_line() -> None:
    kept = checked(replace(DARK, words=" 灯\n不亮\x00 ", owner="物业\t张经理"), TODAY)
    assert (kept.words, kept.owner) == ("灯 不亮", "物业 张经理")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"words": " \n"}, "problem_words_missing"),
        ({"kind": "weather"}, "problem_words_missing"),
        ({"owner": ""}, "owner_missing"),
        ({"due_on": date(2026, 12, 4)}, "bad_day"),
    ],
    ids=["words", "kind", "owner", "day"],
)
def test_a_problem_needs_words_an_owner_and_a_day(values: dict[str, object], code: str) -> None:
    with pytest.raises(DrillRefused) as caught:
        checked(replace(DARK, **values), TODAY)
    assert caught.value.code == code


def test_a_problem_may_be_due_today() -> None:
    assert checked(replace(DARK, due_on=TODAY), TODAY).due_on == TODAY


def test_a_line_says_what_who_and_until_when(at: Office, drill: Drill) -> None:
    problem = noted(at, drill)
    said = "楼梯照明、应急灯：2单元7楼应急灯不亮（幸福物业，2026年12月20日前）"
    assert problem.line(date(2026, 12, 20)) == said
    assert problem.line(date(2026, 12, 21)) == said.replace("日前）", "日前，已逾期）")
    assert set(PROBLEM_NAMES) == set(PROBLEM_KINDS)


def test_a_problem_comes_back_as_it_was_noted(at: Office, drill: Drill) -> None:
    building = at.estate.buildings["双福花园1栋"]
    problem = noted(at, drill, building_id=building)
    assert at.database.read(lambda db: find_problem(db, problem.id)) == problem
    assert (problem.building_id, problem.noted_by) == (building, at.estate.head.id)
    assert (problem.noted_at, problem.due_on, problem.is_open) == (STARTS, DARK.due_on, True)
    assert at.database.read(lambda db: find_problem(db, 4711)) is None


def test_it_is_solved_once_and_with_words(at: Office, drill: Drill) -> None:
    problem = noted(at, drill)
    officer = at.estate.officer.id

    def solve(words: str) -> bool:
        return at.database.write(
            lambda db: solve_problem(db, problem.id, officer, words, STARTS + DAY)
        )

    with pytest.raises(DrillRefused, match="problem_words_missing"):
        solve(" ")
    assert solve("灯换好了")
    assert not solve("又换了一次")
    (kept,) = at.database.read(lambda db: problems_of(db, drill.id))
    assert (kept.solution, kept.solved_by, kept.solved_at) == ("灯换好了", officer, STARTS + DAY)
    assert not kept.is_overdue(date(2027, 1, 1))


def test_open_problems_come_back_at_the_next_drill_of_the_building(
    at: Office, drill: Drill
) -> None:
    one, two = (at.estate.buildings[f"双福花园{number}栋"] for number in (1, 2))
    later = noted(at, drill, building_id=one, due_on=date(2027, 1, 5))
    first = noted(at, drill, building_id=one)
    elsewhere = noted(at, drill, building_id=two)
    anywhere = noted(at, drill, due_on=date(2027, 2, 1))
    solved = noted(at, drill, building_id=one)
    at.database.write(lambda db: solve_problem(db, solved.id, at.estate.head.id, "好了", STARTS))

    again = at.estate.planned("双福花园1栋", starts_at=STARTS + 7 * DAY)
    assert at.database.read(lambda db: brought_back(db, again.id)) == [first, later, anywhere]
    view = at.database.read(lambda db: at.conducting.checking.view(db, again))
    assert view.problems == (first, later, anywhere)
    of_two = at.database.read(lambda db: open_problems(db, [two]))
    assert of_two == [elsewhere, anywhere]
    community = at.database.read(lambda db: open_problems_in(db, drill.community_id))
    assert community == [first, elsewhere, later, anywhere]
    assert at.database.read(lambda db: open_problems(db, [])) == []


def test_a_drill_does_not_bring_back_its_own_problems(at: Office, drill: Drill) -> None:
    noted(at, drill)
    assert at.database.read(lambda db: brought_back(db, drill.id)) == []
    assert at.database.read(lambda db: open_problems_in(db, 4711)) == []
