"""The timeline as later work: each stage once, never too late, and not at all when it has moved."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from drills.conducting import Postponement
from drills.drill_store import events_of
from drills.drills import STAGES, Drill, Stage, step_times
from drills.step_store import find_step, put_step
from drills.timeline import TOLERANCE, is_too_late, times_until_alarm
from storage import Database, schedule
from tests.drills.conducted import Office, office
from tests.drills.estate import DAY, HOUR, MINUTE, NOON, STARTS

CHINA = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)


@pytest.fixture
def at(database: Database) -> Office:
    return office(database)


def told_at(at: Office) -> dict[str, datetime]:
    """Return when each stage was told; each at most once."""
    assert len(set(at.stages)) == len(at.stages)
    return dict(at.told)


def crashed(at: Office, now: datetime) -> None:
    """Run what is due while the process ends in the middle of telling."""
    at.troubles.append(KeyboardInterrupt("kill -9"))
    with pytest.raises(KeyboardInterrupt):
        at.work.run_due(now)


def test_the_whole_timeline_happens_by_itself_at_its_times(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS - HOUR)
    at.do(at.conducting.stand_by, drill, at.estate.head, STARTS - 10 * MINUTE)
    at.run_until(STARTS + 2 * HOUR)
    due = step_times(STARTS, 40)
    assert at.told[:3] == [
        ("notice_week", due["notice_week"]),
        ("notice_day", due["notice_day"]),
        ("notice_soon", due["notice_soon"]),
    ]
    assert at.told[3:] == [("alarm", STARTS), ("reminder", due["reminder"])]
    ended = at.now(drill)
    assert (ended.state, ended.alarm_at) == ("roll_closed", STARTS)
    assert ended.roll_closed_at == STARTS + 40 * MINUTE
    assert at.step_states(drill) == dict.fromkeys(STAGES, "done")
    assert at.asked == []
    assert at.moves(drill)[-3:] == ["alarm", "mustering", "roll_closed"]


def test_a_step_that_is_run_again_does_nothing(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS - DAY)
    assert at.stages == ["notice_week", "notice_day"]
    for key in ("again", "and again"):
        at.database.write(
            lambda db, key=key: schedule(
                db, "drill_step", key, STARTS - DAY, [drill.id, "notice_day"]
            )
        )
    at.work.run_due(STARTS - DAY)
    assert at.stages == ["notice_week", "notice_day"]


def test_a_step_that_was_moved_is_not_taken_at_its_old_time(at: Office) -> None:
    drill = at.announced()
    at.database.write(lambda db: put_step(db, drill.id, "notice_week", STARTS - 2 * DAY))
    at.work.run_due(STARTS - 7 * DAY)
    assert at.stages == []
    assert at.step_states(drill)["notice_week"] == "planned"


def test_who_dies_while_telling_has_told_nothing_and_tells_once_after(at: Office) -> None:
    drill = at.announced()
    crashed(at, STARTS - 7 * DAY)
    step = at.database.read(lambda db: find_step(db, drill.id, "notice_week"))
    assert step is not None
    assert step.is_planned
    at.work.run_due(STARTS - 7 * DAY + MINUTE)
    assert told_at(at) == {"notice_week": STARTS - 7 * DAY + MINUTE}


def test_an_alarm_that_dies_half_way_leaves_the_drill_as_it_was(at: Office) -> None:
    drill = at.standing_by()
    at.told.clear()
    crashed(at, STARTS)
    assert at.now(drill).state == "standby"
    at.work.run_due(STARTS + MINUTE)
    assert at.now(drill).state == "alarm"
    assert at.told == [("alarm", STARTS + MINUTE)]


@pytest.mark.parametrize(
    ("late", "stages", "state"),
    [(23 * HOUR, ["notice_week"], "done"), (25 * HOUR, [], "missed")],
    ids=["within a day", "after it"],
)
def test_a_notice_may_be_late_but_not_stale(
    at: Office, late: timedelta, stages: list[str], state: str
) -> None:
    drill = at.announced()
    at.work.run_due(STARTS - 7 * DAY + late)
    assert at.stages == stages
    assert at.step_states(drill)["notice_week"] == state
    assert at.asked == []


def test_the_alarm_never_comes_by_itself_when_it_is_late(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS - 10 * MINUTE)
    at.do(at.conducting.stand_by, drill, at.estate.head, STARTS - 10 * MINUTE)
    at.told.clear()
    at.work.run_due(STARTS + 5 * MINUTE + SECOND)
    assert (at.now(drill).state, at.told, at.asked) == ("standby", [], ["alarm"])
    events = at.database.read(lambda db: events_of(db, drill.id))
    assert (events[-1].kind, events[-1].detail) == ("step_missed", {"stage": "alarm"})
    # The organiser decides: here, to go on.
    at.do(at.conducting.sound_alarm, drill, at.estate.head, STARTS + 10 * MINUTE)
    assert at.told == [("alarm", STARTS + 10 * MINUTE)]
    at.run_until(STARTS + HOUR)
    assert at.now(drill).roll_closed_at == STARTS + 50 * MINUTE


def test_the_alarm_still_comes_within_five_minutes(at: Office) -> None:
    drill = at.standing_by()
    at.work.run_due(STARTS + 5 * MINUTE)
    assert at.now(drill).alarm_at == STARTS + 5 * MINUTE


def test_no_alarm_while_nobody_stands_by(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS)
    assert (at.now(drill).state, at.asked) == ("announced", ["alarm"])
    assert "alarm" not in at.stages
    assert at.step_states(drill)["alarm"] == "missed"


def test_a_service_that_was_down_through_everything_sends_nothing_late(at: Office) -> None:
    drill = at.announced()
    at.work.run_due(STARTS + DAY)
    assert (at.stages, at.now(drill).state) == ([], "announced")
    assert at.asked == ["notice_day", "notice_soon", "alarm"]


def test_a_roll_call_that_was_not_closed_in_time_is_asked_about(at: Office) -> None:
    drill = at.under_way()
    at.work.run_due(STARTS + 4 * HOUR)
    assert (at.now(drill).state, at.asked) == ("alarm", ["roll_close"])
    assert at.stages == ["alarm"]


def test_who_closes_the_roll_by_hand_is_not_reminded_of_it(at: Office) -> None:
    drill = at.under_way()
    at.do(at.conducting.muster, drill, at.estate.head, STARTS + MINUTE)
    at.do(at.conducting.close_roll, drill, at.estate.head, STARTS + 2 * MINUTE)
    assert at.work.run_due(STARTS + DAY) == 0
    assert at.step_states(drill)["reminder"] == "cancelled"


@pytest.mark.parametrize("minute", [-10, 0, 10], ids=["before", "at", "after"])
def test_a_drill_over_midnight_keeps_its_times(at: Office, minute: int) -> None:
    # New year's night in Chongqing; the year changes in the middle of the drill or before.
    midnight = datetime(2027, 1, 1, tzinfo=CHINA)
    starts = (midnight + minute * MINUTE).astimezone(UTC)
    times = step_times(starts, 40)
    local = {stage: times[stage].astimezone(CHINA) for stage in times}
    assert local["notice_day"].time() == local["alarm"].time() == local["notice_week"].time()
    assert (local["alarm"].date() - local["notice_week"].date()).days == 7
    drill = at.announced()
    later = Postponement("改到跨年夜", starts)
    drill = at.do(at.conducting.postpone, drill, at.estate.head, NOON, later)
    at.do(at.conducting.approve, drill, at.estate.officer, NOON)
    at.checked(drill)
    at.do(at.conducting.announce, drill, at.estate.head, NOON)
    at.told.clear()
    at.run_until(starts - MINUTE)
    at.do(at.conducting.stand_by, drill, at.estate.head, starts - MINUTE)
    at.run_until(starts + HOUR)
    assert told_at(at) == {stage: at for stage, at in times.items() if stage != "roll_close"}
    assert at.now(drill).roll_closed_at == times["roll_close"]


@pytest.mark.parametrize(
    ("before", "first"),
    [
        (8 * DAY, "notice_week"),
        (3 * DAY, "notice_week"),
        (DAY + 10 * MINUTE, "notice_day"),
        (5 * HOUR, "notice_day"),
        (50 * MINUTE, "notice_soon"),
        (10 * MINUTE, "notice_soon"),
    ],
    ids=["in time", "three days", "a day", "same day", "soon", "minutes"],
)
def test_who_announces_late_has_the_latest_notice_told(
    at: Office, before: timedelta, first: Stage
) -> None:
    drill = at.planned()
    now = STARTS - before
    times = times_until_alarm(drill, now)
    assert next(iter(times)) == first
    assert min(times.values()) >= now
    assert list(times)[-1] == "alarm"
    assert all(at >= now for at in times.values())


def test_a_notice_that_is_overdue_goes_out_at_once_and_the_earlier_ones_never(at: Office) -> None:
    now = STARTS - 5 * HOUR
    drill = at.checked(at.planned())
    at.do(at.conducting.approve, drill, at.estate.officer, NOON)
    at.do(at.conducting.announce, drill, at.estate.head, now)
    at.work.run_due(now)
    assert at.told == [("notice_day", now)]
    assert at.step_states(drill)["notice_week"] == "missed"


def test_every_stage_has_a_tolerance_and_the_alarm_the_shortest() -> None:
    assert set(TOLERANCE) == set(STAGES)
    assert TOLERANCE["alarm"] == min(TOLERANCE.values()) == 5 * MINUTE
    assert not is_too_late("alarm", STARTS, STARTS + 5 * MINUTE)
    assert is_too_late("alarm", STARTS, STARTS + 5 * MINUTE + SECOND)


def test_a_step_of_a_drill_that_never_planned_it_does_nothing(at: Office) -> None:
    drill: Drill = at.planned()

    def take(stage: Stage) -> bool:
        return at.database.write(lambda db: at.steps.take(db, drill, stage, STARTS + DAY))

    # Nobody has announced it: its steps mean nothing yet.
    assert not take("alarm")
    assert (at.stages, at.asked) == ([], [])
