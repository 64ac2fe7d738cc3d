"""Notices in words for staff: whom they go to, where everybody stands, and what is left to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection

from bot.console.broadcast_looks_store import buildings_of_ids
from community.broadcast_reach_store import (
    SUPPRESSED_NAMES,
    WAY_NAMES,
    ReachPreview,
    Suppressed,
    Way,
)
from community.broadcast_totals_store import UNKNOWN, Totals
from community.broadcasts import Audience
from community.register_store import all_communities, all_streets
from community.staff import ROLE_NAMES, Role

MODE_NAMES: Mapping[str, str] = MappingProxyType(
    {"live": "真实通知", "drill": "演练", "test": "测试"}
)
LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType({"zh": "中文", "en": "英文"})
CHANNEL_NAMES: Mapping[str, str] = MappingProxyType(
    {"wechat": "微信", "telegram": "Telegram", "web": "网页"}
)
# Where a delivery stands, in the order of the table.
DELIVERY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "sent": "已发出",
        "shown": "打开时看到了",
        "held": "留着，下次打开时看到",
        "queued": "等着发",
        "waiting": "平台忙，等一会儿再发",
        "sending": "正在发",
        "failed": "没发成",
        "uncertain": "发了，不确定收没收到",
        "expired": "过了截止时间，没有发",
        "cancelled": "停发了，没有发",
        UNKNOWN: "记录不全",
    }
)
FAILURE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "blocked": "居民屏蔽了我们",
        "rejected": "平台没有收",
        "uncertain": "发出后平台没有回音",
        "not_reachable": "账号这会儿联系不上",
        "": "原因没有留下",
    }
)
# What still reaches somebody whom no chat does.
INSTEAD: Mapping[Suppressed, str] = MappingProxyType(
    {
        "left": "请楼栋长打电话，或上门说一声。",
        "blocked": "请楼栋长打电话，或上门说一声。",
        "opted_out": "尊重他们的选择，不再发；在楼道公告栏贴一张。",
        "no_account": "在楼道贴海报，请楼栋长打电话或敲门。",
    }
)
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of counts."""

    name: str
    count: int
    note: str = ""


def audience_lines(db: Connection, audience: Audience) -> list[str]:
    """Return whom a notice is for, a line for each thing that narrows it."""
    return list(_audience_lines(db, audience))


def _audience_lines(db: Connection, audience: Audience) -> Iterator[str]:
    if audience.resident_ids:
        yield f"点名的{len(audience.resident_ids)}位居民"
    elif not audience.has_place:
        yield "全区"
    yield from _places(db, audience)
    if audience.floors:
        yield "只发" + "、".join(_floor(one) for one in audience.floors)
    if audience.roles:
        names: Mapping[Role, str] = ROLE_NAMES
        yield "只发工作人员：" + "、".join(names[one] for one in names if one in audience.roles)
    if audience.languages:
        yield "只发看" + "、".join(LANGUAGE_NAMES[one] for one in audience.languages) + "的人"
    if audience.needs:
        yield "只发登记过疏散需要帮助的居民"


def _places(db: Connection, audience: Audience) -> Iterator[str]:
    if audience.street_ids:
        streets = all_streets(db, audience.district_id)
        yield "镇街：" + _some([one.name for one in streets if one.id in audience.street_ids])
    if audience.community_ids:
        known = all_communities(db, audience.district_id)
        yield "社区：" + _some([one.name for one in known if one.id in audience.community_ids])
    if audience.building_ids:
        buildings = buildings_of_ids(db, audience.building_ids)
        yield "楼栋：" + _some([f"{one.community}{one.name}" for one in buildings])


def _some(names: Sequence[str]) -> str:
    more = f"等{len(names)}个" if len(names) > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more


def _floor(floor: int) -> str:
    return f"{floor}楼" if floor > 0 else f"地下{-floor}层"


def reached_lines(preview: ReachPreview) -> list[Line]:
    """Return who of an audience is reached how, the quickest first."""
    ways: tuple[Way, ...] = ("push", "held")
    return [
        Line(f"{CHANNEL_NAMES.get(channel, channel)}：{WAY_NAMES[way]}", count)
        for wanted in ways
        for (channel, way), count in sorted(preview.ways.items())
        if way == wanted
    ]


def missed_lines(preview: ReachPreview) -> list[Line]:
    """Return who of an audience is not reached, why, and what to do for them."""
    return [
        Line(SUPPRESSED_NAMES[reason], count, INSTEAD.get(reason, ""))
        for reason, count in sorted(preview.reasons.items())
    ]


def totals_lines(found: Totals) -> list[Line]:
    """Return where everybody stands; the counts add up to the audience."""
    known = [(name, DELIVERY_NAMES.get(name, name)) for name in found.states]
    order = list(DELIVERY_NAMES)
    known.sort(key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    reasons: Mapping[str, str] = {str(one): name for one, name in SUPPRESSED_NAMES.items()}
    instead: Mapping[str, str] = {str(one): words for one, words in INSTEAD.items()}
    return [
        *(Line(words, found.states[name]) for name, words in known),
        *(
            Line(f"发不到：{reasons.get(reason, reason)}", count, instead.get(reason, ""))
            for reason, count in sorted(found.suppressed.items())
        ),
    ]


def failure_lines(reasons: Mapping[tuple[str, str], int]) -> list[Line]:
    """Return why it did not arrive, the most first."""
    return [
        Line(f"{DELIVERY_NAMES.get(state, state)}：{FAILURE_NAMES.get(code, code)}", count)
        for (state, code), count in reasons.items()
    ]
