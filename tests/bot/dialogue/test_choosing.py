"""Which choice a message picks, and that one nobody understood takes none away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.choosing import chosen, picked_number, with_standing_choices
from bot.dialogue.control import yes_or_no
from bot.dialogue.deciding import Outcome
from bot.dialogue.session import Offer, Session
from bot.messages import Reply

YES, NO, TOPIC = Offer("是，绑定", function="a"), Offer("不是", function="b"), Offer("电池", "t.1")


@pytest.mark.parametrize(
    "text",
    ["是", "是的", "是的嘛", "嗯", "嗯嗯", "嗯，是的", "对", "对头", "对的哦", "要得", "要得要得",
     "好", "好嘞", "好的呀", "好吧", "可以", "可以的", "行", "没错", "没得错", "就是", "是我", "OK",
     "ok!", "Y", "yes", "Yeah", "sure"],
)  # fmt: skip
def test_yes(text: str) -> None:
    assert yes_or_no(text) is True


@pytest.mark.parametrize(
    "text",
    ["不", "不是", "不是的", "不是我", "不对", "不要", "不用了", "不删了", "先不删", "不了", "莫",
     "不行", "否", "没有", "不同意", "no", "N", "nope", "不，不是"],
)  # fmt: skip
def test_no(text: str) -> None:
    assert yes_or_no(text) is False


@pytest.mark.parametrize(
    "text",
    ["", "嗯？", "是吗", "好不好", "对不对", "要得不", "可以吗", "好像着火了", "不晓得", "不知道",
     "不是着火", "是3栋", "好多烟", "对面着火了", "行人", "没有水", "没有烟了", "no fire",
     "yesterday", "not now", "y2", "1", "的", "吗", "好" * 60],
)  # fmt: skip
def test_neither(text: str) -> None:
    assert yes_or_no(text) is None


@given(st.text(max_size=80) | st.text("是不好嗯对要得 ?？，。yesno", max_size=50))
def test_any_text_is_read(text: str) -> None:
    assert yes_or_no(text) in {True, False, None}


@pytest.mark.parametrize(
    ("text", "asks", "number"),
    [("1", False, 1), ("第二个", False, 2), ("要得", True, 1), ("要得", False, None),
     ("不", True, 2), ("9", True, 9), ("电动车", True, None)],
)  # fmt: skip
def test_picked(text: str, asks: bool, number: int | None) -> None:
    assert picked_number(text, asks=asks) == number


@pytest.mark.parametrize(
    ("text", "asks", "offer"),
    [("1", False, YES), ("2", True, NO), ("嗯", True, YES), ("嗯", False, None),
     ("是，绑定", False, YES), ("3", True, None), ("0", True, None), ("", True, None)],
)  # fmt: skip
def test_chosen(text: str, asks: bool, offer: Offer | None) -> None:
    assert chosen(Session(offers=(YES, NO)), text, asks=asks) == offer


def test_a_topic_is_left_to_the_dialogue() -> None:
    assert chosen(Session(offers=(TOPIC,)), "1", asks=False) is None


def test_standing_choices_keep_their_question() -> None:
    """Else the question that nobody understood would be noted under the topic picked later."""
    before = Session(offers=(TOPIC,), question="电动车", ranked=("t.1",))
    declined = Outcome(Session(question="等哈 我找哈眼镜"), (Reply("decline", "不懂"),))

    after = with_standing_choices(before, declined).session

    assert (after.offers, after.question, after.ranked) == ((TOPIC,), "电动车", ("t.1",))


def test_newer_choices_stay() -> None:
    newer = Outcome(Session(offers=(YES,)), ())
    assert with_standing_choices(Session(offers=(TOPIC,)), newer) is newer
    assert with_standing_choices(Session(), newer) is newer
