"""The sections of a drill's report in words (演练评估报告), under the headings of an evaluation.

GB/T 46792-2025 asks an evaluation to prepare, observe, analyse, conclude and improve; the eight
headings follow it. Every sentence rests on a figure; what is not known is said to be unknown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from types import MappingProxyType

from drills.measured import Change, Measures, NoticeTotals, StepName
from drills.report_bodies import Earlier, Finding, Happening, Section, Subject

KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "evacuation": "疏散演练",
        "night": "夜间疏散演练",
        "gas_leak": "燃气泄漏演练",
        "school": "学校疏散演练",
    }
)
STAGE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "notice_week": "提前一周的通知",
        "notice_day": "提前一天的通知",
        "notice_soon": "开始前半小时的提醒",
        "alarm": "演练开始的通知",
        "reminder": "点名时的提醒",
        "roll_close": "点名结束",
        "all_clear": "演练结束的通知",
        "postponed": "改期通知",
        "cancelled": "取消通知",
        "aborted": "真实险情的通知",
    }
)
STEP_NAMES: Mapping[StepName, str] = MappingProxyType(
    {
        "registered": "登记在册",
        "reachable": "能联系上",
        "delivered": "通知已送出",
        "acknowledged": "点了回应",
        "left": "已出门",
        "arrived": "到了集合点",
    }
)
STATUS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "unknown": "没有消息",
        "missing": "没有找到",
        "leaving": "出门后还没签到",
        "needs_help": "求助后还没到",
        "at_home": "在家没下楼",
        "away": "外出",
        "excused": "身体原因不参加",
        "arrived": "到了集合点",
    }
)
CHANGE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "registered": "登记在册",
        "arrived": "到了集合点",
        "participation": "参与率",
        "median": "一半人到齐",
        "p90": "九成人到齐",
        "p95": "九成五到齐",
        "roll_closed": "点名结束",
        "unaccounted": "点名结束时没有下落",
    }
)
NOT_KNOWN = "不详"


def span_words(seconds: float | None) -> str:
    """Return 2分5秒, 40秒, 1小时2分; 不详 for None."""
    if seconds is None:
        return NOT_KNOWN
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "小时"), (minutes, "分"), (0 if hours else rest, "秒"))
    return "".join(f"{figure}{unit}" for figure, unit in parts if figure) or "0秒"


def share_words(share: float | None) -> str:
    """Return 83.3%; 不详 for None."""
    return NOT_KNOWN if share is None else f"{share * 100:.1f}".removesuffix(".0") + "%"


def moment_words(moment: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """Return 2026年11月22日 9:05, with seconds where they matter."""
    here = moment.astimezone(zone)
    clock = f"{here.hour}:{here:%M:%S}" if seconds else f"{here.hour}:{here:%M}"
    return f"{here.year}年{here.month}月{here.day}日 {clock}"


def basics(subject: Subject, measures: Measures, zone: tzinfo) -> Section:
    """Return 基本情况."""
    kind = KIND_NAMES.get(subject.kind, subject.kind)
    began = subject.alarm_at or subject.starts_at
    return Section(
        "基本情况",
        (
            f"{moment_words(began, zone)}，{subject.street}{subject.community}举行{kind}"
            f"“{subject.title}”。参加的楼栋：{'、'.join(subject.buildings) or NOT_KNOWN}。"
            f"集合点：{subject.assembly_point}。",
            f"演练情景：{subject.scenario}",
            f"点名册登记{measures.households}户{measures.persons}人。",
        ),
    )


def preparation(checks: Sequence[str], notices: Sequence[NoticeTotals]) -> Section:
    """Return 准备与告知."""
    prepared = f"演练前办好了{len(checks)}项准备：{'、'.join(checks)}。" if checks else ""
    told = [notice_words(one) for one in notices]
    nothing = "没有演练前准备的记录。" if not checks else ""
    untold = "" if told else "没有通知的发送记录。"
    return Section("准备与告知", tuple(filter(None, (prepared, nothing, *told, untold))))


def notice_words(notice: NoticeTotals) -> str:
    """Return how one notice ended, in a sentence."""
    name = STAGE_NAMES.get(notice.stage, notice.stage)
    sent = notice.states.get("sent", 0) + notice.states.get("shown", 0)
    doubtful = notice.states.get("uncertain", 0)
    no_account = sum(notice.suppressed.values())
    parts = [f"{name}：应通知{notice.audience}人，已送出{sent}人，点了回应{notice.tapped}人"]
    parts += [f"没有账号可送{no_account}人"] if no_account else []
    parts += [f"送没送到不清楚{doubtful}人"] if doubtful else []
    rest = notice.audience - sent - no_account - doubtful
    parts += [f"没有送到{rest}人"] if rest > 0 else []
    return "，".join(parts) + "。"


def course_section(course: Sequence[Happening], zone: tzinfo) -> Section:
    """Return 过程时间线."""
    lines = [f"{moment_words(one.at, zone, seconds=True)}　{one.words}" for one in course]
    return Section("过程时间线", tuple(lines) or ("没有过程记录。",))


def evacuation(measures: Measures) -> Section:
    """Return 疏散情况."""
    return Section("疏散情况", (*_arrivals(measures), *_absences(measures), *_sweeps(measures)))


def _arrivals(measures: Measures) -> list[str]:
    if not measures.arrived:
        return [f"登记的{measures.persons}人中，没有人在集合点签到。"]
    lines = [
        f"登记的{measures.persons}人中，{measures.arrived}人到了集合点，"
        f"参与率{share_words(measures.participation)}；"
        f"扣除外出和身体原因不参加的，参与率{share_words(measures.participation_expected)}。",
    ]
    if measures.median is not None:
        lines.append(
            f"从警报响起算，到场的人里一半在{span_words(measures.median)}内到，"
            f"九成在{span_words(measures.p90)}内到，九成五在{span_words(measures.p95)}内到。"
        )
    if measures.late:
        lines.append(f"其中{measures.late}人在点名结束以后才到。")
    if measures.guests:
        lines.append(f"另有{measures.guests}位不在册的来人一起参加，不计入参与率。")
    return lines


def _absences(measures: Measures) -> list[str]:
    others = [f"{STATUS_NAMES[name]}{number}人" for name, number in measures.statuses.items()]
    lines = [f"没有到集合点的：{'、'.join(others)}。"] if others else []
    lost = measures.still_unaccounted
    if lost is None:
        return [*lines, "警报没有响起，没有点名用时。"]
    if measures.roll_closed is None:
        return [*lines, f"点名没有结束，还有{lost}人没有下落。"]
    took = span_words(measures.roll_closed)
    return [
        *lines,
        f"警报响起后{took}点名结束，{f'还有{lost}人没有下落' if lost else '全员有下落'}。",
    ]


def _sweeps(measures: Measures) -> list[str]:
    if not measures.stairs:
        return ["没有逐层清查的记录，楼里是否清空不详。"]
    return [
        f"{one.building}{one.stair}单元：{one.floors}层全部清查，用时{span_words(one.seconds)}。"
        if one.seconds is not None
        else f"{one.building}{one.stair}单元：清查了{one.swept}层"
        f"{f'，共{one.floors}层' if one.floors else '，总层数不详'}，没有全部清查。"
        for one in measures.stairs
    ]


def helping(measures: Measures) -> Section:
    """Return 需要帮助的人."""
    found = measures.assistance
    if not found.homes:
        return Section("需要帮助的人", ("没有登记需要帮助的人，演练中也没有人求助。",))
    lines = [
        f"{found.homes}户需要帮助：事先登记{found.registered}户，演练中求助{found.asked}户。"
        f"有帮助记录{found.helped}户，没有记录但都到了集合点{found.came}户，没有下文{found.open}户。"
    ]
    if found.median_wait is not None:
        lines.append(
            f"从求助（没有求助的从警报）到有人帮助，一半在{span_words(found.median_wait)}内，"
            f"最久{span_words(found.longest_wait)}。"
        )
    return Section("需要帮助的人", tuple(lines))


def findings_section(findings: Sequence[Finding]) -> Section:
    """Return 发现的问题与整改."""
    if not findings:
        return Section("发现的问题与整改", ("没有记录问题。",))
    still_open = sum(one.solved_at is None for one in findings)
    words = f"共{len(findings)}个问题，已整改{len(findings) - still_open}个，待整改{still_open}个。"
    more = "没有整改完的，下次演练先看。" if still_open else ""
    return Section("发现的问题与整改", tuple(filter(None, (words, more))))


def comparison(earlier: Earlier | None, zone: tzinfo) -> Section:
    """Return 与上次比较."""
    if earlier is None:
        return Section("与上次比较", ("这是本社区第一次封存演练报告，没有可以比较的。",))
    held = earlier.held_at.astimezone(zone)
    lines = [f"上次演练：{held.year}年{held.month}月{held.day}日，编号{earlier.code}。"]
    return Section("与上次比较", (*lines, *map(change_words, earlier.changes)))


def change_words(change: Change) -> str:
    """Return what changed, in a sentence."""
    name = CHANGE_NAMES.get(change.name, change.name)
    was, now = figure_words(change, change.before), figure_words(change, change.now)
    return f"{name}：上次{was}，这次{now}{difference_words(change, '，')}。"


def figure_words(change: Change, figure: float | None) -> str:
    """Return a figure in the unit of a change; 不详 for None."""
    if figure is None:
        return NOT_KNOWN
    if change.unit == "seconds":
        return span_words(figure)
    return share_words(figure) if change.unit == "share" else f"{figure:.0f}人"


def difference_words(change: Change, before: str = "") -> str:
    """Return 多3人, 快20秒, 高2.5个百分点, 一样 after ``before``; "" where one is not known."""
    gap = change.difference
    if gap is None:
        return ""
    if not round(gap, 4):
        return f"{before}一样"
    if change.unit == "share":
        points = f"{abs(gap) * 100:.1f}".removesuffix(".0")
        return f"{before}{'高' if gap > 0 else '低'}{points}个百分点"
    if change.unit == "seconds":
        return f"{before}{'慢' if gap > 0 else '快'}{span_words(gap)}"
    return f"{before}{'多' if gap > 0 else '少'}{abs(gap):.0f}人"


def conclusion(measures: Measures, findings: Sequence[Finding]) -> Section:
    """Return 结论: what the figures say, and what is to be done."""
    still_open = sum(one.solved_at is None for one in findings)
    lost = measures.still_unaccounted
    lines = [_ending(measures)]
    if lost:
        lines.append(f"点名结束时有{lost}人没有下落，请补全登记和联系方式，下次逐户落实。")
    if measures.assistance.open:
        lines.append("有需要帮助的住户没有下文，请把帮扶落实到人。")
    if any(one.seconds is None for one in measures.stairs) or not measures.stairs:
        lines.append("楼层没有全部清查，下次请安排到每个单元。")
    if still_open:
        lines.append(f"还有{still_open}个问题待整改，请责任单位按期办完。")
    if len(lines) == 1 and measures.arrived and measures.roll_closed is not None:
        lines.append("没有待办事项。谢谢每一位参加的邻居。")
    return Section("结论", tuple(lines))


def _ending(measures: Measures) -> str:
    if measures.roll_closed is None:
        return "演练没有走完全部步骤，疏散用时不能作为依据。"
    if not measures.arrived:
        return "没有人在集合点签到，这次看不出居民会不会疏散，请查清原因，尽快再练一次。"
    return "演练走完了警报、疏散、集合和点名。"
