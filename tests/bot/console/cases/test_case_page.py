"""The page of a case: what stands on it, for whom, and never who reported it."""

import re
from datetime import timedelta

import pytest

from bot.console.case_words import span_words
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import post
from tests.bot.console.office import CLAIMED, RECTIFYING, Office, do, jpeg, path


def labels(page: str) -> list[str]:
    """Return the moves that a page offers."""
    step = page.partition('id="next"')[2].partition("</section>")[0]
    return re.findall(r"<summary>(.*?)</summary>", step)


def test_it_says_what_where_by_when_and_who(office: Office, opened: Opened) -> None:
    case = office.case()

    page = opened("shen").get(path(case)).text

    for words in (
        "楼道楼梯堆物",
        "城东街道 翠湖苑3栋2单元楼道 5楼",
        "待初审",
        "城东街道",
        "区消防救援支队",
        "待本地确认",
        "楼道堆了纸箱",
        "待认定",
        "收到上报",
    ):
        assert words in page
    assert "data-latitude" in page


@pytest.mark.parametrize(
    ("login", "steps", "moves"),
    [
        ("shen", (), ["受理", "不予受理", "转区外"]),
        ("du", (), []),
        ("ban", RECTIFYING[:2], ["签收", "退回"]),
        ("xiao", RECTIFYING[:2], ["牵头单位接手"]),
        ("wang", RECTIFYING[:2], ["当场整改"]),
        ("ban", RECTIFYING, ["退回", "整改完成"]),
        ("du", CLAIMED, ["复查合格", "不合格，重新整改"]),
        ("ban", CLAIMED, []),
    ],
)
def test_only_what_the_table_allows_is_offered(
    office: Office, opened: Opened, login: str, steps: tuple[tuple[str, str], ...], moves: list[str]
) -> None:
    case = office.moved(office.case(), *steps)

    assert labels(opened(login).get(path(case)).text) == moves


def test_the_timeline_is_in_words(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *CLAIMED)

    page = opened("du").get(path(case)).text

    timeline = page.partition('id="timeline"')[2].partition("</section>")[0]
    assert re.findall(r"<b>(.*?)</b>", timeline) == [
        "收到上报",
        "受理",
        "派单",
        "签收",
        "开始整改",
        "整改完成",
    ]
    assert "部门经办人 班街道" in timeline
    assert "上报人" in timeline


def test_no_page_says_who_reported(office: Office, opened: Opened) -> None:
    case = office.case()
    office.report(case, privacy="anonymous", said="匿名的话")

    page = opened("shen").get(path(case)).text

    assert "resident" not in page
    # Somebody left their number in the text: to be told who it is takes a reason.
    assert "13800000000" not in page
    assert "查阅上报人身份" not in page
    assert page.count("匿名") >= 2


def test_identities_are_opened_elsewhere_and_never_of_anonymous_reports(
    office: Office, opened: Opened
) -> None:
    case = office.case()
    office.report(case, privacy="anonymous")

    page = opened("du").get(path(case)).text

    assert page.count("查阅上报人身份") == 1
    assert re.search(r"/console/identity\?report=report:\d+", page)


def test_whoever_claimed_the_fix_is_told_that_others_check_it(
    office: Office, opened: Opened
) -> None:
    office.staff["both"] = office.town.hire(
        "both",
        post("department", street_id=office.street_id),
        post("supervisor"),
        name="兼任",
    )
    case = office.moved(office.case(), *RECTIFYING)
    visit = opened("both")
    do(visit, case, "claim_fix", {"photos": jpeg()})

    page = visit.get(path(case)).text

    assert "复查和销号要请别人办" in page
    assert labels(page) == ["不合格，重新整改"]


def test_a_paused_case_says_why(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("du")

    do(visit, case, "pause", reason="等物业交钥匙")

    page = visit.get(path(case)).text
    assert "暂停计时：等物业交钥匙" in page
    assert office.now(case).paused_at is not None
    do(visit, case, "resume")
    assert office.now(case).paused_at is None


def test_the_order_can_be_copied_and_holds_no_phone(office: Office, opened: Opened) -> None:
    case = office.case(external_number="12345-88")

    page = opened("ban").get(path(case)).text

    order = page.partition('id="order-text"')[2].partition("</pre>")[0]
    assert f"【隐患工单】{case.code[:4]}-{case.code[4:]}" in order
    assert "坐标：29.530000, 108.770000（WGS-84）" in order
    assert "外部编号：12345-88" in order
    assert "138" not in order
    assert "电话略" in order


@pytest.mark.parametrize("code", ["ABCDEFGH", "x", "00000000", "..%2f"])
def test_a_code_that_is_none_has_no_page(office: Office, opened: Opened, code: str) -> None:
    office.case()

    assert opened("shen").get(f"/console/cases/{code}").status_code == 404


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "1分钟"), (720, "12分钟"), (3 * 3600 + 5, "3小时"), (2 * 86400 + 1, "2天")],
)
def test_spans_are_cut_to_their_largest_unit(seconds: int, words: str) -> None:
    assert span_words(timedelta(seconds=seconds)) == words
