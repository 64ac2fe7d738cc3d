"""The command line as an operator runs it: a process with settings of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
Lifeline = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Return this process's environment with no settings but the ones given."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("LIFELINE_")
    }
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "LIFELINE_DATA_DIR": str(data_dir),
        **{f"LIFELINE_{name}": value for name, value in settings.items()},
    }


@pytest.fixture
def lifeline(tmp_path: Path) -> Lifeline:
    """Run ``lifeline`` in an empty folder and return what it printed."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot.commands", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path / "var", **settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def lifeline_process(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start ``lifeline`` and return the process."""

    def start(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.commands", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path / "var", **settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start
