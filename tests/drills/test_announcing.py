"""What residents are told at each stage: words, lane, mode, times and what may be tapped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from community.broadcasts import Audience, Draft, marked
from drills.announcing import (
    ANNOUNCED,
    Announced,
    Announcement,
    Setting,
    announcement,
    day_and_time,
)
from drills.drills import KINDS, Drill, State, step_times
from drills.templates import LANGUAGES, load_templates

CHINA = ZoneInfo("Asia/Shanghai")
STARTS = datetime(2026, 12, 5, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE = Setting((3, 7), CHINA)
DRILL = Drill(
    id=12, code="K7M2P9Q4", district_id="demo", street_id=1, community_id=2, kind="evacuation",
    title="双福花园1栋消防演练", scenario="假设三楼厨房起火", assembly_point="东门广场",
    state="announced", version=4, sequence=2, starts_at=STARTS, lasts_minutes=40,
    organiser_id=5, approver_id=6, check_in_code="048213", check_in_token="t",  # noqa: S106
    alarm_at=None, mustering_at=None, roll_closed_at=None, all_clear_at=None, ended_at=None,
    reason="预报有暴雨", created_at=STARTS, changed_at=STARTS,
)  # fmt: skip
NOTICES: list[Announced] = ["notice_week", "notice_day", "notice_soon"]


def told(stage: Announced, now: datetime = STARTS, **values: object) -> Announcement:
    return announcement(replace(DRILL, **values), stage, HERE, load_templates(), now)


@pytest.mark.parametrize("stage", ANNOUNCED)
@pytest.mark.parametrize("kind", KINDS)
def test_every_stage_of_every_drill_makes_a_broadcast_that_may_be_sent(
    stage: Announced, kind: str
) -> None:
    one = told(stage, kind=kind)
    draft = Draft(
        one.key, "demo", 1, "alert" if one.mode == "live" else "drill", one.mode, one.lane,
        one.title, one.words, one.choices, Audience("demo", building_ids=one.building_ids),
        one.due_at, one.expires_at, None,
    )  # fmt: skip
    assert set(draft.words) == set(LANGUAGES)
    assert not any(mark in text for text in draft.words.values() for mark in "{}")
    assert one.building_ids == (3, 7)


def test_a_stage_of_one_course_has_one_key() -> None:
    assert told("notice_day").key == "drill:12:2:notice_day"
    assert told("notice_day", sequence=3).key != told("notice_day").key
    assert len({told(stage).key for stage in ANNOUNCED}) == len(ANNOUNCED)


def test_a_drill_is_never_mistaken_for_a_fire() -> None:
    for stage in set(ANNOUNCED) - {"aborted"}:
        one = told(stage)
        assert one.mode == "drill"
        assert one.lane != "incident"
        assert all(
            line.startswith("【演练】")
            for line in marked(one.words["zh"], one.mode, "zh").splitlines()
        )


def test_a_real_incident_is_told_as_one() -> None:
    one = told("aborted", reason="三楼冒烟。")
    assert (one.mode, one.lane, one.choices) == ("live", "incident", ())
    assert one.title == "演练停止，现在是真的险情"
    assert one.words["zh"].startswith(
        "演练停止，现在有真实险情：三楼冒烟。请按真火警行动，马上打119。"
    )
    assert "call 119" in one.words["en"]
    assert "演练】" not in marked(one.words["zh"], one.mode, "zh")
    assert one.expires_at == STARTS + 6 * HOUR


def test_a_real_incident_needs_no_words() -> None:
    assert "险情：请按真火警行动，马上打119。" in told("aborted", reason="").words["zh"]


@pytest.mark.parametrize("stage", ["alarm", "reminder"])
def test_who_hears_the_alarm_may_answer(stage: Announced) -> None:
    assert told(stage).choices == (
        ("我已到集合点", "drill/K7M2P9Q4/arrived"),
        ("需要帮助", "drill/K7M2P9Q4/help"),
        ("我在外面", "drill/K7M2P9Q4/away"),
    )


def test_nothing_else_is_answered() -> None:
    silent = [stage for stage in ANNOUNCED if not told(stage).choices]
    assert set(ANNOUNCED) - set(silent) == {"alarm", "reminder"}


def test_only_the_reminder_leaves_out_who_has_answered() -> None:
    assert [stage for stage in ANNOUNCED if told(stage).to_unanswered] == ["reminder"]


@pytest.mark.parametrize(
    ("stage", "lasts"),
    [("notice_week", 5 * 24 * HOUR), ("notice_day", 20 * HOUR), ("notice_soon", 40 * HOUR / 60)],
)
def test_notices_are_bulk_and_end_before_they_confuse(stage: Announced, lasts: timedelta) -> None:
    due = step_times(STARTS, 40)[stage]  # type: ignore[index]
    one = told(stage, due)
    assert (one.lane, one.due_at) == ("bulk", due)
    assert one.expires_at - due == lasts


@pytest.mark.parametrize("stage", NOTICES)
def test_a_late_notice_does_not_outlive_the_drills_start(stage: Announced) -> None:
    one = told(stage, STARTS - HOUR)
    assert STARTS - HOUR < one.expires_at <= STARTS + HOUR / 6
    assert told(stage, STARTS - timedelta(minutes=1)).expires_at > STARTS - timedelta(minutes=1)


def test_the_alarm_counts_until_the_roll_is_closed() -> None:
    one = told("alarm", STARTS, lasts_minutes=55)
    assert one.lane == "alarm"
    assert one.expires_at == step_times(STARTS, 55)["roll_close"]


@pytest.mark.parametrize("stage", ["postponed", "cancelled"])
@pytest.mark.parametrize(("before", "lane"), [(HOUR, "alarm"), (9 * HOUR, "bulk")])
def test_a_change_at_the_last_moment_does_not_wait_for_the_morning(
    stage: Announced, before: timedelta, lane: str
) -> None:
    # The drill itself has its new time already; people wait for the old one.
    setting = replace(HERE, expected_at=STARTS)
    later = replace(DRILL, starts_at=STARTS + 240 * HOUR)
    one = announcement(later, stage, setting, load_templates(), STARTS - before)
    assert one.lane == lane


@pytest.mark.parametrize(
    ("state", "said"), [("planned", "12月5日（周六）10:00"), ("postponed", "定了，再告诉你")]
)
def test_the_new_time_is_told_where_there_is_one(state: State, said: str) -> None:
    words = told("postponed", state=state).words["zh"]
    assert said in words
    assert "预报有暴雨" in words


def test_marks_and_lines_in_what_people_typed_do_no_harm() -> None:
    one = told("notice_week", title="【演练】秋季\n疏散", assembly_point="{东门} [DRILL]广场")
    assert one.title == "秋季 疏散"
    assert "{东门} 广场" in one.words["zh"]
    assert "演练】" not in one.words["zh"]


def test_a_moment_is_written_as_people_write_it() -> None:
    new_year = datetime(2026, 12, 31, 16, 5, tzinfo=UTC)
    assert day_and_time(new_year, CHINA, "zh") == "1月1日（周五）00:05"
    assert day_and_time(new_year, CHINA, "en") == "Fri 1 Jan, 00:05"
