"""Photos from strangers: verified, made anew, and stripped of all but the picture.

What is kept is a JPEG that Pillow wrote from the pixels alone, so where and when it was taken,
by which phone, and whatever hid behind the picture are gone.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

logger = logging.getLogger(__name__)

MIB = 1024 * 1024
MOST_BYTES = 20 * MIB
# Four bytes a pixel at most while decoding: 200 MB. A phone's picture has 12 to 50 million.
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WHITE = (255, 255, 255)
ORIENTATION = ExifTags.Base.Orientation
# How a picture must be turned, by its EXIF orientation (Exif 2.32, 4.6.4, tag 0x0112).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# ISO base media files name their brand here; these are pictures in HEVC or AV1.
BRAND = slice(4, 12)
UNREADABLE_BRANDS = {
    b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
}

Reason = Literal["empty", "too_big", "too_many_pixels", "unsupported", "damaged"]


class PhotoRefused(Exception):
    """What came is not a photo that can be taken.

    Attributes:
        reason: ``empty``, ``too_big`` (bytes), ``too_many_pixels``, ``unsupported`` (HEIC or
            no picture at all), ``damaged`` (broken off or broken).
        detail: in English, for the log.
    """

    permanent = True

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason: Reason = reason
        self.detail = detail
        super().__init__(f"photo refused as {reason} ({detail}): ask for another, as JPEG")


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A JPEG of ours; ``sha256`` is of its bytes, in hexadecimal."""

    data: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The name it is kept under; the same picture sent twice has the same."""
        return hashlib.sha256(self.data).hexdigest()


def clean_photo(
    data: bytes, *, most_bytes: int = MOST_BYTES, most_pixels: int = MOST_PIXELS
) -> CleanPhoto:
    """Return the picture in ``data``, upright, in sRGB, at most 2,560 pixels a side.

    The format is told from the bytes, never from a name. Of an animation the first frame is
    kept; what is transparent becomes white. Takes up to a second and 400 MB for the largest:
    call it in a worker thread, few at a time.

    Args:
        data: JPEG, PNG, WebP or GIF.
        most_bytes: of ``data``.
        most_pixels: width times height, as the file claims; looked at before decoding.

    Raises:
        PhotoRefused: when it is anything else, too large, or broken.
    """
    if not data:
        raise PhotoRefused("empty", "no bytes")
    if len(data) > most_bytes:
        raise PhotoRefused("too_big", f"{len(data)} bytes")
    if data[BRAND] in UNREADABLE_BRANDS:
        raise PhotoRefused("unsupported", f"an ISO media file, {data[BRAND]!r}")
    with _refusing(), Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        _check_size(opened, most_pixels)
        if opened.format == "JPEG":
            # Decodes a large one at a half or a quarter of its size, for a fraction of the cost.
            opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        return _written(_upright(opened))


def _check_size(opened: ImageFile.ImageFile, most_pixels: int) -> None:
    width, height = opened.size
    if width * height > most_pixels:
        raise PhotoRefused("too_many_pixels", f"{width} x {height}")


def _upright(opened: Image.Image) -> Image.Image:
    """Return the pixels alone, small, upright, on white and in sRGB."""
    turned, profile = _turned(opened), opened.info.get("icc_profile")
    picture = _plain(opened)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, WHITE)
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    picture = _in_srgb(picture, profile)
    return picture if turned is None else picture.transpose(turned)


def _turned(opened: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(int(opened.getexif().get(ORIENTATION, 1)))
    except Exception:  # noqa: BLE001 - a photo is worth more than its broken EXIF
        logger.info("the EXIF of a photo cannot be read")
        return None


def _plain(opened: Image.Image) -> Image.Image:
    """Return a picture of eight bits a channel, without a palette."""
    if opened.has_transparency_data:
        return opened.convert("RGBA")
    if opened.mode.startswith("I"):  # sixteen bits of grey; convert() would cut, not scale
        return opened.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return opened if opened.mode in {"RGB", "L", "CMYK"} else opened.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return RGB; a colour profile that cannot be used is left out of account."""
    if not profile:
        return picture.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        logger.info("the colour profile of a photo cannot be used")
        return picture.convert("RGB")
    return converted or picture.convert("RGB")


def _written(picture: Image.Image) -> CleanPhoto:
    bare = Image.new("RGB", picture.size, WHITE)
    bare.paste(picture)  # a new image has nothing but pixels
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return CleanPhoto(out.getvalue(), bare.width, bare.height)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what Pillow raises on foreign bytes into one of our refusals."""
    try:
        yield
    except PhotoRefused:
        raise
    except UnidentifiedImageError as error:
        raise PhotoRefused("unsupported", "no picture of a known kind") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("too_many_pixels", str(error)) from error
    except Exception as error:
        # Decoders raise what they like on broken input: OSError, SyntaxError, struct.error.
        raise PhotoRefused("damaged", f"{type(error).__name__}: {error}") from error
