"""On the day: who comes is counted once, whoever says so and however often."""

from collections.abc import Iterator

import pytest

from community.building_posts import name_for
from community.staff import Post
from drills.check_in_store import (
    Guest,
    Said,
    add_guest,
    check_in_by_staff,
    check_in_self,
    helpers,
    mark_found,
    name_room,
    needs_help,
    put_right,
)
from drills.drill_store import require_drill
from drills.drills import DrillRefused
from drills.household_lists import Household
from drills.roll_change_store import CheckIn, close_lines
from drills.rollcall import Source, Status
from drills.roster_store import missing, sheet, standing
from storage import Database
from tests.community.staffed import employed
from tests.drills.gathered import ALARM, MINUTE, ONE, OUTSIDE, TWO, Muster, at, estate, mustered


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    return mustered(town)


def by_staff(
    muster: Muster, line_id: int, status: Status, persons: int | None = None, minute: float = 5
) -> CheckIn:
    said = Said(status, persons)
    return muster.write(
        lambda db: check_in_by_staff(db, line_id, said, muster.staff_id, at(minute))
    )


def corrected(
    muster: Muster, line_id: int, status: Status, persons: int | None = None, minute: float = 9
) -> CheckIn:
    said = Said(status, persons)
    return muster.write(lambda db: put_right(db, line_id, said, muster.staff_id, at(minute)))


@pytest.mark.parametrize("source", ["button", "qr", "code"])
def test_who_taps_has_come(muster: Muster, source: Source) -> None:
    someone = muster.resident()
    muster.alarmed()

    done = muster.comes(someone, 4, source)

    assert (done.is_repeat, done.is_late, done.kind) == (False, False, "resident")
    line = muster.line(someone)
    assert (line.status, line.arrived, line.source) == ("arrived", 1, source)
    assert line.arrived_at == ALARM + 4 * MINUTE
    (event,) = muster.events
    assert (event.kind, event.actor_kind, event.actor_id) == ("arrived", "resident", someone)
    assert event.detail["before"]["status"] == "unknown"
    assert event.detail["after"]["status"] == "arrived"
    assert (event.detail["roster_id"], event.detail["persons"]) == (line.id, 1)


def test_tapping_twice_is_one_arrival(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.comes(someone, 4)

    again = muster.comes(someone, 6, "qr")

    assert again.is_repeat
    assert muster.line(someone).arrived_at == ALARM + 4 * MINUTE
    assert len(muster.events) == 1


def test_before_the_alarm_nobody_has_come(muster: Muster) -> None:
    someone = muster.resident()
    muster.frozen()

    with pytest.raises(DrillRefused) as raised:
        muster.comes(someone)

    assert "演练还没开始" in raised.value.words
    assert muster.line(someone).status == "unknown"
    assert muster.events == []


def test_a_fast_clock_brings_nobody_in_the_future(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()

    muster.write(lambda db: check_in_self(db, muster.drill_id, someone, "button", at(6, 5)))

    assert muster.line(someone).arrived_at == ALARM + 5 * MINUTE


def test_somebody_of_no_building_is_a_guest(muster: Muster) -> None:
    passer, neighbour = muster.stranger(), muster.resident(OUTSIDE)
    muster.alarmed()

    assert muster.comes(passer).kind == muster.comes(neighbour).kind == "guest"
    assert muster.comes(passer, 7).is_repeat

    assert (muster.counts.expected, muster.counts.guests) == (0, 2)


def test_who_was_bound_after_the_list_was_made_is_no_guest(muster: Muster) -> None:
    muster.alarmed()
    late = muster.resident(TWO, "2-301")

    assert muster.comes(late).kind == "resident"

    assert muster.line(late).building_id == muster.buildings[TWO]
    assert (muster.counts.expected, muster.counts.arrived) == (1, 1)


def test_who_is_late_is_kept_apart(muster: Muster) -> None:
    early, late, slow = (muster.resident() for _ in range(3))
    muster.alarmed()
    muster.comes(early, 5)
    muster.go("roll_closed", 20)

    assert muster.comes(late, 25).is_late
    # Seen in time by somebody whose phone had no network.
    line_id, seen = muster.line(slow).id, Said("arrived", None, "list")
    done = muster.write(
        lambda db: check_in_by_staff(db, line_id, seen, muster.staff_id, at(12, 30))
    )

    assert not done.is_late
    assert (muster.counts.arrived, muster.counts.late, muster.counts.present) == (2, 1, 3)
    assert muster.events[-1].occurred_at == ALARM + 12 * MINUTE
    assert muster.events[-1].recorded_at == ALARM + 30 * MINUTE


def test_two_phones_of_one_home_count_it_once(muster: Muster) -> None:
    one, other = muster.resident(ONE, "301"), muster.resident(ONE, "301")
    muster.alarmed()

    muster.come(one, 3, 4)
    muster.come(other, 3, 5)
    muster.comes(other, 6)

    assert (muster.counts.expected, muster.counts.arrived) == (3, 3)
    assert (muster.household.persons, muster.household.arrived) == (3, 3)
    assert muster.household.arrived_at == ALARM + 4 * MINUTE
    assert sum(event.detail["persons"] for event in muster.events) == 3


def test_a_home_of_the_list_fills_up(muster: Muster) -> None:
    one, other = muster.resident(ONE, "301"), muster.resident(ONE, "301")
    muster.listed(Household(2, "301", 4, 3))
    muster.alarmed()

    muster.comes(one, 4)
    assert (muster.household.arrived, muster.household.status) == (1, "unknown")
    muster.come(one, 2, 5)
    muster.comes(other, 6)
    assert muster.household.arrived == 2
    by_staff(muster, muster.household.id, "arrived")

    assert (muster.counts.expected, muster.counts.arrived) == (4, 4)


def test_without_a_room_a_line_counts_its_own(muster: Muster) -> None:
    someone, guest = muster.resident(), muster.stranger()
    muster.alarmed()

    muster.come(someone, 3)
    muster.come(guest, 2)

    assert (muster.counts.expected, muster.counts.arrived, muster.counts.guests) == (3, 3, 2)


@pytest.mark.parametrize("persons", [0, 21])
def test_a_home_has_a_bounded_number(muster: Muster, persons: int) -> None:
    someone = muster.resident()
    muster.alarmed()

    with pytest.raises(DrillRefused, match="bad_persons"):
        muster.come(someone, persons)


def test_naming_a_room_joins_the_home(muster: Muster) -> None:
    one, other = muster.resident(ONE, "301"), muster.resident(ONE)
    muster.alarmed()
    muster.come(one, 3)
    muster.comes(other)

    for _ in range(2):
        muster.write(lambda db: name_room(db, muster.drill_id, other, "301", at(6)))

    assert (muster.counts.expected, muster.counts.arrived) == (3, 3)
    assert muster.line(other).room == "301"
    passer = muster.stranger()
    with pytest.raises(DrillRefused, match="not_on_roster"):
        muster.write(lambda db: name_room(db, muster.drill_id, passer, "301", at(6)))


@pytest.mark.parametrize("status", ["leaving", "needs_help", "at_home", "away"])
def test_residents_say_how_they_are(muster: Muster, status: Status) -> None:
    someone = muster.resident()
    muster.alarmed()

    assert not muster.says(someone, status).is_repeat
    assert muster.says(someone, status, 6).is_repeat

    assert getattr(muster.counts, status) == 1
    assert muster.counts.present == 0
    assert [event.kind for event in muster.events] == [status]


@pytest.mark.parametrize("status", ["excused", "missing", "arrived", "unknown"])
def test_some_words_are_staffs(muster: Muster, status: Status) -> None:
    someone = muster.resident()
    muster.alarmed()

    with pytest.raises(DrillRefused, match="bad_status"):
        muster.says(someone, status)


def test_a_guest_may_call_for_help_and_say_nothing_else(muster: Muster) -> None:
    passer = muster.stranger()
    muster.alarmed()

    with pytest.raises(DrillRefused, match="not_on_roster"):
        muster.says(passer, "away")
    muster.says(passer, "needs_help")

    (sought,) = muster.database.read(lambda db: missing(db, muster.drill_id))
    assert (sought.resident_id, sought.kind) == (passer, "guest")


def test_a_call_on_the_spot_is_noted_and_takes_nobody_away(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.comes(someone)

    done = muster.write(lambda db: needs_help(db, muster.drill_id, someone, at(7)))

    assert done.line.status == "arrived"
    assert [event.kind for event in muster.events] == ["arrived", "needs_help"]
    assert muster.events[1].detail["roster_id"] == done.line.id


def test_helpers_are_the_organiser_and_who_is_named(muster: Muster) -> None:
    head = employed(muster.database, "lou", Post("building_head", "demo"))
    building_id = muster.buildings[TWO]
    muster.write(
        lambda db: name_for(db, head.id, building_id, "building_head", muster.staff_id, ALARM)
    )

    found = muster.database.read(lambda db: helpers(db, require_drill(db, muster.drill_id)))

    assert found == [muster.staff_id, head.id]


def test_who_called_is_found_and_brought(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.says(someone, "needs_help", 3)
    line_id = muster.line(someone).id

    muster.write(lambda db: mark_found(db, line_id, muster.staff_id, at(8)))

    line = muster.line(someone)
    assert (line.status, line.arrived, line.by_staff_id) == ("arrived", 1, muster.staff_id)
    assert line.helped_at == ALARM + 8 * MINUTE
    assert muster.events[-1].kind == "found"


def test_a_member_found_is_one_of_the_home(muster: Muster) -> None:
    one = muster.resident(ONE, "301")
    muster.listed(Household(2, "301", 2, 3))
    muster.alarmed()
    muster.says(one, "needs_help", 3)
    assert (muster.household.status, muster.counts.needs_help) == ("needs_help", 2)

    muster.write(lambda db: mark_found(db, muster.line(one).id, muster.staff_id, at(8)))

    assert (muster.counts.arrived, muster.counts.unknown) == (1, 1)
    assert muster.line(one).helped_at == ALARM + 8 * MINUTE


@pytest.mark.parametrize("status", ["at_home", "away", "excused", "missing", "leaving"])
def test_staff_say_how_a_line_stands(muster: Muster, status: Status) -> None:
    muster.listed(Household(2, "301", 3, 3))
    muster.alarmed()

    by_staff(muster, muster.household.id, status)

    assert (getattr(muster.counts, status), muster.counts.present) == (3, 0)
    assert muster.events[0].actor_kind == "staff"


@pytest.mark.parametrize(
    ("status", "persons", "code"),
    [
        ("unknown", None, "bad_status"),
        ("arrived", 0, "bad_persons"),
        ("arrived", 21, "bad_persons"),
    ],
)
def test_what_staff_say_has_to_make_sense(
    muster: Muster, status: Status, persons: int | None, code: str
) -> None:
    someone = muster.resident()
    muster.alarmed()

    with pytest.raises(DrillRefused, match=code):
        by_staff(muster, muster.line(someone).id, status, persons)


def test_a_line_nobody_knows_is_refused(muster: Muster) -> None:
    muster.alarmed()

    with pytest.raises(DrillRefused, match="unknown_roster_row"):
        by_staff(muster, 10**9, "arrived")


def test_a_wrong_check_in_is_put_right_with_its_history(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.comes(someone)
    line_id = muster.line(someone).id

    corrected(muster, line_id, "unknown")

    assert (muster.counts.arrived, muster.counts.unknown) == (0, 1)
    detail = muster.events[-1].detail
    assert (detail["before"]["status"], detail["after"]["status"]) == ("arrived", "unknown")
    assert detail["persons"] == -1
    assert muster.comes(someone, 12).line.status == "arrived"


def test_a_household_is_put_right_with_its_members(muster: Muster) -> None:
    one = muster.resident(ONE, "301")
    muster.listed(Household(2, "301", 3, 3))
    muster.alarmed()
    muster.come(one, 3)

    corrected(muster, muster.household.id, "at_home", 0)

    assert (muster.counts.at_home, muster.counts.present) == (3, 0)
    assert muster.line(one).status == "unknown"


def test_guests_are_added_by_staff(muster: Muster) -> None:
    muster.alarmed()

    def add(building: str) -> CheckIn:
        guest = Guest(muster.buildings[building], 2)
        return muster.write(
            lambda db: add_guest(db, muster.drill_id, guest, muster.staff_id, at(4))
        )

    assert add(ONE).line.arrived == add(TWO).line.arrived == 2
    with pytest.raises(DrillRefused, match="not_allowed"):
        add(OUTSIDE)

    assert (muster.counts.guests, muster.counts.expected) == (4, 0)
    assert [event.kind for event in muster.events] == ["guest", "guest"]


def test_at_the_end_only_who_was_under_way_is_missing(muster: Muster) -> None:
    people: dict[Status, int] = {
        status: muster.resident() for status in ("leaving", "needs_help", "at_home")
    }
    silent = muster.resident()
    muster.alarmed()
    for status, who in people.items():
        muster.says(who, status)

    assert muster.write(lambda db: close_lines(db, muster.drill_id, at(20)))
    assert not muster.write(lambda db: close_lines(db, muster.drill_id, at(20)))

    assert (muster.counts.missing, muster.counts.at_home, muster.counts.unknown) == (2, 1, 1)
    assert muster.line(silent).status == "unknown"
    assert [event.kind for event in muster.events][-2:] == ["missing", "missing"]
    muster.go("roll_closed", 20)
    muster.comes(people["leaving"], 22)
    assert (muster.counts.missing, muster.counts.late) == (1, 1)


def test_the_most_urgent_are_sought_first(muster: Muster) -> None:
    silent, leaving, calling, home, here = (muster.resident() for _ in range(5))
    muster.alarmed()
    muster.says(leaving, "leaving")
    muster.says(calling, "needs_help")
    muster.says(home, "at_home")
    muster.comes(here)

    sought = muster.database.read(lambda db: missing(db, muster.drill_id))

    assert [line.resident_id for line in sought] == [calling, leaving, silent]


def test_the_standing_is_told_by_building_and_floor(muster: Muster) -> None:
    high, low, other = (
        muster.resident(ONE, floor=5),
        muster.resident(ONE, floor=2),
        muster.resident(TWO),
    )
    muster.alarmed()
    muster.comes(high)
    muster.says(other, "leaving")

    found = muster.database.read(lambda db: standing(db, muster.drill_id))

    one, two = muster.buildings[ONE], muster.buildings[TWO]
    assert (found.buildings[one].arrived, found.buildings[one].unknown) == (1, 1)
    assert found.buildings[two].leaving == 1
    assert found.floors[one, 5].arrived == 1
    assert found.floors[one, 2].unknown == 1
    assert found.floors[two, None].leaving == 1
    assert muster.line(low).status == "unknown"


def test_a_roster_on_paper_names_nobody(muster: Muster) -> None:
    muster.resident(TWO, "1-201")
    muster.resident(ONE, "301")
    muster.listed(Household(2, "301", 3, 3, True))
    muster.alarmed()
    muster.comes(muster.stranger())

    rows = muster.database.read(lambda db: sheet(db, muster.drill_id))

    assert [tuple(row.values()) for row in rows] == [
        (ONE, 3, "301", 3, "是", "", "", "", ""),
        (TWO, 2, "1-201", 1, "", "", "", "", ""),
    ]
