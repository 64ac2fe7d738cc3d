"""Photos that came through web pages: made anew, sealed, and found again by their name."""

import re
from pathlib import Path

from community.files import (
    SEALED,
    StoredFile,
    UnfitName,
    keep_sealed,
    read_sealed,
)
from community.photos import clean_photo

_NAME = re.compile(rf"[0-9a-f]{{2}}/(?P<sha256>[0-9a-f]{{64}})\.{SEALED}")


class WebPhotos:
    """The photos of the web; safe in many threads.

    A name stands for nobody: it is the hash of what was sealed, another each time. A photo that
    nothing takes over within a day is swept up (``community.file_upkeep``).
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        """Take the folder of stored files, and the installation's key."""
        self._folder = folder
        self._key = key

    def keep(self, data: bytes) -> StoredFile:
        """Make a photo anew and bring it to the disk, sealed.

        Takes up to a second and 400 MB: call it in a worker thread, few at a time.

        Raises:
            PhotoRefused: when it is no photo, too large or broken.
            LockTimedOut, OSError: when it cannot be written.
        """
        return keep_sealed(self._folder, self._key, clean_photo(data).data)

    def fetch(self, name: str) -> bytes:
        """Return the JPEG behind a name, as later work asks for it.

        Raises:
            UnfitName: when it is none of ours.
            FileMissing, FileDamaged, WrongKey: as ``community.files.read_sealed``.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise UnfitName(name)
        return read_sealed(self._folder, self._key, StoredFile(found["sha256"], SEALED, 0))
