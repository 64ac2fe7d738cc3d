"""Writing out a broadcast's audience: one row for each resident, and a delivery where one can go.

Page by page, each in a transaction of its own that also notes how far it has come, so a page is
written once, whatever dies in between. It happens when the broadcast is due and not when it is
planned: who withdrew their consent, moved or left since then is met as they are now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    Text,
    bindparam,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from community.audience_store import audience_page
from community.broadcast_reach_store import Reachable, best_accounts
from community.broadcast_store import (
    broadcast,
    broadcast_from,
    broadcast_recipient,
    find_broadcast,
)
from community.broadcasts import Broadcast
from community.deliveries import LANES
from community.delivery_store import delivery
from storage import JsonText

# At 500 residents a page kept the writer for over 20 ms, with others waiting.
PAGE = 250
SLICE = 250
# A person's answer is taken as theirs while the audience is being written out.
EXPANDABLE = ("expanding", "sending")

_columns = broadcast.c
_json = JsonText()

_HELD = (
    select(broadcast)
    .where(
        _columns.id == bindparam("id"),
        _columns.state.in_(EXPANDABLE),
        _columns.expires_at > bindparam("now", type_=_columns.expires_at.type),
    )
    .with_for_update()
)
_ADVANCING = (
    update(broadcast)
    .where(_columns.id == bindparam("row"))
    .values(expanded_to=bindparam("last"), slices=bindparam("count"))
)
_MADE = select(delivery.c.account_id, delivery.c.id).where(
    delivery.c.key == bindparam("key"), delivery.c.account_id.in_(bindparam("ids", expanding=True))
)


def delivery_key(broadcast_id: int) -> str:
    """Return the key of a broadcast's deliveries: with the account it makes them unique."""
    return f"b:{broadcast_id}"


@dataclass(frozen=True, slots=True)
class Page:
    """The next residents of an audience, read before anything is written.

    ``after`` is how far the audience was written out then; a page of another place is not used.
    """

    after: int
    ids: list[int]


def read_page(db: Connection, broadcast_id: int) -> Page:
    """Return the next page; for reading, so that a long search holds up no writer.

    Raises:
        UnknownBroadcast: when there is no such broadcast.
    """
    kept = find_broadcast(db, broadcast_id)
    return Page(kept.expanded_to, audience_page(db, kept.audience, kept.expanded_to, PAGE))


def expand_chunk(
    db: Connection, broadcast_id: int, now: datetime, page: Page | None = None
) -> bool:
    """Write out the next residents of a broadcast's audience, at most ``PAGE``.

    Those who can be pushed to are ``queued`` for a slice, those who can only be shown it are
    ``held`` at once, and for the rest it is noted why they get nothing.

    Args:
        db: inside a write.
        broadcast_id: which.
        now: aware.
        page: what ``read_page`` found just before, if the caller has asked.

    Returns:
        True while there may be more; False at the end, and when the broadcast is neither
        ``expanding`` nor ``sending`` or is past its time.
    """
    row = db.execute(_HELD, {"id": broadcast_id, "now": now}).one_or_none()
    if row is None:
        return False
    kept = broadcast_from(row)
    if page is None or page.after != kept.expanded_to:
        page = read_page(db, broadcast_id)
    if not page.ids:
        return False
    found = best_accounts(db, page.ids, kept.purpose, now, kept.lane)
    made = _deliver(db, kept, [one for one in found if _is_told(one)], now)
    _note(db, kept, found, made)
    slices = kept.slices + -(-len(found) // SLICE)
    db.execute(_ADVANCING, {"row": broadcast_id, "last": page.ids[-1], "count": slices})
    return len(page.ids) == PAGE


def body_of(kept: Broadcast, language: str) -> list[dict[str, Any]]:
    """Return what a resident of this language is sent: one reply, as JSON values."""
    choices = [{"label": label, "function": function} for label, function in kept.choices]
    spoken = language if language in kept.words else "zh"
    text = kept.rendered(spoken)
    return [{"kind": "chat", "text": text, "choices": choices, "language": spoken}]


def _is_told(one: Reachable) -> bool:
    return one.account_id is not None and not one.suppressed


def _bodies(db: Connection, kept: Broadcast) -> Mapping[str, str]:
    """Return each language's words as they are stored; made once for a page."""
    return {
        spoken: str(_json.process_bind_param(body_of(kept, spoken), db.dialect))
        for spoken in kept.words
    }


def _deliver(
    db: Connection, kept: Broadcast, told: Sequence[Reachable], now: datetime
) -> Mapping[int, int]:
    """Make a delivery for each of these; return their ids by account."""
    if not told:
        return {}
    key = delivery_key(kept.id)
    bodies = _bodies(db, kept)
    common = {
        "lane": LANES.index(kept.lane),
        "purpose": kept.purpose,
        "key": key,
        "created_at": now,
        "due_at": kept.due_at,
        "expires_at": kept.expires_at,
        "attempts": 0,
    }
    rows = [
        {
            **common,
            "account_id": one.account_id,
            "channel": one.channel,
            "state": "held" if one.way == "held" else "queued",
            "words": bodies.get(one.language, bodies["zh"]),
        }
        for one in told
    ]
    db.execute(_inserting(db.dialect.name), rows)
    asked = {"key": key, "ids": [row["account_id"] for row in rows]}
    return {row.account_id: row.id for row in db.execute(_MADE, asked)}


def _note(
    db: Connection, kept: Broadcast, found: Sequence[Reachable], made: Mapping[int, int]
) -> None:
    rows = [
        {
            "broadcast_id": kept.id,
            "resident_id": one.resident_id,
            "slice": kept.slices + number // SLICE,
            "delivery_id": made[one.account_id] if _is_told(one) and one.account_id else None,
            "suppressed": "" if _is_told(one) else one.suppressed or "no_account",
            "ended": "",
        }
        for number, one in enumerate(found)
    ]
    db.execute(_noting(db.dialect.name), rows)


@cache
def _inserting(dialect: str) -> Any:  # noqa: ANN401 - an insert of either dialect
    """Return the insert of deliveries; their words come as the text that is stored."""
    return (
        _insert(dialect, delivery)
        .values(body=type_coerce(bindparam("words"), Text))
        .on_conflict_do_nothing(index_elements=["account_id", "key"])
    )


@cache
def _noting(dialect: str) -> Any:  # noqa: ANN401 - an insert of either dialect
    made = _insert(dialect, broadcast_recipient)
    return made.on_conflict_do_nothing(index_elements=["broadcast_id", "resident_id"])


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
