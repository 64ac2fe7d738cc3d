"""Many phones at the same moment: each person is counted once, and nobody is lost."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import perf_counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from drills.check_in_store import Said, check_in_by_staff
from drills.household_lists import Household
from drills.roster_freeze_store import freeze
from storage import Database
from tests.drills.gathered import ONE, Muster, at, built, estate, mustered

PHONES = 6


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    return mustered(town)


def together(acts: Sequence[Callable[[], object]]) -> None:
    """Do several things at the same moment; what one raises is raised."""
    start = Barrier(len(acts))

    def act(one: Callable[[], object]) -> None:
        start.wait()
        one()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(act, acts))


def test_one_person_on_many_phones_is_one(muster: Muster) -> None:
    someone, passer = muster.resident(), muster.stranger()
    muster.alarmed()

    together([lambda: muster.comes(someone)] * PHONES + [lambda: muster.comes(passer)] * PHONES)

    assert (muster.counts.expected, muster.counts.arrived, muster.counts.guests) == (1, 1, 1)
    assert len(muster.events) == 2


@pytest.mark.parametrize("is_listed", [True, False], ids=["on a list", "told on the spot"])
def test_all_phones_of_a_home_at_once_count_it_once(muster: Muster, is_listed: bool) -> None:
    family = [muster.resident(ONE, "301") for _ in range(PHONES)]
    if is_listed:
        muster.listed(Household(2, "301", PHONES, 3))
    muster.alarmed()

    together(
        [lambda one=one: muster.come(one, PHONES) for one in family]
        + [lambda one=one: muster.comes(one) for one in family]
    )

    assert (muster.counts.expected, muster.counts.arrived) == (PHONES, PHONES)
    assert [line.kind for line in muster.lines].count("household") == 1
    assert sum(event.detail["persons"] for event in muster.events) == PHONES


def test_staff_and_residents_at_once_wait_in_no_ring(muster: Muster) -> None:
    family = [muster.resident(ONE, "301") for _ in range(3)]
    muster.listed(Household(2, "301", 3, 3))
    muster.alarmed()
    ids = [line.id for line in muster.lines]

    def notes(line_id: int) -> None:
        said = Said("arrived")
        muster.write(lambda db: check_in_by_staff(db, line_id, said, muster.staff_id, at(5)))

    together(
        [lambda one=one: notes(one) for one in reversed(ids)]
        + [lambda one=one: muster.comes(one) for one in family]  # type: ignore[misc]
    )

    assert (muster.counts.expected, muster.counts.arrived) == (3, 3)


def test_two_who_make_the_list_at_once_make_one(muster: Muster) -> None:
    for _ in range(5):
        muster.resident()

    def make() -> int:
        return muster.write(lambda db: freeze(db, muster.drill_id, at(-60).recorded_at))

    together([make, make])

    assert muster.counts.expected == 5


def test_a_hundred_check_ins_take_no_minute(muster: Muster) -> None:
    people = [muster.resident(ONE, f"{number}01") for number in range(1, 101)]
    muster.alarmed()

    begun = perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(muster.comes, people))
    seconds = perf_counter() - begun

    assert muster.counts.arrived == 100
    # About a second alone; the bound leaves room for a machine that is busy with other things.
    assert seconds < 20


class RollMachine(RuleBasedStateMachine):
    """People come, call and are corrected in any order; the list always adds up."""

    town: Database

    def __init__(self) -> None:
        super().__init__()
        self.muster = mustered(self.town)
        homes = ("301", "301", "401", "")
        self.people = [self.muster.resident(ONE, room) for room in homes]
        self.muster.listed(Household(2, "301", 3, 3), Household(3, "501", 2, 5))
        self.muster.alarmed()
        # By home, how many are known to have come; a correction is not made here.
        self.tapped: set[int] = set()
        self.told = {"301": 0, "401": 0, "": 0, "501": 0}
        self.homes = dict(zip(self.people, homes, strict=True))

    @rule(number=st.integers(0, 3), minute=st.integers(0, 9))
    def tap(self, number: int, minute: int) -> None:
        self.muster.comes(self.people[number], minute)
        self.tapped.add(self.people[number])

    @rule(number=st.integers(0, 3), persons=st.integers(1, 4), minute=st.integers(0, 9))
    def answer(self, number: int, persons: int, minute: int) -> None:
        who = self.people[number]
        self.muster.come(who, persons, minute)
        self.tapped.add(who)
        self.told[self.homes[who]] = max(self.told[self.homes[who]], persons)

    @rule(number=st.integers(0, 3), minute=st.integers(0, 9))
    def leave(self, number: int, minute: int) -> None:
        self.muster.says(self.people[number], "leaving", minute)

    @rule(persons=st.integers(1, 3), minute=st.integers(0, 9))
    def is_noted(self, persons: int, minute: int) -> None:
        line_id = next(line.id for line in self.muster.lines if line.room == "501")
        said, staff_id = Said("arrived", persons, "list"), self.muster.staff_id
        moment = at(minute, 30)
        self.muster.write(lambda db: check_in_by_staff(db, line_id, said, staff_id, moment))
        self.told["501"] = max(self.told["501"], persons)

    @invariant()
    def everybody_is_counted_once(self) -> None:
        taps = [self.homes[who] for who in self.tapped]
        came = sum(max(told, taps.count(home)) for home, told in self.told.items())
        counts = self.muster.counts
        assert counts.arrived == came
        assert counts.expected == counts.present + counts.sought
        listed = {"301": 3, "401": 1, "": 1, "501": 2}
        assert counts.expected == sum(max(listed[home], self.told[home]) for home in listed)
        assert sum(event.detail["persons"] for event in self.muster.events) == came


def test_any_order_of_words_counts_everybody_once(tmp_path: Path) -> None:
    with built(f"sqlite:///{tmp_path / 'roll.db'}") as RollMachine.town:
        run_state_machine_as_test(
            RollMachine,
            settings=settings(
                max_examples=12,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_calls_and_corrections_never_lose_anybody(muster: Muster) -> None:
    people = [muster.resident(ONE, room) for room in ("301", "301", "401", "", "")]
    muster.alarmed()

    together([lambda one=one: muster.says(one, "needs_help") for one in people])  # type: ignore[misc]
    together([lambda one=one: muster.comes(one, 6) for one in people])  # type: ignore[misc]

    assert (muster.counts.expected, muster.counts.arrived, muster.counts.sought) == (5, 5, 0)
    assert len(muster.events) == 10
