from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, features

from community.photos import LONGEST_SIDE, CleanPhoto, PhotoRefused, clean_photo

RED, BLUE = (200, 30, 30), (30, 30, 200)
LEFT_RED = ((5, 5), (75, 5))
GPS = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: (31.0, 13.0, 49.0),
    ExifTags.GPS.GPSLongitudeRef: "E",
    ExifTags.GPS.GPSLongitude: (121.0, 28.0, 25.0),
}


def two_sides(size: tuple[int, int] = (80, 40), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(Image.new("RGB", (size[0] // 2, size[1]), BLUE), (size[0] // 2, 0))
    return picture.convert(mode)


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def from_a_phone(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "Secret Phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta><by>Secret Author</by></x:xmpmeta>"
    return written(
        two_sides(), "JPEG", exif=exif, icc_profile=profile, xmp=xmp, comment=b"Secret Comment"
    )


def opened(photo: CleanPhoto) -> Image.Image:
    return Image.open(io.BytesIO(photo.data))


def colour(picture: Image.Image, place: tuple[int, int]) -> str:
    red, _, blue = picture.getpixel(place)
    return "red" if red > blue + 80 else "blue" if blue > red + 80 else "neither"


def refusal(data: bytes, **bounds: int) -> str:
    with pytest.raises(PhotoRefused) as caught:
        clean_photo(data, **bounds)
    assert caught.value.permanent
    return caught.value.reason


def test_nothing_but_the_picture_is_kept() -> None:
    data = from_a_phone()
    assert dict(Image.open(io.BytesIO(data)).getexif().get_ifd(ExifTags.IFD.GPSInfo))

    photo = clean_photo(data)

    kept = opened(photo)
    assert dict(kept.getexif()) == {}
    assert not {"exif", "icc_profile", "xmp", "comment", "photoshop"} & kept.info.keys()
    assert b"Secret" not in photo.data
    assert b"Exif" not in photo.data
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (photo.width, photo.height))


@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (80, 40), (5, 20), (75, 20)),
        (2, (80, 40), (75, 20), (5, 20)),
        (3, (80, 40), (75, 20), (5, 20)),
        (4, (80, 40), (5, 20), (75, 20)),
        (5, (40, 80), (20, 5), (20, 75)),
        (6, (40, 80), (20, 5), (20, 75)),
        (7, (40, 80), (20, 75), (20, 5)),
        (8, (40, 80), (20, 75), (20, 5)),
        (77, (80, 40), (5, 20), (75, 20)),
    ],
)
def test_a_picture_stands_upright(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    photo = clean_photo(from_a_phone(orientation))

    assert (photo.width, photo.height) == size
    assert colour(opened(photo), red_at) == "red"
    assert colour(opened(photo), blue_at) == "blue"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("WEBP", "RGB"),
        ("GIF", "P"),
    ],
)
def test_every_usual_kind_becomes_a_jpeg(kind: str, mode: str) -> None:
    picture = opened(clean_photo(written(two_sides(mode=mode), kind)))

    assert picture.format == "JPEG"
    assert [colour(picture, place) for place in LEFT_RED] == ["red", "blue"]


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16"])
def test_grey_stays_grey(mode: str) -> None:
    if mode == "I;16":
        source = Image.new("I;16", (80, 40), 40_000)
    else:
        source = Image.new("L", (80, 40), 156).convert(mode, dither=Image.Dither.NONE)

    value = opened(clean_photo(written(source, "PNG"))).getpixel((40, 20))

    assert max(value) - min(value) <= 2
    assert abs(value[0] - (255 if mode == "1" else 156)) <= 3


def test_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), shade) for shade in (RED, BLUE)]

    data = written(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert colour(opened(clean_photo(data)), (20, 20)) == "red"


def test_what_is_transparent_becomes_white() -> None:
    glass = Image.new("RGBA", (40, 40), (0, 0, 0, 0))

    assert min(opened(clean_photo(written(glass, "PNG"))).getpixel((20, 20))) > 250


def test_colours_of_another_profile_are_brought_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ").replace(b"____", b"bXYZ")

    picture = opened(clean_photo(written(two_sides(), "PNG", icc_profile=swapped)))

    assert [colour(picture, place) for place in LEFT_RED] == ["blue", "red"]


@pytest.mark.parametrize("profile", [b"x", b"\x00" * 200], ids=["short", "zeros"])
def test_a_broken_profile_is_left_out_of_account(profile: bytes) -> None:
    photo = clean_photo(written(two_sides(), "PNG", icc_profile=profile))

    assert colour(opened(photo), (5, 5)) == "red"


def test_broken_exif_does_not_cost_the_photo() -> None:
    data = from_a_phone().replace(b"Exif\x00\x00MM", b"Exif\x00\x00XX")
    data = data.replace(b"Exif\x00\x00II", b"Exif\x00\x00XX")

    assert (clean_photo(data).width, clean_photo(data).height) == (80, 40)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (2561, 10)])
def test_a_large_picture_is_made_smaller_in_proportion(size: tuple[int, int]) -> None:
    photo = clean_photo(written(Image.new("RGB", size, RED), "JPEG"))

    assert max(photo.width, photo.height) == LONGEST_SIDE
    assert abs(min(photo.width, photo.height) - min(size) * LONGEST_SIDE / max(size)) < 1


def test_a_small_picture_keeps_its_size_and_the_same_one_its_name() -> None:
    data = written(two_sides((1, 1)), "PNG")

    first, second = clean_photo(data), clean_photo(data)

    assert (first.width, first.height) == (1, 1)
    assert first.sha256 == second.sha256
    assert len(first.sha256) == 64


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to be huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<script>alert(1)</script>", "unsupported"),
        (b"%PDF-1.7\n" + bytes(100), "unsupported"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "unsupported"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(100), "unsupported"),
        (written(two_sides(), "TIFF"), "unsupported"),
        (written(two_sides(), "BMP"), "unsupported"),
        (written(two_sides((800, 800)), "JPEG")[:900], "damaged"),
        (written(two_sides((800, 800)), "PNG")[:-200], "damaged"),
        (bomb(60_000, 60_000), "too_many_pixels"),
        (bomb(10_000, 9_999), "too_many_pixels"),
        (bomb(9_000, 5_600), "too_many_pixels"),
        (bomb(800, 800), "damaged"),
    ],
    ids=[
        "nothing",
        "page",
        "document",
        "heic",
        "avif",
        "tiff",
        "bitmap",
        "broken off jpeg",
        "broken off png",
        "bomb",
        "large",
        "a little too large",
        "lying header",
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert refusal(data) == reason


def test_the_bounds_can_be_set() -> None:
    data = written(two_sides(), "PNG")

    assert refusal(data, most_bytes=len(data) - 1) == "too_big"
    assert refusal(data, most_pixels=80 * 40 - 1) == "too_many_pixels"
    assert clean_photo(data, most_bytes=len(data), most_pixels=80 * 40).width == 80


@pytest.mark.parametrize(
    "tail", [b"PK\x03\x04" + b"archive" * 99, b"<html><script>alert(1)</script></html>"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_what_hides_behind_a_picture_is_gone(kind: str, tail: bytes) -> None:
    photo = clean_photo(written(two_sides(), kind) + tail)

    assert tail[:8] not in photo.data
    assert photo.data.endswith(b"\xff\xd9")


def test_every_kind_we_promise_can_be_read_here() -> None:
    assert all(features.check(name) for name in ("jpg", "zlib", "webp", "littlecms2"))


def is_clean(photo: CleanPhoto) -> bool:
    picture = opened(photo)
    picture.load()
    return picture.format == "JPEG" and not picture.getexif() and max(picture.size) <= LONGEST_SIDE


def never_fails(data: bytes) -> None:
    try:
        photo = clean_photo(data, most_pixels=1_000_000)
    except PhotoRefused:
        return
    assert is_clean(photo)


@given(data=st.binary(max_size=2000))
@example(data=b"\xff\xd8\xff")
@example(data=b"GIF89a")
@example(data=b"RIFF\x00\x00\x00\x00WEBPVP8 ")
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_clean_photo_or_refused(data: bytes) -> None:
    never_fails(data)


SEEDS = [from_a_phone(), *(written(two_sides(), kind) for kind in ("PNG", "WEBP", "GIF"))]


@given(
    seed=st.sampled_from(SEEDS),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=9),
)
@settings(max_examples=200, deadline=None)
def test_a_mangled_photo_is_a_clean_photo_or_refused(
    seed: bytes, cut: float, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(seed[: round(len(seed) * (0.3 + 0.7 * cut))])
    for place, value in changes:
        data[int(place * len(data))] = value
    never_fails(bytes(data))
