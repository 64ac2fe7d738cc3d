"""A typesetter for all tests of a module, and what a reader finds in a PDF."""

import io
from collections.abc import Iterator

import pypdf
import pytest

from bot.papers.typesetting import Typesetter


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


class Reading:
    """The text of a PDF as a screen reader or a search finds it, without white space."""

    def __init__(self, pdf: bytes) -> None:
        document = pypdf.PdfReader(io.BytesIO(pdf))
        self.pages = ["".join(page.extract_text().split()) for page in document.pages]
        self.title = document.metadata.title if document.metadata else None

    @property
    def text(self) -> str:
        return "".join(self.pages)


@pytest.fixture
def reading() -> type[Reading]:
    return Reading
