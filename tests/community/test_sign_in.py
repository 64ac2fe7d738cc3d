"""Signing in: one answer for everything that is wrong, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher

from community.passwords import hash_password, needs_rehash
from community.sealing import Damaged, WrongKey
from community.sign_in import Attempt, SignIn, opened_totp, sealed_totp, sign_in
from community.staff import LOCK, TRIES_BEFORE_LOCK, Post, Staff
from community.staff_store import set_active, set_totp, staff_by_login
from storage import Database
from tests.community.registered import NOON
from tests.community.staffed import app_code, employed

KEY = b"k" * 32
PASSWORD = "brass kettle 7"  # noqa: S105 - made up
SECRET = b"12345678901234567890"
HASH = hash_password(PASSWORD)
STEP = timedelta(seconds=30)


@pytest.fixture
def staff(database: Database) -> Staff:
    return employed(database, "chen", Post("duty_officer", "demo"), password_hash=HASH)


def signed_in(
    database: Database,
    password: str = PASSWORD,
    *,
    login: str = "chen",
    code: str = "",
    now: datetime = NOON,
) -> SignIn:
    return sign_in(database, Attempt(login, password, code), KEY, now)


def code_at(now: datetime) -> str:
    return app_code(SECRET, now)


def test_the_right_password_lets_in(database: Database, staff: Staff) -> None:
    assert signed_in(database) == SignIn(staff)
    assert signed_in(database, login=" ＣＨＥＮ ") == SignIn(staff)


def test_everything_wrong_has_one_answer(database: Database, staff: Staff) -> None:
    database.write(lambda db: set_totp(db, staff.id, sealed_totp(KEY, staff.id, SECRET)))
    shut = employed(database, "li", password_hash=HASH)
    database.write(lambda db: set_active(db, shut.id, is_active=False))
    answers = [
        signed_in(database, login="nobody"),
        signed_in(database, "wrong kettle 7"),
        signed_in(database, login="li"),
        signed_in(database),
        signed_in(database, code="000000"),
    ]
    assert answers == [SignIn()] * 5


@pytest.mark.parametrize("login", ["chen", "nobody"])
def test_a_locked_login_is_told_alike(database: Database, staff: Staff, login: str) -> None:
    for _ in range(TRIES_BEFORE_LOCK):
        assert signed_in(database, "wrong kettle 7", login=login) == SignIn()
    locked = SignIn(locked_until=NOON + LOCK)
    assert signed_in(database, login=login, now=NOON + timedelta(minutes=1)) == locked
    after = signed_in(database, login=login, now=NOON + LOCK)
    assert after == SignIn(staff if login == "chen" else None)


def test_the_fifth_try_may_be_right_and_clears_the_others(database: Database, staff: Staff) -> None:
    for _ in range(2):
        for _ in range(TRIES_BEFORE_LOCK - 1):
            signed_in(database, "wrong kettle 7")
        assert signed_in(database) == SignIn(staff)


def test_a_code_is_asked_for_and_serves_once(database: Database, staff: Staff) -> None:
    database.write(lambda db: set_totp(db, staff.id, sealed_totp(KEY, staff.id, SECRET)))
    assert signed_in(database, code=code_at(NOON)) == SignIn(staff)
    assert signed_in(database, code=code_at(NOON)) == SignIn()
    assert signed_in(database, code=code_at(NOON - STEP)) == SignIn()
    assert signed_in(database, code=code_at(NOON + STEP), now=NOON + STEP) == SignIn(staff)


def test_a_code_typed_twice_at_once_lets_one_in(database: Database, staff: Staff) -> None:
    database.write(lambda db: set_totp(db, staff.id, sealed_totp(KEY, staff.id, SECRET)))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: signed_in(database, code=code_at(NOON)), range(2)))
    assert sorted(answer.staff is not None for answer in answers) == [False, True]


def test_guesses_at_once_are_locked_like_any(database: Database, staff: Staff) -> None:
    with ThreadPoolExecutor(4) as pool:
        guesses = [f"wrong kettle {number}" for number in range(TRIES_BEFORE_LOCK + 3)]
        answers = list(pool.map(lambda guess: signed_in(database, guess), guesses))
    assert [answer.locked_until is not None for answer in answers].count(True) == 3
    assert not any(answer.staff for answer in answers)


def test_an_older_hash_is_made_anew(database: Database) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    employed(database, "chen", password_hash=weaker)
    assert signed_in(database).staff
    found = database.read(lambda db: staff_by_login(db, "chen"))
    assert found is not None
    assert not needs_rehash(found.password_hash)
    assert signed_in(database).staff


def test_secrets_of_apps_are_sealed_for_one_person() -> None:
    sealed = sealed_totp(KEY, 7, SECRET)
    assert SECRET not in sealed
    assert opened_totp(KEY, 7, sealed) == SECRET
    with pytest.raises(Damaged):
        opened_totp(KEY, 8, sealed)
    with pytest.raises(WrongKey):
        opened_totp(b"x" * 32, 7, sealed)


def test_nothing_typed_stands_in_a_repr() -> None:
    assert PASSWORD not in repr(Attempt("chen", PASSWORD, "123456"))
    assert "123456" not in repr(Attempt("chen", PASSWORD, "123456"))
