"""``lifeline inbox`` as staff run it: list, show, answer once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.desk_store import add_request, note_media
from bot.messages import Media
from community.delivery_store import delivery
from community.files import keep_sealed, note_file
from community.keys import installation_key
from community.store import account_of
from storage import Database, migrate, open_database
from tests.bot.cli.test_problems import Lifeline

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def opened(tmp_path: Path) -> Database:
    (tmp_path / "var").mkdir(exist_ok=True)
    database = open_database(f"sqlite:///{tmp_path / 'var' / 'lifeline.db'}")
    migrate(database)
    return database


@pytest.fixture
def codes(tmp_path: Path) -> list[str]:
    """A message and a recording that residents left; their codes."""
    with opened(tmp_path) as database:
        account = database.write(lambda db: account_of(db, "wechat", "li", NOON))
        said = "3栋消防栓没水，\n找谁？"
        _, first = database.write(lambda db: add_request(db, account, said, NOON))
        voice, second = database.write(
            lambda db: add_request(db, account, "", NOON, Media("voice", "m-1"))
        )
        key = installation_key(database, None, tmp_path / "var", now=NOON)
        file = keep_sealed(tmp_path / "var" / "files", key, b"sound")

        def note(db: Connection) -> None:
            note_media(db, voice, note_file(db, file, NOON), file.name)

        database.write(note)
    return [first, second]


def sent(tmp_path: Path) -> str:
    with opened(tmp_path) as database:
        return str(database.read(lambda db: db.scalars(select(delivery.c.body)).all()))


def test_an_empty_inbox_says_so(lifeline: Lifeline) -> None:
    done = lifeline("inbox", "list")
    assert (done.returncode, done.stdout) == (0, "没有待回的留言。\n")


def test_the_oldest_come_first_on_one_line_each(lifeline: Lifeline, codes: list[str]) -> None:
    lines = lifeline("inbox", "list").stdout.splitlines()

    assert [line.split("\t")[0] for line in lines] == codes
    assert lines[0].endswith("2026-11-22 04:00Z\t3栋消防栓没水， 找谁？")
    assert lines[1].endswith("（只有语音） [语音]")
    assert len(lifeline("inbox", "list", "--most", "1").stdout.splitlines()) == 1


def test_one_is_shown_whole_with_its_recording(
    lifeline: Lifeline, codes: list[str], tmp_path: Path
) -> None:
    assert "3栋消防栓没水，\n找谁？" in lifeline("inbox", "show", codes[0].lower()).stdout
    shown = lifeline("inbox", "show", codes[1]).stdout
    assert f"语音：用 lifeline inbox save {codes[1]} 文件名 存出来" in shown


def test_a_recording_is_saved_once_to_a_new_file(
    lifeline: Lifeline, codes: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "voice.amr"

    done = lifeline("inbox", "save", codes[1].lower(), str(file))
    again = lifeline("inbox", "save", codes[1], str(file))

    assert (done.returncode, done.stderr, file.read_bytes()) == (0, "", b"sound")
    assert "存好了" in done.stdout
    assert again.returncode == 1
    assert "已经有了" in again.stderr


def test_an_answer_is_queued_once(lifeline: Lifeline, codes: list[str], tmp_path: Path) -> None:
    done = lifeline("inbox", "answer", codes[0], "已经通知物业\x1b，明天来修。")
    assert (done.returncode, done.stderr) == (0, "")

    again = lifeline("inbox", "answer", codes[0], "第二次")

    assert again.returncode == 1
    assert "已经回过了" in again.stderr
    body = sent(tmp_path)
    assert f"（编号{codes[0]}）：\\n已经通知物业，明天来修。" in body
    assert "第二次" not in body
    assert lifeline("inbox", "list").stdout.startswith(codes[1])
    assert "已回：" in lifeline("inbox", "show", codes[0]).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "00000000"), "没有编号是00000000的留言"),
        (("save", "00000000", "new.amr"), "没有编号是00000000的留言"),
        (("save", "CODE", "new.amr"), "没有录音或照片"),
        (("answer", "00000000", "好"), "没有编号是00000000的留言"),
        (("answer", "CODE", "  "), "回复是空的"),
        (("answer", "CODE", "长" * 1001), "回复太长"),
    ],
    ids=["unknown", "saving unknown", "saving words", "answering unknown", "empty", "too long"],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    lifeline: Lifeline, codes: list[str], tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = lifeline("inbox", *(codes[0] if one == "CODE" else one for one in arguments))

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sent(tmp_path) == "[]"


def test_braces_in_an_answer_stay_as_they_are(
    lifeline: Lifeline, codes: list[str], tmp_path: Path
) -> None:
    lifeline("inbox", "answer", codes[0], "见{building}、{0}")
    assert "见{building}、{0}" in sent(tmp_path)
