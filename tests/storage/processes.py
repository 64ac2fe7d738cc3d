"""Starting ``writing_process.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("writing_process.py")


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start it from the root of the checkout, with pipes to talk through."""
    return subprocess.Popen(
        [sys.executable, PROGRAM, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
