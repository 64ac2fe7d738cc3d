"""Conversations between residents and staff: booked, taken over, answered, given back.

Every act is one transaction of its caller's. The audit log names ids alone, never words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import store
from bot.desk_inbox_store import Message, Thread
from bot.desk_rules import HOLD_LASTS, DeskHours
from bot.desk_store import add_request
from bot.desk_thread_store import (
    NewReply,
    add_place,
    add_reply,
    hold,
    open_thread,
    place_of,
    prolong,
    release,
    settle_open,
    waiting_due,
    without_place,
)
from bot.dialogue.house import House, Pushed
from bot.dialogue.session import Language, session_from_json
from bot.dialogue.turns import reply_to_json
from bot.messages import Account, Media, Reply
from community.audit import note
from community.staff import Area, Staff
from community.store import address_of, resident_of
from storage import new_code, schedule

ESCALATE_REQUEST = "escalate_request"
# Where nothing can be pushed, a reply waits until the resident writes again.
REPLY_LASTS = timedelta(days=30)
# A web page that was used so lately is taken to be open, and shows the reply by itself.
WEB_IS_OPEN = timedelta(minutes=15)
WEB = "web"
ADOPTED_AT_ONCE = 200


class HeldByOther(Exception):
    """Somebody else holds the conversation."""

    permanent = True

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        super().__init__(f"thread {thread.id} is held by staff {thread.holder_id}")


class NothingToAnswer(Exception):
    """Nothing of a conversation lies within the area of whoever wants to write."""

    permanent = True

    def __init__(self, thread_id: int) -> None:
        self.thread_id = thread_id
        super().__init__(f"thread {thread_id} has no message in the area")


@dataclass(frozen=True, slots=True)
class Booked:
    """A message that was booked: its id, its code, and the district it belongs to."""

    id: int
    code: str
    district_id: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Writes to residents in their language; ``words`` are what functions say."""

    words: Mapping[Language, Mapping[str, str]]

    def say(
        self, db: Connection, account_id: int, named: tuple[str, str], now: datetime, **values: str
    ) -> int | None:
        """Send a sentence to an account, once for a key.

        Args:
            db: inside a write.
            account_id: whose.
            named: the sentence's name, and the key that makes it the same when sent again.
            now: when.
            values: what is put into the sentence.

        Returns:
            The delivery's id; None when an open web page shows it.
        """
        name, key = named
        stored = store.load_session(db, account_id)
        language = session_from_json(stored.state).language if stored else "zh"
        reply = Reply("chat", self.words[language][name].format(**values), language=language)
        account = Account(*address_of(db, account_id))
        is_open = stored is not None and now - stored.changed_at <= WEB_IS_OPEN
        if account.channel == WEB and is_open:
            row = store.TurnRow(0, "", [reply_to_json(reply)], now)
            store.add_turn(db, account_id, key, row)
            return None
        return House().push(db, account_id, Pushed(account, (reply,), key, lasts=REPLY_LASTS), now)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before their eyes: a conversation, and its messages in their area."""

    thread: Thread
    messages: tuple[Message, ...]

    def up_to(self, message_id: int) -> "Seen":
        """Return it without what came after a message."""
        return Seen(self.thread, tuple(one for one in self.messages if one.id <= message_id))

    @property
    def latest(self) -> Message:
        """The latest message.

        Raises:
            NothingToAnswer: when there is none.
        """
        if not self.messages:
            raise NothingToAnswer(self.thread.id)
        return self.messages[-1]


def book(
    db: Connection, hours: DeskHours, account_id: int, left: tuple[str, Media | None], now: datetime
) -> Booked:
    """Store a message for staff of the resident's street, to be answered within a working day.

    ``left`` is what was said, and what was sent along.
    """
    said, sent = left
    resident_id = resident_of(db, account_id)
    is_watched = bool(waiting_due(db, resident_id))
    request_id, code = add_request(db, account_id, said, now, sent)
    place = place_of(db, resident_id, hours.default)
    due_at = hours.answer_due(place.district_id, now)
    add_place(db, request_id, place, due_at)
    open_thread(db, resident_id)
    if not is_watched:  # else the job of an earlier message looks at this one, too
        watch(db, request_id, account_id, due_at)
    return Booked(request_id, code, place.district_id)


def watch(db: Connection, request_id: int, account_id: int, due_at: datetime) -> None:
    """Plan the look at what an account's resident still waits for."""
    schedule(db, ESCALATE_REQUEST, str(request_id), due_at, (request_id, account_id))


def take_over(db: Connection, seen: Seen, staff: Staff, speaker: Speaker, now: datetime) -> None:
    """Let somebody answer in place of the bot; the resident is told.

    Who holds it already holds on, and nobody is told again.

    Raises:
        HeldByOther: when somebody else does.
        NothingToAnswer: when nothing lies in their area.
    """
    thread, latest = seen.thread, seen.latest
    if not hold(db, thread.id, staff.id, now, now + HOLD_LASTS):
        raise HeldByOther(thread)
    if thread.holder_id == staff.id:
        return
    key = f"desk:taken:{new_code()}"
    speaker.say(db, latest.account_id, ("human_taken", key), now)
    _note(db, staff, "desk.taken", seen, now)


def give_back(db: Connection, seen: Seen, staff: Staff, speaker: Speaker, now: datetime) -> bool:
    """Give a conversation back to the bot and tell the resident; False when it was not held."""
    if not release(db, seen.thread.id, staff.id):
        return False
    key = f"desk:back:{new_code()}"
    speaker.say(db, seen.latest.account_id, ("human_given_back", key), now)
    _note(db, staff, "desk.given_back", seen, now)
    return True


def reply(
    db: Connection, seen: Seen, by: tuple[Staff, Area, Speaker], text: str, now: datetime
) -> None:
    """Write to a resident, where their latest message came from.

    What was seen counts as answered; what came meanwhile does not.

    Args:
        db: inside a write.
        seen: the conversation as it was before the writer's eyes.
        by: who writes, their area, and what speaks to residents.
        text: as written.
        now: when.

    Raises:
        HeldByOther: when somebody else holds the conversation.
        NothingToAnswer: when nothing lies in the area.
    """
    staff, area, speaker = by
    thread, latest = seen.thread, seen.latest
    if not prolong(db, thread.id, staff.id, now, now + HOLD_LASTS):
        raise HeldByOther(thread)
    key = f"desk:reply:{new_code()}"
    if thread.holder_id == staff.id:
        sent = speaker.say(db, latest.account_id, ("human_reply", key), now, answer=text)
    else:
        named = ("human_answer", key)
        sent = speaker.say(db, latest.account_id, named, now, answer=text, code=latest.code)
    add_reply(db, NewReply(latest.account_id, staff.id, latest.place, text, sent), now)
    settle_open(db, thread.resident_id, area, latest.id, (text, now))
    _note(db, staff, "desk.answered", seen, now)


def dismiss(db: Connection, seen: Seen, by: tuple[Staff, Area], now: datetime) -> int:
    """Note that what was seen needs no answer (谢谢); return how many messages waited."""
    staff, area = by
    settled = settle_open(db, seen.thread.resident_id, area, seen.latest.id, ("", now))
    if settled:
        _note(db, staff, "desk.dismissed", seen, now)
    return settled


def adopt(db: Connection, hours: DeskHours, now: datetime) -> int:
    """Give messages of earlier releases a place and a thread; 0 means that none is left.

    They are due from now on, so that nobody is told off for what nobody could see.
    """
    found = without_place(db, ADOPTED_AT_ONCE)
    for request_id, resident_id, _ in found:
        place = place_of(db, resident_id, hours.default)
        add_place(db, request_id, place, hours.answer_due(place.district_id, now))
        open_thread(db, resident_id)
    return len(found)


def _note(db: Connection, staff: Staff, action: str, seen: Seen, now: datetime) -> None:
    note(
        db,
        actor=f"staff:{staff.id}",
        action=action,
        subject=f"thread:{seen.thread.id}",
        detail={"message": seen.latest.id},
        now=now,
        district_id=seen.latest.place.district_id,
    )
