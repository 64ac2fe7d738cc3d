"""Where the microseconds of one message go: the conversation without sockets, stage by stage.

The whole service is built as ``lifeline serve`` builds it, with its data on tmpfs, and answers
distinct WeChat accounts one after another; clocks around the stages add up. A stage counts
what it takes in the midst of all the others, with cold caches, so it is more than the stage
alone in a loop. Indented stages are part of the one above.

usage: python -m benchmarks.profile_message [--messages 1500] [--functions]
"""

import argparse
import cProfile
import itertools
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import bot.dialogue.analyst
import bot.dialogue.conversation
import index.bm25
import index.classifier
import index.detector
import index.embedding
import index.grams
import index.search
import index.vectors
from benchmarks.answering import held_back_questions
from benchmarks.webhook_contestants import ours
from bot import store
from bot.cli.collecting import settle_garbage
from bot.dialogue.house import House
from bot.messages import Account, Utterance
from storage import Database

CONVERSATION = bot.dialogue.conversation
ANALYST = bot.dialogue.analyst
STAGES: list[tuple[str, object, str]] = [
    ("looked at in memory", ANALYST.Analyst, "__call__"),
    ("  phrases", ANALYST.Analyst, "_by_words"),
    ("  features", ANALYST, "analyse"),
    ("  ranking", index.search.Searcher, "rank"),
    ("    rows of features", index.search.FeatureRows, "of"),
    ("    classifier", index.classifier.TopicClassifier, "log_probabilities"),
    ("    BM25", index.bm25.TopicBm25, "row_scores"),
    ("    encoder", index.embedding.StaticEncoder, "encode_ids"),
    ("    FAISS", index.vectors.VectorIndex, "cosines"),
    ("  detectors", index.detector.Detector, "judge"),
    ("    rows of features", index.detector.Detector, "rows"),
    ("committed", Database, "write"),
    ("  the closure", CONVERSATION.Conversation, "_store_turn"),
    ("    account, repeat?, session", store, "take_up"),
    ("      new account", store, "add_account"),
    ("    decided", CONVERSATION.Conversation, "_settled"),
    ("    replies to JSON", CONVERSATION, "reply_to_json"),
    ("    turn stored", store, "add_turn"),
    ("    session stored", store, "save_session"),
    ("    effects stored", CONVERSATION, "_note_effects"),
    ("    contact stored", House, "note_contact"),
]


class Stopwatch:
    """Seconds by stage, measured by clocks put around functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, key: str, owner: object, name: str) -> None:
        """Put a clock around ``owner.name`` for the rest of the process."""
        inner: Callable[..., Any] = getattr(owner, name)

        @wraps(inner)
        def timed(*values: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            began = time.perf_counter()
            try:
                return inner(*values, **named)
            finally:
                self.seconds[key] += time.perf_counter() - began

        setattr(owner, name, timed)


class Messages:
    """Utterances of accounts that never wrote before."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._questions = itertools.cycle(held_back_questions())

    def take(self, count: int) -> list[Utterance]:
        """Return the next ``count``."""
        return [self._one(next(self._numbers)) for _ in range(count)]

    def _one(self, number: int) -> Utterance:
        account = Account("wechat", f"o{number:027d}")
        return Utterance(account, str(number), next(self._questions), datetime.now(UTC))


def show_functions(conversation: CONVERSATION.Conversation, messages: Messages) -> None:
    """Print the functions that take most time themselves, both threads together."""
    profiles = cProfile.Profile()
    with profiles:
        for utterance in messages.take(500):
            conversation.receive(utterance)
    pstats.Stats(profiles).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1500)
    parser.add_argument("--functions", action="store_true", help="cProfile of the calling thread")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        state = ours(Path(folder)).state
        settle_garbage()
        messages = Messages()
        for utterance in messages.take(200):
            state.conversation.receive(utterance)
        plain = cpu_microseconds(state.conversation, messages.take(options.messages))
        watch = Stopwatch()
        for place, (_, owner, name) in enumerate(STAGES):
            watch.around(str(place), owner, name)
        cpu_microseconds(state.conversation, messages.take(options.messages))
        print(f"{plain:8.0f} µs CPU a message, sockets not counted")
        for place, (label, *_) in enumerate(STAGES):
            print(f"{watch.seconds[str(place)] / options.messages * 1e6:8.0f} {label}")
        if options.functions:
            show_functions(state.conversation, messages)
        state.database.close()


def cpu_microseconds(conversation: CONVERSATION.Conversation, sent: list[Utterance]) -> float:
    """Return the process's CPU time a message, of all threads."""
    began = time.process_time()
    for utterance in sent:
        conversation.receive(utterance)
    return (time.process_time() - began) / len(sent) * 1e6


if __name__ == "__main__":
    main()
