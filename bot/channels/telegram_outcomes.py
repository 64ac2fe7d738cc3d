"""What Telegram answered, as a typed outcome and in words for whoever runs the service."""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.error import RetryAfter as AskedToWait

from community.outcomes import (
    Blocked,
    NotReachable,
    Outcome,
    Rejected,
    RetryAfter,
    Uncertain,
)

UNREACHABLE_SECONDS = 5.0
WRONG_TOKEN = "机器人令牌不对或已作废：到 @BotFather 重新复制，改 LIFELINE_TELEGRAM_TOKEN"  # noqa: S105
# Nothing of the request can have left the machine, or reached Telegram.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# Bot API errors carry words alone; these mean that this chat is gone, not that we erred.
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user_id_invalid", "migrated")
_MUTED = ("not enough rights", "have no rights", "chat_write_forbidden", "chat_restricted")


def seconds_of(error: AskedToWait) -> float:
    """Return how long Telegram asks to wait, in seconds."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def outcome_of(error: Exception) -> Outcome:
    """Return what an exception of the client means for the message that was being sent."""
    match error:
        case AskedToWait():
            return RetryAfter(seconds_of(error))
        case Forbidden():
            return Blocked()
        case InvalidToken():
            return Rejected(WRONG_TOKEN)
        case BadRequest() | ChatMigrated():
            return _refused(error.message)
        case NetworkError():
            return _broken(error)
        case _:
            # The answer could not be read, so the message may well have arrived.
            return Uncertain(f"unreadable answer ({type(error).__name__})")


def _refused(message: str) -> Outcome:
    said = message.lower()
    if any(words in said for words in _GONE):
        return NotReachable("chat not found")
    if any(words in said for words in _MUTED):
        return NotReachable("not allowed to write in this chat")
    return Rejected(message)


def _broken(error: NetworkError) -> Outcome:
    """Tell what never left from what may have arrived; 5xx says that it was not done."""
    cause = error.__cause__
    if isinstance(cause, httpx.HTTPError) and not isinstance(cause, _NEVER_SENT):
        return Uncertain(f"the connection broke ({type(cause).__name__})")
    return RetryAfter(UNREACHABLE_SECONDS)


def in_words(error: Exception, api: str) -> str:
    """Return what is wrong and the next step, in Chinese and without any secret.

    Args:
        error: what the client raised.
        api: the address that was asked.
    """
    match error:
        case InvalidToken():
            return WRONG_TOKEN
        case Conflict():
            return "另一个程序在用同一个令牌收消息：停掉那一个，或给它换一个机器人"
        case AskedToWait():
            return f"Telegram 要求等{seconds_of(error):.0f}秒，到时自动再连"
        case BadRequest() | Forbidden():
            return f"Telegram 拒绝了：{error.message}"
        case TelegramError():
            return f"连不上 {api}：检查网络，连不上就设 LIFELINE_TELEGRAM_PROXY"
        case _:
            return f"程序出错（{type(error).__name__}），会自动再试；日志里有详情"
