"""Photos are fetched once, made anew and kept sealed, whatever happens in between."""

import hashlib
import io
import logging
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection

from community.file_upkeep import forget_orphans, forget_unused
from community.files import find_file, full_hour, keep_sealed, note_file, stored_file
from community.perceptual import hash_distance, photo_hash
from community.photos import PhotoRefused
from hazards.draft_store import add_photo, draft_photos, drop_draft
from hazards.drafts import DraftPhoto
from hazards.intake import Submission
from hazards.photo_store import Home, SentPhoto, attach_sent, move_photos
from hazards.photos import ChannelOff, Photos
from hazards.store import hazard_draft_photo, hazard_photo
from storage import Database, Jobs
from storage.work_rows import Trouble, due, troubles
from storage.work_runs import InlineWork
from tests.community.test_photos import bomb
from tests.hazards.taken import (
    DAY,
    KEY,
    MINUTE,
    NOON,
    Somebody,
    count,
    drafted,
    handed_in,
    photo,
    rows,
    somebody,
    submitted,
)

LATER = NOON + timedelta(hours=2)
USES = (
    hazard_photo.c.file_id,
    hazard_photo.c.masked_file_id,
    hazard_draft_photo.c.file_id,
)


class Gone(Exception):
    permanent = True


class Platform:
    """Gives photos out in turn, and remembers what it was asked."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, ref: str) -> bytes:
        self.asked.append(ref)
        self.meanwhile()
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


class Scene:
    """Somebody, a platform, and the work that fetches."""

    def __init__(self, database: Database, folder: Path, *answers: bytes | Exception) -> None:
        self.database = database
        self.folder = folder
        self.who = somebody(database)
        self.platform = Platform(*answers)
        self.told: list[SentPhoto] = []
        self.photos = Photos(folder, KEY, {"wechat": self.platform}, self._tell)
        jobs = Jobs()
        self.photos.register(jobs)
        self.work = InlineWork(database, jobs, lambda: NOON)

    def _tell(self, _db: Connection, refused: SentPhoto) -> None:
        self.told.append(refused)

    def sends(self, ref: str = "m-1", channel: str = "wechat") -> None:
        account = self.who.account_id
        self.database.write(lambda db: add_photo(db, account, channel, ref, NOON))

    def drafted(self) -> list[DraftPhoto]:
        return self.database.read(lambda db: draft_photos(db, self.who.account_id))

    def read(self, file_id: object) -> bytes:
        assert isinstance(file_id, int)
        file = self.database.read(lambda db: find_file(db, file_id))
        assert file is not None
        return self.photos.read(file)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("??/*"))

    def sweep(self, days: float) -> int:
        for path in self.files():
            old = (NOON - days * DAY).timestamp()
            os.utime(path, (old, old))
        forget_unused(self.database, USES, now=NOON + days * DAY)
        return forget_orphans(self.folder, self.database, now=NOON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def test_a_photo_is_fetched_once_and_tells_nothing(database: Database, folder: Path) -> None:
    raw = photo()
    scene = Scene(database, folder, raw)
    scene.sends()

    for _ in range(2):
        scene.work.run_due(NOON)

    (kept,) = scene.drafted()
    (file,) = scene.files()
    data = scene.read(kept.file_id)
    assert scene.platform.asked == ["m-1"]
    assert b"SECRET-PHONE" in raw
    assert b"SECRET-PHONE" not in data
    assert dict(Image.open(io.BytesIO(data)).getexif()) == {}
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert kept.sha256 not in file.name
    assert data[:64] not in file.read_bytes()
    assert hash_distance(kept.phash, photo_hash(data)) == 0


def test_a_kept_photo_is_joined_to_no_second(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo())
    scene.sends()
    scene.work.run_due(NOON)

    (row,) = rows(database, stored_file)
    (file,) = scene.files()
    assert row["created_at"] == full_hour(NOON)
    assert file.stat().st_mtime % 3600 == 0


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "empty"),
        (b"<script>alert(1)</script>", "unsupported"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(99), "unsupported"),
        (b"%PDF-1.7\n" + photo(), "unsupported"),
        (photo()[:-400], "damaged"),
        (bomb(60_000, 60_000), "too_many_pixels"),
        (PhotoRefused("too_big", "21 MB"), "too_big"),
        (Gone(), "gone"),
    ],
    ids=["nothing", "page", "heic", "polyglot", "broken off", "bomb", "enormous", "gone"],
)
def test_what_is_no_photo_is_refused_and_said_once(
    database: Database, folder: Path, sent: bytes | Exception, reason: str
) -> None:
    scene = Scene(database, folder, sent)
    scene.sends()

    for _ in range(2):
        scene.work.run_due(NOON)

    assert [(one.refused, one.file_id) for one in scene.drafted()] == [(reason, None)]
    assert [(one.account_id, one.refused) for one in scene.told] == [(scene.who.account_id, reason)]
    assert scene.files() == []
    receipt = submitted(database, handed_in(scene.who, drafted()))
    assert count(database, hazard_photo) == 0
    assert receipt.code


def test_what_hides_behind_a_picture_is_gone(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo() + b"<?php SECRET ?>" + b"PK\x03\x04SECRET")
    scene.sends()
    scene.work.run_due(NOON)
    assert b"SECRET" not in scene.read(scene.drafted()[0].file_id)


def test_a_failure_is_tried_again_and_names_nothing(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(database, folder, OSError("slow"), Gone("media m-1 of oZhang"))
    scene.sends()

    with caplog.at_level(logging.DEBUG, "hazards"):
        scene.work.run_due(NOON)
        scene.work.run_due(NOON + MINUTE)

    assert [one.refused for one in scene.drafted()] == ["gone"]
    assert "a photo was refused as gone" in caplog.text
    assert "oZhang" not in caplog.text


def test_a_channel_that_is_off_waits(database: Database, folder: Path) -> None:
    scene = Scene(database, folder)
    scene.sends(channel="telegram")
    for number in range(4):
        scene.work.run_due(NOON + number * MINUTE)

    found: list[Trouble] = database.read(troubles)
    assert ["telegram is off" in one.reason for one in found] == [True]
    assert ChannelOff("telegram").permanent is False


def test_a_photo_that_was_sent_before_it_came_is_fetched_for_its_report(
    database: Database, folder: Path
) -> None:
    scene = Scene(database, folder, photo(), photo())
    scene.sends()
    receipt = submitted(database, handed_in(scene.who, drafted()))

    scene.work.run_due(NOON)

    (row,) = rows(database, hazard_photo)
    assert scene.platform.asked == ["m-1"]
    assert (row["report_id"], row["ref"], row["refused"]) == (receipt.report_id, "", "")
    assert scene.read(row["file_id"])


def test_sending_while_it_is_fetched_loses_nothing_and_keeps_no_orphan(
    database: Database, folder: Path
) -> None:
    scene = Scene(database, folder, photo(), photo())
    scene.sends()
    submission = handed_in(scene.who, drafted())

    def send_once() -> None:
        scene.platform.meanwhile = lambda: None
        submitted(database, submission)

    scene.platform.meanwhile = send_once
    scene.work.run_due(NOON)

    (row,) = rows(database, hazard_photo)
    assert scene.platform.asked == ["m-1", "m-1"]
    assert scene.read(row["file_id"])
    assert count(database, stored_file) == 1
    assert len(scene.files()) == 2
    assert scene.sweep(2) == 1
    assert scene.read(row["file_id"])


def test_a_refusal_after_sending_is_said_of_the_report(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, b"no picture")
    scene.sends()
    receipt = submitted(database, handed_in(scene.who, drafted()))

    scene.work.run_due(NOON)

    (told,) = scene.told
    assert (told.report_id, told.account_id, told.ref) == (receipt.report_id, None, "")


def test_the_very_same_picture_goes_along_once(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo(1), photo(2), photo(1))
    for number in range(3):
        scene.sends(f"m-{number}")
    scene.work.run_due(NOON)

    submitted(database, handed_in(scene.who, drafted()))

    assert count(database, hazard_photo) == 2
    assert scene.sweep(2) == 1


def test_what_was_kept_before_is_looked_at_afterwards(database: Database, folder: Path) -> None:
    scene = Scene(database, folder)
    kept = scene.photos.keep(photo(5))
    file_id = database.write(lambda db: note_file(db, kept.file, NOON))
    submitted(database, Submission("form", drafted(), None, None, file_ids=(file_id,)))

    scene.work.run_due(NOON)

    (row,) = rows(database, hazard_photo)
    assert (row["sha256"], row["phash"]) == (kept.looks.sha256, kept.looks.phash)
    assert kept.looks.phash


def test_a_photo_for_staff_is_fetched_the_same_way(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo())
    receipt = submitted(database, handed_in(scene.who, drafted()))
    home = Home(receipt.report_id, receipt.case_id, "no", NOON)
    database.write(lambda db: attach_sent(db, "wechat", "m-9", home))

    scene.work.run_due(NOON)

    (row,) = rows(database, hazard_photo)
    assert (row["purpose"], row["ref"]) == ("no", "")
    assert row["file_id"] is not None


def test_a_dropped_draft_leaves_nothing_after_a_day(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo())
    scene.sends()
    scene.work.run_due(NOON)
    database.write(lambda db: drop_draft(db, scene.who.account_id))

    assert scene.sweep(0.5) == 0
    assert scene.sweep(2) == 1
    assert scene.files() == []
    assert count(database, stored_file) == 0


def test_a_crash_before_the_row_leaves_an_orphan_for_a_day(
    database: Database, folder: Path
) -> None:
    scene = Scene(database, folder, photo())
    keep_sealed(folder, KEY, photo())  # what a run wrote that died then
    scene.sends()
    scene.work.run_due(NOON)

    assert scene.sweep(2) == 1
    assert scene.read(scene.drafted()[0].file_id)


def test_an_anonymous_report_takes_no_reference_along(database: Database, folder: Path) -> None:
    scene = Scene(database, folder, photo())
    scene.sends()
    scene.work.run_due(NOON)

    submitted(database, handed_in(scene.who, drafted(privacy="anonymous")))

    (row,) = rows(database, hazard_photo)
    assert (row["channel"], row["ref"], row["created_at"]) == ("", "", full_hour(NOON))
    assert not [one for one in rows(database, due) if one["job"] == "fetch_photo"]


def test_a_blank_wall_is_kept_and_looks_like_nothing(database: Database, folder: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (99, 99), (200, 200, 200)).save(out, "PNG")
    scene = Scene(database, folder)
    assert scene.photos.keep(out.getvalue()).looks.phash == ""


def test_photos_without_a_draft_move_nothing(database: Database, folder: Path) -> None:
    who: Somebody = Scene(database, folder).who
    receipt = submitted(database, handed_in(who, drafted()))
    home = Home(receipt.report_id, receipt.case_id, "report", NOON)
    assert database.write(lambda db: move_photos(db, who.account_id, home)) == 0
