"""Totals that add up whatever happened, and sending again to whom it did not reach."""

import pytest
from sqlalchemy import Connection, update

from community.broadcast_expand_store import expand_chunk
from community.broadcast_store import broadcast_recipient
from community.broadcast_totals_store import (
    PAGE,
    failures,
    note_tapped,
    resend_failures,
    totals,
)
from community.broadcast_write_store import begin_expanding
from community.broadcasts import MOST_NAMED, UnknownBroadcast
from community.delivery_store import delivery
from community.delivery_upkeep import REPLIES_KEPT, forget_deliveries, forget_old
from community.staff import Staff
from community.store import find_account
from storage import Database
from tests.community.broadcast_town import HOUR, NOON, approved, people, town
from tests.community.staffed import employed

EIGHT = 8


@pytest.fixture
def house(database: Database) -> int:
    return database.write(town)


@pytest.fixture
def staff(database: Database) -> Staff:
    return employed(database, "officer")


def written(database: Database, house: int, **changed: object) -> int:
    """Make a broadcast and write all of it out; return its id."""
    made = database.write(lambda db: approved(db, house, **changed)).id
    database.write(lambda db: begin_expanding(db, made, NOON))
    while database.write(lambda db: expand_chunk(db, made, NOON)):
        pass
    return made


def end(database: Database, residents: list[int], state: str, code: str = "rejected") -> None:
    def work(db: Connection) -> int:
        names = [find_account(db, "telegram", f"p{one}") for one in residents]
        return db.execute(
            update(delivery)
            .where(delivery.c.account_id.in_(names))
            .values(state=state, outcome=code, reason="too long", settled_at=NOON)
        ).rowcount

    assert database.write(work) == len(residents)


def test_everybody_stands_in_one_place(database: Database, house: int) -> None:
    ids = database.write(lambda db: people(db, house, EIGHT))
    database.write(lambda db: people(db, house, 2, None))
    made = written(database, house)
    end(database, ids[:3], "sent")
    end(database, ids[3:5], "failed")
    end(database, ids[5:6], "shown")

    found = database.read(lambda db: totals(db, made))

    assert found.audience == 10
    assert found.states == {"sent": 3, "failed": 2, "shown": 1, "queued": 2}
    assert found.suppressed == {"no_account": 2}
    assert (found.open, found.told) == (2, 4)
    assert found.reconciles


def test_a_broadcast_without_anybody_adds_up_to_nothing(database: Database, house: int) -> None:
    found = database.read(lambda db: totals(db, written(database, house)))

    assert found.audience == found.tapped == found.open == 0
    assert found.reconciles


def test_who_leaves_takes_their_delivery_and_leaves_its_end(database: Database, house: int) -> None:
    sent, failed, waiting = ids = database.write(lambda db: people(db, house, 3))
    made = written(database, house)
    end(database, [sent], "sent")
    end(database, [failed], "failed")

    for one in ids:
        account = database.read(lambda db, one=one: find_account(db, "telegram", f"p{one}"))
        assert database.write(lambda db, account=account: forget_deliveries(db, account)) == 1

    found = database.read(lambda db: totals(db, made))
    assert found.states == {"sent": 1, "failed": 1, "cancelled": 1}
    assert found.reconciles
    assert waiting in ids


def test_what_was_sent_in_the_lane_of_replies_is_forgotten_and_counted_on(
    database: Database, house: int
) -> None:
    ids = database.write(lambda db: people(db, house, 3))
    made = written(database, house, lane="reply")
    end(database, ids, "sent")

    later = NOON + REPLIES_KEPT + HOUR
    assert database.write(lambda db: forget_old(db, later)) == 3

    assert database.read(lambda db: totals(db, made)).states == {"sent": 3}


def test_failures_come_by_pages_with_their_reasons(database: Database, house: int) -> None:
    ids = database.write(lambda db: people(db, house, PAGE + 5))
    made = written(database, house)
    end(database, ids[:-1], "failed")
    end(database, ids[-1:], "sent")

    first = database.read(lambda db: failures(db, made))
    second = database.read(lambda db: failures(db, made, first[-1].place))

    assert [one.resident_id for one in first + second] == ids[:-1]
    assert (first[0].channel, first[0].state, first[0].code) == ("telegram", "failed", "rejected")
    assert first[0].reason == "too long"


def test_only_failures_are_sent_again_and_once(
    database: Database, house: int, staff: Staff
) -> None:
    ids = database.write(lambda db: people(db, house, EIGHT))
    made = written(database, house)
    end(database, ids[:2], "failed")
    end(database, ids[2:3], "uncertain")
    end(database, ids[3:], "sent")

    (again,) = database.write(lambda db: resend_failures(db, made, staff, NOON + HOUR))
    twice = database.write(lambda db: resend_failures(db, made, staff, NOON + HOUR))

    assert again.key == "tip:1:again:1"
    assert again.audience.resident_ids == tuple(ids[:3])
    assert (again.state, again.author_id) == ("approved", staff.id)
    assert again.expires_at == NOON + 7 * HOUR
    assert twice == []


def test_who_failed_since_the_last_time_is_sent_to_alone(
    database: Database, house: int, staff: Staff
) -> None:
    ids = database.write(lambda db: people(db, house, EIGHT))
    made = written(database, house)
    end(database, ids[:2], "failed")
    database.write(lambda db: resend_failures(db, made, staff, NOON))
    end(database, ids[4:5], "failed")

    (again,) = database.write(lambda db: resend_failures(db, made, staff, NOON))

    assert again.key == "tip:1:again:2"
    assert again.audience.resident_ids == (ids[4],)


def test_very_many_failures_are_sent_again_in_parts(
    database: Database, house: int, staff: Staff
) -> None:
    ids = database.write(lambda db: people(db, house, MOST_NAMED)) + database.write(
        lambda db: people(db, house, 20)
    )
    made = written(database, house)
    end(database, ids[:MOST_NAMED], "failed")
    end(database, ids[MOST_NAMED:], "failed")

    parts = database.write(lambda db: resend_failures(db, made, staff, NOON))

    assert [len(part.audience.resident_ids) for part in parts] == [MOST_NAMED, 20]
    assert len({part.key for part in parts}) == 2


def test_there_is_nothing_to_send_again_of_what_is_not_there(
    database: Database, staff: Staff
) -> None:
    with pytest.raises(UnknownBroadcast):
        database.write(lambda db: resend_failures(db, 404, staff, NOON))


def test_a_tap_counts_once_and_only_from_who_was_told(database: Database, house: int) -> None:
    one, two = database.write(lambda db: people(db, house, 2))
    made = written(database, house)

    taps = [
        database.write(lambda db, who=who: note_tapped(db, made, who, NOON))
        for who in (one, one, two, 404)
    ]

    assert taps == [True, False, True, False]
    assert database.read(lambda db: totals(db, made)).tapped == 2


def test_a_row_that_lost_its_delivery_is_still_counted(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 2))
    made = written(database, house)
    database.write(
        lambda db: db.execute(update(broadcast_recipient).values(delivery_id=None)).rowcount
    )

    found = database.read(lambda db: totals(db, made))

    assert found.states == {"unknown": 2}
    assert found.reconciles
