"""A home counts everybody of it once, in whatever order its phones speak."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.roll_counts import Counts, Group, stand
from drills.roll_homes import (
    Home,
    answer_for_home,
    correct_home,
    cover,
    mark_home,
    settle,
    with_line,
)
from drills.rollcall import STATUSES, Line, Status, Teller, arrive, correct, mark
from tests.drills.gathered import ALARM, MINUTE
from tests.drills.test_rollcall import STAFF, line

ACCOUNTED = ("at_home", "away", "excused")


def home(persons: int, members: int) -> Home:
    """Return a home of so many people, of whom so many have phones."""
    household = line(id=100, resident_id=None, room="1-301", kind="household", persons=persons)
    lines = (line(id=n, resident_id=n, room="1-301", persons=0) for n in range(members))
    return settle(Home(household, tuple(lines)))


def taps(whole: Home, number: int, minute: int = 1) -> Home:
    teller = Teller("resident", number, "button")
    came = arrive(whole.members[number], 0, teller, ALARM + minute * MINUTE)
    return settle(with_line(whole, came))


def answers(whole: Home, persons: int, minute: int = 1) -> Home:
    teller = Teller("resident", 0, "proxy")
    return answer_for_home(whole, persons, teller, ALARM + minute * MINUTE)


def calls(whole: Home, number: int, status: Status = "needs_help", minute: int = 1) -> Home:
    teller = Teller("resident", number, "button")
    said = mark(whole.members[number], status, teller, ALARM + minute * MINUTE)
    return settle(with_line(whole, said))


def count(whole: Home) -> tuple[int, int, Status]:
    assert whole.household is not None
    return (whole.household.persons, whole.household.arrived, whole.household.status)


def test_a_household_has_at_least_its_members() -> None:
    assert count(home(1, 3)) == (3, 0, "unknown")


def test_two_phones_of_one_home_count_each_person_once() -> None:
    both = taps(answers(home(3, 2), 2), 1)

    assert count(both) == (3, 2, "unknown")
    assert count(answers(both, 3)) == (3, 3, "arrived")


def test_whoever_answers_for_all_brings_every_member() -> None:
    whole = answers(home(2, 2), 2, minute=4)

    assert [member.status for member in whole.members] == ["arrived", "arrived"]
    assert whole.members[1].was_answered_for
    assert whole.household is not None
    assert whole.household.arrived_at == ALARM + 4 * MINUTE


def test_a_part_of_a_home_brings_no_particular_member() -> None:
    part = answers(home(3, 3), 2)

    assert [member.status for member in part.members] == ["unknown"] * 3
    assert count(part) == (3, 2, "unknown")


def test_a_member_who_calls_for_help_has_not_come_whatever_was_said_for_them() -> None:
    called = calls(answers(home(2, 2), 2), 1, minute=3)

    assert count(called) == (2, 1, "needs_help")
    brought = answers(called, 2, minute=5)
    assert count(brought) == (2, 2, "arrived")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (("needs_help", "missing"), "needs_help"),
        (("missing", "leaving"), "missing"),
        (("leaving", "at_home"), "leaving"),
        (("at_home", "at_home"), "at_home"),
        (("at_home", "unknown"), "unknown"),
    ],
)
def test_the_most_urgent_word_speaks_for_the_rest(
    said: tuple[Status, Status], status: Status
) -> None:
    standing = home(2, 2)
    members = tuple(
        replace(one, status=word) for one, word in zip(standing.members, said, strict=True)
    )

    assert count(settle(replace(standing, members=members))) == (2, 0, status)


@pytest.mark.parametrize("status", ACCOUNTED)
def test_what_staff_say_of_a_home_stands_for_it(status: Status) -> None:
    said = mark_home(home(3, 1), status, STAFF, ALARM + MINUTE)

    assert count(said) == (3, 0, status)
    assert said.members[0].status == "unknown"
    assert count(taps(said, 0, 2)) == (3, 1, status)


def test_a_call_for_a_home_is_one_for_each_who_has_not_come() -> None:
    said = mark_home(taps(home(3, 2), 0), "needs_help", STAFF, ALARM + 2 * MINUTE)

    assert [member.status for member in said.members] == ["arrived", "needs_help"]
    assert count(said) == (3, 1, "needs_help")
    assert count(taps(said, 1, 3)) == (3, 2, "needs_help")


def test_a_home_without_household_is_left_alone() -> None:
    single = Home(None, (line(),))

    assert settle(single) == cover(single) == single
    assert answers(single, 3) == single
    assert mark_home(single, "away", STAFF, ALARM) == single
    assert single.lines == single.members


def test_who_joins_a_home_is_counted_by_it() -> None:
    standing = home(1, 0)
    joining = (
        arrive(line(id=1, persons=1), 3, STAFF, ALARM + MINUTE),
        line(id=2, persons=1),
    )

    joined = cover(replace(standing, members=joining))

    assert count(joined) == (3, 3, "arrived")
    assert [member.persons for member in joined.members] == [0, 0]
    assert cover(joined) == joined


def correcting(whole: Home, wrong: Line, status: Status, arrived: int) -> Home:
    fixed = correct(wrong, status, arrived, STAFF, ALARM + 9 * MINUTE)
    return correct_home(whole, wrong, fixed)


def test_a_member_put_right_is_one_fewer() -> None:
    whole = answers(home(3, 2), 3)

    fewer = correcting(whole, whole.members[1], "unknown", 0)

    assert count(fewer) == (3, 2, "unknown")
    assert [member.status for member in fewer.members] == ["arrived", "unknown"]


@pytest.mark.parametrize(
    ("status", "arrived", "members"),
    [
        ("unknown", 0, ["unknown", "unknown"]),
        ("unknown", 2, ["arrived", "arrived"]),
        ("arrived", 3, ["arrived", "arrived"]),
    ],
)
def test_a_household_put_right_agrees_with_its_members(
    status: Status, arrived: int, members: list[Status]
) -> None:
    whole = taps(taps(home(3, 2), 0), 1)
    assert whole.household is not None

    fixed = correcting(whole, whole.household, status, arrived)

    assert count(fixed) == (3, arrived, status)
    assert [member.status for member in fixed.members] == members


Deed = tuple[str, int, int]
deeds = st.lists(
    st.tuples(st.sampled_from(["tap", "answer", "help"]), st.integers(0, 2), st.integers(1, 9)),
    max_size=8,
)


def done(whole: Home, happened: Sequence[Deed]) -> Home:
    for kind, number, minute in happened:
        if kind == "tap":
            whole = taps(whole, number, minute)
        elif kind == "answer":
            whole = answers(whole, number + 1, minute)
        else:
            whole = calls(whole, number, "leaving", minute)
    return whole


@given(happened=deeds, data=st.data())
def test_no_order_and_no_repeat_changes_how_many_have_come(
    happened: list[Deed], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(happened + happened))

    once, again = done(home(4, 3), happened), done(home(4, 3), other)

    assert once.household is not None
    assert again.household is not None
    assert count(once)[:2] == count(again)[:2]
    assert once.household.arrived_at == again.household.arrived_at


@given(happened=deeds)
def test_a_home_never_has_more_or_fewer_than_were_told(happened: list[Deed]) -> None:
    tapped = {number for kind, number, _ in happened if kind == "tap"}
    said = [number + 1 for kind, number, _ in happened if kind == "answer"]

    persons, arrived, status = count(done(home(4, 3), happened))

    assert persons == 4
    assert arrived == max([len(tapped), *said])
    assert (status == "arrived") is (arrived == persons)


@given(happened=deeds)
def test_settling_twice_is_settling_once(happened: list[Deed]) -> None:
    whole = done(home(4, 3), happened)

    assert settle(whole) == whole


groups = st.builds(
    lambda rest, values: Group(persons=values[5] + rest, arrived=values[5], **dict(
        zip(("building_id", "floor", "status", "is_guest", "is_late"), values[:5], strict=True)
    )),
    st.integers(0, 5),
    st.tuples(
        st.integers(1, 3), st.none() | st.integers(1, 4), st.sampled_from(STATUSES),
        st.booleans(), st.booleans(), st.integers(0, 5),
    ),
)  # fmt: skip


def summed(counts: Counts) -> int:
    return (
        counts.arrived + counts.late + counts.leaving + counts.needs_help + counts.at_home
        + counts.away + counts.excused + counts.missing + counts.unknown
    )  # fmt: skip


@given(listed=st.lists(groups, max_size=20))
def test_counts_always_add_up_to_the_list(listed: list[Group]) -> None:
    standing = stand(listed)

    expected = [one for one in listed if not one.is_guest]
    assert standing.total.expected == summed(standing.total) == sum(g.persons for g in expected)
    assert standing.total.present == sum(group.arrived for group in expected)
    assert standing.total.guests == sum(group.arrived for group in listed if group.is_guest)
    for parts in (standing.buildings, standing.floors):
        for name in ("expected", "arrived", "late", "unknown", "guests"):
            together = sum(getattr(part, name) for part in parts.values())
            assert together == getattr(standing.total, name)
        assert all(part.expected == summed(part) for part in parts.values())


@pytest.mark.parametrize("status", ["at_home", "away", "excused"])
def test_who_stays_away_never_counts_as_arrived(status: Status) -> None:
    counts = stand([Group(1, 1, status, False, False, 3, 1)]).total

    assert (counts.present, getattr(counts, status), counts.sought) == (1, 2, 0)
