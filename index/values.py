"""Values that pass between the parts of the search core, and the errors they raise."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IdArray = NDArray[np.int64]
Numbers = NDArray[np.uint64]

# A fitted threshold is the score of some line; how its sum was rounded must not decide on it.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Utterance:
    """One authored way to ask about a topic, and the voice it is written in."""

    text: str
    register: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be found: an entry's id, title, answer text and authored questions."""

    id: str
    title: str
    text: str
    utterances: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One message, taken apart once and handed to every model.

    ``text`` is normalised, ``plain`` the same without dialect; ``clauses`` are the parts of
    ``text`` between punctuation; ``tokens`` are the features of ``index.text.featurize``,
    repeated as often as they occur, and ``numbers`` are theirs (``index.grams``), by which
    tables are asked.
    """

    text: str
    plain: str
    clauses: tuple[str, ...]
    tokens: tuple[str, ...]
    numbers: Numbers = field(repr=False, compare=False)


class Zone(StrEnum):
    """What a ranking is good for."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every topic, best first, and how far the first can be trusted.

    ``topics`` pairs an id with its probability among the topics (they sum to 1);
    ``confidence`` is the probability that the first topic is a right answer, ``known``
    that the question lies within the topics at all. All three lie in [0, 1].
    """

    topics: tuple[tuple[str, float], ...]
    zone: Zone
    confidence: float
    known: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the detectors make of a message.

    ``emergency`` is set when it is happening now; ``perhaps`` when it may be, and then
    ``suspected`` names the kind. ``crisis`` is self_harm, arson, recipe or None.
    ``now`` and ``danger`` are the probabilities behind the first two (danger = now or perhaps).
    """

    emergency: str | None
    perhaps: bool
    suspected: str
    crisis: str | None
    now: float
    danger: float


class SearchError(Exception):
    """Base of what the search core raises; ``permanent`` says whether retrying is vain."""

    permanent = True


class ModelDamaged(SearchError):
    """A file of a trained model is missing or unreadable."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"the model at {path} cannot be used ({reason}): "
            "install the package again, or run `lifeline index train`"
        )


class DimensionMismatch(SearchError):
    """Vectors from two different encoders met."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"the index holds vectors of {expected} numbers, the encoder makes {found}: "
            "rebuild the index with `lifeline index build`"
        )


class IndexDamaged(SearchError):
    """A built artefact is missing or cannot be read; building it again mends that."""

    permanent = False

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the index at {path} cannot be used ({reason}): build it again")


class EncoderMissing(SearchError):
    """A hub model is configured, but what loads it is not installed."""

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(
            f"{model} needs the extra `encoder` (pip install 'lifeline-fire-safety[encoder]')"
        )


class CorpusError(SearchError):
    """An authored corpus line cannot be read."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}:{line}: {problem}; mend the line")
