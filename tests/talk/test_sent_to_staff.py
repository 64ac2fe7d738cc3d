"""A photo for staff over both platforms: fetched, made anew, or refused and said."""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import ExifTags, Image

from tests.platforms.loopback import wait_until
from tests.talk.conftest import Town
from tests.talk.towns import PATIENCE, furnished, kept_media, rows, standing

SECRET = b"SECRET-PHONE"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "sent")) as town:
        yield town


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo that names the phone it was taken with."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET.decode()
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (200, 40, 40)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def code_in(text: str) -> str:
    found = re.search("编号([0-9A-Z]{8})", text)
    assert found, text
    return found[1]


def kept(town: Town, code: str) -> bytes:
    """Return the photo of a message once it was fetched."""
    assert wait_until(lambda: kept_media(town.data_dir, code) is not None, PATIENCE)
    return kept_media(town.data_dir, code) or b""


def test_a_photo_on_wechat_is_kept_without_what_it_tells(town: Town, photo: bytes) -> None:
    resident = town.wechat.user("oResidentWithPhoto1")
    resident.says("人工")

    booked = resident.sends_photo(photo)

    assert booked is not None
    assert booked.text.startswith("照片转给工作人员了")
    data = kept(town, code_in(booked.text))
    assert SECRET not in data
    assert Image.open(io.BytesIO(data)).size == (320, 240)


def test_a_photo_on_telegram_with_its_caption(town: Town, photo: bytes) -> None:
    resident = town.telegram.user(8801)
    resident.says("/human")
    resident.wait_for(1, PATIENCE)
    resident.sends_photo(photo, "消防栓坏了")

    booked = resident.wait_for(2, PATIENCE)[-1].text

    assert booked.startswith("照片转给工作人员了")
    assert SECRET not in kept(town, code_in(booked))
    said = "SELECT said, media_kind FROM staff_request WHERE code = ?"
    assert rows(town.data_dir, said, code_in(booked)) == [("消防栓坏了", "photo")]


def test_what_is_no_photo_is_refused_and_said(town: Town) -> None:
    resident = town.wechat.user("oResidentWithPhoto2")
    resident.says("人工")
    booked = resident.sends_photo(b"<html>no picture</html>")
    assert booked is not None
    code = code_in(booked.text)

    told = resident.wait_for(3, PATIENCE)[-1].text

    assert told.startswith("照片打不开，没有留下")
    assert code in told
    assert rows(town.data_dir, "SELECT 1 FROM staff_request WHERE code = ?", code) == []
