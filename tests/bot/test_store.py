"""Turns and sessions on both stores: one turn an utterance, and forgetting."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from bot import store
from bot.store import TurnRow
from community.deliveries import Delivery
from community.delivery_store import delivery, mark_shown, queue_delivery
from community.store import account_of, find_account
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def row(said: str, at: datetime = NOON) -> TurnRow:
    return TurnRow(0, said, [{"kind": "chat", "text": said}], at)


@pytest.fixture
def account(database: Database) -> int:
    return database.write(lambda db: account_of(db, "web", "a", NOON))


def test_an_utterance_has_one_turn(database: Database, account: int) -> None:
    first, is_new = database.write(lambda db: store.add_turn(db, account, "m1", row("先")))
    again, is_new_again = database.write(lambda db: store.add_turn(db, account, "m1", row("后")))

    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert first.said == "先"


def test_copies_at_once_make_one_turn(database: Database, account: int) -> None:
    def add(number: int) -> tuple[TurnRow, bool]:
        said = row(f"第{number}份")
        return database.write(lambda db: store.add_turn(db, account, "same", said))

    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(add, range(16)))

    assert len({turn.id for turn, _ in added}) == 1
    assert sum(is_new for _, is_new in added) == 1


def test_a_session_is_stored_and_changed(database: Database, account: int) -> None:
    later = NOON + timedelta(minutes=1)
    assert database.read(lambda db: store.load_session(db, account)) is None

    database.write(lambda db: store.save_session(db, account, {"question": "一"}, NOON))
    database.write(lambda db: store.save_session(db, account, {"question": "二"}, later))

    found = database.read(lambda db: store.load_session(db, account))
    assert found == store.StoredSession({"question": "二"}, later)


def test_turns_after_an_id(database: Database, account: int) -> None:
    def add(db: Connection) -> list[int]:
        return [store.add_turn(db, account, f"m{n}", row(f"{n}"))[0].id for n in range(5)]

    ids = database.write(add)

    def said(after: int, most: int = 10, since: datetime = NOON) -> list[str]:
        return database.read(
            lambda db: [t.said for t in store.turns_after(db, account, after, since, most)]
        )

    assert said(ids[1]) == ["2", "3", "4"]
    assert said(0, most=2) == ["3", "4"]
    assert said(0, since=NOON + timedelta(seconds=1)) == []


def test_a_turn_is_its_own_accounts_alone(database: Database, account: int) -> None:
    other = database.write(lambda db: account_of(db, "web", "b", NOON))
    added, _ = database.write(lambda db: store.add_turn(db, account, "m1", row("我的")))

    assert database.read(lambda db: store.turn_of(db, account, added.id)) == added
    assert database.read(lambda db: store.turn_of(db, other, added.id)) is None
    assert database.read(lambda db: store.find_turn(db, other, "m1")) is None


@pytest.mark.parametrize(
    ("age", "turns", "sessions"),
    [
        (timedelta(hours=23), 1, 1),
        (timedelta(hours=25), 0, 1),
        (timedelta(days=31), 0, 0),
    ],
    ids=["today's", "yesterday's", "last month's"],
)
def test_what_is_forgotten(
    database: Database, account: int, age: timedelta, turns: int, sessions: int
) -> None:
    def add(db: Connection) -> None:
        store.add_turn(db, account, "m1", row("旧", NOON - age))
        store.save_session(db, account, {}, NOON - age)

    def left(table: object) -> Callable[[Connection], int]:
        return lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]

    database.write(add)
    gone = database.write(lambda db: store.forget_old(db, NOON))

    assert gone == 2 - turns - sessions
    assert database.read(left(store.turn)) == turns
    assert database.read(left(store.session)) == sessions


def take_up(db: Connection, utterance_id: str = "m1") -> store.Standing:
    return store.take_up(db, "web", "a", utterance_id, NOON)


def test_who_writes_first_gets_a_row_and_has_nothing(database: Database) -> None:
    first = database.write(take_up)
    again = database.write(take_up)

    assert first == again == store.Standing(first.account_id)
    assert database.read(lambda db: find_account(db, "web", "a")) == first.account_id


def test_what_stands_is_found_at_once(database: Database, account: int) -> None:
    def store_all(db: Connection) -> TurnRow:
        store.save_session(db, account, {"question": "一"}, NOON)
        store.add_turn(db, account, "m2", row("别的"))
        return store.add_turn(db, account, "m1", row("问"))[0]

    made = database.write(store_all)
    session = store.StoredSession({"question": "一"}, NOON)

    assert database.write(take_up) == store.Standing(account, made, session)
    other = database.write(lambda db: take_up(db, "m3"))
    assert other == store.Standing(account, None, session)


def test_what_waits_in_the_outbox_is_told_until_it_is_settled(
    database: Database, account: int
) -> None:
    body = [{"kind": "chat", "text": "等着"}]
    waiting = Delivery(
        account, "web", "reply", "reply", body, "k", due_at=NOON, expires_at=NOON + timedelta(1)
    )
    queued = database.write(lambda db: queue_delivery(db, waiting, NOON))
    assert database.write(take_up).has_waiting

    database.write(lambda db: mark_shown(db, [queued or 0], NOON))
    assert not database.write(take_up).has_waiting


def test_messages_of_one_account_see_the_session_of_the_one_before(database: Database) -> None:
    def count_one(number: int) -> None:
        def work(db: Connection) -> None:
            standing = take_up(db, f"m{number}")
            state = standing.session.state if standing.session else {"count": 0}
            assert isinstance(state, dict)
            store.save_session(db, standing.account_id, {"count": state["count"] + 1}, NOON)

        database.write(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_one, range(40)))

    found = database.write(take_up).session
    assert found == store.StoredSession({"count": 40}, NOON)


def test_blanked_turns_stay_to_know_repeats_by(database: Database) -> None:
    def work(db: Connection) -> tuple[list[str], bool]:
        account = account_of(db, "telegram", "7001", NOON)
        for number, said in enumerate(["以前", "楼道堆物", "匿名"]):
            at = NOON + timedelta(minutes=number)
            row = store.TurnRow(0, said, [{"kind": "chat", "text": said}], at)
            turn_id = store.add_turn(db, account, f"m{number}", row)[0].id
            body = [{"kind": "chat", "text": said}]
            queued = Delivery(
                account, "telegram", "reply", "reply", body, f"turn:{turn_id}", at,
                at + timedelta(days=1), turn_id=turn_id,
            )  # fmt: skip
            queue_delivery(db, queued, at)
        store.blank_turns(db, account, NOON + timedelta(minutes=1))
        bodies = [row.body for row in db.execute(select(delivery.c.body).order_by(delivery.c.id))]
        assert bodies[1:] == [[], []]
        assert bodies[0] != []
        again = store.TurnRow(0, "匿名", [], NOON)
        turns = store.turns_after(db, account, 0, NOON, 10)
        return [turn.said for turn in turns], store.add_turn(db, account, "m2", again)[1]

    assert database.write(work) == (["以前", "", ""], False)
