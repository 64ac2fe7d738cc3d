"""What a drill (演练) is, every move that it may make, and why something is refused.

Values and rules alone. The SQL that carries a move out repeats state and version as its
condition (``drills.drill_store.move``), so that an illegal move cannot win a race either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, get_args

State = Literal[
    "planned",
    "approved",
    "announced",
    "standby",
    "alarm",
    "mustering",
    "roll_closed",
    "all_clear",
    "debrief",
    "reported",
    "closed",
    "postponed",
    "cancelled",
    "aborted",
]
STATES: tuple[State, ...] = get_args(State)
# As shown to people.
STATE_NAMES: Mapping[State, str] = MappingProxyType(
    {
        "planned": "待批准",
        "approved": "已批准，待通知",
        "announced": "已通知居民",
        "standby": "准备就绪",
        "alarm": "演练开始",
        "mustering": "集合点名",
        "roll_closed": "点名结束",
        "all_clear": "演练解除",
        "debrief": "讲评总结",
        "reported": "报告已封存",
        "closed": "已归档",
        "postponed": "已改期，时间待定",
        "cancelled": "已取消",
        "aborted": "因真实险情中止",
    }
)

Kind = Literal["evacuation", "night", "gas_leak", "school"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What happens by itself at its time: the stages of drills.store.drill_step, in order.
Stage = Literal["notice_week", "notice_day", "notice_soon", "alarm", "reminder", "roll_close"]
STAGES: tuple[Stage, ...] = get_args(Stage)

REMINDER_AFTER = timedelta(minutes=10)

# The course of a drill in which all goes well.
COURSE: tuple[State, ...] = STATES[: STATES.index("closed") + 1]
BEFORE: frozenset[State] = frozenset({"planned", "approved", "announced", "standby"})
# Residents are under way: the organiser's page counts, people may check in.
RUNNING: frozenset[State] = frozenset({"alarm", "mustering", "roll_closed"})
ENDED: frozenset[State] = frozenset({"closed", "cancelled", "aborted"})
OPEN: frozenset[State] = frozenset(STATES) - ENDED
# A drill that takes up the building at its time: others keep clear of it.
HOLDING: frozenset[State] = BEFORE | RUNNING
# A real incident ends a drill while people gather for it or are under way.
ABORTABLE: frozenset[State] = RUNNING | {"standby"}


def _moves() -> Mapping[State, frozenset[State]]:
    moves: dict[State, set[State]] = {state: set() for state in STATES}
    for state, following in pairwise(COURSE):
        moves[state].add(following)
    for state in BEFORE:
        moves[state] |= {"postponed", "cancelled"}
    for state in ABORTABLE:
        moves[state].add("aborted")
    moves["postponed"] |= {"planned", "cancelled"}
    return MappingProxyType({state: frozenset(tos) for state, tos in moves.items()})


# From each state, the states that it may go to; none from an ended one.
MOVES: Mapping[State, frozenset[State]] = _moves()


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill, as ``drills.store.drill`` describes its columns; times in UTC.

    Attributes:
        code: eight characters with a check character, as people read it.
        assembly_point: where everybody gathers (集合点).
        version: rises with every change of anything.
        sequence: rises with what a calendar has to show (RFC 5545, SEQUENCE).
        check_in_code: six digits, unique among open drills.
        check_in_token: what the QR code at the assembly point carries.
        alarm_at: when the drill's alarm was given; None before. So the other moments.
        ended_at: when it was closed, cancelled or aborted.
        reason: of the postponement, the cancellation or the abortion; "" otherwise.
    """

    id: int
    code: str
    district_id: str
    street_id: int
    community_id: int
    kind: Kind
    title: str
    scenario: str
    assembly_point: str
    state: State
    version: int
    sequence: int
    starts_at: datetime
    lasts_minutes: int
    organiser_id: int
    approver_id: int | None
    check_in_code: str
    check_in_token: str
    alarm_at: datetime | None
    mustering_at: datetime | None
    roll_closed_at: datetime | None
    all_clear_at: datetime | None
    ended_at: datetime | None
    reason: str
    created_at: datetime
    changed_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When it is planned to be over."""
        return self.starts_at + timedelta(minutes=self.lasts_minutes)

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it."""
        return self.state in OPEN

    @property
    def is_running(self) -> bool:
        """Whether residents are under way or gathering."""
        return self.state in RUNNING

    def may_go(self, to: State) -> bool:
        """Tell whether the table of moves leads from its state to ``to``."""
        return to in MOVES[self.state]


ActorKind = Literal["staff", "resident", "system"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a drill; never changed once it is written.

    Attributes:
        kind: ``planned``, ``moved`` and what the modules of the day add.
        actor_kind: who, and ``actor_id`` which one; None for the system.
        occurred_at: when it happened, by the clock of who tells it.
        recorded_at: when we heard of it, by ours.
        detail: plain JSON; ids and counts, never names.
    """

    kind: str
    actor_kind: ActorKind
    actor_id: int | None
    occurred_at: datetime
    recorded_at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)


def staff_event(kind: str, staff_id: int, now: datetime, **detail: object) -> Event:
    """Return what a staff member did just now."""
    return Event(kind, "staff", staff_id, now, now, detail)


def system_event(kind: str, now: datetime, **detail: object) -> Event:
    """Return what happened by itself just now."""
    return Event(kind, "system", None, now, now, detail)


def step_times(starts_at: datetime, lasts_minutes: int) -> Mapping[Stage, datetime]:
    """Return when each stage is due, earliest first.

    The reminder comes ten minutes after the alarm, or halfway through a drill under twenty.
    """
    reminder = min(REMINDER_AFTER, timedelta(minutes=lasts_minutes) / 2)
    return {
        "notice_week": starts_at - timedelta(days=7),
        "notice_day": starts_at - timedelta(days=1),
        "notice_soon": starts_at - timedelta(minutes=30),
        "alarm": starts_at,
        "reminder": starts_at + reminder,
        "roll_close": starts_at + timedelta(minutes=lasts_minutes),
    }


Refusal = Literal[
    "unknown_drill",
    "stale",
    "illegal_move",
    "not_allowed",
    "same_person",
    "reason_missing",
    "has_faults",
    "not_planned",
    "checks_missing",
    "unknown_check",
    "too_early",
    "too_late",
    "people_missing",
    "roll_open",
    "roll_closed",
    "not_running",
    "unknown_code",
    "not_on_roster",
    "unknown_roster_row",
    "bad_persons",
    "bad_status",
    "bad_moment",
    "guest_name_missing",
    "unknown_floor",
    "unknown_problem",
    "problem_words_missing",
    "owner_missing",
    "bad_day",
    "report_missing",
    "report_changed",
    "not_sealable",
]
# What people are told; one sentence that says what is wrong and one that says what to do.
REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        "unknown_drill": "找不到这场演练，请核对演练编号。",
        "stale": "这场演练刚刚有人改过，请刷新后再操作。",
        "illegal_move": "演练现在的状态不能做这一步，请刷新看看走到哪一步了。",
        "not_allowed": "这场演练不在你负责的范围内，请联系所在镇街的值班员。",
        "same_person": "演练要由另一个人来批准，请找社区或镇街的同事。",
        "reason_missing": "请写明原因，居民会看到这句话。",
        "has_faults": "演练计划还有问题，请按提示改好再提交。",
        "not_planned": "演练批准以后不能直接修改，需要改时间请先改期。",
        "checks_missing": "演练前的准备还没做完，请先把清单上的必做项办好、打勾。",
        "unknown_check": "清单里没有这一项，请刷新后再勾选。",
        "too_early": "还没有到演练的时间，请到时再操作。",
        "too_late": "演练的时间已经过了，请改期或取消。",
        "people_missing": "还有人没有下落，请先找到他们，或逐个写明情况。",
        "roll_open": "点名还没有结束，请先结束点名。",
        "roll_closed": "点名已经结束，请直接告诉现场的组织人员。",
        "not_running": "这场演练现在没有在进行，不用签到。",
        "unknown_code": "没有找到对应的演练，请核对集合点公布的六位数字。",
        "not_on_roster": "点名册里没有你的登记，请告诉现场的组织人员，由他们补登。",
        "unknown_roster_row": "点名册里没有这一户，请刷新后再操作。",
        "bad_persons": "人数不对，请填 0 到 20 之间的数。",
        "bad_status": "不能这样登记，请从列出的情况里选一个。",
        "bad_moment": "登记的时间不对，请检查手机的时间设置。",
        "guest_name_missing": "请写上怎么称呼这位来人，例如“访客”“外卖员”。",
        "unknown_floor": "这栋楼没有这一层，请核对楼层。",
        "unknown_problem": "找不到这个问题，请刷新后再操作。",
        "problem_words_missing": "请写明发现了什么问题。",
        "owner_missing": "请写明由谁负责整改。",
        "bad_day": "日期不对，请写成“年-月-日”，并且不早于今天。",
        "report_missing": "这场演练还没有报告，请先生成报告。",
        "report_changed": "报告的内容和封存时不一致，请联系管理员核查。",
        "not_sealable": "演练讲评以后才能封存报告，请先完成前面的步骤。",
    }
)


class DrillRefused(Exception):
    """Something cannot be done with a drill as asked.

    Attributes:
        code: what is wrong, of ``REFUSALS``.
        detail: which one, in Chinese; "" where the code says all.
        words: the whole sentence for people.
    """

    permanent = True

    def __init__(self, code: Refusal, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"refused: {code}{f' ({detail})' if detail else ''}")

    @property
    def words(self) -> str:
        """What the person who asked is told."""
        return f"{REFUSALS[self.code]}{self.detail}"


def check_move(drill: Drill, to: State) -> None:
    """Pass over a move that the table allows.

    Raises:
        DrillRefused: ``illegal_move``, when it does not.
    """
    if not drill.may_go(to):
        raise DrillRefused("illegal_move", f"（现在：{STATE_NAMES[drill.state]}）")
