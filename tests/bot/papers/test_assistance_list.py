"""The list that is taken upstairs, and the poster at the entrance."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.papers.assistance_list import AssistanceList, assistance_paper, floor_words
from bot.papers.building_poster import BuildingPoster, poster_paper
from bot.papers.typesetting import Typesetter
from community.assistance import Household
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import ZONE

LIST = AssistanceList(
    building="双福街道幸福社区双福花园3栋",
    opened_by="值班员甲",
    opened_at=datetime(2026, 11, 22, 4, 5, tzinfo=UTC),
    reason="12楼起火，楼道有烟",
    households=(
        Household("2205", 22, ("wheelchair", "deaf"), ("13800000001", "023-47521234")),
        Household("负1楼2号", -1, ("slow",)),
        Household("门房5号", None, ("other",)),
    ),
)
POSTER = BuildingPoster(
    "双福花园3栋", "双福街道幸福社区", "ABCD2345", "https://example.org/building/ABCD2345",
    ("小区北门广场",),
)  # fmt: skip


def test_the_list_tells_who_opened_it_and_each_door(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(assistance_paper(LIST, ZONE)))

    for words in (
        "双福花园3栋", "值班员甲", "2026年11月22日12时05分", "12楼起火，楼道有烟", "用完销毁",
        "22楼", "2205", "坐轮椅；听不见，要当面叫", "13800000001", "023-47521234", "负1楼",
        "没留电话", "不详",
    ):  # fmt: skip
        assert words in pdf.text
    assert "读不出来" not in pdf.text
    assert len(pdf.pages) == 1


def test_an_empty_list_does_not_say_that_nobody_needs_help(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    text = reading(typesetter.pdf(assistance_paper(replace(LIST, households=()), ZONE))).text
    assert "没登记不等于没有人需要帮助" in text
    assert "用完销毁" in text


def test_what_cannot_be_read_is_said(typesetter: Typesetter, reading: type[Reading]) -> None:
    text = reading(typesetter.pdf(assistance_paper(replace(LIST, unreadable=2), ZONE))).text
    assert "还有2条登记读不出来" in text


def test_a_long_list_repeats_its_headings(typesetter: Typesetter, reading: type[Reading]) -> None:
    long = replace(LIST, households=LIST.households * 30)
    pages = reading(typesetter.pdf(assistance_paper(long, ZONE))).pages
    assert len(pages) > 1
    assert "要什么帮助" in pages[1]


@pytest.mark.parametrize(("floor", "words"), [(12, "12楼"), (-2, "负2楼"), (None, "不详")])
def test_a_floor_in_words(floor: int | None, words: str) -> None:
    assert floor_words(floor) == words


def test_a_poster_leads_to_the_page(typesetter: Typesetter, reading: type[Reading]) -> None:
    pdf = reading(typesetter.pdf(poster_paper(POSTER)))
    for words in (
        "双福花园3栋",
        "ABCD2345",
        "/building/ABCD2345",
        "到小区北门广场集合",
        "着火先打119",
    ):
        assert words in pdf.text
    assert len(pdf.pages) == 1
    bare = reading(typesetter.pdf(poster_paper(replace(POSTER, assembly_points=()))))
    assert "集合" not in bare.text


def test_too_long_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"(?i)too|fit|data"):
        poster_paper(replace(POSTER, address="https://example.org/" + "x" * 3000))
