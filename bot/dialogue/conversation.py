"""The conversation: every message once, its turn in one transaction, emergencies regardless.

What is urgent is decided in memory before storage is asked for anything, and goes out even
when storage fails; the rest of the turn is made up for later. Urgent is also whatever comes
from somebody who is in an emergency or a crisis: their session is remembered here as well.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot import store
from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SAY, given_to
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.house import House, Pushed
from bot.dialogue.manners import fitted
from bot.dialogue.memory import Memory, Said
from bot.dialogue.session import (
    Effects,
    Session,
    session_from_json,
    session_to_json,
)
from bot.dialogue.turns import Turn, replies_from_json, reply_to_json
from bot.messages import Account, Reply, Utterance, has_urgent
from community.delivery_store import cancel_for_account
from community.reach import note_blocked
from community.store import account_of, find_account, resident_of
from knowledge.store import record_feedback, record_label, record_unanswered
from storage import Database, StorageError

_logger = logging.getLogger(__name__)

URGENT_STORING_SECONDS = 0.3
STORING_SECONDS = 2.5
# When storing has failed, for the session of somebody whom this process does not remember.
READING_SECONDS = 0.2
READING_THREADS = 4
# For a store that hangs while a function reads or writes within the turn.
DECIDING_SECONDS = 0.1
MOST_SHOWN_TURNS = 50
# An account's sessions follow one another, whatever the clocks of several hosts say.
_TICK = timedelta(microseconds=1)


class _Withdrawn(Exception):
    """A message whose sender was told that it was not stored, and so must not be."""


@dataclass(slots=True)
class _Message:
    """One message on its way, and what was decided on it by the store's closure or without it.

    Once ``is_answered``, ``said`` stays: a closure that runs later stores it as it was said.
    """

    utterance: Utterance
    brain: Brain
    analysis: Analysis
    now: datetime
    lock: Lock = field(default_factory=Lock)
    said: Said | None = None
    is_answered: bool = False
    is_withdrawn: bool = False


class Conversation:
    """Takes every channel's messages; synchronous, to be called from worker threads."""

    def __init__(
        self,
        database: Database,
        brain: Brain,
        clock: Callable[[], datetime],
        zone: ZoneInfo,
        house: House | None = None,
    ) -> None:
        self._house = house or House()
        self._database = database
        self._brain = brain
        self._clock = clock
        self._zone = zone
        self._memory = Memory()
        self._readers = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="session-reader")

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered, not emergencies alone."""
        return self._brain.dialogue.is_ready

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message, once; a repeat gets the same replies and has no second effect.

        Args:
            utterance: the message.
            limited: the sender writes too fast; only what is urgent is answered.
        """
        brain, now, account = self._brain, self._clock(), utterance.account
        if utterance.event and utterance.event.kind == "left":
            return self._leave(utterance, now)
        utterance = _spoken(utterance)
        analysis = Analysis() if self._is_known(utterance) else brain.analyse(utterance.text)
        is_urgent = brain.dialogue.urgent(analysis) is not None or self._is_open(account, now)
        if limited and not is_urgent:
            slow = Reply("chat", brain.general["slow_down"])
            return Turn(None, utterance.text, (slow,), now)
        message = _Message(utterance, brain, analysis, now)
        try:
            timeout = URGENT_STORING_SECONDS if is_urgent else STORING_SECONDS
            turn, said = self._database.write(partial(self._store_turn, message), timeout=timeout)
        except Exception as error:
            # What is urgent is answered whatever has failed, be it a fault of our own.
            before = self._memory.of(account, now) or self._read_session(account, now)
            is_urgent = is_urgent or before.outcome.session.is_urgent
            if not (is_urgent or isinstance(error, StorageError)):
                raise
            _logger.exception("a turn was not stored; it is answered from memory")
            return self._unstored(message, before)
        if said:
            self._memory.keep(account, said, now)
            for channel in said.outcome.effects.woken:
                self._house.woken(channel)
        return turn

    def history(self, account: Account, after: int = 0) -> list[Turn]:
        """Return the account's latest turns of the last day with an id above ``after``."""
        since = self._clock() - store.TURNS_KEPT

        def rows(db: Connection) -> list[store.TurnRow]:
            account_id = find_account(db, account.channel, account.name)
            if account_id is None:
                return []
            return list(store.turns_after(db, account_id, after, since, MOST_SHOWN_TURNS))

        return [_turn(row) for row in self._database.read(rows)]

    def turn(self, account: Account, turn_id: int) -> Turn | None:
        """Return one turn of the account's; None when it is another's or too old."""

        def row(db: Connection) -> store.TurnRow | None:
            account_id = find_account(db, account.channel, account.name)
            return store.turn_of(db, account_id, turn_id) if account_id is not None else None

        found = self._database.read(row)
        return _turn(found) if found else None

    def send_later(self, utterance: Utterance, turn: Turn) -> None:
        """Queue the replies of a turn that came too late for the platform's request."""
        if not turn.replies:
            return
        pushed = Pushed(utterance.account, turn.replies, f"late:{utterance.id}", turn.id)

        def work(db: Connection) -> None:
            account_id = find_account(db, utterance.account.channel, utterance.account.name)
            if account_id is not None:  # they may have left meanwhile
                self._house.push(db, account_id, pushed, self._clock())

        self._database.write(work)

    def _leave(self, utterance: Utterance, now: datetime) -> Turn:
        """Take somebody's leaving: nothing is sent any more, or all of theirs is deleted."""
        account = utterance.account

        def work(db: Connection) -> None:
            account_id = find_account(db, account.channel, account.name)
            if account_id is None:
                return
            if self._house.manner(account).forgets_who_leaves:
                self._house.forget(db, account_id, now)
            else:
                note_blocked(db, account_id, now)
                cancel_for_account(db, account_id, now)

        self._memory.forget(account)
        self._database.write(work, timeout=STORING_SECONDS)
        return Turn(None, "", (), now)

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note 有用 or 没用 for the answer in a turn; False when there is no such answer.

        A second rating of the same topic on the same day of the district changes nothing.
        """
        now = self._clock().astimezone(self._zone)

        def work(db: Connection) -> bool:
            account_id = find_account(db, account.channel, account.name)
            row = store.turn_of(db, account_id, turn_id) if account_id is not None else None
            rated = _rateable(row) if row else None
            if account_id is None or row is None or rated is None:
                return False
            resident = resident_of(db, account_id)
            topic = rated.topics[0]
            is_first = record_feedback(
                db, resident_id=resident, topic=topic, useful=useful, now=now
            )
            if is_first and not useful:
                record_unanswered(
                    db, question=row.said, kind="disliked", nearest=rated.topics, now=now
                )
            return True

        return self._database.write(work, timeout=STORING_SECONDS)

    def forget_old(self) -> None:
        """Delete turns and sessions past their time, chunk by chunk."""
        while self._database.write(partial(store.forget_old, now=self._clock())):
            continue

    def _is_known(self, utterance: Utterance) -> bool:
        """Whether a message says what it means: 「不是我」 is no cry of somebody in despair."""
        functions = self._house.reception.functions
        return _is_tapped(utterance) or functions.is_word(utterance.text)

    def _is_open(self, account: Account, now: datetime) -> bool:
        said = self._memory.of(account, now)
        return said is not None and said.outcome.session.is_urgent

    def _store_turn(self, message: _Message, db: Connection) -> tuple[Turn, Said | None]:
        """Return the turn as it is stored, and what was said unless that was stored before."""
        utterance, now = message.utterance, message.now
        sender = utterance.account.channel, utterance.account.name
        standing = store.take_up(db, *sender, utterance.id, now)
        if standing.turn:
            return _turn(standing.turn), None
        account_id, stored = standing.account_id, standing.session
        last_at = stored.changed_at if stored else None
        desk = Desk(db, account_id, standing.has_waiting, last_at)
        said = self._settled(message, stored, desk)
        outcome = said.outcome
        if outcome.effects.is_forgotten:
            account_id, stored = account_of(db, *sender, now), None
        given = store.TurnRow(0, utterance.text, [reply_to_json(r) for r in outcome.replies], now)
        row, is_new = store.add_turn(db, account_id, utterance.id, given)
        if not is_new:
            return _turn(row), None
        if stored is None or said.at >= stored.changed_at:
            store.save_session(db, account_id, session_to_json(outcome.session), said.at)
        _note_effects(db, outcome.effects, now)
        self._house.note_contact(db, account_id, utterance, now)
        is_pushed = self._house.manner(utterance.account).is_pushed
        # What was answered from memory has left by itself.
        if outcome.replies and is_pushed and not message.is_answered:
            pushed = Pushed(utterance.account, outcome.replies, f"turn:{row.id}", row.id)
            self._house.push(db, account_id, pushed, now)
        if message.is_withdrawn:  # while this waited for a row or a lock
            raise _Withdrawn
        return Turn(row.id, utterance.text, outcome.replies, now), replace(said, is_stored=True)

    def _settled(self, message: _Message, stored: store.StoredSession | None, desk: Desk) -> Said:
        """Return what the sender was told already, else decide it on the latest session.

        Raises:
            _Withdrawn: when they were told that it was not stored.
        """
        with message.lock:
            if message.is_withdrawn:
                raise _Withdrawn
            if message.said is None or not message.is_answered:
                kept = self._memory.of(message.utterance.account, message.now)
                # What is stored may be later: a write that timed out here, or another host's.
                before = _from_store(stored, message.now)
                if kept and not kept.is_stored and kept.at > before.at:
                    before = kept
                message.said = self._decide(message, before, desk)
            return message.said

    def _decide(self, message: _Message, before: Said, desk: Desk | None = None) -> Said:
        utterance, brain, house = message.utterance, message.brain, self._house
        if before.utterance_id == utterance.id:
            return before  # a repeat of what was answered, but perhaps not stored
        heard = Heard(utterance, message.analysis)
        at = (desk, message.now.astimezone(self._zone))
        outcome = _in_its_language(house.reception.decide(brain, before.outcome.session, heard, at))
        manner = house.manner(utterance.account)
        # The last words to somebody in a crisis end it; nothing may stand above them either.
        is_urgent = outcome.session.is_urgent or has_urgent(outcome.replies)
        is_pressing = is_urgent or message.analysis.is_pressing
        if desk and desk.has_waiting and manner.shows_pending and not is_pressing:
            outcome = house.with_pending(desk.db, desk.account_id, outcome, message.now)
        hint = brain.function_words(outcome.session.language).get("more_hint", "")
        return Said(
            utterance.id, fitted(outcome, manner, hint), max(before.at + _TICK, message.now)
        )

    def _unstored(self, message: _Message, before: Said) -> Turn:
        """Answer from memory; should the store get to the message yet, it stores this answer.

        When the store hangs in the midst of deciding, nobody waits for it: what it makes of the
        message is withdrawn.
        """
        is_free = message.lock.acquire(timeout=DECIDING_SECONDS)
        try:
            message.is_withdrawn = message.is_withdrawn or not is_free
            return self._told(message, before)
        finally:
            if is_free:
                message.lock.release()

    def _told(self, message: _Message, before: Said) -> Turn:
        text, now, account = message.utterance.text, message.now, message.utterance.account
        try:
            said = message.said or self._decide(message, before)
        except Exception:
            message.is_withdrawn = True
            if not (reply := _urgent_alone(message, before.outcome.session)):
                raise
            _logger.exception("a turn was not decided; what is urgent is said alone")
            return Turn(None, text, (reply,), now)
        message.said, message.is_answered = said, True
        if said.outcome.effects.is_promised:
            message.is_withdrawn = True
            words = message.brain.general_words(before.outcome.session.language)
            return Turn(None, text, (Reply("chat", words["storage_failed"]),), now)
        self._memory.keep(account, replace(said, is_stored=False), now)
        return Turn(None, text, said.outcome.replies, now)

    def _read_session(self, account: Account, now: datetime) -> Said:
        """Return the stored session, new when it cannot be read at once: a reply is waiting."""
        try:
            reading = self._readers.submit(self._database.read, partial(_find_session, account))
            return _from_store(reading.result(READING_SECONDS), now)
        except Exception:
            _logger.exception("a session was not read; it starts anew")
            return _from_store(None, now)


def _spoken(utterance: Utterance) -> Utterance:
    """Return a tap on a choice that stands for words as these words."""
    tapped = utterance.tapped
    if tapped is None or not tapped.function.startswith(f"{SAY}/"):
        return utterance
    return replace(utterance, text=given_to(tapped.function), tapped=None)


def _is_tapped(utterance: Utterance) -> bool:
    tapped = utterance.tapped
    return tapped is not None and bool(tapped.topic or tapped.function)


def _in_its_language(outcome: Outcome) -> Outcome:
    """Return ``outcome`` with the language of its session on every reply."""
    language = outcome.session.language
    if language == "zh":
        return outcome  # as replies are unless told
    return replace(outcome, replies=tuple(replace(r, language=language) for r in outcome.replies))


def _from_store(stored: store.StoredSession | None, now: datetime) -> Said:
    session = session_from_json(stored.state) if stored else Session()
    at = stored.changed_at if stored else now - _TICK
    return Said(None, Outcome(session, ()), at, is_stored=True)


def _find_session(account: Account, db: Connection) -> store.StoredSession | None:
    account_id = find_account(db, account.channel, account.name)
    return None if account_id is None else store.load_session(db, account_id)


def _urgent_alone(message: _Message, session: Session) -> Reply | None:
    """Return the first words of this emergency or crisis, or of the one they are in."""
    urgent, state = message.brain.dialogue.urgent, session.emergency
    standing = Analysis(
        emergency=state.kind if state else "", is_sure=state is not None, crisis=session.crisis
    )
    return urgent(message.analysis) or urgent(standing)


def _note_effects(db: Connection, effects: Effects, now: datetime) -> None:
    for noted in effects.unanswered:
        record_unanswered(
            db, question=noted.question, kind=noted.kind, nearest=noted.nearest, now=now
        )
    for label in effects.labelled:
        record_label(db, question=label.question, topic=label.topic, now=now)


def _rateable(row: store.TurnRow) -> Reply | None:
    replies = replies_from_json(row.replies)
    return next((reply for reply in replies if reply.rateable and reply.topics), None)


def _turn(row: store.TurnRow) -> Turn:
    return Turn(row.id, row.said, replies_from_json(row.replies), row.at)
