"""Below an answer about a hazard it can be reported, behind the choices there were before."""

import pytest

from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Account, Choice, Utterance
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.reporting import photo
from tests.bot.functions.test_functions import labels, shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

OFFER = "上报这个隐患"
ASKED = "飞线充电危险在哪"


def functions(turn: Turn) -> list[str]:
    return [one.function for reply in turn.replies for one in reply.choices]


@pytest.mark.usefixtures("database")
def test_it_comes_last(sends: Says) -> None:
    answer = sends(ASKED)

    assert answer.replies[0].kind == "answer"
    assert labels(answer)[-1] == OFFER
    assert functions(answer)[-1] == "report/about/flying_wire"
    assert all(one.topic for one in answer.replies[0].choices[:-1])


def test_the_other_choices_keep_their_numbers(sends: Says) -> None:
    answer = sends(ASKED)

    topics = answer.replies[0].choices[0].topic
    assert sends("1").replies[0].topics == (topics,)


def test_its_number_begins_a_report_of_this_kind(sends: Says) -> None:
    number = len(labels(sends(ASKED)))

    gate = sends(str(number))
    assert "线现在冒火花" in shown(gate)
    assert "在哪里" in shown(sends("没有"))
    assert "类别：飞线充电" in shown(sends("阳光小区3栋"))


def test_an_unfinished_report_is_asked_about_first(sends: Says) -> None:
    sends("举报 阳光小区3栋楼道堆满纸箱")
    sends("取消")
    number = len(labels(sends(ASKED)))

    told = sends(str(number))

    assert "上次没报完：楼道楼梯堆物" in shown(told)


def test_below_an_answer_that_was_tapped(sends: Says, talk: Conversation, clock: Clock) -> None:
    sends(ASKED)
    tapped = Choice("电动车进电梯", topic="ebike.elevator")
    turn = talk.receive(Utterance(LI, "tap", tapped.label, clock(), tapped=tapped))

    assert functions(turn)[-1] == "report/about/ebike_elevator"


def test_words_that_no_longer_stand_begin_a_report(sends: Says) -> None:
    assert "报哪里的隐患" in shown(sends(OFFER))


@pytest.mark.parametrize(
    "asked", ["火灾时能不能坐电梯", "怎么打119报火警", "你好", "今天天气怎么样"]
)
def test_not_below_anything_else(sends: Says, asked: str) -> None:
    assert OFFER not in labels(sends(asked))


def test_not_in_a_group(sends: Says) -> None:
    answer = sends(ASKED, Account("telegram", "-100200:7001"))

    assert answer.replies[0].kind == "answer"
    assert OFFER not in labels(answer)


def test_not_in_an_emergency(sends: Says) -> None:
    sends("救命啊着火了")

    assert OFFER not in labels(sends(ASKED))


def test_not_while_a_report_is_being_made(sends: Says) -> None:
    sends(media=photo())

    assert OFFER not in labels(sends(ASKED))


def test_in_english_too(sends: Says) -> None:
    sends("english")

    assert labels(sends(ASKED))[-1] == "Report this hazard"
