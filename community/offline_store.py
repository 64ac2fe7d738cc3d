"""What was received from phones, with what each operation led to, so that each has one effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, ForeignKey, Index, String, Table, delete, select, update

from community.offline import Operation, OperationOfAnother
from community.staff_store import staff_member
from storage import JsonText, RowId, UtcDateTime, insert_if_absent, metadata

# A phone may lie in a drawer for a while before it is switched on again.
KEPT = timedelta(days=180)
MOST_FORGOTTEN = 500

offline_operation = Table(
    "offline_operation",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # What the sender is told, also when it is sent again: ids and words of the code.
    Column("result", JsonText, nullable=False),
    Index("ix_offline_operation_received_at", "received_at"),
    Index("ix_offline_operation_staff_id", "staff_id"),
)

_own = offline_operation.c


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation led to; ``is_repeat`` when that was before."""

    result: Mapping[str, str]
    is_repeat: bool


def take(
    db: Connection, operation: Operation, now: datetime, work: Callable[[], Mapping[str, str]]
) -> Outcome:
    """Do what an operation asks, unless it was received before; return what it led to.

    What ``work`` raises takes back that it was received: sent again it is tried again.

    Args:
        db: inside a write.
        operation: as the phone named it.
        now: when it was received.
        work: has the effect, in this transaction.

    Raises:
        OperationOfAnother: when its id was used for something else.
    """
    row = {
        "uuid": operation.id,
        "staff_id": operation.staff_id,
        "kind": operation.kind,
        "received_at": now,
        "result": {},
    }
    if not insert_if_absent(db, offline_operation, row, keys=["uuid"]):
        return Outcome(_received(db, operation), is_repeat=True)
    result = dict(work())
    db.execute(update(offline_operation).where(_own.uuid == operation.id).values(result=result))
    return Outcome(result, is_repeat=False)


def forget_operations(db: Connection, now: datetime) -> int:
    """Forget up to ``MOST_FORGOTTEN`` old operations, a daily chore; return how many."""
    old = select(_own.uuid).where(_own.received_at < now - KEPT).limit(MOST_FORGOTTEN)
    return db.execute(delete(offline_operation).where(_own.uuid.in_(old))).rowcount


def _received(db: Connection, operation: Operation) -> Mapping[str, str]:
    row = db.execute(select(offline_operation).where(_own.uuid == operation.id)).one()
    if (row.staff_id, row.kind) != (operation.staff_id, operation.kind):
        raise OperationOfAnother(operation.id)
    result: Mapping[str, str] = row.result
    return result
