"""How long one question takes from text to reply, and how much memory answering holds.

Prints p50, p99 and the slowest in milliseconds, single thread, over the held-back questions,
and in the same run, as a baseline, what BM25 over jieba words takes to rank them alone; then
the resident memory before and after many questions.

usage: python -m benchmarks.answering [--questions 10000] [--no-baseline]
"""

import argparse
import gc
import itertools
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.ask import answer_once
from bot.preparing import open_library, prepare_brain, topics_of
from bot.settings import Settings
from index.baseline import word_baseline
from index.corpus import SHIPPED_HELD_BACK, read_held_back

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def times_ms(act: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Return how long each question took, in milliseconds, sorted."""
    taken = []
    for question in questions:
        start = time.perf_counter()
        act(question)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def show_times(name: str, taken: Sequence[float]) -> float:
    """Print one contestant's figures and return its median."""
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    print(f"{name:32} p50 {p50:7.3f} ms  p99 {p99:7.3f} ms  max {taken[-1]:7.3f} ms")
    return p50


def resident_mib() -> float:
    """Return the resident memory of this process now, in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def held_back_questions() -> list[str]:
    """Return every held-back text: in scope, out of scope, emergencies, look-alikes."""
    held = read_held_back(SHIPPED_HELD_BACK)
    lines = (*held.out_of_scope, *held.emergencies, *held.look_alikes)
    return [one.text for one in held.in_scope] + [line.text for line in lines]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        brain = prepare_brain(settings)
        asked = held_back_questions()
        times_ms(lambda text: answer_once(brain, text, NOW), asked[:200])
        many = list(itertools.islice(itertools.cycle(asked), options.questions))
        before = resident_mib()
        ours = show_times("text to reply", times_ms(lambda t: answer_once(brain, t, NOW), many))
        after = resident_mib()
        show_times(
            "10,000 characters",
            times_ms(lambda t: answer_once(brain, t, NOW), ["火灾怎么办，" * 1_666] * 50),
        )
        print(f"{len(many)} questions: {before:.0f} MiB before, {after:.0f} MiB after")
        library = open_library(settings.data_dir)
        if library is None or options.no_baseline:
            return
        baseline = word_baseline(topics_of(library))
        theirs = show_times("BM25 jieba, ranking only", times_ms(baseline.rank, asked))
        print(f"ratio of medians, ours to the baseline: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
