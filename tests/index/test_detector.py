from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.detector import (
    CRISIS_KINDS,
    EMERGENCY_KINDS,
    HEADS,
    Detector,
    DetectorThresholds,
    detector_features,
    head_softmax,
    verdict,
)
from index.lexicon import shipped_lexicon
from index.model import Model
from index.text import analyse
from index.values import FloatArray
from tests.index.samples import EMERGENCIES, OUTSIDE

THRESHOLDS = DetectorThresholds(now=0.6, danger=0.3, crisis=0.5)


def features(text: str) -> set[str]:
    return detector_features(analyse(text), shipped_lexicon())


def chances(
    urgency: tuple[float, float, float], kind: str = "gas", crisis: str = "none"
) -> dict[str, FloatArray]:
    kinds = np.array([float(name == kind) for name in HEADS["kind"]], np.float32)
    crises = np.array([0.9 if name == crisis else 0.03 for name in HEADS["crisis"]], np.float32)
    return {"urgency": np.array(urgency, np.float32), "kind": kinds, "crisis": crises}


@pytest.fixture(scope="module")
def detector(model: Model) -> Detector:
    return model.detector


@pytest.mark.parametrize(("text", "kind"), EMERGENCIES)
def test_an_emergency_is_recognised(detector: Detector, text: str, kind: str) -> None:
    assert detector.judge(analyse(text)).emergency == kind


@pytest.mark.parametrize("text", [*OUTSIDE, "新闻说有人触电"])
def test_other_talk_is_no_emergency(detector: Detector, text: str) -> None:
    assert detector.judge(analyse(text)).emergency is None


@pytest.mark.parametrize(
    ("urgency", "emergency", "perhaps"),
    [
        ((0.2, 0.1, 0.7), "gas", False),
        ((0.39, 0.01, 0.6), "gas", False),
        ((0.4, 0.0, 0.6 - 1e-7), "gas", False),
        ((0.4, 0.3, 0.3), None, True),
        ((0.6, 0.39, 0.01), None, True),
        ((0.8, 0.1, 0.1), None, False),
    ],
    ids=["sure", "at the threshold", "rounded below it", "split", "only perhaps", "neither"],
)
def test_urgency_decides(
    urgency: tuple[float, float, float], emergency: str | None, perhaps: bool
) -> None:
    found = verdict(chances(urgency), THRESHOLDS)

    assert (found.emergency, found.perhaps) == (emergency, perhaps)
    assert found.suspected == "gas"


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_every_kind_can_be_named(kind: str) -> None:
    assert verdict(chances((0, 0, 1), kind), THRESHOLDS).emergency == kind


@pytest.mark.parametrize("kind", CRISIS_KINDS)
def test_every_crisis_can_be_named(kind: str) -> None:
    assert verdict(chances((1, 0, 0), crisis=kind), THRESHOLDS).crisis == kind


def test_no_crisis_is_none() -> None:
    assert verdict(chances((1, 0, 0)), THRESHOLDS).crisis is None


@pytest.mark.parametrize("text", ["", "  ", "😀", "?!"])
def test_a_message_without_words_has_no_features(detector: Detector, text: str) -> None:
    assert features(text) == set()
    assert set(detector.probabilities(analyse(text))) == set(HEADS)


@given(st.text(max_size=80))
def test_probabilities_of_each_head_sum_to_one(text: str) -> None:
    detector = Detector(
        vocabulary={"^火": 0},
        weights=np.ones((1, 21), np.int8),
        scales=np.ones(21, np.float32),
        bias=np.zeros(21, np.float32),
        thresholds=THRESHOLDS,
    )

    for found in detector.probabilities(analyse(text)).values():
        assert float(found.sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("着火了快跑", "^着火"),
        ("着火了快跑", "快跑$"),
        ("屋头燃起来了", "~=着火"),
        ("昨天着火，今天没事了", ">没事了"),
        ("昨天着火，今天没事了", "<昨天"),
        ("昨天着火", "@past"),
        ("昨天着火", "@fire&past"),
        ("昨天着火", "@past,fire"),
        ("昨天着火，快来", "@urgent>"),
        ("my kitchen is on fire", "wfire"),
        ("煤气", "mei'qi"),
        ("煤气漏了", "=漏气"),
        ("煤气", "#0"),
    ],
)
def test_features_for_the_detectors(text: str, feature: str) -> None:
    assert feature in features(text)


def test_word_order_shows() -> None:
    assert features("着火了怎么逃") != features("怎么逃着火了")


def test_dialect_and_plain_words_share_an_outline() -> None:
    def outline(text: str) -> set[str]:
        return {token for token in features(text) if token.startswith("~")}

    assert outline("屋头燃起来了") & outline("家里烧起来了") >= {"~=着火"}


def test_a_long_story_costs_no_more_than_its_ends() -> None:
    assert len(features("今天天气不错，" * 2_000)) < 600
    assert "救命$" in features("今天天气不错，" * 2_000 + "救命")


@pytest.mark.parametrize("rows", [[], [0]], ids=["none", "one"])
def test_chances_need_no_features(detector: Detector, rows: list[int]) -> None:
    found = detector.chances(np.array(rows, np.int64))

    assert found["kind"].shape == (len(EMERGENCY_KINDS),)


def test_a_lower_threshold_never_silences(detector: Detector) -> None:
    bold = replace(detector, thresholds=DetectorThresholds(0.0, 0.0, 1.0))

    assert all(bold.judge(analyse(text)).emergency for text in OUTSIDE)


def test_softmax_survives_large_numbers() -> None:
    logits = np.zeros(sum(map(len, HEADS.values())), np.float32)
    logits[:3] = (1e4, 0, -1e4)

    found = head_softmax(logits)

    assert found[:3].tolist() == [1, 0, 0]
    assert found[-4:].tolist() == [0.25] * 4
