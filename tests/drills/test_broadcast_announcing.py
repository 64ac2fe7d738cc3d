"""Stages as broadcasts: one for each stage, to the right people, and stopped when a drill ends."""

import pytest
from sqlalchemy import Connection, select

from community.bindings import bind
from community.broadcast_store import broadcast, broadcast_from
from community.broadcasts import Broadcast
from community.districts import load_district
from drills.broadcast_announcing import BroadcastAnnouncing
from drills.conducting import Conducting, Postponement
from drills.drills import Drill
from drills.steps import Steps
from drills.templates import load_templates
from drills.unanswered_store import unanswered_residents
from storage import Database, Jobs
from storage.work_runs import InlineWork
from tests.community.registered import new_resident
from tests.drills.conducted import CHECKLIST, Office, crowd, office
from tests.drills.estate import DAY, HERE, HOUR, MINUTE, NOON, STARTS
from tests.drills.test_conducting import settle_roster


@pytest.fixture
def at(database: Database) -> Office:
    """An office whose announcements are broadcasts."""
    at = office(database)
    announcing = BroadcastAnnouncing({HERE: load_district(HERE)}, load_templates())
    at.conducting = Conducting(CHECKLIST, announcing)
    jobs = Jobs()
    Steps(at.conducting, lambda _db, _drill, stage, _now: at.asked.append(stage)).register(jobs)
    for job in ("broadcast_expand", "broadcast_slice", "broadcast_halt"):
        if not any(known.name == job for known in jobs):
            jobs.job(job)(lambda _run, *_args: None)
    at.work = InlineWork(database, jobs, lambda: NOON)
    return at


def sent(at: Office) -> list[Broadcast]:
    """Return every broadcast in the order it was made."""
    query = select(broadcast).order_by(broadcast.c.id)
    return at.database.read(lambda db: [broadcast_from(row) for row in db.execute(query)])


def resident(at: Office, building: str = "双福花园1栋") -> int:
    def work(db: Connection) -> int:
        made = new_resident(db)
        bind(db, made, at.estate.buildings[building], "scan", NOON)
        return made

    return at.database.write(work)


def reminded(at: Office) -> list[tuple[int, ...]]:
    return [one.audience.resident_ids for one in sent(at) if one.key.split(":")[3] == "reminder"]


def test_a_stage_is_one_broadcast_that_the_drills_approval_covers(at: Office) -> None:
    drill = at.announced()
    at.run_until(STARTS - 7 * DAY)
    (one,) = sent(at)
    assert one.key == f"drill:{drill.id}:{drill.sequence}:notice_week"
    assert (one.mode, one.purpose, one.lane, one.state) == ("drill", "drill", "bulk", "approved")
    assert (one.author_id, one.approver_id) == (at.estate.head.id, at.estate.officer.id)
    here = (at.estate.buildings["双福花园1栋"], at.estate.buildings["双福花园2栋"])
    assert set(one.audience.building_ids) == set(here)
    assert one.rendered("zh").startswith("【演练】双福花园")


def test_telling_a_stage_twice_makes_one_broadcast(at: Office) -> None:
    drill = at.under_way()
    at.database.write(lambda db: at.conducting.tell(db, drill, "alarm", STARTS + MINUTE))
    assert [one.key.split(":")[3] for one in sent(at)] == ["alarm"]


def test_the_reminder_goes_to_those_who_were_not_heard_of(at: Office) -> None:
    here, there = resident(at), resident(at, "双福花园2栋")
    drill = at.under_way()
    assert at.database.read(lambda db: unanswered_residents(db, drill.id)) == [here, there]
    at.run_until(STARTS + 30 * MINUTE)
    assert reminded(at) == [(here, there)]


def test_nobody_is_reminded_when_everybody_has_answered(at: Office) -> None:
    resident(at)
    drill = at.under_way()
    at.database.write(lambda db: settle_roster(db, drill, "away"))
    at.run_until(STARTS + 30 * MINUTE)
    assert reminded(at) == []


def test_a_long_list_is_reminded_in_parts(at: Office) -> None:
    crowd(at, "双福花园1栋", 501)
    drill = at.announced()
    at.work.run_due(NOON)
    at.do(at.conducting.stand_by, drill, at.estate.head, STARTS - 10 * MINUTE)
    at.do(at.conducting.sound_alarm, drill, at.estate.head, STARTS)
    at.run_until(STARTS + 30 * MINUTE)
    assert [len(ids) for ids in reminded(at)] == [500, 1]
    # Both parts are found again when the drill ends.
    at.do(at.conducting.abort, drill, at.estate.head, STARTS + 31 * MINUTE)
    assert [one.state for one in sent(at) if one.mode == "drill"] == ["cancelled"] * 3


@pytest.mark.parametrize("with_date", [True, False])
def test_what_is_on_its_way_is_stopped_when_a_drill_is_put_off(at: Office, with_date: bool) -> None:
    drill = at.announced()
    at.run_until(STARTS - 7 * DAY)
    to = Postponement("预报有暴雨", STARTS + 14 * DAY if with_date else None)
    at.do(at.conducting.postpone, drill, at.estate.head, STARTS - 2 * HOUR, to)
    notice, change = sent(at)
    assert notice.state == "cancelled"
    # Two hours before the time that people wait for.
    assert (change.state, change.lane, change.mode) == ("approved", "alarm", "drill")
    assert "预报有暴雨" in change.words["zh"]


def test_a_real_incident_goes_to_everybody_there_at_once(at: Office) -> None:
    drill: Drill = at.under_way()
    at.do(at.conducting.abort, drill, at.estate.head, STARTS + MINUTE)
    alarm, incident = sent(at)
    assert alarm.state == "cancelled"
    assert (incident.mode, incident.lane, incident.purpose) == ("live", "incident", "alert")
    assert incident.audience.building_ids == alarm.audience.building_ids
    assert "【演练】" not in incident.rendered("zh")
    assert incident.due_at == STARTS + MINUTE
