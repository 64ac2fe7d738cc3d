"""Who asked not to be told any more (退订): one row for each purpose that a resident stopped.

Of danger they are told all the same: ``community.broadcasts.ignores_opt_out``. What already
waits for their accounts is cancelled by ``community.delivery_store.cancel_for_account``.
"""

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, String, Table, delete, select

from community.store import resident
from storage import RowId, UtcDateTime, insert_if_absent, metadata

broadcast_optout = Table(
    "broadcast_optout",
    metadata,
    Column("resident_id", RowId, ForeignKey(resident.c.id), primary_key=True),
    Column("purpose", String(20), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

_stopped = broadcast_optout.c


def stop(db: Connection, resident_id: int, purpose: str, now: datetime) -> bool:
    """Note that a resident wants no more of a purpose; False when they said so before."""
    row = {"resident_id": resident_id, "purpose": purpose, "at": now}
    return insert_if_absent(db, broadcast_optout, row, keys=["resident_id", "purpose"])


def allow(db: Connection, resident_id: int, purpose: str) -> bool:
    """Note that a resident wants a purpose again; False when they never stopped it."""
    gone = db.execute(
        delete(broadcast_optout).where(
            _stopped.resident_id == resident_id, _stopped.purpose == purpose
        )
    )
    return gone.rowcount == 1


def is_stopped(db: Connection, resident_id: int, purpose: str) -> bool:
    """Tell whether a resident wants no more of a purpose."""
    return purpose in stopped_purposes(db, resident_id)


def stopped_purposes(db: Connection, resident_id: int) -> list[str]:
    """Return what a resident stopped, by name."""
    query = select(_stopped.purpose).where(_stopped.resident_id == resident_id)
    return list(db.scalars(query.order_by(_stopped.purpose)))
