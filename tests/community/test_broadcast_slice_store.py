"""Groups of a slice: claimed by one, taken over when that one died, ended when it is halted."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from community.broadcast_expand_store import expand_chunk
from community.broadcast_plan_store import HALT, SEND, SEND_BULK, plan_halts, plan_slices
from community.broadcast_slice_store import (
    GROUP,
    Outgoing,
    Piece,
    claim_group,
    halt_slice,
    has_open_slice,
    open_slices,
    settle_piece,
)
from community.broadcast_write_store import begin_expanding, begin_sending, cancel, pause, resume
from community.delivery_claim_store import LEASE, Claim, claim_deliveries
from community.delivery_store import delivery
from community.outcomes import Delivered, Outcome, RetryAfter, WindowClosed
from storage import Database
from storage.work_rows import due
from tests.community.broadcast_town import (
    HOUR,
    NOON,
    approved,
    people,
    set_state,
    states,
    town,
)

PEOPLE = 24
SOON = NOON + timedelta(seconds=5)
LATE = NOON + LEASE + timedelta(seconds=1)


@pytest.fixture
def made(database: Database) -> int:
    """A broadcast to 24 people that is being sent."""
    house = database.write(town)
    database.write(lambda db: people(db, house, PEOPLE))
    found = database.write(lambda db: approved(db, house)).id
    database.write(lambda db: send(db, found))
    return found


def send(db: Connection, broadcast_id: int) -> None:
    begin_expanding(db, broadcast_id, NOON)
    expand_chunk(db, broadcast_id, NOON)
    begin_sending(db, broadcast_id, NOON)


def piece(made: int, worker: str = "one", line: str = "b.0.3") -> Piece:
    return Piece(made, 0, line, worker)


def claim(database: Database, one: Piece, now: object = NOON, after: int = 0) -> list[Outgoing]:
    return database.write(lambda db: claim_group(db, one, after, now))


def settle(
    database: Database, one: Piece, group: list[Outgoing], outcome: Outcome, now: object = SOON
) -> None:
    tried = [(each.claimed, outcome) for each in group]
    database.write(lambda db: settle_piece(db, one, tried, now))


def ids(group: list[Outgoing]) -> set[int]:
    return {each.claimed.id for each in group}


def test_groups_of_ten_until_none_is_left(database: Database, made: int) -> None:
    mine = piece(made)
    sizes, seen, after = [], set(), 0
    while group := claim(database, mine, after=after):
        sizes.append(len(group))
        seen |= ids(group)
        after = group[-1].place
        settle(database, mine, group, Delivered())

    assert sizes == [GROUP, GROUP, 4]
    assert len(seen) == PEOPLE
    assert states(database, made) == {"sent": PEOPLE}
    assert not database.read(lambda db: has_open_slice(db, made))


def test_what_was_passed_over_comes_last(database: Database, made: int) -> None:
    mine = piece(made)
    first = claim(database, mine)
    database.write(
        lambda db: (
            db.execute(
                delivery.update()
                .where(delivery.c.id == first[0].claimed.id)
                .values(state="queued", next_at=None)
            ).rowcount
        )
    )

    group = claim(database, mine, after=10_000)

    assert first[0].claimed.id in ids(group)


def test_two_workers_of_different_lines_never_share_a_group(database: Database, made: int) -> None:
    groups = [claim(database, piece(made, worker, worker)) for worker in ("x", "y", "z")]

    assert sum(map(len, groups)) == len(set().union(*map(ids, groups))) == PEOPLE


def test_the_next_of_the_line_takes_over_at_once_and_the_late_one_settles_nothing(
    database: Database, made: int
) -> None:
    dead, heir = piece(made, "dead"), piece(made, "heir")
    lost = claim(database, dead)

    taken = claim(database, heir)
    assert ids(taken) == ids(lost)
    assert {each.claimed.attempt for each in taken} == {2}
    settle(database, dead, lost, Delivered("late"))
    assert states(database, made) == {"sending": 10, "queued": 14}
    settle(database, heir, taken, Delivered("heir"))

    assert states(database, made) == {"sent": 10, "queued": 14}
    assert database.read(
        lambda db: set(db.scalars(select(delivery.c.message_id).where(delivery.c.attempts == 2)))
    ) == {"heir"}


def test_another_line_waits_for_the_lease(database: Database, made: int) -> None:
    held = ids(claim(database, piece(made)))
    other = piece(made, "two", "b.0.9")

    assert not held & ids(claim(database, other, SOON))
    rest = claim(database, other, SOON)
    assert not held & ids(rest)
    assert held <= ids(claim(database, other, LATE))


@pytest.mark.parametrize("state", ["paused", "cancelled", "expired", "expanding", "completed"])
def test_nothing_is_claimed_unless_it_is_being_sent(
    database: Database, made: int, state: str
) -> None:
    database.write(lambda db: set_state(db, made, state))

    assert claim(database, piece(made)) == []


def test_nothing_is_claimed_past_its_time(database: Database, made: int) -> None:
    assert claim(database, piece(made), NOON + 6 * HOUR) == []


def test_what_is_asked_to_wait_is_the_outboxs(database: Database, made: int) -> None:
    mine = piece(made)
    group = claim(database, mine)
    settle(database, mine, group, RetryAfter(60))

    assert states(database, made) == {"waiting": 10, "queued": 14}
    late = SOON + HOUR
    assert not ids(group) & ids(claim(database, mine, late))
    outbox = Claim("telegram", "outbox", GROUP)
    found = database.write(lambda db: claim_deliveries(db, outbox, late))
    assert {one.id for one in found} == ids(group)


def test_a_closed_window_holds_it_for_the_next_turn(database: Database, made: int) -> None:
    mine = piece(made)
    settle(database, mine, claim(database, mine), WindowClosed())

    assert states(database, made) == {"held": 10, "queued": 14}


def test_under_a_pause_nothing_waits_for_a_try(database: Database, made: int) -> None:
    mine = piece(made)
    group = claim(database, mine)
    database.write(lambda db: pause(db, made, None, "等一等", SOON))

    settle(database, mine, group, RetryAfter(60))

    assert states(database, made) == {"queued": PEOPLE}
    assert database.write(lambda db: resume(db, made, None, "", SOON))
    assert len(claim(database, mine, SOON)) == GROUP


def test_cancelling_lets_what_is_being_sent_finish(database: Database, made: int) -> None:
    mine = piece(made)
    group = claim(database, mine)
    database.write(lambda db: cancel(db, made, None, "停错了", SOON))

    assert database.write(lambda db: halt_slice(db, made, 0, SOON)) == 14
    assert states(database, made) == {"sending": 10, "cancelled": 14}
    settle(database, mine, group[:3], Delivered())
    settle(database, mine, group[3:5], RetryAfter(60))
    assert states(database, made) == {"sent": 3, "sending": 5, "cancelled": 16}

    assert database.write(lambda db: halt_slice(db, made, 0, LATE + HOUR)) == 5
    assert states(database, made) == {"sent": 3, "uncertain": 5, "cancelled": 16}


def test_what_is_past_its_time_ends_so(database: Database, made: int) -> None:
    late = NOON + 6 * HOUR

    assert database.write(lambda db: halt_slice(db, made, 0, NOON)) == 0
    assert database.write(lambda db: halt_slice(db, made, 0, late)) == PEOPLE
    assert states(database, made) == {"expired": PEOPLE}


def test_slices_are_planned_once_and_bulk_waits_for_the_morning(
    database: Database, made: int
) -> None:
    night = NOON + 11 * HOUR
    assert database.read(lambda db: open_slices(db, made)) == [0]
    for now in (NOON, NOON, night, night):
        assert database.write(lambda db, now=now: plan_slices(db, made, [0], now))

    planned = select(due.c.job, due.c.due_at).order_by(due.c.id)
    rows = database.read(lambda db: db.execute(planned).all())
    bulk = [row.due_at for row in rows if row.job == SEND_BULK]
    assert bulk == [NOON, NOON + 20 * HOUR]
    assert not [row for row in rows if row.job == SEND]


def test_no_slice_is_planned_for_what_is_halted(database: Database, made: int) -> None:
    database.write(lambda db: pause(db, made, None, "等一等", NOON))

    assert not database.write(lambda db: plan_slices(db, made, [0], NOON))


def test_a_halt_is_planned_once_for_each_version(database: Database, made: int) -> None:
    assert database.write(lambda db: plan_halts(db, NOON)) == 0
    database.write(lambda db: pause(db, made, None, "等一等", NOON))
    for _ in range(2):
        assert database.write(lambda db: plan_halts(db, NOON)) == 1
    database.write(lambda db: cancel(db, made, None, "停错了", NOON))
    database.write(lambda db: plan_halts(db, NOON))
    assert database.write(lambda db: plan_halts(db, NOON + 48 * HOUR)) == 0

    halts = select(due.c.key).where(due.c.job == HALT)
    assert len(database.read(lambda db: db.execute(halts).all())) == 2
