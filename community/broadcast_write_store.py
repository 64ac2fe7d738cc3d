"""Making broadcasts and moving them on: every move has its condition in the SQL.

Two people stand behind a broadcast: who writes it, within the places they answer for, and who
approves it. What a drill's own approval covers (its stages) comes in by ``make_approved``; what
somebody tries on their own phone by ``try_on_self``. Each act is noted in the audit log, the
reasons that people give stand in the broadcast's own row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from community import audit
from community.audience_store import require_somebody, residents_of_staff
from community.broadcast_plan_store import plan_halt
from community.broadcast_rights_store import authored_by, judged_by, require_author
from community.broadcast_store import (
    PAGE_SIZE,
    broadcast,
    broadcast_by_key,
    find_broadcast,
)
from community.broadcasts import (
    EDITABLE,
    LIFE,
    MOVES,
    OPEN,
    STATES,
    Audience,
    BadBroadcast,
    Broadcast,
    Draft,
    State,
    awake,
    expiry,
)
from community.staff import Staff
from community.staff_store import find_staff
from storage import inserted_id, new_code, schedule, unschedule

EXPAND_JOB = "broadcast_expand"
# Decided when it is made, and never again.
_FIXED = ("district_id", "purpose", "mode", "lane")

_columns = broadcast.c


def make(db: Connection, draft: Draft, now: datetime) -> Broadcast:
    """Make a draft, or return the broadcast that was made under its key before.

    Raises:
        BadBroadcast: ``area``, when the author does not answer for every place of the audience;
            ``place``, when the district has no such place.
    """
    standing = broadcast_by_key(db, draft.key)
    if standing is not None:
        return standing
    if draft.author_id is not None:
        require_author(db, find_staff(db, draft.author_id), draft.audience)
    return _add(db, draft, {}, now)


def make_approved(
    db: Connection, draft: Draft, approver_id: int | None, now: datetime
) -> Broadcast:
    """Make a broadcast that was approved with something else, and schedule it.

    What stands already under the key is returned as it is. Whether author and approver may is
    decided where that approval was given; an audience without anybody is not refused, for the
    bell of a drill rings all the same.

    Args:
        db: inside a write.
        draft: what to send.
        approver_id: who approved; None for what a rule sends by itself.
        now: when.
    """
    standing = broadcast_by_key(db, draft.key)
    if standing is not None:
        return standing
    due_at = awake(draft.lane, max(draft.due_at, now), draft.timezone)
    values = {"state": "approved", "approver_id": approver_id, "due_at": due_at}
    made = _add(db, draft, values, now)
    schedule(db, EXPAND_JOB, str(made.id), made.due_at, (made.id,))
    return made


def try_on_self(db: Connection, draft: Draft, staff: Staff, now: datetime) -> Broadcast:
    """Send what somebody writes to their own chats alone, marked 【测试】, at once.

    The same draft under a new ``key`` is sent again.

    Raises:
        BadBroadcast: ``no_chat``, when they have linked none.
    """
    own = residents_of_staff(db, staff.id)
    if not own or not staff.is_active:
        raise BadBroadcast("no_chat")
    audience = Audience(draft.district_id, resident_ids=tuple(own))
    # In the lane of answers: asked for just now, by day or by night.
    tried = replace(
        draft,
        key=f"try:{staff.id}:{draft.key}",
        mode="test",
        lane="reply",
        audience=audience,
        due_at=now,
        expires_at=now + LIFE["reply"],
        author_id=staff.id,
    )
    return make_approved(db, tried, staff.id, now)


def revise(
    db: Connection, broadcast_id: int, draft: Draft, staff: Staff, now: datetime
) -> Broadcast:
    """Change a draft, or what was returned; purpose, mode and lane stay for good.

    Raises:
        BadBroadcast: ``author``, ``fixed``, ``state``, ``area`` or ``place``.
        UnknownBroadcast: when there is none.
    """
    standing = authored_by(db, broadcast_id, staff)
    if any(getattr(standing, name) != getattr(draft, name) for name in _FIXED):
        raise BadBroadcast("fixed")
    require_author(db, staff, draft.audience)
    if standing.state not in EDITABLE:
        raise BadBroadcast("state")
    step = _Step(broadcast_id, standing.state, staff.id, now, "revised", stays=True)
    return _moved(db, step, _written(draft), standing.version)


def submit(db: Connection, broadcast_id: int, staff: Staff, now: datetime) -> Broadcast:
    """Ask for approval.

    Raises:
        BadBroadcast: ``author``, ``nobody``, ``expired``, ``area`` or ``state``.
        UnknownBroadcast: when there is none.
    """
    standing = authored_by(db, broadcast_id, staff)
    require_author(db, staff, standing.audience)
    require_somebody(db, standing.audience)
    _starts_at(standing, now)
    step = _Step(broadcast_id, "pending", staff.id, now, "submitted")
    return _moved(db, step, {}, standing.version)


def approve(
    db: Connection, broadcast_id: int, staff: Staff, now: datetime, version: int | None = None
) -> Broadcast:
    """Approve as a second person, and schedule the sending.

    Args:
        db: inside a write.
        broadcast_id: which.
        staff: who approves; one of ``APPROVER_ROLES`` everywhere in the audience.
        now: when.
        version: as they have read it; refused when it has changed since.

    Raises:
        BadBroadcast: ``role``, ``same_person``, ``nobody``, ``expired`` or ``state``.
        UnknownBroadcast: when there is none.
    """
    standing = judged_by(db, broadcast_id, staff)
    if version not in {None, standing.version}:
        raise BadBroadcast("state")
    require_somebody(db, standing.audience)
    due_at = _starts_at(standing, now)
    values = {"approver_id": staff.id, "due_at": due_at}
    step = _Step(broadcast_id, "approved", staff.id, now)
    approved = _moved(db, step, values, standing.version)
    schedule(db, EXPAND_JOB, str(broadcast_id), due_at, (broadcast_id,))
    return approved


def return_to_author(
    db: Connection, broadcast_id: int, staff: Staff, reason: str, now: datetime
) -> Broadcast:
    """Return what waits for approval to its author, with the reason.

    Raises:
        BadBroadcast: ``role``, ``same_person``, ``reason`` or ``state``.
        UnknownBroadcast: when there is none.
    """
    standing = judged_by(db, broadcast_id, staff)
    if not reason.strip():
        raise BadBroadcast("reason")
    step = _Step(broadcast_id, "returned", staff.id, now)
    return _moved(db, step, {"reason": reason.strip()}, standing.version)


def pause(
    db: Connection, broadcast_id: int, staff_id: int | None, reason: str, now: datetime
) -> bool:
    """Hold a broadcast up; False when it is not under way. Who may is the caller's to check."""
    values = {"paused_from": _columns.state, "reason": reason.strip()}
    paused = _advance(db, _Step(broadcast_id, "paused", staff_id, now), values)
    if paused:
        plan_halt(db, broadcast_id, now)
    return paused


def resume(
    db: Connection, broadcast_id: int, staff_id: int | None, reason: str, now: datetime
) -> bool:
    """Go on where a pause began; False when it is not paused, or expired meanwhile.

    The expansion is scheduled anew, under ``<id>:<version>``: it goes on with whatever is left,
    names as well as slices.
    """
    standing = find_broadcast(db, broadcast_id)
    if standing.state != "paused":
        return False
    to: State = standing.paused_from or "approved"
    unchanged = (_columns.version == standing.version) & (_columns.expires_at > now)
    values = {"paused_from": "", "reason": reason.strip()}
    if not _advance(db, _Step(broadcast_id, to, staff_id, now, "resumed"), values, unchanged):
        return False
    key = f"{broadcast_id}:{standing.version + 1}"
    due_at = standing.may_send_at(max(standing.due_at, now))
    return schedule(db, EXPAND_JOB, key, due_at, (broadcast_id,))


def cancel(
    db: Connection, broadcast_id: int, staff_id: int | None, reason: str, now: datetime
) -> bool:
    """End a broadcast in flight or before; False when it has ended. Who may is the caller's.

    What is being sent just now still arrives: at most a group of each slice.
    """
    values = {"reason": reason.strip(), "finished_at": now, "paused_from": ""}
    cancelled = _advance(db, _Step(broadcast_id, "cancelled", staff_id, now), values)
    if cancelled:
        unschedule(db, EXPAND_JOB, str(broadcast_id))
        plan_halt(db, broadcast_id, now)
    return cancelled


def expire(db: Connection, broadcast_id: int, now: datetime) -> bool:
    """End a broadcast whose time has passed; False when it has ended, or has time left."""
    values = {"finished_at": now, "paused_from": ""}
    is_late = _columns.expires_at <= now
    return _advance(db, _Step(broadcast_id, "expired", None, now), values, is_late)


def expire_due(db: Connection, now: datetime) -> int:
    """End up to a page of broadcasts whose time has passed, and return how many."""
    query = select(_columns.id).where(_columns.state.in_(OPEN), _columns.expires_at <= now)
    ids = db.scalars(query.order_by(_columns.id).limit(PAGE_SIZE)).all()
    return sum(expire(db, broadcast_id, now) for broadcast_id in ids)


def begin_expanding(db: Connection, broadcast_id: int, now: datetime) -> bool:
    """Begin to write the audience out; False unless it is approved, due and not expired."""
    is_due = (_columns.state == "approved") & (_columns.due_at <= now) & (_columns.expires_at > now)
    return _advance(db, _Step(broadcast_id, "expanding", None, now), {}, is_due)


def begin_sending(db: Connection, broadcast_id: int, now: datetime) -> bool:
    """Note that the whole audience is written out; False unless it was being written."""
    was = _columns.state == "expanding"
    return _advance(db, _Step(broadcast_id, "sending", None, now), {}, was)


def complete(db: Connection, broadcast_id: int, now: datetime) -> bool:
    """Note that nothing is left to send; False unless it was being sent."""
    return _advance(db, _Step(broadcast_id, "completed", None, now), {"finished_at": now})


@dataclass(frozen=True, slots=True)
class _Step:
    """One move: to where, by whom (None: the service), when, and its word in the log.

    With ``stays`` the state is kept and other columns change.
    """

    broadcast_id: int
    to: State
    staff_id: int | None
    now: datetime
    act: str = ""
    stays: bool = False

    @property
    def froms(self) -> list[State]:
        if self.stays:
            return [self.to]
        return [state for state in STATES if self.to in MOVES[state]]


def _advance(
    db: Connection, step: _Step, values: Mapping[str, Any], *conditions: ColumnElement[bool]
) -> bool:
    """Make a move and note it; False when ``MOVES`` or a condition does not allow it now."""
    changed = {"state": step.to, "version": _columns.version + 1, "changed_at": step.now}
    moved = db.execute(
        update(broadcast)
        .where(_columns.id == step.broadcast_id, _columns.state.in_(step.froms), *conditions)
        .values(changed | dict(values))
        .returning(_columns.district_id, _columns.version)
    ).one_or_none()
    if moved is not None:
        _note(db, step, moved.district_id, moved.version)
    return moved is not None


def _moved(db: Connection, step: _Step, values: Mapping[str, Any], version: int) -> Broadcast:
    """Make a move that a person asked for, of the broadcast as they saw it.

    Raises:
        BadBroadcast: ``state``, when it cannot be made (any more).
    """
    if not _advance(db, step, values, _columns.version == version):
        raise BadBroadcast("state")
    return find_broadcast(db, step.broadcast_id)


def _note(db: Connection, step: _Step, district_id: str, version: int) -> None:
    audit.note(
        db,
        actor="system" if step.staff_id is None else f"staff:{step.staff_id}",
        action=f"broadcast.{step.act or step.to}",
        subject=f"broadcast:{step.broadcast_id}",
        detail={"version": version},
        now=step.now,
        district_id=district_id,
    )


def _add(db: Connection, draft: Draft, values: Mapping[str, Any], now: datetime) -> Broadcast:
    """Insert a broadcast and note it, or return the one that another transaction just made."""
    row = {
        "code": new_code(),
        "state": "draft",
        "paused_from": "",
        "version": 1,
        "reason": "",
        "expanded_to": 0,
        "slices": 0,
        "created_at": now,
        "changed_at": now,
        **{name: getattr(draft, name) for name in ("key", "author_id", *_FIXED)},
        **_written(draft),
        **values,
    }
    made = inserted_id(db, broadcast, row, keys=["key"])
    if made is not None:
        state: State = row["state"]
        by = draft.author_id if state == "draft" else values["approver_id"]
        act = "made" if state == "draft" else "made_approved"
        _note(db, _Step(int(made), state, by, now, act), draft.district_id, 1)
    standing = broadcast_by_key(db, draft.key)
    if standing is None:  # pragma: no cover - the row was just inserted or stood there
        raise LookupError(f"broadcast {draft.key} vanished within a transaction")
    return standing


def _written(draft: Draft) -> dict[str, Any]:
    """Return the columns that an author may still change before it is approved."""
    return {
        "street_id": draft.street_id,
        "title": draft.title.strip(),
        "words": dict(draft.words),
        "choices": [list(choice) for choice in draft.choices],
        "audience": draft.audience.to_json(),
        "timezone": draft.timezone,
        "due_at": draft.due_at,
        "expires_at": expiry(draft.lane, draft.due_at, draft.expires_at),
    }


def _starts_at(standing: Broadcast, now: datetime) -> datetime:
    """Return when it would be sent if it were approved now.

    Raises:
        BadBroadcast: ``expired``, when that is too late.
    """
    due_at = standing.may_send_at(max(standing.due_at, now))
    if due_at >= standing.expires_at:
        raise BadBroadcast("expired")
    return due_at
