"""Emergency and crisis detectors: linear classifiers over one set of features.

A question is an emergency by what it says and by the order it says it in (「着火了怎么逃」
against 「着火了快跑」), so beside the shared features stand character n-grams, the first and
the last clause, and cue flags. Rules decide nothing here: they did not carry over to other
people's words (recall fell by a third).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from index.lexicon import Lexicon, shipped_lexicon
from index.values import FloatArray, IdArray, Question, Verdict

EMERGENCY_KINDS = (
    "fire",
    "smoke",
    "trapped",
    "gas",
    "co",
    "explosion",
    "clothes",
    "battery",
    "ebike",
    "electric",
    "shock",
    "elevator",
    "unconscious",
    "burn",
)
CRISIS_KINDS = ("self_harm", "arson", "recipe")
# The heads of the classifier, in the order of its columns: how urgent, which kind, which crisis.
HEADS: Mapping[str, tuple[str, ...]] = {
    "urgency": ("none", "perhaps", "now"),
    "kind": EMERGENCY_KINDS,
    "crisis": ("none", *CRISIS_KINDS),
}

LONGEST_GRAM = 4
# Of a long story, the ends say whether it is happening now; grams of the middle would only cost.
GRAM_WINDOW = 240


@dataclass(frozen=True, slots=True)
class DetectorThresholds:
    """Least probabilities: of now, of danger at all, and of a crisis."""

    now: float
    danger: float
    crisis: float


@dataclass(frozen=True, slots=True)
class Detector:
    """One weight matrix for all heads.

    ``weights`` has shape (features, columns of all ``HEADS``), int8; ``scales`` and ``bias``
    (columns,): column c stands for ``weights[:, c] * scales[c]``.
    """

    vocabulary: Mapping[str, int]
    weights: NDArray[np.int8]
    scales: FloatArray
    bias: FloatArray
    thresholds: DetectorThresholds

    def probabilities(self, question: Question) -> dict[str, FloatArray]:
        """Return the class probabilities of each head for a question."""
        vocabulary = self.vocabulary
        features = detector_features(question, shipped_lexicon())
        known = set(map(vocabulary.get, features))
        known.discard(None)
        return self.chances(np.array([*known], np.int64))

    def chances(self, rows: IdArray) -> dict[str, FloatArray]:
        """Return the class probabilities of each head for distinct feature rows."""
        total = self.weights[rows].sum(axis=0, dtype=np.int32).astype(np.float32)
        logits = total * self.scales / np.float32(max(len(rows), 1) ** 0.5) + self.bias
        found: dict[str, FloatArray] = {}
        start = 0
        for head, classes in HEADS.items():
            found[head] = softmax(logits[start : start + len(classes)])
            start += len(classes)
        return found

    def judge(self, question: Question) -> Verdict:
        """Say whether a message is an emergency or a crisis; one without features is neither."""
        chances = self.probabilities(question)
        return verdict(chances, self.thresholds)


def verdict(chances: Mapping[str, FloatArray], thresholds: DetectorThresholds) -> Verdict:
    """Return what the probabilities of the heads amount to at these thresholds."""
    kind = EMERGENCY_KINDS[int(chances["kind"].argmax())]
    now = float(chances["urgency"][2])
    danger = 1 - float(chances["urgency"][0])
    crisis = int(chances["crisis"][1:].argmax())
    is_crisis = 1 - float(chances["crisis"][0]) >= thresholds.crisis
    sure = now >= thresholds.now
    return Verdict(
        emergency=kind if sure else None,
        perhaps=not sure and danger >= thresholds.danger,
        suspected=kind,
        crisis=CRISIS_KINDS[crisis] if is_crisis else None,
        now=now,
        danger=danger,
    )


def softmax(logits: FloatArray) -> FloatArray:
    """Return the probabilities of ``logits``, shape (classes,)."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), np.float32)


def detector_features(question: Question, lexicon: Lexicon) -> set[str]:
    """Return the distinct features of a question for the detectors."""
    if not question.clauses:
        return set()
    text = _ends(question.text)
    # Written in concepts, 「屋头燃起来了」 and 「厨房烧起来了」 share their grams.
    outline = lexicon.concepts.outline(lexicon.dialect.replace(text).replace(" ", ""))
    features = set(_grams(f"^{text.replace(' ', '')}$", LONGEST_GRAM, ""))
    features.update(_sequence_grams(["^", *outline, "$"], LONGEST_GRAM, "~"))
    features.update(token for token in question.tokens if "'" in token or token[0] == "=")
    features.update(f"w{token}" for token in question.tokens if token.isascii())
    features.update(_grams(question.clauses[0][:40], 2, "<"))
    features.update(_grams(question.clauses[-1][-40:], 3, ">"))
    features.update(_cue_features(question.clauses, lexicon))
    features.add(f"#{min(len(question.text) // 10, 12)}")
    return features


def _ends(text: str) -> str:
    if len(text) <= 2 * GRAM_WINDOW:
        return text
    return f"{text[:GRAM_WINDOW]} {text[-GRAM_WINDOW:]}"


def _grams(text: str, longest: int, mark: str) -> list[str]:
    return [
        mark + text[start : start + size]
        for size in range(1, longest + 1)
        for start in range(len(text) - size + 1)
    ]


def _sequence_grams(parts: Sequence[str], longest: int, mark: str) -> list[str]:
    return [
        mark + "".join(parts[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(parts) - size + 1)
    ]


def _cue_features(clauses: Sequence[str], lexicon: Lexicon) -> Iterator[str]:
    """Yield a flag for each group of cues, for those of the last clause, for pairs, for order."""
    ends = clauses if len(clauses) <= 24 else (*clauses[:12], *clauses[-12:])
    order = [cue for clause in ends for cue in lexicon.cues.found_in(clause)]
    cues = sorted(set(order))
    yield from (f"@{cue}" for cue in cues)
    yield from (f"@{cue}>" for cue in set(lexicon.cues.found_in(clauses[-1])))
    yield from (f"@{first}&{second}" for first, second in combinations(cues, 2))
    yield from (f"@{first},{second}" for first, second in pairwise(order))
