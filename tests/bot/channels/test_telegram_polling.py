"""Connecting and fetching through outages: nothing lost, nothing doubled, and all of it said."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.channels.telegram import ConnectionState, StoredLease, TelegramConfig
from bot.channels.telegram_polling import offset_after
from storage import Database, migrate, open_database
from tests.bot.channels.telegram_service import (
    AROUND,
    Running,
    WrittenConversation,
    running,
)
from tests.bot.channels.telegram_updates import message
from tests.bot.conftest import Clock
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import TelegramPlatform

SECRET = "a-secret"  # noqa: S105 - of nobody


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def conversation() -> WrittenConversation:
    return WrittenConversation()


@pytest.fixture
def config(platform: TelegramPlatform) -> TelegramConfig:
    return TelegramConfig(platform.token, api=platform.url)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'shared.db'}") as database:
        migrate(database)
        yield database


def until(service: Running, mode: str) -> ConnectionState:
    """Wait for a mode of the connection, and return the state."""
    assert wait_until(lambda: service.telegram.state.mode == mode), service.telegram.state
    return service.telegram.state


def test_out_of_reach_at_the_start_it_connects_by_itself(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform.fail_next(3, "broken", "getMe")
    platform.fail_next(3, "5xx", "getMe")
    platform.fail_next(3, "html", "getMe")
    ann = platform.user(77)
    ann.says("软管")
    with caplog.at_level(logging.WARNING), running(conversation, config) as service:
        state = until(service, "polling")
        ann.wait_for(1)

    assert (state.problem, state.failures) == ("", 0)
    assert state.since is not None
    assert state.username == platform.username
    assert conversation.texts == ["软管"]
    # Nine failures of the same meaning are one line.
    assert len([one for one in caplog.records if "Telegram" in one.message]) == 1
    assert not [one for one in caplog.records if one.exc_info]


def test_hours_later_too(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ann = platform.user(77)
    with running(conversation, config) as service:
        until(service, "polling")
        platform.fail_next(5, "5xx", "getUpdates")
        ann.says("软管")  # ends the call under way; the next ones fail
        ann.wait_for(1)
        assert wait_until(lambda: "连不上" in caplog.text)
        ann.says("楼道有烟怎么办")
        ann.wait_for(2)
        assert wait_until(lambda: service.telegram.state.is_connected)

    assert conversation.texts == ["软管", "楼道有烟怎么办"]
    assert service.telegram.state.mode == "stopped"


def test_a_wrong_token_is_said_and_stops_nothing(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    config = TelegramConfig("99:wrong", api=platform.url)
    with running(conversation, config) as service:
        assert wait_until(lambda: service.telegram.state.failures > 2)
        assert "@BotFather" in service.telegram.state.problem


def test_another_poller_is_said_and_survived(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    ann = platform.user(77)
    with running(conversation, config, replace(AROUND, pause=lambda _: 0.5)) as service:
        until(service, "polling")
        other = f"{platform.url}/bot{platform.token}/getUpdates?timeout=0"
        # The long poll may begin only a moment after the first one was answered.
        assert wait_until(
            lambda: bool(httpx.get(other, trust_env=False)) and service.telegram.state.failures > 0
        )
        assert "停掉那一个" in service.telegram.state.problem
        ann.says("软管")
        ann.wait_for(1)
        until(service, "polling")


def test_what_was_not_stored_comes_again_and_the_rest_only_once(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    ann, bob = platform.user(71), platform.user(72)
    conversation.is_failing = True
    ann.says("软管")
    bob.says("着火了")
    with running(conversation, config):
        bob.wait_for(1)
        assert wait_until(lambda: conversation.texts.count("软管") >= 2)
        conversation.is_failing = False
        ann.wait_for(1)
        assert platform.settle()

    assert conversation.texts.count("着火了") == 1
    assert [shown.text for shown in bob.received] == ["现在打119（免费）。\n• 往外走。"]
    assert len(ann.received) == 1


def test_an_emergency_without_storage_is_sent_again_until_it_leaves(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    ann = platform.user(77)
    conversation.is_failing = True
    platform.fail_next(1, "busy", "sendMessage")
    with running(conversation, config):
        ann.says("着火了")
        ann.wait_for(1)

    assert len(ann.received) == 1
    assert ann.last.buttons[0].label == "1 已打119"


def test_an_update_that_cannot_be_read_holds_up_nothing(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ann = platform.user(77)
    platform.state.add_update(message=5)
    platform.state.add_update(message=message() | {"photo": "of tomorrow"})
    ann.says("软管")
    with caplog.at_level(logging.WARNING), running(conversation, config):
        ann.wait_for(1)
        assert platform.settle()

    assert conversation.texts == ["软管"]
    assert caplog.text.count("cannot be read") == 2


@pytest.mark.parametrize(
    ("taken", "offset"),
    [
        ({}, None),
        ({7: True, 8: True}, 9),
        ({7: True, 8: False, 9: True, 10: False}, 8),
        ({7: False}, 7),
    ],
    ids=["nothing came, all is confirmed", "all taken", "from the first failed", "none taken"],
)
def test_an_offset_confirms_only_what_was_taken(taken: dict[int, bool], offset: int | None) -> None:
    assert offset_after(taken) == offset


def test_a_webhook_that_was_left_behind_is_taken_away(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    platform.state.webhook.url = "http://127.0.0.1:9/old"
    ann = platform.user(77)
    ann.says("软管")
    with running(conversation, config):
        ann.wait_for(1)

    assert platform.state.webhook.url == ""
    assert conversation.texts == ["软管"], "what waited there is not dropped"


def test_an_address_that_telegram_refuses_means_polling_and_is_said(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    platform.is_strict = True
    config = TelegramConfig(platform.token, api=platform.url, secret=SECRET)
    ann = platform.user(77)
    with running(conversation, config) as service:
        state = until(service, "polling")
        ann.says("软管")
        ann.wait_for(1)

    assert "LIFELINE_PUBLIC_URL" in state.problem
    assert state.is_connected


def test_of_two_processes_one_polls_and_the_other_takes_over(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    shared: Database,
) -> None:
    clock, ann = Clock(), platform.user(77)
    first_around, second_around = (
        replace(AROUND, lease=StoredLease(shared, name, clock)) for name in ("first", "second")
    )
    with running(conversation, config, first_around) as first:
        until(first, "polling")
        with running(conversation, config, second_around) as second:
            until(second, "standby")
            ann.says("软管")
            ann.wait_for(1)
            first.close()  # gives the lease back: the clock stands still
            until(second, "polling")
            ann.says("楼道有烟怎么办")
            ann.wait_for(2)
            assert platform.settle()

    assert len(ann.received) == 2


def test_polling_goes_on_when_the_lease_cannot_be_renewed(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    shared: Database,
) -> None:
    ann = platform.user(77)
    around = replace(AROUND, lease=StoredLease(shared, "one", Clock()))
    with running(conversation, config, around) as service:
        until(service, "polling")
        shared.close()
        ann.says("着火了")
        ann.says("软管")
        ann.wait_for(2)


def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    ann = platform.user(77)
    with running(conversation, config):
        ann.says("软管")
        ann.wait_for(1)
    ann.says("楼道有烟怎么办")
    with running(conversation, config):
        ann.wait_for(2)
        assert platform.settle()

    assert [shown.text for shown in ann.received] == ["哪一个？", "退回屋里关紧门。"]
