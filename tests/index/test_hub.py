"""A hub model in place of our rows, with a tiny transformer made here: nothing is fetched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.artefacts import open_searcher
from index.model import Model, load_model
from index.text import analyse
from index.values import DimensionMismatch, EncoderMissing, Topic, Utterance
from tests.index.samples import TEXTS

transformers = pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")
hub = pytest.importorskip("index.hub")

pytestmark = pytest.mark.torch

WIDTH = 32
SMALL = hub.TrainingOptions(seed=3, epochs=4, variants=2)


@pytest.fixture(scope="module")
def tiny_transformer(topics: list[Topic], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved BERT of one layer over the characters of the topics."""
    folder = tmp_path_factory.mktemp("transformer")
    characters = sorted({character for topic in topics for character in topic.title + topic.text})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(vocab={word: row for row, word in enumerate(words)})
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    tokenizer.model_max_length = 128
    tokenizer.save_pretrained(folder)
    transformers.BertModel(config).eval().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def sources(corpora: tuple[Path, Path]) -> object:
    return hub.Sources(*corpora)


@pytest.fixture(scope="module")
def fitted(
    tiny_transformer: Path,
    topics: list[Topic],
    sources: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Model, object]:
    folder = tmp_path_factory.mktemp("fitted")
    return folder, *hub.open_hub_model(str(tiny_transformer), topics, sources, folder, SMALL)


def test_its_vectors_take_the_place_of_ours(
    fitted: tuple[Path, Model, hub.HubEncoder], topics: list[Topic], tmp_path: Path
) -> None:
    _, model, encoder = fitted
    searcher = open_searcher(model, topics, tmp_path, encoder)

    assert model.static is None
    assert searcher.scorer.retrieval.centroids.flat.d == WIDTH
    assert searcher.rank(analyse("软管多久换一次")).topics[0][0] == "gas.hose_life"


def test_the_model_remembers_its_encoder(
    fitted: tuple[Path, Model, hub.HubEncoder], tiny_transformer: Path
) -> None:
    folder, model, _ = fitted

    assert model.training.encoder == str(tiny_transformer)
    assert load_model(folder).training.encoder == str(tiny_transformer)


def test_what_was_fitted_is_not_fitted_again(
    fitted: tuple[Path, Model, hub.HubEncoder],
    tiny_transformer: Path,
    topics: list[Topic],
    sources: object,
) -> None:
    folder, model, _ = fitted
    again, _ = hub.open_hub_model(str(tiny_transformer), topics, sources, folder, SMALL)

    assert again.fingerprint == model.fingerprint


def test_new_utterances_are_fitted(
    fitted: tuple[Path, Model, hub.HubEncoder],
    tiny_transformer: Path,
    topics: list[Topic],
    sources: object,
    tmp_path: Path,
) -> None:
    folder, model, _ = fitted
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    said = (*topics[0].utterances, Utterance("从来没有人问过的一句话", "child"))
    more = [Topic(topics[0].id, topics[0].title, topics[0].text, said), *topics[1:]]
    again, _ = hub.open_hub_model(str(tiny_transformer), more, sources, tmp_path, SMALL)

    assert again.fingerprint != model.fingerprint


def test_vectors_have_length_one(fitted: tuple[Path, Model, hub.HubEncoder]) -> None:
    _, _, encoder = fitted
    vectors = encoder.encode_all([analyse("煤气"), analyse("软管老化"), analyse("")])

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_remembered_vectors_are_the_same(fitted: tuple[Path, Model, hub.HubEncoder]) -> None:
    _, _, encoder = fitted
    questions = [analyse(title) for title, _, _ in TEXTS.values()]
    remembering = encoder.remembering(questions)

    assert remembering.name == encoder.name
    for question in questions:
        assert remembering.encode(question) == pytest.approx(encoder.encode(question), abs=1e-5)


def test_our_index_refuses_its_vectors(
    fitted: tuple[Path, Model, hub.HubEncoder], model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    searcher = open_searcher(model, topics, tmp_path)

    with pytest.raises(DimensionMismatch):
        searcher.scorer.retrieval.centroids.cosines(fitted[2].encode(analyse("煤气")))


def test_without_its_encoder_it_cannot_be_searched(
    fitted: tuple[Path, Model, hub.HubEncoder], topics: list[Topic], tmp_path: Path
) -> None:
    with pytest.raises(EncoderMissing):
        open_searcher(fitted[1], topics, tmp_path)


def test_without_the_extra_the_error_names_it() -> None:
    script = (
        "import sys\n"
        "sys.modules['sentence_transformers'] = None\n"
        "try:\n"
        "    import index.hub\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout.startswith("EncoderMissing")
    assert "lifeline-fire-safety[encoder]" in run.stdout
