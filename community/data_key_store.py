"""The table of residents' data keys, and sealing under them (envelope encryption).

Every resident has a key of their own, kept wrapped under the installation's. What is sealed for
a resident is unreadable for good once their key is deleted, wherever copies of it lie.
"""

import secrets
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Table,
    insert,
    select,
)

from community.sealing import KEY_BYTES, key_id_of, seal, sealed_with, unseal
from community.store import resident
from storage import RowId, metadata

# A resident has several only after two became one.
data_key = Table(
    "data_key",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Index("ix_data_key_resident_id", "resident_id"),
)


def sealed_for(
    db: Connection, key: bytes, resident_id: int, plain: bytes, context: bytes = b""
) -> bytes:
    """Encrypt something of a resident under their data key, which is made when they have none.

    Args:
        db: inside a write.
        key: of the installation, for the vault alone.
        resident_id: whose.
        plain: what.
        context: what it is; it must be given again to open.
    """
    return seal(_data_key_of(db, key, resident_id), plain, context)


def opened_for(
    db: Connection, key: bytes, resident_id: int, sealed: bytes, context: bytes = b""
) -> bytes | None:
    """Return what ``sealed_for`` was given; None once the resident was erased.

    Raises:
        WrongKey: when the installation's key is another.
        Damaged: when the bytes or the context are.
    """
    query = _wrapped(sealed).where(data_key.c.resident_id == resident_id)
    row = db.execute(query).one_or_none()
    return unseal(_unwrapped(key, row.key_id, row.wrapped), sealed, context) if row else None


def opened(db: Connection, key: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """Return what was sealed for a resident, whoever that is; as ``opened_for``."""
    row = db.execute(_wrapped(sealed)).one_or_none()
    return unseal(_unwrapped(key, row.key_id, row.wrapped), sealed, context) if row else None


def _data_key_of(db: Connection, key: bytes, resident_id: int) -> bytes:
    row = db.execute(
        select(data_key.c.key_id, data_key.c.wrapped)
        .where(data_key.c.resident_id == resident_id)
        .order_by(data_key.c.key_id)
        .limit(1)
    ).one_or_none()
    if row is not None:
        return _unwrapped(key, row.key_id, row.wrapped)
    made = secrets.token_bytes(KEY_BYTES)
    key_id = key_id_of(made).hex()
    wrapped = seal(key, made, _wrapping(key_id))
    values = {"key_id": key_id, "resident_id": resident_id, "wrapped": wrapped}
    db.execute(insert(data_key).values(values))
    return made


def _wrapped(sealed: bytes) -> Select[Any]:
    query = select(data_key.c.key_id, data_key.c.wrapped)
    return query.where(data_key.c.key_id == sealed_with(sealed))


def _unwrapped(key: bytes, key_id: str, wrapped: bytes) -> bytes:
    return unseal(key, wrapped, _wrapping(key_id))


def _wrapping(key_id: str) -> bytes:
    return b"data key " + key_id.encode()
