"""The report of a drill on paper: pages, figures, seals, charts, and what is not known."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.charts.studio import Studio
from bot.papers.drill_charts import MOST_FLOORS, charts_of, failures_of
from bot.papers.drill_report import SealMark, draw_charts, report_paper
from bot.papers.typesetting import Typesetter
from drills.measured import Facts, House, Swept
from drills.measures import measure
from drills.report_bodies import ReportBody
from tests.bot.papers.conftest import Reading
from tests.bot.papers.drill_samples import ALARM, CLOSED, FINDINGS, FULL, NOBODY, body, lines
from tests.bot.papers.samples import NOON, ZONE

SEAL = SealMark(2, "0123456789abcdef" * 4, NOON)


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.fixture(scope="module")
def full(typesetter: Typesetter, studio: Studio) -> Reading:
    return printed(typesetter, studio, body(), SEAL)


def printed(
    typesetter: Typesetter, studio: Studio, report: ReportBody, seal: SealMark | None = None
) -> Reading:
    return Reading(typesetter.pdf(report_paper(report, draw_charts(studio, report), ZONE, seal)))


def test_a_report_has_all_parts_on_a_few_pages(full: Reading) -> None:
    for words in (
        "一、基本情况", "二、准备与告知", "三、过程时间线", "四、疏散情况", "五、需要帮助的人",
        "六、发现的问题与整改", "七、与上次比较", "八、结论", "幸福里秋季疏散演练",
        "2026年11月22日10:00", "128/150", "参与率85.3%", "1单元7层到9层应急灯不亮", "待整改",
        "2026-11-23已整改", "已挪走，画了禁停线", "快6分", "第2版，2026年11月22日12时封存",
    ):  # fmt: skip
        assert words in full.text, words
    assert 5 <= len(full.pages) <= 7
    assert full.title == "消防演练评估报告 7K3M-9QXA"


def test_every_page_is_marked_as_a_drill_and_by_its_version(full: Reading) -> None:
    for number, page in enumerate(full.pages, 1):
        assert "【演练】7K3M-9QXA" in page
        assert f"第{number}页，共{len(full.pages)}页" in page
        assert "第2版校验码0123456789abcdef" in page


def test_the_last_page_is_to_be_signed(full: Reading) -> None:
    last = full.pages[-1]

    for words in (
        "消防演练确认页", "演练名称幸福里秋季疏散演练", "小区中心花园东侧空地", "天气",
        "组织人（签字）",
        "社区（签字）", "物业（签字）", "镇街（签字）", "盖章处", "不是真实火警", SEAL.hash,
    ):  # fmt: skip
        assert words in last, words


def test_a_drill_to_which_nobody_came_says_so(typesetter: Typesetter, studio: Studio) -> None:
    pdf = printed(typesetter, studio, NOBODY)

    for words in (
        "没有人在集合点签到", "看不出居民会不会疏散", "九成人到齐不详", "还有150人没有下落",
        "没有记录问题",
        "没有逐层清查的记录", "这是本社区第一次封存演练报告", "草稿，还没有封存", "封存以后再签字",
    ):  # fmt: skip
        assert words in pdf.text, words
    assert "到集合点的人数" not in charts_of(NOBODY.measures)
    assert "arrivals" not in charts_of(NOBODY.measures)
    assert "校验码" not in pdf.text


def test_a_long_list_of_problems_breaks_over_pages_under_its_headings(
    typesetter: Typesetter, studio: Studio
) -> None:
    pdf = printed(typesetter, studio, body(findings=FINDINGS * 40))
    pages = [page for page in pdf.pages if "谁来整改" in page]

    assert len(pages) >= 4
    assert pdf.text.count("三辆电动自行车") == 40


def test_five_hundred_lines_and_every_floor_fit(typesetter: Typesetter, studio: Studio) -> None:
    floors = tuple(Swept(1, stair, floor, ALARM) for stair in range(1, 5) for floor in range(1, 34))
    many = Facts(lines(500), floors, (House(1, "幸福里3栋", 33),), (), ALARM, CLOSED)

    pdf = printed(typesetter, studio, body(many), SEAL)

    assert "1250人" in pdf.text
    assert "33层全部清查" in pdf.text
    assert len(pdf.pages) <= 9


@pytest.mark.parametrize(
    ("floors", "bars", "title"),
    [
        (MOST_FLOORS, MOST_FLOORS, "每层清查完的时间"),
        (MOST_FLOORS + 1, 1, "每个单元最后一层清查完的时间"),
    ],
)
def test_more_floors_than_fit_are_shown_by_stair(floors: int, bars: int, title: str) -> None:
    swept = tuple(Swept(1, 1, floor, ALARM) for floor in range(1, floors + 1))

    chart = charts_of(measure(replace(FULL, sweeps=swept)))["floors"]

    assert (len(chart.rows()) - 1, chart.title) == (bars, title)


def test_charts_show_the_figures_of_the_report() -> None:
    charts = charts_of(body().measures)

    assert list(charts) == [
        "channels", "failures", "funnel", "arrivals", "unaccounted", "floors",
    ]  # fmt: skip
    assert charts["funnel"].rows()[1:3] == [("登记在册", "150"), ("能联系上", "52")]
    assert charts["channels"].rows()[1] == ("微信", "148")
    assert charts["arrivals"].rows()[-1][1] == "128"
    assert charts["unaccounted"].rows()[-1] == ("16:00", "15")


def test_reasons_are_counted_over_all_notices_and_named() -> None:
    assert failures_of(body().measures) == {
        "没有聊天账号": 18, "已屏蔽我们": 6, "送没送到不清楚": 6, "当天的条数用完了": 3,
        "平台没有接受": 2,
    }  # fmt: skip


def test_a_drill_without_any_figures_has_no_charts() -> None:
    assert charts_of(measure(Facts(()))) == {}
