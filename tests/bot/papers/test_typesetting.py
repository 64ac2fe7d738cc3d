"""Papers: the same bytes for the same values, values that stay values, limits that hold."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from matplotlib.ft2font import FT2Font
from PIL import Image

from bot.papers.child import WorkRefused
from bot.papers.compiling import FONTS, TEMPLATES, Compiler
from bot.papers.notice import notice_paper, work_order_paper
from bot.papers.typesetting import MOST_CHARACTERS, Paper, Typesetter, UnfitPaper
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import NOTICE, ORDER, ZONE, photo

FONT = FONTS / "LifelineSans.otf"
CODE_LIKE = [
    '#read("/etc/passwd")',
    '#image("../../secret.png")',
    '"]) #panic("out") #(["',
    "*粗* _斜_ `码` $x^2$ = 标题 <标签> @引用 // 注释 /* */ \\u{41} ~ - 一",
    "#set text(size: 1pt)",
    '{"a": 1}',
    '#import "@preview/cetz:0.3.0"',
]


def test_a_paper_is_a_pdf_and_the_same_values_make_the_same_bytes(typesetter: Typesetter) -> None:
    paper = notice_paper(NOTICE, ZONE)
    first = typesetter.pdf(paper)

    assert first.startswith(b"%PDF-")
    assert typesetter.typeset(paper.template, paper.values, paper.pictures) == first
    with Typesetter() as another:
        assert another.pdf(paper) == first


def test_pages_are_pictures_small_enough_for_chat(typesetter: Typesetter) -> None:
    (page,) = typesetter.pages(notice_paper(NOTICE, ZONE))

    with Image.open(io.BytesIO(page)) as picture:
        assert picture.format == "PNG"
        # A4 is 8.27 by 11.69 inches.
        assert picture.size == (1191, 1684)
    assert len(page) < 2_000_000


@pytest.mark.parametrize("text", CODE_LIKE)
def test_code_in_a_description_is_only_text(
    typesetter: Typesetter, reading: type[Reading], text: str
) -> None:
    pdf = typesetter.pdf(notice_paper(replace(NOTICE, found=text, recipient=text), ZONE))

    assert reading(pdf).text.count("".join(text.split())) == 2


def test_line_breaks_in_a_description_stay(typesetter: Typesetter) -> None:
    order = replace(ORDER, photos=(), steps=())
    one, two = (
        typesetter.pages(work_order_paper(replace(order, description=text), ZONE))[0]
        for text in ("一 二", "一\n二")
    )

    assert one != two


@pytest.mark.parametrize(
    "text",
    ["𪚥𰻝", "😂🚒", "\U0010fffd", "\u200b\u202e反", "\ud83d", "\x00\x07"],
    ids=["rare characters", "emoji", "private", "directions", "half a character", "control"],
)
def test_a_character_that_no_font_has_does_not_stop_a_paper(
    typesetter: Typesetter, reading: type[Reading], text: str
) -> None:
    pdf = typesetter.pdf(notice_paper(replace(NOTICE, recipient=f"甲{text}乙"), ZONE))

    found = reading(pdf).text
    assert "甲" in found
    assert "乙" in found


def test_a_long_description_runs_over_pages_and_they_are_numbered(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = typesetter.pdf(notice_paper(replace(NOTICE, found="楼道堆物很多。\n" * 120), ZONE))

    pages = reading(pdf).pages
    assert len(pages) > 1
    assert f"第1页，共{len(pages)}页" in pages[0]


@pytest.mark.parametrize("template", ["../secret", "/etc/passwd", "", "Notice", "a.typ"], ids=str)
def test_a_template_is_named_by_a_plain_word(typesetter: Typesetter, template: str) -> None:
    with pytest.raises(UnfitPaper):
        typesetter.typeset(template, {})


def test_an_unknown_template_is_refused(typesetter: Typesetter) -> None:
    with pytest.raises(WorkRefused, match="no_such_paper"):
        typesetter.typeset("no_such_paper", {})


@pytest.mark.parametrize(
    "pictures",
    [
        {"../common.typ": b""},
        {"common.typ": b""},
        {"a.jpg/b.jpg": b""},
        {f"photo_{number}.jpg": b"" for number in range(9)},
        {"photo_1.jpg": b"0" * (20 * 1024 * 1024 + 1)},
    ],
    ids=["another folder", "a template", "a folder", "too many", "too large"],
)
def test_pictures_that_no_paper_has_are_refused(
    typesetter: Typesetter, pictures: dict[str, bytes]
) -> None:
    with pytest.raises(UnfitPaper):
        typesetter.typeset("work_order", {}, pictures)


def test_a_broken_photo_is_refused_and_the_next_paper_is_made(typesetter: Typesetter) -> None:
    paper = work_order_paper(ORDER, ZONE)
    broken = Paper(paper.template, paper.values, {**paper.pictures, "photo_1.jpg": b"no JPEG"})

    with pytest.raises(WorkRefused):
        typesetter.pdf(broken)

    assert typesetter.pdf(paper).startswith(b"%PDF-")


def test_a_book_is_refused(typesetter: Typesetter) -> None:
    with pytest.raises(UnfitPaper):
        typesetter.typeset("rectification_notice", {"found": "长" * (MOST_CHARACTERS + 1)})


def test_threads_may_share_a_typesetter(typesetter: Typesetter, reading: type[Reading]) -> None:
    papers = [notice_paper(replace(NOTICE, number=f"第{n}号"), ZONE) for n in range(12)]

    with ThreadPoolExecutor(4) as threads:
        pdfs = list(threads.map(typesetter.pdf, papers))

    assert all(f"第{number}号" in reading(pdf).text for number, pdf in enumerate(pdfs))


def test_photos_are_brought_to_printing_size(typesetter: Typesetter) -> None:
    large = photo(size=(2560, 1920))
    order = replace(ORDER, photos=(replace(ORDER.photos[0], jpeg=large),) * 4)

    assert len(typesetter.pdf(work_order_paper(order, ZONE))) < len(large) * 4


def test_templates_read_nothing_but_their_neighbours() -> None:
    for template in TEMPLATES.glob("*.typ"):
        text = template.read_text(encoding="utf-8")
        assert "@preview" not in text
        assert "read(" not in text
        assert "eval(" not in text


def test_our_font_has_every_character_of_the_templates() -> None:
    has = FT2Font(str(FONT)).get_charmap()
    words = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.typ"))

    assert {one for one in words if ord(one) not in has and one != "\n"} == set()


def test_our_font_has_the_characters_of_names_and_is_small() -> None:
    has = FT2Font(str(FONT)).get_charmap()

    assert {one for one in "濯水几江𬌗璟昇喆堃犇翀濛①㎡℃〔〕「」" if ord(one) not in has} == set()
    assert FONT.stat().st_size < 3 * 1024 * 1024
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_the_compiler_leaves_no_folder_behind(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    order = (
        b'{"template": "handover_note", "values": {}, "format": "png", "ppi": 20, "pictures": []}'
    )

    assert Compiler().answer([order])
    assert list(tmp_path.iterdir()) == []
