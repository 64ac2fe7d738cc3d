from __future__ import annotations

from pathlib import Path

import pytest

from index.corpus import read_corpus
from index.embedding import UNKNOWN
from index.samples import LEAST_COUNT, OUTSIDE, Material, folds, gather
from index.values import Topic
from tests.index.samples import OUTSIDE as OUTSIDE_LINES


@pytest.fixture(scope="module")
def material(topics: list[Topic], corpora: tuple[Path, Path]) -> Material:
    return gather(topics, read_corpus(corpora[0]), variants=4, seed=1)


def test_every_utterance_is_a_sample_of_its_topic(material: Material, topics: list[Topic]) -> None:
    counts = [
        sum(sample.topic == row for sample in material.samples)
        for row in range(len(material.documents))
    ]

    assert counts == [len(topic.utterances) for topic in sorted(topics, key=lambda one: one.id)]


def test_lines_out_of_scope_and_idioms_are_samples_of_none(material: Material) -> None:
    outside = [sample.authored.text for sample in material.samples if sample.topic == OUTSIDE]

    assert len(outside) == len(OUTSIDE_LINES) + 1
    assert "气得我火冒三丈" in outside
    assert "消防演练什么时候" not in outside


def test_forms_are_the_line_and_its_variants(material: Material) -> None:
    sample = material.samples[0]

    assert sample.forms[0] is sample.authored
    assert len(sample.forms) == 5


def test_the_same_seed_gathers_the_same(
    material: Material, topics: list[Topic], corpora: tuple[Path, Path]
) -> None:
    again = gather(topics[::-1], read_corpus(corpora[0]), variants=4, seed=1)

    assert again == material


def test_a_part_drops_utterances_from_its_documents(material: Material) -> None:
    part = material.only(lambda place: place % 2 == 0)

    assert len(part.samples) == (len(material.samples) + 1) // 2
    assert [len(document.utterances) for document in part.documents] == [3] * 6
    assert [document.text for document in part.documents] == [
        document.text for document in material.documents
    ]


def test_a_vocabulary_begins_with_the_unknown_feature(material: Material) -> None:
    rows = material.vocabulary().rows

    assert rows[UNKNOWN] == 0
    assert sorted(rows.values()) == list(range(len(rows)))


def test_features_met_once_are_left_out(material: Material) -> None:
    texts = [document.title for document in material.documents]
    texts += [document.text for document in material.documents]
    texts += [sample.authored for sample in material.samples]

    for token in material.vocabulary().rows:
        if token != UNKNOWN:
            assert sum(token in text.tokens for text in texts) >= LEAST_COUNT


@pytest.mark.parametrize(("count", "parts"), [(10, 3), (3, 3), (7, 2)])
def test_folds_are_even(count: int, parts: int) -> None:
    part = folds(count, parts, seed=1)
    sizes = [part.count(fold) for fold in range(parts)]

    assert max(sizes) - min(sizes) <= 1
    assert part == folds(count, parts, seed=1)
    assert sum(sizes) == count
