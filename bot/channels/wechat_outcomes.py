"""What went wrong with a call to WeChat, and what became of a message by it (送达结果).

The truth stands in ``errcode`` in the body, never in HTTP 200. Source of the codes: 微信官方文档,
全局返回码 and the tables at each interface.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from community.outcomes import (
    Blocked,
    Delivered,
    NotReachable,
    Outcome,
    OutOfQuota,
    Rejected,
    RetryAfter,
    Uncertain,
    WindowClosed,
)

# The call's token is unknown, outdated or malformed; also 40001 for a wrong secret.
TOKEN_CODES = frozenset({40001, 40014, 42001})
# The caller's address is not on the account's list, or waits for the administrator's yes.
ADDRESS_CODES = frozenset({40164, 61004, 89501, 89503, 89506, 89507})
# App id or secret are wrong, or the secret is frozen.
CREDENTIAL_CODES = frozenset({40013, 40125, 40243, 41002, 41004})
PERMISSION_CODES = frozenset({48001, 48003, 48004, 48005, 48006, 48008, 50001, 50002})
UNKNOWN_MEDIA_CODE = 40007
SEEN_BEFORE_CODE = 45065

# Daily quotas begin anew at midnight in Beijing.
_PLATFORM_ZONE = ZoneInfo("Asia/Shanghai")
_BUSY_SECONDS = 5.0
_PAUSE_SECONDS = 60.0
_ADDRESS = re.compile(r"invalid ip\s+([0-9a-fA-F.:]+)")


class WeChatError(Exception):
    """A call to WeChat that gave no result; ``permanent`` when trying again cannot help."""

    permanent = False


class CallRefused(WeChatError):
    """WeChat answered with an error code.

    Attributes:
        path: what was called.
        code: WeChat's ``errcode``.
        message: WeChat's ``errmsg``.
        answer: the whole body; some codes bring more than a message.
    """

    def __init__(self, path: str, answer: Mapping[str, Any]) -> None:
        self.path = path
        self.code = error_code(answer)
        self.message = str(answer.get("errmsg", ""))
        self.answer = answer
        self.permanent = isinstance(outcome_of_code(self), Rejected)
        super().__init__(f"WeChat refused {path} with errcode {self.code}: {self.message}")

    @property
    def address(self) -> str:
        """The caller's address as WeChat saw it, if it says; "" otherwise."""
        found = _ADDRESS.search(self.message)
        return found[1] if found else ""


class NotConnected(WeChatError):
    """WeChat could not be reached; nothing was sent."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"WeChat could not be reached for {path}: {reason}")


class NoAnswer(WeChatError):
    """The request left, and no whole answer came: what it asked for may have happened."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"WeChat did not answer {path}: {reason}")


class UnreadableAnswer(WeChatError):
    """Something answered that is not WeChat's interface: a gateway's page, a redirect."""

    def __init__(self, path: str, status: int, reason: str) -> None:
        self.path, self.status, self.reason = path, status, reason
        super().__init__(
            f"{path} was answered with status {status} and {reason}: "
            "look at LIFELINE_WECHAT_API and what stands between"
        )


class UnusableBase(WeChatError):
    """The base address of the interface is none."""

    permanent = True

    def __init__(self, base: str) -> None:
        self.base = base
        super().__init__(f"{base!r} is no base address: set LIFELINE_WECHAT_API to http(s)://host")


class TokenUnavailable(WeChatError):
    """No access token could be had, so the call itself was not made."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"no WeChat access token for now: {reason}")


def error_code(answer: Mapping[str, Any]) -> int:
    """Return ``errcode``; 0 when there is none, as in answers that only bring data."""
    code = answer.get("errcode", 0)
    try:
        return int(code)
    except (TypeError, ValueError, OverflowError):
        return -1  # WeChat's own "system busy": an answer we cannot judge is tried again


def outcome_of(error: WeChatError, now: datetime) -> Outcome:
    """Return what became of a message whose call ended with ``error``.

    Args:
        error: what the call raised.
        now: aware; a daily quota is free again at the next midnight in Beijing.
    """
    if isinstance(error, CallRefused):
        outcome = outcome_of_code(error)
        is_daily = isinstance(outcome, OutOfQuota) and error.code == 45009
        return OutOfQuota(next_platform_day(now)) if is_daily else outcome
    if isinstance(error, UnreadableAnswer):
        return _outcome_of_status(error)
    if isinstance(error, NoAnswer):
        return Uncertain(error.reason)
    return RetryAfter(_BUSY_SECONDS)


def outcome_of_code(refused: CallRefused) -> Outcome:
    """Return what became of a message that WeChat refused; unknown codes are our fault."""
    if refused.code in TOKEN_CODES:
        return RetryAfter(_PAUSE_SECONDS)  # already tried with a fresh token
    if refused.code in ADDRESS_CODES:
        seen = refused.address or "unknown"
        return Rejected(f"errcode {refused.code}: address {seen} is not on the allow list")
    if make := _OUTCOMES.get(refused.code):
        return make(refused)
    return Rejected(f"errcode {refused.code}: {refused.message}")


def next_platform_day(now: datetime) -> datetime:
    """Return the next midnight in Beijing, when daily quotas begin anew."""
    today = now.astimezone(_PLATFORM_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _outcome_of_status(error: UnreadableAnswer) -> Outcome:
    if error.status in {429, 503}:  # refused at the door, before anything was done
        return RetryAfter(_PAUSE_SECONDS)
    if 300 <= error.status < 500:
        return Rejected(f"status {error.status}: {error.reason}")
    return Uncertain(f"status {error.status}: {error.reason}")


def _sent_before(refused: CallRefused) -> Outcome:
    """The same mass message was taken before; WeChat tells its id (群发 clientmsgid)."""
    return Delivered(str(refused.answer.get("msg_id", "")))


_OUTCOMES: Mapping[int, Callable[[CallRefused], Outcome]] = {
    -1: lambda _: RetryAfter(_BUSY_SECONDS),
    40003: lambda _: NotReachable("unknown openid"),
    43004: lambda _: Blocked(),
    43019: lambda _: NotReachable("on our own blacklist"),
    43101: lambda _: NotReachable("no consent"),
    45009: lambda _: OutOfQuota(),
    45011: lambda _: RetryAfter(_PAUSE_SECONDS),
    45015: lambda _: WindowClosed(),
    45028: lambda _: OutOfQuota(),
    45047: lambda _: WindowClosed(),
    SEEN_BEFORE_CODE: _sent_before,
    45066: lambda _: RetryAfter(_PAUSE_SECONDS),
    48002: lambda _: NotReachable("refuses messages"),
    50005: lambda _: NotReachable("does not follow"),
}
