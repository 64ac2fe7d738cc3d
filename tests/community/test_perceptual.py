"""Photos that look alike have hashes that lie near; a blank wall has none."""

import io
from collections.abc import Callable
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, UnidentifiedImageError

from community.perceptual import HASH_BITS, hash_distance, photo_hash
from community.photos import clean_photo

# Suggested as the same picture up to here; the tests of duplicates have their own limit.
NEAR = 10


def scene(seed: int = 0) -> Image.Image:
    """Return walls, a floor and boxes, each seed another place."""
    chance = Random(seed)
    picture = Image.new("RGB", (1200, 900), (150, 155, 160))
    draw = ImageDraw.Draw(picture)
    far = chance.randrange(200, 1000)
    draw.polygon([(0, 900), (far - 90, 300), (far + 90, 300), (1200, 900)], fill=(90, 90, 85))
    for _ in range(9):
        left, top = chance.randrange(1000), chance.randrange(700)
        shade = chance.randrange(256)
        size = chance.randrange(80, 420), chance.randrange(80, 420)
        draw.rectangle([left, top, left + size[0], top + size[1]], fill=(shade, shade, 120))
    return picture


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        lambda one: one,
        lambda one: one.resize((480, 360)),
        lambda one: ImageEnhance.Brightness(one).enhance(0.7),
        lambda one: ImageEnhance.Color(one).enhance(0.2),
        lambda one: one.filter(ImageFilter.GaussianBlur(3)),
        lambda one: one.crop((20, 15, 1180, 885)),
    ],
    ids=["the same", "smaller", "darker", "paler", "blurred", "cut at the edge"],
)
def test_a_picture_of_the_same_lies_near(changed: Callable[[Image.Image], Image.Image]) -> None:
    first, second = photo_hash(jpeg(scene())), photo_hash(jpeg(changed(scene()), 60))

    assert hash_distance(first, second) <= NEAR


def test_pictures_of_other_places_lie_far() -> None:
    hashes = [photo_hash(jpeg(scene(seed))) for seed in range(6)]

    distances = [hash_distance(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(distances) > NEAR


def test_a_hash_has_sixteen_digits_and_does_not_change() -> None:
    first = photo_hash(jpeg(scene()))

    assert len(first) == 16
    assert int(first, 16) >= 0
    assert photo_hash(jpeg(scene())) == first


def test_what_we_store_of_a_photo_can_be_hashed() -> None:
    stored = clean_photo(jpeg(scene()))

    assert hash_distance(photo_hash(stored.data), photo_hash(jpeg(scene()))) <= NEAR


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("RGB", (800, 600), (205, 200, 190)),
        Image.new("L", (800, 600), 0),
        Image.effect_noise((800, 600), 6),
        Image.new("L", (1, 1), 200),
    ],
    ids=["a wall", "the dark", "a wall with noise", "one point"],
)
def test_a_picture_with_nothing_in_it_has_no_hash(blank: Image.Image) -> None:
    assert photo_hash(jpeg(blank)) == ""


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ("0000000000000000", "0000000000000000", 0),
        ("0000000000000000", "0000000000000001", 1),
        ("0000000000000000", "ffffffffffffffff", 64),
        ("", "0000000000000000", HASH_BITS),
        ("", "", HASH_BITS),
    ],
    ids=["equal", "one bit", "all bits", "one without", "both without"],
)
def test_the_distance_counts_bits(first: str, second: str, distance: int) -> None:
    assert hash_distance(first, second) == distance
    assert hash_distance(second, first) == distance


@pytest.mark.parametrize("wrong", ["00", "x" * 16, "0" * 17])
def test_what_is_no_hash_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong[:2]):
        hash_distance("0000000000000000", wrong)


@pytest.mark.parametrize("content", [b"", b"no picture", jpeg(scene())[:3000]], ids=len)
def test_what_is_no_whole_jpeg_is_refused(content: bytes) -> None:
    with pytest.raises((UnidentifiedImageError, OSError)):
        photo_hash(content)
