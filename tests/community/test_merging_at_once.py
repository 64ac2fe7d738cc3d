"""Two links of one person are joined by two processes at the same moment (PostgreSQL)."""

from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import Connection, func, select, text

from community.link_store import LinkState, confirm, start_link, try_code
from community.merging import Belongings
from community.store import account_of, channel_account, resident
from storage import Database
from tests.platforms.loopback import wait_until

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
KEY = b"k" * 32
PATIENCE_SECONDS = 10
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def typed(db: Connection, giver: int, taker: int) -> int:
    """Return a link to which the giver has said yes."""
    code = start_link(db, giver, KEY, NOON)
    link_id = try_code(db, taker, code, KEY, NOON).link_id
    assert link_id is not None
    confirm(db, giver, link_id, NOON, Belongings())
    return link_id


@pytest.mark.parametrize("store", ["postgresql"])
def test_the_second_finds_what_the_first_has_joined(database: Database) -> None:
    one, other, giver = database.write(  # the person in the middle is the newest, and goes
        lambda db: [account_of(db, channel, "a", NOON) for channel in ("web", "wechat", "telegram")]
    )
    links = [database.write(lambda db, t=t: typed(db, giver, t)) for t in (one, other)]
    joined, let_go = Event(), Event()

    def first(db: Connection) -> LinkState | None:
        state = confirm(db, one, links[0], NOON, Belongings())
        joined.set()
        let_go.wait(PATIENCE_SECONDS)
        return state

    states = [database.submit(first)]
    assert joined.wait(PATIENCE_SECONDS)
    states.append(database.submit(lambda db: confirm(db, other, links[1], NOON, Belongings())))
    assert wait_until(lambda: database.read(lambda db: db.scalar(WAITING)) or False)
    let_go.set()

    assert [state.result(PATIENCE_SECONDS) for state in states] == ["joined", "joined"]
    residents = database.read(lambda db: db.scalars(select(channel_account.c.resident_id)).all())
    assert len(set(residents)) == 1
    assert database.read(lambda db: db.scalar(select(func.count(resident.c.id)))) == 1
