"""The tables of what a platform gave our account: its access token, and uploaded media ids.

SQL alone; ``bot.channels.wechat_tokens`` and ``wechat_media`` hold the rules.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, delete, or_, select, update

from storage import UtcDateTime, insert_if_absent, metadata

access_token = Table(
    "access_token",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("fetched_at", UtcDateTime),
    Column("forced_for", String(64), nullable=False),
    Column("claimed_by", String(40)),
    Column("claimed_until", UtcDateTime),
)

uploaded_media = Table(
    "uploaded_media",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("media_id", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SealedToken:
    """An access token as it is kept.

    Attributes:
        sealed: the encrypted token.
        expires_at: when the platform stops taking it.
        fetched_at: when the platform last gave it.
        forced_for: the digest of the rejected token that was last replaced by force, or "".
    """

    sealed: str
    expires_at: datetime
    fetched_at: datetime
    forced_for: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to fetch a token, until it is used, given back or runs out."""

    holder: str
    until: datetime


def find_token(db: Connection, app_id: str) -> SealedToken | None:
    """Return the token kept for an account; None until one was fetched."""
    row = db.execute(select(access_token).where(access_token.c.app_id == app_id)).one_or_none()
    if row is None or row.expires_at is None:
        return None
    return SealedToken(row.sealed, row.expires_at, row.fetched_at, row.forced_for)


def claim_fetch(db: Connection, app_id: str, seen: str, claim: Claim, *, now: datetime) -> bool:
    """Claim the fetch of a new token; False when somebody else holds the claim.

    Also False when the kept token is no longer ``seen`` ("" when none was kept): somebody has
    fetched one in the meantime, so there is nothing to fetch.
    """
    blank = {"app_id": app_id, "sealed": "", "forced_for": ""}
    insert_if_absent(db, access_token, blank, keys=["app_id"])
    is_free = or_(access_token.c.claimed_until.is_(None), access_token.c.claimed_until <= now)
    claimed = db.execute(
        update(access_token)
        .where(access_token.c.app_id == app_id, access_token.c.sealed == seen, is_free)
        .values(claimed_by=claim.holder, claimed_until=claim.until)
    )
    return claimed.rowcount == 1


def keep_token(db: Connection, app_id: str, holder: str, token: SealedToken) -> bool:
    """Keep what the holder of the claim fetched, and end the claim.

    False when the claim has run out and gone to somebody else, whose token then stands.
    """
    kept = db.execute(
        update(access_token)
        .where(access_token.c.app_id == app_id, access_token.c.claimed_by == holder)
        .values(
            sealed=token.sealed,
            expires_at=token.expires_at,
            fetched_at=token.fetched_at,
            forced_for=token.forced_for,
            claimed_by=None,
            claimed_until=None,
        )
    )
    return kept.rowcount == 1


def release_fetch(db: Connection, app_id: str, holder: str) -> None:
    """End a claim without a token, so that the next one need not wait for its end."""
    db.execute(
        update(access_token)
        .where(access_token.c.app_id == app_id, access_token.c.claimed_by == holder)
        .values(claimed_by=None, claimed_until=None)
    )


def find_media(db: Connection, app_id: str, sha256: str, *, until: datetime) -> str | None:
    """Return the media id under which a content was uploaded, if it is good beyond ``until``."""
    return db.execute(
        select(uploaded_media.c.media_id).where(
            uploaded_media.c.app_id == app_id,
            uploaded_media.c.sha256 == sha256,
            uploaded_media.c.expires_at > until,
        )
    ).scalar_one_or_none()


def keep_media(
    db: Connection, app_id: str, sha256: str, *, media_id: str, expires_at: datetime
) -> None:
    """Keep the newest media id of a content."""
    row = {"app_id": app_id, "sha256": sha256, "media_id": media_id, "expires_at": expires_at}
    if not insert_if_absent(db, uploaded_media, row, keys=["app_id", "sha256"]):
        db.execute(
            update(uploaded_media)
            .where(uploaded_media.c.app_id == app_id, uploaded_media.c.sha256 == sha256)
            .values(media_id=media_id, expires_at=expires_at)
        )


def forget_media(db: Connection, app_id: str, media_id: str) -> None:
    """Forget a media id that the platform no longer knows."""
    db.execute(
        delete(uploaded_media).where(
            uploaded_media.c.app_id == app_id, uploaded_media.c.media_id == media_id
        )
    )


def forget_old_media(db: Connection, *, now: datetime) -> int:
    """Delete what has expired; return how many rows that were."""
    return db.execute(delete(uploaded_media).where(uploaded_media.c.expires_at <= now)).rowcount
