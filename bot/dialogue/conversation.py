"""The conversation: every message once, its turn in one transaction, emergencies regardless.

What is urgent is decided in memory before storage is asked for anything, and goes out even
when storage fails; the rest of the turn is made up for later. Urgent is also whatever comes
from somebody who is in an emergency or a crisis: their session is remembered here as well.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot import store
from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.calm import WARNING, as_answer, is_doubtful
from bot.dialogue.deciding import Outcome
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.house import House, Pushed
from bot.dialogue.incoming import (
    TICK,
    Message,
    Withdrawn,
    from_store,
    in_its_language,
    is_code,
    is_tapped,
    spoken,
    urgent_alone,
)
from bot.dialogue.manners import fitted
from bot.dialogue.memory import Memory, Said
from bot.dialogue.sealing import SealedReplies, is_sealed, standing_reply, standing_rows
from bot.dialogue.session import (
    Effects,
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
        self._sealed = SealedReplies()
        self._readers = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="session-reader")

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered, not emergencies alone."""
        return self._brain.dialogue.is_ready

    def urgent(self, text: str) -> Reply | None:
        """Return what is said to somebody who writes this in a form, None for a calm answer.

        In memory alone; nothing is stored. A reply of the kind ``chat`` is a line to stand above
        what the form says: the answer is taken.
        """
        brain, analysis = self._brain, self._brain.analyse(text)
        line = Reply("chat", brain.functions[WARNING]) if is_doubtful(analysis) else None
        return brain.dialogue.urgent(as_answer(analysis)) or line

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message, once; a repeat gets the same replies and has no second effect.

        Args:
            utterance: the message.
            limited: the sender writes too fast; only what is urgent is answered.
        """
        brain, now, account = self._brain, self._clock(), utterance.account
        if utterance.event and utterance.event.kind == "left":
            return self._leave(utterance, now)
        utterance = spoken(utterance)
        analysis = Analysis() if self._is_known(utterance) else brain.analyse(utterance.text)
        is_urgent = brain.dialogue.urgent(analysis) is not None or self._is_open(account, now)
        if limited and not is_urgent:
            slow = Reply("chat", brain.general["slow_down"])
            return Turn(None, utterance.text, (slow,), now)
        message = Message(utterance, brain, analysis, now)
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
            if said.turn_id is not None:
                self._sealed.keep(said.turn_id, said.outcome.replies, now)
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

        return [self._turn(row) for row in self._database.read(rows)]

    def turn(self, account: Account, turn_id: int) -> Turn | None:
        """Return one turn of the account's; None when it is another's or too old."""

        def row(db: Connection) -> store.TurnRow | None:
            account_id = find_account(db, account.channel, account.name)
            return store.turn_of(db, account_id, turn_id) if account_id is not None else None

        found = self._database.read(row)
        return self._turn(found) if found else None

    def send_later(self, utterance: Utterance, turn: Turn) -> None:
        """Queue the replies of a turn that came too late for the platform's request."""
        if not turn.replies:
            return
        replies = turn.replies
        if turn.is_sealed:
            words = self._brain.function_words(turn.replies[0].language)
            replies = (standing_reply(words),)
        pushed = Pushed(utterance.account, replies, f"late:{utterance.id}", turn.id)

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

    def _turn(self, row: store.TurnRow) -> Turn:
        """Return a stored turn, with what is sealed in it for as long as that is held."""
        sealed = self._sealed.of(row.id, self._clock()) if is_sealed(row.replies) else None
        replies = replies_from_json(row.replies) if sealed is None else sealed
        return Turn(row.id, row.said, replies, row.at, is_sealed=sealed is not None)

    def _is_known(self, utterance: Utterance) -> bool:
        """Whether a message says what it means: 「不是我」 is no cry of somebody in despair."""
        functions = self._house.reception.functions
        text = utterance.text
        return is_tapped(utterance) or functions.is_word(text) or is_code(text)

    def _is_open(self, account: Account, now: datetime) -> bool:
        said = self._memory.of(account, now)
        return said is not None and said.outcome.session.is_urgent

    def _store_turn(self, message: Message, db: Connection) -> tuple[Turn, Said | None]:
        """Return the turn as it is stored, and what was said unless that was stored before."""
        utterance, now = message.utterance, message.now
        sender = utterance.account.channel, utterance.account.name
        standing = store.take_up(db, *sender, utterance.id, now)
        if standing.turn:
            return self._repeated(db, standing, message), None
        account_id, stored = standing.account_id, standing.session
        last_at = stored.changed_at if stored else None
        desk = Desk(db, account_id, standing.has_waiting, last_at)
        said = self._settled(message, stored, desk)
        outcome = said.outcome
        if outcome.effects.is_forgotten:
            account_id, stored = account_of(db, *sender, now), None
        row, is_new = store.add_turn(db, account_id, utterance.id, _row_of(message, outcome))
        if not is_new:
            return self._turn(row), None
        if stored is None or said.at >= stored.changed_at:
            store.save_session(db, account_id, session_to_json(outcome.session), said.at)
        _note_effects(db, outcome.effects, now)
        self._house.note_contact(db, account_id, utterance, now)
        turn = self._answered(db, account_id, message, Turn(row.id, row.said, outcome.replies, now))
        if message.is_withdrawn:  # while this waited for a row or a lock
            raise Withdrawn
        sealed = row.id if turn.is_sealed else None
        return turn, replace(said, is_stored=True, turn_id=sealed)

    def _answered(self, db: Connection, account_id: int, message: Message, turn: Turn) -> Turn:
        """Return a new turn as its channel is to have it, queued where it leaves by the outbox."""
        account = message.utterance.account
        is_pushed = self._house.manner(account).is_pushed
        if message.said and message.said.outcome.effects.is_sealed:
            return replace(turn, id=None if is_pushed else turn.id, is_sealed=True)
        # What was answered from memory has left by itself.
        if turn.replies and is_pushed and not message.is_answered:
            pushed = Pushed(account, turn.replies, f"turn:{turn.id}", turn.id)
            self._house.push(db, account_id, pushed, message.now)
        return turn

    def _repeated(self, db: Connection, standing: store.Standing, message: Message) -> Turn:
        """Return the turn that a repeat had already; a sealed one may have left no message."""
        if standing.turn is None:  # pragma: no cover - the caller has looked
            raise LookupError("a repeat without its turn")
        turn, account = self._turn(standing.turn), message.utterance.account
        if not self._house.manner(account).is_pushed or not is_sealed(standing.turn.replies):
            return turn
        if turn.is_sealed:
            return replace(turn, id=None)
        pushed = Pushed(account, turn.replies, f"sealed:{turn.id}", turn.id)
        self._house.push(db, standing.account_id, pushed, message.now)
        return turn

    def _settled(self, message: Message, stored: store.StoredSession | None, desk: Desk) -> Said:
        """Return what the sender was told already, else decide it on the latest session.

        Raises:
            Withdrawn: when they were told that it was not stored.
        """
        with message.lock:
            if message.is_withdrawn:
                raise Withdrawn
            if message.said is None or not message.is_answered:
                kept = self._memory.of(message.utterance.account, message.now)
                # What is stored may be later: a write that timed out here, or another host's.
                before = from_store(stored, message.now)
                if kept and not kept.is_stored and kept.at > before.at:
                    before = kept
                message.said = self._decide(message, before, desk)
            return message.said

    def _decide(self, message: Message, before: Said, desk: Desk | None = None) -> Said:
        utterance, brain, house = message.utterance, message.brain, self._house
        if before.utterance_id == utterance.id:
            return before  # a repeat of what was answered, but perhaps not stored
        heard = Heard(utterance, message.analysis)
        at = (desk, message.now.astimezone(self._zone))
        outcome = in_its_language(house.reception.decide(brain, before.outcome.session, heard, at))
        manner = house.manner(utterance.account)
        # The last words to somebody in a crisis end it; nothing may stand above them either.
        is_urgent = outcome.session.is_urgent or has_urgent(outcome.replies)
        is_pressing = is_urgent or message.analysis.is_pressing
        is_held = is_pressing or outcome.effects.is_sealed
        if desk and desk.has_waiting and manner.shows_pending and not is_held:
            outcome = house.with_pending(desk.db, desk.account_id, outcome, message.now)
        hint = brain.function_words(outcome.session.language).get("more_hint", "")
        return Said(utterance.id, fitted(outcome, manner, hint), max(before.at + TICK, message.now))

    def _unstored(self, message: Message, before: Said) -> Turn:
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

    def _told(self, message: Message, before: Said) -> Turn:
        text, now, account = message.utterance.text, message.now, message.utterance.account
        try:
            said = message.said or self._decide(message, before)
        except Exception:
            message.is_withdrawn = True
            if not (reply := urgent_alone(message, before.outcome.session)):
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
            return from_store(reading.result(READING_SECONDS), now)
        except Exception:
            _logger.exception("a session was not read; it starts anew")
            return from_store(None, now)


def _find_session(account: Account, db: Connection) -> store.StoredSession | None:
    account_id = find_account(db, account.channel, account.name)
    return None if account_id is None else store.load_session(db, account_id)


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


def _row_of(message: Message, outcome: Outcome) -> store.TurnRow:
    """Return what is stored of a turn; of a sealed one neither words nor replies."""
    if outcome.effects.is_sealed:
        words = message.brain.function_words(outcome.session.language)
        return store.TurnRow(0, "", standing_rows(words), message.now)
    replies = [reply_to_json(reply) for reply in outcome.replies]
    said = "" if outcome.effects.is_unsaid else message.utterance.text
    return store.TurnRow(0, said, replies, message.now)
