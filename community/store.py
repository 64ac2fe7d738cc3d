"""The tables of people: residents by an internal id, and the one table of channel accounts."""

from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Select,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)

from storage import RowId, UtcDateTime, insert_if_absent, metadata

resident = Table(
    "resident",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

channel_account = Table(
    "channel_account",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "name"),
)


def find_account(db: Connection, channel: str, name: str) -> int | None:
    """Return the id of a channel account that has written before."""
    return db.execute(_account_id(channel, name)).scalar_one_or_none()


def account_of(db: Connection, channel: str, name: str, now: datetime) -> int:
    """Return the id of a channel account, with a resident of its own when it is new.

    Two transactions that both meet a new account end up with the same one. On PostgreSQL the
    account's row is held until the transaction ends, so what an account does happens in turn
    even where it has no other row yet to hold.
    """
    if (found := _held_account(db, channel, name)) is not None:
        return found
    created = db.execute(
        insert(resident).values(created_at=now).returning(resident.c.id)
    ).scalar_one()
    values = {
        "resident_id": created,
        "channel": channel,
        "name": name,
        "created_at": now,
    }
    if not insert_if_absent(db, channel_account, values, keys=["channel", "name"]):
        db.execute(delete(resident).where(resident.c.id == created))
    account = _held_account(db, channel, name)
    if account is None:  # pragma: no cover - the row was just inserted or stood there
        raise LookupError(f"channel account {channel}/{name} vanished within a transaction")
    return account


def _held_account(db: Connection, channel: str, name: str) -> int | None:
    return db.execute(_account_id(channel, name).with_for_update()).scalar_one_or_none()


def _account_id(channel: str, name: str) -> Select[int]:
    return select(channel_account.c.id).where(
        channel_account.c.channel == channel, channel_account.c.name == name
    )


def resident_of(db: Connection, account_id: int) -> int:
    """Return the internal id of the resident behind a channel account."""
    found: int = db.execute(
        select(channel_account.c.resident_id).where(channel_account.c.id == account_id)
    ).scalar_one()
    return found
