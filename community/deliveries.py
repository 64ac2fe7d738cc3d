"""What is sent later (送达): its lanes, its states, and what an outcome does to it.

Values in, values out: no clock, no storage, no channel. The rows are
``community.delivery_store``'s; ``bot.outbox`` sends.

A delivery is open while it is ``queued`` for its broadcast's slice (no outbox claims it, and it
holds up nobody), ``waiting`` for a try, ``sending``, or ``held``: it cannot be pushed now and is
shown when the person next writes. It ends in exactly one of ``sent``,
``failed``, ``expired``, ``cancelled``, ``uncertain`` and ``shown``.

An uncertain outcome (the connection broke after the message had left) is decided by what a
mistake costs. A reply or a notice to many counts as possibly sent: it ends ``uncertain`` and is
neither repeated nor shown again, since nearly all such messages did arrive, and who misses one
asks again. An incident or an alarm is tried again, up to ``MOST_TRIES_UNCERTAIN`` times: hearing
it twice costs nothing, missing it may cost a life.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from community.outcomes import (
    Blocked,
    Delivered,
    NotReachable,
    Outcome,
    OutOfQuota,
    Rejected,
    RetryAfter,
    Uncertain,
    WindowClosed,
)

Lane = Literal["incident", "alarm", "reply", "bulk"]
State = Literal[
    "queued",
    "waiting",
    "sending",
    "held",
    "sent",
    "failed",
    "expired",
    "cancelled",
    "uncertain",
    "shown",
]
Receipt = Literal["delivered", "failed", "blocked"]

# In this order they are sent: an incident in this house first, a notice to many last.
LANES: tuple[Lane, ...] = ("incident", "alarm", "reply", "bulk")
OPEN_STATES: tuple[State, ...] = ("queued", "waiting", "sending", "held")
# Of the open ones those that nobody is sending just now.
UNSENT_STATES: tuple[State, ...] = ("queued", "waiting", "held")
REPEATED_WHEN_UNCERTAIN: tuple[Lane, ...] = ("incident", "alarm")
MOST_TRIES_UNCERTAIN = 3

# Between tries the pause doubles from the first up to the lane's longest.
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE: dict[Lane, timedelta] = {
    "incident": timedelta(seconds=10),
    "alarm": timedelta(seconds=30),
    "reply": timedelta(minutes=1),
    "bulk": timedelta(minutes=15),
}
# A platform that asks for longer than a day is not believed.
MOST_SECONDS_ASKED = 86_400.0
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something to be sent to one channel account.

    Attributes:
        account_id: the channel account; a person with two channels gets two deliveries.
        channel: the account's channel, which decides who sends it.
        lane: how urgent it is; deliveries of one account and lane leave in order.
        purpose: what it is about, as the resident's 通知设置 name it.
        body: replies as JSON values; never looked into here.
        key: with the account, what makes it the same delivery when it is queued again.
        due_at: not to be sent before.
        expires_at: of no use from then on.
        turn_id: the turn that it answers, if any; an emergency's reply may go in the lane of
            incidents.
    """

    account_id: int
    channel: str
    lane: Lane
    purpose: str
    body: list[Any]
    key: str
    due_at: datetime
    expires_at: datetime
    turn_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that one worker may send now, until its lease runs out.

    ``name`` is the account's name in the channel. ``worker`` and ``attempt`` (from 1) are the
    claim: who comes late with them settles nothing.
    """

    id: int
    account_id: int
    name: str
    lane: Lane
    purpose: str
    body: list[Any]
    turn_id: int | None
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A delivery that could not be pushed, to be shown when the person next writes."""

    id: int
    lane: Lane
    purpose: str
    body: list[Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delivery becomes after one try.

    ``next_at`` is when it is tried again, for ``waiting`` alone; ``code`` names the outcome.
    """

    state: State
    code: str
    next_at: datetime | None = None
    reason: str = ""
    message_id: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the delivery has ended."""
        return self.state not in OPEN_STATES


def pause_before(lane: Lane, attempt: int) -> timedelta:
    """Return how long to wait after the ``attempt``-th try (from 1) has failed."""
    doublings = min(max(attempt, 1) - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE[lane])


def verdict(lane: Lane, attempt: int, outcome: Outcome, now: datetime) -> Verdict:
    """Return what a delivery becomes when its ``attempt``-th try (from 1) ended in ``outcome``.

    What the platform will not take now is held for the next turn: a closed window, an account
    without consent, a spent quota. Only a quota whose end is known is waited for, and not with a
    reply: by then the person has moved on.
    """
    again = now + pause_before(lane, attempt)
    match outcome:
        case Delivered(message_id):
            found = Verdict("sent", "delivered", message_id=message_id)
        case RetryAfter(seconds):
            found = Verdict("waiting", "retry_after", max(again, _asked(seconds, now)))
        case OutOfQuota(until) if until is not None and lane != "reply":
            found = Verdict("waiting", "out_of_quota", max(again, until))
        case OutOfQuota():
            found = Verdict("held", "out_of_quota")
        case WindowClosed():
            found = Verdict("held", "window_closed")
        case NotReachable(reason):
            found = Verdict("held", "not_reachable", reason=reason[:LONGEST_REASON])
        case Uncertain(reason):
            found = _uncertain(lane, attempt, reason[:LONGEST_REASON], again)
        case Blocked():
            found = Verdict("failed", "blocked")
        case Rejected(reason):
            found = Verdict("failed", "rejected", reason=reason[:LONGEST_REASON])
    return found


def _uncertain(lane: Lane, attempt: int, reason: str, again: datetime) -> Verdict:
    if lane in REPEATED_WHEN_UNCERTAIN and attempt < MOST_TRIES_UNCERTAIN:
        return Verdict("waiting", "uncertain", again, reason)
    return Verdict("uncertain", "uncertain", reason=reason)


def _asked(seconds: float, now: datetime) -> datetime:
    """Return the end of the pause a platform asks for; nonsense (NaN, below 0) is no pause."""
    return now + timedelta(seconds=min(seconds, MOST_SECONDS_ASKED) if seconds > 0 else 0)
