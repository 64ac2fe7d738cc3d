from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.corpus import read_corpus
from index.fusion import Fusion
from index.gate import Gate
from index.judging import (
    Unseen,
    fit_fusion,
    fit_gate_thresholds,
    fit_judges,
    judge_all,
    out_of_fold,
)
from index.retrieval import build_retrieval
from index.samples import OUTSIDE, Material, gather
from index.search import Scorer, Searcher
from index.text import analyse
from index.values import Topic
from tests.index import samples


class Learner:
    """Makes a scorer without torch, and remembers what each fold was taught."""

    def __init__(self, world: list[Topic]) -> None:
        self.world = world
        self.taught: list[set[str]] = []

    def __call__(self, material: Material) -> Scorer:
        self.taught.append({sample.authored.text for sample in material.samples})
        vocabulary = samples.tiny_vocabulary(self.world)
        encoder = samples.tiny_encoder(vocabulary)
        classifier = samples.tiny_classifier(self.world, vocabulary)
        retrieval = build_retrieval(material.documents, encoder)
        return Scorer(retrieval, vocabulary, classifier, encoder, Fusion())


@pytest.fixture(scope="module")
def material(topics: list[Topic], corpora: tuple[Path, Path]) -> Material:
    return gather(topics, read_corpus(corpora[0]), variants=0, seed=1)


@pytest.fixture(scope="module")
def unseen(topics: list[Topic], material: Material) -> list[Unseen]:
    return out_of_fold(material, Learner(topics), parts=3, seed=1)


@pytest.fixture(scope="module")
def gate(unseen: list[Unseen]) -> Gate:
    return fit_judges(unseen, fit_fusion(unseen))


def test_every_sample_is_seen_once(unseen: list[Unseen], material: Material) -> None:
    assert sorted(one.topic for one in unseen) == sorted(one.topic for one in material.samples)


def test_no_scorer_was_taught_what_it_judges(topics: list[Topic], material: Material) -> None:
    learner = Learner(topics)
    out_of_fold(material, learner, parts=4, seed=2)
    everything = {sample.authored.text for sample in material.samples}
    withheld = [everything - taught for taught in learner.taught]

    assert sum(len(part) for part in withheld) == len(everything)
    assert set().union(*withheld) == everything


def test_judges_tell_in_scope_from_out(
    gate: Gate, unseen: list[Unseen], searcher: Searcher
) -> None:
    inside = searcher.scorer.evidence(analyse("厨房一股煤气味先做啥"))
    outside = searcher.scorer.evidence(analyse("推荐一家好吃的火锅店"))
    judged = judge_all(
        gate, searcher.scorer, [(analyse("厨房一股煤气味先做啥"), {3}), (analyse("房价"), set())]
    )

    assert inside.in_scope > outside.in_scope
    assert judged.known[0] > judged.known[1]
    assert judged.outside.tolist() == [False, True]
    assert any(one.topic == OUTSIDE for one in unseen)


def test_right_rows_are_found_first_or_among_three(gate: Gate, searcher: Searcher) -> None:
    place = searcher.scorer.retrieval.topics.index("gas.hose_life")
    question = analyse("橡胶管用了好多年要不要换")
    judged = judge_all(gate, searcher.scorer, [(question, {place}), (question, {place - 1})])

    assert judged.first.tolist() == [True, False]
    assert judged.three[0]


def test_thresholds_serve_the_held_back_questions(gate: Gate, searcher: Searcher) -> None:
    fitted = fit_gate_thresholds(gate, searcher.scorer, samples.held_back())
    served = replace(searcher, gate=fitted)
    zones = [served.rank(analyse(one.text)).zone for one in samples.held_back().in_scope]

    assert np.mean([zone != "decline" for zone in zones]) >= 0.9


def test_questions_about_unknown_topics_are_left_out(gate: Gate, searcher: Searcher) -> None:
    held = samples.held_back()
    strange = replace(held.in_scope[0], topics=("unknown.topic",))
    with_strange = replace(held, in_scope=(*held.in_scope, strange))

    assert fit_gate_thresholds(gate, searcher.scorer, with_strange) == fit_gate_thresholds(
        gate, searcher.scorer, held
    )
