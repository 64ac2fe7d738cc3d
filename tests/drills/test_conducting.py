"""Conducting: the course of a drill, who may do what, and what each act brings with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import Connection, select, update

from community.audit import entries, verify
from community.bindings import bind
from community.staff import Post
from drills.conduct_store import ticks_of
from drills.conducting import Postponement
from drills.drill_store import events_of
from drills.drills import COURSE, Drill, DrillRefused
from drills.roster_freeze_store import CHUNK
from drills.roster_store import lines_of
from drills.store import drill_roster
from storage import Database
from storage.work_rows import due
from tests.community.registered import new_resident
from tests.community.staffed import employed
from tests.drills.conducted import REQUIRED, Office, crowd, office
from tests.drills.estate import DAY, HERE, HOUR, MINUTE, NOON, STARTS, put_in

RAIN = "预报有暴雨"


@pytest.fixture
def at(database: Database) -> Office:
    return office(database)


def refused(at: Office, act: str, drill: Drill, staff: str, *rest: object) -> DrillRefused:
    """Return why an act is refused; nothing has changed then."""
    before = at.now(drill), at.step_states(drill), len(at.told)
    who = getattr(at.estate, staff)
    with pytest.raises(DrillRefused) as caught:
        at.do(getattr(at.conducting, act), drill, who, *rest)
    assert (at.now(drill), at.step_states(drill), len(at.told)) == before
    return caught.value


def open_steps(at: Office, drill: Drill) -> list[str]:
    """Return the keys of a drill's steps that are still to run."""
    query = (
        select(due.c.key)
        .where(due.c.job == "drill_step", due.c.done_at.is_(None))
        .order_by(due.c.due_at)
    )
    keys = at.database.read(lambda db: list(db.scalars(query)))
    return [key.split(":")[1] for key in keys if key.startswith(f"{drill.id}:")]


def settle_roster(db: Connection, drill: Drill, status: str) -> None:
    db.execute(
        update(drill_roster).where(drill_roster.c.drill_id == drill.id).values(status=status)
    )


def moved_in(at: Office, building: str) -> int:
    """Bind a new resident to a building and return their id."""

    def work(db: Connection) -> int:
        resident = new_resident(db)
        bind(db, resident, at.estate.buildings[building], "scan", NOON)
        return resident

    return at.database.write(work)


def test_a_drill_goes_its_course(at: Office) -> None:
    drill = at.under_way()
    now = STARTS
    for act in ("muster", "close_roll", "all_clear", "debrief", "mark_reported", "close"):
        now += 5 * MINUTE
        drill = at.do(getattr(at.conducting, act), drill, at.estate.head, now)
    assert (drill.state, drill.approver_id) == ("closed", at.estate.officer.id)
    assert tuple(at.moves(drill)) == COURSE[1:]
    assert drill.alarm_at == STARTS
    assert drill.mustering_at == STARTS + 5 * MINUTE
    assert drill.all_clear_at == STARTS + 15 * MINUTE
    assert drill.ended_at == now
    assert at.stages == ["alarm", "all_clear"]
    assert open_steps(at, drill) == []


def test_every_act_is_in_the_audit_log(at: Office) -> None:
    drill = at.under_way()
    log = at.database.read(lambda db: entries(db, [HERE]))
    acts = [one for one in reversed(log) if one.action == "drill.moved"]
    assert [one.detail["state"] for one in acts] == ["approved", "announced", "standby", "alarm"]
    assert acts[0].actor == f"staff:{at.estate.officer.id}"
    assert {one.subject for one in acts} == {f"drill:{drill.id}"}
    assert at.database.read(verify).is_whole


def test_a_second_person_approves(at: Office) -> None:
    drill = at.estate.planned()
    assert drill.organiser_id == at.estate.officer.id
    assert refused(at, "approve", drill, "officer", NOON).code == "same_person"
    reviewer = employed(at.database, "second", Post("reviewer", HERE))
    assert at.do(at.conducting.approve, drill, reviewer, NOON).approver_id == reviewer.id


@pytest.mark.parametrize("post", [Post("volunteer", HERE), Post("reviewer", "qianjiang")])
def test_approving_takes_a_role_and_its_area(at: Office, post: Post) -> None:
    drill = at.planned()
    stranger = employed(at.database, "stranger", post)
    with pytest.raises(DrillRefused, match="not_allowed"):
        at.do(at.conducting.approve, drill, stranger, NOON)


def test_a_drill_whose_time_has_come_is_not_approved_any_more(at: Office) -> None:
    assert refused(at, "approve", at.planned(), "officer", STARTS).code == "too_late"


def test_announcing_names_what_is_still_to_be_seen_to(at: Office) -> None:
    drill = at.planned()
    at.do(at.conducting.approve, drill, at.estate.officer, NOON)
    at.checked(drill)
    for item in ("fire_station", "first_aider"):
        at.do(at.conducting.uncheck_item, drill, at.estate.head, NOON, item)
    why = refused(at, "announce", drill, "head", NOON)
    assert why.code == "checks_missing"
    assert why.detail == "还差：已告诉辖区消防救援站、现场有会急救的人。"


def test_the_checklist_tells_who_when_and_how(at: Office) -> None:
    drill = at.checked(at.planned())
    at.do(at.conducting.check_item, drill, at.estate.officer, NOON + HOUR, (REQUIRED[0], " 王队\n"))
    tick = at.database.read(lambda db: ticks_of(db, drill.id))[REQUIRED[0]]
    assert (tick.staff_id, tick.note) == (at.estate.officer.id, "王队")
    assert tick.done_at == NOON + HOUR
    view = at.database.read(lambda db: at.conducting.checking.view(db, drill))
    assert view.missing == ()
    assert set(REQUIRED) <= {item.id for item in view.items}


def test_no_tick_for_what_is_not_asked_and_none_back_once_residents_know(at: Office) -> None:
    drill = at.announced()
    assert refused(at, "check_item", drill, "head", NOON, ("chairs", "")).code == "unknown_check"
    assert refused(at, "uncheck_item", drill, "head", NOON, REQUIRED[0]).code == "illegal_move"
    head = Post("building_head", HERE, street_id=drill.street_id)
    unnamed = employed(at.database, "unnamed", head)
    with pytest.raises(DrillRefused, match="not_allowed"):
        at.do(at.conducting.check_item, drill, unnamed, NOON, (REQUIRED[0], ""))


def test_announcing_draws_up_the_list(at: Office) -> None:
    resident = moved_in(at, "双福花园1栋")
    moved_in(at, "双福花园3栋")
    drill = at.announced()
    lines = at.database.read(lambda db: lines_of(db, drill.id))
    assert [line.resident_id for line in lines] == [resident]
    assert open_steps(at, drill) == ["notice_week", "notice_day", "notice_soon", "alarm"]


def test_a_long_list_is_finished_by_later_work(at: Office) -> None:
    crowd(at, "双福花园1栋", 2 * CHUNK + 1)
    drill = at.announced()
    assert len(at.database.read(lambda db: lines_of(db, drill.id))) == CHUNK
    at.work.run_due(NOON)
    assert len(at.database.read(lambda db: lines_of(db, drill.id))) == 2 * CHUNK + 1


@pytest.mark.parametrize(
    ("early", "code"), [(3 * HOUR, "too_early"), (-3 * HOUR, "too_late")], ids=["early", "late"]
)
def test_nobody_stands_by_far_from_the_time_residents_know(
    at: Office, early: datetime, code: str
) -> None:
    drill = at.announced()
    assert refused(at, "stand_by", drill, "head", STARTS - early).code == code


@pytest.mark.parametrize("minutes", [-25, 0, 100], ids=["early", "on time", "late"])
def test_the_alarm_may_be_given_by_hand(at: Office, minutes: int) -> None:
    drill = at.standing_by()
    when = STARTS + minutes * MINUTE
    drill = at.do(at.conducting.sound_alarm, drill, at.estate.head, when)
    assert drill.alarm_at == when
    assert at.told == [("alarm", when)]
    assert at.step_states(drill)["alarm"] == "done"
    # The rest is counted from the alarm that was given.
    steps = dict.fromkeys(open_steps(at, drill))
    assert list(steps) == ["reminder", "roll_close"]
    at.work.run_due(when + 10 * MINUTE)
    assert at.stages == ["alarm", "reminder"]


def test_the_alarm_waits_for_those_who_stand_by_and_for_its_time(at: Office) -> None:
    drill = at.announced()
    assert refused(at, "sound_alarm", drill, "head", STARTS).code == "illegal_move"
    drill = at.do(at.conducting.stand_by, drill, at.estate.head, STARTS - HOUR)
    assert refused(at, "sound_alarm", drill, "head", STARTS - HOUR).code == "too_early"
    assert refused(at, "sound_alarm", drill, "head", STARTS + 3 * HOUR).code == "too_late"


def test_people_go_home_only_after_the_roll_call(at: Office) -> None:
    drill = at.under_way()
    assert refused(at, "all_clear", drill, "head", STARTS + HOUR).code == "roll_open"


def test_closing_the_roll_takes_nobody_for_safe(at: Office) -> None:
    moved_in(at, "双福花园1栋")
    drill = at.under_way()
    at.database.write(lambda db: settle_roster(db, drill, "needs_help"))
    at.do(at.conducting.muster, drill, at.estate.head, STARTS + MINUTE)
    at.do(at.conducting.close_roll, drill, at.estate.head, STARTS + 20 * MINUTE)
    lines = at.database.read(lambda db: lines_of(db, drill.id))
    assert [line.status for line in lines] == ["missing"]
    why = refused(at, "all_clear", drill, "head", STARTS + HOUR)
    assert (why.code, why.detail) == ("people_missing", "（点名册上还有1条）")
    at.database.write(lambda db: settle_roster(db, drill, "at_home"))
    assert at.do(at.conducting.all_clear, drill, at.estate.head, STARTS + HOUR).state == "all_clear"


def test_a_postponed_drill_begins_anew(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS - 6 * DAY)
    assert at.stages == ["notice_week"]
    later = STARTS + 14 * DAY
    moved = at.do(
        at.conducting.postpone, drill, at.estate.head, STARTS - 5 * DAY, Postponement(RAIN, later)
    )
    assert (moved.state, moved.starts_at, moved.approver_id) == ("planned", later, None)
    assert moved.reason == RAIN
    assert moved.sequence > drill.sequence
    assert at.stages == ["notice_week", "postponed"]
    assert at.database.read(lambda db: ticks_of(db, drill.id)) == {}
    assert open_steps(at, drill) == []
    # The old time passes without anything, and the new one comes with every notice.
    at.work.run_due(STARTS)
    at.do(at.conducting.approve, moved, at.estate.officer, STARTS)
    at.checked(moved, STARTS)
    at.do(at.conducting.announce, moved, at.estate.head, STARTS)
    at.run_until(later - MINUTE)
    assert at.stages[2:] == ["notice_week", "notice_day", "notice_soon"]


def test_a_drill_may_be_put_off_without_a_new_time(at: Office) -> None:
    drill = at.announced()
    away = at.do(at.conducting.postpone, drill, at.estate.head, NOON + DAY, Postponement(RAIN))
    assert (away.state, away.starts_at) == ("postponed", STARTS)
    assert at.stages == ["postponed"]
    assert set(at.step_states(drill).values()) == {"cancelled"}
    plan = at.estate.plan("双福花园1栋", starts_at=STARTS + 14 * DAY)
    dated = at.database.write(
        lambda db: at.estate.planner.change(db, away, plan, at.estate.head, NOON + 2 * DAY)
    )
    assert (dated.state, set(at.step_states(drill).values())) == ("planned", {"planned"})


def test_putting_off_takes_a_reason_and_a_time_to_come(at: Office) -> None:
    drill = at.announced()
    without = Postponement(" \n", STARTS + DAY)
    assert refused(at, "postpone", drill, "head", NOON, without).code == "reason_missing"
    past = Postponement(RAIN, NOON - MINUTE)
    assert refused(at, "postpone", drill, "head", NOON, past).code == "bad_day"


def test_residents_who_know_nothing_of_a_drill_are_not_told_that_it_ends(at: Office) -> None:
    drill = at.planned()
    ended = at.do(at.conducting.cancel, drill, at.estate.head, NOON, "组织人员不够")
    assert (ended.state, ended.ended_at, at.told) == ("cancelled", NOON, [])


def test_a_cancelled_drill_does_nothing_any_more(at: Office) -> None:
    drill = at.announced()
    assert refused(at, "cancel", drill, "head", NOON, "").code == "reason_missing"
    ended = at.do(at.conducting.cancel, drill, at.estate.head, NOON + HOUR, RAIN)
    assert (ended.reason, at.stages) == (RAIN, ["cancelled"])
    assert set(at.step_states(drill).values()) == {"cancelled"}
    assert at.work.run_due(STARTS + DAY) == 0
    assert at.stages == ["cancelled"]
    assert refused(at, "cancel", drill, "head", NOON + HOUR, RAIN).detail == "（现在：已取消）"


def test_a_drill_put_off_and_then_called_off_is_told_to_those_who_waited(at: Office) -> None:
    drill = at.announced()
    at.do(at.conducting.postpone, drill, at.estate.head, NOON, Postponement(RAIN))
    at.do(at.conducting.cancel, drill, at.estate.head, NOON + HOUR, "今年不办了")
    assert at.stages == ["postponed", "cancelled"]


def test_a_real_incident_ends_the_drill_by_one_tap(at: Office) -> None:
    drill = at.under_way()
    ended = at.do(at.conducting.abort, drill, at.estate.volunteer, STARTS + MINUTE)
    assert (ended.state, ended.ended_at) == ("aborted", STARTS + MINUTE)
    assert at.told[-1] == ("aborted", STARTS + MINUTE)
    assert open_steps(at, drill) == []
    again = refused(at, "abort", drill, "head", STARTS + 2 * MINUTE)
    assert (again.code, again.detail) == ("illegal_move", "（现在：因真实险情中止）")


def test_nobody_from_elsewhere_conducts_or_aborts(at: Office) -> None:
    drill = at.under_way()
    stranger = employed(at.database, "elsewhere", Post("duty_officer", "qianjiang"))
    for act in (at.conducting.muster, at.conducting.abort):
        with pytest.raises(DrillRefused, match="not_allowed"):
            at.do(act, drill, stranger, STARTS + MINUTE)


def test_there_is_no_such_drill(at: Office) -> None:
    with pytest.raises(DrillRefused, match="unknown_drill"):
        at.database.write(lambda db: at.conducting.approve(db, 4711, at.estate.officer, NOON))


@pytest.mark.parametrize("acts", [["muster"] * 3, ["muster", "abort"]], ids=["same", "different"])
def test_of_organisers_who_press_at_once_one_wins(at: Office, acts: list[str]) -> None:
    drill = at.under_way()
    together = Barrier(len(acts))

    def press(act: str) -> str:
        together.wait()
        try:
            return at.do(getattr(at.conducting, act), drill, at.estate.head, STARTS + MINUTE).state
        except DrillRefused as why:
            return f"{why.code}{why.detail}"

    with ThreadPoolExecutor(len(acts)) as pool:
        found = list(pool.map(press, acts))
    # Who aborts may still do so after another has begun to call the list.
    assert at.now(drill).state in found
    assert found.count("mustering") <= 1
    if "abort" in acts:
        assert "aborted" in found
    else:
        assert sorted(found) == ["illegal_move（现在：集合点名）"] * 2 + ["mustering"]
    assert at.moves(drill).count("mustering") == found.count("mustering")


def test_what_happened_stands_in_order(at: Office) -> None:
    drill = at.under_way()
    events = at.database.read(lambda db: events_of(db, drill.id))
    assert [event.recorded_at for event in events] == sorted(one.recorded_at for one in events)
    assert [one.kind for one in events[:2]] == ["planned", "moved"]


def test_an_act_of_a_drill_that_went_elsewhere_says_where(at: Office) -> None:
    drill = at.planned()
    at.database.write(lambda db: put_in(db, drill.id, "debrief"))
    assert refused(at, "cancel", drill, "head", NOON, RAIN).detail == "（现在：讲评总结）"
