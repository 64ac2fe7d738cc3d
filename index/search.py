"""One question against all topics: three scores, fused, judged."""

from dataclasses import dataclass, field

import numpy as np

from index.classifier import OUT_OF_SCOPE, TopicClassifier
from index.embedding import Encoder, Vocabulary
from index.fusion import Fusion
from index.gate import Evidence, Gate, measure
from index.retrieval import Retrieval
from index.values import FloatArray, IdArray, Question, Ranking


@dataclass(frozen=True, slots=True)
class Scorer:
    """Turns a question into evidence; needs no gate, so training can use it on folds."""

    retrieval: Retrieval
    vocabulary: Vocabulary
    classifier: TopicClassifier
    encoder: Encoder
    fusion: Fusion
    columns: IdArray = field(init=False)

    def __post_init__(self) -> None:
        columns = self.classifier.columns(self.retrieval.topics)
        object.__setattr__(self, "columns", columns)

    def evidence(self, question: Question) -> Evidence:
        """Return every topic's scores for ``question``."""
        ids = self.vocabulary.ids(question.tokens)
        classes = self.classifier.log_probabilities(ids)
        classified = np.where(self.columns >= 0, classes[self.columns], np.float32(np.nan))
        lexical = self.retrieval.lexical.scores(question.tokens)
        vector = self.retrieval.centroids.cosines(self.encoder.encode(question))
        fused = self.fusion.combine(lexical, classified, vector)
        return Evidence(
            lexical=lexical,
            classified=classified,
            vector=vector,
            fused=self.fusion.probabilities(fused),
            in_scope=self._in_scope(classes),
            length=len(ids),
            familiar=float((ids > 0).mean()) if len(ids) else 0.0,
        )

    def _in_scope(self, classes: FloatArray) -> float:
        outside = float(np.exp(classes[self.classifier.classes.index(OUT_OF_SCOPE)]))
        outside = min(max(outside, 1e-6), 1 - 1e-6)
        return float(np.log((1 - outside) / outside))


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
