"""Training material: the topics' utterances and the out-of-scope lines, with their variants."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from index.augment import Augmenter, make_augmenter
from index.corpus import Corpus
from index.embedding import UNKNOWN, Vocabulary
from index.lexicon import shipped_lexicon
from index.retrieval import Document, analyse_topics
from index.text import analyse
from index.values import Question, Topic

OUTSIDE = -1
# Look-alikes of these kinds only borrow the words of an emergency; nothing here answers them.
OUTSIDE_LOOK_ALIKES = frozenset({"idiom", "film_game", "bill"})
# A feature met once teaches nothing that could be used again.
LEAST_COUNT = 2
# Bounds the shipped model (128 numbers a feature, kept twice) and its memory.
MOST_FEATURES = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One authored line: the row of its topic or ``OUTSIDE``, itself, and its variants."""

    topic: int
    authored: Question
    variants: tuple[Question, ...]

    @property
    def forms(self) -> tuple[Question, ...]:
        """The line as written, then its variants."""
        return (self.authored, *self.variants)


@dataclass(frozen=True, slots=True)
class Material:
    """Documents sorted by id, and every sample; a sample's topic is a row of ``documents``."""

    documents: tuple[Document, ...]
    samples: tuple[Sample, ...]

    def only(self, chosen: Callable[[int], bool]) -> "Material":
        """Return the material with the samples whose position is chosen; documents follow suit."""
        kept = tuple(sample for place, sample in enumerate(self.samples) if chosen(place))
        utterances: list[list[Question]] = [[] for _ in self.documents]
        for sample in kept:
            if sample.topic != OUTSIDE:
                utterances[sample.topic].append(sample.authored)
        documents = tuple(
            replace(document, utterances=tuple(mine))
            for document, mine in zip(self.documents, utterances, strict=True)
        )
        return Material(documents, kept)

    def vocabulary(self) -> Vocabulary:
        """Return the commonest features of the authored texts, at most ``MOST_FEATURES``."""
        counts: Counter[str] = Counter()
        for question in self._authored():
            counts.update(set(question.tokens))
        common = sorted(counts, key=lambda token: (-counts[token], token))[:MOST_FEATURES]
        kept = sorted(token for token in common if counts[token] >= LEAST_COUNT)
        return Vocabulary({token: row for row, token in enumerate([UNKNOWN, *kept])})

    def _authored(self) -> Iterator[Question]:
        for document in self.documents:
            yield document.title
            yield document.text
        for sample in self.samples:
            yield sample.authored


def gather(topics: Sequence[Topic], corpus: Corpus, variants: int, seed: int) -> Material:
    """Return the material of all topics and out-of-scope lines, the same for the same seed."""
    rng = Random(seed)
    augmenter = make_augmenter(shipped_lexicon(), _fillers(corpus))
    ordered = sorted(topics, key=lambda topic: topic.id)
    samples = [
        _sample(row, utterance.text, augmenter, variants, rng)
        for row, topic in enumerate(ordered)
        for utterance in topic.utterances
    ]
    outside = [line.text for line in corpus.out_of_scope]
    outside += [line.text for line in corpus.look_alikes if line.kind in OUTSIDE_LOOK_ALIKES]
    samples += [_sample(OUTSIDE, text, augmenter, variants // 2, rng) for text in outside]
    return Material(tuple(analyse_topics(topics)), tuple(samples))


def folds(count: int, parts: int, seed: int) -> list[int]:
    """Return the fold of each of ``count`` samples, evenly spread and shuffled by ``seed``."""
    order = np.random.default_rng(seed).permutation(count)
    return [int(place) % parts for place in order]


def _sample(topic: int, text: str, augmenter: Augmenter, variants: int, rng: Random) -> Sample:
    changed = (augmenter.variant(text, rng) for _ in range(variants))
    return Sample(topic, analyse(text), tuple(analyse(variant) for variant in changed))


def _fillers(corpus: Corpus) -> list[str]:
    """Return the short opening clauses of off-topic stories."""
    return sorted(
        {
            clause
            for line in corpus.out_of_scope
            if line.is_long
            for clause in line.text.split("，")[:2]
            if 3 < len(clause) < 16
        }
    )
