"""Starting ``work_process.py``, and waiting for what it says or does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("work_process.py")
PATIENCE = 20.0


def until(met: Callable[[], bool], what: str) -> None:
    """Wait for a condition that another thread or process brings about."""
    end = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)


class Worker:
    """One worker process and the lines it has said."""

    def __init__(self, url: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", PROGRAM, url],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def said(self, start: str) -> list[str]:
        """Return what it said after ``start``, line by line."""
        return [line.removeprefix(start).strip() for line in self.lines if line.startswith(start)]

    def wait_for(self, start: str, count: int = 1) -> None:
        def met() -> bool:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}"
            return len(self.said(start)) >= count

        until(met, f"{count} times {start!r}")

    def signal(self, sent: signal.Signals) -> None:
        self.process.send_signal(sent)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Let it close in order, and return its exit status."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()
        self._reader.join(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip("\n"))


@contextmanager
def workers(url: str, count: int) -> Iterator[list[Worker]]:
    """Start workers, wait until they are ready, and end those that still run."""
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            worker = Worker(url)
            stack.callback(worker.end)
            started.append(worker)
        for worker in started:
            worker.wait_for("ready")
        yield started
