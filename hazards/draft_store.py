"""Drafts and their photos in the database; both go with the transaction that makes the receipt."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, null, select

from hazards.drafts import (
    MOST_PHOTOS,
    Draft,
    DraftPhoto,
    Where,
    draft_from_json,
    draft_to_json,
)
from hazards.store import hazard_draft, hazard_draft_photo, hazard_report
from storage import inserted_id, put, schedule

# Names of later work, see ``hazards.photos``.
FETCH_DRAFT_PHOTO = "fetch_draft_photo"
FETCH_PHOTO = "fetch_photo"

DRAFTS_KEPT = timedelta(days=30)
# With nine photos each.
DRAFTS_PER_CHUNK = 50
ROWS_PER_CHUNK = 500


def find_draft(db: Connection, account_id: int) -> Draft | None:
    """Return what an account has told so far; None when there is nothing that can be read."""
    stored = db.scalar(select(hazard_draft.c.state).where(hazard_draft.c.account_id == account_id))
    return draft_from_json(stored)


def save_draft(db: Connection, account_id: int, draft: Draft, now: datetime) -> None:
    """Keep a draft in place of what was kept before."""
    row = {"account_id": account_id, "state": draft_to_json(draft), "changed_at": now}
    put(db, hazard_draft, row, keys=["account_id"])


def drop_draft(db: Connection, account_id: int) -> None:
    """Delete a draft and its photos' rows; files that nothing names are swept up later."""
    mine = hazard_draft_photo.c.account_id == account_id
    db.execute(delete(hazard_draft_photo).where(mine))
    db.execute(delete(hazard_draft).where(hazard_draft.c.account_id == account_id))


def add_photo(db: Connection, account_id: int, channel: str, ref: str, now: datetime) -> int | None:
    """Add a photo to a draft and plan to fetch it; return its row's id.

    None when there are nine that can be taken, or this one came before. The account is held by
    its turn, so two photos of one account never count together.
    """
    if _takable(db, account_id) >= MOST_PHOTOS:
        return None
    row = {
        "account_id": account_id,
        "channel": channel,
        "ref": ref,
        "refused": "",
        "sha256": "",
        "phash": "",
        "created_at": now,
    }
    keys = ["account_id", "channel", "ref"]
    photo_id: int | None = inserted_id(db, hazard_draft_photo, row, keys=keys)
    if photo_id is not None:
        schedule(db, FETCH_DRAFT_PHOTO, str(photo_id), now, (photo_id,))
    return photo_id


def draft_photos(db: Connection, account_id: int) -> list[DraftPhoto]:
    """Return an account's photos in the order they came, refused ones too."""
    own = hazard_draft_photo.c
    rows = db.execute(_photos().where(own.account_id == account_id).order_by(own.id))
    return [DraftPhoto(*row) for row in rows]


def drop_pending(db: Connection, account_id: int) -> int:
    """Give up the photos that could not be fetched yet; return how many those were."""
    own = hazard_draft_photo.c
    pending = (own.account_id == account_id) & own.file_id.is_(None) & (own.refused == "")
    return db.execute(delete(hazard_draft_photo).where(pending)).rowcount


def forget_old(db: Connection, now: datetime) -> int:
    """Delete a chunk of drafts untouched for 30 days, photos too; 0 means that none is left."""
    own = hazard_draft.c
    old = select(own.account_id).where(own.changed_at < now - DRAFTS_KEPT).limit(DRAFTS_PER_CHUNK)
    accounts = db.scalars(old).all()
    photos = hazard_draft_photo.c.account_id.in_(accounts)
    db.execute(delete(hazard_draft_photo).where(photos))
    gone = db.execute(delete(hazard_draft).where(own.account_id.in_(accounts))).rowcount
    return gone + _forget_strays(db, now)


def last_where(db: Connection, resident_id: int) -> Where | None:
    """Return the place of a resident's last report that names them; never of an anonymous one."""
    own = hazard_report.c
    query = select(
        own.building_id,
        null().label("street_id"),
        own.place_words,
        own.floor,
        own.sent_latitude,
        own.sent_longitude,
        own.datum,
    ).where(own.reporter_id == resident_id)
    row = db.execute(query.order_by(own.created_at.desc(), own.id.desc()).limit(1)).first()
    return Where(*row) if row else None


def _forget_strays(db: Connection, now: datetime) -> int:
    """Delete a chunk of old photos whose draft was never kept."""
    own = hazard_draft_photo.c
    has_draft = select(hazard_draft.c.account_id).where(hazard_draft.c.account_id == own.account_id)
    old = (
        select(own.id)
        .where(own.created_at < now - DRAFTS_KEPT, ~has_draft.exists())
        .limit(ROWS_PER_CHUNK)
    )
    return db.execute(delete(hazard_draft_photo).where(own.id.in_(old))).rowcount


def _takable(db: Connection, account_id: int) -> int:
    own = hazard_draft_photo.c
    query = select(func.count()).where(own.account_id == account_id, own.refused == "")
    return db.execute(query).scalar_one()


def _photos() -> Select[Any]:
    own = hazard_draft_photo.c
    return select(own.id, own.channel, own.ref, own.file_id, own.refused, own.sha256, own.phash)
