"""The baseline that every figure is measured against: BM25 over jieba's words.

Kept apart because jieba's dictionary costs a second and 80 MB, which serving never pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import jieba
import numpy as np

from index.corpus import Asked
from index.evaluation import Ranked
from index.values import Topic

# jieba logs its dictionary's loading to stderr, in the middle of a table.
jieba.setLogLevel("WARNING")


@dataclass(frozen=True, slots=True)
class WordBaseline:
    """BM25 with one document a topic: its title, answer and utterances in words."""

    topics: tuple[str, ...]
    vocabulary: frozenset[str]
    index: bm25s.BM25

    def rank(self, text: str) -> tuple[str, ...]:
        """Return every topic id, best first."""
        words = [word for word in jieba.lcut(text) if word in self.vocabulary]
        scores = self.index.get_scores(words) if words else np.zeros(len(self.topics))
        return tuple(self.topics[row] for row in np.argsort(-scores, kind="stable"))


def word_baseline(topics: Sequence[Topic]) -> WordBaseline:
    """Return the baseline over ``topics``, at least one."""
    ordered = sorted(topics, key=lambda topic: topic.id)
    documents = [
        [
            word
            for text in (topic.title, topic.text, *(said.text for said in topic.utterances))
            for word in jieba.lcut(text)
            if word.strip()
        ]
        for topic in ordered
    ]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)
    words = frozenset(word for document in documents for word in document)
    return WordBaseline(tuple(topic.id for topic in ordered), words, index)


def rank_baseline(baseline: WordBaseline, asked: Sequence[Asked]) -> list[Ranked]:
    """Return the baseline's ranking of the questions whose topics it holds."""
    known = set(baseline.topics)
    return [Ranked(one, baseline.rank(one.text)) for one in asked if known.intersection(one.topics)]
