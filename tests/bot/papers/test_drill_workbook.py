"""The report of a drill as a workbook, and as a page of the console."""

import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from bot.console.rendering import csrf_field, load_pages
from bot.papers.drill_report import SealMark, page_values
from bot.papers.drill_workbook import SHEETS, write_workbook
from community.districts import load_district
from drills.report_bodies import ReportBody
from drills.report_store import Verified
from tests.bot.papers.drill_samples import FINDINGS, NOBODY, body
from tests.bot.papers.samples import NOON, ZONE

SEAL = SealMark(2, "0123456789abcdef" * 4, NOON)
Rows = list[tuple[object, ...]]


def written(report: ReportBody, path: Path, seal: SealMark | None = SEAL) -> dict[str, Rows]:
    write_workbook(report, path / "report.xlsx", ZONE, seal)
    book = openpyxl.load_workbook(path / "report.xlsx")
    assert tuple(book.sheetnames) == SHEETS
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def first_words(rows: Rows) -> dict[object, object]:
    """Return what stands beside each name, where it stands first."""
    return {row[0]: row[1] for row in reversed(rows)}


def test_a_workbook_holds_the_figures_of_the_report(tmp_path: Path) -> None:
    sheets = written(body(), tmp_path)

    overview = first_words(sheets["概况"])
    assert (overview["编号"], overview["参与率"], overview["到了集合点"]) == (
        "7K3M-9QXA",
        "85.3%",
        128,
    )
    assert (overview["版本"], overview["校验码（SHA-256）"]) == ("第2版", SEAL.hash)
    assert "演练" in str(overview["说明"])
    assert sheets["到达"][-1][:4] == ("16:00", 960, 128, 15)
    assert sheets["楼层"][1][:4] == ("幸福里3栋", 1, 1, 560)
    assert sheets["问题"][1][5] == "待整改"
    assert sheets["问题"][2][5] == "2026-11-23已整改"
    assert sheets["通知"][2][:3] == ("演练开始的通知", 120, 101)


def test_arrivals_and_floors_have_charts(tmp_path: Path) -> None:
    write_workbook(body(), tmp_path / "report.xlsx", ZONE, SEAL)

    book = openpyxl.load_workbook(tmp_path / "report.xlsx")

    # openpyxl reads charts back only from files that hold them.
    assert {sheet.title: len(sheet._charts) for sheet in book if sheet._charts} == {
        "到达": 1, "楼层": 1,
    }  # fmt: skip


def test_a_drill_to_which_nobody_came_makes_a_workbook_too(tmp_path: Path) -> None:
    sheets = written(NOBODY, tmp_path, None)

    overview = first_words(sheets["概况"])
    assert (overview["九成人到齐"], overview["版本"]) == ("不详", "草稿，还没有封存")
    assert sheets["问题"] == [sheets["问题"][0]]


@pytest.mark.parametrize("words", ["=1+1", "@cmd", "-2", "#N/A", "\x00坏\x1b字"])
def test_text_is_never_a_formula(tmp_path: Path, words: str) -> None:
    finding = replace(FINDINGS[0], words=words)

    write_workbook(body(findings=(finding,)), tmp_path / "report.xlsx", ZONE, SEAL)

    cell = openpyxl.load_workbook(tmp_path / "report.xlsx")["问题"]["C2"]
    assert cell.data_type == "s"
    assert cell.value == words.replace("\x00", "").replace("\x1b", "")


def page(report: ReportBody, seal: SealMark | None, **values: object) -> str:
    pages = load_pages({"qianjiang": load_district("qianjiang")}, ZoneInfo("Asia/Shanghai"), {})
    shown = page_values(report, seal) | {
        "layout": "fragment.html", "csrf_field": csrf_field("token"), "base": "/console/drills/X",
        "verified": None, "may_seal": False,
    }  # fmt: skip
    return pages.render("drills/report.html", shown | values)


def test_a_page_shows_the_report_without_style_or_script(tmp_path: Path) -> None:
    shown = page(body(), SEAL)

    for words in ("演练评估报告", "第2版", "128 / 150", "快6分", "三辆电动自行车", SEAL.hash):
        assert words in shown, words
    assert shown.count('<img class="chart"') == 6
    assert 'src="/console/drills/X/report/arrivals.svg"' in shown
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", shown)
    assert "封存报告" not in shown


def test_a_page_escapes_what_people_wrote() -> None:
    finding = replace(FINDINGS[0], words="<b>灯</b>", owner='"><script>')

    shown = page(body(findings=(finding,)), None)

    assert "&lt;b&gt;灯&lt;/b&gt;" in shown
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("seal", "button"), [(None, "封存报告"), (SEAL, "再封存一版")], ids=["draft", "sealed"]
)
def test_who_may_seal_gets_a_button(seal: SealMark | None, button: str) -> None:
    shown = page(NOBODY, seal, may_seal=True)

    assert button in shown
    assert 'action="/console/drills/X/report/seal"' in shown
    assert 'value="token"' in shown


def test_a_tampered_report_is_shown_as_such() -> None:
    shown = page(body(), SEAL, verified=Verified(3, (2,), (), SEAL.hash))

    assert "第2版被改过" in shown
    assert "被改过" not in page(body(), SEAL, verified=Verified(2, (), (), SEAL.hash))
