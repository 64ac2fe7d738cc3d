"""Staff to try things with: made-up posts rather than names."""

from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection

from community.staff import Post, Staff
from community.staff_store import add_staff, find_staff
from storage import Database
from tests.community.registered import NOON

HASH = "$argon2id$not-a-real-one"


def employed(database: Database, login: str, *posts: Post, password_hash: str = HASH) -> Staff:
    """Add somebody called by their login and return them."""

    def work(db: Connection) -> Staff:
        staff_id = add_staff(db, login, login, password_hash, posts, NOON)
        found = find_staff(db, staff_id)
        assert found is not None
        return found

    return database.write(work)


def app_code(secret: bytes, now: datetime) -> str:
    """Return what an authenticator app shows."""
    return TOTP(secret, 6, SHA1(), 30).generate(now.timestamp()).decode()  # noqa: S303
