"""Starts the real service as a process, for tests that look at it from outside."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

STARTING_SECONDS = 120
STOPPING_SECONDS = 20


class Service:
    """``lifeline serve`` on a free port of the loopback, over a data folder of its own."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LIFELINE_")
        }
        environment |= {"LIFELINE_DATA_DIR": str(data_dir), "LIFELINE_PORT": "0", **settings}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.commands", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        self._ready.wait(STARTING_SECONDS)
        if not self.url:
            self.close()
            raise AssertionError("the service did not start:\n" + "".join(self.lines))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the process if it still runs, and read the rest of what it said."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STOPPING_SECONDS)
        self._reader.join(STOPPING_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self, sent: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(sent)
        return self.process.wait(STOPPING_SECONDS)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)
            if found := re.search(r"http://\S+/", line):
                self.url = found[0].rstrip("/")
                self._ready.set()
        self._ready.set()


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Service]:
    """Run the service until the block ends."""
    with Service(data_dir, **settings) as service:
        yield service
