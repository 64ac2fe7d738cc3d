"""What belongs to every turn beside what is said: channels' manners, the outbox, leaving."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.dialogue.deciding import Outcome
from bot.dialogue.manners import PLAIN_MANNER, Manner
from bot.dialogue.reception import Reception
from bot.dialogue.turns import replies_from_json, reply_to_json
from bot.messages import Account, Reply, Utterance, clean_id, has_urgent
from community.deliveries import Delivery, Lane
from community.delivery_store import mark_shown, pending_for, queue_delivery
from community.reach import WECHAT_MESSAGE, WECHAT_TAP, note_contact

# A reply that could not be sent for so long answers nothing any more.
REPLY_EXPIRES = timedelta(hours=24)
REPLY_PURPOSE = "reply"

Forget = Callable[[Connection, int, datetime], None]


def forget_nothing(db: Connection, account_id: int, now: datetime) -> None:
    """Forget nothing: for channels without anybody who could leave."""


def wake_nobody(channel: str) -> None:
    """Wake nobody: the outbox looks by itself every few seconds."""


@dataclass(frozen=True, slots=True)
class House:
    """Joined in ``bot/app.py``; a conversation without it answers questions alone.

    Attributes:
        reception: where every message arrives.
        manners: channel → how it takes replies.
        forget: deletes all that is kept of an account.
        woken: called after the commit with a channel in which a turn has queued something for
            somebody else.
    """

    reception: Reception = field(default_factory=Reception)
    manners: Mapping[str, Manner] = field(default_factory=dict)
    forget: Forget = forget_nothing
    woken: Callable[[str], None] = wake_nobody

    def manner(self, account: Account) -> Manner:
        """Return how the account's channel takes replies."""
        return self.manners.get(account.channel, PLAIN_MANNER)

    def note_contact(
        self, db: Connection, account_id: int, utterance: Utterance, now: datetime
    ) -> None:
        """Note that they are here, which opens the platform's window where it has one."""
        manner = self.manner(utterance.account)
        if manner.has_window:
            window = WECHAT_TAP if utterance.event or utterance.tapped else WECHAT_MESSAGE
            note_contact(db, account_id, window, now)
        elif manner.is_pushed:
            note_contact(db, account_id, None, now)

    def with_pending(
        self, db: Connection, account_id: int, outcome: Outcome, now: datetime
    ) -> Outcome:
        """Put before the replies what waited for this turn, marked as shown."""
        waiting = pending_for(db, account_id, now)
        if not waiting:
            return outcome
        mark_shown(db, [delivery.id for delivery in waiting], now)
        shown = [reply for one in waiting for reply in replies_from_json(one.body)]
        plain = tuple(replace(reply, choices=(), rateable=False) for reply in shown)
        return replace(outcome, replies=(*plain, *outcome.replies))

    def push(self, db: Connection, account_id: int, pushed: "Pushed", now: datetime) -> int | None:
        """Queue replies to leave from the outbox, once; None when they were queued before."""
        return queue_delivery(
            db,
            Delivery(
                account_id, pushed.account.channel, pushed.lane, REPLY_PURPOSE,
                [reply_to_json(reply) for reply in pushed.replies], pushed.key,
                due_at=now, expires_at=now + pushed.lasts, turn_id=pushed.turn_id,
            ),
            now,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pushed:
    """Replies on their way to the outbox.

    ``key`` makes them the same when queued again, and after ``lasts`` they are of no use.
    """

    account: Account
    replies: Sequence[Reply]
    key: str
    turn_id: int | None = None
    lasts: timedelta = REPLY_EXPIRES

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", clean_id(self.key))

    @property
    def lane(self) -> Lane:
        """Where they wait: what is urgent never behind a reply that is being tried again.

        Without a turn nothing would delete them from the lane of incidents.
        """
        return "incident" if self.turn_id is not None and has_urgent(self.replies) else "reply"
