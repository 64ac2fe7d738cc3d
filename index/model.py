"""The files of a trained model: what ``training`` writes and serving reads.

A model directory holds ``config.json`` (format, seed, thresholds, figures, hashes of the
utterances and of the files), ``tokenizer.json``, ``classifier.npz``, ``detector.npz`` and, for
the static encoder, ``static.npz``; ``training.export_for_sentence_transformers`` writes these rows
as a directory that sentence-transformers loads.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from index.classifier import TopicClassifier
from index.detector import Detector, DetectorThresholds
from index.embedding import UNKNOWN, StaticEncoder, Vocabulary, read_vocabulary
from index.fusion import Fusion
from index.gate import Gate, Judge, Thresholds
from index.values import ModelDamaged, Topic

FORMAT = 1
SHIPPED_MODEL = Path(__file__).parent / "model"


@dataclass(frozen=True, slots=True)
class Training:
    """Where a model comes from: its seed, the texts it has seen, and what it reached.

    ``utterances`` holds a short hash of each utterance by topic; ``encoder`` names a hub
    model, or is empty for our static rows.
    """

    seed: int
    utterances: Mapping[str, Sequence[str]]
    figures: Mapping[str, float]
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything trained, in memory. ``static`` is None when a hub model encodes."""

    training: Training
    vocabulary: Vocabulary
    classifier: TopicClassifier
    fusion: Fusion
    gate: Gate
    detector: Detector
    static: StaticEncoder | None
    fingerprint: str = ""


def text_hash(text: str) -> str:
    """Return the short hash by which a model remembers an utterance."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def utterance_hashes(topics: Sequence[Topic]) -> dict[str, list[str]]:
    """Return the hashes of every topic's utterances, by topic id."""
    return {
        topic.id: sorted(text_hash(utterance.text) for utterance in topic.utterances)
        for topic in topics
    }


def newer_share(training: Training, topics: Sequence[Topic]) -> float:
    """Return the share of the topics' utterances that the model has not seen, in [0, 1]."""
    seen = {text for hashes in training.utterances.values() for text in hashes}
    now = [text for hashes in utterance_hashes(topics).values() for text in hashes]
    return sum(text not in seen for text in now) / max(len(now), 1)


def save_model(model: Model, folder: Path) -> None:
    """Write ``model`` into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(model.vocabulary, folder / "tokenizer.json")
    classifier, detector = model.classifier, model.detector
    np.savez_compressed(
        folder / "classifier.npz",
        weights=classifier.weights,
        scales=classifier.scales,
        bias=classifier.bias,
        rarity=classifier.rarity,
    )
    np.savez_compressed(
        folder / "detector.npz",
        vocabulary=_packed(sorted(detector.vocabulary, key=detector.vocabulary.__getitem__)),
        weights=detector.weights,
        scales=detector.scales,
        bias=detector.bias,
    )
    files = ["tokenizer.json", "classifier.npz", "detector.npz"]
    if model.static is not None:
        files.append("static.npz")
        np.savez_compressed(
            folder / "static.npz", rows=model.static.rows, scales=model.static.scales
        )
    config = _config(model) | {"files": {name: _file_hash(folder / name) for name in files}}
    text = json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path) -> Model:
    """Read the model in ``folder``.

    Raises:
        ModelDamaged: when a file is missing, altered, of another format or unreadable.
    """
    try:
        raw = (folder / "config.json").read_bytes()
        config = json.loads(raw)
        if config["format"] != FORMAT:
            raise ModelDamaged(folder, f"format {config['format']}, expected {FORMAT}")
        for name, expected in config["files"].items():
            if _file_hash(folder / name) != expected:
                raise ModelDamaged(folder / name, "its content has changed")
        return _model(folder, config, hashlib.sha256(raw).hexdigest())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged(folder, f"{type(error).__name__}: {error}") from error


def write_tokenizer(vocabulary: Vocabulary, path: Path) -> Tokenizer:
    """Write the vocabulary as a stock word-level tokenizer over blanks, and return it."""
    tokenizer = Tokenizer(models.WordLevel(dict(vocabulary.rows), unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(path), pretty=False)
    return tokenizer


def _config(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "training": asdict(model.training),
        "classes": list(model.classifier.classes),
        "fusion": asdict(model.fusion),
        "known": _judge_numbers(model.gate.known),
        "right": _judge_numbers(model.gate.right),
        "thresholds": asdict(model.gate.thresholds),
        "detector": asdict(model.detector.thresholds),
    }


def _model(folder: Path, config: Mapping[str, Any], fingerprint: str) -> Model:
    vocabulary = read_vocabulary(folder / "tokenizer.json")
    classifier = _arrays(folder / "classifier.npz")
    detector = _arrays(folder / "detector.npz")
    words = bytes(detector.pop("vocabulary")).decode().split("\n")
    has_static = "static.npz" in config["files"]
    return Model(
        training=Training(**config["training"]),
        vocabulary=vocabulary,
        classifier=TopicClassifier(tuple(config["classes"]), **classifier),
        fusion=Fusion(tuple(config["fusion"]["weights"]), config["fusion"]["sharpness"]),
        gate=Gate(
            _judge(config["known"]), _judge(config["right"]), Thresholds(**config["thresholds"])
        ),
        detector=Detector(
            {word: row for row, word in enumerate(words)},
            **detector,
            thresholds=DetectorThresholds(**config["detector"]),
        ),
        static=StaticEncoder(vocabulary, **_arrays(folder / "static.npz")) if has_static else None,
        fingerprint=fingerprint,
    )


def _judge_numbers(judge: Judge) -> dict[str, Any]:
    return {
        "weights": judge.weights.tolist(),
        "bias": judge.bias,
        "centre": judge.centre.tolist(),
        "spread": judge.spread.tolist(),
    }


def _judge(numbers: Mapping[str, Any]) -> Judge:
    arrays = {name: np.array(numbers[name], np.float32) for name in ("weights", "centre", "spread")}
    return Judge(bias=numbers["bias"], **arrays)


def _packed(words: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def _arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
