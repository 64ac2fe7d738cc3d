"""A child process kept warm for work that is heavy or might hang: asked, timed, replaced.

What it runs is a module whose ``__main__`` part calls :func:`bot.papers.pipes.serve`. It gets
neither the service's settings nor its secrets.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryDirectory
from threading import Event, Lock, Timer
from types import TracebackType
from typing import Self

from bot.papers.pipes import DONE, receive, send

# Nothing of LIFELINE_ is among them: a picture library has no use for a key.
_INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "FONTCONFIG_FILE")
# One thread each: a chart must not take the cores that answer people.
_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
# How many pieces of work may wait for their turn, in time limits.
_TURNS_WAITED = 3
# Caches of the libraries grow; a fresh process costs half a second.
_LONGEST_LIFE = 500


class ChildError(Exception):
    """A piece of work was not done; ``permanent`` tells whether a repeat must fail too."""

    permanent = False


class TookTooLong(ChildError):
    """The child was still at it, or at others' work, when the time was up."""

    def __init__(self, module: str, seconds: float) -> None:
        self.module, self.seconds = module, seconds
        super().__init__(f"{module} had no answer within {seconds:g} s: the next ask starts anew")


class ChildDied(ChildError):
    """The child ended in the middle of its work."""

    def __init__(self, module: str, code: int | None) -> None:
        self.module, self.code = module, code
        super().__init__(f"{module} ended with {code}: the next ask starts a new one")


class WorkRefused(ChildError):
    """The child looked at the work and could not do it; ``detail`` is its error, in English."""

    permanent = True

    def __init__(self, module: str, detail: str) -> None:
        self.module, self.detail = module, detail
        super().__init__(f"{module} cannot do this: {detail}")


class Child:
    """One process for one kind of work; threads may ask at once and are served in turn.

    It starts with the first ask, so that a service that never draws pays nothing.
    """

    def __init__(self, module: str, *, limit_seconds: float = 20.0) -> None:
        self._module = module
        self._limit = limit_seconds
        self._lock = Lock()
        self._folder = TemporaryDirectory(prefix="lifeline-child-")
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """The running process, None before the first ask and after the last."""
        return self._process.pid if self._process else None

    def ask(self, parts: Sequence[bytes]) -> list[bytes]:
        """Send one message and return the parts of the answer.

        Blocks for up to four time limits: call it in a worker thread.

        Raises:
            TookTooLong: when the limit is over; the child is killed.
            ChildDied: when it crashed.
            WorkRefused: when it answered with an error.
        """
        if not self._lock.acquire(timeout=self._limit * _TURNS_WAITED):
            raise TookTooLong(self._module, self._limit * _TURNS_WAITED)
        try:
            status, *answer = self._exchange(self._alive(), parts)
        finally:
            self._lock.release()
        if status != DONE:
            raise WorkRefused(self._module, answer[0].decode(errors="replace"))
        return answer

    def close(self) -> None:
        """End the process and remove its folder; nothing can be asked afterwards."""
        with self._lock:
            self._end()
            self._folder.cleanup()

    def _alive(self) -> subprocess.Popen[bytes]:
        """Return the process, started anew where it died, was killed or is old."""
        if self._process and (self._process.poll() is not None or self._asked >= _LONGEST_LIFE):
            self._end()
        if not self._process:
            self._process = self._started()
            self._asked = 0
        self._asked += 1
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= _THREADS | {
            "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path),
            "PYTHONUTF8": "1",
            "HOME": self._folder.name,
            "MPLCONFIGDIR": self._folder.name,
        }
        return subprocess.Popen(  # noqa: S603 - our own interpreter and a module of ours
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder.name,
            env=environment,
            # Ctrl-C ends the service, which then ends the child in its own time.
            start_new_session=True,
        )

    def _exchange(self, process: subprocess.Popen[bytes], parts: Sequence[bytes]) -> list[bytes]:
        """Send and receive; a process that was killed or died is put away."""
        is_late = Event()
        timer = Timer(self._limit, _kill, (process, is_late))
        timer.start()
        try:
            return _said_and_heard(process, parts)
        except (OSError, EOFError) as error:
            self._end()
            if is_late.is_set():
                raise TookTooLong(self._module, self._limit) from error
            raise ChildDied(self._module, process.returncode) from error
        finally:
            timer.cancel()
            if is_late.is_set():
                self._end()

    def _end(self) -> None:
        if not self._process:
            return
        process, self._process = self._process, None
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(OSError):  # what was left unsent to a dead process
                    stream.close()
        process.wait()


def _kill(process: subprocess.Popen[bytes], is_late: Event) -> None:
    is_late.set()
    process.kill()


def _said_and_heard(process: subprocess.Popen[bytes], parts: Sequence[bytes]) -> list[bytes]:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError("a process without pipes")
    send(process.stdin, parts)
    return receive(process.stdout)
