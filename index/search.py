"""One question against all topics: three scores, fused, judged."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from index.classifier import OUT_OF_SCOPE, TopicClassifier
from index.embedding import Encoder, StaticEncoder, Vocabulary
from index.fusion import Fusion
from index.gate import Evidence, Gate, measure
from index.grams import GramTable, Places, gram_table
from index.retrieval import Retrieval
from index.values import FloatArray, IdArray, Numbers, Question, Ranking


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Where each feature stands, in the trained models and in BM25, by one look-up.

    Row i of ``rows``, shape (features, 2), belongs to row i of ``table``: the row in the model's
    vocabulary, 0 for none, and that in BM25's, -1 for none.
    """

    table: GramTable
    rows: Places

    def of(self, numbers: Numbers) -> tuple[IdArray, IdArray]:
        """Return the trained row of each feature, 0 for unknown ones, and the BM25 rows known.

        Neither is in the order of ``numbers``, but each row comes as often as its feature.
        """
        trained, lexical = self.rows.take(self.table.found(numbers), axis=0).T
        ids = np.zeros(len(numbers), np.int64)
        ids[: len(trained)] = trained
        return ids, lexical[lexical >= 0].astype(np.int64)


def feature_rows(trained: Mapping[str, int], lexical: Mapping[str, int]) -> FeatureRows:
    """Return the features of both vocabularies in one table."""
    features = [*dict.fromkeys((*trained, *lexical))]
    rows = [(trained.get(feature, 0), lexical.get(feature, -1)) for feature in features]
    return FeatureRows(gram_table(features), np.array(rows, np.int32).reshape(-1, 2))


@dataclass(frozen=True, slots=True)
class Scorer:
    """Turns a question into evidence; needs no gate, so training can use it on folds."""

    retrieval: Retrieval
    vocabulary: Vocabulary
    classifier: TopicClassifier
    encoder: Encoder
    fusion: Fusion
    columns: IdArray = field(init=False)
    _features: FeatureRows = field(init=False, repr=False, compare=False)
    _classless: IdArray = field(init=False, repr=False, compare=False)
    _outside: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = self.classifier.columns(self.retrieval.topics)
        features = feature_rows(self.vocabulary.rows, self.retrieval.lexical.vocabulary)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "_features", features)
        object.__setattr__(self, "_classless", np.flatnonzero(columns < 0))
        object.__setattr__(self, "_outside", self.classifier.classes.index(OUT_OF_SCOPE))

    def evidence(self, question: Question) -> Evidence:
        """Return every topic's scores for ``question``."""
        ids, rows = self._features.of(question.numbers)
        classes = self.classifier.log_probabilities(ids)
        classified = classes.take(self.columns)
        classified[self._classless] = np.nan
        lexical = self.retrieval.lexical.row_scores(rows)
        vector = self.retrieval.centroids.cosines(self._encoded(question, ids))
        fused = self.fusion.combine(lexical, classified, vector)
        return Evidence(
            lexical=lexical,
            classified=classified,
            vector=vector,
            fused=self.fusion.probabilities(fused),
            in_scope=self._in_scope(classes),
            length=len(ids),
            familiar=np.count_nonzero(ids) / max(len(ids), 1),
        )

    def _encoded(self, question: Question, ids: IdArray) -> FloatArray:
        encoder = self.encoder
        if isinstance(encoder, StaticEncoder) and encoder.vocabulary is self.vocabulary:
            return encoder.encode_ids(ids)
        return encoder.encode(question)

    def _in_scope(self, classes: FloatArray) -> float:
        outside = math.exp(float(classes[self._outside]))
        outside = min(max(outside, 1e-6), 1 - 1e-6)
        return math.log((1 - outside) / outside)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Ranks the topics for a question; made once, used from any thread."""

    scorer: Scorer
    gate: Gate

    def rank(self, question: Question) -> Ranking:
        """Return all topics, best first, with the zone of the whole ranking.

        A question without any feature (blank, emoji, punctuation) is declined.
        """
        evidence = self.scorer.evidence(question)
        # Lists: indexing numpy scalars one by one would cost as much as the scoring.
        order = np.argsort(-evidence.fused, kind="stable").tolist()
        scores = evidence.fused[order].tolist()
        ids = self.scorer.retrieval.topics
        measures = measure(evidence)
        known = self.gate.known.probability(measures) if question.tokens else 0.0
        right = self.gate.right.probability(measures) if question.tokens else 0.0
        return Ranking(
            topics=tuple(zip(map(ids.__getitem__, order), scores, strict=True)),
            zone=self.gate.thresholds.zone(known, right),
            confidence=right,
            known=known,
        )

    def similar_utterances(self, question: Question, k: int) -> list[tuple[str, float]]:
        """Return the topics of the ``k`` nearest authored utterances with their cosines."""
        vector = self.scorer.encoder.encode(question)
        return self.scorer.retrieval.utterances.nearest(vector, k)
