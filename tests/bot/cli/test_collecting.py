"""The garbage of starting is out of the way before the first message."""

import subprocess
import sys

_SCRIPT = """
import gc
from bot.cli.collecting import THRESHOLDS, settle_garbage
kept = [[] for _ in range(10_000)]
settle_garbage()
assert gc.get_freeze_count() > 10_000, gc.get_freeze_count()
assert gc.get_threshold() == THRESHOLDS
assert gc.isenabled()
"""


def test_what_stays_is_frozen_and_collecting_goes_on() -> None:
    # In a process of its own: freezing cannot be taken back for what others hold.
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True, timeout=60)
