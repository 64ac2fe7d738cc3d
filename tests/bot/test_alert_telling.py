"""Alerts from the first message to the stand-down: who is told, and that it is once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from community import audit
from community.alert_source_store import end_source, find_source, list_sources, secret_of
from community.alert_store import (
    acknowledge,
    alert,
    alerts_in,
    expire_due,
    find_alert,
)
from community.alert_telling_store import alert_bell, household_of
from community.alerts import LASTS, Alert, BadAlert, UnknownDetector
from community.broadcast_expand_store import expand_chunk
from community.broadcast_store import broadcast_by_key
from community.broadcast_write_store import begin_expanding
from community.register_store import all_streets
from community.sealing import Damaged
from community.staff import Area, Post
from community.staff_store import set_active
from storage import Database
from tests.bot.alarmed import KEY, MINUTE, TELLING, Tower, a_tower, lives
from tests.community.registered import NOON
from tests.community.staffed import employed

BELL = "微信消息可能迟到，听到楼里警铃就按警铃行动。"


@pytest.fixture
def tower(database: Database) -> Tower:
    return a_tower(database)


def raised(tower: Tower, identifier: str = "m1", detector: str = "s1201", **more: object) -> Alert:
    taken = tower.hear(identifier, detector, **more)
    assert taken.alert is not None
    return taken.alert


def confirmed(tower: Tower, alert_id: int, login: str = "head") -> Alert:
    staff = tower.staff[login]
    return tower.database.write(lambda db: TELLING.confirm(db, alert_id, staff, NOON + MINUTE)[0])


def stood_down(tower: Tower, alert_id: int, login: str = "officer") -> tuple[Alert, ...]:
    staff = tower.staff[login]
    return tower.database.write(
        lambda db: TELLING.stand_down(db, alert_id, staff, NOON + 2 * MINUTE)[0]
    )


def test_smoke_is_told_to_the_household_and_those_on_duty_alone(tower: Tower) -> None:
    one = raised(tower)

    assert tower.broadcasts() == {f"{one.id}:received:first": "approved"}
    assert tower.audience(f"{one.id}:received:first")["resident_ids"] == [tower.home]
    heard = tower.staff_heard()
    assert all(len(heard[login]) == 1 for login in ("head", "grid", "volunteer", "officer"))
    assert f"双福花园3栋12层1201，12:00，编号{one.code}" in heard["officer"][0]


def test_a_lane_is_told_to_the_property_and_the_grid_worker_alone(tower: Tower) -> None:
    raised(tower, detector="lane1")

    assert tower.broadcasts() == {}
    told = {login for login, said in tower.staff_heard().items() if said}
    assert told == {"head", "grid"}


def test_the_building_hears_once_a_person_confirms(tower: Tower) -> None:
    one = raised(tower)

    assert confirmed(tower, one.id).state == "confirmed"

    told = tower.broadcasts()
    assert list(told)[1:] == [f"{one.id}:spread", f"{one.id}:bell:0"]
    assert tower.audience(f"{one.id}:spread")["building_ids"] == [tower.house]
    # Where it is, but not whose home.
    assert "双福花园3栋12层烟雾报警" in tower.said(f"{one.id}:spread")
    assert "1201" not in tower.said(f"{one.id}:spread")
    with pytest.raises(BadAlert, match="state"):
        confirmed(tower, one.id)
    assert tower.broadcasts() == told


@pytest.mark.parametrize(
    ("detector", "minutes", "spreads"),
    [
        ("s1202", 9, True),
        ("s1202", 10, True),
        ("s1202", 11, False),
        ("g1201", 1, False),
        ("far", 1, False),
        ("s1201", 1, False),
    ],
)
def test_the_building_hears_when_two_detectors_agree(
    tower: Tower, detector: str, minutes: int, spreads: bool
) -> None:
    first = raised(tower)

    tower.hear("m2", detector, at=NOON + minutes * MINUTE)

    assert (f"{first.id}:spread" in tower.broadcasts()) is spreads
    state = tower.database.read(lambda db: find_alert(db, first.id)).state
    assert state == ("agreed" if spreads else "received")


def test_the_building_is_told_of_one_danger_once(tower: Tower) -> None:
    first, second = raised(tower), raised(tower, "m2", "s1202")
    raised(tower, "m3", "s-hall")
    confirmed(tower, second.id)

    spread = [key for key in tower.broadcasts() if key.endswith(":spread")]

    assert spread == [f"{first.id}:spread"]


def test_a_sensor_storm_tells_once(tower: Tower) -> None:
    first = raised(tower, "storm-0")
    for number in range(1, 1000):
        taken = tower.hear(f"storm-{number}", at=NOON + timedelta(seconds=number))
        assert taken.outcome == "joined"
        assert taken.alert is not None
        assert taken.alert.id == first.id

    assert len(tower.broadcasts()) == 1
    assert [len(said) for said in tower.staff_heard().values()] == [1, 1, 1, 1]


def test_the_same_message_is_taken_once_whoever_repeats_it_at_once(tower: Tower) -> None:
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: tower.hear("m1"), range(8)))

    assert sorted(one.is_new for one in taken) == [False] * 7 + [True]
    assert {(one.alert.code, one.outcome) for one in taken if one.alert} == {
        (taken[0].alert.code if taken[0].alert else "", "raised")
    }
    assert len(tower.broadcasts()) == 1


def test_two_detectors_that_speak_at_once_agree(tower: Tower) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: tower.hear(*one), [("m1", "s1201"), ("m2", "s1202")]))

    assert len([key for key in tower.broadcasts() if key.endswith(":spread")]) == 1


def test_the_bell_is_spoken_of_once_to_each_resident(tower: Tower) -> None:
    first = raised(tower)
    again = raised(tower, "m2", "g1201", at=NOON + MINUTE)
    confirmed(tower, first.id)

    assert tower.said(f"{first.id}:received:first").endswith(BELL)
    assert BELL not in tower.said(f"{again.id}:received")
    assert tower.said(f"{first.id}:bell:0") == BELL
    assert tower.audience(f"{first.id}:bell:0")["resident_ids"] == [tower.neighbour]
    count = tower.database.read(lambda db: db.scalar(select(func.count()).select_from(alert_bell)))
    assert count == 2


@pytest.mark.parametrize(("status", "mark"), [("exercise", "【演练】"), ("test", "【测试】")])
def test_exercise_and_test_reach_nobody_at_home_and_are_marked(
    tower: Tower, status: str, mark: str
) -> None:
    one = raised(tower, status=status)
    raised(tower, "m2", "s1202", status=status)

    with pytest.raises(BadAlert, match="not_actual"):
        confirmed(tower, one.id)

    assert tower.broadcasts() == {}
    said = tower.staff_heard()["officer"]
    assert len(said) == 2
    assert all(line.startswith(mark) for text in said for line in text.splitlines())


def test_a_stand_down_is_told_to_whoever_heard_and_overtakes_what_waits(tower: Tower) -> None:
    one = raised(tower)
    confirmed(tower, one.id)

    ended = stood_down(tower, one.id)

    assert [each.state for each in ended] == ["stood_down"]
    assert tower.broadcasts() == {
        f"{one.id}:received:first": "cancelled",
        f"{one.id}:spread": "cancelled",
        f"{one.id}:bell:0": "approved",
        f"{one.id}:stood_down:home": "approved",
        f"{one.id}:stood_down": "approved",
    }
    assert [len(said) for said in tower.staff_heard().values()] == [3, 3, 3, 3]
    with pytest.raises(BadAlert, match="state"):
        stood_down(tower, one.id)


def test_what_detectors_agreed_on_ends_as_one(tower: Tower) -> None:
    first, second = raised(tower), raised(tower, "m2", "s1202")

    ended = stood_down(tower, second.id)

    assert [one.id for one in ended] == [second.id, first.id]
    assert f"{first.id}:stood_down" in tower.broadcasts()


def test_a_source_takes_back_what_no_person_and_no_second_detector_confirmed(
    tower: Tower,
) -> None:
    one = raised(tower)
    taken = tower.hear("c1", "", act="cancel", references=("m1",))
    assert (taken.outcome, taken.alert.state if taken.alert else "") == ("stood_down", "stood_down")
    assert f"{one.id}:stood_down:home" in tower.broadcasts()
    assert f"{one.id}:stood_down" not in tower.broadcasts()

    again = raised(tower, "m2", at=NOON + MINUTE)
    confirmed(tower, again.id)
    assert tower.hear("c2", "", act="cancel", references=("m2",)).outcome == "noted"
    assert tower.database.read(lambda db: find_alert(db, again.id)).state == "confirmed"
    assert tower.hear("c3", "", act="cancel", references=("nobody",)).alert is None


def test_an_update_of_what_has_ended_raises_nothing(tower: Tower) -> None:
    one = raised(tower)
    assert tower.hear("u1", act="update", references=("m1",)).outcome == "joined"
    stood_down(tower, one.id)
    assert tower.hear("u2", act="update", references=("m1",)).outcome == "noted"
    # The first message got lost: better late than never.
    assert tower.hear("u3", "s1202", act="update", references=("lost",)).outcome == "raised"


def test_an_update_that_names_another_detector_is_that_detectors_alert(tower: Tower) -> None:
    first = raised(tower)
    taken = tower.hear("u1", "s1202", act="update", references=("m1",))
    assert taken.outcome == "raised"
    assert f"{first.id}:spread" in tower.broadcasts()


def test_an_update_from_test_to_earnest_is_news(tower: Tower) -> None:
    raised(tower, status="test")
    assert tower.hear("u1", act="update", references=("m1",)).outcome == "raised"
    assert len(tower.broadcasts()) == 1


def test_what_nobody_stood_down_ends_and_a_detector_may_raise_anew(tower: Tower) -> None:
    first = raised(tower)
    later = NOON + LASTS

    assert tower.hear("m2", at=later - MINUTE).outcome == "joined"
    assert tower.hear("m3", at=later).outcome == "raised"
    assert tower.database.write(lambda db: expire_due(db, later)) == 1
    assert tower.database.read(lambda db: find_alert(db, first.id)).state == "expired"


def test_one_person_acknowledges_and_it_is_noted(tower: Tower) -> None:
    one = raised(tower)
    head, grid = tower.staff["head"], tower.staff["grid"]

    assert tower.database.write(lambda db: acknowledge(db, one.id, head, NOON))
    assert not tower.database.write(lambda db: acknowledge(db, one.id, grid, NOON))

    standing = tower.database.read(lambda db: find_alert(db, one.id))
    assert (standing.acknowledged_by, standing.state) == (head.id, "received")
    assert tower.database.read(audit.verify).is_whole


def test_who_does_not_answer_for_the_building_moves_nothing(tower: Tower) -> None:
    one = raised(tower)
    stranger = employed(tower.database, "stranger", Post("grid_worker", "elsewhere"))
    for act in (TELLING.confirm, TELLING.stand_down, acknowledge):
        with pytest.raises(BadAlert, match="area"):
            tower.database.write(lambda db, act=act: act(db, one.id, stranger, NOON))
    with pytest.raises(BadAlert, match="unknown"):
        confirmed(tower, one.id + 99)


def test_a_lane_is_not_confirmed(tower: Tower) -> None:
    one = raised(tower, detector="lane1")
    with pytest.raises(BadAlert, match="kind"):
        confirmed(tower, one.id)


def test_an_unknown_detector_leaves_nothing_behind(tower: Tower) -> None:
    with pytest.raises(UnknownDetector):
        tower.hear("m1", "nothing")
    assert tower.hear("m1").outcome == "raised"


def test_a_room_is_known_however_it_is_written(tower: Tower) -> None:
    one = raised(tower)

    def work(db: Connection) -> list[int]:
        more = [
            lives(db, tower.house, f"r{unit}", unit) for unit in ("１２０１号", "1 201", "11201")
        ]
        lives(db, tower.other_house, "other", "1201")
        assert household_of(db, one) == [tower.home, *more[:2]]
        return more

    tower.database.write(work)
    hall = raised(tower, "m2", "s-hall", at=NOON + 20 * MINUTE)
    assert tower.database.read(lambda db: household_of(db, hall)) == []


def test_what_is_told_is_written_out_to_the_household(tower: Tower) -> None:
    one = raised(tower)

    def work(db: Connection) -> bool:
        kept = broadcast_by_key(db, f"alert:{one.id}:received:first")
        assert kept is not None
        assert begin_expanding(db, kept.id, NOON)
        return expand_chunk(db, kept.id, NOON)

    assert tower.database.write(work) is False


def test_lists_keep_to_the_area(tower: Tower) -> None:
    first, second = raised(tower), raised(tower, "m2", "s1202")
    streets = {one.name: one.id for one in tower.database.read(lambda db: all_streets(db, "demo"))}

    def ids(area: Area, before: int | None = None) -> list[int]:
        return [one.id for one in tower.database.read(lambda db: alerts_in(db, area, before))]

    assert ids(Area(districts=frozenset({"demo"}))) == [second.id, first.id]
    assert ids(Area(streets=frozenset({streets["双福街道"]})), second.id) == [first.id]
    assert ids(Area(streets=frozenset({streets["几江街道"]}))) == []
    assert ids(Area()) == []


def test_who_left_hears_nothing(tower: Tower) -> None:
    volunteer = tower.staff["volunteer"]
    tower.database.write(lambda db: set_active(db, volunteer.id, is_active=False))
    raised(tower)
    assert tower.staff_heard()["volunteer"] == []


def test_a_secret_is_sealed_to_its_source(tower: Tower) -> None:
    assert secret_of(tower.source, KEY) == tower.secret
    assert tower.secret.encode() not in tower.source.sealed
    with pytest.raises(Damaged):
        secret_of(
            type(tower.source)(
                tower.source.id, "OTHER000", "demo", "x", tower.source.sealed, NOON, None
            ),
            KEY,
        )


def test_an_ended_source_is_none(tower: Tower) -> None:
    code = tower.source.code

    def ended() -> bool:
        return tower.database.write(lambda db: end_source(db, code, NOON, actor="operator"))

    assert [ended(), ended()] == [True, False]
    assert tower.database.read(lambda db: find_source(db, code)) is None
    listed = tower.database.read(lambda db: list_sources(db, ["demo"]))
    assert [(one.code, one.ended_at) for one in listed] == [(code, NOON)]


def test_every_alert_has_its_own_row(tower: Tower) -> None:
    raised(tower)
    raised(tower, "m2", "g1201")
    count = tower.database.read(lambda db: db.scalar(select(func.count()).select_from(alert)))
    assert count == 2
