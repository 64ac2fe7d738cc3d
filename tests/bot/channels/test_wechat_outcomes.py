"""WeChat's codes as outcomes: the table is the specification."""

from datetime import UTC, datetime

import pytest

from bot.channels.wechat_outcomes import (
    ADDRESS_CODES,
    CREDENTIAL_CODES,
    PERMISSION_CODES,
    CallRefused,
    NoAnswer,
    NotConnected,
    TokenUnavailable,
    UnreadableAnswer,
    WeChatError,
    error_code,
    next_platform_day,
    outcome_of,
)
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

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # 12:00 in Beijing
MIDNIGHT = datetime(2026, 11, 22, 16, tzinfo=UTC)
SEND = "/cgi-bin/message/custom/send"


def refused(code: int, message: str = "said", **more: object) -> CallRefused:
    return CallRefused(SEND, {"errcode": code, "errmsg": message, **more})


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (-1, RetryAfter(5)),
        (40001, RetryAfter(60)),
        (40014, RetryAfter(60)),
        (42001, RetryAfter(60)),
        (40003, NotReachable("unknown openid")),
        (43004, Blocked()),
        (43101, NotReachable("no consent")),
        (45002, Rejected("errcode 45002: said")),
        (45009, OutOfQuota(MIDNIGHT)),
        (45011, RetryAfter(60)),
        (45015, WindowClosed()),
        (45028, OutOfQuota(None)),
        (45047, WindowClosed()),
        (45066, RetryAfter(60)),
        (48001, Rejected("errcode 48001: said")),
        (48002, NotReachable("refuses messages")),
        (87014, Rejected("errcode 87014: said")),
        (123456, Rejected("errcode 123456: said")),
    ],
)
def test_what_became_of_a_refused_message(code: int, outcome: Outcome) -> None:
    assert outcome_of(refused(code), NOON) == outcome


@pytest.mark.parametrize("code", sorted(CREDENTIAL_CODES | PERMISSION_CODES | ADDRESS_CODES))
def test_what_the_operator_must_mend_is_permanent(code: int) -> None:
    assert isinstance(outcome_of(refused(code), NOON), Rejected)
    assert refused(code).permanent


@pytest.mark.parametrize("code", [-1, 40001, 45009, 45011, 45015])
def test_what_passes_is_not_permanent(code: int) -> None:
    assert not refused(code).permanent


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1", "203.0.113.7"),
        ("invalid ip 2001:db8::1, not in whitelist", "2001:db8::1"),
        ("access clientip is not registered", ""),
    ],
)
def test_a_foreign_address_is_named(message: str, address: str) -> None:
    error = refused(40164, message)
    assert error.address == address
    outcome = outcome_of(error, NOON)
    assert isinstance(outcome, Rejected)
    assert (address or "unknown") in outcome.reason


def test_a_mass_message_taken_before_is_delivered() -> None:
    assert outcome_of(refused(45065, msg_id=3001), NOON) == Delivered("3001")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotConnected(SEND, "refused"), RetryAfter(5)),
        (TokenUnavailable("busy"), RetryAfter(5)),
        (NoAnswer(SEND, "timeout"), Uncertain("timeout")),
        (UnreadableAnswer(SEND, 200, "no JSON"), Uncertain("status 200: no JSON")),
        (UnreadableAnswer(SEND, 502, "no JSON"), Uncertain("status 502: no JSON")),
        (UnreadableAnswer(SEND, 503, "no JSON"), RetryAfter(60)),
        (UnreadableAnswer(SEND, 429, "no JSON"), RetryAfter(60)),
        (UnreadableAnswer(SEND, 404, "no JSON"), Rejected("status 404: no JSON")),
        (UnreadableAnswer(SEND, 302, "no JSON"), Rejected("status 302: no JSON")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_became_of_a_message_without_an_answer(error: WeChatError, outcome: Outcome) -> None:
    assert outcome_of(error, NOON) == outcome


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (NOON, MIDNIGHT),
        (MIDNIGHT, datetime(2026, 11, 23, 16, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_quotas_begin_anew_at_midnight_in_beijing(now: datetime, day: datetime) -> None:
    assert next_platform_day(now) == day


@pytest.mark.parametrize(
    ("answer", "code"),
    [({}, 0), ({"errcode": 0}, 0), ({"errcode": "40003"}, 40003), ({"errcode": None}, -1)],
)
def test_codes_are_read_in_every_form(answer: dict[str, object], code: int) -> None:
    assert error_code(answer) == code


def test_an_error_says_what_was_called_and_what_to_look_at() -> None:
    assert SEND in str(refused(40003))
    assert "40003" in str(refused(40003))
    assert "LIFELINE_WECHAT_API" in str(UnreadableAnswer(SEND, 200, "no JSON"))
