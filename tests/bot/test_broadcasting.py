"""Broadcasts from their due time to their end, on both stores, run in line."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.broadcasting import Broadcasting
from bot.messages import Reply
from bot.outbox import Outbox
from community import delivery_upkeep
from community.broadcast_totals_store import failure_reasons, note_tapped, totals
from community.broadcast_write_store import cancel, pause, resume
from community.deliveries import Lane
from community.delivery_store import cancel_for_account
from community.outcomes import Blocked, Delivered, Outcome, Rejected, RetryAfter
from community.reach import note_blocked
from community.store import find_account
from storage import Database, Jobs
from storage.work import InlineWork
from tests.bot.conftest import Clock
from tests.community.broadcast_town import (
    HOUR,
    NOON,
    approved,
    people,
    standing,
    states,
    town,
)

MINUTE = timedelta(minutes=1)


class PowerCut(BaseException):
    """What no job can catch, as the end of a process."""


@dataclass
class FarSide:
    """A platform that takes everything, unless told otherwise for a name.

    ``meanwhile`` is called with how many have been sent to, this one included.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    usual: Outcome = field(default_factory=Delivered)
    sent: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[int], None] = lambda _count: None

    async def send(
        self,
        name: str,
        replies: Sequence[Reply],
        *,
        delivery_id: int,
        lane: Lane,
        turn_id: int | None,
    ) -> Outcome:
        del delivery_id, lane, turn_id
        self.sent.append((name, replies[0].text))
        await asyncio.to_thread(self.meanwhile, len(self.sent))
        return self.outcomes.get(name, self.usual)

    @property
    def names(self) -> Counter[str]:
        return Counter(name for name, _ in self.sent)


class Town:
    """One building, its far side, and the jobs, told what time it is."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock(NOON)
        self.far = FarSide()
        jobs = Jobs()
        self.broadcasting = Broadcasting(database, {"telegram": self.far}, self.clock)
        self.broadcasting.register(jobs)
        self.work = InlineWork(database, jobs, self.clock)
        self.house = database.write(town)

    def people(self, count: int, channel: str | None = "telegram") -> list[int]:
        return self.database.write(lambda db: people(db, self.house, count, channel))

    def make(self, **changed: object) -> int:
        return self.database.write(lambda db: approved(db, self.house, **changed)).id

    def run(self, forward: timedelta = timedelta(0)) -> None:
        self.clock.forward(forward)
        self.work.run_due(self.clock.now)

    def state(self, broadcast_id: int) -> str:
        return standing(self.database, broadcast_id).state

    def states(self, broadcast_id: int) -> dict[str, int]:
        return states(self.database, broadcast_id)


@pytest.fixture
def place(database: Database) -> Town:
    return Town(database)


def test_everybody_gets_it_once_and_the_totals_add_up(place: Town) -> None:
    pushed = place.people(612)
    place.people(3, channel="web")
    place.people(2, channel=None)
    made = place.make()

    place.run()

    assert place.far.names == Counter(f"p{one}" for one in pushed)
    assert {text for _, text in place.far.sent} == {"停水通知\n明天停水，请备水。"}
    assert place.state(made) == "completed"
    found = place.database.read(lambda db: totals(db, made))
    assert found.audience == 617
    assert found.states == {"sent": 612, "held": 3}
    assert found.suppressed == {"no_account": 2}
    assert found.reconciles


def test_a_broadcast_to_nobody_who_can_be_pushed_to_is_completed(place: Town) -> None:
    place.people(2, channel="web")
    made = place.make()

    place.run()

    assert place.state(made) == "completed"
    assert place.states(made) == {"held": 2}


def test_nothing_leaves_before_its_time(place: Town) -> None:
    place.people(3)
    made = place.make(due_at=NOON + HOUR)

    place.run()
    assert place.state(made) == "approved"
    place.run(HOUR)

    assert place.state(made) == "completed"
    assert place.far.names.total() == 3


def test_cancelling_stops_within_a_group(place: Town) -> None:
    place.people(300)
    made = place.make()

    def give_up(count: int) -> None:
        if count == 25:
            place.database.write(lambda db: cancel(db, made, None, "停错了", NOON))

    place.far.meanwhile = give_up
    place.run()

    assert place.far.names.total() == 30
    assert place.state(made) == "cancelled"
    assert place.states(made) == {"sent": 30, "cancelled": 270}
    assert place.database.read(lambda db: totals(db, made)).reconciles


def test_a_pause_stops_within_a_group_and_resuming_sends_the_rest_once(place: Town) -> None:
    everybody = place.people(300)
    made = place.make()
    place.far.outcomes = {f"p{everybody[4]}": RetryAfter(30)}

    def hold(count: int) -> None:
        if count == 15:
            place.database.write(lambda db: pause(db, made, None, "等一等", NOON))

    place.far.meanwhile = hold
    place.run()
    assert place.far.names.total() == 20
    assert place.states(made) == {"sent": 19, "queued": 281}

    place.far.outcomes.clear()
    assert place.database.write(lambda db: resume(db, made, None, "", place.clock.now))
    place.run()

    assert place.state(made) == "completed"
    assert place.states(made) == {"sent": 300}
    assert place.far.names == Counter(f"p{one}" for one in everybody) + Counter(
        {f"p{everybody[4]}": 1}
    )


def test_what_is_past_its_time_is_not_sent_and_says_so(place: Town) -> None:
    place.people(300)
    made = place.make()

    def sleep(count: int) -> None:
        if count == 10:
            place.clock.forward(7 * HOUR)

    place.far.meanwhile = sleep
    place.run()
    place.work.run_due(place.clock.now)
    while place.database.write(lambda db: delivery_upkeep.expire_due(db, place.clock.now)):
        pass

    assert place.far.names.total() == 10
    assert place.state(made) == "expired"
    assert place.states(made) == {"sent": 10, "expired": 290}


def test_bulk_rests_over_the_quiet_hours_and_goes_on_in_the_morning(place: Town) -> None:
    place.people(30)
    made = place.make(expires_at=NOON + 48 * HOUR)

    def night_falls(count: int) -> None:
        if count == 10:
            place.clock.forward(11 * HOUR)  # 23:00 in China

    place.far.meanwhile = night_falls
    place.run()
    assert place.far.names.total() == 10
    assert place.state(made) == "sending"

    place.run(8 * HOUR)
    assert place.far.names.total() == 10
    place.run(HOUR)

    assert place.far.names.total() == 30
    assert place.state(made) == "completed"


def test_an_alarm_is_not_held_up_by_the_night(place: Town) -> None:
    place.people(3)
    place.clock.forward(14 * HOUR)
    night = place.clock.now
    place.make(lane="alarm", purpose="alert", due_at=night, expires_at=night + HOUR)

    place.run()

    assert place.far.names.total() == 3


def test_a_consent_withdrawn_between_planning_and_sending_is_respected(place: Town) -> None:
    early, late, *_ = place.people(40)
    made = place.make()

    def leave(count: int) -> None:
        if count == 10:
            place.database.write(lambda db: _leaves(db, f"p{late + 30}"))

    place.far.meanwhile = leave
    place.database.write(lambda db: _blocks(db, f"p{early}"))
    place.run()

    assert f"p{early}" not in place.far.names
    assert f"p{late + 30}" not in place.far.names
    found = place.database.read(lambda db: totals(db, made))
    assert found.suppressed == {"blocked": 1}
    assert found.states == {"sent": 38, "cancelled": 1}


def _leaves(db: object, name: str) -> None:
    account = find_account(db, "telegram", name)
    cancel_for_account(db, account, NOON, purpose="notice")


def _blocks(db: object, name: str) -> None:
    note_blocked(db, find_account(db, "telegram", name), NOON)


def test_a_channel_that_is_down_for_an_hour_loses_nothing(place: Town) -> None:
    everybody = place.people(25)
    made = place.make()
    place.far.usual = RetryAfter(3600)

    place.run()
    assert place.states(made) == {"waiting": 25}
    assert place.state(made) == "completed"
    assert place.database.read(lambda db: totals(db, made)).open == 25

    place.far.usual = Delivered()
    place.clock.forward(HOUR + MINUTE)
    asyncio.run(_pump(place, made))

    assert place.states(made) == {"sent": 25}
    assert place.far.names == Counter({f"p{one}": 2 for one in everybody})


async def _pump(place: Town, made: int) -> None:
    """Run the outbox until nothing waits."""
    outbox = Outbox(place.database, {"telegram": place.far}, place.clock, worker="outbox")
    pump = asyncio.create_task(outbox.run())
    async with asyncio.timeout(15):
        while place.states(made).get("sent", 0) < 25:
            await asyncio.sleep(0.02)
    pump.cancel()
    await outbox.drain()


def test_failures_are_counted_by_their_reason(place: Town) -> None:
    one, two, three, *_ = place.people(12)
    made = place.make()
    place.far.outcomes = {
        f"p{one}": Blocked(),
        f"p{two}": Rejected("too long"),
        f"p{three}": Rejected("too long"),
    }

    place.run()

    assert place.states(made) == {"sent": 9, "failed": 3}
    reasons = place.database.read(lambda db: failure_reasons(db, made))
    assert reasons == {("failed", "rejected"): 2, ("failed", "blocked"): 1}
    assert place.database.write(lambda db: note_tapped(db, made, two, NOON))
    assert not place.database.write(lambda db: note_tapped(db, made, two, NOON))
    assert place.database.read(lambda db: totals(db, made)).tapped == 1


def test_a_process_that_ends_leaves_its_slice_between_two_groups(place: Town) -> None:
    place.people(45)
    made = place.make()

    def end(count: int) -> None:
        if count == 12:
            place.broadcasting.drain()

    place.far.meanwhile = end
    place.run()
    assert place.far.names.total() == 20
    assert place.states(made) == {"sent": 20, "queued": 25}

    next_start = Jobs()
    Broadcasting(place.database, {"telegram": place.far}, place.clock).register(next_start)
    place.clock.forward(MINUTE)
    InlineWork(place.database, next_start, place.clock).run_due(place.clock.now)

    assert place.states(made) == {"sent": 45}
    assert place.far.names.total() == 45


def test_what_a_dead_run_of_a_slice_had_claimed_is_taken_over_at_once(place: Town) -> None:
    place.people(15)
    made = place.make()

    def die(count: int) -> None:
        if count == 14:
            raise PowerCut

    place.far.meanwhile = die
    with pytest.raises(PowerCut):
        place.run()
    assert place.states(made) == {"sent": 10, "sending": 5}

    place.far.meanwhile = lambda _count: None
    place.run(MINUTE)

    assert place.states(made) == {"sent": 15}
    assert sum(count - 1 for count in place.far.names.values()) <= 5
