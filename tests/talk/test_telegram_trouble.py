"""Trouble while people write: a locked store, a chat that is held up, a platform that hiccups."""

from collections.abc import Iterator
from time import monotonic

import pytest

from tests.platforms.loopback import wait_until
from tests.talk.conftest import Town
from tests.talk.towns import (
    CALL_119,
    FIRE,
    PATIENCE,
    Resident,
    deliveries_of,
    furnished,
    standing,
    turns_of,
    write_locked,
)

LOCKED_SECONDS = 5.0
# Of an emergency's answer, on a machine that does other things as well.
AT_ONCE_SECONDS = 1.5
ASKED_TO_WAIT = 6.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "telegram-trouble")) as town:
        Resident.of(town, 1).asks("/phones")  # connected, and everything loaded
        yield town
        assert town.telegram.token not in town.log


def took(who: Resident, text: str) -> float:
    """Let somebody write, and return how many seconds the answer took."""
    before = monotonic()
    who.asks(text)
    return monotonic() - before


def test_emergencies_are_answered_once_while_the_store_is_locked(town: Town) -> None:
    people = [Resident.of(town, 200 + n) for n in range(4)]
    with write_locked(town.data_dir):
        before = monotonic()
        for who in people:
            who.user.says(FIRE)
        shown = [who.reads()[0] for who in people]
        seconds = monotonic() - before
        # The flow goes on in memory, and an open emergency stays as urgent.
        assert took(people[0], "已打119") < AT_ONCE_SECONDS
        wait_until(lambda: monotonic() - before > LOCKED_SECONDS, LOCKED_SECONDS)

    assert all(one.text.startswith(CALL_119) for one in shown)
    assert seconds < AT_ONCE_SECONDS, f"the answers took {seconds:.2f} s"
    assert wait_until(lambda: turns_of(town.data_dir, "200") == [FIRE, "已打119"], PATIENCE)
    for who in people:
        who.reads_nothing()  # and nothing more, now that the store is back
    assert people[0].asks("安全了").text.startswith("好，人没事最要紧")


def test_small_talk_is_answered_once_though_the_store_came_too_late(town: Town) -> None:
    who, other = Resident.of(town, 210), Resident.of(town, 211)
    with write_locked(town.data_dir):
        who.user.says("你好")
        other.user.says("/phones")
        shown, failed = who.reads()[0], other.reads()[0]

    assert shown.text.startswith("你好，我在")
    assert failed.text.startswith("刚才这句没存下来，请再发一次")
    assert wait_until(lambda: turns_of(town.data_dir, "210") == ["你好"], PATIENCE)
    who.reads_nothing()
    other.reads_nothing()
    assert turns_of(town.data_dir, "211") == []  # told that it was not stored, so it is not
    assert other.asks("/phones").text.startswith("常用电话")


def test_a_chat_that_is_held_up_and_one_that_failed_hold_up_no_other(town: Town) -> None:
    slow, failed, *others = [Resident.of(town, 220 + n) for n in range(12)]
    town.telegram.flood(slow.user.id, ASKED_TO_WAIT)
    before = monotonic()
    slow.user.says("/phones")
    assert wait_until(lambda: town.telegram.pace.refused == 1, PATIENCE)
    town.telegram.fail_next(1, "5xx", "sendMessage")
    failed.user.says("/phones")
    wait_until(lambda: deliveries_of(town.data_dir, str(failed.user.id)) == ["waiting"], PATIENCE)
    seconds = max(took(who, "/phones") for who in others)

    assert seconds < AT_ONCE_SECONDS, f"others waited for {seconds:.2f} s"
    assert failed.reads()[0].text.startswith("常用电话")
    assert slow.reads()[0].text.startswith("常用电话")
    assert monotonic() - before > ASKED_TO_WAIT
    assert town.telegram.pace.refused == 1  # asked once, and believed
    for who in (slow, failed):
        who.reads_nothing()


def test_an_answer_whose_connection_broke_is_not_sent_twice(town: Town) -> None:
    """The platform did it and the answer to us was lost: a reply counts as sent."""
    who = Resident.of(town, 240)
    town.telegram.fail_next(1, "lost", "sendMessage")
    assert who.asks("/phones").text.startswith("常用电话")

    assert wait_until(lambda: deliveries_of(town.data_dir, "240") == ["uncertain"], PATIENCE)
    who.reads_nothing()


def test_an_answer_that_the_platform_was_too_busy_for_is_sent_again(town: Town) -> None:
    who = Resident.of(town, 241)
    town.telegram.fail_next(1, "busy", "sendMessage")
    assert who.asks("/phones").text.startswith("常用电话")
    who.reads_nothing()
