"""Sessions and replies as JSON: the same back, and whatever another release may have written."""

import json
import logging
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.session import (
    EMERGENCY_FORGOTTEN_AFTER,
    MOST_QUESTION_CHARACTERS,
    EmergencyState,
    Flow,
    Language,
    Offer,
    Session,
    Stage,
    session_from_json,
    session_to_json,
)
from bot.dialogue.turns import replies_from_json, reply_from_json, reply_to_json
from bot.messages import Card, Choice, CitedArticle, Reply, ReplyKind, Wants
from bot.phrases import CRISIS_KINDS, EMERGENCY_KINDS

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TEXT = st.text(max_size=20)
TEXTS = st.lists(TEXT, max_size=4).map(tuple)
EMERGENCIES = st.builds(
    EmergencyState,
    kind=st.sampled_from(EMERGENCY_KINDS),
    stage=st.sampled_from(get_args(Stage)),
    question=TEXT,
    since=st.datetimes(timezones=st.just(UTC)),
    step=st.integers(0, 9),
    place=TEXT,
)
FLOWS = st.builds(
    Flow,
    function=st.text(min_size=1, max_size=20),
    step=TEXT,
    data=st.dictionaries(TEXT, TEXT, max_size=3),
)
SESSIONS = st.builds(
    Session,
    offers=st.lists(st.builds(Offer, TEXT, TEXT, TEXT), max_size=4).map(tuple),
    question=TEXT,
    answered=TEXT,
    ranked=TEXTS,
    crisis=st.sampled_from(["", *CRISIS_KINDS]),
    hinted_on=st.none() | st.dates(),
    emergency=st.none() | EMERGENCIES,
    elsewhere=TEXT,
    flow=st.none() | FLOWS,
    more=TEXTS,
    language=st.sampled_from(get_args(Language)),
    told_privacy=st.booleans(),
)
SOME_TEXT = st.text(min_size=1, max_size=20)
REPLIES = st.builds(
    Reply,
    kind=st.sampled_from(get_args(ReplyKind)),
    text=SOME_TEXT,
    basis=TEXT,
    hint=TEXT,
    choices=st.lists(st.builds(Choice, SOME_TEXT, TEXT, TEXT), max_size=3).map(tuple),
    citations=st.lists(st.builds(CitedArticle, SOME_TEXT, TEXT, TEXT), max_size=3).map(tuple),
    topics=TEXTS,
    rateable=st.booleans(),
    picture=TEXT,
    card=st.none() | st.builds(Card, TEXT, TEXT, SOME_TEXT, TEXT),
    wants=st.sampled_from(get_args(Wants)),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def through_json(value: object) -> Any:  # noqa: ANN401 - JSON is any
    return json.loads(json.dumps(value))


@st.composite
def mutated(draw: st.DrawFn, written: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Return JSON with values changed, left out or added at any depth."""
    fate = draw(st.integers(0, 9))
    if fate == 0:
        return draw(ANY_JSON)
    if isinstance(written, dict):
        kept = [key for key in written if draw(st.integers(0, 7))]
        added = draw(st.dictionaries(TEXT, ANY_JSON, max_size=1)) if fate == 1 else {}
        return added | {key: draw(mutated(written[key])) for key in kept}
    if isinstance(written, list):
        return [draw(mutated(item)) for item in written]
    return written


@given(SESSIONS)
def test_a_session_comes_back_the_same(session: Session) -> None:
    assert session_from_json(through_json(session_to_json(session))) == session


def test_every_field_is_written() -> None:
    assert set(session_to_json(Session())) == {field.name for field in fields(Session)}


@given(st.data(), SESSIONS)
def test_any_json_is_read_as_a_session(data: st.DataObject, session: Session) -> None:
    odd = data.draw(mutated(through_json(session_to_json(session))))

    read = session_from_json(odd)

    assert read.crisis in {"", *CRISIS_KINDS}
    if read.emergency:
        assert read.emergency.kind in EMERGENCY_KINDS
        assert read.emergency.stage in get_args(Stage)
        assert read.emergency.step >= 0
        assert isinstance(read.emergency.is_over(NOON), bool)
    assert session_from_json(through_json(session_to_json(read))) == read


@given(ANY_JSON)
def test_any_json_at_all_is_read_as_a_session(value: object) -> None:
    assert isinstance(session_from_json(value), Session)


STATE = {"kind": "fire", "stage": "called", "question": "着火了", "since": "2026-11-22T04:00:00Z"}


@pytest.mark.parametrize(
    ("data", "session"),
    [
        ({}, Session()),
        ({"question": "楼道有烟", "later": {"a": 1}}, Session(question="楼道有烟")),
        ({"question": 7, "ranked": "x", "crisis": None}, Session()),
        ({"ranked": ["a", 1, "b"]}, Session(ranked=("a", "b"))),
        ({"offers": [["甲", "a"], ["乙"]]}, Session()),
        ({"offers": [["甲", "a"]]}, Session(offers=(Offer("甲", "a"),))),
        ({"offers": [["甲", "", "phones"]]}, Session(offers=(Offer("甲", "", "phones"),))),
        ({"flow": {"step": "x"}}, Session()),
        ({"flow": {"function": "human"}}, Session(flow=Flow("human", ""))),
        (
            {"flow": {"function": "a", "data": {"b": 1, "c": "d"}}},
            Session(flow=Flow("a", "", {"c": "d"})),
        ),
        ({"language": "fr", "told_privacy": 1, "more": "x"}, Session()),
        ({"language": "en", "told_privacy": True}, Session(language="en", told_privacy=True)),
        ({"hinted_on": "yesterday"}, Session()),
        ({"hinted_on": "2026-11-22"}, Session(hinted_on=date(2026, 11, 22))),
        ({"crisis": "a_later_kind"}, Session()),
        ({"emergency": STATE | {"kind": "flood"}}, Session()),
        ({"emergency": STATE | {"kind": []}}, Session()),
        ({"emergency": STATE | {"since": "noon"}}, Session()),
        ({"emergency": ["fire"]}, Session()),
        ({"emergency": STATE}, Session(emergency=EmergencyState("fire", "called", "着火了", NOON))),
        (
            {"emergency": {"kind": "fire", "stage": "later", "since": "2026-11-22T04:00:00"}},
            Session(emergency=EmergencyState("fire", "asked", "", NOON)),
        ),
        (
            {"emergency": STATE | {"step": True, "place": 3, "later": 1}},
            Session(emergency=EmergencyState("fire", "called", "着火了", NOON)),
        ),
    ],
)
def test_what_is_odd_takes_its_default(data: dict[str, Any], session: Session) -> None:
    assert session_from_json(data) == session


@pytest.mark.parametrize("data", [None, [], "x", {"emergency": {"kind": "flood"}}])
def test_what_is_lost_is_logged(data: object, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert session_from_json(data) == Session()
    assert len(caplog.records) == 1


def test_the_question_of_an_emergency_is_shortened() -> None:
    state = EmergencyState("fire", "asked", "火" * 10_000, NOON)
    assert len(state.question) == MOST_QUESTION_CHARACTERS


def test_an_emergency_is_over_in_any_zone() -> None:
    since = NOON.astimezone(timezone(timedelta(hours=8)))
    state = EmergencyState("fire", "asked", "着火了", since)

    assert not state.is_over(NOON + EMERGENCY_FORGOTTEN_AFTER)
    assert state.is_over(NOON + EMERGENCY_FORGOTTEN_AFTER + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("session", "is_urgent"),
    [
        (Session(question="湿毛巾"), False),
        (Session(crisis="self_harm"), True),
        (Session(emergency=EmergencyState("fire", "asked", "着火了", NOON)), True),
    ],
)
def test_who_is_in_a_flow_is_urgent(session: Session, is_urgent: bool) -> None:
    assert session.is_urgent is is_urgent
    assert not session.without_flow().is_urgent


def test_what_is_half_done_goes_and_what_is_known_of_somebody_stays() -> None:
    busy = Session(
        offers=(Offer("甲"),), flow=Flow("human", "message"), more=("rest",), language="en",
        told_privacy=True, question="q",
    )  # fmt: skip

    assert busy.without_flow() == Session(language="en", told_privacy=True, question="q")


@given(REPLIES)
def test_a_reply_comes_back_the_same(reply: Reply) -> None:
    assert reply_from_json(through_json(reply_to_json(reply))) == reply


@given(st.data(), REPLIES)
def test_any_json_is_read_as_a_reply_or_none(data: st.DataObject, reply: Reply) -> None:
    read = reply_from_json(data.draw(mutated(through_json(reply_to_json(reply)))))

    assert read is None or (read.text and read.kind in get_args(ReplyKind))
    assert read is None or reply_from_json(through_json(reply_to_json(read))) == read


@pytest.mark.parametrize(
    ("data", "count", "logged"),
    [
        ([{"kind": "chat", "text": "在"}], 1, 0),
        ([{"kind": "chat", "text": "在", "later": 1, "choices": [{"label": "甲"}, {}]}], 1, 0),
        ([{"kind": "song", "text": "啦"}, {"kind": "chat", "text": "在"}], 1, 1),
        ([{"kind": "chat"}, 3, None], 0, 1),
        ({"kind": "chat", "text": "在"}, 0, 1),
    ],
    ids=["plain", "later release", "unknown kind", "unreadable", "no list"],
)
def test_unreadable_replies_are_left_out(
    data: object, count: int, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert len(replies_from_json(data)) == count
    assert len(caplog.records) == logged
