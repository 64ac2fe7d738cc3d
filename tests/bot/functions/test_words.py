"""What people write to reach a function, and labels of ours that no longer stand."""

import pytest
from sqlalchemy import Connection

from bot.desk_store import open_requests
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.house import House
from bot.messages import Account, Choice, Event, Place, Utterance
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.test_functions import labels, shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

UNKNOWN = "这个我不懂"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("怎么退订", "没有给你订任何推送"),
        ("如何退订", "没有给你订任何推送"),
        ("/notices", "没有给你订任何推送"),
        ("怎么绑定楼栋", "还没绑定楼栋"),
        ("我要绑定", "还没绑定楼栋"),
        ("换楼栋", "还没绑定楼栋"),
        ("解绑", "还没绑定楼栋"),
        ("/building", "还没绑定楼栋"),
        ("/phones", "95598"),
        ("/human", "留言给工作人员"),
        ("/privacy", "我记什么"),
        ("/forget", "要删掉我这里"),
        ("/first", "哪一种"),
        ("怎么换成英文", "English now"),
        ("我要举报", "报哪里的隐患"),
        ("拍照上报", "报哪里的隐患"),
        ("我的进度", "还没有上报过"),
        ("每日一题", "还没开通"),
        ("积分怎么用", "还没有积分"),
        ("兑换", "还没有积分"),
        ("领奖", "领奖 编号 密码"),
        ("绑定码", "生成绑定码"),
        ("我的任务", "没有绑定工作人员"),
    ],
)
@pytest.mark.usefixtures("codes")
def test_words_open_their_function(sends: Says, text: str, told: str) -> None:
    assert told in shown(sends(text))


@pytest.mark.usefixtures("database")
def test_every_function_with_words_has_its_command(house: House) -> None:
    for function in house.reception.functions.registered:
        if function.words:
            assert house.reception.functions.called(f"/{function.key}") == function.key


@pytest.mark.parametrize(
    ("label", "told", "offered"),
    [
        ("是，绑定", "那一步已经过了", ["我的楼栋"]),
        ("下一页", "那一步已经过了", ["我的楼栋"]),
        ("不再绑阳光小区3栋", "那一步已经过了", ["我的楼栋"]),
        ("不是，换一栋", "还没绑定楼栋", ["逐级选"]),
        ("再绑一栋", "还没绑定楼栋", ["逐级选"]),
        ("逐级选", "在哪个镇街", ["城东街道", "城西街道"]),
        ("看本楼电话", "95598", ["绑定楼栋，看本楼物业和值班电话"]),
        ("绑定楼栋，看本楼物业和值班电话", "还没绑定楼栋", ["逐级选"]),
        ("给我一个码", "你的码", []),
        ("我有码，要输入", "把六位码发给我", []),
        ("确认删除", "那一步已经过了", ["删除我的信息"]),
        ("先不删", "没有删", []),
        ("不再收“演练通知”", "那一步已经过了", ["通知设置"]),
        ("全部不收", "没有给你订任何推送", []),
        ("退订全部通知", "没有给你订任何推送", []),
        ("Yes, this one", "那一步已经过了", ["我的楼栋"]),
        ("Leave a message for staff", "留言给工作人员", []),
        ("都不是", "没有要选的", []),
    ],
)
@pytest.mark.usefixtures("codes")
def test_a_label_that_no_longer_stands_says_where_to_go(
    talk: Conversation, clock: Clock, label: str, told: str, offered: list[str]
) -> None:
    """On WeChat an old link sends its label; people type them, too."""
    for account, tapped in ((LI, Choice(label)), (LI_ON_TELEGRAM, None)):
        turn = talk.receive(Utterance(account, "late", label, clock(), tapped=tapped))

        assert told in shown(turn)
        assert labels(turn) == offered
        assert UNKNOWN not in shown(turn)


def test_a_restart_opens_it(sends: Says) -> None:
    sends("确认删除")

    assert "要删掉我这里" in shown(sends("1"))


def test_no_label_of_a_choice_is_unknown(sends: Says, brain: Brain, house: House) -> None:
    """Whatever stands on a button of a function is understood by itself, too."""
    for language in ("zh", "en"):
        words = brain.function_words(language)
        for function in house.reception.functions.registered:
            for name in function.labels:
                label = words[name].format(building="阳光小区3栋", purpose="演练通知")
                assert house.reception.functions.labelled(label, words), label
                assert UNKNOWN not in shown(sends(label)), label


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("text", ["remove the battery", "stop", "不再绑", "不再收", "removed"])
def test_what_only_begins_like_a_label_is_none(house: House, brain: Brain, text: str) -> None:
    for language in ("zh", "en"):
        words = brain.function_words(language)
        assert house.reception.functions.labelled(text, words) is None


class TestBuildingsName:
    @pytest.mark.parametrize("name", ["阳光小区3栋", "阳光小区三栋", "阳光小区 3幢"])
    @pytest.mark.usefixtures("codes")
    def test_alone_it_is_offered_to_be_bound(self, sends: Says, name: str) -> None:
        asked = sends(name)
        assert "阳光小区3栋吗" in shown(asked)
        assert labels(asked) == ["是，绑定", "不是，换一栋"]
        assert "绑好了" in shown(sends("要得"))

    @pytest.mark.usefixtures("codes")
    @pytest.mark.parametrize("text", ["阳光小区3栋的电梯坏了", "不存在花园9栋", "3栋", "12楼1202"])
    def test_with_more_or_unknown_it_is_not(self, sends: Says, text: str) -> None:
        assert "是，绑定" not in labels(sends(text))

    def test_a_code_typed_by_hand_is_read(self, sends: Says, codes: dict[str, str]) -> None:
        code = next(iter(codes.values()))
        assert "吗？" in shown(sends(f"编号{code}"))
        sends("我的楼栋")
        assert "吗？" in shown(sends(code.lower()))

    @pytest.mark.usefixtures("codes")
    def test_in_a_group_nobody_is_asked_where_they_live(self, sends: Says) -> None:
        assert labels(sends("阳光小区3栋", Account("telegram", "-100200:7001"))) == []

    @pytest.mark.usefixtures("codes")
    @pytest.mark.parametrize("text", ["楼上漏水了咋办", "/nosuch", "2", "是"])
    def test_what_is_no_name_is_not_looked_up(self, sends: Says, text: str) -> None:
        sends("我的楼栋")
        assert "没找到" not in shown(sends(text))


class TestStandingChoices:
    def test_an_unclear_message_takes_no_choice_away(self, sends: Says) -> None:
        offered = labels(sends("电动车"))
        assert len(offered) > 1
        assert UNKNOWN in shown(sends("等哈 我找哈眼镜"))

        assert sends("2").replies[0].kind == "answer"

    def test_nor_one_of_a_function(self, sends: Says) -> None:
        sends("删除我的信息")
        sends("你们几点下班")

        assert "没有删" in shown(sends("2"))

    def test_a_yes_counts_only_right_after_the_question(
        self, sends: Says, database: Database
    ) -> None:
        """「好」 to something else must not delete anything."""
        sends("人工")
        sends("我们楼消防通道堵了好久都没得人管")
        sends("删除我的信息")
        sends("你们几点下班")

        assert "删好了" not in shown(sends("好"))
        assert database.read(self._has_requests)

    def _has_requests(self, db: Connection) -> bool:
        return bool(open_requests(db, 1))

    def test_newer_choices_take_their_place(self, sends: Says) -> None:
        sends("删除我的信息")
        sends("帮助")

        assert "删好了" not in shown(sends("1"))

    def test_what_waits_goes_on_after_an_unclear_message(self, sends: Says) -> None:
        sends("关联")
        sends("2")
        sends("等哈 我找哈眼镜")

        assert "码不对" in shown(sends("000000"))

    @pytest.mark.parametrize(
        "yes", ["嗯", "要得", "好", "可以", "OK", "y", "对头", "是的嘛", "嗯是的"]
    )
    def test_a_yes_in_anybodys_words(self, sends: Says, codes: dict[str, str], yes: str) -> None:
        code = next(iter(codes.values()))
        sends(event=Event("scanned", f"building:{code}"))

        assert "绑好了" in shown(sends(yes))

    @pytest.mark.parametrize("no", ["不", "不是", "不对", "不要", "n", "不删了", "不用", "莫"])
    def test_a_no_in_anybodys_words(self, sends: Says, no: str) -> None:
        sends("删除我的信息")

        assert "没有删" in shown(sends(no))

    @pytest.mark.parametrize("word", ["好", "嗯", "可以", "OK"])
    def test_where_no_yes_is_asked_for_it_is_a_courtesy(self, sends: Says, word: str) -> None:
        sends("关联")

        assert "你的码" not in shown(sends(word))


def test_one_who_has_a_building_is_asked_for_one_more(sends: Says, codes: dict[str, str]) -> None:
    sends(event=Event("scanned", f"building:{next(iter(codes.values()))}"))
    sends("1")

    assert "再绑哪一栋" in shown(sends("再绑一栋"))


class TestFirstContact:
    LINE = 'English: reply "english" or /language'

    @pytest.mark.parametrize(
        ("language", "is_told"),
        [
            ("en", True),
            ("de-DE", True),
            ("", False),
            ("zh-hans", False),
            ("zh", False),
            ("yue", False),
        ],
    )
    def test_another_language_is_told_how_to_get_english(
        self, talk: Conversation, clock: Clock, language: str, is_told: bool
    ) -> None:
        said = Utterance(LI, "s", "", clock(), event=Event("followed"), language=language)

        assert (self.LINE in shown(talk.receive(said))) is is_told

    @pytest.mark.usefixtures("codes")
    def test_also_by_a_scanned_code(self, talk: Conversation, clock: Clock) -> None:
        event = Event("scanned", "building:ABCDEFGH")
        turn = talk.receive(Utterance(LI, "s", "", clock(), event=event, language="en"))

        assert self.LINE in shown(turn)

    def test_only_at_the_first(self, sends: Says, talk: Conversation, clock: Clock) -> None:
        sends("你好呀师傅", LI)
        sends("楼道能停电动车吗", LI)
        said = Utterance(LI, "s", "", clock(), event=Event("followed"), language="en")

        assert self.LINE not in shown(talk.receive(said))


class TestInAGroup:
    GROUP = Account("telegram", "-100200:7001")

    def test_phone_numbers_are_those_for_everybody(
        self, sends: Says, codes: dict[str, str]
    ) -> None:
        turn = sends("常用电话", self.GROUP)
        assert "119" in shown(turn)
        assert labels(turn) == []
        code = next(iter(codes.values()))
        assert "阳光小区" not in shown(
            sends(event=Event("menu", f"phones/{code}"), account=self.GROUP)
        )

    @pytest.mark.parametrize("fire", ["救命啊着火了", "厨房着火了快来人"])
    def test_no_flat_is_asked_for_or_printed(self, sends: Says, fire: str) -> None:
        sends(fire, self.GROUP)
        texts = [shown(sends(said, self.GROUP)) for said in ("1", "阳光小区3栋1单元1201", "下一步")]

        assert "群里别发" in texts[0]
        assert "打119" in texts[0]
        for text in texts:
            assert "几栋几楼几号，我" not in text
            assert "1201" not in text
            assert "照着念" not in text
        assert "回“下一步”" in texts[0]

    @pytest.mark.parametrize("answer", ["2", "打不通"])
    def test_nor_from_who_cannot_call(self, sends: Says, answer: str) -> None:
        sends("救命啊着火了", self.GROUP)
        texts = [shown(sends(said, self.GROUP)) for said in (answer, "阳光小区3栋1201")]

        assert "群里别发" in texts[0]
        assert "1201" not in texts[1]

    def test_nor_in_english(self, sends: Says) -> None:
        sends("english", self.GROUP)
        sends("the kitchen is on fire!!", self.GROUP)
        texts = [shown(sends(said, self.GROUP)) for said in ("1", "building 3 flat 1201")]

        assert "in the group" in texts[0]
        assert "1201" not in texts[1]

    def test_alone_it_is_asked_for(self, sends: Says) -> None:
        sends("救命啊着火了")
        assert "在哪？" in shown(sends("1"))

    def test_a_place_is_not_read_out(self, sends: Says) -> None:
        sends("救命啊着火了", self.GROUP)
        sends("1", self.GROUP)

        told = shown(sends(account=self.GROUP, place=Place(29.5, 106.5, "阳光小区3栋")))

        assert "阳光小区" not in told

    def test_help_names_only_what_works_there(self, sends: Says) -> None:
        assert "人工" not in shown(sends("帮助", self.GROUP))
        assert "在群里@我" in shown(sends("帮助", self.GROUP))
        assert "在群里@我" in shown(sends(event=Event("unread"), account=self.GROUP))

    def test_who_wants_to_die_is_asked_to_write_in_private(self, sends: Says) -> None:
        assert "私下发给我" in shown(sends("我不想活了", self.GROUP))
        assert "私下发给我" not in shown(sends("我不想活了"))
