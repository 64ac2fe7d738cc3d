"""Passwords that are refused, and codes of authenticator apps."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from community.passwords import (
    NOBODYS_HASH,
    WeakPassword,
    check_password,
    hash_password,
    needs_rehash,
    new_totp_secret,
    password_matches,
    read_totp_text,
    totp_step,
    totp_text,
    totp_uri,
)
from tests.community.registered import NOON

GOOD = "河边 brass kettle 7"
# RFC 6238, appendix B: the secret of its SHA-1 rows.
RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "short"),
        ("kettle 7b", "short"),
        ("x7" * 101, "long"),
        ("e\u0301" * 101, "long"),
        ("my-CHEN-kettle", "login"),
        ("brassｃｈｅｎkettle", "login"),
        ("1234567890", "common"),
        ("0000000000000", "common"),
        ("Password2026", "common"),
        ("passwordpassword", "common"),
        ("admin888888", "common"),
        ("woaini1314520", "common"),
        ("abababababab", "common"),
    ],
)
def test_passwords_that_are_refused(password: str, problem: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        check_password("chen", password)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    "password",
    [GOOD, "brasskettle7", "tr4vel-to-the-river", "消防通道别堵上谢谢大家", "p@ss-kettle-brass"],
)
def test_passwords_that_are_taken(password: str) -> None:
    check_password("chen", password)


def test_a_hash_matches_its_password_alone() -> None:
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$")
    assert password_matches(kept, GOOD)
    assert password_matches(kept, "河边　brass kettle ７")
    assert not password_matches(kept, GOOD + " ")
    assert not password_matches(NOBODYS_HASH, GOOD)
    assert hash_password(GOOD) != kept
    assert not needs_rehash(kept)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=1$x"])
def test_what_is_no_hash_matches_nothing(kept: str) -> None:
    assert not password_matches(kept, GOOD)


@pytest.mark.parametrize("typed", ["", "\x00", "\ud800", "x" * 100_000])
def test_whatever_is_typed_is_only_wrong(typed: str) -> None:
    assert not password_matches(NOBODYS_HASH, typed)


def test_weaker_parameters_are_noticed() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert password_matches(weaker, GOOD)
    assert needs_rehash(weaker)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp_step(RFC_SECRET, code, now) == seconds // 30
    assert totp_step(RFC_SECRET, f" {code[:3]} {code[3:]}", now) == seconds // 30
    assert totp_step(RFC_SECRET, code, now + timedelta(seconds=30)) == seconds // 30
    assert totp_step(RFC_SECRET, code, now + timedelta(seconds=60)) is None
    assert totp_step(RFC_SECRET, code, now - timedelta(seconds=60)) is None
    assert totp_step(new_totp_secret(), code, now) is None


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "８１", "\ud800", "0" * 7])
def test_what_is_no_code(typed: str) -> None:
    assert totp_step(RFC_SECRET, typed, NOON) is None


@given(st.binary(min_size=20, max_size=20))
def test_a_secret_is_typed_as_it_is_shown(secret: bytes) -> None:
    shown = totp_text(secret)
    assert read_totp_text(shown) == secret
    assert read_totp_text(shown.lower().replace(" ", "")) == secret


@pytest.mark.parametrize("text", ["", "AAAA", "1111 1111", "密钥"])
def test_what_is_no_secret(text: str) -> None:
    assert read_totp_text(text) is None


def test_the_address_for_an_app_names_us() -> None:
    address = totp_uri(RFC_SECRET, "chen@demo")
    assert address.startswith("otpauth://totp/")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in address
    assert "chen%40demo" in address
