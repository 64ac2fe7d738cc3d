"""A worker process, for tests that kill or freeze it: ``python work_process.py URL``.

Says ``ready``, then what its jobs say; ends when its input does.
"""

from __future__ import annotations

import sys

from storage import open_database
from storage.work import Pace, Work
from tests.storage.work_jobs import build_jobs, say, utc_now

PACE = Pace(poll=0.05, beat=0.2, silence=1.5, look=1.0, jobs_at_once=2, close=5.0)


def main(url: str) -> None:
    with open_database(url) as database, Work(database, build_jobs(), utc_now, PACE):
        say("ready")
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
