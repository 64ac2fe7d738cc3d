"""What GET requests ask for, read from the query; an empty parameter counts as absent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from bot.channels.open311_formats import Problem
from hazards.open_store import OpenFilter
from hazards.opendata import Status, states_of
from storage import read_code

# GeoReport v2: the last 90 days or 1,000 requests, whichever is less, and no longer span.
SPAN = timedelta(days=90)
MOST_A_PAGE = 1000
# With ``page``, an extension, as others have it.
A_PAGE = 50
MOST_PAGES = 10_000
MOST_CODES = 500

_NUMBER = re.compile(r"[0-9]{1,9}")
# In a query a plus sign is a space: 2026-11-22T00:00:00+08:00.
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")

Parameter = Literal["start_date", "end_date"]


@dataclass(frozen=True, slots=True)
class Known:
    """What may be asked for: districts as jurisdictions, categories as services.

    Attributes:
        districts: ids of those served.
        services: every service there is.
        public: those of them that are ever published.
        zone: of a time without one.
    """

    districts: frozenset[str]
    services: frozenset[str]
    public: frozenset[str]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """Which requests, and which page of them."""

    wanted: OpenFilter
    most: int
    offset: int


def present(given: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return the texts that hold something, the first of each name."""
    found: dict[str, str] = {}
    for name, value in given:
        if isinstance(value, str) and value.strip():
            found.setdefault(name, value.strip())
    return found


def jurisdictions(given: Mapping[str, str], known: Known) -> frozenset[str]:
    """Return the districts meant: the one named, else all.

    Raises:
        Problem: 404 for one that is not served.
    """
    named = given.get("jurisdiction_id")
    if named is None:
        return known.districts
    if named not in known.districts:
        listed = "、".join(sorted(known.districts))
        raise Problem(404, f"没有jurisdiction_id“{named}”，只有：{listed}")
    return frozenset({named})


def read_query(given: Mapping[str, str], known: Known, now: datetime) -> OpenQuery:
    """Return what GET requests asks for.

    Args:
        given: the query's parameters, empty ones left out.
        known: what there is.
        now: the default end.

    Raises:
        Problem: 404 for an unknown service or jurisdiction, 400 for whatever cannot be read.
    """
    districts = jurisdictions(given, known)
    most, offset = _page(given)
    if "service_request_id" in given:
        codes = _codes(given["service_request_id"])
        return OpenQuery(OpenFilter(districts, known.public, codes=codes), most, offset)
    since, until = _span(given, known.zone, now)
    wanted = OpenFilter(
        districts,
        known.public & _services(given, known),
        states_of(_statuses(given)),
        opened_from=since,
        opened_until=until,
    )
    return OpenQuery(wanted, most, offset)


def _codes(text: str) -> frozenset[str]:
    typed = _listed(text)
    if len(typed) > MOST_CODES:
        raise Problem(400, f"service_request_id一次最多{MOST_CODES}个")
    return frozenset(code for one in typed if (code := read_code(one)))


def _services(given: Mapping[str, str], known: Known) -> frozenset[str]:
    named = _listed(given.get("service_code", ""))
    for one in named:
        require_service(one, known)
    return frozenset(named) or known.services


def require_service(code: str, known: Known) -> None:
    """Do nothing for a service that there is.

    Raises:
        Problem: 404 otherwise.
    """
    if code not in known.services:
        raise Problem(404, f"没有service_code“{code}”，请从services里选")


def _statuses(given: Mapping[str, str]) -> list[Status]:
    named = _listed(given.get("status", ""))
    known = get_args(Status)
    for one in named:
        if one not in known:
            raise Problem(400, f"status只能是open或closed，不能是“{one}”")
    return [one for one in known if not named or one in named]


def _span(given: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    since, until = _moment(given, "start_date", zone), _moment(given, "end_date", zone)
    if until is None:
        until = now if since is None else min(max(since, now), since + SPAN)
    if since is None:
        since = until - SPAN
    if since > until:
        raise Problem(400, "start_date要早于end_date")
    if until - since > SPAN:
        raise Problem(400, f"start_date到end_date最多{SPAN.days}天，请分几次取")
    return since, until


def _moment(given: Mapping[str, str], name: Parameter, zone: ZoneInfo) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
        at = read if read.tzinfo else read.replace(tzinfo=zone)
        # A year from either end of the calendar, so that any zone and span can be counted.
        at_least, at_most = datetime(2, 1, 1, tzinfo=zone), datetime(9998, 1, 1, tzinfo=zone)
        if not at_least < at < at_most:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise Problem(400, f"{name}没看懂，请写成2026-11-22T00:00:00+08:00这样") from None
    return at


def _page(given: Mapping[str, str]) -> tuple[int, int]:
    size = A_PAGE if "page" in given else MOST_A_PAGE
    most = min(_number(given, "page_size", size), MOST_A_PAGE)
    page = _number(given, "page", 1)
    if page > MOST_PAGES:
        raise Problem(400, f"page最多{MOST_PAGES}")
    return most, (page - 1) * most


def _number(given: Mapping[str, str], name: str, unset: int) -> int:
    text = given.get(name)
    if text is None:
        return unset
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise Problem(400, f"{name}要写从1开始的整数")
    return int(text)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
