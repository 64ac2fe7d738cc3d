"""What a broadcast may be, its marks, its quiet hours and its moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from community.broadcast_problems import PROBLEM_WORDS, Problem
from community.broadcasts import (
    ENDED,
    LIFE,
    MOVES,
    OPEN,
    PURPOSE_NAMES,
    PURPOSES,
    STATE_NAMES,
    STATES,
    Audience,
    BadBroadcast,
    awake,
    expiry,
    ignores_opt_out,
    marked,
)
from community.deliveries import LANES
from tests.community.broadcast_rows import DAY, HOUR, NOON, a_draft

HOUSE = Audience("demo", building_ids=(3,))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def problem_of(**changed: object) -> str | None:
    try:
        replace(a_draft(HOUSE), **changed)  # type: ignore[arg-type]
    except BadBroadcast as refused:
        return refused.problem
    return None


def test_every_line_of_a_drill_is_marked_and_it_ends_with_what_to_do_in_a_real_fire() -> None:
    lines = marked("现在开始演练。\n\n请走楼梯。\r\n到广场集合。", "drill", "zh").split("\n")

    assert lines[:3] == ["【演练】现在开始演练。", "【演练】请走楼梯。", "【演练】到广场集合。"]
    assert lines[3].startswith("【演练】这是演练。真着火马上打119")
    assert len(lines) == 4


@pytest.mark.parametrize("break_", ["\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r\n"])
def test_no_way_to_break_a_line_leaves_it_without_its_mark(break_: str) -> None:
    lines = marked(f"一楼着火了{break_}快跑", "drill", "zh").splitlines()

    assert len(lines) == 3
    assert all(line.startswith("【演练】") for line in lines)


def test_a_drill_is_marked_in_english_too() -> None:
    lines = marked("Walk down.\nMeet outside.", "drill", "en").split("\n")

    assert lines[:2] == ["[DRILL] Walk down.", "[DRILL] Meet outside."]
    assert "In a real fire call 119 at once" in lines[2]


def test_a_language_without_marks_of_its_own_gets_the_chinese_ones() -> None:
    assert marked("Descendez.", "test", "fr") == "【测试】Descendez."


def test_a_mark_that_stands_there_is_not_doubled() -> None:
    once = marked("走楼梯。", "drill", "zh")

    assert marked("【演练】走楼梯。", "drill", "zh") == once
    assert marked("走楼梯。", "test", "zh") == "【测试】走楼梯。"


def test_live_words_come_back_as_they_are() -> None:
    assert marked("着火了。\n\n快走。", "live", "zh") == "着火了。\n\n快走。"


@pytest.mark.parametrize(
    ("problem", "changed"),
    [
        ("title", {"title": " "}),
        ("title", {"title": "长" * 81}),
        ("title", {"title": "两\n行"}),
        ("words", {"words": {"en": "No Chinese"}}),
        ("words", {"words": {"zh": " "}}),
        ("words", {"words": {"zh": "长" * 1001}}),
        ("words", {"words": {"zh": "好", "xx": "?"}}),
        ("mark", {"words": {"zh": "【演练】快走"}}),
        ("mark", {"words": {"zh": "好", "en": "[drill] go"}}),
        ("mark", {"title": "【 测试 】通知"}),
        ("choices", {"choices": (("", "ack"),)}),
        ("choices", {"choices": (("好", "ack"),) * 7}),
        ("lane", {"lane": "fast"}),
        ("lane", {"mode": "real"}),
        ("lane", {"purpose": "advert"}),
        ("times", {"expires_at": NOON}),
        ("place", {"district_id": "elsewhere"}),
        ("everyone", {"audience": Audience("demo")}),
        ("everyone", {"audience": Audience("demo", languages=("zh",))}),
    ],
)
def test_a_bad_draft_is_refused_with_its_reason(problem: str, changed: dict[str, object]) -> None:
    assert problem_of(**changed) == problem


@pytest.mark.parametrize(
    ("purpose", "mode", "lane", "problem"),
    [
        ("alert", "live", "incident", None),
        ("alert", "live", "alarm", None),
        ("drill", "drill", "alarm", None),
        ("drill", "drill", "bulk", None),
        ("drill", "live", "bulk", None),
        ("drill", "live", "alarm", "drill_live"),
        ("drill", "live", "incident", "not_live"),
        ("drill", "drill", "incident", "not_live"),
        ("alert", "drill", "incident", "not_live"),
        ("alert", "test", "incident", "not_live"),
    ],
)
def test_a_drill_never_sounds_a_real_alarm(
    purpose: str, mode: str, lane: str, problem: str | None
) -> None:
    assert problem_of(purpose=purpose, mode=mode, lane=lane) == problem


def test_everyone_may_be_meant_when_that_is_confirmed() -> None:
    assert problem_of(audience=Audience("demo"), is_for_everyone=True) is None


@pytest.mark.parametrize(
    ("problem", "narrowed"),
    [
        ("named", {"resident_ids": tuple(range(501))}),
        ("floors", {"floors": (3,)}),
        ("floors", {"floors": (0,), "building_ids": (1,)}),
        ("roles", {"roles": ("mayor",)}),
        ("languages", {"languages": ("xx",)}),
        ("needs", {"needs": ("wheelchair",)}),
    ],
)
def test_a_bad_audience_is_refused(problem: str, narrowed: dict[str, tuple[object, ...]]) -> None:
    with pytest.raises(BadBroadcast) as refused:
        Audience("demo", **narrowed)  # type: ignore[arg-type]

    assert refused.value.problem == problem


def test_an_audience_survives_its_json() -> None:
    full = Audience("demo", (1,), (2,), (3, 4), (-1, 5), ("volunteer",), ("en",), ("any",), (7,))

    assert Audience.from_json(full.to_json()) == full
    assert Audience.from_json(Audience("demo").to_json()) == Audience("demo")
    assert Audience("demo").to_json() == {"district_id": "demo"}


@pytest.mark.parametrize(
    ("local", "sent"),
    [
        ("2026-11-22T21:59:59", "2026-11-22T21:59:59"),
        ("2026-11-22T22:00:00", "2026-11-23T08:00:00"),
        ("2026-11-22T23:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T00:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T07:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T08:00:00", "2026-11-23T08:00:00"),
        ("2026-12-31T23:30:00", "2027-01-01T08:00:00"),
    ],
)
def test_bulk_waits_for_the_morning_of_the_district(local: str, sent: str) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)
    expected = datetime.fromisoformat(sent).replace(tzinfo=SHANGHAI).astimezone(UTC)

    assert awake("bulk", moment, "Asia/Shanghai") == expected
    assert awake("bulk", moment, "Asia/Shanghai").tzinfo is UTC


@pytest.mark.parametrize("lane", ["incident", "alarm", "reply"])
def test_nothing_else_waits_for_the_morning(lane: str) -> None:
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)

    assert awake(lane, midnight, "Asia/Shanghai") == midnight  # type: ignore[arg-type]


@pytest.mark.parametrize("lane", LANES)
def test_nothing_lives_longer_than_its_lane(lane: str) -> None:
    longest = NOON + LIFE[lane]  # type: ignore[index]

    assert expiry(lane, NOON, NOON + 30 * DAY) == longest  # type: ignore[arg-type]
    assert expiry(lane, NOON, NOON + HOUR) == NOON + HOUR  # type: ignore[arg-type]


def test_an_alarm_ends_soonest() -> None:
    assert min(LIFE.values()) == LIFE["alarm"] == timedelta(hours=2)


def test_only_danger_is_told_against_a_wish() -> None:
    told = {
        (lane, purpose) for lane in LANES for purpose in PURPOSES if ignores_opt_out(lane, purpose)
    }

    assert told == {("incident", "alert"), ("alarm", "alert")}


def test_whatever_is_open_may_be_cancelled_and_nothing_leaves_an_end() -> None:
    assert all({"cancelled", "expired"} <= MOVES[state] for state in OPEN)
    assert all(not MOVES[state] for state in ENDED)
    assert set(MOVES) == set(STATES)


def test_nothing_is_sent_without_approval() -> None:
    before = {state for state in STATES if "approved" in MOVES[state]}

    assert before == {"pending", "paused"}
    assert {state for state in STATES if "sending" in MOVES[state]} == {"expanding", "paused"}
    assert {state for state in STATES if "paused" in MOVES[state]} == MOVES["paused"] - ENDED


def test_everything_has_its_words() -> None:
    assert set(PROBLEM_WORDS) == set(get_args(Problem))
    assert set(STATE_NAMES) == set(STATES)
    assert set(PURPOSE_NAMES) == set(PURPOSES)
    assert all(text.endswith("。") for text in PROBLEM_WORDS.values())


def test_a_draft_may_be_changed_only_into_a_sound_one() -> None:
    sound = a_draft(HOUSE, purpose="drill", mode="drill", lane="alarm")

    with pytest.raises(BadBroadcast):
        replace(sound, mode="live")
