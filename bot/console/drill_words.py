"""Drills in words for staff: the course, the next act, what happened, what was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from drills.drills import STATE_NAMES, Event, Stage, State
from drills.step_store import Step, StepState

ActName = str

# What is done next, by state: the name of the act, its button, and what comes of it.
NEXT: Mapping[State, tuple[ActName, str, str]] = MappingProxyType(
    {
        "planned": ("approve", "批准这场演练", "批准以后，组织人就可以办准备、通知居民。"),
        "approved": ("announce", "通知居民", "通知会按下面的时间自动发给这几栋楼的居民。"),
        "announced": (
            "stand_by",
            "人员就位，准备开始",
            "开始前两小时内按。不按，警报不会自己发。",
        ),
        "standby": ("sound_alarm", "现在发演练警报", "到时间会自动发；早晚半小时左右可以自己按。"),
        "alarm": ("muster", "开始集合点名", "居民到了集合点，就开始点名。"),
        "mustering": ("close_roll", "结束点名", "结束后没有应答的人不会算作安全，仍要逐个去找。"),
        "roll_closed": (
            "all_clear",
            "演练解除，请大家回家",
            "求助、没找到的人都有下落了再按。",
        ),
        "all_clear": ("debrief", "开始讲评", "趁大家还在，说说哪里好、哪里要改，把问题记在下面。"),
        "reported": ("close", "归档", "归档以后报告不能再改。"),
    }
)
DONE: Mapping[ActName, str] = MappingProxyType(
    {
        "approve": "批准了。",
        "announce": "好了，通知会按时发给居民。",
        "stand_by": "好了，到时间会发演练警报。",
        "sound_alarm": "演练警报发出去了。",
        "muster": "开始点名了。",
        "close_roll": "点名结束了。",
        "all_clear": "演练解除了，居民会收到通知。",
        "debrief": "开始讲评。请把发现的问题记下来。",
        "close": "归档了。",
        "postpone": "改期了。",
        "cancel": "取消了。",
        "abort": "演练已经中止，居民会马上收到通知。真有险情先打119。",
        "tick": "记下了。",
        "untick": "勾去掉了。",
        "problem": "问题记下了，下次演练前会再提醒。",
        "solve": "记下了，这个问题整改好了。",
    }
)
# Several states are one step of the course as people see it.
_COURSE: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("计划", ("planned",)),
    ("批准", ("approved",)),
    ("通知居民", ("announced",)),
    ("人员就位", ("standby",)),
    ("警报疏散", ("alarm",)),
    ("点名", ("mustering", "roll_closed")),
    ("解除", ("all_clear",)),
    ("讲评", ("debrief",)),
    ("报告", ("reported",)),
    ("归档", ("closed",)),
)
STAGE_NAMES: Mapping[Stage, str] = MappingProxyType(
    {
        "notice_week": "提前一周的通知",
        "notice_day": "提前一天的通知",
        "notice_soon": "开始前半小时的通知",
        "alarm": "演练警报",
        "reminder": "提醒还没应答的人",
        "roll_close": "点名自动结束",
    }
)
STEP_STATES: Mapping[StepState, str] = MappingProxyType(
    {"planned": "到时自动办", "done": "办过了", "cancelled": "不再办", "missed": "错过了，没有办"}
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "planned": "计划了这场演练",
        "changed": "改了计划",
        "swept": "清查完一层",
        "guest": "补登了一位来人",
        "report_sealed": "封存了报告",
    }
)
_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "button": "在手机上",
        "qr": "扫集合点的码",
        "code": "输六位数字",
        "proxy": "由同住的人",
        "list": "由点名员",
        "organiser": "由组织人",
    }
)


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One step of the course; ``state`` is ``done``, ``now`` or ``later``."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of what happened."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One thing that happens by itself, in words."""

    name: str
    due_at: datetime
    state: StepState
    words: str


def spaced(code: str) -> str:
    """Return a code as people read it: 7K3M-9QXA."""
    return f"{code[:4]}-{code[4:]}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people say it: 12月5日（周六）09:00."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日（周{'一二三四五六日'[local.weekday()]}）{local:%H:%M}"


def course(state: State) -> list[CourseStep]:
    """Return the course with what is behind; empty for a drill that left it."""
    at = next((place for place, (_, states) in enumerate(_COURSE) if state in states), None)
    if at is None:
        return []
    where = {-1: "done", 0: "now", 1: "later"}
    return [
        CourseStep(name, where[(place > at) - (place < at)])
        for place, (name, _) in enumerate(_COURSE)
    ]


def step_line(step: Step) -> StepLine:
    """Return a step of the timeline in words."""
    return StepLine(STAGE_NAMES[step.stage], step.due_at, step.state, STEP_STATES[step.state])


def happened(event: Event, names: Mapping[int, str], items: Mapping[str, str]) -> Happened:
    """Return an event in words.

    Args:
        event: of a drill.
        names: of the staff, by id.
        items: of the checklist, names by id.
    """
    who = {"staff": names.get(event.actor_id or 0, "工作人员"), "resident": "居民"}
    return Happened(event.occurred_at, who.get(event.actor_kind, "系统"), _what(event, items))


def _what(event: Event, items: Mapping[str, str]) -> str:
    detail = event.detail
    if event.kind == "moved":
        names: Mapping[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
        return names.get(str(detail.get("to")), "改了状态")
    if event.kind in {"checked", "unchecked"}:
        item = items.get(str(detail.get("item")), "一项准备")
        return f"{'办好' if event.kind == 'checked' else '去掉了勾'}：{item}"
    if event.kind in {"told", "step_missed"}:
        stages: Mapping[str, str] = {str(stage): name for stage, name in STAGE_NAMES.items()}
        name = stages.get(str(detail.get("stage")), "一次通知")
        return f"{'发出' if event.kind == 'told' else '错过了'}{name}"
    return _KINDS.get(event.kind) or _roll_words(event)


def _roll_words(event: Event) -> str:
    """Return what changed on the list; who it was stands on the list alone."""
    how = _SOURCES.get(str(event.detail.get("source")), "")
    return f"{how}更新了点名册" if how else "更新了点名册"
