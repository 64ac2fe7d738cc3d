"""Linking two channels of one person, step by step, on both stores."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from community.bindings import bind, binding, bound_buildings
from community.link_store import (
    LinkAttempt,
    confirm,
    link,
    link_miss,
    linked_accounts,
    pending_link,
    refuse,
    start_link,
    tries_left,
    try_code,
    unlink,
)
from community.linking import TRIES_OF_ACCOUNT, TRIES_OF_ALL, LinkState
from community.merging import Belongings
from community.store import account_of, channel_account, resident, resident_of
from storage import Database
from tests.community.registered import NOON, building_called, imported, with_register_tables

KEY = b"k" * 32
MINUTE = timedelta(minutes=1)
OWNED = Belongings([binding.c.resident_id])


@pytest.fixture
def database(database: Database) -> Database:
    return with_register_tables(database)


class Person:
    """One account, and what its owner does."""

    def __init__(self, database: Database, channel: str, name: str, at: datetime = NOON) -> None:
        self.database = database
        self.channel = channel
        self.name = name
        self.id = database.write(lambda db: account_of(db, channel, name, at))

    @property
    def resident(self) -> int:
        return self.database.read(lambda db: resident_of(db, self.id))

    def show(self, now: datetime = NOON) -> str:
        return self.database.write(lambda db: start_link(db, self.id, KEY, now))

    def type(self, code: str, now: datetime = NOON) -> LinkAttempt:
        def work(db: object) -> LinkAttempt:
            account_of(db, self.channel, self.name, now)  # type: ignore[arg-type]
            return try_code(db, self.id, code, KEY, now)  # type: ignore[arg-type]

        return self.database.write(work)

    def agree(self, link_id: int | None, now: datetime = NOON) -> LinkState | None:
        assert link_id is not None
        return self.database.write(lambda db: confirm(db, self.id, link_id, now, OWNED))

    def refuse(self, link_id: int | None, now: datetime = NOON) -> LinkState | None:
        assert link_id is not None
        return self.database.write(lambda db: refuse(db, self.id, link_id, now))

    def unlink(self, now: datetime = NOON) -> bool:
        return self.database.write(lambda db: unlink(db, self.id, now))


@pytest.fixture
def wechat(database: Database) -> Person:
    return Person(database, "wechat", "openid")


@pytest.fixture
def telegram(database: Database) -> Person:
    return Person(database, "telegram", "42", NOON + MINUTE)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def linked(one: Person, other: Person) -> None:
    attempt = other.type(one.show())
    one.agree(attempt.link_id)
    assert other.agree(attempt.link_id) == "joined"


def test_a_code_and_two_yeses_make_one_person(wechat: Person, telegram: Person) -> None:
    database = wechat.database
    code = wechat.show()
    assert re.fullmatch("[0-9]{6}", code)
    attempt = telegram.type(f" {code[:3]} {code[3:]} ")
    assert (attempt.outcome, attempt.giver_id) == ("pending", wechat.id)

    asked = database.read(lambda db: pending_link(db, wechat.id, NOON))
    assert asked is not None
    assert (asked.link_id, asked.other_id, asked.other_channel) == (
        attempt.link_id, telegram.id, "telegram",
    )  # fmt: skip
    assert not asked.has_agreed
    assert telegram.agree(attempt.link_id) == "typed"
    waiting = database.read(lambda db: pending_link(db, telegram.id, NOON))
    assert waiting is not None
    assert waiting.has_agreed
    assert wechat.resident != telegram.resident

    assert wechat.agree(attempt.link_id) == "joined"

    assert wechat.resident == telegram.resident
    assert wechat.agree(attempt.link_id) == "joined"
    assert database.read(lambda db: pending_link(db, wechat.id, NOON)) is None
    assert database.read(lambda db: linked_accounts(db, wechat.id)) == [(telegram.id, "telegram")]


def test_what_the_newer_had_goes_to_the_older(wechat: Person, telegram: Person) -> None:
    database = wechat.database
    imported(database)
    for person, names in (
        (wechat, ["双福花园2栋", "双福花园3栋"]),
        (telegram, ["双福花园3栋", "双福花园13栋", "江津中心A座"]),
    ):
        for name in names:
            building = building_called(database, name).id
            who = person.resident
            database.write(lambda db, who=who, at=building: bind(db, who, at, "scan", NOON))
    older, newer = wechat.resident, telegram.resident

    linked(telegram, wechat)  # who shows the code and who types it makes no difference

    assert wechat.resident == telegram.resident == older
    names = [row.building.name for row in database.read(lambda db: bound_buildings(db, older))]
    assert sorted(names) == sorted(["双福花园2栋", "双福花园3栋", "双福花园13栋", "江津中心A座"])
    left = select(resident.c.id).where(resident.c.id == newer)
    assert database.read(lambda db: db.execute(left).first()) is None


def test_one_no_ends_it(wechat: Person, telegram: Person) -> None:
    attempt = telegram.type(wechat.show())
    assert telegram.agree(attempt.link_id) == "typed"
    assert wechat.refuse(attempt.link_id) == "refused"
    assert telegram.agree(attempt.link_id) == "refused"
    assert wechat.agree(attempt.link_id) == "refused"
    assert wechat.resident != telegram.resident


def test_strangers_have_no_say(wechat: Person, telegram: Person) -> None:
    attempt = telegram.type(wechat.show())
    stranger = Person(wechat.database, "web", "x")
    assert stranger.agree(attempt.link_id) is None
    assert stranger.refuse(attempt.link_id) is None
    assert stranger.agree(10**9) is None


def test_a_code_is_good_once_and_for_ten_minutes(wechat: Person, telegram: Person) -> None:
    third = Person(wechat.database, "web", "x")
    code = wechat.show()
    assert telegram.type(code).outcome == "pending"
    assert third.type(code).outcome == "unknown"

    code = wechat.show()
    assert telegram.type(code, NOON + 10 * MINUTE).outcome == "expired"
    assert telegram.type(code, NOON + 10 * MINUTE).outcome == "unknown"


def test_a_new_code_ends_the_one_before(wechat: Person, telegram: Person) -> None:
    first, second = wechat.show(), wechat.show()
    if first != second:
        assert telegram.type(first).outcome == "unknown"
    assert telegram.type(second).outcome == "pending"


def test_ones_own_code_and_ones_own_channels(wechat: Person, telegram: Person) -> None:
    code = wechat.show()
    assert wechat.type(code).outcome == "own"
    assert telegram.type(code).outcome == "pending"
    linked(wechat, telegram)
    assert telegram.type(wechat.show()).outcome == "already"


def test_five_wrong_codes_are_enough(wechat: Person, telegram: Person) -> None:
    code = wechat.show()
    for _ in range(TRIES_OF_ACCOUNT):
        assert telegram.type(wrong(code)).outcome == "unknown"
    assert telegram.type(code).outcome == "too_many"
    third = Person(wechat.database, "web", "x")
    assert third.type(code).outcome == "pending", "others are not held up"
    later = NOON + 10 * MINUTE
    assert telegram.type(wechat.show(later), later).outcome == "pending"


def test_tries_are_counted_from_what_was_typed(wechat: Person, telegram: Person) -> None:
    code, found = wechat.show(), []
    for _ in range(TRIES_OF_ACCOUNT + 1):
        telegram.type(wrong(code))
        found.append(wechat.database.read(lambda db: tries_left(db, telegram.id, NOON)))

    assert found == [4, 3, 2, 1, 0, 0]
    later = NOON + 10 * MINUTE
    assert wechat.database.read(lambda db: tries_left(db, telegram.id, later)) == 5
    assert wechat.database.read(lambda db: tries_left(db, wechat.id, NOON)) == 5


def test_many_accounts_together_are_held_up(wechat: Person, telegram: Person) -> None:
    database, code = wechat.database, wechat.show()
    guessing = [Person(database, "web", f"g{n}") for n in range(TRIES_OF_ALL // TRIES_OF_ACCOUNT)]
    for person in guessing:
        for _ in range(TRIES_OF_ACCOUNT):
            person.type(wrong(code))
    assert telegram.type(code).outcome == "too_many"
    later = NOON + 10 * MINUTE
    assert telegram.type(wechat.show(later), later).outcome == "pending"


@pytest.mark.parametrize("typed", ["", "关联", "12345", "1234567", "' OR 1=1"])
def test_what_is_no_code_is_unknown_and_counted(telegram: Person, typed: str) -> None:
    assert telegram.type(typed).outcome == "unknown"
    rows = telegram.database.read(lambda db: db.execute(select(link_miss)).all())
    assert [row.account_id for row in rows] == [telegram.id]


def test_no_code_is_kept_as_it_is_shown(wechat: Person) -> None:
    code = wechat.show()
    rows = wechat.database.read(lambda db: db.execute(select(link)).mappings().all())
    assert all(code not in str(value) for row in rows for value in row.values())


def test_unlinking_starts_anew(wechat: Person, telegram: Person) -> None:
    database = wechat.database
    imported(database)
    building = building_called(database, "双福花园3栋").id
    linked(wechat, telegram)
    shared = wechat.resident
    database.write(lambda db: bind(db, shared, building, "scan", NOON))

    assert telegram.unlink()
    assert not telegram.unlink()

    assert wechat.resident == shared != telegram.resident
    assert len(database.read(lambda db: bound_buildings(db, shared))) == 1
    assert database.read(lambda db: bound_buildings(db, telegram.resident)) == []
    linked(wechat, telegram)
    assert wechat.resident == telegram.resident == shared


def test_unlinking_ends_what_is_under_way(wechat: Person, telegram: Person) -> None:
    attempt = telegram.type(wechat.show())
    wechat.unlink()
    assert telegram.agree(attempt.link_id) == "refused"


def test_old_links_and_misses_are_forgotten(wechat: Person, telegram: Person) -> None:
    telegram.type(wrong(wechat.show()))
    telegram.type(wechat.show())
    much_later = NOON + 60 * MINUTE
    wechat.show(much_later)
    database = wechat.database
    assert len(database.read(lambda db: db.execute(select(link)).all())) == 1
    assert database.read(lambda db: db.execute(select(link_miss)).all()) == []


def test_an_old_yes_meets_no_later_link(wechat: Person, telegram: Person) -> None:
    """SQLite gave the id of a deleted link to the next one."""
    old = telegram.type(wechat.show())
    later = NOON + 60 * MINUTE
    third = Person(wechat.database, "web", "x")
    attempt = third.type(wechat.show(later), later)
    assert attempt.outcome == "pending"
    assert wechat.agree(old.link_id, later) is None
    assert third.agree(attempt.link_id, later) == "typed"
    assert wechat.resident != third.resident


def both(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(2) as pool:
        return [future.result(20) for future in (pool.submit(first), pool.submit(second))]


def test_two_yeses_at_once_join_once(wechat: Person, telegram: Person) -> None:
    for _ in range(5):
        attempt = telegram.type(wechat.show())
        states = both(
            lambda a=attempt: wechat.agree(a.link_id), lambda a=attempt: telegram.agree(a.link_id)
        )
        assert sorted(map(str, states)) == ["joined", "typed"]
        assert wechat.resident == telegram.resident
        assert telegram.unlink()


def test_of_two_who_type_at_once_one_is_taken(wechat: Person, telegram: Person) -> None:
    third = Person(wechat.database, "web", "x")
    for n in range(5):
        now = NOON + n * timedelta(hours=1)
        code = wechat.show(now)
        attempts = both(
            lambda c=code, t=now: telegram.type(c, t), lambda c=code, t=now: third.type(c, t)
        )
        outcomes = sorted(attempt.outcome for attempt in attempts)  # type: ignore[attr-defined]
        assert outcomes == ["pending", "unknown"]


def test_codes_of_many_are_all_different(database: Database) -> None:
    people = [Person(database, "web", f"p{n}") for n in range(60)]
    codes = [person.show() for person in people]
    assert len(set(codes)) == len(codes)
    rows = database.read(lambda db: db.scalars(select(channel_account.c.id)).all())
    assert len(rows) == len(people)
