from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.model import Model, Training, load_model, newer_share, save_model, utterance_hashes
from index.text import analyse
from index.values import ModelDamaged, Topic, Utterance

FILES = ("config.json", "tokenizer.json", "classifier.npz", "detector.npz", "static.npz")


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "model")
    return tmp_path / "model"


def test_a_model_is_read_back_whole(model: Model, saved: Path) -> None:
    again = load_model(saved)

    assert again.training == model.training
    assert again.vocabulary == model.vocabulary
    assert again.fusion == model.fusion
    assert again.gate.thresholds == model.gate.thresholds
    assert again.detector.vocabulary == model.detector.vocabulary
    assert again.detector.thresholds == model.detector.thresholds
    assert again.classifier.classes == model.classifier.classes


def test_numbers_are_read_back_exactly(model: Model, saved: Path) -> None:
    again = load_model(saved)
    question = analyse("软管老化要不要换")
    ids = model.vocabulary.ids(question.tokens)

    assert model.static is not None
    assert again.static is not None
    assert again.static.encode(question).tolist() == model.static.encode(question).tolist()
    assert np.array_equal(
        again.classifier.log_probabilities(ids), model.classifier.log_probabilities(ids)
    )
    assert again.detector.judge(question) == model.detector.judge(question)
    assert again.gate.right.weights.tolist() == model.gate.right.weights.tolist()


def test_a_model_for_a_hub_encoder_has_no_rows(model: Model, tmp_path: Path) -> None:
    save_model(replace(model, static=None), tmp_path)

    assert load_model(tmp_path).static is None
    assert not (tmp_path / "static.npz").exists()


def test_the_fingerprint_changes_with_the_content(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path / "one")
    save_model(replace(model, training=replace(model.training, seed=2)), tmp_path / "two")

    assert load_model(tmp_path / "one").fingerprint != load_model(tmp_path / "two").fingerprint


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_damage(saved: Path, name: str) -> None:
    (saved / name).unlink()

    with pytest.raises(ModelDamaged, match="lifeline index train"):
        load_model(saved)


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_damage(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (saved / name).write_bytes(content)

    with pytest.raises(ModelDamaged):
        load_model(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_damage(saved: Path, name: str) -> None:
    (saved / name).write_bytes((saved / name).read_bytes()[:40])

    with pytest.raises(ModelDamaged):
        load_model(saved)


def test_another_format_is_refused(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    config["format"] = 99
    (saved / "config.json").write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(ModelDamaged, match="format 99"):
        load_model(saved)


def test_no_model_at_all_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged) as raised:
        load_model(tmp_path / "nothing")

    assert raised.value.path == tmp_path / "nothing"
    assert raised.value.permanent


@pytest.mark.parametrize(
    ("added", "expected"), [(0, 0.0), (6, 0.5)], ids=["nothing new", "as many again"]
)
def test_newer_share(added: int, expected: float) -> None:
    said = tuple(Utterance(f"第{number}句", "keywords") for number in range(6))
    training = Training(1, utterance_hashes([Topic("a", "", "", said)]), {})
    new = tuple(Utterance(f"新的{number}", "keywords") for number in range(added))

    assert newer_share(training, [Topic("a", "", "", said + new)]) == expected


def test_an_utterance_that_changed_its_topic_is_not_new() -> None:
    said = (Utterance("煤气味", "keywords"),)
    training = Training(1, utterance_hashes([Topic("a", "", "", said)]), {})

    assert newer_share(training, [Topic("b", "", "", said)]) == 0


def test_no_utterances_are_not_newer(topics: list[Topic]) -> None:
    assert newer_share(Training(1, utterance_hashes(topics), {}), []) == 0
