"""The model that comes with the package: whole, small, and no worse than promised."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.corpus import SHIPPED_HELD_BACK, read_held_back
from index.detector import EMERGENCY_KINDS
from index.model import SHIPPED_MODEL, Model, load_model
from index.text import analyse, featurize

LIMIT_MIB = 20


@pytest.fixture(scope="module")
def shipped() -> Model:
    return load_model(SHIPPED_MODEL)


def size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def test_it_is_small() -> None:
    assert size_mib(SHIPPED_MODEL) < LIMIT_MIB


def test_it_needs_no_hub(shipped: Model) -> None:
    assert shipped.static is not None
    assert shipped.training.encoder == ""


@pytest.mark.parametrize(
    ("figure", "least"),
    [("recall_1", 0.74), ("recall_3", 0.89), ("served", 0.83), ("emergency_recall", 0.94)],
)
def test_it_reaches_what_was_promised(shipped: Model, figure: str, least: float) -> None:
    assert shipped.training.figures[figure] >= least


@pytest.mark.parametrize(("figure", "most"), [("false_answers", 0.08), ("false_alarms", 0.12)])
def test_it_errs_no_more_than_promised(shipped: Model, figure: str, most: float) -> None:
    assert shipped.training.figures[figure] <= most


def test_its_detector_still_does_what_was_measured(shipped: Model) -> None:
    """A change of the features without a training would show here."""
    held = read_held_back(SHIPPED_HELD_BACK)
    found = [shipped.detector.judge(analyse(line.text)) for line in held.emergencies]
    alarms = [shipped.detector.judge(analyse(line.text)) for line in held.look_alikes]
    recall = np.mean([one.emergency is not None for one in found])
    false = np.mean([one.emergency is not None for one in alarms])

    assert recall == pytest.approx(shipped.training.figures["emergency_recall"], abs=0.005)
    assert false == pytest.approx(shipped.training.figures["false_alarms"], abs=0.005)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("我家厨房烧起来了", {"fire"}),
        ("楼道全是浓烟跑不出去", {"smoke", "trapped"}),
        ("屋头好大煤气味嘶嘶响", {"gas"}),
        ("电梯卡在半空我们出不来", {"elevator"}),
        ("我爸躺在地上喊不应没有呼吸了", {"unconscious"}),
    ],
)
def test_plain_emergencies_are_known(shipped: Model, text: str, kinds: set[str]) -> None:
    assert shipped.detector.judge(analyse(text)).emergency in kinds & set(EMERGENCY_KINDS)


@pytest.mark.parametrize(
    "text", ["明天天气怎么样", "你好", "灭火器多久换一次", "燃气软管用哪种好", "谢谢"]
)
def test_plain_talk_is_no_emergency(shipped: Model, text: str) -> None:
    verdict = shipped.detector.judge(analyse(text))

    assert verdict.emergency is None
    assert verdict.crisis is None


def test_features_in_the_vocabulary_are_ones_we_make(shipped: Model) -> None:
    held = read_held_back(SHIPPED_HELD_BACK).in_scope
    tokens = [token for one in held for token in analyse(one.text).tokens]
    known = [token in shipped.vocabulary.rows for token in tokens]

    assert np.mean(known) > 0.7


def test_the_configuration_is_readable() -> None:
    config = json.loads((SHIPPED_MODEL / "config.json").read_text(encoding="utf-8"))

    assert config["format"] == 1
    assert config["training"]["seed"] >= 0
    assert set(config["detector"]) == {"now", "danger", "crisis"}


@pytest.mark.torch
def test_sentence_transformers_loads_it_and_agrees(shipped: Model, tmp_path: Path) -> None:
    """To 1e-5 over every row, and over questions with unknown features."""
    library = pytest.importorskip("sentence_transformers")
    training = pytest.importorskip("index.training")
    training.export_for_sentence_transformers(shipped.static, tmp_path)
    loaded = library.SentenceTransformer(str(tmp_path), device="cpu")
    rows = loaded[0].embedding.weight.detach().numpy()

    assert shipped.static is not None
    assert rows == pytest.approx(shipped.static.decoded(), abs=1e-5)
    texts = ["屋头漏气啷个办", "zzz 从未见过鑫淼焱", "", "gas leak meiqi 119", "软管" * 300]
    theirs = loaded.encode([" ".join(featurize(text)) for text in texts], show_progress_bar=False)
    for text, vector in zip(texts, theirs, strict=True):
        ours = shipped.static.mean(shipped.vocabulary.ids(analyse(text).tokens))
        assert ours == pytest.approx(vector, abs=1e-5)


def test_a_detector_without_weights_knows_nothing(shipped: Model) -> None:
    blank = replace(shipped.detector, weights=np.zeros_like(shipped.detector.weights))
    first = blank.probabilities(analyse("着火了"))["urgency"]

    assert first == pytest.approx(blank.probabilities(analyse("天气"))["urgency"])
