"""What answers a question of ours is no cry unless a word, or no doubt at all, says so."""

import pytest

from bot.dialogue.analysis import Analysis
from bot.dialogue.calm import as_answer, is_doubtful
from bot.dialogue.certain import CertainPhrases
from bot.phrases import load_wording

SURE = Analysis(emergency="smoke", is_sure=True, now=0.6)


@pytest.fixture(scope="module")
def certain() -> CertainPhrases:
    return CertainPhrases(load_wording().certain)


@pytest.mark.parametrize(
    ("said", "is_sure", "doubtful"),
    [
        (Analysis(), False, False),
        (SURE, False, True),
        (Analysis(emergency="smoke", is_sure=True, now=0.6, has_tell=True), True, False),
        (Analysis(emergency="smoke", is_sure=True, now=0.99), True, False),
        (Analysis(emergency="fire", is_sure=True, now=1.0, is_certain=True), True, False),
        (Analysis(emergency="smoke", now=0.1), False, False),
        (Analysis(emergency="smoke", now=0.1, has_tell=True), False, True),
    ],
    ids=["calm", "in doubt", "a tell", "beyond doubt", "certain", "perhaps", "perhaps, a tell"],
)
def test_a_classifier_needs_a_word_to_bear_it_out(
    said: Analysis, is_sure: bool, doubtful: bool
) -> None:
    assert as_answer(said).is_sure is is_sure
    assert as_answer(said).emergency == said.emergency
    assert is_doubtful(said) is doubtful


def test_despair_is_always_heard() -> None:
    despair = Analysis(crisis="self_harm")

    assert as_answer(despair) == despair


@pytest.mark.parametrize("kind", ["arson", "recipe"])
def test_a_threat_is_heard_by_its_words(kind: str) -> None:
    assert as_answer(Analysis(crisis=kind)).crisis == ""
    assert as_answer(Analysis(crisis=kind, has_tell=True)).crisis == kind
    assert as_answer(Analysis(crisis=kind, is_certain=True)).crisis == kind


def test_a_danger_of_others_stays_one() -> None:
    danger = Analysis(danger="现在打110。")

    assert as_answer(danger) == danger


@pytest.mark.parametrize(
    "text",
    ["着火了", "楼道冒烟", "漏气", "臭鸡蛋味", "有人被困", "他晕倒了", "救命", "触电了", "爆炸",
     "防火门那里起火了", "灭火器打不开，火大得很", "被电动车电到了", "mao yan le", "help us"],
)  # fmt: skip
def test_a_sign_of_now_is_a_tell(certain: CertainPhrases, text: str) -> None:
    assert certain.has_tell(text)


@pytest.mark.parametrize(
    "text",
    ["", "东门旁边楼道", "防火门用砖头顶起", "灭火器过期了", "消火栓没有水", "火锅店楼上",
     "燃气管被衣柜挡住了", "通道被电动车堵死", "排烟井旁边", "应急灯不亮", "救助站门口"],
)  # fmt: skip
def test_names_of_things_are_none(certain: CertainPhrases, text: str) -> None:
    assert not certain.has_tell(text)
