"""What is recorded of a case, and what is kept out of the audit log."""

from typing import get_args

import pytest
from sqlalchemy import Connection, func, select

from community import audit
from hazards.case_rules import CaseRules, Told
from hazards.case_store import events_of, find_case
from hazards.cases import REPORTER, SYSTEM, Case
from hazards.casework import move
from hazards.store import hazard_event
from hazards.timeline import KIND_NAMES, Event, Happened, Kind, record
from storage import Database
from storage.work_rows import find_row
from tests.hazards.casefile import DISTRICTS, HOUR, NOON, Office, case_at, new_case, open_office

embedded = pytest.mark.parametrize("store", ["sqlite"])


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


class Heard:
    """Hears events, as webhooks do."""

    def __init__(self) -> None:
        self.events: list[Happened] = []

    def happened(self, db: Connection, event: Happened) -> None:
        assert db.in_transaction()
        self.events.append(event)


def test_an_event_is_kept_audited_and_heard(database: Database, office: Office) -> None:
    heard = Heard()

    def work(db: Connection) -> None:
        case = new_case(db, office)
        event = Event("noted", office.staff["reviewer"], reason="已电话联系", action="note")

        event_id = record(db, case, event, heard, NOON + HOUR)

        last = events_of(db, case.id)[-1]
        assert (last.id, last.kind, last.reason) == (event_id, "noted", "已电话联系")
        assert (last.from_state, last.to_state, last.at) == (case.state, case.state, NOON + HOUR)
        [entry] = audit.entries(db, ["demo"])
        assert (entry.action, entry.detail["action"], entry.detail["event"]) == (
            "case.noted",
            "note",
            event_id,
        )
        assert heard.events == [Happened(event_id, case, event, NOON + HOUR)]

    database.write(work)


@embedded
def test_what_reporters_do_is_in_the_timeline_alone(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        record(db, case, Event("answered", REPORTER), Heard(), NOON)
        assert audit.entries(db, ["demo"]) == []
        record(db, case, Event("reminded", SYSTEM), Heard(), NOON)
        assert [entry.actor for entry in audit.entries(db, ["demo"])] == ["system"]

    database.write(work)


def test_every_kind_has_a_name() -> None:
    assert set(KIND_NAMES) == set(get_args(Kind))
    assert all(len(kind) <= hazard_event.c.kind.type.length for kind in KIND_NAMES)


class NoRoom(Exception):
    """The outbox could not take what a reporter is to be told."""


def test_a_move_whose_telling_fails_has_not_happened(database: Database, office: Office) -> None:
    def failing(_db: Connection, _told: Told) -> None:
        raise NoRoom

    case: Case = database.write(lambda db: case_at(db, office, "screen"))
    whole = office.rules
    assert set(whole.districts) == set(DISTRICTS)
    broken = CaseRules(whole.districts, whole.days, telling=failing)
    before = database.read(lambda db: (events_of(db, case.id), audit.verify(db)))

    act = office.act(case, "reviewer")
    with pytest.raises(NoRoom):
        database.write(lambda db: move(db, case.id, "assign", act, broken, NOON))

    assert database.read(lambda db: find_case(db, case.id)) == case
    assert database.read(lambda db: (events_of(db, case.id), audit.verify(db))) == before
    assert database.read(lambda db: find_row(db, "hazard_step", f"{case.id}:1:0")) is not None


@embedded
def test_events_are_only_ever_added(database: Database, office: Office) -> None:
    case = database.write(lambda db: case_at(db, office, "close"))
    ids = [event.id for event in database.read(lambda db: events_of(db, case.id))]
    assert ids == sorted(ids)
    count = database.read(lambda db: db.scalar(select(func.count()).select_from(hazard_event)))
    assert count == len(ids)
