"""What is printed for the day: the roster with its boxes, the poster with its code."""

from dataclasses import replace

import pytest

from bot.papers.drill_roster import (
    AssemblyPoster,
    RosterRow,
    RosterSheet,
    assembly_poster_paper,
    roster_paper,
)
from bot.papers.typesetting import Typesetter
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import NOON, ZONE

ROWS = (
    RosterRow("幸福里5栋", 2, "1-201", 2),
    RosterRow("幸福里3栋", 9, "2-901", 3, needs_help=True),
    RosterRow("幸福里3栋", 18, "2-1801", 1),
    RosterRow("幸福里3栋", None, "", 4),
)
SHEET = RosterSheet("秋季疏散演练", "7K3M9QXA", "中心花园东侧空地", NOON, NOON, ROWS)
POSTER = AssemblyPoster(
    "秋季疏散演练", "中心花园东侧空地", NOON, "042917", "https://lifeline.example/d/Zk3vQ8uLr1x0",
    "平安街道幸福社区",
)  # fmt: skip


def test_a_roster_calls_doors_from_the_top_down(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(roster_paper(SHEET, ZONE)))

    for words in (
        "演练点名册", "编号7K3M-9QXA", "2026年11月22日12时", "应到10人，4行", "1行，名单里标了“帮”",
        "幸福里3栋（应到8人）", "幸福里5栋（应到2人）", "到（几人）没到在家", "9层2-9013帮",
        "—房号没登记4",
        "不在名单上的人", "点名人：",
    ):  # fmt: skip
        assert words in pdf.text, words
    assert pdf.text.index("2-1801") < pdf.text.index("2-901") < pdf.text.index("房号没登记")
    assert "【演练】" in pdf.pages[0]
    assert len(pdf.pages) == 1


def test_five_hundred_rows_break_under_their_headings(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    rows = tuple(RosterRow("幸福里3栋", 1 + n % 33, f"1-{n:04d}", 2) for n in range(500))

    pages = reading(typesetter.pdf(roster_paper(replace(SHEET, rows=rows), ZONE))).pages

    assert 12 <= len(pages) <= 20
    assert all("幸福里3栋（应到1000人）" in page for page in pages[:-1])
    assert all(f"1-{n:04d}" in "".join(pages) for n in range(500))


def test_an_empty_roster_says_what_to_do(typesetter: Typesetter, reading: type[Reading]) -> None:
    pdf = reading(typesetter.pdf(roster_paper(replace(SHEET, rows=()), ZONE)))

    assert "点名册还是空的。请先登记楼里的住户" in pdf.text
    assert "要帮忙" not in pdf.text


def test_a_poster_shows_code_and_square_and_that_it_is_a_drill(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(assembly_poster_paper(POSTER, ZONE)))

    for words in (
        "【演练】不是真火警",
        "集合点",
        "中心花园东侧空地",
        "042917",
        "到了请扫码签到",
        "马上打119",
    ):
        assert words in pdf.text, words
    assert len(pdf.pages) == 1


def test_the_square_leads_to_the_check_in() -> None:
    other = replace(POSTER, check_in_url=POSTER.check_in_url + "x")
    first, second = assembly_poster_paper(POSTER, ZONE), assembly_poster_paper(other, ZONE)

    assert first.pictures["check_in.svg"].startswith(b"<svg")
    assert first.pictures != second.pictures


def test_an_address_too_long_for_a_square_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        assembly_poster_paper(replace(POSTER, check_in_url="https://x/" + "y" * 3000), ZONE)
