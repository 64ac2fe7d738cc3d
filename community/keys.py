"""The installation's key: where it comes from, and that it is still the same one.

Only the embedded database makes a key file of its own; several hosts on PostgreSQL must be
given one. The database keeps the key's fingerprint, so that a wrong key stops the start
instead of making every cookie and ciphertext unreadable.
"""

import hashlib
import os
import secrets
import tempfile
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection

from storage import Database, find_fact, keep_first_fact

KEY_FILE = "secret.key"
KEY_BYTES = 32
_FINGERPRINT_FACT = "key_fingerprint"


class KeyProblem(Exception):
    """The service cannot start with the key it has."""

    permanent = True


class KeyMissing(KeyProblem):
    """PostgreSQL is used and no key was set."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL needs LIFELINE_SECRET_KEY: set the same long random text on every host"
        )


class KeyChanged(KeyProblem):
    """The key is not the one this database was first used with."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(
            f"the key from {source} is not the one this database was made with: "
            "bring back the old key, or start with an empty database"
        )


def installation_key(
    database: Database, configured: str | None, data_dir: Path, *, now: datetime
) -> bytes:
    """Return the installation's key of 32 bytes, the same on every start.

    Args:
        database: remembers the fingerprint of the first key.
        configured: ``LIFELINE_SECRET_KEY``, if set.
        data_dir: holds the key file of an embedded database.
        now: noted beside the fingerprint when it is new.

    Raises:
        KeyMissing: on PostgreSQL without a configured key.
        KeyChanged: when the key differs from the first one.
        StorageError: when the fingerprint cannot be kept.
    """
    key = present_key(configured, data_dir, is_embedded=database.is_embedded)
    if key is None and not database.is_embedded:
        raise KeyMissing
    key = key or _new_key_file(data_dir / KEY_FILE)
    mark = fingerprint(key)
    kept = database.write(lambda db: keep_first_fact(db, _FINGERPRINT_FACT, mark, now=now))
    if kept != mark:
        raise KeyChanged("LIFELINE_SECRET_KEY" if configured else KEY_FILE)
    return key


def present_key(configured: str | None, data_dir: Path, *, is_embedded: bool) -> bytes | None:
    """Return the key there is, configured or in the key file, and make none."""
    if configured:
        return hashlib.sha256(configured.encode()).digest()
    file = data_dir / KEY_FILE
    return file.read_bytes() if is_embedded and file.exists() else None


def fingerprint(key: bytes) -> str:
    """Return what the database keeps of a key; the key cannot be told from it."""
    return derived_key(key, "fingerprint").hex()


def kept_fingerprint(db: Connection) -> str | None:
    """Return the fingerprint of the key that the database was first used with, if any."""
    return find_fact(db, _FINGERPRINT_FACT)


def derived_key(key: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose, so that no key serves two."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def _new_key_file(path: Path) -> bytes:
    """Make the file and return its key; two that start at once end with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # for its owner alone
    draft = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another start was first: its key holds.
    finally:
        draft.unlink()
    return path.read_bytes()
