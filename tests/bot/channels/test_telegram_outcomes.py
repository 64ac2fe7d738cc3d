"""Each refusal becomes what it means for the message, and words for whoever runs the service."""

from datetime import timedelta

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.error import RetryAfter as AskedToWait

from bot.channels.telegram_client import UnreadableAnswer
from bot.channels.telegram_outcomes import UNREACHABLE_SECONDS, in_words, outcome_of, seconds_of
from community.outcomes import Blocked, NotReachable, Outcome, Rejected, RetryAfter, Uncertain


@pytest.fixture(autouse=True)
def opted_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``Client`` does, so that the library does not warn of its next release."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), Blocked),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Blocked),
        (Forbidden("Forbidden: user is deactivated"), Blocked),
        (BadRequest("Bad Request: chat not found"), NotReachable),
        (BadRequest("Bad Request: PEER_ID_INVALID"), NotReachable),
        (BadRequest("Bad Request: not enough rights to send text messages"), NotReachable),
        (ChatMigrated(-100), NotReachable),
        (BadRequest("Bad Request: message is too long"), Rejected),
        (BadRequest("Bad Request: can't parse entities"), Rejected),
        (InvalidToken("Unauthorized"), Rejected),
        (caused(TimedOut(), httpx.ReadTimeout("")), Uncertain),
        (caused(NetworkError(""), httpx.RemoteProtocolError("")), Uncertain),
        (caused(NetworkError(""), httpx.WriteError("")), Uncertain),
        (TelegramError("Invalid server response"), Uncertain),
        (UnreadableAnswer("TypeError"), Uncertain),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_what_a_refusal_means(error: Exception, kind: type[Outcome]) -> None:
    assert isinstance(outcome_of(error), kind)


@pytest.mark.parametrize(
    "error",
    [
        caused(NetworkError(""), httpx.ConnectError("")),
        caused(TimedOut(), httpx.ConnectTimeout("")),
        caused(TimedOut(), httpx.PoolTimeout("")),
        caused(NetworkError(""), httpx.ProxyError("")),
        NetworkError("Bad Gateway (502)"),
    ],
    ids=["refused", "no connection in time", "no free connection", "proxy", "502"],
)
def test_what_never_left_is_tried_again(error: NetworkError) -> None:
    assert outcome_of(error) == RetryAfter(UNREACHABLE_SECONDS)


@pytest.mark.parametrize("wait", [7, timedelta(seconds=7)], ids=["seconds", "timedelta"])
def test_telegram_says_how_long_to_wait(wait: int | timedelta) -> None:
    error = AskedToWait(wait)

    assert seconds_of(error) == 7.0
    assert outcome_of(error) == RetryAfter(7.0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidToken("x"), "LIFELINE_TELEGRAM_TOKEN"),
        (Conflict("x"), "停掉那一个"),
        (BadRequest("Bad Request: bad webhook"), "ad webhook"),
        (NetworkError("httpx.ConnectError"), "LIFELINE_TELEGRAM_PROXY"),
        (TelegramError("Invalid server response"), "https://api.example"),
        (ValueError("a secret"), "ValueError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_words_name_the_next_step(error: Exception, words: str) -> None:
    said = in_words(error, "https://api.example")

    assert words in said
    assert "a secret" not in said


def test_waiting_is_said_in_seconds() -> None:
    assert "9秒" in in_words(AskedToWait(9), "https://api.example")
