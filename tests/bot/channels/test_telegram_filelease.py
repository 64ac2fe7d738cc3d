"""One process of a machine polls; the next one takes over the moment it is gone."""

import subprocess
import sys
from pathlib import Path

from bot.channels.telegram_filelease import FileLease

HOLDS = """
import sys, time
from pathlib import Path
from bot.channels.telegram_filelease import FileLease
lease = FileLease(Path(sys.argv[1]))
print(lease.hold("a", 40), flush=True)
time.sleep(60)
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    first, second = FileLease(tmp_path / "leases"), FileLease(tmp_path / "leases")

    assert first.hold("a", 40)
    assert first.hold("a", 40)
    assert not second.hold("a", 40)
    assert second.hold("b", 40)
    second.release("a")  # not ours
    assert not second.hold("a", 40)
    first.release("a")
    assert second.hold("a", 40)
    second.release("a")
    second.release("b")


def test_a_killed_holder_loses_it_at_once(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lease = FileLease(tmp_path)
        assert not lease.hold("a", 40)

        holder.kill()
        holder.wait(10)

        assert lease.hold("a", 40)
        lease.release("a")
