"""Masking photos: solid rectangles over faces, plates and door numbers.

What lies under a rectangle is overwritten before the copy is written, never blurred, so nothing
of it can be brought back. Values in, values out; ``hazards.mask_store`` keeps them.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from PIL import Image, ImageDraw

MOST_MASKS = 60
SOLID = (24, 26, 24)
_QUALITY = 88


class BadMasks(Exception):
    """What came is no list of rectangles."""

    permanent = True

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"no rectangles ({problem}): give [left, top, width, height] as fractions")


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle as fractions of a photo's width and height, from its upper left corner.

    Raises:
        BadMasks: when it does not lie within the photo, or has no size.
    """

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        # A finger ends at the edge; the sum of two fractions may be a hair above one.
        ends = (self.left + self.width, self.top + self.height)
        is_within = self.left >= 0 and self.top >= 0 and all(end <= 1.000001 for end in ends)
        if not (is_within and self.width > 0 and self.height > 0):
            raise BadMasks(f"{self} lies outside the photo")

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return the corners in a picture of this size; a pixel that is touched is covered."""
        right = ceil((self.left + self.width) * width) - 1
        bottom = ceil((self.top + self.height) * height) - 1
        left, top = floor(self.left * width), floor(self.top * height)
        return left, top, max(left, right), max(top, bottom)


def read_masks(text: str) -> tuple[Rectangle, ...]:
    """Return the rectangles of a form's JSON; none for a photo with nothing to hide.

    Raises:
        BadMasks: when it is anything else, or more than ``MOST_MASKS``.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadMasks("it is no JSON") from None
    if not isinstance(given, list) or len(given) > MOST_MASKS:
        raise BadMasks(f"it is no list of up to {MOST_MASKS}")
    return tuple(_rectangle(one) for one in given)


def packed_masks(masks: Sequence[Rectangle]) -> list[list[float]]:
    """Return rectangles as the column ``masks`` and a page's JSON hold them."""
    return [[one.left, one.top, one.width, one.height] for one in masks]


def masked(jpeg: bytes, masks: Sequence[Rectangle]) -> bytes:
    """Return a JPEG of the same picture with every rectangle filled; takes a fraction of a second.

    Raises:
        PIL.UnidentifiedImageError: when it is no JPEG.
        OSError: when it is broken off.
    """
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as photo:
        picture = photo.convert("RGB")
    draw = ImageDraw.Draw(picture)
    for one in masks:
        draw.rectangle(one.pixels(*picture.size), fill=SOLID)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _rectangle(given: object) -> Rectangle:
    if not isinstance(given, list) or len(given) != 4:
        raise BadMasks("a rectangle has four numbers")
    # ``True`` is an int; JSON's NaN fails every comparison below.
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given):
        raise BadMasks("a rectangle has four numbers")
    return Rectangle(*(round(float(one), 5) for one in given))
