from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index.corpus import read_corpus
from index.detector import CRISIS_KINDS, EMERGENCY_KINDS, HEADS
from index.examples import (
    NONE,
    NOW,
    PERHAPS,
    UNLABELLED,
    Example,
    detector_examples,
    even_weights,
    head_slices,
    without_hidden_emergencies,
)
from index.values import Topic


@pytest.fixture(scope="module")
def made(topics: list[Topic], corpora: tuple[Path, Path]) -> tuple[dict[str, int], list[Example]]:
    return detector_examples(topics, read_corpus(corpora[0]), variants=2, seed=1)


def of(examples: list[Example], source: str) -> list[Example]:
    return [example for example in examples if example.source == source]


def test_every_line_is_an_example(made: tuple[dict[str, int], list[Example]]) -> None:
    counts = Counter(example.source for example in made[1])

    assert counts == {
        "emergency": 6,
        "perhaps": 3,
        "look_alike": 6,
        "crisis": 3,
        "crisis_look_alike": 2,
        "out_of_scope": 8,
        "topic": 36,
    }


@pytest.mark.parametrize(
    ("source", "urgency", "kind"),
    [
        ("emergency", NOW, EMERGENCY_KINDS.index("fire")),
        ("perhaps", PERHAPS, EMERGENCY_KINDS.index("fire")),
        ("look_alike", NONE, EMERGENCY_KINDS.index("fire")),
        ("crisis", UNLABELLED, UNLABELLED),
        ("out_of_scope", NONE, UNLABELLED),
        ("topic", NONE, UNLABELLED),
    ],
)
def test_labels(
    made: tuple[dict[str, int], list[Example]], source: str, urgency: int, kind: int
) -> None:
    assert of(made[1], source)[0].labels[:2] == (urgency, kind)


def test_crisis_lines_name_their_kind(made: tuple[dict[str, int], list[Example]]) -> None:
    labels = [example.labels[2] for example in of(made[1], "crisis")]

    assert [HEADS["crisis"][label] for label in labels] == list(CRISIS_KINDS)


def test_lines_at_the_boundary_have_variants(
    made: tuple[dict[str, int], list[Example]],
) -> None:
    assert {len(one.variants) for one in of(made[1], "emergency")} == {2}
    assert {len(one.variants) for one in of(made[1], "topic")} == {0}


def test_rows_are_those_of_the_vocabulary(made: tuple[dict[str, int], list[Example]]) -> None:
    vocabulary, examples = made

    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    for example in examples:
        assert sorted(set(example.rows)) == example.rows.tolist()
        assert not len(example.rows) or example.rows.max() < len(vocabulary)


def test_the_same_seed_makes_the_same_examples(
    made: tuple[dict[str, int], list[Example]], topics: list[Topic], corpora: tuple[Path, Path]
) -> None:
    _, again = detector_examples(topics, read_corpus(corpora[0]), variants=2, seed=1)

    for one, other in zip(made[1], again, strict=True):
        assert one.rows.tolist() == other.rows.tolist()
        assert [rows.tolist() for rows in one.variants] == [
            rows.tolist() for rows in other.variants
        ]


def test_topic_utterances_that_sound_like_danger_teach_no_urgency(
    made: tuple[dict[str, int], list[Example]],
) -> None:
    examples = made[1]
    danger = np.full(len(examples), 0.9, np.float32)
    cleaned = without_hidden_emergencies(examples, danger)

    assert {one.labels for one in of(cleaned, "topic")} == {(UNLABELLED, UNLABELLED, 0)}
    assert of(cleaned, "look_alike") == of(examples, "look_alike")


def test_calm_topic_utterances_keep_their_label(
    made: tuple[dict[str, int], list[Example]],
) -> None:
    calm = np.zeros(len(made[1]), np.float32)

    assert without_hidden_emergencies(made[1], calm) == made[1]


def test_head_slices_cover_all_columns() -> None:
    slices = head_slices()

    assert slices[0].start == 0
    assert [one.stop - one.start for one in slices] == [len(names) for names in HEADS.values()]
    assert [one.start for one in slices[1:]] == [one.stop for one in slices[:-1]]


@pytest.mark.parametrize("count", [0, 1, 9])
def test_even_weights_have_length_one(count: int) -> None:
    weights = even_weights(np.arange(count))

    assert float(weights @ weights) == pytest.approx(1 if count else 0)
