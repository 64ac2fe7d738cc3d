"""Processes that write, for tests that race or kill them.

``python writing_process.py notes URL`` adds notes from four threads for ever and prints
each one acknowledged; ``increment URL N`` raises the counter N times; ``migrate URL
FOLDER`` waits for a line of input, then migrates.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from threading import Thread

from storage import Database, migrate, open_database
from tests.storage.tables import add_note, increment


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # in one piece and at once, from any thread


def add_notes(database: Database, thread: int) -> None:
    for number in count():
        text = f"{thread}-{number}"
        database.write(add_note(text))
        say(text)


def main(action: str, url: str, *rest: str) -> None:
    with open_database(url) as database:
        if action == "notes":
            threads = [Thread(target=add_notes, args=(database, n)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        elif action == "increment":
            for _ in range(int(rest[0])):
                database.write(increment)
        else:
            say("ready")
            sys.stdin.readline()
            say(",".join(migrate(database, versions=Path(rest[0]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
