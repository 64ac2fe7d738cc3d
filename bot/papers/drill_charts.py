"""The charts of a drill's report, for its page, its PDF and chat; drawn by bot.charts.studio."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from bot.charts.specs import Bars, Chart, Curve, Mark, Series
from drills.measured import Measures, Point
from drills.report_words import STEP_NAMES

ChartName = Literal["funnel", "arrivals", "unaccounted", "floors", "channels", "failures"]
TITLES: Mapping[ChartName, str] = MappingProxyType(
    {
        "funnel": "从登记到集合点",
        "arrivals": "到集合点的人数",
        "unaccounted": "还没有下落的人数",
        "floors": "每层清查完的时间",
        "channels": "通知从哪里送出",
        "failures": "通知没有送到的原因",
    }
)
CHANNEL_NAMES: Mapping[str, str] = MappingProxyType(
    {"wechat": "微信", "telegram": "Telegram", "web": "网页"}
)
REASON_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "blocked": "已屏蔽我们",
        "left": "已取消关注",
        "opted_out": "已退订这类通知",
        "not_reachable": "联系不上",
        "no_account": "没有聊天账号",
        "out_of_quota": "当天的条数用完了",
        "window_closed": "对方很久没有发过消息",
        "rejected": "平台没有接受",
        "retry_after": "平台太忙",
        "uncertain": "送没送到不清楚",
        "expired": "过了时间",
        "cancelled": "已取消",
        "failed": "平台没有送出",
        "": "原因不详",
    }
)
# More bars than fit a page: then a bar for each stair.
MOST_FLOORS = 36
_MINUTE = 60


def charts_of(measures: Measures) -> dict[ChartName, Chart]:
    """Return the charts that there are figures for, in the order of the report."""
    made: dict[ChartName, Chart | None] = {
        "channels": _counted("channels", channels_of(measures), "渠道"),
        "failures": _counted("failures", failures_of(measures), "原因"),
        "funnel": _funnel(measures),
        "arrivals": _arrivals(measures),
        "unaccounted": _curve("unaccounted", measures.unaccounted, (), measures.persons),
        "floors": _floors(measures),
    }
    return {name: chart for name, chart in made.items() if chart is not None}


def channels_of(measures: Measures) -> dict[str, int]:
    """Return deliveries that went out by the channel's name, over all notices."""
    counted: Counter[str] = Counter()
    for notice in measures.notices:
        for channel, number in notice.channels.items():
            counted[CHANNEL_NAMES.get(channel, channel)] += number
    return dict(counted.most_common())


def failures_of(measures: Measures) -> dict[str, int]:
    """Return notices that did not get through by the reason's name, over all notices."""
    counted: Counter[str] = Counter()
    for notice in measures.notices:
        counted.update({reason_name(key): n for key, n in notice.suppressed.items()})
        for key, number in notice.failures.items():
            counted[reason_name(key)] += number
        for state in ("expired", "cancelled", "uncertain"):
            counted[reason_name(state)] += notice.states.get(state, 0)
    return {name: number for name, number in counted.most_common() if number}


def reason_name(key: str) -> str:
    """Return a reason in Chinese; one that has no name as it is."""
    return REASON_NAMES.get(key, key)


def _funnel(measures: Measures) -> Chart | None:
    if not measures.persons:
        return None
    labels = tuple(STEP_NAMES[step.name] for step in measures.funnel)
    persons = Series("人数", tuple(float(step.persons) for step in measures.funnel))
    return Bars(TITLES["funnel"], labels, (persons,), unit="人", heading="步骤")


def _arrivals(measures: Measures) -> Chart | None:
    marks = (("一半", measures.median), ("九成", measures.p90), ("九成五", measures.p95))
    known = tuple(Mark(name, at) for name, at in marks if at is not None)
    return _curve("arrivals", measures.arrivals, known, measures.persons)


def _curve(
    name: ChartName, points: tuple[Point, ...], marks: tuple[Mark, ...], most: int
) -> Chart | None:
    if not points:
        return None
    steps = tuple((point.seconds, point.persons) for point in points)
    return Curve(TITLES[name], steps, marks, most=most)


def _floors(measures: Measures) -> Chart | None:
    floors = {
        f"{one.building} {one.stair}单元{one.floor}层": one.seconds for one in measures.floors
    }
    if not floors:
        return None
    if len(floors) > MOST_FLOORS:
        return _stairs(measures)
    minutes = tuple(round(seconds / _MINUTE, 1) for seconds in floors.values())
    return Bars(
        TITLES["floors"], tuple(floors), (Series("用时", minutes),), unit="分钟", heading="楼层"
    )


def _stairs(measures: Measures) -> Chart:
    """Return each stair's last swept floor, and how much of it was swept."""
    last: dict[tuple[str, int], int] = {}
    for one in measures.floors:
        key = (one.building, one.stair)
        last[key] = max(last.get(key, 0), one.seconds)
    shown = list(last.items())[:MOST_FLOORS]
    labels = tuple(f"{building} {stair}单元" for (building, stair), _ in shown)
    minutes = tuple(round(seconds / _MINUTE, 1) for _, seconds in shown)
    return Bars(
        "每个单元最后一层清查完的时间", labels, (Series("用时", minutes),), unit="分钟",
        heading="单元",
    )  # fmt: skip


def _counted(name: ChartName, counted: Mapping[str, int], heading: str) -> Chart | None:
    if not counted:
        return None
    series = Series("次数", tuple(map(float, counted.values())))
    return Bars(TITLES[name], tuple(counted), (series,), unit="次", heading=heading)
