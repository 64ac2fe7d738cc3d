"""Webhooks: what a department's own system is sent of its cases, and how it knows that it is us.

Values alone. Each message is a JSON body with three headers: its id, which stays the same when it
is sent again; the time it was sent, in seconds since 1970; and the HMAC-SHA256 of
``<time>.<body>`` under the secret that was shown once. Whoever receives it checks the signature,
refuses what is older than five minutes, and passes over ids it has had.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args
from urllib.parse import SplitResult, urlsplit

from hazards.cases import Case
from hazards.timeline import Happened
from hazards.transitions import STATE_NAMES

EventName = Literal["case.assigned", "case.returned", "case.overdue", "case.closed"]
EVENTS: tuple[EventName, ...] = get_args(EventName)
# As shown to staff.
EVENT_NAMES: Mapping[EventName, str] = MappingProxyType(
    {
        "case.assigned": "派单",
        "case.returned": "退回",
        "case.overdue": "超期",
        "case.closed": "销号",
    }
)

ID_HEADER = "X-Lifeline-Id"
EVENT_HEADER = "X-Lifeline-Event"
TIME_HEADER = "X-Lifeline-Timestamp"
SIGNATURE_HEADER = "X-Lifeline-Signature"
SIGNATURE_LIFETIME = timedelta(minutes=5)

# After each failure; the sixth is the last. Together a day and an hour, so that whoever repairs a
# system by the next morning misses nothing.
PAUSES: tuple[timedelta, ...] = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=18),
)
MOST_URL_CHARACTERS = 500

_MOVED: Mapping[str, EventName] = MappingProxyType(
    {"assigned": "case.assigned", "returned": "case.returned", "closed": "case.closed"}
)


class BadAddress(Exception):
    """An address that nothing is sent to.

    Attributes:
        problem: ``form`` (no address of the web), ``scheme`` (not https), ``login`` (it holds
            one), ``network`` (it leads into a network that is not allowed), ``unknown`` (its name
            has no address).
    """

    permanent = True

    def __init__(
        self, url: str, problem: Literal["form", "scheme", "login", "network", "unknown"]
    ) -> None:
        self.url = url
        self.problem = problem
        super().__init__(f"nothing is sent to {url!r} ({problem}): give an https address of theirs")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages about a district's cases, or one department's, go.

    Attributes:
        department: whose cases, as handler or lead; "" for all of the district.
        events: which of ``EVENTS``.
        sealed: the secret, encrypted.
        stopped_at: None while it is sent to.
    """

    id: int
    district_id: str
    department: str
    url: str
    events: tuple[str, ...]
    sealed: bytes = field(repr=False)
    created_at: datetime
    stopped_at: datetime | None


def event_of(happened: Happened) -> EventName | None:
    """Return what a department is told of an event; None for most.

    A case is assigned again when another unit is chosen; overdue once for each step after its
    deadline (催办, 升级督办, 挂牌督办) that came by itself.
    """
    case, event = happened.case, happened.event
    if event.kind in {"reminded", "escalated"}:
        is_step = event.actor.role == "system" and event.action != "level_0"
        return "case.overdue" if is_step else None
    is_change = event.kind == "moved" or (event.from_state or case.state) != case.state
    return _MOVED.get(case.state) if is_change else None


def body_of(happened: Happened, name: EventName, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what is sent: the case as it stands then, never who reported it.

    Args:
        happened: the event.
        name: of it.
        names: of the category, ``category``, and the units, ``handler`` and ``lead``.
    """
    case = happened.case
    return {
        "event": name,
        "at": happened.at.isoformat(timespec="seconds"),
        "reason": happened.event.reason if name == "case.returned" else "",
        "case": _case_facts(case, names),
    }


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``SIGNATURE_HEADER``.

    Args:
        secret: of the webhook.
        timestamp: seconds since 1970, as in ``TIME_HEADER``.
        body: as it is sent.
    """
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Tell whether a message is ours and new, as whoever receives it should.

    Args:
        secret: of the webhook.
        headers: as they came.
        body: likewise.
        now: aware.
    """
    sent = headers.get(TIME_HEADER, "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 12):
        return False
    is_new = abs(now.timestamp() - int(sent)) <= SIGNATURE_LIFETIME.total_seconds()
    given = headers.get(SIGNATURE_HEADER, "")
    return is_new and hmac.compare_digest(
        given.encode(), signature(secret, int(sent), body).encode()
    )


def pause_after(tries: int) -> timedelta | None:
    """Return how long to wait after that many failures; None when it is given up."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None


def checked_url(url: str, *, may_be_plain: bool) -> SplitResult:
    """Return the parts of an address that messages may be sent to, as far as it says so itself.

    Args:
        url: the address.
        may_be_plain: whether http is taken as well; whoever sends still looks where it leads.

    Raises:
        BadAddress: when it is none.
    """
    is_clean = len(url) <= MOST_URL_CHARACTERS and url.isprintable() and " " not in url
    parts = _split(url) if is_clean else None
    if parts is None or not parts.hostname or parts.fragment or "\\" in url:
        raise BadAddress(url, "form")
    if parts.username is not None or parts.password is not None:
        raise BadAddress(url, "login")
    if parts.scheme not in ({"https", "http"} if may_be_plain else {"https"}):
        raise BadAddress(url, "scheme")
    return parts


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _case_facts(case: Case, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "code": case.code,
        "district": case.district_id,
        "category": case.category,
        "category_name": names["category"],
        "state": case.state,
        "state_name": STATE_NAMES[case.state],
        "handler": case.handler,
        "handler_name": names["handler"],
        "lead": case.lead,
        "lead_name": names["lead"],
        "level": case.level,
        "is_major": case.is_major,
        "round": case.round,
        "place": case.place_words,
        "floor": case.floor,
        "latitude": case.point.latitude if case.point else None,
        "longitude": case.point.longitude if case.point else None,
        "summary": case.summary,
        "external_number": case.external_number,
        "opened_at": _moment(case.opened_at),
        "due_at": _moment(case.due_at),
        "closed_at": _moment(case.closed_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
