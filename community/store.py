"""The tables of people: residents by an internal id, and the one table of channel accounts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from storage import Prepared, RowId, UtcDateTime, inserted_id, metadata

resident = Table(
    "resident",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,  # who is erased leaves no id to somebody else
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
    # Without it whoever leaves holds the writer for as long as reading all accounts takes.
    Index("ix_channel_account_resident_id", "resident_id"),
    sqlite_autoincrement=True,
)


_account_id = select(channel_account.c.id).where(
    channel_account.c.channel == bindparam("channel"), channel_account.c.name == bindparam("name")
)
_held_account_id = _account_id.with_for_update()
_new_resident = Prepared(insert(resident).returning(resident.c.id))


def find_account(db: Connection, channel: str, name: str) -> int | None:
    """Return the id of a channel account that has written before."""
    return db.execute(_account_id, {"channel": channel, "name": name}).scalar_one_or_none()


def account_of(db: Connection, channel: str, name: str, now: datetime) -> int:
    """Return the id of a channel account, with a resident of its own when it is new.

    Two transactions that both meet a new account end up with the same one. On PostgreSQL the
    account's row is held until the transaction ends, so what an account does happens in turn
    even where it has no other row yet to hold.
    """
    found = _held_account(db, channel, name)
    return add_account(db, channel, name, now) if found is None else found


def add_account(db: Connection, channel: str, name: str, now: datetime) -> int:
    """Return the id of a channel account that was not there just now, with a resident of its own.

    When another transaction was first it is the other's, held.
    """
    row = _new_resident.row(db, {"created_at": now})
    if row is None:  # pragma: no cover - an insert returns its row
        raise LookupError("a new resident vanished within a transaction")
    created: int = row[0]
    values = {
        "resident_id": created,
        "channel": channel,
        "name": name,
        "created_at": now,
    }
    account: int | None = inserted_id(db, channel_account, values, keys=["channel", "name"])
    if account is None:  # another transaction was first
        db.execute(delete(resident).where(resident.c.id == created))
        account = _held_account(db, channel, name)
    if account is None:  # pragma: no cover - the row was just inserted or stood there
        raise LookupError(f"channel account {channel}/{name} vanished within a transaction")
    return account


def _held_account(db: Connection, channel: str, name: str) -> int | None:
    held = {"channel": channel, "name": name}
    return db.execute(_held_account_id, held).scalar_one_or_none()


def hold_accounts(db: Connection, account_ids: Collection[int]) -> None:
    """Hold accounts until the transaction ends, so that their resident stays the same."""
    query = select(channel_account.c.id).where(channel_account.c.id.in_(account_ids))
    db.execute(query.order_by(channel_account.c.id).with_for_update()).all()


def resident_of(db: Connection, account_id: int) -> int:
    """Return the internal id of the resident behind a channel account."""
    found: int = db.execute(
        select(channel_account.c.resident_id).where(channel_account.c.id == account_id)
    ).scalar_one()
    return found


def address_of(db: Connection, account_id: int) -> tuple[str, str]:
    """Return channel and name of an account: where to write to."""
    row = db.execute(
        select(channel_account.c.channel, channel_account.c.name).where(
            channel_account.c.id == account_id
        )
    ).one()
    return row.channel, row.name


def rename_account(db: Connection, channel: str, old: str, new: str) -> bool:
    """Give an account the name that the platform changed it to.

    False when there is none of the old name, or one of the new name already: then that one
    goes on.
    """
    if find_account(db, channel, new) is not None:
        return False
    renamed = db.execute(
        update(channel_account)
        .where(channel_account.c.channel == channel, channel_account.c.name == old)
        .values(name=new)
    )
    return renamed.rowcount == 1
