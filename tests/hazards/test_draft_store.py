"""Drafts in the database: one an account, nine photos, gone after thirty days."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from hazards import draft_store
from hazards.draft_store import (
    DRAFTS_KEPT,
    FETCH_DRAFT_PHOTO,
    add_photo,
    draft_photos,
    drop_draft,
    drop_pending,
    find_draft,
    forget_old,
    last_where,
    save_draft,
)
from hazards.drafts import Where
from hazards.store import hazard_draft, hazard_draft_photo
from storage import Database
from storage.work_rows import due
from tests.hazards.taken import (
    MINUTE,
    NOON,
    Somebody,
    count,
    drafted,
    handed_in,
    rows,
    somebody,
    submitted,
)


@pytest.fixture
def who(database: Database) -> Somebody:
    return somebody(database)


def sent(database: Database, who: Somebody, ref: str, channel: str = "wechat") -> int | None:
    return database.write(lambda db: add_photo(db, who.account_id, channel, ref, NOON))


def test_the_latest_draft_is_found_until_it_is_dropped(database: Database, who: Somebody) -> None:
    for category in ("canopy", "lane_blocked"):
        draft = drafted(category)
        database.write(lambda db, draft=draft: save_draft(db, who.account_id, draft, NOON))
    assert sent(database, who, "m-1")
    found = database.read(lambda db: find_draft(db, who.account_id))
    assert found == drafted("lane_blocked")

    database.write(lambda db: drop_draft(db, who.account_id))

    assert database.read(lambda db: find_draft(db, who.account_id)) is None
    assert count(database, hazard_draft_photo) == 0


def test_a_draft_of_another_shape_is_none(database: Database, who: Somebody) -> None:
    database.write(lambda db: save_draft(db, who.account_id, drafted(), NOON))
    database.write(lambda db: db.execute(update(hazard_draft).values(state={"v": 0})))

    assert database.read(lambda db: find_draft(db, who.account_id)) is None


def test_nine_photos_are_taken_each_once_and_fetched(database: Database, who: Somebody) -> None:
    taken = [sent(database, who, f"m-{number}") for number in range(9)]
    assert None not in taken
    assert sent(database, who, "m-3") is None
    assert sent(database, who, "m-10") is None

    photos = database.read(lambda db: draft_photos(db, who.account_id))

    assert [photo.ref for photo in photos] == [f"m-{number}" for number in range(9)]
    planned = [row["args"] for row in rows(database, due) if row["job"] == FETCH_DRAFT_PHOTO]
    assert planned == [[photo.id] for photo in photos]


def test_the_same_reference_of_another_is_another_photo(database: Database, who: Somebody) -> None:
    assert sent(database, who, "m-1")
    assert sent(database, who, "m-1", "telegram")
    assert sent(database, somebody(database, "oLi"), "m-1")
    assert sent(database, who, "m-1") is None


def test_a_refused_photo_leaves_room_for_another(database: Database, who: Somebody) -> None:
    for number in range(9):
        sent(database, who, f"m-{number}")
    database.write(
        lambda db: db.execute(
            update(hazard_draft_photo)
            .where(hazard_draft_photo.c.ref == "m-0")
            .values(refused="damaged")
        )
    )
    assert sent(database, who, "m-9")
    assert sent(database, who, "m-10") is None


def test_what_cannot_be_fetched_can_be_given_up(database: Database, who: Somebody) -> None:
    sent(database, who, "m-1")
    assert database.write(lambda db: drop_pending(db, who.account_id)) == 1
    assert database.write(lambda db: drop_pending(db, who.account_id)) == 0


def test_old_drafts_go_chunk_by_chunk_and_young_ones_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_store, "DRAFTS_PER_CHUNK", 2)
    people = [somebody(database, f"o{number}") for number in range(4)]
    for number, one in enumerate(people):
        at = NOON + timedelta(days=number == 3)
        sent(database, one, "m-1")
        database.write(lambda db, one=one, at=at: save_draft(db, one.account_id, drafted(), at))

    def gone() -> int:
        return database.write(lambda db: forget_old(db, NOON + DRAFTS_KEPT + MINUTE))

    assert [gone(), gone(), gone()] == [2, 1, 0]
    assert count(database, hazard_draft) == count(database, hazard_draft_photo) == 1


def test_photos_without_a_draft_go_with_their_time(database: Database, who: Somebody) -> None:
    sent(database, who, "m-1")
    assert database.write(lambda db: forget_old(db, NOON)) == 0
    assert database.write(lambda db: forget_old(db, NOON + DRAFTS_KEPT + MINUTE)) == 1


def test_the_last_place_is_offered_and_never_an_anonymous_one(
    database: Database, who: Somebody
) -> None:
    assert database.read(lambda db: last_where(db, who.resident_id)) is None
    place = Where(None, None, "东门", "1楼", 29.25, 106.25, "gcj02")
    submitted(database, handed_in(who, drafted(where=place)))
    hidden = drafted(where=Where(words="秘密"), privacy="anonymous")
    submitted(database, handed_in(who, hidden), NOON + MINUTE)

    assert database.read(lambda db: last_where(db, who.resident_id)) == place
