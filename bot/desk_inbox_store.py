"""What staff see of residents' conversations, always within their area."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select

from bot.desk_rules import Place, resident_name
from bot.desk_store import staff_request
from bot.desk_thread_store import desk_reply, desk_thread, in_area, staff_request_place
from community.delivery_store import delivery
from community.staff import Area
from community.staff_store import staff_member
from community.store import channel_account
from storage import read_code

# How much of a conversation one page shows, and how many conversations.
MOST_LINES = 100
MOST_THREADS = 200

# ``live`` is what waits for an answer or is held by anybody.
View = Literal["open", "mine", "answered", "live"]

_thread, _placed, _reply = desk_thread.c, staff_request_place.c, desk_reply.c
_request, _account = staff_request.c, channel_account.c


@dataclass(frozen=True, slots=True)
class Thread:
    """One resident's conversation.

    ``holder_id`` is None as well once the hold has lapsed; ``holder`` is the holder's name.
    """

    id: int
    code: str
    resident_id: int
    holder_id: int | None
    holder: str
    held_until: datetime | None

    @property
    def name(self) -> str:
        """How staff call the resident."""
        return resident_name(self.code)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the inbox: how many messages wait, since when, by when, and the latest.

    Where none waits, ``since`` and ``due_at`` are the latest message's.
    """

    thread: Thread
    waiting: int
    since: datetime
    due_at: datetime
    is_escalated: bool
    place: Place
    said: str = ""
    media_kind: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a resident wrote or sent."""

    id: int
    code: str
    account_id: int
    channel: str
    place: Place
    said: str
    media_kind: str
    is_fetching: bool
    is_kept: bool
    at: datetime
    is_open: bool
    is_escalated: bool


@dataclass(frozen=True, slots=True)
class SentReply:
    """What staff wrote; ``state`` is the delivery's, None once that is forgotten.

    ``staff`` is "" for the command line, and ``is_shown`` says that the web page had it at once.
    """

    text: str
    at: datetime
    staff: str
    channel: str
    state: str | None
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations are asked for: whose, in which area, and of which street alone."""

    area: Area
    staff_id: int
    view: View = "open"
    street_id: int | None = None


def threads(db: Connection, wanted: Wanted, now: datetime) -> list[Listed]:
    """Return conversations: those escalated first, then by when they are due.

    Those that were answered come latest first.
    """
    is_open = _request.answered_at.is_(None)
    waiting = func.sum(case((is_open, 1), else_=0))
    is_late = and_(is_open, _placed.escalated_at.is_not(None))
    since = func.min(case((is_open, _request.created_at)))
    due_at = func.coalesce(func.min(case((is_open, _placed.due_at))), func.max(_placed.due_at))
    late = func.max(case((is_late, 1), else_=0))
    query = (
        select(
            _thread.id,
            waiting.label("waiting"),
            func.coalesce(since, func.max(_request.created_at)).label("since"),
            due_at.label("due_at"),
            late.label("late"),
            func.max(_request.id).label("last_id"),
        )
        .select_from(staff_request)
        .join(staff_request_place, _placed.request_id == _request.id)
        .join(channel_account, _account.id == _request.account_id)
        .join(desk_thread, _thread.resident_id == _account.resident_id)
        .where(in_area(wanted.area, staff_request_place), *_wanted(wanted, now))
        .group_by(_thread.id)
        .limit(MOST_THREADS)
    )
    if wanted.view == "answered":
        query = query.order_by(func.max(_request.answered_at).desc())
    else:
        query = query.order_by(late.desc(), due_at, _thread.id)
    return _listed(db, db.execute(query).all(), now)


def thread_at(db: Connection, area: Area, typed: str, now: datetime) -> Thread | None:
    """Return a conversation by its code as typed; None outside the area, as for none."""
    code = read_code(typed)
    if code is None:
        return None
    row = db.execute(_threads().where(_thread.code == code)).one_or_none()
    thread = _thread_from(row, now) if row else None
    if thread is None or not _messages(db, area, thread.resident_id, 1):
        return None
    return thread


def messages_of(db: Connection, area: Area, resident_id: int) -> list[Message]:
    """Return the latest messages of a resident within an area, oldest first."""
    return list(reversed(_messages(db, area, resident_id, MOST_LINES)))


def message_at(db: Connection, area: Area, resident_id: int, message_id: int) -> Message | None:
    """Return one message of a resident, None when it is another's or outside the area."""
    return next(iter(_messages(db, area, resident_id, 1, _request.id == message_id)), None)


def replies_of(db: Connection, area: Area, resident_id: int) -> list[SentReply]:
    """Return the latest replies to a resident within an area, oldest first."""
    rows = db.execute(
        select(
            _reply.text,
            _reply.at,
            staff_member.c.name.label("staff"),
            _account.channel,
            delivery.c.state,
            _reply.delivery_id,
        )
        .join(channel_account, _account.id == _reply.account_id)
        .outerjoin(staff_member, staff_member.c.id == _reply.staff_id)
        .outerjoin(delivery, delivery.c.id == _reply.delivery_id)
        .where(_account.resident_id == resident_id, in_area(area, desk_reply))
        .order_by(_reply.id.desc())
        .limit(MOST_LINES)
    )
    return [
        SentReply(
            row.text, row.at, row.staff or "", row.channel, row.state, row.delivery_id is None
        )
        for row in reversed(rows.all())
    ]


def count_waiting(db: Connection, area: Area) -> tuple[int, int]:
    """Return how many residents wait for an answer in an area, and of how many it is overdue."""
    late = case((_placed.escalated_at.is_not(None), _account.resident_id))
    row = db.execute(
        select(func.count(_account.resident_id.distinct()), func.count(late.distinct()))
        .select_from(staff_request)
        .join(staff_request_place, _placed.request_id == _request.id)
        .join(channel_account, _account.id == _request.account_id)
        .where(_request.answered_at.is_(None), in_area(area, staff_request_place))
    ).one()
    return row[0], row[1]


def _wanted(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    is_open = _request.answered_at.is_(None)
    is_held = and_(_thread.holder_id.is_not(None), _thread.held_until > now)
    views: dict[View, list[ColumnElement[bool]]] = {
        "open": [is_open],
        "mine": [_thread.holder_id == wanted.staff_id, is_held],
        "answered": [_request.answered_at.is_not(None)],
        "live": [or_(is_open, is_held)],
    }
    conditions = views[wanted.view]
    if wanted.street_id is not None:
        conditions.append(_placed.street_id == wanted.street_id)
    return conditions


def _listed(db: Connection, rows: Sequence[Any], now: datetime) -> list[Listed]:
    found = {
        row.id: row for row in db.execute(_threads().where(_thread.id.in_([r.id for r in rows])))
    }
    latest = _latest(db, [row.last_id for row in rows])
    return [
        Listed(
            _thread_from(found[row.id], now),
            int(row.waiting),
            row.since,
            row.due_at,
            bool(row.late),
            Place(last.district_id, last.street_id),
            last.said,
            last.media_kind,
        )
        for row in rows
        for last in (latest[row.last_id],)
    ]


def _latest(db: Connection, ids: Collection[int]) -> dict[int, Any]:
    query: Select[Any] = select(
        _request.id, _request.said, _request.media_kind, _placed.district_id, _placed.street_id
    ).join(staff_request_place, _placed.request_id == _request.id)
    return {row.id: row for row in db.execute(query.where(_request.id.in_(ids)))}


def _threads() -> Select[Any]:
    return select(
        _thread.id,
        _thread.code,
        _thread.resident_id,
        _thread.holder_id,
        staff_member.c.name,
        _thread.held_until,
    ).outerjoin(staff_member, staff_member.c.id == _thread.holder_id)


def _thread_from(row: Row[Any], now: datetime) -> Thread:
    is_held = row.held_until is not None and row.held_until > now
    holder_id, name = (row.holder_id, row.name or "") if is_held else (None, "")
    until = row.held_until if is_held else None
    return Thread(row.id, row.code, row.resident_id, holder_id, name, until)


def _messages(
    db: Connection, area: Area, resident_id: int, most: int, *narrowed: ColumnElement[bool]
) -> list[Message]:
    rows = db.execute(
        select(staff_request, staff_request_place, _account.channel)
        .join(staff_request_place, _placed.request_id == _request.id)
        .join(channel_account, _account.id == _request.account_id)
        .where(_account.resident_id == resident_id, in_area(area, staff_request_place), *narrowed)
        .order_by(_request.id.desc())
        .limit(most)
    )
    return [
        Message(
            id=row.id,
            code=row.code,
            account_id=row.account_id,
            channel=row.channel,
            place=Place(row.district_id, row.street_id),
            said=row.said,
            media_kind=row.media_kind,
            is_fetching=bool(row.media_ref) and not row.media_file,
            is_kept=bool(row.media_file),
            at=row.created_at,
            is_open=row.answered_at is None,
            is_escalated=row.escalated_at is not None,
        )
        for row in rows
    ]
