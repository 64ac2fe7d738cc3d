"""Anonymous means that nothing joins a channel account to a report once the receipt is shown."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from bot import store
from community.files import full_hour
from community.store import channel_account, resident
from hazards.anonymity import (
    daily_mac,
    new_password,
    operation_mac,
    password_mac,
    read_password,
)
from hazards.draft_store import FETCH_DRAFT_PHOTO, save_draft
from hazards.photos import Photos
from hazards.store import hazard_draft, hazard_draft_photo
from hazards.submissions import Receipt
from storage import Database, Jobs, metadata, schedule
from storage.work_runs import InlineWork
from tests.hazards.taken import (
    KEY,
    MINUTE,
    NOON,
    Somebody,
    count,
    drafted,
    handed_in,
    photo,
    rows,
    submitted,
)

OPENID, MEDIA, UTTERANCE = "oSecretOfAnonymous1", "media-secret-77", "message-of-77001"
SECRETS = (OPENID, MEDIA, UTTERANCE)
# Ids that are found nowhere else, so that an equal value means a join.
WHO = Somebody(account_id=77_001, resident_id=88_001)
PHOTO_ID, TURN_ID = 99_001, 66_001
ACCOUNT_TABLES = (
    channel_account,
    resident,
    store.turn,
    store.session,
    hazard_draft,
    hazard_draft_photo,
    metadata.tables["due"],
)
REPORT_TABLES = (
    "hazard_report",
    "hazard_case",
    "hazard_photo",
    "hazard_event",
    "hazard_limit",
    "stored_file",
    "audit_entry",
    "identity",
    "due",
)
# Words of the code, which everybody shares.
SHARED = frozenset({"", "wechat", "demo", "lane_blocked", "anonymous", "{}", "[]", 0, 1})


@dataclass(frozen=True)
class Reported:
    """An anonymous report: what stood before, the receipt, and what was logged."""

    before: frozenset[object]
    receipt: Receipt
    log: str
    folder: Path


def values(database: Database, names: tuple[str, ...]) -> frozenset[object]:
    """Return every value of every row that tells anything."""
    found = {
        str(value) if isinstance(value, dict | list) else value
        for name in names
        for row in rows(database, metadata.tables[name])
        for value in row.values()
        if value is not None and not isinstance(value, bool)
    }
    return frozenset(found) - SHARED


def born(db: Connection) -> None:
    """Make an account with a turn, a session, a draft and a photo, under ids of its own."""
    at = NOON - MINUTE
    account = {"account_id": WHO.account_id}
    own = {"id": WHO.account_id, "resident_id": WHO.resident_id, "name": OPENID}
    turn = {"id": TURN_ID, "utterance_id": UTTERANCE, "said": "", "replies": []}
    sent = {"id": PHOTO_ID, "channel": "wechat", "ref": MEDIA, "created_at": NOON}
    blank = {"refused": "", "sha256": "", "phash": ""}
    db.execute(insert(resident).values(id=WHO.resident_id, created_at=at))
    db.execute(insert(channel_account).values(**own, channel="wechat", created_at=at))
    db.execute(insert(store.turn).values(**account, **turn, at=NOON))
    db.execute(insert(store.session).values(**account, state={}, changed_at=NOON))
    save_draft(db, WHO.account_id, drafted(privacy="anonymous"), NOON)
    db.execute(insert(hazard_draft_photo).values(**account, **sent, **blank))
    schedule(db, FETCH_DRAFT_PHOTO, str(PHOTO_ID), NOON, (PHOTO_ID,))


@pytest.fixture
def reported(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Reported]:
    jobs, folder = Jobs(), tmp_path / "files"
    Photos(folder, KEY, {"wechat": lambda _ref: photo()}, lambda *_: None).register(jobs)
    work = InlineWork(database, jobs, lambda: NOON)
    with caplog.at_level(logging.DEBUG):
        database.write(born)
        names = tuple(table.name for table in ACCOUNT_TABLES)
        before = values(database, names)
        work.run_due(NOON)
        submission = handed_in(WHO, drafted(privacy="anonymous"), operation=UTTERANCE)
        receipt = submitted(database, submission, NOON + timedelta(seconds=2))
        work.run_due(NOON + MINUTE)
        yield Reported(before, receipt, caplog.text, folder)


def test_no_value_joins_the_account_to_the_report(database: Database, reported: Reported) -> None:
    standing = {table.name for table in ACCOUNT_TABLES}
    kept = [name for name in REPORT_TABLES if name not in standing]
    after = values(database, tuple(kept))
    times = {value for value in after if isinstance(value, datetime)}

    assert len(reported.before) > 10
    assert reported.before & after == frozenset()
    assert not [text for text in after for secret in SECRETS if secret in str(text)]
    assert {PHOTO_ID, TURN_ID, WHO.account_id, WHO.resident_id} & after == set()
    opened = {time for time in times if time < NOON + timedelta(hours=1)}
    assert opened == {full_hour(NOON)}


def test_later_work_of_the_case_joins_nothing(database: Database, reported: Reported) -> None:
    due = rows(database, metadata.tables["due"])
    of_the_case = [row for row in due if row["job"] != FETCH_DRAFT_PHOTO]
    assert of_the_case
    assert {str(row["job"]) for row in of_the_case} == {"hazard_step"}
    for row in of_the_case:
        told = {value for value in row.values() if not isinstance(value, list)} - {None, 0, 1}
        assert told & reported.before == set()


def test_draft_and_photo_names_are_gone(database: Database, reported: Reported) -> None:
    assert count(database, hazard_draft) == count(database, hazard_draft_photo) == 0
    stored = [path.name for path in reported.folder.rglob("*")]
    assert len(stored) == 3  # the lock, a folder, and the photo
    assert not [name for name in stored for secret in SECRETS if secret in name]


def test_no_log_names_the_sender_or_the_code(reported: Reported) -> None:
    told = (*SECRETS, reported.receipt.code, reported.receipt.password, "车停在黄线上")
    assert [secret for secret in told if secret in reported.log] == []


def test_the_receipt_shows_its_password_to_nobody_else(reported: Reported) -> None:
    assert reported.receipt.password
    assert reported.receipt.password not in repr(reported.receipt)


def test_a_repeat_brings_no_password_back(database: Database, reported: Reported) -> None:
    again = submitted(database, handed_in(WHO, drafted(privacy="anonymous"), operation=UTTERANCE))
    assert (again.code, again.password) == (reported.receipt.code, "")


@pytest.mark.parametrize("_time", range(50))
def test_a_password_is_read_as_people_type_it(_time: int) -> None:
    password = new_password()
    assert len(password) == 8
    assert not set(password) & set("ILOU")
    assert read_password(f" {password[:4].lower()}-{password[4:].lower()}") == password


def test_every_mac_is_of_its_own_thing() -> None:
    code, password, day = "7K3M9QRX", "AAAABBBB", date(2026, 11, 23)
    macs = {
        password_mac(KEY, code, password),
        password_mac(KEY, "7K3M9QRY", password),
        password_mac(b"x" * 32, code, password),
        daily_mac(KEY, day, "wechat:o1"),
        daily_mac(KEY, day + timedelta(days=1), "wechat:o1"),
        daily_mac(KEY, day, "web:o1"),
        operation_mac(KEY, "form", "a"),
        operation_mac(KEY, "web", "a"),
    }
    assert len(macs) == 8
    assert {len(mac) for mac in macs} == {64}
    assert daily_mac(KEY, day, "\ud800") == daily_mac(KEY, day, "\ud800")
