"""Passwords and authenticator apps of staff: what is refused, and how they are checked.

Argon2id with the defaults of argon2-cffi; RFC 6238 with six digits every 30 seconds. Hashing
takes a tenth of a second on purpose, so never inside a write.
"""

import base64
import binascii
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

Problem = Literal["short", "long", "login", "common"]

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
# What guessers try first, of ten characters and more; shorter ones are refused anyway. Parts
# that a password is made of with little around them.
_COMMON = (
    "password", "passw0rd", "p@ssw0rd", "qwertyuiop", "1qaz2wsx", "qazwsxedc", "asdfghjkl",
    "zxcvbnm", "iloveyou", "woaini", "5201314", "1314520", "admin", "administrator", "welcome",
    "letmein", "abc123", "a123456", "123456", "654321", "111111", "000000", "888888", "666666",
    "112233", "123123", "147258369", "0123456789", "9876543210", "changeme", "lifeline",
    "xiaofang", "zhongguo", "chongqing", "qianjiang", "jiangjin", "mima", "消防", "密码",
    "生命通道",
)  # fmt: skip
# So few characters besides one of those, or such a handful of different ones, add nothing.
_LEAST_BESIDES = 5
_LEAST_DIFFERENT = 5

TOTP_SECRET_BYTES = 20
TOTP_DIGITS = 6
TOTP_STEP_SECONDS = 30
# RFC 6238 section 5.2: one step of slack either way for a clock that is off or a slow hand.
_TOTP_SLACK = (-1, 0, 1)
_ISSUER = "生命通道"

_hasher = PasswordHasher()
# Checked when nobody has the login, so that the answer takes as long as any other.
NOBODYS_HASH = _hasher.hash(secrets.token_urlsafe(32))


class WeakPassword(Exception):
    """A password that may not be chosen.

    Attributes:
        problem: ``short`` (under 10 characters), ``long`` (over 200), ``login`` (holds the
            login), ``common`` (guessed first).
    """

    permanent = True

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"the password is refused ({problem}): choose a longer, unusual one")


def check_password(login: str, password: str) -> None:
    """Refuse a new password that is easily guessed.

    Raises:
        WeakPassword: naming the problem.
    """
    unified = _unified(password)
    lower = unified.casefold()
    if len(unified) < LEAST_CHARACTERS:
        raise WeakPassword("short")
    if max(len(unified), len(password)) > MOST_CHARACTERS:
        raise WeakPassword("long")
    if login and _unified(login).strip().casefold() in lower:
        raise WeakPassword("login")
    if len(set(lower)) < _LEAST_DIFFERENT or _is_common(lower):
        raise WeakPassword("common")


def hash_password(password: str) -> str:
    """Return what is kept of a password; 64 MiB and a tenth of a second."""
    return _hasher.hash(_unified(password))


def password_matches(kept: str, password: str) -> bool:
    """Tell whether a password is the one that ``kept`` was made of, in as long a time if not."""
    try:
        return _hasher.verify(kept, _unified(password[: MOST_CHARACTERS + 1]))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept: str) -> bool:
    """Tell whether ``kept`` was made with other parameters than are used now."""
    return _hasher.check_needs_rehash(kept)


def new_totp_secret() -> bytes:
    """Return a random secret for an authenticator app."""
    return secrets.token_bytes(TOTP_SECRET_BYTES)


def totp_text(secret: bytes) -> str:
    """Return a secret as people type it into an app: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def read_totp_text(text: str) -> bytes | None:
    """Return the secret that ``totp_text`` wrote; None for any other text."""
    letters = "".join(text.split()).upper()
    try:
        secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == TOTP_SECRET_BYTES else None


def totp_uri(secret: bytes, login: str) -> str:
    """Return the ``otpauth:`` address that an app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(login, _ISSUER)


def totp_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """Return the time step whose code was typed; None for a wrong one.

    The caller uses the step up (``staff_store.take_totp_step``), so that no code serves twice.

    Args:
        secret: 20 bytes.
        typed: six digits; spaces and full width are fine.
        now: codes of the steps before and after are taken as well.
    """
    code = "".join(unicodedata.normalize("NFKC", typed).split()).encode(errors="replace")
    matching = [step for step in _steps(now) if _is_code(secret, step, code)]
    return matching[-1] if matching else None


def _is_code(secret: bytes, step: int, code: bytes) -> bool:
    return secrets.compare_digest(_totp(secret).generate(step * TOTP_STEP_SECONDS), code)


def _steps(now: datetime) -> Iterator[int]:
    current = int(now.timestamp()) // TOTP_STEP_SECONDS
    return (current + slack for slack in _TOTP_SLACK if current + slack >= 0)


def _totp(secret: bytes) -> TOTP:
    # Authenticator apps know no other digest than SHA-1; as an HMAC it stands unbroken.
    return TOTP(secret, TOTP_DIGITS, SHA1(), TOTP_STEP_SECONDS)  # noqa: S303


def _is_common(lower: str) -> bool:
    rest = lower
    for part in sorted(_COMMON, key=len, reverse=True):
        rest = rest.replace(part, "")
    return rest != lower and len(rest) < _LEAST_BESIDES


def _unified(password: str) -> str:
    """Return the same text for every way a keyboard may compose it; lone surrogates go."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()
