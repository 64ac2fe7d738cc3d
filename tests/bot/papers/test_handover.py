"""What one shift leaves to the next."""

from dataclasses import replace

from bot.papers.handover import handover_paper
from bot.papers.typesetting import Typesetter
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import HANDOVER, ZONE


def test_a_note_names_people_figures_and_what_is_left(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(handover_paper(HANDOVER, ZONE)))

    for words in (
        "平安街道值班室", "2026年11月22日9时至17时30分", "值班员甲", "值班员乙", "还在等回复的居民",
        "Q2W8RT5N", "明早请楼栋长一起上门", "已超期", "留意高空广告牌", "接班人：",
    ):  # fmt: skip
        assert words in pdf.text
    assert pdf.text.count("已超期") == 1
    assert len(pdf.pages) == 1


def test_an_empty_shift_says_so(typesetter: Typesetter, reading: type[Reading]) -> None:
    quiet = replace(HANDOVER, items=(), counts=(), notes="", to_person="")

    text = reading(typesetter.pdf(handover_paper(quiet, ZONE))).text

    assert "都办完了，没有留下的事。" in text
    assert "待填" in text


def test_a_long_list_repeats_its_headings(typesetter: Typesetter, reading: type[Reading]) -> None:
    busy = replace(HANDOVER, items=HANDOVER.items * 40)

    pages = reading(typesetter.pdf(handover_paper(busy, ZONE))).pages

    assert len(pages) > 1
    assert "下一步" in pages[0]
    assert "下一步" in pages[1]
