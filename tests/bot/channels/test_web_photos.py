"""Photos and places in the web chat: kept sealed, one message each, refused in words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from bot.channels.web_forms import PHOTO_WORDS
from bot.channels.web_limits import PHOTO_VISITOR
from bot.channels.web_photos import WebPhotos
from bot.messages import Place
from community.files import FileMissing, UnfitName
from community.photos import MIB, MOST_BYTES, Reason
from tests.bot.channels.web_service import WrittenConversation, listening
from tests.hazards.taken import photo

HEIC = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64


def send(client: httpx.Client, data: bytes, id_: str = "", **headers: str) -> httpx.Response:
    return client.post(
        "/chat/photos",
        data={"id": id_ or str(uuid4())},
        files={"photo": ("../../etc/passwd", data, "image/jpeg")},
        headers=headers,
    )


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "files").rglob("*.sealed"))


def test_a_photo_is_a_message_with_its_reference(
    visitor: httpx.Client, written: WrittenConversation, photos: WebPhotos
) -> None:
    turn = send(visitor, photo()).json()["turn"]

    [heard] = written.received
    [media] = heard.media
    assert turn["replies"][0]["text"] == "照片收到。这是什么隐患？"
    assert (heard.text, heard.account.channel, media.kind) == ("", "web", "photo")
    assert photos.fetch(media.ref).startswith(b"\xff\xd8")


def test_what_is_kept_is_sealed_and_tells_nothing(visitor: httpx.Client, tmp_path: Path) -> None:
    send(visitor, photo())

    [file] = kept(tmp_path)
    data = file.read_bytes()
    assert b"SECRET-PHONE" not in data
    assert b"\xff\xd8\xff" not in data[:64]
    assert "passwd" not in str(file)


def test_the_fetched_photo_has_no_exif(
    visitor: httpx.Client, written: WrittenConversation, photos: WebPhotos
) -> None:
    send(visitor, photo())

    fetched = photos.fetch(written.received[0].media[0].ref)

    assert b"SECRET-PHONE" not in fetched
    assert b"Exif" not in fetched


def test_a_photo_sent_again_has_one_effect(
    visitor: httpx.Client, written: WrittenConversation
) -> None:
    id_ = str(uuid4())

    first, again = send(visitor, photo(), id_).json(), send(visitor, photo(), id_).json()

    assert first == again
    assert len(written.history(written.received[0].account)) == 1


def test_the_second_photo_is_taken_without_a_word(visitor: httpx.Client) -> None:
    send(visitor, photo(1))

    assert send(visitor, photo(2)).json()["turn"]["replies"] == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (HEIC, "unsupported"),
        (b"<script>alert(1)</script>", "unsupported"),
        (photo()[:-400], "damaged"),
    ],
    ids=["empty", "HEIC", "a page", "broken off"],
)
def test_a_refused_photo_is_told_in_words(
    visitor: httpx.Client, written: WrittenConversation, data: bytes, reason: Reason
) -> None:
    answer = send(visitor, data)

    assert answer.status_code == 422
    assert answer.json() == {"error": PHOTO_WORDS[reason]}
    assert not written.received


@pytest.mark.parametrize("size", [MOST_BYTES + 1, MOST_BYTES + 2 * MIB], ids=["photo", "request"])
def test_an_enormous_photo_is_told_so(
    visitor: httpx.Client, written: WrittenConversation, tmp_path: Path, size: int
) -> None:
    answer = send(visitor, b"\xff\xd8" + b"x" * (size - 2))

    assert answer.status_code in {413, 422}
    assert "20MB" in answer.json()["error"]
    assert not written.received
    assert kept(tmp_path) == []


def test_a_body_without_a_length_is_cut_off(visitor: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        yield head
        for _ in range(22):
            yield b"x" * MIB

    answer = visitor.post(
        "/chat/photos",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ({"id": str(uuid4())}, {}),
        ({"id": "not an id"}, {"photo": ("a.jpg", b"x")}),
        ({}, {"photo": ("a.jpg", b"x")}),
        ({"id": str(uuid4()), "photo": "words"}, {}),
    ],
    ids=["no photo", "no uuid", "no id", "words for a photo"],
)
def test_a_form_without_its_fields_is_refused(
    visitor: httpx.Client, data: dict[str, str], files: dict[str, tuple[str, bytes]]
) -> None:
    answer = visitor.post("/chat/photos", data=data, files=files)

    assert answer.status_code in {400, 422}
    assert answer.json() == {"error": "没看懂发来的内容。请刷新页面再试。"}


def test_a_broken_form_is_refused(visitor: httpx.Client) -> None:
    answer = visitor.post(
        "/chat/photos", content=b"--y", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert answer.status_code in {400, 422}


def test_a_photo_from_another_page_is_refused(
    visitor: httpx.Client, written: WrittenConversation
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert send(visitor, photo(), **headers).status_code == 403
    assert not written.received


def test_too_many_photos_are_slowed_down_for_one_alone(
    visitor: httpx.Client, other_visitor: httpx.Client
) -> None:
    for _ in range(int(PHOTO_VISITOR[0])):
        send(visitor, b"")

    slow = send(visitor, photo())

    assert slow.status_code == 429
    assert "太快" in slow.json()["error"]
    assert "119" in slow.json()["error"]
    assert send(other_visitor, photo()).status_code == 200


def test_many_at_once_are_all_kept(
    visitor: httpx.Client, written: WrittenConversation, photos: WebPhotos
) -> None:
    with ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda seed: send(visitor, photo(seed)), range(9)))

    refs = {heard.media[0].ref for heard in written.received}
    assert [answer.status_code for answer in answers] == [200] * 9
    assert len(refs) == 9
    assert all(photos.fetch(ref) for ref in refs)


def test_a_full_disk_is_said_and_can_be_tried_again(
    visitor: httpx.Client, tmp_path: Path, written: WrittenConversation
) -> None:
    (tmp_path / "files").write_bytes(b"a file where the folder should be")

    answer = send(visitor, photo())

    assert answer.status_code == 503
    assert "119" in answer.json()["error"]
    assert not written.received


def test_without_a_place_to_keep_them_there_are_no_photos(written: WrittenConversation) -> None:
    with listening(written) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert send(client, photo()).status_code == 404
        assert 'id="photos"' not in client.get("/").text


@pytest.mark.parametrize("name", ["", "../../secret", "ab/cd.sealed", "ab/" + "0" * 64 + ".jpg"])
def test_a_name_that_is_none_of_ours_opens_nothing(photos: WebPhotos, name: str) -> None:
    with pytest.raises(UnfitName):
        photos.fetch(name)


def test_a_photo_that_was_swept_up_is_missing_for_good(photos: WebPhotos) -> None:
    with pytest.raises(FileMissing) as missing:
        photos.fetch("00/" + "0" * 64 + ".sealed")

    assert missing.value.permanent


def test_a_place_is_a_message_in_wgs84(visitor: httpx.Client, written: WrittenConversation) -> None:
    body = {"id": str(uuid4()), "text": "", "place": {"latitude": 29.53, "longitude": 108.77}}

    turn = visitor.post("/chat/messages", json=body).json()["turn"]

    assert written.received[0].place == Place(29.53, 108.77, "", "wgs84")
    assert turn["replies"][0]["text"] == "位置收到。"


@pytest.mark.parametrize(
    "place",
    [
        {"latitude": 91, "longitude": 0},
        {"latitude": 0, "longitude": -181},
        {"latitude": "nowhere", "longitude": 0},
        {"latitude": 1},
        [],
    ],
    ids=["north of all", "west of all", "words", "half", "list"],
)
def test_a_place_that_is_none_is_refused(
    visitor: httpx.Client, written: WrittenConversation, place: object
) -> None:
    body = {"id": str(uuid4()), "text": "", "place": place}

    assert visitor.post("/chat/messages", json=body).status_code == 422
    assert not written.received


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_place_that_is_no_number_is_refused(visitor: httpx.Client, number: str) -> None:
    body = f'{{"id": "{uuid4()}", "text": "", "place": {{"latitude": {number}, "longitude": 0}}}}'

    answer = visitor.post(
        "/chat/messages", content=body.encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("text", "wants"), [("报隐患", "photo"), ("改地点", "place"), ("你好", "")]
)
def test_the_page_is_told_what_is_wanted(visitor: httpx.Client, text: str, wants: str) -> None:
    body = {"id": str(uuid4()), "text": text}

    assert visitor.post("/chat/messages", json=body).json()["turn"]["replies"][0]["wants"] == wants


def test_the_first_page_alone_may_ask_for_the_place(visitor: httpx.Client) -> None:
    assert "geolocation=(self)" in visitor.get("/").headers["permissions-policy"]
    assert "geolocation=()" in visitor.get("/chat/history").headers["permissions-policy"]
