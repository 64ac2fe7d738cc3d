"""A drill's report with everything in it, and an empty one, for tests of papers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drills.measured import Facts, House, Line, NoticeTotals, Swept
from drills.measures import compare, measure
from drills.report_bodies import Earlier, Finding, Happening, ReportBody, Section, Subject
from drills.report_words import (
    basics,
    comparison,
    conclusion,
    course_section,
    evacuation,
    findings_section,
    helping,
    preparation,
)
from tests.bot.papers.samples import ZONE

ALARM = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLOSED = ALARM + timedelta(minutes=16)
SUBJECT = Subject(
    code="7K3M9QXA",
    title="幸福里秋季疏散演练",
    kind="evacuation",
    scenario="3栋9层电动自行车电池起火，浓烟进入1单元楼梯间。",
    district_id="demo",
    street="平安街道",
    community="幸福社区",
    buildings=("幸福里3栋", "幸福里5栋"),
    assembly_point="小区中心花园东侧空地",
    starts_at=ALARM,
    lasts_minutes=30,
    alarm_at=ALARM,
    roll_closed_at=CLOSED,
    all_clear_at=CLOSED + timedelta(minutes=4),
)
CHECKS = (
    "告知消防救援站", "告知派出所", "告知消防控制室", "张贴演练公告", "检查楼梯间照明",
    "安排急救人员到场",
)  # fmt: skip
HOUSES = (House(1, "幸福里3栋", 11), House(2, "幸福里5栋", 18))
NOTICES = (
    NoticeTotals(
        "notice_day", 120, {"sent": 96, "shown": 8, "uncertain": 2, "failed": 5},
        {"no_account": 9}, {"blocked": 3, "rejected": 2}, {"wechat": 70, "telegram": 20, "web": 14},
        61,
    ),
    NoticeTotals(
        "alarm", 120, {"sent": 101, "uncertain": 4, "failed": 6}, {"no_account": 9},
        {"blocked": 3, "out_of_quota": 3}, {"wechat": 78, "telegram": 23}, 74,
    ),
)  # fmt: skip


def lines(count: int = 60) -> tuple[Line, ...]:
    """Return a roster of which most came, some stayed, and a few were not heard from."""
    return tuple(_line(number) for number in range(1, count + 1))


def _line(number: int) -> Line:
    persons = 1 + number % 4
    line = Line(
        number, 1 + number % 2, f"1-{number:03d}", persons, needs_assistance=number % 15 == 0,
        is_reachable=number % 7 != 0, is_delivered=None if number % 11 == 0 else number % 7 != 0,
        is_acknowledged=number % 3 == 0,
    )  # fmt: skip
    if number % 9 == 0:
        return line
    if number % 8 == 0:
        return replace(line, status="at_home", settled_at=ALARM + timedelta(minutes=3))
    came = ALARM + timedelta(seconds=70 + 13 * (number % 41) + number)
    helped = came if line.needs_assistance else None
    return replace(line, status="arrived", arrived=persons, arrived_at=came, helped_at=helped)


def sweeps(floors: int = 11) -> tuple[Swept, ...]:
    """Return sweeps of every floor of the first building, and of two of the second."""
    first = [Swept(1, 1, n, ALARM + timedelta(seconds=600 - 40 * n)) for n in range(1, floors + 1)]
    second = [Swept(2, 1, n, ALARM + timedelta(seconds=300 + 30 * n)) for n in (1, 2)]
    return (*first, *second)


FINDINGS = (
    Finding(
        "楼梯照明、应急灯", "幸福里3栋", "1单元7层到9层应急灯不亮，老人下楼看不清。", "幸福里物业",
        "2026-12-06", ALARM + timedelta(minutes=20),
    ),
    Finding(
        "通道堆物、堵塞", "幸福里5栋", "一楼出口停了三辆电动自行车，门只能开一半。",
        "幸福里物业", "2026-11-25", ALARM + timedelta(minutes=22), ALARM + timedelta(hours=30),
        "已挪走，画了禁停线。",
    ),
)  # fmt: skip
FULL = Facts(lines(), sweeps(), HOUSES, NOTICES, ALARM, CLOSED)
LAST = Facts(lines(48), (), HOUSES, (), ALARM, ALARM + timedelta(minutes=22))
COURSE = (
    Happening(ALARM - timedelta(days=1), "发出提前一天的通知"),
    Happening(ALARM, "警报响起，演练开始"),
    Happening(ALARM + timedelta(seconds=84), "第一批人到集合点"),
    Happening(ALARM + timedelta(minutes=4), "开始集合点名"),
    Happening(CLOSED, "点名结束"),
    Happening(CLOSED + timedelta(minutes=4), "演练解除"),
)


def body(
    facts: Facts = FULL,
    findings: tuple[Finding, ...] = FINDINGS,
    earlier: Facts | None = LAST,
    course: tuple[Happening, ...] = COURSE,
) -> ReportBody:
    """Return the report of some facts, worded as it would be sealed."""
    measures = measure(facts)
    compared = compare(measure(earlier), measures) if earlier else ()
    before = Earlier("Q2W8RT5N", ALARM - timedelta(days=180), compared) if earlier else None
    subject = replace(SUBJECT, alarm_at=facts.alarm_at, roll_closed_at=facts.roll_closed_at)
    checks = CHECKS if facts.notices else ()
    sections: tuple[Section, ...] = (
        basics(subject, measures, ZONE),
        preparation(checks, measures.notices),
        course_section(course, ZONE),
        evacuation(measures),
        helping(measures),
        findings_section(findings),
        comparison(before, ZONE),
        conclusion(measures, findings),
    )
    return ReportBody(subject, measures, checks, course, findings, before, sections)


NOBODY = body(
    Facts(tuple(replace(line, status="unknown", arrived=0, arrived_at=None, settled_at=None,
                        helped_at=None, needs_assistance=False) for line in lines()),
          (), HOUSES, (), ALARM, CLOSED), (), None, (),
)  # fmt: skip
