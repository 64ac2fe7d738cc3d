"""报隐患: three taps from a photo to a receipt, and nothing lost on the way."""

from datetime import timedelta

import pytest

from bot.dialogue.conversation import Conversation
from bot.dialogue.functions import Functions
from bot.messages import Account, Event, Media, Place
from community.bindings import bind
from community.register_store import find_building_by_code
from community.store import resident_of
from hazards.drafts import MOST_PHOTOS
from hazards.limit_store import NewBlock, block, block_of
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import Says
from tests.bot.functions.reporting import (
    PLACE,
    account_id,
    draft_of,
    photo,
    photos_of,
    reported,
    reports,
    shown,
)
from tests.bot.functions.test_functions import labels

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def bound(database: Database, code: str, clock: Clock) -> None:
    owner = account_id(database)

    def work(db: object) -> None:
        building = find_building_by_code(db, code)  # type: ignore[arg-type]
        assert building is not None
        bind(db, resident_of(db, owner), building.id, "choice", clock())  # type: ignore[arg-type]

    database.write(work)


class TestThreeTaps:
    def test_photo_kind_and_send(
        self,
        sends: Says,
        database: Database,
        clock: Clock,
        codes: dict[str, str],
    ) -> None:
        sends("你好")
        name, code = next(iter(codes.items()))
        bound(database, code, clock)

        first = sends(media=photo())
        assert first.replies[0].text.startswith("照片收到。这是什么隐患？")
        assert labels(first)[-1] == "不是隐患，发给人工"
        assert len(labels(first)) <= 7

        card = sends("2")
        assert labels(card) == ["提交", "改地点", "改类别", "匿名提交", "不报了"]
        assert "类别：消防车道被堵" in shown(card)
        assert f"地点：{name}" in shown(card)
        assert "照片：1张" in shown(card)

        receipt = shown(sends("1"))
        (report,) = reports(database)
        assert str(report["code"])[:4] in receipt
        assert "24小时内核查" in receipt
        assert "待本地确认" in receipt
        assert (report["category"], report["privacy"]) == ("lane_blocked", "confidential")
        assert draft_of(database) is None
        assert photos_of(database) == []

    @pytest.mark.parametrize("word", ["报隐患", "我要上报", "举报", "report", "3"])
    def test_the_menu_and_the_words_ask_for_a_photo_or_words(self, sends: Says, word: str) -> None:
        if word == "3":
            word = str(labels(sends("帮助")).index("报隐患") + 1)

        assert "发张照片最快" in shown(sends(word))

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ("举报 消防通道停车", "消防车道被堵"),
            ("我要举报楼道堆满纸箱", "楼道楼梯堆物"),
            ("上报：消火栓没有水", "消火栓没水"),
        ],
    )
    def test_words_behind_the_word_say_the_kind(self, sends: Says, said: str, kind: str) -> None:
        sends(said)

        assert f"类别：{kind}" in shown(sends(PLACE))

    @pytest.mark.parametrize("question", ["举报有奖励吗", "怎么举报飞线充电", "举报给谁看"])
    def test_a_question_about_it_begins_nothing(
        self, sends: Says, database: Database, question: str
    ) -> None:
        sends(question)

        assert draft_of(database) is None

    def test_a_caption_proposes_the_kind(self, sends: Says) -> None:
        sends("楼道堆满纸箱", media=photo())

        assert "类别：楼道楼梯堆物" in shown(sends(PLACE))

    def test_a_caption_that_asks_what_is_known_is_answered(self, sends: Says) -> None:
        assert sends("电动车能停楼道吗？", media=photo()).replies[0].kind == "answer"

    def test_all_kinds_are_two_taps_away(self, sends: Says) -> None:
        sends("报隐患")
        groups = sends("6")
        assert len(labels(groups)) == 6
        kinds = sends("6")
        assert len(labels(kinds)) <= 6
        assert "在哪里？" in shown(sends("1"))


class TestPhotos:
    def test_further_photos_get_no_reply_and_are_counted(self, sends: Says) -> None:
        sends(media=photo())
        assert [sends(media=photo()).replies for _ in range(3)] == [(), (), ()]

        sends("1")

        assert "照片：4张" in shown(sends(PLACE))

    def test_the_tenth_is_told_once(self, sends: Says, database: Database) -> None:
        for _ in range(MOST_PHOTOS):
            sends(media=photo())

        assert "已经有9张照片" in shown(sends(media=photo()))
        assert sends(media=photo()).replies == ()
        assert len(photos_of(database)) == MOST_PHOTOS
        assert "在哪里" in shown(sends("1"))  # the kinds still stand

    def test_the_first_photo_after_words_is_seen_in_the_card(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)

        assert "照片：1张" in shown(sends(media=photo()))
        assert sends(media=photo()).replies == ()

    def test_a_photo_long_after_asks_where_it_belongs(
        self, sends: Says, clock: Clock, database: Database
    ) -> None:
        sends("楼道堆满纸箱", media=photo())
        clock.forward(timedelta(hours=3))

        again = sends(media=photo())
        assert labels(again) == ["接着报", "重新报", "不要了"]
        assert sends(media=photo()).replies == ()
        assert len(photos_of(database)) == 1

        sends("2")
        assert len(photos_of(database)) == 2
        assert draft_of(database).said == ""  # type: ignore[union-attr]

    def test_a_photo_for_staff_goes_to_them(self, sends: Says, database: Database) -> None:
        first = sends(media=photo())

        assert "留言编号" in shown(sends(str(len(labels(first)))))
        assert draft_of(database) is None

    def test_a_video_is_told_what_to_do_and_takes_nothing_away(self, sends: Says) -> None:
        sends(media=photo())

        assert "视频" in shown(sends(media=(Media("video", "v"),)))
        assert "在哪里" in shown(sends("1"))


class TestPlaces:
    def test_a_location_in_the_flow_is_the_place(self, sends: Says, database: Database) -> None:
        sends("举报 楼道堆满纸箱")
        card = sends(place=Place(29.53, 108.77, "文汇路口", "gcj02"))

        assert "地点：文汇路口" in shown(card)
        sends("1")
        (report,) = reports(database)
        assert (report["sent_latitude"], report["datum"]) == (29.53, "gcj02")

    def test_outside_of_it_a_location_means_what_it_meant(self, sends: Says) -> None:
        assert "收到位置" in shown(sends(place=Place(29.53, 108.77)))

    @pytest.mark.usefixtures("codes")
    def test_words_are_looked_up_in_the_register(self, sends: Says, database: Database) -> None:
        sends("举报 阳光小区3栋2楼楼道堆满纸箱")
        sends("1")

        (report,) = reports(database)
        assert report["building_id"] is not None
        assert report["floor"] == "2楼"

    @pytest.mark.usefixtures("codes")
    def test_several_buildings_are_asked_about(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        asked = sends("阳光小区")

        assert "是哪一栋" in shown(asked)
        assert "阳光小区5栋" in shown(sends("2"))

    @pytest.mark.usefixtures("codes")
    def test_none_of_them_keeps_the_words(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        asked = sends("阳光小区")

        assert "地点：阳光小区\n" in shown(sends(str(len(labels(asked)))))

    def test_a_scanned_building_is_the_place(self, sends: Says, codes: dict[str, str]) -> None:
        name, code = next(iter(codes.items()))
        sends("举报 楼道堆满纸箱")

        assert f"地点：{name}" in shown(sends(event=Event("scanned", f"building:{code}")))

    def test_a_code_of_no_building_says_so(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")

        assert "认不出来" in shown(sends(event=Event("scanned", "building:00000000")))

    def test_the_last_place_is_the_default_unless_the_words_name_another(self, sends: Says) -> None:
        reported(sends)

        assert f"地点：{PLACE}" in shown(sends("举报 消防通道停车"))
        sends("不报了")
        assert "在哪里" in shown(sends("举报 5栋楼道堆满纸箱"))

    def test_it_can_be_changed(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)
        sends("2")

        assert "地点：翠湖苑1栋大门" in shown(sends("翠湖苑1栋大门"))

    def test_what_is_no_place_is_asked_again(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")

        assert "没看懂这个地方" in shown(sends("？？？"))


class TestGate:
    def test_yes_is_an_emergency_at_once(self, sends: Says, database: Database) -> None:
        sends("报隐患")
        sends("6")
        sends("4")
        assert "闻到燃气味吗" in shown(sends("1"))

        assert sends("有").replies[0].kind == "emergency"
        assert draft_of(database) is not None

    def test_no_goes_on(self, sends: Says) -> None:
        sends("报隐患")
        asked = sends("4")  # charging in common parts
        assert labels(asked) == ["有，现在就有", "没有，接着报"]

        assert "在哪里" in shown(sends("没有"))

    def test_what_may_be_anything_leads_to_the_first_look(self, sends: Says) -> None:
        sends("报隐患")
        sends("6")
        kinds = sends("6")
        asked = sends(str(labels(kinds).index("其他隐患") + 1))
        assert "有人被困" in shown(asked)

        assert "哪一种？" in shown(sends("1"))


class TestInTheMiddle:
    def test_a_question_is_answered_and_the_report_goes_on(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        answered = sends("楼道能停电动车吗？")
        assert answered.replies[0].kind == "answer"
        assert "隐患还没提交" in shown(answered)

        assert "在哪里" in shown(sends("接着报"))

    def test_an_unfinished_one_is_offered_again(self, sends: Says, clock: Clock) -> None:
        sends("举报 楼道堆满纸箱")
        sends("取消")
        clock.forward(timedelta(days=2))

        again = sends("报隐患")
        assert "上次没报完：楼道楼梯堆物" in shown(again)
        assert "在哪里" in shown(sends("1"))

    @pytest.mark.parametrize("way", ["3", "不要了", "不报了"])
    def test_it_can_be_dropped(self, sends: Says, database: Database, way: str) -> None:
        sends("楼道堆满纸箱", media=photo())
        sends("报隐患")

        assert "没有报" in shown(sends(way))
        assert draft_of(database) is None
        assert photos_of(database) == []

    def test_more_words_at_the_card_are_added(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)

        assert "说明：楼道堆满纸箱 好多天没人管" in shown(sends("好多天没人管"))

    @pytest.mark.parametrize("yes", ["提交", "要得", "好的"])
    def test_a_yes_to_the_card_sends_it(self, sends: Says, yes: str) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)

        assert "上报好了" in shown(sends(yes))

    def test_thanks_are_no_description(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)

        assert "说明" not in shown(sends("谢谢"))

    def test_an_emergency_comes_first_and_the_report_waits(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        assert sends("着火了").replies[0].kind == "emergency"
        assert "等险情过去再办" in shown(sends("接着报"))
        sends("安全了")

        assert "在哪里" in shown(sends("接着报"))

    @pytest.mark.parametrize("word", ["提交", "接着报", "不报了", "匿名提交"])
    def test_its_words_without_a_report_say_how_to_begin(self, sends: Says, word: str) -> None:
        assert "发张照片" in shown(sends(word))


class TestOffered:
    def test_a_place_and_a_hazard_are_offered_to_be_reported(self, sends: Says) -> None:
        offered = sends("我们3栋2楼楼道堆满纸箱")
        assert labels(offered) == ["上报", "不用，只是问问"]

        assert "类别：楼道楼梯堆物" in shown(sends("是")) + shown(sends(PLACE))

    def test_a_no_answers_it_as_a_question(self, sends: Says) -> None:
        sends("我们3栋2楼楼道堆满纸箱")

        assert sends("2").replies[0].kind in {"answer", "clarify"}

    @pytest.mark.parametrize(
        "said", ["3栋楼道堆东西怎么办？", "楼道堆物罚多少", "小区集中充电车棚要求"]
    )
    def test_a_question_is_not(self, sends: Says, said: str) -> None:
        assert "上报" not in labels(sends(said))


class TestReceipt:
    def test_notices_are_asked_for_once_and_kept(self, sends: Says, database: Database) -> None:
        reported(sends)
        assert not reports(database)[0]["wants_notices"]

        assert "告诉你" in shown(sends("1"))
        assert reports(database)[0]["wants_notices"]

    def test_no_is_heard(self, sends: Says, database: Database) -> None:
        reported(sends)

        assert "不打扰" in shown(sends("不用"))
        assert not reports(database)[0]["wants_notices"]

    @pytest.mark.usefixtures("codes")
    def test_too_many_of_one_place_are_told_when_to_come_back(self, sends: Says) -> None:
        for _ in range(3):
            reported(sends)
        sends("举报 楼道堆满纸箱")

        assert "过一小时" in shown(sends("1"))

    def test_a_blocked_one_can_object_once(
        self, sends: Says, database: Database, clock: Clock
    ) -> None:
        sends("举报 楼道堆满纸箱")
        sends(PLACE)
        owner = account_id(database)
        resident = database.read(lambda db: resident_of(db, owner))
        until = clock() + timedelta(days=7)
        wanted = NewBlock(resident, "demo", "多次乱报", None, clock(), until)
        database.write(lambda db: block(db, wanted))

        told = sends("1")
        assert "多次乱报" in shown(told)
        sends("1")
        assert "申诉转过去了" in shown(sends("那几次是别人拿我手机发的"))
        found = database.read(lambda db: block_of(db, resident, clock()))
        assert found is not None
        assert found.appeal == "那几次是别人拿我手机发的"
        sends("接着报")
        assert "已经申诉过" in shown(sends("1"))

    def test_html_stays_text(self, sends: Says, database: Database) -> None:
        sends("举报 楼道堆满<script>alert(1)</script>纸箱")
        sends(PLACE)
        sends("1")

        assert "<script>" in str(reports(database)[0]["said"])


class TestSurroundings:
    def test_a_group_is_sent_to_a_private_chat(self, sends: Says) -> None:
        group = Account("telegram", "-100200:7001")

        assert "只能私聊办" in shown(sends("报隐患", group))
        assert "只能私聊办" in shown(sends("", group, media=photo()))

    def test_english_is_spoken(self, sends: Says) -> None:
        sends("english")
        first = sends(media=photo())
        assert "Photo received" in shown(first)
        assert "Fire lane" in labels(first)[1]
        sends("2")
        card = shown(sends(PLACE))
        assert "Kind: Fire lane" in card
        assert "Reported, number" in shown(sends("1"))

    def test_no_two_functions_take_the_same_word(self, talk: Conversation) -> None:
        functions: Functions = talk._house.reception.functions
        words = [word for one in functions.registered for word in one.words]
        assert len(words) == len(set(words))
