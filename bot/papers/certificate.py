"""Certificates of honour and letters of thanks, with a code that anyone can check."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import JsonValue

from bot.papers.dates import day_text
from bot.papers.squares import code_square
from bot.papers.typesetting import Paper

ANONYMOUS = "热心市民"
_SQUARE = "check.svg"


@dataclass(frozen=True, slots=True)
class Certificate:
    """荣誉证书 or 感谢状.

    Attributes:
        title: which of the two it is.
        text: what is thanked for; a line break begins a paragraph.
        issuer: who thanks.
        code: to check it by.
        check_url: where the code is checked; in the QR code.
        issued_on: the day in the district's zone.
        valid_until: the last day; None for ever.
        name: empty for whoever did not consent to be named: they are 热心市民.
    """

    title: Literal["荣誉证书", "感谢状"]
    text: str
    issuer: str
    code: str
    check_url: str
    issued_on: date
    valid_until: date | None = None
    name: str = ""


def certificate_paper(certificate: Certificate) -> Paper:
    """Return a certificate to be typeset, one page across."""
    values: dict[str, JsonValue] = {
        "title": certificate.title,
        "name": certificate.name or ANONYMOUS,
        "text": certificate.text,
        "issuer": certificate.issuer,
        "code": certificate.code,
        "issued_on": day_text(certificate.issued_on),
        "valid_until": day_text(certificate.valid_until) if certificate.valid_until else "",
        "code_picture": _SQUARE,
    }
    return Paper("certificate", values, {_SQUARE: code_square(certificate.check_url)})
