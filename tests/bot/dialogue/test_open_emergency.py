"""An open emergency through the whole conversation: leaving it, opening beside it, the place."""

import pytest

from bot.messages import Event, Place
from bot.phrases import load_translation, load_wording
from tests.bot.functions.conftest import Says
from tests.bot.functions.test_functions import labels, shown

FIRE = "厨房着火了快来"
ZH, EN = load_wording().emergency, load_translation("en").emergency
LABELS = ["已打119", "打不了电话", "不是现在发生的", "下一步", "已打120",
          "已有人来救", "I called 119", "I cannot call", "Not happening now", "Next",
          "Help is coming"]  # fmt: skip

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.mark.parametrize("stage", ["", "1"])
@pytest.mark.parametrize("word", ["取消", "返回", "算了", "退出", "cancel", "back"])
def test_cancelling_asks_and_keeps_it_open(sends: Says, word: str, stage: str) -> None:
    sends(FIRE)
    if stage:
        sends(stage)
    for _ in range(2):
        asked = sends(word)
        assert [reply.kind for reply in asked.replies] == ["emergency"]
        assert "先打119" in shown(asked)
        assert "安全了" in shown(asked)
    assert "人没事最要紧" in shown(sends("安全了"))
    assert "现在没有进行到一半的事" in shown(sends("取消"))


@pytest.mark.parametrize("word", ["/language", "删除我的信息", "/first", "人工", "隐私", "关联"])
@pytest.mark.parametrize("stage", ["", "1"])
def test_what_asks_for_something_waits(sends: Says, word: str, stage: str) -> None:
    sends(FIRE)
    if stage:
        sends(stage)
    turn = sends(word)

    assert "等险情过去再办" in shown(turn)
    assert "只有打119" in shown(turn)
    assert labels(turn) == list(ZH.stay_choices if stage else ZH.choices)
    # Nothing of it is left: numbers and what is written next are the emergency's.
    assert sends("1").replies[0].kind == "emergency"
    sends("安全了")
    assert "留言编号" not in shown(sends("谢谢你哈"))


def test_an_old_button_of_a_function_waits_as_well(sends: Says) -> None:
    sends(FIRE)
    assert "等险情过去再办" in shown(sends(event=Event("menu", "forget")))
    assert "在哪？" in shown(sends("1"))


@pytest.mark.parametrize("word", ["常用电话", "帮助"])
def test_what_only_tells_works(sends: Says, word: str) -> None:
    sends(FIRE)
    turn = sends(word)
    assert "119" in shown(turn)
    assert "险情还没过去" in shown(turn)
    assert labels(turn) == []


def test_english_can_be_reached_in_the_midst_of_it(sends: Says) -> None:
    sends(FIRE)
    assert 'reply "English"' in shown(sends("/language"))
    switched = shown(sends("English"))
    assert "The danger is not over yet" in switched
    assert "Do not hang up" in shown(sends("1"))


def test_the_address_grows(sends: Says) -> None:
    sends(FIRE)
    sends("1")
    assert "“我在阳光小区3栋，着火了" in shown(sends("阳光小区3栋"))
    assert "“我在阳光小区3栋12楼1202，着火了" in shown(sends("12楼1202"))
    assert "“我在阳光小区3栋12楼1203，着火了" in shown(sends("1203"))
    assert "“我在龙湖5栋601，着火了" in shown(sends("龙湖5栋601"))


def test_a_bare_number_is_no_flat_before_the_place_was_asked_for(sends: Says) -> None:
    sends(FIRE)
    assert "我在3303" not in shown(sends("3303"))
    sends("1")
    assert "“我在3303，着火了" in shown(sends("3303"))


@pytest.mark.parametrize("stage", ["", "1"])
def test_a_place_with_words_is_the_place(sends: Says, stage: str) -> None:
    sends(FIRE)
    if stage:
        sends(stage)
    sent = sends(place=Place(29.53, 108.77, "文汇路1号阳光小区"))
    assert "“我在文汇路1号阳光小区，着火了" in shown(sent)
    assert "“我在文汇路1号阳光小区33楼2号，着火了" in shown(sends("33楼2号"))


def test_any_words_of_a_place_are_taken(sends: Says) -> None:
    sends(FIRE)
    assert "“我在老王火锅，着火了" in shown(sends(place=Place(29.53, 108.77, "老王火锅")))


@pytest.mark.parametrize("stage", ["", "1"])
def test_a_place_without_words_cannot_be_read_out(sends: Says, stage: str) -> None:
    sends(FIRE)
    if stage:
        sends(stage)
    turn = sends(place=Place(29.53, 108.77))
    assert shown(turn).startswith("这个位置我读不出来")
    assert turn.replies[0].kind == "emergency"
    assert labels(turn) == list(ZH.stay_choices if stage else ZH.choices)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("language", ["中文", "English"])
def test_an_old_button_opens_nothing(sends: Says, label: str, language: str) -> None:
    """「Not happening now」 was answered as somebody unconscious, 「已打119」 as a question."""
    sends(language)
    sends(FIRE)
    sends("3")

    turn = sends(label)

    assert [reply.text for reply in turn.replies] == [
        EN.closed if language == "English" else ZH.closed
    ]
    assert sends("1").replies[0].kind != "emergency"


@pytest.mark.parametrize("language", ["中文", "English"])
@pytest.mark.parametrize(
    ("label", "stage"),
    [("已打119", "called"), ("I called 119", "called"), ("打不了电话", "no_phone"),
     ("I cannot call", "no_phone"), ("不是现在发生的", ""), ("Not happening now", "")],
)  # fmt: skip
def test_a_button_of_the_other_language_works(
    sends: Says, label: str, stage: str, language: str
) -> None:
    sends(language)
    sends(FIRE)
    words = EN if language == "English" else ZH
    first = {"called": words.follow["fire"].called[0], "no_phone": words.follow["fire"].no_phone[0]}

    assert first.get(stage, words.not_now) in shown(sends(label))


def test_safe_and_an_old_safe(sends: Says) -> None:
    sends(FIRE)
    assert "人没事最要紧" in shown(sends("安全了"))
    assert "那就好" in shown(sends("安全了"))


@pytest.mark.parametrize("said", ["[Smile]", "[惊恐]", "打我电话", "ni hao", "password"])
def test_what_is_no_news_leaves_it_as_it_is(sends: Says, said: str) -> None:
    sends(FIRE)
    sends("1")
    kept = sends(said)
    assert "110管的" not in shown(kept)
    assert "手机别挂" not in shown(kept)
    assert "有人没出来" in shown(sends("下一步"))
