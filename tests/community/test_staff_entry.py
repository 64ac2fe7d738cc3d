"""Tries that lock a login, and chat accounts bound by a code, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community.erasure import OWN, Erasable, forget_account, joined
from community.staff import CHAT_CODE_LIFETIME, LOCK, TRIES_BEFORE_LOCK, Post
from community.staff_store import (
    bound_accounts,
    clear_failed_tries,
    forget_old_sessions,
    locked_until,
    new_chat_code,
    note_failed_try,
    set_active,
    staff_account,
    staff_by_login,
    staff_of_account,
    take_chat_code,
    unbind,
)
from community.store import account_of
from storage import Database, new_code
from tests.community.registered import NOON
from tests.community.staffed import employed

SECOND = timedelta(seconds=1)
DUTY = Post("duty_officer", "demo")


def tried(database: Database, login: str, now: datetime = NOON) -> datetime | None:
    return database.write(lambda db: note_failed_try(db, login, now))


def lock_of(database: Database, login: str, now: datetime = NOON) -> datetime | None:
    return database.read(lambda db: locked_until(db, login, now))


@pytest.mark.parametrize("login", ["chen", "nobody", "any\x00thing \ud800", ""])
def test_five_tries_lock_any_login(database: Database, login: str) -> None:
    employed(database, "chen", DUTY)
    for _ in range(TRIES_BEFORE_LOCK):
        assert lock_of(database, login) is None
        assert tried(database, login) is None
    assert tried(database, login.upper(), NOON + SECOND) == NOON + LOCK
    assert lock_of(database, login, NOON + LOCK - SECOND) == NOON + LOCK
    assert lock_of(database, login, NOON + LOCK) is None
    assert tried(database, login, NOON + LOCK) is None
    assert lock_of(database, login, NOON + LOCK) is None


def test_a_lock_passes_and_five_more_lock_again(database: Database) -> None:
    for _ in range(TRIES_BEFORE_LOCK):
        tried(database, "chen")
    again = NOON + LOCK
    for _ in range(TRIES_BEFORE_LOCK):
        assert tried(database, "chen", again) is None
    assert tried(database, "chen", again) == again + LOCK


def test_who_signs_in_begins_anew(database: Database) -> None:
    employed(database, "chen", DUTY)
    for _ in range(TRIES_BEFORE_LOCK):
        tried(database, "chen")
    found = database.read(lambda db: staff_by_login(db, "chen"))
    assert found is not None
    assert (found.failed_tries, found.locked_until) == (TRIES_BEFORE_LOCK, NOON + LOCK)
    database.write(lambda db: clear_failed_tries(db, "Chen"))
    assert tried(database, "chen") is None
    assert lock_of(database, "chen") is None


def test_tries_far_apart_add_up_to_nothing(database: Database) -> None:
    now = NOON
    for _ in range(3 * TRIES_BEFORE_LOCK):
        assert tried(database, "chen", now) is None
        now += LOCK
    assert lock_of(database, "chen", now) is None


def test_logins_are_locked_one_by_one(database: Database) -> None:
    for _ in range(TRIES_BEFORE_LOCK + 1):
        tried(database, "chen")
    assert tried(database, "li") is None


def test_tries_at_the_same_time_pass_no_more_than_five(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tried(database, "chen"), range(20)))
    assert answers.count(None) == TRIES_BEFORE_LOCK


def test_old_tries_are_forgotten(database: Database) -> None:
    for _ in range(TRIES_BEFORE_LOCK):
        tried(database, "chen")
    tried(database, "li", NOON + SECOND)
    assert database.write(lambda db: forget_old_sessions(db, NOON + LOCK - SECOND)) == 0
    assert lock_of(database, "chen", NOON + LOCK - SECOND)
    assert database.write(lambda db: forget_old_sessions(db, NOON + LOCK)) == 1


class Chat:
    """Somebody who works here, and two chat accounts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.staff = employed(database, "chen", DUTY)
        self.phone = database.write(lambda db: account_of(db, "wechat", "phone", NOON))
        self.other = database.write(lambda db: account_of(db, "telegram", "other", NOON))

    def code(self, now: datetime = NOON) -> str:
        return self.database.write(lambda db: new_chat_code(db, self.staff.id, now))

    def take(self, code: str, account_id: int, now: datetime = NOON) -> bool:
        return self.database.write(lambda db: take_chat_code(db, code, account_id, now))

    def who(self, account_id: int) -> object:
        return self.database.read(lambda db: staff_of_account(db, account_id))


@pytest.fixture
def chat(database: Database) -> Chat:
    return Chat(database)


def test_a_code_binds_an_account_once(chat: Chat) -> None:
    code = chat.code()
    assert chat.who(chat.phone) is None
    assert chat.take(f" {code[:4].lower()}-{code[4:]}", chat.phone)
    assert chat.who(chat.phone) == chat.staff
    assert not chat.take(code, chat.other)
    assert chat.who(chat.other) is None


def test_a_code_ends_with_its_time_or_the_next(chat: Chat) -> None:
    first = chat.code()
    second = chat.code()
    assert not chat.take(first, chat.phone)
    assert not chat.take(second, chat.phone, NOON + CHAT_CODE_LIFETIME)
    assert chat.take(second, chat.phone, NOON + CHAT_CODE_LIFETIME - SECOND)


@pytest.mark.parametrize("typed", ["", "12345678", "好的", "\x00"])
def test_what_is_no_code_binds_nothing(chat: Chat, typed: str) -> None:
    chat.code()
    assert not chat.take(typed, chat.phone)
    assert not chat.take(new_code(), chat.phone)


def test_two_who_type_a_code_at_once_are_not_both_bound(chat: Chat) -> None:
    code = chat.code()
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda account: chat.take(code, account), (chat.phone, chat.other)))
    assert sorted(taken) == [False, True]


def test_several_accounts_may_be_one_persons(chat: Chat) -> None:
    chat.take(chat.code(), chat.phone)
    chat.take(chat.code(), chat.other, NOON + SECOND)
    bound = chat.database.read(lambda db: bound_accounts(db, chat.staff.id))
    assert bound == [chat.phone, chat.other]
    assert chat.database.write(lambda db: unbind(db, chat.phone))
    assert not chat.database.write(lambda db: unbind(db, chat.phone))
    assert chat.who(chat.phone) is None
    assert chat.who(chat.other) == chat.staff


def test_an_account_is_the_last_ones_who_bound_it(chat: Chat) -> None:
    li = employed(chat.database, "li", DUTY)
    chat.take(chat.code(), chat.phone)
    chat.take(chat.database.write(lambda db: new_chat_code(db, li.id, NOON)), chat.phone)
    assert chat.who(chat.phone) == li


def test_shutting_out_ends_bindings_for_good(chat: Chat) -> None:
    chat.take(chat.code(), chat.phone)
    waiting = chat.code()
    chat.database.write(lambda db: set_active(db, chat.staff.id, is_active=False))
    assert chat.who(chat.phone) is None
    assert not chat.take(waiting, chat.other)
    chat.database.write(lambda db: set_active(db, chat.staff.id, is_active=True))
    assert chat.who(chat.phone) is None


def test_an_account_that_goes_takes_its_binding_along(chat: Chat) -> None:
    chat.take(chat.code(), chat.phone)
    erasable = joined(OWN, Erasable(accounts=(staff_account.c.account_id,)))
    assert chat.database.write(lambda db: forget_account(db, chat.phone, erasable))
    assert chat.database.read(lambda db: bound_accounts(db, chat.staff.id)) == []


class Lock:
    """What the lock of one login should do, told plainly."""

    def __init__(self) -> None:
        self.tries = 0
        self.last = self.until = NOON - 2 * LOCK

    def tried(self, now: datetime) -> datetime | None:
        if now < self.until:
            return self.until
        begins_anew = now - self.last >= LOCK or self.tries >= TRIES_BEFORE_LOCK
        self.tries = 1 if begins_anew else self.tries + 1
        self.last = now
        if self.tries >= TRIES_BEFORE_LOCK:
            self.until = now + LOCK
        return None


STEPS = st.lists(
    st.one_of(st.integers(0, 20).map(lambda minutes: timedelta(minutes=minutes)), st.none()),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_any_course_of_tries_is_locked_as_told(
    database: Database, steps: list[timedelta | None]
) -> None:
    """None among the steps is a success, which clears."""
    told, now = Lock(), NOON
    database.write(lambda db: clear_failed_tries(db, "chen"))
    for step in steps:
        if step is None:
            told = Lock()
            database.write(lambda db: clear_failed_tries(db, "chen"))
            continue
        now += step
        assert tried(database, "chen", now) == told.tried(now)
        expected = told.until if now < told.until else None
        assert lock_of(database, "chen", now) == expected
