"""Fetching photos of hazards: made anew, looked at, encrypted and kept.

Only what we made anew is ever kept, never what came, which says where it was taken and by what.
A job may die between any two steps: it looks at its row again, and what was written to the disk
without a row is swept up after a day.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from community.files import (
    StoredFile,
    find_file,
    forget_file,
    full_hour,
    keep_sealed,
    note_file,
    read_sealed,
)
from community.perceptual import photo_hash
from community.photos import clean_photo
from hazards.draft_store import FETCH_DRAFT_PHOTO, FETCH_PHOTO
from hazards.photo_store import (
    Looks,
    SentPhoto,
    draft_photo,
    keep_draft_photo,
    keep_report_photo,
    note_looks,
    refuse_draft_photo,
    refuse_report_photo,
    report_photo,
)
from storage import Jobs, Run

_logger = logging.getLogger(__name__)

# Why a photo is refused that its channel no longer has.
GONE = "gone"

# Returns the bytes behind a reference of one channel; raises something ``permanent`` when the
# channel will never have them.
Fetch = Callable[[str], bytes]
# Tells the sender, in this transaction, that a photo was not taken; ``refused`` says why.
TellRefused = Callable[[Connection, SentPhoto], None]


class ChannelOff(Exception):
    """A photo came from a channel that is switched off now; it is tried again later."""

    permanent = False

    def __init__(self, channel: str) -> None:
        self.channel = channel
        super().__init__(f"the channel {channel} is off, so its photos cannot be fetched")


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo of ours on the disk, encrypted; its row is yet to be noted."""

    file: StoredFile
    looks: Looks


@dataclass(frozen=True, slots=True)
class _Rows:
    """How the photos of drafts, or of reports, are read and settled."""

    find: Callable[[Connection, int], SentPhoto | None]
    keep: Callable[[Connection, int, int, Looks], bool]
    refuse: Callable[[Connection, int, str], bool]


_OF_DRAFTS = _Rows(draft_photo, keep_draft_photo, refuse_draft_photo)
_OF_REPORTS = _Rows(report_photo, keep_report_photo, refuse_report_photo)


class Photos:
    """Fetches, keeps and reads photos; safe in many threads."""

    def __init__(
        self, folder: Path, key: bytes, fetchers: Mapping[str, Fetch], tell: TellRefused
    ) -> None:
        """Make it of the folder of stored files and the installation's key.

        ``fetchers`` are by channel; one that is off has none.
        """
        self._folder = folder
        self._key = key
        self._fetchers = fetchers
        self._tell = tell

    def register(self, jobs: Jobs) -> None:
        """Register the later work that fetches."""
        jobs.job(FETCH_DRAFT_PHOTO)(self.fetch_draft_photo)
        jobs.job(FETCH_PHOTO)(self.fetch_photo)

    def keep(self, data: bytes) -> KeptPhoto:
        """Make a photo anew and bring it to the disk, encrypted.

        Takes up to a second: call it in a worker thread. Note ``file`` in the transaction that
        uses it.

        Raises:
            PhotoRefused: when it is no photo, too large, or broken.
            OSError: when the disk refuses.
        """
        photo = clean_photo(data)
        looks = Looks(photo.sha256, photo_hash(photo.data))
        return KeptPhoto(keep_sealed(self._folder, self._key, photo.data), looks)

    def read(self, file: StoredFile) -> bytes:
        """Return the JPEG that was kept.

        Raises:
            FileMissing, FileDamaged, WrongKey: as ``community.files.read_sealed``.
        """
        return read_sealed(self._folder, self._key, file)

    def fetch_draft_photo(self, run: Run, photo_id: int) -> None:
        """Fetch a photo of a draft; done, refused or gone to its report, it does nothing.

        Raises:
            ChannelOff: when its channel is.
            Exception: whatever fetching raises, unless it is ``permanent``; it is tried again.
        """
        photo = run.database.read(partial(draft_photo, photo_id=photo_id))
        if photo is not None and photo.is_wanted:
            self._fetch(run, photo, _OF_DRAFTS)

    def fetch_photo(self, run: Run, photo_id: int) -> None:
        """Fetch a photo that was sent before it was there, or look at one that is.

        Raises as ``fetch_draft_photo``.
        """
        photo = run.database.read(partial(report_photo, photo_id=photo_id))
        if photo is None:
            return
        if photo.is_wanted:
            self._fetch(run, photo, _OF_REPORTS)
        elif photo.file_id is not None and not photo.sha256:
            self._look(run, photo, photo.file_id)

    def _fetch(self, run: Run, photo: SentPhoto, rows: _Rows) -> None:
        fetch = self._fetchers.get(photo.channel)
        if fetch is None:
            raise ChannelOff(photo.channel)
        try:
            kept = self.keep(fetch(photo.ref))
        except Exception as error:
            if not getattr(error, "permanent", False):
                raise
            reason = getattr(error, "reason", GONE)
            # What was raised may name the reference, which no log joins to a report.
            _logger.warning("a photo was refused as %s", reason)
            run.database.write(partial(self._refuse, photo=photo, reason=reason, rows=rows))
            return
        run.database.write(partial(_settle, run=run, photo=photo, kept=kept, rows=rows))

    def _refuse(self, db: Connection, photo: SentPhoto, reason: str, rows: _Rows) -> None:
        if rows.refuse(db, photo.id, reason):
            refused = rows.find(db, photo.id)
            if refused is not None:
                self._tell(db, refused)

    def _look(self, run: Run, photo: SentPhoto, file_id: int) -> None:
        file = run.database.read(partial(find_file, file_id=file_id))
        if file is None:
            return
        data = self.read(file)
        looks = Looks(hashlib.sha256(data).hexdigest(), photo_hash(data))
        run.database.write(partial(note_looks, photo_id=photo.id, looks=looks))


def _settle(db: Connection, run: Run, photo: SentPhoto, kept: KeptPhoto, rows: _Rows) -> None:
    """Note a kept photo, unless its row has moved on while it was fetched."""
    file_id = note_file(db, kept.file, full_hour(run.now))
    if not rows.keep(db, photo.id, file_id, kept.looks):
        forget_file(db, file_id)
