from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage import LockTimedOut, exclusive, swapped_file, swapped_folder

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from storage import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds ``path`` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_lock_held_elsewhere_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "index.lock"

    with start_holder(path), pytest.raises(LockTimedOut) as caught, exclusive(path, timeout=0.05):
        pytest.fail("the lock was taken twice")

    assert (caught.value.path, caught.value.seconds) == (path, 0.05)
    assert not caught.value.permanent


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda end: end.name)
def test_a_dead_process_holds_nothing(tmp_path: Path, end: signal.Signals) -> None:
    path = tmp_path / "index.lock"
    with start_holder(path) as process:
        process.send_signal(end)

    with exclusive(path, timeout=5):
        pass


def test_one_thread_at_a_time_is_inside(tmp_path: Path) -> None:
    inside: list[int] = []

    def enter(number: int) -> int:
        with exclusive(tmp_path / "lock"):
            inside.append(number)
            most = len(inside)
            time.sleep(0.002)
            inside.remove(number)
        return most

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(enter, range(40))) == {1}


def test_a_file_appears_whole_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "new" / "knowledge.db"

    for text in ("first", "second"):
        with swapped_file(target) as new:
            new.write_text(text)
            assert not target.exists() or target.read_text() == "first"

    assert target.read_text() == "second"
    assert names(target.parent) == {"knowledge.db"}


def test_a_folder_appears_whole_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "index"

    for name in ("first", "second"):
        with swapped_folder(target) as new:
            (new / "deep").mkdir()
            (new / "deep" / name).touch()
            assert not (target / "deep" / name).exists()

    assert names(target / "deep") == {"second"}
    assert names(tmp_path) == {"index"}


@pytest.mark.parametrize("swap", [swapped_file, swapped_folder])
def test_a_build_that_fails_leaves_the_old_one(tmp_path: Path, swap) -> None:  # noqa: ANN001
    target = tmp_path / "target"
    with swap(target) as new:
        (new / "a" if new.is_dir() else new).write_text("old")

    def fail() -> None:
        with swap(target) as new:
            (new / "a" if new.is_dir() else new).write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert (target / "a" if target.is_dir() else target).read_text() == "old"
    assert names(tmp_path) == {"target"}


def test_a_killed_builds_leavings_are_cleared_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".index-build-0000.new").mkdir()
    (tmp_path / ".index-build-0000.new" / "part").touch()
    (tmp_path / ".index-build-0001.new").touch()
    (tmp_path / ".index2-build-0000.new").touch()

    with swapped_folder(tmp_path / "index"):
        pass

    assert names(tmp_path) == {"index", ".index2-build-0000.new"}
