"""What became of a broadcast: totals that add up, failures by reason, taps, and sending again.

Everybody of the audience stands in exactly one place: a state of their delivery, or the reason
why they got none. A delivery that has gone left its end in ``broadcast_recipient.ended``.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    func,
    select,
    text,
    update,
)

from community.broadcast_store import broadcast, broadcast_recipient, find_broadcast
from community.broadcast_write_store import make_approved
from community.broadcasts import MOST_NAMED, Audience, Broadcast, Draft, expiry
from community.deliveries import OPEN_STATES
from community.delivery_store import delivery
from community.staff import Staff
from storage import chunks

# What may not have arrived, and is worth another try.
FAILED = ("failed", "uncertain")
PAGE = 50
# A delivery that went without leaving its end; never, unless rows were deleted by hand.
UNKNOWN = "unknown"

_told = broadcast_recipient.c
# Not a parameter: to PostgreSQL two of them are two different groups.
_EMPTY = text("''")


@dataclass(frozen=True, slots=True)
class Totals:
    """How many of a broadcast's audience stand where.

    Attributes:
        audience: everybody written out so far.
        states: delivery state → how many.
        suppressed: why they get nothing → how many.
        tapped: how many have answered with a button, of whatever state.
    """

    audience: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    suppressed: Mapping[str, int] = field(default_factory=dict)
    tapped: int = 0

    @property
    def open(self) -> int:
        """How many may still be told."""
        return sum(self.states.get(state, 0) for state in OPEN_STATES)

    @property
    def told(self) -> int:
        """How many were sent it or were shown it."""
        return self.states.get("sent", 0) + self.states.get("shown", 0)

    @property
    def reconciles(self) -> bool:
        """Whether everybody stands in one place; anything else is our mistake."""
        return self.audience == sum(self.states.values()) + sum(self.suppressed.values())


@dataclass(frozen=True, slots=True)
class Failure:
    """One resident whom a broadcast may not have reached.

    Attributes:
        place: for the next page.
        resident_id: None when they have left since.
        channel: "" when the delivery has gone.
        state: ``failed`` or ``uncertain``.
        code: as ``community.deliveries.Verdict`` names it.
        reason: the platform's words.
    """

    place: int
    resident_id: int | None
    channel: str
    state: str
    code: str
    reason: str


def totals(db: Connection, broadcast_id: int) -> Totals:
    """Count where everybody stands; this looks at each of them, so it is for reading."""
    total = select(func.count(), func.count(_told.tapped_at)).where(
        _told.broadcast_id == broadcast_id
    )
    audience, tapped = db.execute(total).one()
    standing = (
        select(_told.suppressed, _state().label("state"), func.count().label("count"))
        .outerjoin(delivery, delivery.c.id == _told.delivery_id)
        .where(_told.broadcast_id == broadcast_id)
        .group_by(_told.suppressed, _state())
    )
    states: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    for row in db.execute(standing):
        heap, name = (suppressed, row.suppressed) if row.suppressed else (states, row.state)
        heap[name] += row[2]
    return Totals(audience, dict(states), dict(suppressed), tapped)


def failure_reasons(db: Connection, broadcast_id: int) -> dict[tuple[str, str], int]:
    """Return how many failed for what: (state, code) → how many, the most first."""
    code = func.coalesce(delivery.c.outcome, _EMPTY)
    rows = db.execute(
        _failed(broadcast_id, _state(), code, func.count())
        .group_by(_state(), code)
        .order_by(func.count().desc())
    )
    return {(state, found): count for state, found, count in rows}


def failures(db: Connection, broadcast_id: int, after: int = 0) -> list[Failure]:
    """Return up to ``PAGE`` whom it may not have reached, after a ``place``."""
    rows = db.execute(
        _failed(
            broadcast_id,
            _told.id,
            _told.resident_id,
            func.coalesce(delivery.c.channel, ""),
            _state(),
            func.coalesce(delivery.c.outcome, ""),
            func.coalesce(delivery.c.reason, ""),
        )
        .where(_told.id > after)
        .order_by(_told.id)
        .limit(PAGE)
    )
    return [Failure(*row) for row in rows]


def resend_failures(
    db: Connection, broadcast_id: int, staff: Staff, now: datetime
) -> list[Broadcast]:
    """Send a broadcast again, now, to those alone whom it may not have reached.

    Its words were approved, so nobody is asked again; who may is the caller's to check. Each
    resident is named once: whom an earlier resending has not reached either is sent to again
    from that one. Asked twice, the second time finds nobody.

    Returns:
        The new broadcasts, under ``<key>:again:<n>``, each for at most ``MOST_NAMED``.

    Raises:
        UnknownBroadcast: when there is none.
    """
    kept = find_broadcast(db, broadcast_id)
    # Of two who ask at once the second waits, and then finds nobody.
    db.execute(select(broadcast.c.id).where(broadcast.c.id == broadcast_id).with_for_update())
    earlier = _resent(db, kept.key)
    named = {resident for audience in earlier for resident in audience.resident_ids}
    missed = db.scalars(
        _failed(broadcast_id, _told.resident_id)
        .where(_told.resident_id.is_not(None))
        .order_by(_told.resident_id)
    )
    left = [resident for resident in missed if resident not in named]
    return [
        make_approved(
            db, _again(kept, len(earlier) + number, chunk, staff, now), kept.approver_id, now
        )
        for number, chunk in enumerate(chunks(left, MOST_NAMED), 1)
    ]


def note_tapped(db: Connection, broadcast_id: int, resident_id: int, now: datetime) -> bool:
    """Note that a resident answered with a button; False when they did before, or got none."""
    tapped = db.execute(
        update(broadcast_recipient)
        .where(
            _told.broadcast_id == broadcast_id,
            _told.resident_id == resident_id,
            _told.tapped_at.is_(None),
        )
        .values(tapped_at=now)
    )
    return tapped.rowcount == 1


def _state() -> ColumnElement[str]:
    """Return where somebody stands: as the delivery ended before it went, or as it is."""
    ended = func.nullif(_told.ended, _EMPTY, type_=String)
    return func.coalesce(ended, delivery.c.state, text(f"'{UNKNOWN}'"))


def _failed(broadcast_id: int, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(broadcast_recipient)
        .outerjoin(delivery, delivery.c.id == _told.delivery_id)
        .where(
            and_(_told.broadcast_id == broadcast_id, _told.suppressed == ""), _state().in_(FAILED)
        )
    )


def _resent(db: Connection, key: str) -> list[Audience]:
    """Return the audiences to whom a broadcast was sent again."""
    start = f"{key}:again:"
    rows = db.execute(
        select(broadcast.c.key, broadcast.c.audience).where(
            broadcast.c.key.startswith(start, autoescape=True)
        )
    )
    # A resending of a resending is that one's own.
    return [Audience.from_json(row.audience) for row in rows if row.key[len(start) :].isdigit()]


def _again(
    kept: Broadcast, number: int, residents: list[int], staff: Staff, now: datetime
) -> Draft:
    return Draft(
        key=f"{kept.key}:again:{number}",
        district_id=kept.district_id,
        street_id=kept.street_id,
        purpose=kept.purpose,
        mode=kept.mode,
        lane=kept.lane,
        title=kept.title,
        words=kept.words,
        choices=kept.choices,
        audience=Audience(kept.district_id, resident_ids=tuple(residents)),
        due_at=now,
        expires_at=expiry(kept.lane, now, now + (kept.expires_at - kept.due_at)),
        author_id=staff.id,
        timezone=kept.timezone,
    )
