"""The six digits of the assembly point, and who guesses them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from drills.code_try_store import (
    CODE_REFUSALS,
    MOST_TRIES,
    TRIES_WITHIN,
    CodeRefusal,
    check_in_by_code,
    drill_code_try,
    forget_tries,
)
from drills.drills import DrillRefused
from drills.roll_change_store import CheckIn
from drills.store import drill
from storage import Database
from tests.drills.gathered import ALARM, MINUTE, Muster, at, estate, mustered

CODE = "274915"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    made = mustered(town)
    own = update(drill).where(drill.c.id == made.drill_id)
    made.write(lambda db: db.execute(own.values(check_in_code=CODE)))
    return made


def types(muster: Muster, who: int, typed: str, minute: float = 5) -> CheckIn | CodeRefusal:
    return muster.write(lambda db: check_in_by_code(db, who, typed, at(minute)))


@pytest.mark.parametrize("typed", [CODE, " 274 915 ", "２７４９１５"])
def test_the_code_of_the_assembly_point_checks_in(muster: Muster, typed: str) -> None:
    someone = muster.resident()
    muster.alarmed()

    done = types(muster, someone, typed)

    assert isinstance(done, CheckIn)
    assert muster.line(someone).source == "code"


@pytest.mark.parametrize("typed", ["274916", "", "27491", "2749155", "abcdef", "²²²²²²"])
def test_another_code_is_wrong(muster: Muster, typed: str) -> None:
    someone = muster.resident()
    muster.alarmed()

    assert types(muster, someone, typed) == "wrong_code"
    assert muster.line(someone).status == "unknown"


def test_whoever_guesses_waits_ten_minutes(muster: Muster) -> None:
    someone, other = muster.resident(), muster.resident()
    muster.alarmed()
    for minute in range(MOST_TRIES):
        assert types(muster, someone, "000000", minute) == "wrong_code"

    assert types(muster, someone, CODE, 5) == "too_many_tries"
    assert isinstance(types(muster, other, CODE, 5), CheckIn)

    # The first of the five counts no more, ten minutes after it.
    assert types(muster, someone, CODE, 9.9) == "too_many_tries"
    assert isinstance(types(muster, someone, CODE, 10), CheckIn)


def test_the_right_code_before_the_alarm_is_no_guess(muster: Muster) -> None:
    someone = muster.resident()
    for _ in range(MOST_TRIES + 1):
        with pytest.raises(DrillRefused, match="not_running"):
            types(muster, someone, CODE)


def test_guesses_that_count_no_more_are_forgotten(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.write(lambda db: db.execute(delete(drill_code_try)))
    types(muster, someone, "000000", 0)
    types(muster, someone, "000000", 1)

    def forget(after: timedelta) -> int:
        return muster.write(lambda db: forget_tries(db, ALARM + after))

    assert forget(TRIES_WITHIN - MINUTE) == 0
    assert [forget(TRIES_WITHIN), forget(TRIES_WITHIN), forget(TRIES_WITHIN + MINUTE)] == [1, 0, 1]


def test_each_refusal_says_what_to_do() -> None:
    assert set(CODE_REFUSALS) == {"wrong_code", "too_many_tries"}
    assert all(words.endswith("。") for words in CODE_REFUSALS.values())
