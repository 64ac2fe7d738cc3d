"""Papers as PDF, and as pictures for chat: the service's side of the typst process."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from pydantic import JsonValue

from bot.papers.child import Child, ChildError

# Sharp on a phone, and a page stays under WeChat's two megabytes for a picture.
CHAT_PIXELS_PER_INCH = 144
# A person writes some thousand characters; a sheet with more would be a book.
MOST_CHARACTERS = 200_000
MOST_PICTURES = 8
MOST_PICTURE_BYTES = 20 * 1024 * 1024
# What typst takes: a picture's kind is read from its name.
_PICTURE = re.compile(r"[a-z][a-z0-9_]{0,30}\.(jpg|png|svg)")
_TEMPLATE = re.compile(r"[a-z][a-z_]{0,40}")

Values = Mapping[str, JsonValue]
Pictures = Mapping[str, bytes]


class UnfitPaper(ChildError):
    """What was handed in can never become a paper; ``problem`` says why, for the log."""

    permanent = True

    def __init__(self, template: str, problem: str) -> None:
        self.template, self.problem = template, problem
        super().__init__(f"no {template!r} can be made: {problem}")


@dataclass(frozen=True, slots=True)
class Paper:
    """A template with what goes in it.

    Attributes:
        template: the name of a file in ``templates/``, without ``.typ``.
        values: JSON values; the template says which it wants.
        pictures: by the file name under which a template finds them (jpg, png or svg).
    """

    template: str
    values: Values
    pictures: Pictures = field(default_factory=dict)


class Typesetter:
    """Sets papers in a warm process; threads may share it. Close it at the end."""

    def __init__(self, *, limit_seconds: float = 20.0) -> None:
        self._child = Child("bot.papers.compiling", limit_seconds=limit_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def typeset(self, template: str, values: Values, pictures: Pictures | None = None) -> bytes:
        """Return a PDF; the same values make the same bytes.

        Takes a tenth of a second, and blocks: call it in a worker thread.

        Raises:
            UnfitPaper: for a name or a size that no paper has.
            ChildError: when the process took too long, died, or the values do not fit.
        """
        return self.pdf(Paper(template, values, pictures or {}))

    def pdf(self, paper: Paper) -> bytes:
        """Return a paper as PDF; as :meth:`typeset`."""
        return self._set(paper, "pdf")[0]

    def pages(self, paper: Paper, *, ppi: int = CHAT_PIXELS_PER_INCH) -> list[bytes]:
        """Return each page as PNG, for chat, ``ppi`` pixels to the inch; as :meth:`typeset`."""
        return self._set(paper, "png", ppi)

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def _set(
        self, paper: Paper, form: Literal["pdf", "png"], ppi: int = CHAT_PIXELS_PER_INCH
    ) -> list[bytes]:
        order = {
            "template": paper.template,
            "values": dict(paper.values),
            "pictures": list(paper.pictures),
            "format": form,
            "ppi": ppi,
        }
        # Lone surrogates cannot leave as UTF-8: escaped, they arrive, and typst refuses them.
        text = json.dumps(order, ensure_ascii=False, allow_nan=False).encode(errors="replace")
        _check(paper, len(text))
        return self._child.ask([text, *paper.pictures.values()])


def _check(paper: Paper, size: int) -> None:
    if not _TEMPLATE.fullmatch(paper.template):
        raise UnfitPaper(paper.template, "its name is no template's")
    if size > MOST_CHARACTERS * 3:
        raise UnfitPaper(paper.template, f"{size} bytes of text")
    unfit = [name for name in paper.pictures if not _PICTURE.fullmatch(name)]
    if unfit or len(paper.pictures) > MOST_PICTURES:
        raise UnfitPaper(paper.template, f"{len(paper.pictures)} pictures, misnamed: {unfit}")
    _check_sizes(paper, list(paper.pictures.values()))


def _check_sizes(paper: Paper, pictures: Sequence[bytes]) -> None:
    largest = max(map(len, pictures), default=0)
    if largest > MOST_PICTURE_BYTES:
        raise UnfitPaper(paper.template, f"a picture of {largest} bytes")
