"""The rows of photos: of a draft first, then of a report; both are fetched the same way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Table, delete, insert, select, update

from hazards.draft_store import FETCH_PHOTO, draft_photos
from hazards.drafts import DraftPhoto
from hazards.store import hazard_draft_photo, hazard_photo
from storage import schedule

Purpose = Literal["report", "fix", "no", "before", "after"]


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo that came, to be fetched or looked at.

    Attributes:
        id: of its row.
        channel: whose reference ``ref`` is.
        ref: how the channel finds it; "" when there is nothing to fetch.
        file_id: where it is kept; None until it was fetched.
        refused: why it was not taken, "" otherwise.
        sha256: of the photo as we made it anew, "" while it was not looked at.
        account_id: whose draft it is in; None once it was sent.
        report_id: of which report, None in a draft.
        case_id: of which case, None in a draft.
    """

    id: int
    channel: str
    ref: str
    file_id: int | None
    refused: str
    sha256: str
    account_id: int | None
    report_id: int | None
    case_id: int | None

    @property
    def is_wanted(self) -> bool:
        """Whether it is yet to be fetched."""
        return bool(self.ref) and self.file_id is None and not self.refused


@dataclass(frozen=True, slots=True)
class Looks:
    """What is noted of a photo as we made it anew: its hash, and its perceptual hash."""

    sha256: str
    phash: str


@dataclass(frozen=True, slots=True)
class Home:
    """What photos belong to, and why they were taken.

    ``is_anonymous`` leaves out everything that a channel could be told by.
    """

    report_id: int | None
    case_id: int | None
    purpose: Purpose
    at: datetime
    is_anonymous: bool = False


def draft_photo(db: Connection, photo_id: int) -> SentPhoto | None:
    """Return a photo of a draft, None when it went with its draft or to a report."""
    return _sent(db, hazard_draft_photo, photo_id)


def report_photo(db: Connection, photo_id: int) -> SentPhoto | None:
    """Return a photo of a report or case, None when there is none."""
    return _sent(db, hazard_photo, photo_id)


def keep_draft_photo(db: Connection, photo_id: int, file_id: int, looks: Looks) -> bool:
    """Note where a draft's photo is kept; False when it is gone or kept already.

    Its reference stays, so that the same photo is not taken twice.
    """
    return _keep(db, hazard_draft_photo, photo_id, _kept(file_id, looks))


def keep_report_photo(db: Connection, photo_id: int, file_id: int, looks: Looks) -> bool:
    """Note where a photo is kept and forget how it was found; False when it is kept already."""
    return _keep(db, hazard_photo, photo_id, {**_kept(file_id, looks), "ref": ""})


def note_looks(db: Connection, photo_id: int, looks: Looks) -> bool:
    """Note the hashes of a photo that was kept before its report came."""
    own = hazard_photo.c
    noted = update(hazard_photo).where(own.id == photo_id, own.sha256 == "")
    return db.execute(noted.values(sha256=looks.sha256, phash=looks.phash)).rowcount == 1


def refuse_draft_photo(db: Connection, photo_id: int, reason: str) -> bool:
    """Note that a draft's photo cannot be taken; False when that was settled before."""
    return _keep(db, hazard_draft_photo, photo_id, {"refused": reason})


def refuse_report_photo(db: Connection, photo_id: int, reason: str) -> bool:
    """Note that a photo cannot be taken and forget how it was found; False as above."""
    return _keep(db, hazard_photo, photo_id, {"refused": reason, "ref": ""})


def move_photos(db: Connection, account_id: int, home: Home) -> int:
    """Give a draft's photos to a report and case, under new ids; return how many.

    Refused ones stay behind, and of those that show the very same picture all but the first.
    What is not fetched yet is fetched for its new row.
    """
    taken = _distinct(photo for photo in draft_photos(db, account_id) if not photo.refused)
    for photo in taken:
        row = {
            "file_id": photo.file_id,
            "channel": "" if home.is_anonymous else photo.channel,
            "ref": photo.ref if photo.is_pending else "",
            "sha256": photo.sha256,
            "phash": photo.phash,
        }
        photo_id = _add(db, home, row)
        if photo.is_pending:
            schedule(db, FETCH_PHOTO, str(photo_id), home.at, (photo_id,))
    db.execute(delete(hazard_draft_photo).where(hazard_draft_photo.c.account_id == account_id))
    return len(taken)


def attach_files(db: Connection, file_ids: Sequence[int], home: Home) -> list[int]:
    """Give photos that were kept before (a form's, a grid worker's) to a report or case.

    Returns:
        The ids of their rows, in order; a file named twice is attached once. Their hashes are
        computed a moment later, by the work that fetches photos.
    """
    added = []
    for file_id in dict.fromkeys(file_ids):
        row = {"file_id": file_id, "channel": "", "ref": "", "sha256": "", "phash": ""}
        photo_id = _add(db, home, row)
        schedule(db, FETCH_PHOTO, str(photo_id), home.at, (photo_id,))
        added.append(photo_id)
    return added


def attach_sent(db: Connection, channel: str, ref: str, home: Home) -> int:
    """Give a photo that a channel has still to hand out to a report or case; return its id."""
    row = {"file_id": None, "channel": channel, "ref": ref, "sha256": "", "phash": ""}
    photo_id = _add(db, home, row)
    schedule(db, FETCH_PHOTO, str(photo_id), home.at, (photo_id,))
    return photo_id


def _sent(db: Connection, table: Table, photo_id: int) -> SentPhoto | None:
    row = db.execute(select(table).where(table.c.id == photo_id)).one_or_none()
    if row is None:
        return None
    named = row._asdict()
    values: dict[str, Any] = {field.name: named.get(field.name) for field in fields(SentPhoto)}
    return SentPhoto(**values)


def _kept(file_id: int, looks: Looks) -> dict[str, Any]:
    return {"file_id": file_id, "sha256": looks.sha256, "phash": looks.phash}


def _keep(db: Connection, table: Table, photo_id: int, values: dict[str, Any]) -> bool:
    own = table.c
    open_ = (own.id == photo_id) & own.file_id.is_(None) & (own.refused == "")
    return db.execute(update(table).where(open_).values(**values)).rowcount == 1


def _distinct(photos: Iterable[DraftPhoto]) -> list[DraftPhoto]:
    seen: dict[str, DraftPhoto] = {}
    for photo in photos:
        seen.setdefault(photo.sha256 or f"not fetched {photo.id}", photo)
    return list(seen.values())


def _add(db: Connection, home: Home, row: dict[str, Any]) -> int:
    values = {
        **row,
        "report_id": home.report_id,
        "case_id": home.case_id,
        "purpose": home.purpose,
        "refused": "",
        "masks": [],
        "created_at": home.at,
    }
    added = db.execute(insert(hazard_photo).values(values).returning(hazard_photo.c.id))
    return int(added.scalar_one())
