"""Emergency and crisis detectors: linear classifiers over one set of features.

A question is an emergency by what it says and by the order it says it in (「着火了怎么逃」
against 「着火了快跑」), so beside the shared features stand character n-grams, the first and
the last clause, and cue flags. Rules decide nothing here: they did not carry over to other
people's words (recall fell by a third).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from index.counting import distinct
from index.grams import GramTable, gram_numbers, gram_table, running_numbers
from index.lexicon import Lexicon, shipped_lexicon
from index.values import ROUNDING, FloatArray, IdArray, Numbers, Question, Verdict

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
LONGEST_OF_FIRST, LONGEST_OF_LAST = 2, 3
END_CHARACTERS = 40
# Of a long story, the ends say whether it is happening now; grams of the middle would only cost.
GRAM_WINDOW = 240

_FIRST_COLUMNS = np.cumsum([0, *(len(classes) for classes in HEADS.values())])[:-1]
_HEAD_OF_COLUMN = np.repeat(np.arange(len(HEADS)), [len(classes) for classes in HEADS.values()])
_COLUMNS = {
    head: slice(int(first), int(first) + len(HEADS[head]))
    for head, first in zip(HEADS, _FIRST_COLUMNS, strict=True)
}


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
    _table: GramTable = field(init=False, repr=False, compare=False)
    _tokens: GramTable = field(init=False, repr=False, compare=False)
    _token_rows: IdArray = field(init=False, repr=False, compare=False)
    _of_cues: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = self.vocabulary
        object.__setattr__(self, "_table", gram_table(sorted(rows, key=rows.__getitem__)))
        by_token = _rows_by_token(rows)
        object.__setattr__(self, "_tokens", gram_table([token for token, _ in by_token]))
        object.__setattr__(self, "_token_rows", np.array([row for _, row in by_token], np.int64))
        cues = {word: row for word, row in rows.items() if word[0] in "@#"}
        object.__setattr__(self, "_of_cues", cues)

    def rows(self, question: Question) -> IdArray:
        """Return the rows of a question's ``detector_features`` that are known, each once."""
        if not question.clauses:
            return np.empty(0, np.int64)
        lexicon = shipped_lexicon()
        found = map(self._of_cues.get, _cue_features(question, lexicon))
        cues = np.array([row for row in found if row is not None], np.int64)
        tokens = self._token_rows.take(self._tokens.found(question.numbers))
        grams = self._table.found(_gram_features(question, lexicon))
        return distinct(np.concatenate((grams, tokens, cues)))

    def probabilities(self, question: Question) -> dict[str, FloatArray]:
        """Return the class probabilities of each head for a question."""
        return self.chances(self.rows(question))

    def chances(self, rows: IdArray) -> dict[str, FloatArray]:
        """Return the class probabilities of each head for distinct feature rows."""
        # Whole numbers below 2**24 are added without rounding.
        total = np.ones(len(rows), np.float32) @ self.weights.take(rows, axis=0).astype(np.float32)
        logits = total * self.scales / np.float32(max(len(rows), 1) ** 0.5) + self.bias
        found = head_softmax(logits)
        return {head: found[columns] for head, columns in _COLUMNS.items()}

    def judge(self, question: Question) -> Verdict:
        """Say whether a message is an emergency or a crisis; one without features is neither."""
        chances = self.probabilities(question)
        return verdict(chances, self.thresholds)


def verdict(chances: Mapping[str, FloatArray], thresholds: DetectorThresholds) -> Verdict:
    """Return what the probabilities of the heads amount to at these thresholds."""
    kind = EMERGENCY_KINDS[int(chances["kind"].argmax())]
    safe, _, now = chances["urgency"].tolist()
    danger = 1 - safe
    crisis = int(chances["crisis"][1:].argmax())
    is_crisis = 1 - float(chances["crisis"][0]) >= thresholds.crisis - ROUNDING
    sure = now >= thresholds.now - ROUNDING
    return Verdict(
        emergency=kind if sure else None,
        perhaps=not sure and danger >= thresholds.danger - ROUNDING,
        suspected=kind,
        crisis=CRISIS_KINDS[crisis] if is_crisis else None,
        now=now,
        danger=danger,
    )


def head_softmax(logits: FloatArray) -> FloatArray:
    """Return the probabilities within each of ``HEADS``, shape (columns of all heads,)."""
    highest = np.maximum.reduceat(logits, _FIRST_COLUMNS)[_HEAD_OF_COLUMN]
    powers = np.exp(logits - highest)
    return np.asarray(powers / np.add.reduceat(powers, _FIRST_COLUMNS)[_HEAD_OF_COLUMN], np.float32)


def detector_features(question: Question, lexicon: Lexicon) -> set[str]:
    """Return the distinct features of a question for the detectors."""
    if not question.clauses:
        return set()
    text = _ends(question.text)
    features = {token for token in question.tokens if _is_word(token)}
    features.update(f"w{token}" for token in question.tokens if token.isascii())
    features.update(_cue_features(question, lexicon))
    features.update(_grams(_framed(text), LONGEST_GRAM, ""))
    features.update(_grams(_outline(question, text, lexicon), LONGEST_GRAM, "~"))
    features.update(_grams(question.clauses[0][:END_CHARACTERS], LONGEST_OF_FIRST, "<"))
    features.update(_grams(question.clauses[-1][-END_CHARACTERS:], LONGEST_OF_LAST, ">"))
    return features


def _gram_features(question: Question, lexicon: Lexicon) -> Numbers:
    """Return the numbers of the same grams as ``detector_features``; some come twice."""
    text = _ends(question.text)
    framed, outline = _framed(text), _outline(question, text, lexicon)
    first, last = question.clauses[0][:END_CHARACTERS], question.clauses[-1][-END_CHARACTERS:]
    running = running_numbers("".join((framed, first, last, *outline)))
    a, b, c = accumulate((len(framed), len(first), len(last)))
    edges = np.array([*accumulate(map(len, outline), initial=c)])
    return np.concatenate(
        (
            gram_numbers(running, slice(a + 1), LONGEST_GRAM),
            gram_numbers(running, slice(a, b + 1), LONGEST_OF_FIRST, "<"),
            gram_numbers(running, slice(b, c + 1), LONGEST_OF_LAST, ">"),
            gram_numbers(running, edges, LONGEST_GRAM, "~"),
        )
    )


def _framed(text: str) -> str:
    return f"^{text.replace(' ', '')}$"


def _outline(question: Question, text: str, lexicon: Lexicon) -> list[str]:
    """Return the text in concepts: 「屋头燃起来了」 and 「厨房烧起来了」 share their grams."""
    plain = question.plain if text is question.text else lexicon.dialect.replace(text)
    return ["^", *lexicon.concepts.outline(plain.replace(" ", "")), "$"]


def _ends(text: str) -> str:
    if len(text) <= 2 * GRAM_WINDOW:
        return text
    return f"{text[:GRAM_WINDOW]} {text[-GRAM_WINDOW:]}"


def _grams(parts: Sequence[str], longest: int, mark: str) -> list[str]:
    return [
        mark + "".join(parts[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(parts) - size + 1)
    ]


def _is_word(token: str) -> bool:
    """Whether a token is a feature as it stands; characters are among the grams."""
    return "'" in token or token[0] == "="


def _rows_by_token(vocabulary: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the tokens that give rise to a feature, each with its row; some have two."""
    as_they_stand = [(word, row) for word, row in vocabulary.items() if _is_word(word)]
    marked = [
        (word[1:], row)
        for word, row in vocabulary.items()
        if word[0] == "w" and len(word) > 1 and word.isascii()
    ]
    return as_they_stand + marked


def _cue_features(question: Question, lexicon: Lexicon) -> Iterator[str]:
    """Yield a flag for each group of cues, for those of the last clause, for pairs, for order.

    The last is the length.
    """
    clauses, cues_in = question.clauses, lexicon.cues.found_in
    if len(clauses) > 24:
        clauses = (*clauses[:12], *clauses[-12:])
    by_clause = [[*cues_in(clause)] for clause in clauses]
    order = [*chain.from_iterable(by_clause)]
    cues = sorted(set(order))
    yield from (f"@{cue}" for cue in cues)
    yield from (f"@{cue}>" for cue in by_clause[-1])
    yield from (f"@{first}&{second}" for first, second in combinations(cues, 2))
    yield from (f"@{first},{second}" for first, second in pairwise(order))
    yield f"#{min(len(question.text) // 10, 12)}"
