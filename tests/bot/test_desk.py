"""Staff's side: answers go back once; recordings are fetched once and go with their request."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from sqlalchemy import Connection, func, select

from bot import store
from bot.assembly import teller_of
from bot.desk import (
    AlreadyAnswered,
    NoFetcher,
    Recordings,
    Safe,
    UnknownRequest,
    answer,
    find,
    read_media,
)
from bot.desk_store import add_request, request_by_id, staff_request
from bot.dialogue.session import Session, session_to_json
from bot.messages import Media
from community.delivery_store import delivery
from community.files import stored_file
from community.store import account_of
from storage import Database
from tests.bot.conftest import NOON

KEY = b"k" * 32


@pytest.fixture
def request_id(database: Database) -> int:
    """A request with a recording."""

    def work(db: Connection) -> int:
        account = account_of(db, "wechat", "li", NOON)
        return add_request(db, account, "听录音", NOON, Media("voice", "media-1"))[0]

    return database.write(work)


def code_of(database: Database, request_id: int) -> str:
    found = database.read(lambda db: request_by_id(db, request_id))
    assert found is not None
    return found.code


def queued(database: Database) -> list[object]:
    return list(database.read(lambda db: db.scalars(select(delivery.c.body)).all()))


@pytest.mark.parametrize(
    "typed", [str.lower, lambda code: f" {code[:4]}-{code[4:]} "], ids=["low", "-"]
)
def test_a_code_is_read_as_people_type_it(
    database: Database, request_id: int, typed: object
) -> None:
    code = code_of(database, request_id)
    assert database.read(lambda db: find(db, typed(code))).id == request_id  # type: ignore[operator]


@pytest.mark.parametrize("typed", ["", "0", "ZZZZZZZZ", "消防栓", "' OR 1=1 --"])
def test_an_unknown_code_names_itself(database: Database, request_id: int, typed: str) -> None:
    assert request_id
    with pytest.raises(UnknownRequest) as unknown:
        database.read(lambda db: find(db, typed))
    assert unknown.value.code == typed


def test_an_answer_is_noted_and_queued_in_one_transaction(
    database: Database, request_id: int
) -> None:
    code = code_of(database, request_id)
    database.write(lambda db: answer(db, code, "已经通知物业", NOON))

    with pytest.raises(AlreadyAnswered):
        database.write(lambda db: answer(db, code, "第二次", NOON))

    assert "已经通知物业" in str(queued(database))
    assert len(queued(database)) == 1


class Interrupted(Exception):
    """A process that ends in the middle."""


def test_an_interrupted_answer_leaves_nothing(database: Database, request_id: int) -> None:
    code = code_of(database, request_id)

    def work(db: Connection) -> None:
        answer(db, code, "半个", NOON)
        raise Interrupted

    with pytest.raises(Interrupted):
        database.write(work)

    assert queued(database) == []
    assert database.read(lambda db: find(db, code)).answered_at is None


def silent(*_told: object) -> None:
    """Tell nobody anything."""


class Platform:
    """Gives recordings out, and counts how often."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, ref: str) -> bytes:
        self.asked.append(ref)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_a_recording_is_fetched_once(database: Database, tmp_path: Path, request_id: int) -> None:
    platform = Platform(b"sound")
    recordings = Recordings(database, Safe(tmp_path, KEY), {"wechat": platform}, silent)

    for _ in range(2):
        recordings.fetch(request_id, NOON)

    assert platform.asked == ["media-1"]
    (file,) = kept(tmp_path)
    assert b"sound" not in file.read_bytes()
    assert opened(database, tmp_path, request_id) == b"sound"
    code = code_of(database, request_id)
    assert database.read(lambda db: find(db, code)).media_file.endswith(file.name)


def test_a_failure_is_tried_again(database: Database, tmp_path: Path, request_id: int) -> None:
    platform = Platform(OSError("slow"), b"sound")
    recordings = Recordings(database, Safe(tmp_path, KEY), {"wechat": platform}, silent)

    with pytest.raises(OSError, match="slow"):
        recordings.fetch(request_id, NOON)
    recordings.fetch(request_id, NOON)

    assert database.read(lambda db: request_by_id(db, request_id)).media_file  # type: ignore[union-attr]


def test_a_channel_that_is_off_is_said(database: Database, tmp_path: Path, request_id: int) -> None:
    with pytest.raises(NoFetcher) as off:
        Recordings(database, Safe(tmp_path, KEY), {}, silent).fetch(request_id, NOON)
    assert (off.value.channel, off.value.permanent) == ("wechat", False)


def test_what_is_gone_is_not_fetched(database: Database, tmp_path: Path, request_id: int) -> None:
    database.write(lambda db: db.execute(staff_request.delete()))
    Recordings(database, Safe(tmp_path, KEY), {}, silent).fetch(request_id, NOON)
    assert kept(tmp_path) == []


def test_recordings_go_with_their_request(
    database: Database, tmp_path: Path, request_id: int
) -> None:
    recordings = Recordings(database, Safe(tmp_path, KEY), {"wechat": Platform(b"sound")}, silent)
    later = NOON + timedelta(days=3)
    assert recordings.sweep(later) == 0
    recordings.fetch(request_id, NOON)
    aged(tmp_path)
    assert recordings.sweep(later) == 0

    database.write(lambda db: db.execute(staff_request.delete()))

    assert recordings.sweep(NOON) == 0  # it may be on its way to a row yet
    assert recordings.sweep(later) == 1
    assert kept(tmp_path) == []
    assert database.read(lambda db: db.scalar(select(func.count(staff_request.c.id)))) == 0


def test_a_request_that_went_while_it_was_fetched_keeps_nothing(
    database: Database, tmp_path: Path, request_id: int
) -> None:
    def fetched(_ref: str) -> bytes:
        database.write(lambda db: db.execute(staff_request.delete()))
        return b"sound"

    Recordings(database, Safe(tmp_path, KEY), {"wechat": fetched}, silent).fetch(request_id, NOON)

    assert database.read(lambda db: db.scalar(select(func.count(stored_file.c.id)))) == 0
    assert len(kept(tmp_path)) == 1  # for the sweep


def aged(folder: Path) -> None:
    """Have the disk say that everything was kept at noon."""
    for file in kept(folder):
        os.utime(file, (NOON.timestamp(), NOON.timestamp()))


def opened(database: Database, folder: Path, request_id: int) -> bytes | None:
    def read(db: Connection) -> bytes | None:
        request = request_by_id(db, request_id)
        assert request is not None
        return read_media(db, request, Safe(folder, KEY))

    return database.read(read)


def picture() -> bytes:
    """A photo that tells where it was taken."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET-PHONE"
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 40, 40)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def leave_media(database: Database, sent: Media, said: str = "") -> int:
    def work(db: Connection) -> int:
        return add_request(db, account_of(db, "wechat", "li", NOON), said, NOON, sent)[0]

    return database.write(work)


def kept(tmp_path: Path) -> list[Path]:
    return sorted(tmp_path.glob("[0-9a-f][0-9a-f]/*"))


def test_a_photo_is_made_anew_before_it_is_kept(database: Database, tmp_path: Path) -> None:
    raw = picture()
    assert b"SECRET-PHONE" in raw
    photo = leave_media(database, Media("photo", "p-1"))

    Recordings(database, Safe(tmp_path, KEY), {"wechat": Platform(raw)}, silent).fetch(photo, NOON)

    data = opened(database, tmp_path, photo)
    assert data is not None
    assert b"SECRET-PHONE" not in data
    assert Image.open(io.BytesIO(data)).size == (40, 30)


class Gone(Exception):
    permanent = True


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (Media("photo", "p-1"), b"<html>no picture</html>"),
        (Media("photo", "p-1"), picture()[:-300]),
        (Media("photo", "p-1"), b""),
        (Media("video", "v-1"), Gone()),
        (Media("file", "f-1"), b""),
    ],
    ids=["no picture", "half a picture", "nothing", "gone", "an empty file"],
)
@pytest.mark.parametrize("said", ["", "消防栓坏了"], ids=["alone", "with words"])
def test_what_cannot_be_kept_is_said_once_and_leaves_nothing(
    database: Database, tmp_path: Path, sent: Media, answer: bytes | Exception, said: str
) -> None:
    request = leave_media(database, sent, said)
    code = code_of(database, request)
    recordings = Recordings(
        database, Safe(tmp_path, KEY), {"wechat": Platform(answer)}, teller_of(lambda: NOON)
    )

    for _ in range(2):
        recordings.fetch(request, NOON)

    assert kept(tmp_path) == []
    (told,) = queued(database)
    assert code in str(told)
    left = database.read(lambda db: request_by_id(db, request))
    if said:
        assert left is not None
        assert (left.said, left.media_kind, left.media_ref) == (said, sent.kind, "")
        assert "文字已经转了" in str(told)
    else:
        assert left is None
        assert "作废" in str(told)


def test_the_sender_is_told_in_their_language(database: Database, tmp_path: Path) -> None:
    request = leave_media(database, Media("photo", "p-1"))

    def speak(db: Connection) -> None:
        account = account_of(db, "wechat", "li", NOON)
        store.save_session(db, account, session_to_json(Session(language="en")), NOON)

    database.write(speak)

    Recordings(
        database, Safe(tmp_path, KEY), {"wechat": Platform(b"x")}, teller_of(lambda: NOON)
    ).fetch(request, NOON)

    assert "cannot be opened" in str(queued(database))
