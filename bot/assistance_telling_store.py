"""Whom to remind of a registration: a resident's own chats, and the language of each."""

from sqlalchemy import Connection, select

from bot import store
from bot.dialogue.functions import GROUP_SIGN
from bot.dialogue.session import session_from_json
from bot.telling_store import Address
from community.store import channel_account

_account = channel_account.c


def addresses_of(db: Connection, resident_id: int) -> list[Address]:
    """Return a resident's accounts, the oldest first; never a group's."""
    rows = db.execute(
        select(_account.id, _account.channel, store.session.c.state)
        .outerjoin(store.session, store.session.c.account_id == _account.id)
        .where(
            _account.resident_id == resident_id,
            ~_account.name.contains(GROUP_SIGN, autoescape=True),
        )
        .order_by(_account.id)
    )
    return [
        Address(row.id, row.channel, session_from_json(row.state or {}).language) for row in rows
    ]
