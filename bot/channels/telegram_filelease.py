"""A lease for the processes of one machine: a lock on a file.

The system gives it back the moment a process dies, also by ``kill -9``, so the next one polls
at once instead of waiting for a row to run out.
"""

from pathlib import Path

from filelock import FileLock, Timeout


class FileLease:
    """Leases as locked files of one folder, for this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, FileLock] = {}

    def hold(self, name: str, seconds: float) -> bool:  # noqa: ARG002 - a lock needs no end
        """Take the lease ``name``, or keep it; False while another process has it.

        Raises:
            OSError: when the file cannot be made.
        """
        if name in self._held:
            return True
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._held[name] = lock
        return True

    def release(self, name: str) -> None:
        """Give the lease back, if we have it."""
        if lock := self._held.pop(name, None):
            lock.release()
