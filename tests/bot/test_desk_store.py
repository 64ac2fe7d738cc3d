"""What residents leave for staff: found by its code, answered once, forgotten in time."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot import desk_store
from bot.desk_store import (
    ANSWERED_KEPT,
    add_request,
    answer_request,
    find_request,
    forget_answered,
    media_of,
    note_media,
    open_requests,
    request_by_id,
    requests_since,
)
from bot.messages import Media
from community.files import StoredFile, note_file
from community.store import account_of
from storage import Database, read_code
from tests.bot.conftest import NOON

MINUTE = timedelta(minutes=1)


def leave(
    database: Database, said: str = "消防栓没水", name: str = "li", sent: Media | None = None
) -> tuple[int, str]:
    """Leave a request and return its id and code."""

    def work(db: Connection) -> tuple[int, str]:
        return add_request(db, account_of(db, "wechat", name, NOON), said, NOON, sent)

    return database.write(work)


def test_a_request_is_found_by_its_code_and_its_id(database: Database) -> None:
    request_id, code = leave(database, sent=Media("photo", "m-1"))

    found = database.read(lambda db: find_request(db, code))

    assert read_code(code) == code
    assert found == database.read(lambda db: request_by_id(db, request_id))
    assert found is not None
    assert (found.channel, found.name, found.said) == ("wechat", "li", "消防栓没水")
    assert (found.media_kind, found.media_ref) == ("photo", "m-1")
    assert (found.media_file, found.answer) == ("", "")
    assert (found.created_at, found.answered_at) == (NOON, None)


def test_what_is_not_there_is_none(database: Database) -> None:
    assert database.read(lambda db: find_request(db, "00000000")) is None
    assert database.read(lambda db: request_by_id(db, 7)) is None


def test_the_oldest_open_ones_come_first(database: Database) -> None:
    codes = [leave(database, f"第{n}件")[1] for n in range(4)]
    database.write(lambda db: answer_request(db, 2, "好", NOON))

    found = database.read(lambda db: open_requests(db, 2))

    assert [request.code for request in found] == [codes[0], codes[2]]


def test_only_the_first_answer_counts(database: Database) -> None:
    request_id, code = leave(database)

    firsts = [
        database.write(lambda db, text=text: answer_request(db, request_id, text, NOON))
        for text in ("一", "二")
    ]

    assert firsts == [True, False]
    found = database.read(lambda db: find_request(db, code))
    assert found is not None
    assert (found.answer, found.answered_at) == ("一", NOON)


@pytest.mark.parametrize(("since", "count"), [(NOON - MINUTE, 2), (NOON, 2), (NOON + MINUTE, 0)])
def test_counting_what_one_account_left(database: Database, since: object, count: int) -> None:
    for name in ("li", "li", "wang"):
        leave(database, name=name)
    account = database.write(lambda db: account_of(db, "wechat", "li", NOON))

    assert database.read(lambda db: requests_since(db, account, since)) == count  # type: ignore[arg-type]


def test_the_file_of_a_recording_is_noted_once(database: Database) -> None:
    request_id, _ = leave(database, sent=Media("voice", "m-1"))
    file = StoredFile("ab" * 32, "sealed", 9)
    assert database.read(lambda db: media_of(db, request_id)) is None

    def note(db: Connection) -> bool:
        return note_media(db, request_id, note_file(db, file, NOON), file.name)

    assert [database.write(note), database.write(note)] == [True, False]

    found = database.read(lambda db: request_by_id(db, request_id))
    assert found is not None
    assert found.media_file == file.name
    assert database.read(lambda db: media_of(db, request_id)) == file


def test_answered_ones_go_chunk_by_chunk_and_open_ones_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_store, "ROWS_PER_CHUNK", 2)
    ids = [leave(database)[0] for _ in range(4)]
    for request_id in ids[:3]:
        database.write(lambda db, one=request_id: answer_request(db, one, "好", NOON))

    def gone(after: timedelta) -> int:
        return database.write(lambda db: forget_answered(db, NOON + after))

    assert gone(ANSWERED_KEPT) == 0
    assert [gone(ANSWERED_KEPT + MINUTE) for _ in range(3)] == [2, 1, 0]
    assert [one.id for one in database.read(lambda db: open_requests(db, 9))] == [ids[3]]
