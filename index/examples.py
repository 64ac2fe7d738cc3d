"""Labelled examples for the emergency and crisis detectors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from index.augment import Augmenter, make_augmenter
from index.corpus import Corpus, Line
from index.detector import CRISIS_KINDS, EMERGENCY_KINDS, HEADS, detector_features
from index.lexicon import shipped_lexicon
from index.text import analyse
from index.values import FloatArray, IdArray, Topic

# A head learns nothing from an example with this label.
UNLABELLED = -1
NONE, PERHAPS, NOW = range(3)
LEAST_COUNT = 3
# Look-alikes of a crisis that may be emergencies of another kind (petrol poured at the door).
MAYBE_URGENT = frozenset({"fear_report", "co"})
# A topic utterance that sounds this much like danger is asked while it happens.
HIDDEN_DANGER = 0.3

Labels = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Example:
    """One line: the rows of its features and of its variants', and its class under each head."""

    rows: IdArray
    variants: tuple[IdArray, ...]
    labels: Labels
    source: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Labelled:
    line: Line
    labels: Labels
    source: str
    weight: float = 1.0


def detector_examples(
    topics: Sequence[Topic], corpus: Corpus, variants: int, seed: int
) -> tuple[dict[str, int], list[Example]]:
    """Return the features' rows, and every line that teaches the detectors, in a fixed order."""
    lines = _labelled(topics, corpus)
    lexicon = shipped_lexicon()
    found = [detector_features(analyse(one.line.text), lexicon) for one in lines]
    counts = Counter(feature for features in found for feature in features)
    kept = sorted(feature for feature, times in counts.items() if times >= LEAST_COUNT)
    vocabulary = {feature: row for row, feature in enumerate(kept)}
    rng, augmenter = Random(seed), make_augmenter(lexicon, ())
    examples = []
    for one, features in zip(lines, found, strict=True):
        # Ordinary questions are plenty; the lines that mark the boundary are multiplied.
        count = 0 if one.source in {"topic", "out_of_scope"} else variants
        changed = tuple(_variant(one.line.text, augmenter, vocabulary, rng) for _ in range(count))
        rows = _rows(features, vocabulary)
        examples.append(Example(rows, changed, one.labels, one.source, one.weight))
    return vocabulary, examples


def without_hidden_emergencies(examples: Sequence[Example], danger: FloatArray) -> list[Example]:
    """Return the examples with topic utterances unlabelled that sound like an emergency.

    People ask 「楼道全是烟我该往哪跑」 of an entry while it happens; such utterances would teach
    the detector to stay silent. ``danger`` holds an out-of-fold probability for each example.
    """
    return [
        replace(example, labels=(UNLABELLED, UNLABELLED, example.labels[2]))
        if example.source == "topic" and chance > HIDDEN_DANGER
        else example
        for example, chance in zip(examples, danger, strict=True)
    ]


def even_weights(rows: IdArray) -> FloatArray:
    """Return equal weights for an example's rows that make its length one."""
    return np.full(len(rows), 1 / max(len(rows), 1) ** 0.5, np.float32)


def head_slices() -> list[slice]:
    """Return the columns of each head."""
    sizes = [len(classes) for classes in HEADS.values()]
    return [slice(sum(sizes[:place]), sum(sizes[: place + 1])) for place in range(len(sizes))]


def _labelled(topics: Sequence[Topic], corpus: Corpus) -> list[_Labelled]:
    """Return all lines with their labels.

    Emergencies are weighted up: a miss costs more than a false alarm. The kind a look-alike is
    about counts for the kind head; crisis lines say nothing of urgency, since a crisis is
    looked for first.
    """
    lines = [
        _Labelled(line, (NOW, _kind(line.kind), 0), "emergency", 2) for line in corpus.emergency
    ]
    lines += [
        _Labelled(line, (PERHAPS, _kind(line.kind), 0), "perhaps", 2) for line in corpus.perhaps
    ]
    lines += [
        _Labelled(line, (NONE, _kind(line.about), 0), "look_alike") for line in corpus.look_alikes
    ]
    for line in corpus.crisis:
        crisis = 1 + CRISIS_KINDS.index(line.kind)
        lines.append(_Labelled(line, (UNLABELLED, UNLABELLED, crisis), "crisis", 2))
    ordinary, unheard = (NONE, UNLABELLED, 0), (UNLABELLED, UNLABELLED, 0)
    lines += [
        _Labelled(line, unheard if line.kind in MAYBE_URGENT else ordinary, "crisis_look_alike")
        for line in corpus.crisis_look_alikes
    ]
    lines += [_Labelled(line, ordinary, "out_of_scope") for line in corpus.out_of_scope]
    lines += [
        _Labelled(Line(utterance.text, ""), ordinary, "topic")
        for topic in sorted(topics, key=lambda topic: topic.id)
        for utterance in topic.utterances
    ]
    return lines


def _kind(name: str) -> int:
    return EMERGENCY_KINDS.index(name) if name in EMERGENCY_KINDS else UNLABELLED


def _variant(
    text: str, augmenter: Augmenter, vocabulary: Mapping[str, int], rng: Random
) -> IdArray:
    changed = augmenter.close_variant(text, rng)
    return _rows(detector_features(analyse(changed), shipped_lexicon()), vocabulary)


def _rows(features: set[str], vocabulary: Mapping[str, int]) -> IdArray:
    rows = [vocabulary[feature] for feature in features if feature in vocabulary]
    return np.array(sorted(rows), np.int64)
