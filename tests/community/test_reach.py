"""Windows counted, and who left or blocked us, on both stores."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from community.reach import (
    MARGIN,
    WECHAT_MESSAGE,
    WECHAT_TAP,
    Reach,
    close_window,
    forget_reach,
    give_window_back,
    is_reachable,
    note_back,
    note_blocked,
    note_contact,
    note_left,
    reach_of,
    take_window,
)
from storage import Database
from tests.community.outbox_rows import HOUR, NOON, SECOND, add_account, make_tables


@pytest.fixture
def db(database: Database) -> Iterator[Connection]:
    make_tables(database)
    with database.engines.write.begin() as connection:
        yield connection


@pytest.fixture
def ann(db: Connection) -> int:
    return add_account(db)


def taken(db: Connection, account: int, after: timedelta = SECOND) -> int:
    """How many messages could be sent ``after`` noon."""
    return sum(take_window(db, account, NOON + after) for _ in range(10))


def test_the_windows_are_the_platforms() -> None:
    assert (WECHAT_MESSAGE.lasts, WECHAT_MESSAGE.messages) == (48 * HOUR, 5)
    assert (WECHAT_TAP.lasts, WECHAT_TAP.messages) == (60 * SECOND, 3)


def test_nobody_can_be_written_to_before_they_wrote(db: Connection, ann: int) -> None:
    assert reach_of(db, ann) == Reach()
    assert is_reachable(db, ann)
    assert not take_window(db, ann, NOON)


def test_a_message_opens_a_window_of_five_in_two_days(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)

    assert taken(db, ann) == 5
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    assert taken(db, ann, 48 * HOUR - MARGIN) == 0
    assert taken(db, ann, 48 * HOUR - MARGIN - SECOND) == 5


def test_a_tap_does_not_shorten_a_window_that_is_open(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    note_contact(db, ann, WECHAT_TAP, NOON + SECOND)

    assert reach_of(db, ann).wrote_at == NOON + SECOND
    assert taken(db, ann, HOUR) == 5


def test_a_tap_opens_a_window_when_the_longer_one_is_used_up(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    taken(db, ann)
    note_contact(db, ann, WECHAT_TAP, NOON)

    assert taken(db, ann, 60 * SECOND) == 0
    assert taken(db, ann) == 3


def test_a_message_lengthens_the_window_of_a_tap(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_TAP, NOON)
    note_contact(db, ann, WECHAT_MESSAGE, NOON)

    assert taken(db, ann, HOUR) == 5


def test_a_contact_without_a_window_keeps_the_one_that_is_open(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_TAP, NOON)
    note_contact(db, ann, None, NOON)

    assert taken(db, ann) == 3


def test_what_was_not_sent_is_given_back(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_TAP, NOON)
    take_window(db, ann, NOON)
    give_window_back(db, ann, NOON)

    assert taken(db, ann) == 3
    give_window_back(db, ann, NOON + HOUR)
    assert reach_of(db, ann).window_left == 0


def test_a_closed_window_opens_when_they_write(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    close_window(db, ann)
    assert not reach_of(db, ann).has_window(NOON)

    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    assert reach_of(db, ann).has_window(NOON)


@pytest.mark.parametrize("note_gone", [note_left, note_blocked])
def test_who_is_gone_is_not_reachable_until_back(
    db: Connection, ann: int, note_gone: type[object]
) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    note_gone(db, ann, NOON)

    assert not is_reachable(db, ann)
    assert not take_window(db, ann, NOON)
    note_back(db, ann)
    assert is_reachable(db, ann)
    assert not take_window(db, ann, NOON)


def test_who_writes_is_back(db: Connection, ann: int) -> None:
    note_left(db, ann, NOON)
    note_blocked(db, ann, NOON)

    note_contact(db, ann, WECHAT_MESSAGE, NOON + HOUR)

    assert is_reachable(db, ann)


def test_the_first_time_they_left_counts(db: Connection, ann: int) -> None:
    note_left(db, ann, NOON)
    note_left(db, ann, NOON + HOUR)

    assert reach_of(db, ann).left_at == NOON


def test_reach_is_kept_by_account_and_can_be_forgotten(db: Connection, ann: int) -> None:
    bob = add_account(db, "bob")
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    note_contact(db, bob, WECHAT_MESSAGE, NOON)
    forget_reach(db, ann)

    assert reach_of(db, ann) == Reach()
    assert taken(db, bob) == 5


def test_workers_at_once_take_no_more_than_there_is(database: Database) -> None:
    make_tables(database)

    def open_one(db: Connection) -> int:
        account = add_account(db)
        note_contact(db, account, WECHAT_MESSAGE, NOON)
        return account

    account = database.write(open_one)
    with ThreadPoolExecutor(8) as threads:
        took = list(
            threads.map(
                lambda _: database.write(lambda db: take_window(db, account, NOON)), range(24)
            )
        )

    assert sum(took) == 5
