"""What an organiser noted without network has one effect, with both of its times."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from community.offline import Operation, OperationOfAnother
from community.offline_store import Outcome
from drills.drill_store import insert_drill, require_drill
from drills.drills import DrillRefused
from drills.roll_offline import OPERATION_KINDS, Sent, receive
from drills.sweep_store import sweeps_of
from storage import Database
from tests.drills.gathered import ALARM, MINUTE, ONE, Muster, at, estate, mustered


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    return mustered(town)


# Stands for the line of the list that the test made.
OWN = object()


def sends(
    muster: Muster, kind: str, number: int = 1, minute: float = 5, **values: object
) -> Outcome:
    operation = Operation(str(UUID(int=muster.drill_id * 1000 + number)), muster.staff_id, kind)
    sent = Sent(operation, at(minute, 30), values)
    return muster.write(lambda db: receive(db, muster.drill_id, sent))


def test_a_mark_sent_twice_is_one(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    line_id = muster.line(someone).id

    outcomes = [sends(muster, "roll_mark", roster_id=line_id, status="arrived") for _ in range(2)]

    assert [one.is_repeat for one in outcomes] == [False, True]
    assert outcomes[0].result == outcomes[1].result
    assert outcomes[0].result == {"roster_id": str(line_id), "status": "arrived"}
    (event,) = muster.events
    assert (event.occurred_at, event.recorded_at) == (ALARM + 5 * MINUTE, ALARM + 30 * MINUTE)


def test_a_guest_sent_twice_is_one(muster: Muster) -> None:
    muster.alarmed()

    for _ in range(2):
        sends(muster, "roll_guest", building_id=muster.buildings[ONE], persons=2)
    sends(muster, "roll_guest", 2, building_id=muster.buildings[ONE])

    assert muster.counts.guests == 3


def test_a_phone_corrects_finds_and_sweeps(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    line_id = muster.line(someone).id

    sends(muster, "roll_mark", 1, 4, roster_id=line_id, status="arrived", persons=1)
    sends(muster, "roll_right", 2, 6, roster_id=line_id, status="unknown", persons=0)
    assert muster.counts.unknown == 1
    sends(muster, "roll_found", 3, 8, roster_id=line_id)
    place: dict[str, Any] = {"building_id": muster.buildings[ONE], "stair": 1, "floor": 2}
    swept = [sends(muster, "roll_sweep", number, **place, note="无人").result for number in (4, 5)]

    assert muster.counts.arrived == 1
    assert swept == [{"swept": "new"}, {"swept": "known"}]
    assert len(muster.database.read(lambda db: sweeps_of(db, muster.drill_id))) == 1


def test_hours_later_an_older_word_does_not_hide_a_call(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    muster.says(someone, "needs_help", 6)

    sends(muster, "roll_mark", 1, 4, roster_id=muster.line(someone).id, status="at_home")

    assert muster.line(someone).status == "needs_help"


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("roll_dance", {}, "bad_status"),
        ("roll_mark", {"status": "arrived"}, "unknown_roster_row"),
        ("roll_mark", {"roster_id": "1", "status": "arrived"}, "unknown_roster_row"),
        ("roll_mark", {"roster_id": True, "status": "arrived"}, "unknown_roster_row"),
        ("roll_mark", {"roster_id": 2**63, "status": "arrived"}, "unknown_roster_row"),
        ("roll_mark", {"roster_id": OWN, "status": "asleep"}, "bad_status"),
        ("roll_mark", {"roster_id": OWN, "status": "arrived", "persons": "3"}, "bad_persons"),
        ("roll_right", {"roster_id": OWN}, "bad_status"),
        ("roll_guest", {"persons": 2}, "not_allowed"),
        ("roll_sweep", {"building_id": 1, "stair": 1}, "unknown_floor"),
        ("roll_sweep", {"building_id": 1, "stair": 1, "floor": 99, "note": 3}, "unknown_floor"),
    ],
)
def test_what_makes_no_sense_is_refused(
    muster: Muster, kind: str, values: dict[str, Any], code: str
) -> None:
    someone = muster.resident()
    muster.alarmed()
    own = muster.line(someone).id
    filled = {name: own if value is OWN else value for name, value in values.items()}

    with pytest.raises(DrillRefused) as raised:
        sends(muster, kind, **filled)

    assert raised.value.code == code
    assert muster.events == []


def test_what_was_refused_may_be_sent_again_once_it_can_be_done(muster: Muster) -> None:
    someone = muster.resident()
    muster.frozen()
    line_id = muster.line(someone).id
    with pytest.raises(DrillRefused, match="not_running"):
        sends(muster, "roll_mark", roster_id=line_id, status="arrived")
    muster.go("alarm")

    assert not sends(muster, "roll_mark", roster_id=line_id, status="arrived").is_repeat
    assert muster.counts.arrived == 1


def test_a_line_of_another_drill_is_refused(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    line_id = muster.line(someone).id
    held = muster.database.read(lambda db: require_drill(db, muster.drill_id))
    kept = ("district_id", "street_id", "community_id", "kind", "title", "scenario",
            "assembly_point", "starts_at", "lasts_minutes", "organiser_id")  # fmt: skip
    values = {name: getattr(held, name) for name in kept}
    other = muster.write(lambda db: insert_drill(db, values, [muster.buildings[ONE]], ALARM).id)
    muster.drill_id = other
    muster.go("alarm")

    with pytest.raises(DrillRefused, match="unknown_roster_row"):
        sends(muster, "roll_mark", roster_id=line_id, status="arrived")


def test_an_operation_is_nobody_elses(muster: Muster) -> None:
    someone = muster.resident()
    muster.alarmed()
    line_id = muster.line(someone).id
    sends(muster, "roll_mark", roster_id=line_id, status="arrived")

    with pytest.raises(OperationOfAnother):
        sends(muster, "roll_found", roster_id=line_id)


def test_kinds_fit_the_table_of_operations() -> None:
    assert all(len(kind) <= 20 for kind in OPERATION_KINDS)
