"""Certificates: thanked by name or as 热心市民, and checkable."""

from dataclasses import replace

import pytest

from bot.papers.certificate import certificate_paper
from bot.papers.typesetting import Typesetter
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import CERTIFICATE


@pytest.mark.parametrize("title", ["荣誉证书", "感谢状"])
def test_a_certificate_says_for_what_by_whom_and_until_when(
    typesetter: Typesetter, reading: type[Reading], title: str
) -> None:
    pdf = reading(typesetter.pdf(certificate_paper(replace(CERTIFICATE, title=title))))

    for words in (
        title, "热心市民：", "守住了大家的生命通道", "示范区消防安全委员会", "2026年11月22日",
        "有效期至2027年11月21日", "H4N7-K2PX", "扫码核对真伪",
    ):  # fmt: skip
        assert words in pdf.text
    assert len(pdf.pages) == 1


def test_a_name_that_was_consented_to_is_printed(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    text = reading(typesetter.pdf(certificate_paper(replace(CERTIFICATE, name="某某某")))).text

    assert "某某某：" in text
    assert "热心市民" not in text


def test_a_certificate_without_an_end_says_so(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    lasting = replace(CERTIFICATE, valid_until=None)

    assert "长期有效" in reading(typesetter.pdf(certificate_paper(lasting))).text


def test_a_long_text_in_one_piece_fits_the_page(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    long = replace(CERTIFICATE, text=CERTIFICATE.text * 5)

    assert len(reading(typesetter.pdf(certificate_paper(long))).pages) == 1


def test_four_paragraphs_still_fit_the_page(typesetter: Typesetter, reading: type[Reading]) -> None:
    long = replace(CERTIFICATE, text="\n".join([CERTIFICATE.text[:40]] * 4))

    assert len(reading(typesetter.pdf(certificate_paper(long))).pages) == 1
