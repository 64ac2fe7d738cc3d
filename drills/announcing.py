"""What residents are told at each stage of a drill, as a value: words, lane, mode and times.

Values in, values out. ``drills.broadcast_announcing`` makes a broadcast of it. The mark
【演练】 is not written here: it belongs to the mode, and is put before every line when it is sent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from community.deliveries import Lane
from drills.drills import Drill
from drills.templates import LANGUAGES, Occasion, Templates

Announced = Literal[
    "notice_week",
    "notice_day",
    "notice_soon",
    "alarm",
    "reminder",
    "all_clear",
    "postponed",
    "cancelled",
    "aborted",
]
ANNOUNCED: tuple[Announced, ...] = get_args(Announced)
# Tells everybody of a stage; called inside the transaction that brings the stage about.
Announce = Callable[[Connection, Drill, Announced, datetime], None]

ARRIVED, HELP, AWAY = "我已到集合点", "需要帮助", "我在外面"

# For how long a stage's words are of use.
_USEFUL: Mapping[Announced, timedelta] = MappingProxyType(
    {
        "notice_week": timedelta(days=5),
        "notice_day": timedelta(hours=20),
        "notice_soon": timedelta(minutes=40),
        "reminder": timedelta(minutes=15),
        "all_clear": timedelta(hours=2),
        "postponed": timedelta(days=2),
        "cancelled": timedelta(days=2),
        "aborted": timedelta(hours=6),
    }
)
# A notice that comes when the drill has begun only confuses; the last one may just overlap.
_PAST_START: Mapping[Announced, timedelta] = MappingProxyType(
    {
        "notice_week": timedelta(),
        "notice_day": timedelta(),
        "notice_soon": timedelta(minutes=10),
    }
)
# When people expect a drill within this time, its end must not wait for the end of the quiet
# hours; before that the slower lane is better, which goes on trying for days.
_NEAR = timedelta(hours=3)
_MOST_FREE_WORDS = 300
# Marks are the mode's alone, whoever wrote the title.
_MARK = re.compile(r"[【\[［]\s*(?:演练|测试|drill|test)\s*[】\]］]\s*", re.IGNORECASE)
# Stands where the reason would, since a real incident is told by one tap, without a word typed.
_ACT = {
    "zh": "请按真火警行动，马上打119。",
    "en": "Act as in a real fire and call 119 at once.",
}
_ABORTED_TITLE = "演练停止，现在是真的险情"
_WEEKDAYS = "一二三四五六日"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One stage of a drill, told to the residents of its buildings.

    Attributes:
        key: one stage of one course of the drill; the same key is the same broadcast.
        mode: ``drill``, or ``live`` when a real incident ended it.
        lane: how urgent it is.
        words: language → words, without any mark.
        choices: what may be tapped: (label, function).
        building_ids: whose residents are told.
        to_unanswered: only to those who have not been heard from.
        due_at: not to be sent before.
        expires_at: of no use from then on.
    """

    key: str
    stage: Announced
    mode: Literal["drill", "live"]
    lane: Lane
    title: str
    words: Mapping[str, str]
    choices: tuple[tuple[str, str], ...]
    building_ids: tuple[int, ...]
    to_unanswered: bool
    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and for whom a drill is announced.

    Attributes:
        building_ids: those that take part.
        zone: whose clock they go by.
        expected_at: when people wait for it, where that is no longer its start.
    """

    building_ids: tuple[int, ...]
    zone: ZoneInfo
    expected_at: datetime | None = None


def announcement(
    drill: Drill, stage: Announced, setting: Setting, templates: Templates, now: datetime
) -> Announcement:
    """Return what residents are told of a stage.

    Args:
        drill: as it is once the stage has come about.
        stage: which.
        setting: buildings and time zone.
        templates: of every kind of drill.
        now: when it is told.
    """
    return Announcement(
        key=f"drill:{drill.id}:{drill.sequence}:{stage}",
        stage=stage,
        mode="live" if stage == "aborted" else "drill",
        lane=_lane(stage, setting.expected_at or drill.starts_at, now),
        title=_ABORTED_TITLE if stage == "aborted" else _plain(drill.title),
        words={one: _worded(drill, stage, one, setting, templates) for one in LANGUAGES},
        choices=_choices(drill, stage),
        building_ids=setting.building_ids,
        to_unanswered=stage == "reminder",
        due_at=now,
        expires_at=_expires_at(drill, stage, now),
    )


def day_and_time(at: datetime, zone: tzinfo | None, language: str) -> str:
    """Return a moment with its weekday, as people of a language write it."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M}"
    if language == "zh":
        return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{clock}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {clock}"


def _worded(
    drill: Drill, stage: Announced, language: str, setting: Setting, templates: Templates
) -> str:
    occasion: Occasion = "postponed.undated" if _is_undated(drill, stage) else stage
    values = {
        "title": _plain(drill.title),
        "when": day_and_time(drill.starts_at, setting.zone, language),
        "place": _plain(drill.assembly_point),
        "scenario": _plain(drill.scenario),
        "code": drill.check_in_code,
        "reason": _reason(drill, stage, language),
    }
    return templates[drill.kind].filled(language, occasion, values)


def _reason(drill: Drill, stage: Announced, language: str) -> str:
    reason = _plain(drill.reason)
    if stage != "aborted":
        return reason
    if not reason:
        return _ACT[language]
    stop = "。" if language == "zh" else ". "
    return f"{reason.rstrip('。.!！')}{stop}{_ACT[language]}"


def _is_undated(drill: Drill, stage: Announced) -> bool:
    return stage == "postponed" and drill.state == "postponed"


def _lane(stage: Announced, expected_at: datetime, now: datetime) -> Lane:
    if stage == "aborted":
        return "incident"
    if stage in {"alarm", "reminder", "all_clear"}:
        return "alarm"
    is_over = stage in {"postponed", "cancelled"}
    return "alarm" if is_over and expected_at - now < _NEAR else "bulk"


def _plain(text: str) -> str:
    """Return somebody's words without marks, in one line."""
    return " ".join(_MARK.sub("", text).split())[:_MOST_FREE_WORDS]


def _choices(drill: Drill, stage: Announced) -> tuple[tuple[str, str], ...]:
    if stage not in {"alarm", "reminder"}:
        return ()
    answers = ((ARRIVED, "arrived"), (HELP, "help"), (AWAY, "away"))
    return tuple((label, f"drill/{drill.code}/{answer}") for label, answer in answers)


def _expires_at(drill: Drill, stage: Announced, now: datetime) -> datetime:
    if stage == "alarm":
        return now + timedelta(minutes=drill.lasts_minutes)
    end = now + _USEFUL[stage]
    past = _PAST_START.get(stage)
    # Never before it could be sent: a step may come to the very end of its tolerance.
    return (
        end if past is None else max(min(end, drill.starts_at + past), now + timedelta(minutes=5))
    )
