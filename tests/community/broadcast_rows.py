"""A town to send notices in: buildings, residents with accounts, staff, and drafts."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from community.bindings import bind, settle
from community.broadcasts import Audience, Draft
from community.register_store import building_facts, street
from community.staff import Post, Staff
from community.staff_entry_store import staff_account
from community.staff_store import add_staff, find_staff
from community.store import account_of, resident_of
from storage import Database, metadata, open_database, put
from tests.community.registered import LIST, NOON, imported
from tests.community.staffed import HASH

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# 22:30 in China.
NIGHT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


@contextmanager
def opened_town(request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """Open a database with the register in it; the store is the fixture's parameter."""
    if request.param == "sqlite":
        path = folder / "town.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        with _filled(f"sqlite:///{path}") as database:
            yield database
        return
    with request.getfixturevalue("postgres").database() as url, _filled(url) as database:
        yield database


@contextmanager
def _filled(url: str) -> Iterator[Database]:
    with open_database(url) as database:
        metadata.create_all(database.engines.write)
        imported(database, LIST)
        yield database


@contextmanager
def undone(database: Database) -> Iterator[Connection]:
    """Yield a write that leaves nothing behind for the next test."""
    with database.engines.write.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


def building_id(db: Connection, name: str) -> int:
    query = select(building_facts.c.building_id).where(building_facts.c.name == name)
    found: int = db.execute(query).scalar_one()
    return found


def street_id(db: Connection, name: str) -> int:
    found: int = db.execute(select(street.c.id).where(street.c.name == name)).scalar_one()
    return found


def account(db: Connection, name: str, channel: str = "telegram") -> int:
    return account_of(db, channel, name, NOON)


def living(
    db: Connection, name: str, *homes: int, channel: str = "telegram", floor: int | None = None
) -> int:
    """Add a resident with one account, bound to ``homes``, and return their resident id."""
    resident_id = resident_of(db, account(db, name, channel))
    for home in homes:
        bind(db, resident_id, home, "choice", NOON)
        settle(db, resident_id, home, floor=floor)
    return resident_id


def working(db: Connection, login: str, *posts: Post) -> Staff:
    found = find_staff(db, add_staff(db, login, login, HASH, posts, NOON))
    assert found is not None
    return found


def chatting(db: Connection, staff: Staff, channel: str = "telegram") -> int:
    """Link a chat to a staff member and return the resident behind it."""
    linked = account(db, staff.login, channel)
    row = {"account_id": linked, "staff_id": staff.id, "bound_at": NOON}
    put(db, staff_account, row, keys=["account_id"])
    return resident_of(db, linked)


def a_draft(audience: Audience, **changed: object) -> Draft:
    """A live notice for the community, due at noon and good for a day."""
    made = Draft(
        key="notice:1",
        district_id="demo",
        street_id=None,
        purpose="notice",
        mode="live",
        lane="bulk",
        title="停水通知",
        words={"zh": "明天上午停水。\n请备水。", "en": "No water tomorrow."},
        choices=(("知道了", "ack"),),
        audience=audience,
        due_at=NOON,
        expires_at=NOON + DAY,
        author_id=None,
    )
    return replace(made, **changed)  # type: ignore[arg-type]
