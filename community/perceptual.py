"""What a photo looks like, as 64 bits: the same place photographed twice gives similar bits.

For suggesting duplicates only: people decide. A blank wall or a dark picture looks like any
other of its kind, so it has no hash.
"""

from __future__ import annotations

import io

import imagehash
from PIL import Image, ImageStat

HASH_BITS = 64
# Standard deviation of brightness (0 to 255) over a small copy: a wall, a hand before the
# lens or a night without light lies below, any scene with an object in it above.
LEAST_CONTRAST = 6.0
# A small copy is enough for a hash of 8 x 8 frequencies, and decodes many times faster.
_SIDE = 256


def photo_hash(jpeg: bytes) -> str:
    """Return the perceptual hash (DCT, 64 bits) of a photo as 16 hexadecimal digits.

    Args:
        jpeg: a photo that :mod:`community.photos` wrote.

    Returns:
        The empty text for a picture with nothing in it to compare.

    Raises:
        PIL.UnidentifiedImageError: when it is no JPEG.
        OSError: when it is broken off.

    Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
    2010, as the library imagehash has it.
    """
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as photo:
        photo.draft("L", (_SIDE, _SIDE))
        grey = photo.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    if _contrast(grey) < LEAST_CONTRAST:
        return ""
    return str(imagehash.phash(grey))


def hash_distance(first: str, second: str) -> int:
    """Return in how many of 64 bits two hashes differ; 64 where either photo has none.

    About 10 and less suggest the same picture; unlike ones lie around 32.

    Raises:
        ValueError: when either is neither empty nor 16 hexadecimal digits.
    """
    bits = [_bits(one) for one in (first, second)]
    if not (first and second):
        return HASH_BITS
    return (bits[0] ^ bits[1]).bit_count()


def _bits(text: str) -> int:
    if text and len(text) != HASH_BITS // 4:
        raise ValueError(f"{text!r} is no perceptual hash: give 16 hexadecimal digits")
    return int(text or "0", 16)


def _contrast(grey: Image.Image) -> float:
    return float(ImageStat.Stat(grey.resize((32, 32), Image.Resampling.BOX)).stddev[0])
