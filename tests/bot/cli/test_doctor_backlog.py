"""What ``lifeline doctor`` says of waiting and failed work, in words an operator can act on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.cli.doctor_backlog import SILENT, backlog_lines
from bot.desk_store import add_request
from community.delivery_claim_store import settle
from community.outcomes import NotReachable, Rejected
from storage import Database, migrate, open_database
from storage.work_leases import beat
from storage.work_rows import claim, give_up, next_row, schedule
from tests.community.outbox_rows import HOUR, NOON, add_account, claim_one, queue


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'lifeline.db'}") as database:
        migrate(database)
        yield database


def said(database: Database, after: timedelta = timedelta(0)) -> list[tuple[str, str]]:
    """What is said so long after noon; nothing of it is a fault."""
    lines = list(backlog_lines(database, NOON + after))
    assert not any(line.is_fault for line in lines)
    return [(line.mark, line.text) for line in lines]


def fail(db: Connection, key: str, reason: str) -> None:
    schedule(db, "fetch_recording", key, NOON, (1,))
    row = next_row(db, NOON)
    assert row
    claim(db, row.place, "token")
    assert give_up(db, row, "token", reason, NOON)


def test_nothing_waits(database: Database) -> None:
    assert said(database) == [
        ("·", "后台没有在运行：serve或worker开着才会送出待发消息"),
        ("✓", "后台的工作没有做不成的"),
        ("✓", "居民的留言都回了"),
        ("✓", "没有待发消息"),
    ]


def test_who_works_is_known_by_their_heartbeat(database: Database) -> None:
    database.write(lambda db: beat(db, "one", NOON))
    assert said(database, SILENT)[0] == ("✓", "后台在运行")
    mark, text = said(database, 2 * SILENT)[0]
    assert mark == "!"
    assert "从2026-11-22 04:00Z起没有动静" in text


def test_failed_work_is_told_with_its_reason_on_one_line(database: Database) -> None:
    with database.engines.write.begin() as db:
        for number in range(5):
            fail(db, str(number), "no such\nfile " + "x" * 500)

    marks = [(mark, text) for mark, text in said(database) if "fetch_recording" in text]
    assert ("!", "后台有5件工作做不成，最近的3件：") in said(database)
    assert len(marks) == 3
    for mark, text in marks:
        assert mark == "!"
        assert "失败1次，不再试（no such file xxx" in text
        assert "\n" not in text
        assert len(text) < 200


def test_open_messages_to_staff_are_counted(database: Database) -> None:
    with database.engines.write.begin() as db:
        ann = add_account(db)
        add_request(db, ann, "3栋消防栓没有水", NOON)
        add_request(db, ann, "还是没有水", NOON + HOUR)

    text = "有2条居民留言没有回，最早的一条在2026-11-22 04:00Z：lifeline inbox list"
    assert ("!", text) in said(database)


def test_what_waits_to_be_sent_is_told_by_channel(database: Database) -> None:
    with database.engines.write.begin() as db:
        ann = add_account(db)
        queue(db, ann, "held")
        settle(db, claim_one(db), NotReachable("no consent"), NOON)
        queue(db, ann, "refused")
        settle(db, claim_one(db), Rejected("too long"), NOON)
        queue(db, add_account(db, "bob", "telegram"), "waits", channel="telegram")

    lines = said(database)
    assert ("·", "待发消息：Telegram有1条等着发") in lines
    assert ("·", "待发消息：微信有1条现在推不了，等居民下次来消息时显示") in lines
    assert ("!", "24小时内没送到：微信有1条对方收不到") in lines

    later = said(database, HOUR)
    late = [(mark, text) for mark, text in later if "等到现在" in text]
    assert [(mark, "Telegram有1条" in text) for mark, text in late] == [("!", True)]
