"""The fast ways give what the plain ones give, over every line that was ever authored."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.preparing import open_library, topics_of
from index.artefacts import open_searcher
from index.corpus import SHIPPED_CORPUS, SHIPPED_HELD_BACK, read_corpus, read_held_back
from index.detector import detector_features
from index.lexicon import shipped_lexicon
from index.model import SHIPPED_MODEL, Model, load_model
from index.search import Searcher
from index.text import analyse
from index.values import FloatArray, Question

ANY = st.text("着火煤气漏了meiqi119 ，。'=~<>^$", max_size=80)


def authored() -> Iterator[str]:
    held, corpus = read_held_back(SHIPPED_HELD_BACK), read_corpus(SHIPPED_CORPUS)
    yield from (asked.text for asked in held.in_scope)
    for lines in (held.emergencies, held.look_alikes, held.out_of_scope):
        yield from (line.text for line in lines)
    for name in corpus.__slots__:
        yield from (line.text for line in getattr(corpus, name))
    yield from ("", "。", "火" * 900, "gas leak meiqi 119", "我昨晚闻到煤气味，" * 200)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [analyse(text) for text in authored()]


@cache
def shipped() -> Model:
    return load_model(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped()


@pytest.fixture(scope="module")
def searcher(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder: Path = tmp_path_factory.mktemp("index")
    library = open_library(folder)
    assert library is not None
    return open_searcher(model, topics_of(library), folder)


def plain_rows(model: Model, question: Question) -> set[int]:
    vocabulary = model.detector.vocabulary
    features = detector_features(question, shipped_lexicon())
    return {vocabulary[feature] for feature in features if feature in vocabulary}


def plain_bm25(searcher: Searcher, question: Question) -> FloatArray:
    lexical = searcher.scorer.retrieval.lexical
    scores = np.zeros(lexical.topic_count, np.float64)
    for token in question.tokens:
        row = lexical.vocabulary.get(token)
        if row is not None:
            postings = slice(lexical.starts[row], lexical.starts[row + 1])
            scores[lexical.topics[postings]] += lexical.weights[postings]
    return scores.astype(np.float32)


def test_the_detector_sees_the_same_features(model: Model, questions: list[Question]) -> None:
    for question in questions:
        found = model.detector.rows(question).tolist()

        assert found == sorted(plain_rows(model, question)), question.text


@given(ANY)
def test_the_detector_sees_the_same_in_any_text(text: str) -> None:
    model, question = shipped(), analyse(text)

    assert set(model.detector.rows(question).tolist()) == plain_rows(model, question)


def test_every_topic_has_the_same_scores(
    model: Model, searcher: Searcher, questions: list[Question]
) -> None:
    scorer = searcher.scorer
    for question in questions[::7]:
        found, ids = scorer.evidence(question), model.vocabulary.ids(question.tokens)
        classes = scorer.classifier.log_probabilities(ids)
        cosines = scorer.retrieval.centroids.nearest(scorer.encoder.encode(question), 10_000)

        assert found.lexical == pytest.approx(plain_bm25(searcher, question), rel=1e-6)
        assert found.classified == pytest.approx(classes[scorer.columns], rel=1e-5, abs=1e-5)
        by_topic = dict(zip(scorer.retrieval.topics, found.vector.tolist(), strict=True))
        assert by_topic == pytest.approx(dict(cosines), abs=1e-6)
        assert (found.length, found.familiar) == pytest.approx(
            (len(ids), float((ids > 0).mean()) if len(ids) else 0.0)
        )
