"""Cases in words: places, units, times and what happened, as staff read them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.console.posts import Places
from community.departments import STREET
from community.staff import ROLE_NAMES
from hazards.case_store import EventRow
from hazards.cases import Case
from hazards.categories import Categories
from hazards.timeline import KIND_NAMES
from hazards.transitions import LEVEL_NAMES, MOVES, STATE_NAMES, STATES, State

STANDINGS: Mapping[str, str] = {
    "new": "待认定",
    "first": "首个上报",
    "me_too": "同样上报",
    "rejected": "未采纳",
    "withdrawn": "已撤回",
}
PRIVACIES: Mapping[str, str] = {"anonymous": "匿名", "confidential": "保密", "named": "实名"}
PURPOSES: Mapping[str, str] = {
    "report": "上报",
    "fix": "整改",
    "no": "没整改好",
    "before": "整改前",
    "after": "整改后",
}
REASONS: Mapping[str, str] = {
    "building": "同一栋楼",
    "near": "位置相近",
    "category": "同一类别",
    "kindred": "类别相近",
    "floor": "同一楼层",
    "photo": "照片相像",
    "recent": "时间相近",
}
NOBODY = "督办员（暂无办理单位）"
UNKNOWN_PLACE = "没有写地点"
_CATEGORY_ID = re.compile(r"[a-z_]{3,40}")
_ACTIONS: Mapping[str, str] = {
    "change_category": "改类别",
    "set_major": "重大隐患认定",
    "external_number": "记外部编号",
    "summary": "改案情摘要",
    "placed": "定位",
    "merge": "并入",
    "undo_merge": "撤销合并",
}
_KINDS: Mapping[str, str] = {str(kind): name for kind, name in KIND_NAMES.items()}


def spaced(code: str) -> str:
    """Return a code as people read it: K7M3-9QX2."""
    return f"{code[:4]}-{code[4:]}"


def state_name(state: str) -> str:
    """Return a state in Chinese."""
    return STATE_NAMES[state] if state in STATES else state


def due_words(case: Case, now: datetime) -> str:
    """Return how a deadline stands: 超期2天, 还剩5小时, 暂停计时; "" when none runs."""
    if case.paused_at is not None:
        return "暂停计时"
    if not case.is_running or case.due_at is None:
        return ""
    left = case.due_at - now
    return f"超期{span_words(-left)}" if left < timedelta() else f"还剩{span_words(left)}"


def is_due_soon(case: Case, now: datetime) -> bool:
    """Tell whether the reminder's time has come and the deadline's has not."""
    if not case.is_running or case.soft_at is None or case.due_at is None:
        return False
    return case.soft_at <= now <= case.due_at


def span_words(span: timedelta) -> str:
    """Return a length of time in its largest unit, cut: 2天, 5小时, 12分钟."""
    if span.days:
        return f"{span.days}天"
    hours = span.seconds // 3600
    return f"{hours}小时" if hours else f"{max(1, span.seconds // 60)}分钟"


@dataclass(frozen=True, slots=True)
class CaseWords:
    """Words for what a case holds as ids."""

    categories: Categories
    places: Places

    def category(self, id_: str) -> str:
        """Return a category's name."""
        found = self.categories.get(id_)
        return found.name if found else id_

    def unit(self, case: Case, department: str) -> str:
        """Return a department as this case has it: the street by its own name."""
        if not department:
            return NOBODY
        street = self.places.streets.get(case.street_id or 0)
        if department == STREET and street:
            return street
        district = self.places.districts.get(case.district_id)
        known = {one.id: one.name for one in district.departments} if district else {}
        return known.get(department, department)

    def place(self, case: Case) -> str:
        """Return where: the street, the words, the floor."""
        street = self.places.streets.get(case.street_id or 0, "")
        street = "" if case.place_words.startswith(street) else street
        floor = "" if case.floor in case.place_words else case.floor
        return " ".join(part for part in (street, case.place_words, floor) if part) or UNKNOWN_PLACE

    def level(self, case: Case) -> str:
        """Return 催办, 升级督办 or 挂牌督办; "" for none."""
        return LEVEL_NAMES[case.level]

    def reason(self, event: EventRow) -> str:
        """Return the words of an event, categories by their names."""
        if not event.reason.startswith("类别："):
            return event.reason
        return _CATEGORY_ID.sub(lambda found: self.category(found[0]), event.reason)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline, in words."""

    at: datetime
    who: str
    what: str
    words: str
    photo_ids: tuple[int, ...]


def lines_of(
    events: list[EventRow],
    names: Mapping[int, str],
    actions: Mapping[int, str],
    words: CaseWords,
) -> list[Line]:
    """Return a timeline in words; reporters are never more than 上报人.

    Args:
        events: earliest first.
        names: of staff, by id.
        actions: what the audit log calls each event, by the event's id, where it does.
        words: for ids in what was noted.
    """
    return [
        Line(
            event.at,
            _who(event, names),
            what_happened(event, actions.get(event.id, "")),
            words.reason(event),
            event.photo_ids,
        )
        for event in events
    ]


def what_happened(event: EventRow, action: str = "") -> str:
    """Return what an event was: a move by its button's words, else its kind.

    Args:
        event: as the timeline holds it.
        action: the move's name, where it is known; signing and taking over look alike else.
    """
    if event.kind != "moved":
        return _ACTIONS.get(action) or _KINDS.get(event.kind, event.kind)
    if action in MOVES:
        return MOVES[action].label
    if event.from_state == event.to_state == "submitted":
        return "收到上报"
    return _moved(event.from_state, event) or state_name(event.to_state)


def _moved(from_state: str, event: EventRow) -> str:
    """Return the label of the move that leads from one state to another for this role."""
    moves = [
        move
        for move in MOVES.values()
        if from_state in move.froms and move.to == event.to_state and event.role in move.roles
    ]
    # Signing and taking over differ in that the latter has a reason.
    moves.sort(key=lambda move: move.needs_reason != bool(event.reason))
    return moves[0].label if moves else ""


def _who(event: EventRow, names: Mapping[int, str]) -> str:
    if event.staff_id is None:
        return "上报人" if event.role == "reporter" else "系统"
    role = next((name for known, name in ROLE_NAMES.items() if known == event.role), event.role)
    return f"{role} {names.get(event.staff_id, '')}".strip()


def states_in_words(states: frozenset[State]) -> str:
    """Return states as a list in the order of the table: 待派单、已退回，待重派."""
    return "、".join(f"“{STATE_NAMES[state]}”" for state in STATES if state in states)
