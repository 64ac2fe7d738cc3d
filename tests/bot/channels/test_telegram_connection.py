"""The connection's state changes once for each change, and pauses grow."""

import logging

import pytest

from bot.channels.telegram_connection import (
    FIRST_PAUSE,
    JITTER,
    LONGEST_PAUSE,
    Connection,
    growing_pause,
)
from tests.bot.conftest import NOON, Clock


def test_pauses_double_up_to_five_minutes() -> None:
    pauses = [growing_pause(failures) for failures in range(1, 1500)]

    assert all(0 < pause <= LONGEST_PAUSE for pause in pauses)
    assert pauses[0] <= FIRST_PAUSE
    for failures, pause in enumerate(pauses[:8], 1):
        assert FIRST_PAUSE * 2 ** (failures - 1) * (1 - JITTER) <= pause
    assert all(pause >= LONGEST_PAUSE * (1 - JITTER) for pause in pauses[9:])


def test_hours_out_of_reach_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(Clock())
    with caplog.at_level(logging.INFO):
        failures = [connection.is_down("连不上") for _ in range(100)]
        connection.is_up("polling")
        connection.is_up("polling")
        connection.is_down("连不上")

    assert failures == list(range(1, 101))
    assert len(caplog.records) == 3
    assert connection.state.failures == 1


def test_since_when_it_stands() -> None:
    clock = Clock()
    connection = Connection(clock)
    assert not connection.state.is_connected

    connection.is_up("webhook")
    clock.now = NOON.replace(hour=9)
    connection.is_up("webhook", "证书过期")
    assert (connection.state.since, connection.state.problem) == (NOON, "证书过期")

    connection.is_down("连不上")
    assert connection.state.since is None

    connection.has_stopped()
    assert (connection.state.mode, connection.state.problem) == ("stopped", "")
