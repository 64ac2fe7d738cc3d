"""Planning a drill: what is refused, what gives pause, and what stands afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from community.building_posts import end
from community.register_store import archive_building
from community.staff import Staff
from drills.drill_store import buildings_of, edit, events_of, move, require_drill
from drills.drills import Drill, DrillRefused, step_times
from drills.planning import BadPlan, Plan
from drills.step_store import steps_of
from drills.store import drill
from storage import Database
from tests.drills.estate import DAY, HOUR, MINUTE, NOON, STARTS, Estate, put_in, settled

embedded = pytest.mark.parametrize("store", ["sqlite"])


@pytest.fixture
def estate(database: Database) -> Estate:
    return settled(database)


def refused(estate: Estate, plan: Plan, staff: Staff | None = None) -> BadPlan:
    """Try to plan, and return why it was refused."""
    asker = staff or estate.officer
    with pytest.raises(BadPlan) as bad:
        estate.database.write(lambda db: estate.planner.plan(db, plan, asker, NOON))
    return bad.value


def test_a_good_plan_becomes_a_drill(estate: Estate) -> None:
    assert estate.codes(estate.plan()) == []
    made = estate.planned()
    assert (made.state, made.version, made.district_id) == ("planned", 1, "demo")
    assert made.organiser_id == estate.officer.id
    assert made.title == "双福花园1栋消防疏散演练"
    assert made.assembly_point == "小区中庭"
    assert "厨房起火" in made.scenario

    def work(db: Connection) -> None:
        assert {one.stage: one.due_at for one in steps_of(db, made.id)} == step_times(STARTS, 40)
        assert all(one.is_planned for one in steps_of(db, made.id))
        assert [one.kind for one in events_of(db, made.id)] == ["planned"]
        assert buildings_of(db, made.id)[0].community_id == made.community_id

    estate.database.read(work)


@embedded
def test_what_is_given_stands_before_what_is_registered(estate: Estate) -> None:
    made = estate.planned(
        assembly_point=" 后门停车场 ", title=" 秋季消防演练 ", scenario=" 假设地下车库起火 "
    )
    assert made.assembly_point == "后门停车场"
    assert (made.title, made.scenario) == ("秋季消防演练", "假设地下车库起火")


@embedded
def test_several_buildings_gather_where_all_of_them_may(estate: Estate) -> None:
    made = estate.planned("双福花园1栋", "双福花园2栋")
    assert made.assembly_point == "东门广场"
    assert made.title == "双福花园1栋等2栋消防疏散演练"


@embedded
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"building_ids": ()}, "no_building"),
        ({"building_ids": (999,)}, "unknown_building"),
        ({"building_ids": tuple(range(1, 60))}, "too_many_buildings"),
        ({"starts_at": NOON}, "in_past"),
        ({"starts_at": NOON - 400 * DAY}, "in_past"),
        ({"starts_at": NOON + 24 * HOUR - MINUTE}, "too_soon"),
        ({"starts_at": NOON + 366 * DAY + MINUTE}, "too_far"),
        ({"starts_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "too_far"),
        ({"lasts_minutes": 9}, "bad_length"),
        ({"lasts_minutes": 181}, "bad_length"),
        ({"lasts_minutes": -40}, "bad_length"),
        ({"title": "演练"}, "bad_title"),
        ({"title": "演练" * 21}, "bad_title"),
        ({"title": "消防演练\n第二行"}, "bad_title"),
        ({"title": "三号楼着火了"}, "title_without_drill"),
        ({"scenario": "假" * 501}, "scenario_long"),
        ({"assembly_point": "东" * 101}, "assembly_long"),
        ({"kind": "flood"}, "unknown_kind"),
    ],
)
def test_a_bad_plan_is_refused(estate: Estate, values: dict[str, object], code: str) -> None:
    plan = replace(estate.plan(), **values)  # type: ignore[arg-type]
    bad = refused(estate, plan)
    assert code in [fault.code for fault in bad.faults]
    assert bad.code == "has_faults"
    assert all(fault.is_refusal and fault.words.endswith("。") for fault in bad.faults)
    assert all(fault.words in bad.words for fault in bad.faults)


@embedded
@pytest.mark.parametrize("minutes", [10, 180])
def test_the_shortest_and_the_longest_drill_may_be_planned(estate: Estate, minutes: int) -> None:
    assert estate.codes(estate.plan(lasts_minutes=minutes, starts_at=STARTS - HOUR)) == []


@embedded
def test_a_drill_may_start_a_day_from_now_but_is_told_in_haste(estate: Estate) -> None:
    plan = estate.plan(starts_at=NOON + 22 * HOUR + 2 * DAY)
    assert estate.codes(plan) == ["short_notice"]
    made = estate.planned(starts_at=plan.starts_at)
    states = estate.database.read(
        lambda db: {one.stage: one.state for one in steps_of(db, made.id)}
    )
    assert states.pop("notice_week") == "missed"
    assert set(states.values()) == {"planned"}


@embedded
def test_a_building_without_assembly_point_needs_one_named(estate: Estate) -> None:
    plan = estate.plan("双福花园3栋")
    bad = refused(estate, plan)
    assert [fault.code for fault in bad.faults] == ["no_assembly_point"]
    assert "双福花园3栋" in bad.words
    assert estate.codes(replace(plan, assembly_point="东门广场")) == []


@embedded
def test_buildings_of_two_communities_are_refused_by_name(estate: Estate) -> None:
    plan = estate.plan("双福花园1栋", "东升苑1栋", assembly_point="篮球场")
    bad = refused(estate, plan)
    assert [fault.code for fault in bad.faults] == ["communities_differ"]
    assert "幸福社区、东升社区" in bad.words


@embedded
def test_buildings_that_share_no_assembly_point_need_one_named(estate: Estate) -> None:
    plan = estate.plan("双福花园1栋", "东升苑1栋")
    assert set(estate.codes(plan)) == {"communities_differ", "assembly_points_differ"}


@embedded
def test_an_archived_building_is_refused_by_name(estate: Estate) -> None:
    gone = estate.buildings["双福花园1栋"]
    estate.database.write(lambda db: archive_building(db, gone, NOON))
    bad = refused(estate, estate.plan())
    assert [fault.code for fault in bad.faults] == ["archived_building"]
    assert "双福花园1栋" in bad.words


def test_nobody_plans_outside_their_area(estate: Estate) -> None:
    there = estate.plan("江津中心A座")
    assert estate.codes(there, estate.volunteer) == ["outside_area"]
    assert estate.codes(estate.plan(), estate.volunteer) == []
    third = estate.plan("双福花园3栋", assembly_point="东门广场")
    assert estate.codes(third, estate.head) == ["outside_area"], "not named for it"
    assert estate.codes(estate.plan(), estate.head) == []
    assert "江津中心A座" in refused(estate, there, estate.volunteer).words


@embedded
def test_nobody_plans_once_they_were_dismissed(estate: Estate) -> None:
    assert estate.codes(estate.plan(), replace(estate.officer, is_active=False)) == ["outside_area"]
    strange = replace(estate.planner, districts={})
    codes = estate.database.read(
        lambda db: [one.code for one in strange.faults(db, estate.plan(), estate.officer, NOON)]
    )
    assert codes == ["outside_area"], "a district that is not served"


@embedded
@pytest.mark.parametrize(
    ("after", "is_near"),
    [
        (timedelta(), True),
        (timedelta(minutes=99), True),
        (timedelta(minutes=100), False),
        (timedelta(minutes=-99), True),
        (timedelta(minutes=-100), False),
    ],
)
def test_two_drills_of_a_building_keep_an_hour_between(
    estate: Estate, after: timedelta, is_near: bool
) -> None:
    first = estate.planned("双福花园1栋", "双福花园2栋")
    plan = estate.plan("双福花园2栋", starts_at=STARTS + after)
    if not is_near:
        assert estate.codes(plan) == []
        return
    bad = refused(estate, plan)
    assert [fault.code for fault in bad.faults] == ["conflict"]
    assert first.title in bad.words
    assert "12月5日09:00" in bad.words


@embedded
def test_a_long_drill_before_is_seen_too(estate: Estate) -> None:
    estate.planned(lasts_minutes=180, starts_at=STARTS - 2 * HOUR)
    assert estate.codes(estate.plan(starts_at=STARTS + HOUR + 59 * MINUTE)) == ["conflict"]


@embedded
@pytest.mark.parametrize("state", ["postponed", "cancelled", "aborted", "closed", "all_clear"])
def test_a_drill_that_is_not_held_is_in_nobodys_way(estate: Estate, state: str) -> None:
    first = estate.planned()
    estate.database.write(
        lambda db: db.execute(drill.update().where(drill.c.id == first.id).values(state=state))
    )
    assert estate.codes(estate.plan()) == []


@embedded
def test_days_and_hours_that_are_kept_free_are_told(estate: Estate) -> None:
    exam = datetime(2027, 6, 7, 2, tzinfo=UTC)
    assert estate.codes(estate.plan(starts_at=exam)) == ["blackout_day", "holidays_unknown"]
    noon = STARTS + 4 * HOUR
    assert estate.codes(estate.plan(starts_at=noon)) == ["hours"]
    made = estate.planned(starts_at=noon)
    assert made.starts_at == noon, "a warning keeps nobody from planning"


def changed(estate: Estate, current: Drill, plan: Plan, staff: Staff | None = None) -> Drill:
    asker = staff or estate.officer
    return estate.database.write(
        lambda db: estate.planner.change(db, current, plan, asker, NOON + HOUR)
    )


def test_a_planned_drill_is_given_another_plan(estate: Estate) -> None:
    made = estate.planned()
    plan = estate.plan("双福花园1栋", "双福花园2栋", starts_at=STARTS + 30 * MINUTE)
    after = changed(estate, made, plan)
    assert (after.id, after.code, after.check_in_code) == (made.id, made.code, made.check_in_code)
    assert (after.version, after.sequence, after.state) == (2, 1, "planned")
    assert (after.starts_at, after.assembly_point) == (plan.starts_at, "东门广场")

    def work(db: Connection) -> None:
        assert [one.id for one in buildings_of(db, made.id)] == sorted(plan.building_ids)
        due = {one.stage: one.due_at for one in steps_of(db, made.id)}
        assert due == step_times(plan.starts_at, 40)
        assert [one.kind for one in events_of(db, made.id)] == ["planned", "changed"]

    estate.database.read(work)


@embedded
def test_a_drill_that_was_postponed_is_planned_again(estate: Estate) -> None:
    made = estate.planned()
    estate.database.write(lambda db: move(db, made, "postponed", NOON, reason="下大雨"))
    seen = estate.database.read(lambda db: require_drill(db, made.id))
    after = changed(estate, seen, estate.plan(starts_at=STARTS + DAY))
    assert (after.state, after.reason, after.approver_id) == ("planned", "", None)
    assert after.starts_at == STARTS + DAY


@embedded
def test_an_approved_drill_keeps_its_plan(estate: Estate) -> None:
    made = estate.planned()
    estate.database.write(lambda db: put_in(db, made.id, "approved"))
    with pytest.raises(DrillRefused) as no:
        changed(estate, replace(made, state="approved"), estate.plan())
    assert no.value.code == "not_planned"


@embedded
def test_of_two_changes_the_second_is_told(estate: Estate) -> None:
    made = estate.planned()
    estate.database.write(lambda db: edit(db, made, NOON, title="另一个演练"))
    with pytest.raises(DrillRefused) as no:
        changed(estate, made, estate.plan())
    assert no.value.code == "stale"
    titles = estate.database.read(lambda db: require_drill(db, made.id).title)
    assert titles == "另一个演练"


@embedded
def test_nobody_takes_over_a_drill_of_others_buildings(estate: Estate) -> None:
    made = estate.planned("双福花园3栋", assembly_point="东门广场")
    with pytest.raises(DrillRefused) as no:
        changed(estate, made, estate.plan(), estate.head)
    assert no.value.code == "not_allowed"


@embedded
def test_a_bad_change_leaves_all_as_it_was(estate: Estate) -> None:
    made = estate.planned()
    with pytest.raises(BadPlan):
        changed(estate, made, estate.plan(lasts_minutes=5))
    assert estate.database.read(lambda db: require_drill(db, made.id)) == made


@embedded
def test_a_head_who_was_dismissed_from_a_building_loses_it(estate: Estate) -> None:
    one = estate.buildings["双福花园1栋"]
    estate.database.write(lambda db: end(db, estate.head.id, one, "building_head", NOON))
    assert estate.codes(estate.plan(), estate.head) == ["outside_area"]
