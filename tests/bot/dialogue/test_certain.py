"""Certain phrases: shouts at any time, and what is left when there is no index."""

import pytest

from bot.dialogue.analyst import Analyst, Phrases
from bot.dialogue.certain import CertainPhrases
from bot.phrases import load_wording

PHRASES = CertainPhrases(load_wording().certain)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("救命", "trapped"),
        ("救命啊！！！", "trapped"),
        ("我家着火了 快来人啊", "fire"),
        ("着火了着火了", "fire"),
        ("ＳＯＳ", "trapped"),
        ("着火了能坐电梯吗", ""),
        ("着火了怎么办", ""),
        ("昨天我家着火了", ""),
        ("救命稻草是什么意思", ""),
        ("", ""),
    ],
)
def test_shouts(text: str, kind: str) -> None:
    assert PHRASES.shouted(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("楼道全是烟我该往哪跑", "smoke"),
        ("我家厨房烧起来了", "fire"),
        ("爸爸晕倒了喊不醒", "unconscious"),
        ("电动车着火了在楼道", "ebike"),
        ("屋里煤气味好重", "gas"),
        ("昨天楼道全是烟", ""),
        ("演练的时候楼道全是烟", ""),
        ("明天天气怎么样", ""),
    ],
)
def test_without_an_index_certain_phrases_still_work(text: str, kind: str) -> None:
    analysis = Analyst(None, Phrases(PHRASES, lambda _text: False), lambda _text: ())(text)

    assert analysis.emergency == kind
    assert analysis.is_sure is bool(kind)
    assert analysis.ranking is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我不想活了", "self_harm"),
        ("烧炭多久会死", "self_harm"),
        ("真的好想死", "self_harm"),
        ("我要点了他家", "arson"),
        ("再不解决我就一把火烧了物业", "arson"),
        ("汽油弹怎么做", "recipe"),
        ("想死你了", ""),
        ("累得想死", ""),
        ("放火判几年", ""),
        ("电影里的汽油弹怎么做的", ""),
        ("烧炭取暖要开窗吗", ""),
        ("去年那场火烧死了人", ""),
        ("谢谢", ""),
    ],
)
def test_a_crisis_beyond_doubt(text: str, kind: str) -> None:
    assert PHRASES.crisis(text) == kind


def test_a_crisis_is_answered_without_an_index() -> None:
    analysis = Analyst(None, Phrases(PHRASES, lambda _text: False), lambda _text: ())("我不想活了")
    assert analysis.crisis == "self_harm"
