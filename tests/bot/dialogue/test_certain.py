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
        ("不是演练，着火了，快来人", "fire"),
        ("不是演习！是真的！厨房着火了", "fire"),
        ("演练，着火了", ""),
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


@pytest.mark.parametrize(
    "said",
    ["我遭锁电梯头了", "关到电梯里头了", "困到电梯里头了", "电梯卡起了", "电梯把我关到头了",
     "我们遭关电梯里了", "电梯卡住了"],
)  # fmt: skip
def test_stuck_in_a_lift(said: str) -> None:
    assert PHRASES.shouted(said) == "elevator"


@pytest.mark.parametrize(
    "said",
    ["困在电梯里怎么办", "电梯卡丢了", "电梯卡怎么办", "怕被关在电梯里", "上次被关电梯里",
     "昨天困在电梯里", "电动车能进电梯吗", "看到有人被关在电梯里了"],
)  # fmt: skip
def test_not_stuck_in_a_lift(said: str) -> None:
    assert PHRASES.shouted(said) == ""


@pytest.mark.parametrize(
    "said",
    ["有人跳楼", "有人要跳楼", "楼下有人要跳楼", "楼顶那个人要跳楼", "有人跳楼了", "她跳楼了"],
)
def test_somebody_else_about_to_jump(said: str) -> None:
    assert PHRASES.crisis(said) == ""
    say = PHRASES.danger(said)
    assert say.startswith("现在打110和120")
    assert "别大声喊" in say


@pytest.mark.parametrize(
    ("said", "of_others"),
    [("跳楼会不会痛", False), ("我想跳楼", False), ("从几楼跳楼死得快", False),
     ("我女儿要跳楼", True), ("室友说要跳楼", True)],
)  # fmt: skip
def test_wanting_to_jump_is_a_crisis(said: str, of_others: bool) -> None:
    assert PHRASES.crisis(said) == "self_harm"
    assert PHRASES.is_of_others(said) is of_others


@pytest.mark.parametrize(
    "said", ["着火了可以跳楼吗", "跳楼机好玩吗", "跳楼价", "着火了我想跳楼", "被困了跳楼会不会痛"]
)
def test_no_wish_to_jump(said: str) -> None:
    assert PHRASES.crisis(said) == ""
    assert PHRASES.danger(said) == ""


@pytest.mark.parametrize(
    ("said", "is_violence"),
    [
        ("打我电话", False), ("13812345678 打我电话", False), ("你打我电话嘛", False),
        ("打我手机", False), ("打我们的电话", False), ("我打了三次电话", False),
        ("他打我", True), ("物业经理打我", True), ("老公打我，电话都抢走了", True),
    ],
)  # fmt: skip
def test_a_call_is_no_blow(said: str, is_violence: bool) -> None:
    assert ("110" in PHRASES.danger(said)) is is_violence
