"""Whatever a query holds, it is read or refused in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.open311_formats import Problem, rendered
from bot.channels.open311_queries import (
    MOST_A_PAGE,
    SPAN,
    Known,
    jurisdictions,
    present,
    read_query,
)

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
SERVICES = frozenset({"lane_blocked", "exit_locked", "private"})
KNOWN = Known(
    frozenset({"demo", "east"}),
    SERVICES,
    SERVICES - {"private"},
    ZoneInfo("Asia/Shanghai"),
)
NAMES = (
    "service_request_id",
    "service_code",
    "status",
    "start_date",
    "end_date",
    "page",
    "page_size",
    "jurisdiction_id",
)
TEXTS = st.text() | st.sampled_from(
    ["open", "closed", "lane_blocked", "demo", "2026-11-01", "2026-11-01T00:00:00Z", "7", ",,"]
)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_anything_is_read_or_refused(written: dict[str, str]) -> None:
    try:
        query = read_query(present(written.items()), KNOWN, NOW)
    except Problem:
        return
    assert 1 <= query.most <= MOST_A_PAGE
    assert query.offset >= 0
    assert query.wanted.categories <= KNOWN.public
    assert query.wanted.districts <= KNOWN.districts
    if query.wanted.opened_from and query.wanted.opened_until:
        assert timedelta(0) <= query.wanted.opened_until - query.wanted.opened_from <= SPAN


@given(st.text(), st.sampled_from(["xml", "json"]))
def test_any_text_can_be_answered(text: str, form: str) -> None:
    body = rendered(form, "services", [{"description": text, "keywords": None}]).body

    assert bytes(body).decode()


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ({}, NOW - SPAN, NOW),
        ({"start_date": "2026-11-01T00:00:00Z"}, datetime(2026, 11, 1, tzinfo=UTC), NOW),
        (
            {"start_date": "2026-01-01T00:00:00Z"},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, tzinfo=UTC) + SPAN,
        ),
        (
            {"end_date": "2026-06-01T08:00:00 08:00"},
            datetime(2026, 6, 1, tzinfo=UTC) - SPAN,
            datetime(2026, 6, 1, tzinfo=UTC),
        ),
    ],
)
def test_the_span(written: dict[str, str], since: datetime, until: datetime) -> None:
    wanted = read_query(written, KNOWN, NOW).wanted

    assert (wanted.opened_from, wanted.opened_until) == (since, until)


def test_ids_override_the_rest() -> None:
    written = {"service_request_id": "AAAAAAAA", "status": "nonsense", "start_date": "nonsense"}

    assert read_query(written, KNOWN, NOW).wanted.opened_from is None


def test_empty_counts_as_absent() -> None:
    assert present([("a", ""), ("b", "  "), ("c", " x "), ("c", "y"), ("d", 7)]) == {"c": "x"}
    assert jurisdictions({}, KNOWN) == KNOWN.districts
