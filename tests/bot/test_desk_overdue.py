"""What nobody answered within a working day: marked, first in line, the resident told once."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from bot.desk_inbox_store import Wanted, count_waiting, threads
from bot.desk_overdue import escalate, escalating
from bot.desk_thread_store import staff_request_place
from bot.desk_threads import ESCALATE_REQUEST, dismiss
from community.audit import entries
from community.delivery_store import delivery
from community.staff import Area
from community.store import account_of
from storage import Database
from storage.work_jobs import Run
from storage.work_rows import claim, find_row
from tests.bot.desk_town import DISTRICT, MONDAY, hired, hours, seen, speaker, writes

WHOLE = Area(districts=frozenset({DISTRICT}))
DUE = hours().answer_due(DISTRICT, MONDAY)


def account(db: Connection) -> int:
    return account_of(db, "wechat", "li", MONDAY)


def told(db: Connection) -> int:
    return str(db.scalars(select(delivery.c.body)).all()).count("已提醒负责人")


def escalated(database: Database, now: object) -> int:
    return database.write(lambda db: escalate(db, account(db), speaker(), now))  # type: ignore[arg-type]


def test_an_unanswered_message_is_marked_and_told_once(database: Database) -> None:
    database.write(lambda db: writes(db, "wang"))
    database.write(lambda db: writes(db, "li"))
    database.write(lambda db: writes(db, "li", "还有一件", MONDAY + timedelta(hours=1)))

    assert [escalated(database, now) for now in (DUE - timedelta(minutes=1), DUE, DUE)] == [0, 2, 0]

    assert database.read(told) == 1
    assert database.read(lambda db: count_waiting(db, WHOLE)) == (2, 1)
    first = database.read(lambda db: threads(db, Wanted(WHOLE, 0), DUE))[0]
    assert (first.is_escalated, first.waiting) == (True, 2)
    noted = database.read(lambda db: entries(db, {DISTRICT}))
    assert [one.action for one in noted] == ["desk.escalated"] * 2


def test_what_was_answered_in_time_is_left_alone(database: Database) -> None:
    def work(db: Connection) -> None:
        writes(db, "li")
        staff = hired(db, "wang")
        dismiss(db, seen(db, "li", WHOLE), (staff, WHOLE), MONDAY)

    database.write(work)

    assert escalated(database, DUE) == 0
    assert database.read(told) == 0


def test_a_later_message_is_looked_at_when_it_is_due(database: Database) -> None:
    next_day = MONDAY + timedelta(days=1)
    database.write(lambda db: writes(db, "li"))
    second = database.write(lambda db: writes(db, "li", "第二天", next_day)).id

    assert escalated(database, DUE) == 1

    planned = database.read(lambda db: find_row(db, ESCALATE_REQUEST, str(second)))
    assert planned is not None
    assert planned.due_at == hours().answer_due(DISTRICT, next_day)
    assert escalated(database, planned.due_at) == 1
    assert database.read(told) == 1


def test_a_resident_who_is_gone_is_nobodys_fault(database: Database) -> None:
    assert database.write(lambda db: escalate(db, 999, speaker(), DUE)) == 0


@pytest.mark.parametrize("times", [1, 2])
def test_the_job_runs_once_however_often_it_is_started(database: Database, times: int) -> None:
    booked = database.write(lambda db: writes(db, "li"))
    planned = database.read(lambda db: find_row(db, ESCALATE_REQUEST, str(booked.id)))
    assert planned is not None
    database.write(lambda db: claim(db, planned.place, "t"))
    run = Run(database, ESCALATE_REQUEST, planned.key, DUE, DUE, planned.place, "t")

    for _ in range(times):
        escalating(speaker())(run, booked.id, database.write(account))

    assert database.read(told) == 1
    marked = select(staff_request_place.c.escalated_at)
    assert database.read(lambda db: db.scalars(marked).all()) == [DUE]
