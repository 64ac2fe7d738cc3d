"""Signing in to the console: a login, a password, and a code where an app is set up.

Whatever is wrong, the answer and the time it takes are the same, whether or not anybody has
the login. The password is checked outside the transaction: it takes a tenth of a second.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from community.keys import derived_key
from community.passwords import (
    NOBODYS_HASH,
    hash_password,
    needs_rehash,
    password_matches,
    totp_step,
)
from community.sealing import seal, unseal
from community.staff import Staff
from community.staff_store import (
    StaffCredentials,
    clear_failed_tries,
    note_failed_try,
    renew_hash,
    staff_by_login,
    take_totp_step,
)
from storage import Database

_TOTP_PURPOSE = "staff totp"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed: a login, a password, and a code when they have an app."""

    login: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What an attempt led to: somebody, or nobody.

    Attributes:
        staff: who may come in; None when anything was wrong.
        locked_until: when the login was locked already, so that nothing was checked.
    """

    staff: Staff | None = None
    locked_until: datetime | None = None


def sign_in(database: Database, attempt: Attempt, key: bytes, now: datetime) -> SignIn:
    """Check an attempt; after five wrong ones a login is locked for 15 minutes.

    Args:
        database: tries are counted in it before anything is checked.
        attempt: as typed.
        key: of the installation.
        now: when.

    Raises:
        community.sealing.VaultError: when a secret cannot be read with this key.
    """
    until = database.write(lambda db: note_failed_try(db, attempt.login, now))
    if until is not None:
        return SignIn(locked_until=until)
    known = database.read(lambda db: staff_by_login(db, attempt.login))
    is_right = password_matches(known.password_hash if known else NOBODYS_HASH, attempt.password)
    if known is None or not is_right or not known.is_active:
        return SignIn()
    step = None
    if known.totp is not None:
        secret = opened_totp(key, known.staff.id, known.totp)
        if (step := totp_step(secret, attempt.code, now)) is None:
            return SignIn()
    fresh = hash_password(attempt.password) if needs_rehash(known.password_hash) else ""
    return SignIn(database.write(partial(_admitted, known=known, step=step, fresh=fresh)))


def sealed_totp(key: bytes, staff_id: int, secret: bytes) -> bytes:
    """Return the secret of an authenticator app as it is kept, for ``set_totp``."""
    return seal(derived_key(key, _TOTP_PURPOSE), secret, _context(staff_id))


def opened_totp(key: bytes, staff_id: int, sealed: bytes) -> bytes:
    """Return the secret of somebody's authenticator app.

    Raises:
        community.sealing.VaultError: when it was sealed with another key or for somebody else.
    """
    return unseal(derived_key(key, _TOTP_PURPOSE), sealed, _context(staff_id))


def _admitted(
    db: Connection, known: StaffCredentials, step: int | None, fresh: str
) -> Staff | None:
    """Let somebody in, unless a code serves twice or what was checked has changed meanwhile."""
    latest = staff_by_login(db, known.staff.login)
    if latest is None or not latest.is_active or latest.password_hash != known.password_hash:
        return None
    if latest.totp != known.totp:
        return None
    if step is not None and not take_totp_step(db, known.staff.id, step):
        return None
    if fresh:
        renew_hash(db, known.staff.id, known.password_hash, fresh)
    clear_failed_tries(db, known.staff.login)
    return latest.staff


def _context(staff_id: int) -> bytes:
    return f"staff totp {staff_id}".encode()
