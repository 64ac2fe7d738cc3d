"""How long the search core takes for one question, part by part, against BM25 over jieba words.

Prints p50, p99 and the slowest in milliseconds on one thread over the held-back questions, and
the same for a message of 10,000 characters; the baseline ranks in the same run.

usage: python -m benchmarks.search [--rounds 5]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss

from bot.preparing import open_library, topics_of
from index.artefacts import open_searcher
from index.baseline import word_baseline
from index.corpus import SHIPPED_HELD_BACK, read_held_back
from index.model import SHIPPED_MODEL, load_model
from index.text import analyse

LONG_MESSAGE = "我昨晚在家里做饭闻到一股煤气味，" * 625


def times_ms(act: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Return how long each text took, in milliseconds, sorted."""
    taken = []
    for text in texts:
        start = time.perf_counter()
        act(text)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def show(name: str, taken: Sequence[float]) -> float:
    """Print one row and return its median."""
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    print(f"{name:28} p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   max {taken[-1]:7.3f} ms")
    return p50


def held_back_texts() -> list[str]:
    """Return every held-back text."""
    held = read_held_back(SHIPPED_HELD_BACK)
    lines = (*held.out_of_scope, *held.emergencies, *held.look_alikes)
    return [one.text for one in held.in_scope] + [line.text for line in lines]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    faiss.omp_set_num_threads(1)
    model = load_model(SHIPPED_MODEL)
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder))
        if library is None:
            raise SystemExit("no entries to search; run `lifeline check`")
        topics = topics_of(library)
        searcher = open_searcher(model, topics, Path(folder) / "index")
        texts = held_back_texts() * rounds

        def whole(text: str) -> None:
            question = analyse(text)
            model.detector.judge(question)
            searcher.rank(question)

        times_ms(whole, texts[:200])
        show("features", times_ms(analyse, texts))
        show(
            "features, detectors", times_ms(lambda text: model.detector.judge(analyse(text)), texts)
        )
        show("features, ranking", times_ms(lambda text: searcher.rank(analyse(text)), texts))
        ours = show("all three", times_ms(whole, texts))
        show("all three, 10,000 characters", times_ms(whole, [LONG_MESSAGE] * 100))
        baseline = word_baseline(topics)
        theirs = show("BM25 over jieba words", times_ms(baseline.rank, texts))
        print(f"ratio of medians, ours to the baseline: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
