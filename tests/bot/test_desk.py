"""Staff's side: answers go back once; recordings are fetched once and go with their request."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.desk import (
    RECORDINGS_FOLDER,
    AlreadyAnswered,
    NoFetcher,
    Recordings,
    UnknownRequest,
    answer,
    find,
)
from bot.desk_store import add_request, request_by_id, staff_request
from community.delivery_store import delivery
from community.store import account_of
from storage import Database
from tests.bot.conftest import NOON


@pytest.fixture
def request_id(database: Database) -> int:
    """A request with a recording."""

    def work(db: Connection) -> int:
        account = account_of(db, "wechat", "li", NOON)
        return add_request(db, account, "听录音", NOON, media_ref="media-1")[0]

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
    recordings = Recordings(database, tmp_path, {"wechat": platform})

    for _ in range(2):
        recordings.fetch(request_id)

    assert platform.asked == ["media-1"]
    code = code_of(database, request_id)
    assert (tmp_path / RECORDINGS_FOLDER / f"{code}.bin").read_bytes() == b"sound"
    assert database.read(lambda db: find(db, code)).media_file == f"{code}.bin"


def test_a_failure_is_tried_again(database: Database, tmp_path: Path, request_id: int) -> None:
    recordings = Recordings(database, tmp_path, {"wechat": Platform(OSError("slow"), b"sound")})

    with pytest.raises(OSError, match="slow"):
        recordings.fetch(request_id)
    recordings.fetch(request_id)

    assert database.read(lambda db: request_by_id(db, request_id)).media_file  # type: ignore[union-attr]


def test_a_channel_that_is_off_is_said(database: Database, tmp_path: Path, request_id: int) -> None:
    with pytest.raises(NoFetcher) as off:
        Recordings(database, tmp_path, {}).fetch(request_id)
    assert (off.value.channel, off.value.permanent) == ("wechat", False)


def test_what_is_gone_is_not_fetched(database: Database, tmp_path: Path, request_id: int) -> None:
    database.write(lambda db: db.execute(staff_request.delete()))
    Recordings(database, tmp_path, {}).fetch(request_id)
    assert not (tmp_path / RECORDINGS_FOLDER).exists()


def test_recordings_go_with_their_request(
    database: Database, tmp_path: Path, request_id: int
) -> None:
    recordings = Recordings(database, tmp_path, {"wechat": Platform(b"sound")})
    assert recordings.forget_gone() == 0
    recordings.fetch(request_id)
    assert recordings.forget_gone() == 0

    database.write(lambda db: db.execute(staff_request.delete()))

    assert recordings.forget_gone() == 1
    assert list((tmp_path / RECORDINGS_FOLDER).iterdir()) == []
    assert database.read(lambda db: db.scalar(select(func.count(staff_request.c.id)))) == 0
