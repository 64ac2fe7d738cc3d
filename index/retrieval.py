"""What is searched: the topics taken apart, their BM25 index and their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.bm25 import TopicBm25, build_bm25
from index.embedding import Encoder, unit
from index.text import analyse
from index.values import Question, Topic
from index.vectors import VectorIndex, centroids, index_vectors

ANSWER_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Document:
    """A topic whose texts have been analysed."""

    id: str
    title: Question
    text: Question
    utterances: tuple[Question, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """All features of the topic: title, answer and utterances."""
        parts = (self.title, self.text, *self.utterances)
        return tuple(token for part in parts for token in part.tokens)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """All parts speak of the same topics, in the order of ``topics``."""

    topics: tuple[str, ...]
    lexical: TopicBm25
    centroids: VectorIndex
    utterances: VectorIndex


def analyse_topics(topics: Sequence[Topic]) -> list[Document]:
    """Return the topics with every text taken apart, sorted by id."""
    return [
        Document(
            topic.id,
            analyse(topic.title),
            analyse(topic.text),
            tuple(analyse(utterance.text) for utterance in topic.utterances),
        )
        for topic in sorted(topics, key=lambda topic: topic.id)
    ]


def build_retrieval(documents: Sequence[Document], encoder: Encoder) -> Retrieval:
    """Return what a scorer searches, made from scratch.

    Args:
        documents: at least one, each id once.
        encoder: makes the vectors; questions must later be encoded by the same one.
    """
    ids = tuple(document.id for document in documents)
    passages = [
        (document.id, question)
        for document in documents
        for question in (document.title, *document.utterances)
    ]
    labels = [label for label, _ in passages]
    vectors = encoder.encode_all([question for _, question in passages])
    texts = encoder.encode_all([document.text for document in documents])
    # The answer's text says once what thirty utterances ask: it counts as a quarter of them.
    blended = unit(centroids(vectors, labels, ids) + np.float32(ANSWER_WEIGHT) * texts)
    return Retrieval(
        topics=ids,
        lexical=build_bm25([document.tokens for document in documents]),
        centroids=index_vectors(blended, ids),
        utterances=index_vectors(vectors, labels),
    )
