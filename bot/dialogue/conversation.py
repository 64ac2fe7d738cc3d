"""The conversation: every message once, its turn in one transaction, emergencies regardless.

What is urgent is decided in memory before storage is asked for anything, and goes out even
when storage fails; the rest of the turn is made up for later.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot import store
from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.deciding import Outcome
from bot.dialogue.session import Effects, Session, session_from_json, session_to_json
from bot.dialogue.turns import Turn, reply_from_json, reply_to_json
from bot.messages import Account, Reply, Utterance
from community.store import account_of, find_account, resident_of
from knowledge.store import record_feedback, record_label, record_unanswered
from storage import Database, StorageError

_logger = logging.getLogger(__name__)

URGENT_STORING_SECONDS = 0.3
STORING_SECONDS = 10.0
MOST_UNSAVED_SESSIONS = 10_000
MOST_SHOWN_TURNS = 50


class Conversation:
    """Takes every channel's messages; synchronous, to be called from worker threads."""

    def __init__(
        self, database: Database, brain: Brain, clock: Callable[[], datetime], zone: ZoneInfo
    ) -> None:
        self._database = database
        self._brain = brain
        self._clock = clock
        self._zone = zone
        self._unsaved: OrderedDict[Account, Session] = OrderedDict()
        self._unsaved_lock = Lock()

    def renew(self, brain: Brain) -> None:
        """Answer with ``brain`` from the next message on; those under way finish with the old."""
        self._brain = brain

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
        brain = self._brain
        now = self._clock()
        analysis = brain.analyse(utterance.text)
        urgent = brain.dialogue.urgent(analysis)
        if limited and not urgent:
            slow = Reply("chat", brain.general["slow_down"])
            return Turn(None, utterance.text, (slow,), now)
        work = partial(self._store_turn, brain, utterance, analysis, now)
        try:
            timeout = URGENT_STORING_SECONDS if urgent else STORING_SECONDS
            turn = self._database.write(work, timeout=timeout)
        except StorageError:
            _logger.exception("a turn was not stored; it is answered from memory")
            return self._unstored(brain, utterance, analysis, now)
        self._forget_unsaved(utterance.account)
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
            record_feedback(db, resident_id=resident, topic=topic, useful=useful, now=now)
            if not useful:
                record_unanswered(
                    db, question=row.said, kind="disliked", nearest=rated.topics, now=now
                )
            return True

        return self._database.write(work, timeout=STORING_SECONDS)

    def forget_old(self) -> None:
        """Delete turns and sessions past their time, chunk by chunk."""
        while self._database.write(partial(store.forget_old, now=self._clock())):
            continue

    def _store_turn(
        self, brain: Brain, utterance: Utterance, analysis: Analysis, now: datetime, db: Connection
    ) -> Turn:
        account = utterance.account
        account_id = account_of(db, account.channel, account.name, now)
        stored = store.load_session(db, account_id)
        if seen := store.find_turn(db, account_id, utterance.id):
            return _turn(seen)
        remembered = session_from_json(stored) if stored else Session()
        session = self._unsaved.get(account, remembered)
        outcome = self._decide(brain, session, utterance, analysis, now)
        row = store.TurnRow(0, utterance.text, [reply_to_json(r) for r in outcome.replies], now)
        turn_id = store.add_turn(db, account_id, utterance.id, row)
        store.save_session(db, account_id, session_to_json(outcome.session), now)
        _note_effects(db, outcome.effects, now)
        return Turn(turn_id, utterance.text, outcome.replies, now)

    def _decide(
        self, brain: Brain, session: Session, utterance: Utterance, analysis: Analysis,
        now: datetime,
    ) -> Outcome:  # fmt: skip
        return brain.dialogue.decide(session, utterance.text, analysis, now.astimezone(self._zone))

    def _unstored(
        self, brain: Brain, utterance: Utterance, analysis: Analysis, now: datetime
    ) -> Turn:
        session = self._unsaved.get(utterance.account, Session())
        outcome = self._decide(brain, session, utterance, analysis, now)
        if outcome.effects.is_promised:
            failed = Reply("chat", brain.general["storage_failed"])
            return Turn(None, utterance.text, (failed,), now)
        self._keep_unsaved(utterance.account, outcome.session)
        return Turn(None, utterance.text, outcome.replies, now)

    def _keep_unsaved(self, account: Account, session: Session) -> None:
        with self._unsaved_lock:
            self._unsaved[account] = session
            self._unsaved.move_to_end(account)
            while len(self._unsaved) > MOST_UNSAVED_SESSIONS:
                self._unsaved.popitem(last=False)

    def _forget_unsaved(self, account: Account) -> None:
        with self._unsaved_lock:
            self._unsaved.pop(account, None)


def _note_effects(db: Connection, effects: Effects, now: datetime) -> None:
    for noted in effects.unanswered:
        record_unanswered(
            db, question=noted.question, kind=noted.kind, nearest=noted.nearest, now=now
        )
    for label in effects.labelled:
        record_label(db, question=label.question, topic=label.topic, now=now)


def _rateable(row: store.TurnRow) -> Reply | None:
    replies = (reply_from_json(data) for data in row.replies)
    return next((reply for reply in replies if reply.rateable and reply.topics), None)


def _turn(row: store.TurnRow) -> Turn:
    return Turn(row.id, row.said, tuple(reply_from_json(data) for data in row.replies), row.at)
