"""How long one question takes from text to reply, and how much memory the answering holds.

Prints p50, p99 and the slowest in milliseconds, single thread, over the held-back questions,
and as a baseline in the same run the time BM25 over jieba words takes to rank them; then the
resident memory before and after many questions.

usage: python -m benchmarks.answering [--questions 10000]
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.dialogue.session import Session
from bot.preparing import open_library, prepare_brain
from bot.settings import Settings
from index.corpus import read_questions
from index.evaluation import JiebaBaseline

HELD_BACK = Path("index/held_back")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def times_ms(act: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Return how long each question took, in milliseconds, sorted."""
    taken = []
    for question in questions:
        start = time.perf_counter()
        act(question)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def print_times(name: str, taken: Sequence[float]) -> float:
    """Print the figures of one contestant and return its median."""
    p50 = statistics.median(taken)
    p99 = taken[int(len(taken) * 0.99)]
    print(f"{name:32} p50 {p50:7.3f} ms  p99 {p99:7.3f} ms  max {taken[-1]:7.3f} ms")
    return p50


def resident_mib() -> float:
    """Return the process's resident memory now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=10_000)
    wanted = parser.parse_args().questions
