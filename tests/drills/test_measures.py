"""The figures of a drill: each by hand once, and what must hold for any roster."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.measured import STATUSES, Facts, House, Line, Measures, Point, Swept
from drills.measures import compare, homes_of, measure, nearest_rank

ALARM = datetime(2026, 12, 5, 2, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return ALARM + timedelta(seconds=seconds)


def line(number: int = 1, persons: int = 1, **values: object) -> Line:
    return replace(Line(number, 1, "", persons), **values)  # type: ignore[arg-type]


def came(number: int, seconds: float, persons: int = 1, **values: object) -> Line:
    arrived = {"status": "arrived", "arrived": persons, "arrived_at": after(seconds)}
    return line(number, persons, **arrived | values)


def of(*lines: Line, closed: float | None = 900, **facts: object) -> Measures:
    ended = None if closed is None else after(closed)
    plain = Facts(lines, (), (), (), ALARM, ended)
    return measure(replace(plain, **facts))  # type: ignore[arg-type]


def steps(measures: Measures) -> dict[str, tuple[int, int, int]]:
    return {one.name: (one.persons, one.households, one.unknown_persons) for one in measures.funnel}


@pytest.mark.parametrize(
    ("count", "share", "rank"),
    [(1, 0.5, 1), (2, 0.5, 1), (3, 0.5, 2), (10, 0.9, 9), (20, 0.95, 19), (21, 0.95, 20),
     (100, 0.95, 95), (7, 1.0, 7)],
)  # fmt: skip
def test_a_quantile_is_the_nearest_rank(count: int, share: float, rank: int) -> None:
    assert nearest_rank(range(1, count + 1), share) == rank


def test_nobody_has_no_quantile() -> None:
    measures = of(line(1), line(2))

    assert (measures.median, measures.p90, measures.p95) == (None, None, None)
    assert measures.arrivals == ()
    assert measures.participation == 0.0


def test_an_empty_roster_has_no_share() -> None:
    measures = of()

    assert (measures.persons, measures.participation, measures.households) == (0, None, 0)
    assert measures.unaccounted == (Point(0, 0), Point(900, 0))


def test_the_funnel_counts_accounts_and_households() -> None:
    home = [
        came(1, 100, 3, room="1-101"),
        line(2, 0, room="1-101", is_reachable=True, is_delivered=True, is_acknowledged=True),
        line(3, 0, room="1-101", is_reachable=True, is_delivered=None),
    ]
    alone = line(4, is_reachable=True, is_delivered=None, left_at=after(50), status="leaving")

    assert steps(of(*home, alone, line(5, 2))) == {
        "registered": (6, 3, 0),
        "reachable": (3, 2, 0),
        "delivered": (1, 1, 2),
        "acknowledged": (1, 1, 0),
        "left": (4, 2, 2),
        "arrived": (3, 1, 2),
    }


def test_who_stayed_at_home_or_away_did_not_arrive() -> None:
    settled = {"settled_at": after(60)}
    lines = [
        line(number, 2, status=status, **settled)
        for number, status in enumerate(("at_home", "away", "excused"), 1)
    ]

    measures = of(*lines, came(9, 30, 2))

    assert steps(measures)["arrived"] == (2, 1, 0)
    assert measures.statuses == {"at_home": 2, "away": 2, "excused": 2}
    assert (measures.participation, measures.participation_expected) == (0.25, 0.5)
    assert measures.still_unaccounted == 0


def test_a_household_that_came_in_part_has_not_arrived() -> None:
    part = line(1, 4, room="1-101", status="unknown", arrived=3, arrived_at=after(40))

    measures = of(part)

    assert steps(measures)["arrived"] == (3, 0, 1)
    assert measures.statuses == {"unknown": 1}
    assert measures.still_unaccounted == 1


def test_parts_of_a_household_keep_their_own_times() -> None:
    told = came(1, 40, 3, room="1-101", came=((after(40), 1), (after(200), 2)))

    assert of(told).arrivals == (Point(40, 1), Point(200, 3))


def test_a_correction_takes_the_last_arrivals_back() -> None:
    told = ((after(40), 1), (after(200), 2), (after(260), -2), (after(300), 1))

    assert of(came(1, 40, 2, came=told)).arrivals == (Point(40, 1), Point(300, 2))


def test_times_that_do_not_add_up_give_way_to_the_line() -> None:
    assert of(came(1, 40, 3, came=((after(90), 1),))).arrivals == (Point(40, 3),)


def test_guests_stand_in_no_denominator() -> None:
    measures = of(came(1, 60), came(2, 70, 5, is_guest=True))

    assert (measures.persons, measures.arrived, measures.guests) == (1, 1, 5)
    assert measures.participation == 1.0


def test_who_comes_after_the_closing_is_late_and_was_unaccounted() -> None:
    measures = of(came(1, 100), came(2, 901), closed=900)

    assert (measures.arrived, measures.late, measures.still_unaccounted) == (2, 1, 1)
    assert measures.unaccounted == (Point(0, 2), Point(100, 1), Point(900, 1))


def test_without_an_alarm_there_are_no_times() -> None:
    measures = of(came(1, 60), alarm_at=None, sweeps=(Swept(1, 1, 1, after(9)),))

    assert (measures.median, measures.roll_closed, measures.still_unaccounted) == (None, None, None)
    assert (measures.arrivals, measures.unaccounted, measures.floors) == ((), (), ())
    assert measures.arrived == 1


def test_a_clock_before_the_alarm_counts_as_nought() -> None:
    assert of(came(1, -30)).median == 0


@pytest.mark.parametrize(
    ("floors", "swept", "seconds"),
    [(2, (1, 2), 90), (3, (1, 2), None), (None, (1, 2), None)],
    ids=["all of it", "a floor missing", "nobody knows how many"],
)
def test_a_stair_is_clear_once_all_of_it_is(
    floors: int | None, swept: tuple[int, ...], seconds: int | None
) -> None:
    sweeps = tuple(Swept(1, 1, floor, after(45 * floor)) for floor in swept)

    (stair,) = of(houses=(House(1, "1栋", floors),), sweeps=sweeps).stairs

    assert (stair.building, stair.swept, stair.seconds) == ("1栋", 2, seconds)


def test_help_is_counted_by_household_and_timed_from_the_call() -> None:
    asked = came(1, 400, asked_at=after(100), helped_at=after(340), room="1-101")
    known = came(2, 300, needs_assistance=True, helped_at=after(60), room="1-102")
    alone = came(3, 200, needs_assistance=True, room="1-103")
    waiting = line(4, needs_assistance=True, asked_at=after(90), status="needs_help")

    found = of(asked, known, alone, waiting, came(5, 9)).assistance

    assert (found.homes, found.registered, found.asked) == (4, 3, 2)
    assert (found.helped, found.came, found.open) == (2, 1, 1)
    assert (found.median_wait, found.longest_wait) == (60, 240)


def test_a_home_where_somebody_still_calls_is_not_helped() -> None:
    helped = line(1, 2, room="1-101", helped_at=after(60))
    calling = line(2, 0, room="1-101", status="needs_help", asked_at=after(80))

    found = of(helped, calling).assistance

    assert (found.helped, found.open, found.median_wait) == (0, 1, None)


def test_two_drills_are_compared_figure_by_figure() -> None:
    before, now = of(came(1, 100), line(2)), of(came(1, 60), came(2, 70))

    changes = {one.name: one.difference for one in compare(before, now)}

    assert changes == {
        "registered": 0, "arrived": 1, "participation": 0.5, "median": -40, "p90": -30,
        "p95": -30, "roll_closed": 0, "unaccounted": -1,
    }  # fmt: skip
    assert {one.difference for one in compare(of(line(1)), now) if one.unit == "seconds"} == {
        None, 0,
    }  # fmt: skip


moments = st.none() | st.integers(-60, 2000).map(after)


@st.composite
def rosters(draw: st.DrawFn) -> Facts:
    lines = []
    for number in range(draw(st.integers(0, 25))):
        persons = draw(st.integers(0, 5))
        lines.append(
            Line(
                number, draw(st.integers(1, 2)), draw(st.sampled_from(["", "1-1", "1-2", "1-3"])),
                persons, draw(st.integers(0, persons)), draw(st.sampled_from(STATUSES)),
                is_guest=draw(st.booleans()), needs_assistance=draw(st.booleans()),
                is_reachable=draw(st.booleans()),
                is_delivered=draw(st.sampled_from([True, False, None])),
                is_acknowledged=draw(st.booleans()), left_at=draw(moments),
                arrived_at=draw(moments), settled_at=draw(moments), asked_at=draw(moments),
                helped_at=draw(moments),
                came=tuple(draw(st.lists(
                    st.tuples(st.integers(0, 900).map(after), st.integers(-3, 3)), max_size=4
                ))),
            )
        )  # fmt: skip
    return Facts(tuple(lines), (), (), (), draw(moments), draw(moments))


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_no_step_exceeds_its_denominator_and_unknowns_are_no_success(facts: Facts) -> None:
    measures = measure(facts)

    for step in measures.funnel:
        assert step.persons >= 0
        assert step.persons + step.unknown_persons <= measures.persons
        assert 0 <= step.households <= measures.households
    assert measures.arrived + sum(measures.statuses.values()) == measures.persons
    arrived = next(one for one in measures.funnel if one.name == "arrived")
    left = next(one for one in measures.funnel if one.name == "left")
    assert arrived.persons == measures.arrived <= left.persons


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_arrivals_rise_and_quantiles_lie_on_them(facts: Facts) -> None:
    measures = measure(facts)
    times = [point.seconds for point in measures.arrivals]
    totals = [point.persons for point in measures.arrivals]

    assert times == sorted(set(times))
    assert totals == sorted(set(totals))
    assert all(total <= measures.arrived for total in totals)
    quantiles = (measures.median, measures.p90, measures.p95)
    if not totals:
        assert quantiles == (None, None, None)
        return
    for share, seconds in zip((0.5, 0.9, 0.95), quantiles, strict=True):
        assert seconds in times
        # That many have come by then, and fewer just before.
        wanted = math.ceil(round(share * totals[-1], 9))
        before = [point.persons for point in measures.arrivals if point.seconds < seconds]
        assert totals[times.index(seconds)] >= wanted
        assert max(before, default=0) < wanted


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_the_unaccounted_only_become_fewer_and_end_with_the_roll(facts: Facts) -> None:
    measures = measure(facts)
    persons = [point.persons for point in measures.unaccounted]

    assert persons == sorted(persons, reverse=True)
    assert all(0 <= one <= measures.persons for one in persons)
    if measures.roll_closed is not None:
        assert measures.unaccounted[-1].seconds == measures.roll_closed


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_every_home_that_needs_help_ends_in_one_place(facts: Facts) -> None:
    found = measure(facts).assistance

    assert found.helped + found.came + found.open == found.homes
    assert max(found.registered, found.asked) <= found.homes
    assert (found.median_wait or 0) <= (found.longest_wait or 0)


@settings(max_examples=40, deadline=None)
@given(rosters())
def test_the_order_of_the_roster_does_not_matter(facts: Facts) -> None:
    turned = replace(facts, lines=facts.lines[::-1])

    assert measure(turned) == measure(facts)
    assert sum(len(home.lines) for home in homes_of(facts.lines)) == len(facts.lines)
