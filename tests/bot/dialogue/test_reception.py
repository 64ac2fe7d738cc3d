"""The order in which a message is looked at: what is urgent comes before any function."""

import pytest

from bot.assembly import Premises, functions_of, parts_of
from bot.dialogue.brain import Brain
from bot.dialogue.house import House
from bot.dialogue.session import Flow
from bot.messages import Account, Event, Media, Place
from bot.store import session
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.test_functions import labels, shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

PREMISES = Premises(("demo",), b"k" * 32)
FUNCTIONS = functions_of(PREMISES, Clock(), parts_of(PREMISES, Clock()))
KEYS = tuple(function.key for function in FUNCTIONS.registered)
FIRE = "救命啊着火了"


def flow_of(database: Database) -> object:
    state = database.read(lambda db: db.execute(session.select()).first()).state  # type: ignore[union-attr]
    return state["flow"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("said", "kind"), [(FIRE, "emergency"), ("我不想活了", "crisis")], ids=["fire", "crisis"]
)
def test_what_is_urgent_wins_over_every_function(
    sends: Says, key: str, said: str, kind: str
) -> None:
    sends(event=Event("menu", key))

    assert sends(said).replies[0].kind == kind


@pytest.mark.parametrize("key", KEYS)
def test_every_function_opens_beside_an_emergency_which_stays_open(sends: Says, key: str) -> None:
    sends(FIRE)

    beside = sends(event=Event("menu", key))
    assert beside.replies
    last = beside.replies[-1]
    assert not last.choices or last.kind == "emergency"
    if key == "forget":
        return  # asked first; a yes would delete the emergency with the rest

    again = sends("1")
    assert again.replies[0].kind == "emergency"


@pytest.mark.parametrize(
    "flow",
    [("人工",), ("我的楼栋",), ("关联", "2"), ("帮助",), ("删除我的信息",)],
    ids=lambda f: f[0],
)
def test_a_number_in_an_emergency_is_the_emergencys(sends: Says, flow: tuple[str, ...]) -> None:
    for said in flow:
        sends(said)
    sends(FIRE)

    answered = sends("1")

    assert answered.replies[0].kind == "emergency"
    assert "在哪？" in shown(answered)


def test_words_of_functions_are_no_cry_for_help(sends: Says, house: House, brain: Brain) -> None:
    """「不是我」 was answered as a crisis."""
    urgent = {
        word
        for function in house.reception.functions.registered
        for word in function.words
        if brain.dialogue.urgent(brain.analyse(word))
    }

    for word in urgent | {"不是我", "building"}:
        kinds = {reply.kind for reply in sends(word).replies}
        assert kinds == {"chat"}, word


def test_what_follows_a_word_may_still_be_an_emergency(sends: Says) -> None:
    assert sends("关联，我家着火了快来").replies[0].kind == "emergency"


@pytest.mark.parametrize(
    "event", [Event("followed"), Event("scanned", "building:ABCDEFGH"), Event("unread")], ids=str
)
def test_an_event_in_an_emergency_says_that_it_is_open(sends: Says, event: Event) -> None:
    sends(FIRE)
    sends("1")

    held = sends(event=event)

    assert [reply.kind for reply in held.replies] == ["emergency"]
    assert "我还在" in shown(held)
    assert "• " in shown(sends("下一步"))


def test_what_cannot_be_read_in_a_crisis_says_what_to_do(sends: Says) -> None:
    sends("我不想活了")
    assert "119" in shown(sends(event=Event("unread")))
    assert sends(event=Event("followed")).replies == ()
    assert sends("2").replies[0].kind == "crisis"


@pytest.mark.parametrize(
    "media", [(Media("voice", "a"),), (Media("photo", "b"),), (Media("sticker", "c"),)], ids=str
)
def test_media_in_an_emergency_keeps_it_open(sends: Says, media: tuple[Media, ...]) -> None:
    sends(FIRE)

    assert sends(media=media).replies[0].kind == "emergency"
    assert "在哪？" in shown(sends("1"))


@pytest.mark.parametrize("word", ["取消", "返回", "算了"])
def test_cancel_ends_what_was_begun(sends: Says, database: Database, word: str) -> None:
    sends("人工")
    assert flow_of(database) is not None

    sends(word)

    assert flow_of(database) is None


def test_a_question_ends_what_was_begun(sends: Says, database: Database) -> None:
    sends("关联")
    assert sends("楼道能停电动车吗").replies[0].kind == "answer"
    assert flow_of(database) is None


@pytest.mark.parametrize("reply", ["是", "是的", "对", "确认", "1", "第一个"])
def test_a_yes_picks_the_first_of_two(sends: Says, reply: str) -> None:
    sends("删除我的信息")
    assert "删好了" in shown(sends(reply))


@pytest.mark.parametrize("reply", ["不", "不是", "否", "2", "先不删"])
def test_a_no_picks_the_second_of_two(sends: Says, reply: str) -> None:
    sends("删除我的信息")
    assert "没有删" in shown(sends(reply))


def test_a_yes_to_more_than_two_picks_nothing(sends: Says) -> None:
    sends("帮助")
    assert "95598" not in shown(sends("是"))


def test_a_tap_on_an_old_button_opens_what_it_stood_for(sends: Says) -> None:
    sends("帮助")
    sends("楼道能停电动车吗")

    assert "95598" in shown(sends(event=Event("menu", "phones")))


@pytest.mark.parametrize("key", ["", "nothing", "nothing/x", "/", "say", "say/"])
def test_a_key_of_nothing_is_answered(sends: Says, key: str) -> None:
    assert sends(event=Event("menu", key)).replies


def test_a_tapped_sentence_is_answered_as_if_written(sends: Says) -> None:
    assert sends(event=Event("menu", "say/厨房着火了")).replies[0].kind == "emergency"


def test_the_privacy_line_comes_once_and_never_with_an_emergency(sends: Says) -> None:
    assert "我只记" not in shown(sends(FIRE))
    assert "我只记" not in shown(sends("1"))
    sends("安全了")
    assert "我只记" in shown(sends("楼道能停电动车吗"))
    assert "我只记" not in shown(sends("电瓶能不能拿回家充"))


class TestGroup:
    GROUP = Account("telegram", "-100200:7001")

    @pytest.mark.parametrize("key", KEYS)
    def test_nothing_private_is_said_where_others_read(
        self, sends: Says, house: House, key: str
    ) -> None:
        told = shown(sends(account=self.GROUP, event=Event("menu", key)))

        is_private = house.reception.functions.require(key).is_private
        assert ("私聊" in told) is is_private

    def test_an_emergency_is_answered_there_as_well(self, sends: Says) -> None:
        assert sends(FIRE, self.GROUP).replies[0].kind == "emergency"

    def test_two_members_have_conversations_of_their_own(self, sends: Says) -> None:
        sends(FIRE, self.GROUP)
        other = Account("telegram", "-100200:7002")
        assert sends("你好", other).replies[0].kind == "chat"


def test_a_place_without_words_is_no_question(sends: Says) -> None:
    told = sends(place=Place(29.5, 106.5))
    assert "没有记下来" in shown(told)
    assert labels(told) == []


def test_a_flow_of_another_release_is_passed_over(sends: Says, database: Database) -> None:
    sends("你好")
    flow = Flow("of_another_release", "x")
    state = {"flow": {"function": flow.function, "step": flow.step, "data": {}}}
    database.write(lambda db: db.execute(session.update().values(state=state)))

    assert sends("楼道能停电动车吗", LI).replies[0].kind == "answer"
