"""Training on the small world: what the shipped model's training does, in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.artefacts import open_searcher
from index.model import Model, load_model, newer_share
from index.text import analyse, featurize
from index.values import CorpusError, Topic, Zone
from tests.index.samples import EMERGENCIES, OUTSIDE, TEXTS

pytest.importorskip("torch")
sentence_transformers = pytest.importorskip("sentence_transformers")
training = pytest.importorskip("index.training")

pytestmark = pytest.mark.torch

SMALL = training.TrainingOptions(seed=3, steps=60, epochs=6, variants=3, dimensions=16)
TEXT = [text for _, _, said in TEXTS.values() for text in said] + [
    *OUTSIDE,
    "",
    "zzz 从未见过的字鑫淼焱",
]


@pytest.fixture(scope="module")
def sources(corpora: tuple[Path, Path]) -> object:
    return training.Sources(*corpora)


@pytest.fixture(scope="module")
def folder(topics: list[Topic], sources: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    training.train(topics, sources, out, SMALL)
    return out


@pytest.fixture(scope="module")
def trained(folder: Path) -> Model:
    return load_model(folder)


@pytest.fixture(scope="module")
def exported(trained: Model, tmp_path_factory: pytest.TempPathFactory) -> object:
    out = tmp_path_factory.mktemp("exported")
    training.export_for_sentence_transformers(trained.static, out)
    return sentence_transformers.SentenceTransformer(str(out), device="cpu")


def test_the_same_seed_trains_the_same_model(
    trained: Model, topics: list[Topic], sources: object, tmp_path: Path
) -> None:
    training.train(topics[::-1], sources, tmp_path, SMALL)

    assert load_model(tmp_path).fingerprint == trained.fingerprint


def test_another_seed_trains_another_model(
    trained: Model, topics: list[Topic], sources: object, tmp_path: Path
) -> None:
    training.train(topics, sources, tmp_path, replace(SMALL, seed=4, steps=5))

    assert load_model(tmp_path).fingerprint != trained.fingerprint


def test_the_model_finds_what_it_was_taught(
    trained: Model, topics: list[Topic], tmp_path: Path
) -> None:
    searcher = open_searcher(trained, topics, tmp_path)
    first = [
        searcher.rank(analyse(said)).topics[0][0] == name
        for name, (_, _, utterances) in TEXTS.items()
        for said in utterances
    ]

    assert np.mean(first) >= 0.95


def test_out_of_scope_is_not_answered(trained: Model, topics: list[Topic], tmp_path: Path) -> None:
    searcher = open_searcher(trained, topics, tmp_path)
    zones = [searcher.rank(analyse(text)).zone for text in OUTSIDE]

    assert zones.count(Zone.ANSWER) <= 1


def test_emergencies_are_recalled(trained: Model) -> None:
    found = [trained.detector.judge(analyse(text)).emergency for text, _ in EMERGENCIES]

    assert None not in found


def test_the_figures_of_the_run_are_kept(trained: Model) -> None:
    assert trained.training.figures["recall_1"] >= 0.9
    assert trained.training.figures["questions"] == 12
    assert trained.training.seed == 3


def test_the_model_knows_its_utterances(trained: Model, topics: list[Topic]) -> None:
    assert newer_share(trained.training, topics) == 0


@pytest.mark.parametrize("text", TEXT)
def test_sentence_transformers_makes_the_same_vectors(
    trained: Model, exported: sentence_transformers.SentenceTransformer, text: str
) -> None:
    """Unknown features and texts without any feature included."""
    assert trained.static is not None
    question = analyse(text)
    ours = trained.static.mean(trained.vocabulary.ids(question.tokens))
    theirs = exported.encode(" ".join(featurize(text)), show_progress_bar=False)

    assert ours == pytest.approx(theirs, abs=1e-5)


def test_the_static_rows_are_bytes(trained: Model) -> None:
    assert trained.static is not None
    assert trained.static.rows.dtype == np.int8
    assert trained.static.rows.shape == (len(trained.vocabulary.rows), 16)


def test_a_malformed_corpus_stops_the_training(
    topics: list[Topic], corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    for path in corpora[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "crisis.jsonl").write_text("{", encoding="utf-8")

    with pytest.raises(CorpusError, match="crisis"):
        training.train(topics, training.Sources(tmp_path, corpora[1]), tmp_path / "out", SMALL)

    assert not (tmp_path / "out").exists()
