from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.bm25 import K1, B, build_bm25

DOCUMENTS = [["火", "火", "烟"], ["气", "烟"], ["车", "车", "车", "气"]]
TOKENS = st.lists(st.sampled_from(["火", "烟", "气", "车", "无"]), max_size=12)


def by_definition(documents: list[list[str]], tokens: list[str]) -> list[float]:
    """BM25 as the textbook writes it, one document at a time."""
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for token in tokens:
            holding = sum(token in other for other in documents)
            times = document.count(token)
            if not times:
                continue
            rarity = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            damping = K1 * (1 - B + B * len(document) / mean)
            score += rarity * times * (K1 + 1) / (times + damping)
        scores.append(score)
    return scores


@given(TOKENS)
def test_scores_follow_the_definition(tokens: list[str]) -> None:
    scores = build_bm25(DOCUMENTS).scores(tokens)

    assert scores == pytest.approx(by_definition(DOCUMENTS, tokens), abs=1e-5)


@pytest.mark.parametrize("tokens", [[], ["无"]], ids=["nothing", "unknown"])
def test_without_known_features_every_score_is_zero(tokens: list[str]) -> None:
    assert build_bm25(DOCUMENTS).scores(tokens).tolist() == [0, 0, 0]


def test_common_and_rare_features_are_added_up_alike() -> None:
    documents = [["常", f"稀{place}", f"稀{place % 5}"] for place in range(20)]
    tokens = ["常", "稀3", "稀3", "稀17", "无"]

    scores = build_bm25(documents).scores(tokens)

    assert scores == pytest.approx(by_definition(documents, tokens), abs=1e-5)


def test_a_rare_feature_outweighs_a_common_one() -> None:
    scores = build_bm25([["常", "稀"], ["常"], ["常"]]).scores(["稀"])

    assert int(np.argmax(scores)) == 0
    assert scores[1] == 0


def test_a_repeated_feature_counts_again() -> None:
    index = build_bm25(DOCUMENTS)

    assert index.scores(["火", "火"])[0] == pytest.approx(2 * index.scores(["火"])[0])


def test_one_empty_document_is_allowed() -> None:
    assert build_bm25([[]]).scores(["火"]).tolist() == [0]
