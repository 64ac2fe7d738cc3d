"""A report drafted from a drill that was held, sealed, corrected, and tampered with."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from community.broadcast_store import broadcast, broadcast_recipient
from community.staff import Post, Staff
from community.staff_store import find_staff
from drills.checklist import load_checklist
from drills.drill_store import events_of, find_drill, insert_drill
from drills.drills import DrillRefused, State
from drills.duty_files import load_duties
from drills.household_lists import Household
from drills.problem_store import add_problem
from drills.problems import NewProblem
from drills.report_bodies import ReportBody, body_from, body_json
from drills.report_store import (
    SEALED_EVENT,
    Sealed,
    add_version,
    latest_version,
    seal_hash,
    verify,
    versions_of,
)
from drills.reports import Reporting
from drills.store import (
    drill,
    drill_check,
    drill_event,
    drill_report,
    drill_step,
    drill_sweep,
    duty_record,
)
from storage import Database, new_code
from tests.community.staffed import employed
from tests.drills.gathered import ALARM, DAY, MINUTE, ONE, TWO, Muster, mustered

REPORTING = Reporting(load_duties(ZoneInfo("Asia/Shanghai")), load_checklist())
NOW = ALARM + timedelta(hours=1)


@pytest.fixture
def muster(database: Database) -> Muster:
    return mustered(database)


def staff_of(muster: Muster) -> Staff:
    found = muster.database.read(lambda db: find_staff(db, muster.staff_id))
    assert found is not None
    return found


def held(muster: Muster) -> list[int]:
    """Hold a drill: one comes alone, one with a child, one needs help, one is not heard of."""
    muster.listed(Household(1, "1-301", 3, 3), Household(2, "1-302", 2, 3))
    people = [
        muster.resident(unit="1-301", floor=3),
        muster.resident(unit="1-401", floor=4),
        muster.resident(name=TWO, unit="1-201", floor=2),
        muster.resident(name=TWO, unit="1-202", floor=2),
    ]
    muster.alarmed()
    muster.come(people[0], 2, minute=4)
    muster.comes(people[1], minute=6)
    muster.says(people[2], "needs_help", minute=2)
    muster.comes(people[2], minute=9)
    muster.go("roll_closed", minute=15)
    muster.go("debrief")
    return people


def draft(muster: Muster, now: datetime = NOW) -> ReportBody:
    return muster.database.read(lambda db: REPORTING.draft_report(db, muster.drill_id, now))


def seal(muster: Muster, staff: Staff | None = None, now: datetime = NOW) -> Sealed:
    who = staff or staff_of(muster)
    return muster.write(lambda db: REPORTING.seal(db, muster.drill_id, who, now))


def words(body: ReportBody) -> str:
    return "\n".join(line for section in body.sections for line in section.lines)


def state(muster: Muster) -> str:
    found = muster.database.read(lambda db: find_drill(db, muster.drill_id))
    assert found is not None
    return found.state


def test_a_draft_says_what_happened(muster: Muster) -> None:
    held(muster)

    body = draft(muster)
    measures = body.measures

    assert [section.heading for section in body.sections] == [
        "基本情况", "准备与告知", "过程时间线", "疏散情况", "需要帮助的人", "发现的问题与整改",
        "与上次比较", "结论",
    ]  # fmt: skip
    assert (measures.persons, measures.arrived, measures.households) == (8, 4, 5)
    assert [(one.seconds, one.persons) for one in measures.arrivals] == [
        (240, 2),
        (360, 3),
        (540, 4),
    ]
    assert (measures.median, measures.p90, measures.roll_closed) == (240, 540, 900)
    assert (measures.assistance.asked, measures.assistance.came) == (1, 1)
    assert measures.still_unaccounted == 4
    text = words(body)
    assert "2026年12月5日 10:00，双福街道幸福社区举行疏散演练“冬季疏散演练”" in text
    assert "双福花园1栋、双福花园2栋" in text
    assert "警报响起后15分点名结束，还有4人没有下落" in text


def test_a_draft_names_no_rooms_and_nobody(muster: Muster) -> None:
    held(muster)

    text = json.dumps(body_json(draft(muster)), ensure_ascii=False)

    for private in ("1-301", "1-302", "1-401", "1-201", "resident_id", "staff"):
        assert private not in text


def test_a_draft_before_the_alarm_promises_nothing(muster: Muster) -> None:
    body = draft(muster, ALARM - DAY)

    assert (body.measures.persons, body.measures.median, body.course) == (0, None, ())
    assert "演练没有走完全部步骤" in words(body)


def test_an_unknown_drill_is_refused(muster: Muster) -> None:
    with pytest.raises(DrillRefused) as caught:
        muster.database.read(lambda db: REPORTING.draft_report(db, 999, NOW))

    assert caught.value.code == "unknown_drill"


def test_preparation_steps_sweeps_and_problems_stand_in_it(muster: Muster) -> None:
    held(muster)
    item = REPORTING.checklist.items[0]

    def work(db: Connection) -> None:
        drill_id, building_id = muster.drill_id, muster.buildings[ONE]
        done = {"drill_id": drill_id, "staff_id": muster.staff_id, "note": ""}
        db.execute(insert(drill_check).values(done | {"item": item.id, "done_at": ALARM - DAY}))
        notice = {"drill_id": drill_id, "stage": "notice_day", "due_at": ALARM - DAY}
        db.execute(insert(drill_step).values(notice | {"state": "done", "done_at": ALARM - DAY}))
        for floor in range(1, 7):
            cleared = ALARM + floor * MINUTE
            swept = done | {"building_id": building_id, "stair": 1, "floor": floor}
            db.execute(
                insert(drill_sweep).values(swept | {"cleared_at": cleared, "recorded_at": cleared})
            )
        new = NewProblem(
            drill_id, "lighting", "三楼的灯不亮", "双福物业", date(2026, 12, 20), building_id
        )
        add_problem(db, new, muster.staff_id, date(2026, 12, 5), NOW)

    muster.write(work)
    body = draft(muster)

    assert body.checks == (item.name,)
    assert [one.words for one in body.course][:2] == ["发出提前一天的通知", "警报响起，演练开始"]
    (stair,) = body.measures.stairs
    assert (stair.building, stair.floors, stair.seconds) == (ONE, 6, 360)
    (finding,) = body.findings
    assert (finding.building, finding.owner, finding.due_on) == (ONE, "双福物业", "2026-12-20")
    assert "共1个问题，已整改0个，待整改1个。" in words(body)


def notice(db: Connection, key: str, residents: dict[int, tuple[str, str]]) -> None:
    """Note a notice and how it ended for each resident: (suppressed, ended)."""
    row = {
        "code": new_code(), "key": key, "district_id": "demo",
        "timezone": "Asia/Shanghai", "purpose": "drill", "mode": "drill", "lane": "bulk",
        "paused_from": "", "title": "演练", "words": {},
        "choices": [], "audience": {}, "state": "completed", "version": 1, "due_at": ALARM,
        "expires_at": NOW, "reason": "", "expanded_to": 0, "slices": 1, "created_at": ALARM,
        "changed_at": ALARM,
    }  # fmt: skip
    made = db.execute(insert(broadcast).values(row).returning(broadcast.c.id)).scalar_one()
    for resident_id, (suppressed, ended) in residents.items():
        to = {"broadcast_id": made, "resident_id": resident_id, "slice": 0}
        tapped = ALARM if ended == "sent" else None
        to |= {"suppressed": suppressed, "ended": ended, "tapped_at": tapped}
        db.execute(insert(broadcast_recipient).values(to))


def test_how_the_notices_went_is_read_from_the_broadcasts(muster: Muster) -> None:
    one, two, three, four = held(muster)
    sent, mine = ("", "sent"), f"drill:{muster.drill_id}"
    ends = {one: sent, two: ("", "uncertain"), three: ("no_account", ""), four: ("", "failed")}

    def work(db: Connection) -> None:
        notice(db, f"{mine}:1:notice_day", ends)
        # The date before was told to one alone, and another drill's notice is none of ours.
        notice(db, f"{mine}:0:notice_day", {one: sent})
        notice(db, f"{mine}0:0:alarm", {one: sent})

    muster.write(work)
    measures = draft(muster).measures

    (told,) = measures.notices
    assert (told.stage, told.audience, told.tapped) == ("notice_day", 4, 1)
    assert told.states == {"sent": 1, "uncertain": 1, "failed": 1}
    assert (told.suppressed, told.failures) == ({"no_account": 1}, {"": 1})
    funnel = {step.name: (step.persons, step.unknown_persons) for step in measures.funnel}
    assert funnel["reachable"] == (3, 0)
    assert funnel["delivered"] == (1, 1)
    assert funnel["acknowledged"] == (1, 0)


def test_a_notice_that_went_out_in_parts_is_counted_as_one(muster: Muster) -> None:
    one, two, *_ = held(muster)
    mine = f"drill:{muster.drill_id}:0:reminder"

    def work(db: Connection) -> None:
        notice(db, mine, {one: ("", "sent")})
        notice(db, f"{mine}:1", {two: ("", "sent")})

    muster.write(work)

    (told,) = draft(muster).measures.notices
    assert (told.stage, told.audience, told.tapped) == ("reminder", 2, 2)
    assert told.states == {"sent": 2}


def test_a_report_is_sealed_once_the_debrief_is_over(muster: Muster) -> None:
    held(muster)

    sealed = seal(muster)

    assert (sealed.version, sealed.before, state(muster)) == (1, "", "reported")
    kept = muster.database.read(lambda db: latest_version(db, muster.drill_id))
    assert kept == sealed
    assert seal_hash(sealed) == sealed.hash
    assert body_from(sealed.body) == draft(muster)
    last = muster.database.read(lambda db: events_of(db, muster.drill_id))[-1]
    assert (last.kind, last.detail) == ("report_sealed", {"version": 1, "hash": sealed.hash})


def test_before_the_debrief_and_after_the_end_nothing_is_sealed(muster: Muster) -> None:
    outside: tuple[State, ...] = ("alarm", "all_clear", "closed", "cancelled", "aborted")
    for where in outside:
        muster.go(where)
        with pytest.raises(DrillRefused) as caught:
            seal(muster)
        assert caught.value.code == "not_sealable", where

    assert muster.database.read(lambda db: versions_of(db, muster.drill_id)) == []


def test_a_draft_read_before_is_sealed_as_it_is(muster: Muster) -> None:
    held(muster)
    staff, drafted = staff_of(muster), draft(muster)
    other = replace(drafted, subject=replace(drafted.subject, code="Q2W8RT5N"))

    with pytest.raises(DrillRefused) as caught:
        muster.write(lambda db: REPORTING.seal(db, muster.drill_id, staff, NOW, other))
    sealed = muster.write(lambda db: REPORTING.seal(db, muster.drill_id, staff, NOW, drafted))

    assert caught.value.code == "stale"
    assert body_from(sealed.body) == drafted


def test_who_may_not_conduct_may_not_seal(muster: Muster) -> None:
    held(muster)
    stranger = employed(muster.database, "stranger", Post("duty_officer", "qianjiang"))

    with pytest.raises(DrillRefused) as caught:
        seal(muster, stranger)

    assert caught.value.code == "not_allowed"
    assert state(muster) == "debrief"


def test_the_duty_record_shows_the_drill_once(muster: Muster) -> None:
    held(muster)

    def records() -> list[tuple[str, str, int, str]]:
        row = duty_record.c
        query = select(row.rule, row.subject_kind, row.subject_id, row.done_on)
        return [tuple(one) for one in muster.database.read(lambda db: db.execute(query).all())]

    seal(muster)
    noted = records()
    seal(muster, now=NOW + MINUTE)

    assert records() == noted
    duty = {(subject, id_) for rule, subject, id_, _ in noted if rule == "law41_residents_drill"}
    assert duty == {("building", muster.buildings[ONE]), ("building", muster.buildings[TWO])}
    assert {done_on for *_, done_on in noted} == {"2026-12-05"}


def test_a_correction_is_another_version_chained_to_the_first(muster: Muster) -> None:
    held(muster)
    first = seal(muster)
    muster.write(
        lambda db: db.execute(
            update(drill).where(drill.c.id == muster.drill_id).values(title="改正")
        )
    )

    second = seal(muster, now=NOW + MINUTE)

    assert (second.version, second.before) == (2, first.hash)
    assert state(muster) == "reported"
    assert body_from(second.body).subject.title == "改正"
    found = muster.database.read(lambda db: verify(db, muster.drill_id))
    assert (found.versions, found.tampered, found.missing, found.hash) == (2, (), (), second.hash)
    assert found.is_sound


def test_a_drill_that_changed_meanwhile_is_not_sealed(muster: Muster) -> None:
    held(muster)
    staff = staff_of(muster)
    first = seal(muster)
    # As if another had read version 1 as the latest, and sealed the second before us.
    taken = Sealed(first.drill_id, 2, first.body, "0" * 64, staff.id, NOW)

    assert muster.write(lambda db: add_version(db, taken))
    assert not muster.write(lambda db: add_version(db, taken))
    assert muster.database.read(lambda db: verify(db, muster.drill_id)).tampered == (2,)


def thrice(muster: Muster) -> list[Sealed]:
    held(muster)
    return [seal(muster, now=NOW + number * MINUTE) for number in range(3)]


def rewrite(muster: Muster, version: int, **values: object) -> None:
    row = drill_report.c
    where = (row.drill_id == muster.drill_id) & (row.version == version)
    muster.write(lambda db: db.execute(update(drill_report).where(where).values(values)))


def improved(sealed: Sealed) -> dict[str, Any]:
    """Return a body in which more people came."""
    body: dict[str, Any] = json.loads(json.dumps(sealed.body))
    body["measures"]["arrived"] += 1
    return body


def tampered(muster: Muster, version: int, **values: object) -> tuple[int, ...]:
    """Return what a check finds once a version holds other values; puts them back."""
    kept = muster.database.read(lambda db: versions_of(db, muster.drill_id))[version - 1]
    rewrite(muster, version, **values)
    found = muster.database.read(lambda db: verify(db, muster.drill_id))
    assert found.is_sound == (not found.tampered)
    rewrite(muster, version, body=kept.body, hash=kept.hash, sealed_at=kept.sealed_at)
    return found.tampered


def test_a_check_tells_exactly_which_version_was_tampered_with(muster: Muster) -> None:
    for sealed in thrice(muster):
        number = sealed.version
        assert tampered(muster, number, body=improved(sealed)) == (number,)
        assert tampered(muster, number, sealed_at=NOW + DAY) == (number,)
        assert tampered(muster, number, hash="f" * 64)[0] == number
        assert tampered(muster, number, hash=sealed.hash) == ()


def test_a_changed_body_with_a_new_hash_is_told_too(muster: Muster) -> None:
    for sealed in thrice(muster):
        forged = replace(sealed, body=improved(sealed))
        forged = replace(forged, hash=seal_hash(forged))

        found = tampered(muster, sealed.version, body=forged.body, hash=forged.hash)

        assert found == (sealed.version,)


def test_without_its_event_a_version_is_told_by_the_next(muster: Muster) -> None:
    first, second, _ = thrice(muster)
    row = drill_event.c
    muster.write(lambda db: db.execute(delete(drill_event).where(row.kind == SEALED_EVENT)))

    for sealed in (first, second):
        forged = replace(sealed, body=improved(sealed))
        found = tampered(muster, sealed.version, body=forged.body, hash=seal_hash(forged))
        assert found == (sealed.version,)


def test_the_last_version_is_missed_too(muster: Muster) -> None:
    thrice(muster)
    muster.write(lambda db: db.execute(delete(drill_report).where(drill_report.c.version > 1)))

    found = muster.database.read(lambda db: verify(db, muster.drill_id))

    assert (found.versions, found.missing, found.tampered) == (1, (2, 3), ())


def test_a_version_that_is_gone_is_missed(muster: Muster) -> None:
    thrice(muster)
    row = drill_report.c
    muster.write(lambda db: db.execute(delete(drill_report).where(row.version == 2)))

    found = muster.database.read(lambda db: verify(db, muster.drill_id))

    assert (found.versions, found.missing, found.is_sound) == (2, (2,), False)


def test_no_report_is_not_sound(muster: Muster) -> None:
    found = muster.database.read(lambda db: verify(db, muster.drill_id))

    assert (found.versions, found.hash, found.is_sound) == (0, "", False)


def test_the_next_drill_is_compared_with_the_last_sealed_one(muster: Muster) -> None:
    held(muster)
    muster.write(lambda db: seal_and_plan_next(db, muster))
    first, muster.drill_id = muster.drill_id, muster.drill_id + 1
    muster.frozen()

    body = draft(muster, NOW + 200 * DAY)

    assert body.earlier is not None
    code = muster.database.read(lambda db: find_drill(db, first)).code  # type: ignore[union-attr]
    assert body.earlier.code == code
    arrived = next(one for one in body.earlier.changes if one.name == "arrived")
    assert (arrived.before, arrived.now) == (4, 0)
    assert f"上次演练：2026年12月5日，编号{code}。" in words(body)


def seal_and_plan_next(db: Connection, muster: Muster) -> None:
    staff = find_staff(db, muster.staff_id)
    current = find_drill(db, muster.drill_id)
    assert staff is not None
    assert current is not None
    REPORTING.seal(db, muster.drill_id, staff, NOW)
    values = {
        "district_id": "demo", "street_id": current.street_id,
        "community_id": current.community_id, "kind": "night", "title": "夜间演练",
        "scenario": "半夜厨房起火", "assembly_point": "东门广场", "starts_at": ALARM + 200 * DAY,
        "lasts_minutes": 30, "organiser_id": staff.id,
    }  # fmt: skip
    made = insert_drill(db, values, [muster.buildings[ONE]], NOW)
    assert made.id == muster.drill_id + 1
