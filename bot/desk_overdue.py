"""Messages that nobody answered in time: marked, shown first, and the resident told once."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from bot.desk_store import request_by_id
from bot.desk_thread_store import has_escalated, mark_escalated, place_of_request, waiting_due
from bot.desk_threads import Speaker, watch
from community.audit import note
from community.store import resident_of
from storage import Run

_logger = logging.getLogger(__name__)

Escalating = Callable[[Run, int, int], None]


def escalating(speaker: Speaker) -> Escalating:
    """Return the job ``ESCALATE_REQUEST``: given a message's id and its account's."""

    def escalate_request(run: Run, request_id: int, account_id: int) -> None:  # noqa: ARG001 - the id is the occasion's
        def work(db: Connection) -> None:
            if run.finish(db):
                escalate(db, account_id, speaker, run.now)

        run.database.write(work)

    return escalate_request


def escalate(db: Connection, account_id: int, speaker: Speaker, now: datetime) -> int:
    """Escalate what a resident waits for longer than a working day; return how much.

    What is due later is looked at then. The resident is told once, until it is answered.
    """
    try:
        resident_id = resident_of(db, account_id)
    except NoResultFound:  # erased meanwhile
        _logger.info("the resident of an unanswered message is gone")
        return 0
    was_told = has_escalated(db, resident_id)
    waiting = waiting_due(db, resident_id)
    late = [id_ for id_, due_at in waiting if due_at <= now and mark_escalated(db, id_, now)]
    if late and not was_told:
        _tell(db, late[0], speaker, now)
    for id_, due_at in waiting:
        if due_at > now:
            watch(db, id_, account_id, due_at)
            break
    for id_ in late:
        _note(db, id_, now)
    return len(late)


def _tell(db: Connection, request_id: int, speaker: Speaker, now: datetime) -> None:
    request = request_by_id(db, request_id)
    if request is not None:
        named = ("human_overdue", f"desk:{request.code}:human_overdue")
        speaker.say(db, request.account_id, named, now, code=request.code)


def _note(db: Connection, request_id: int, now: datetime) -> None:
    place = place_of_request(db, request_id)
    note(
        db,
        actor="system",
        action="desk.escalated",
        subject=f"message:{request_id}",
        detail={},
        now=now,
        district_id=place.district_id if place else "",
    )
