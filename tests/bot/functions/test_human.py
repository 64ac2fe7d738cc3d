"""人工: what is a message to staff and what is not, and what was sent along."""

from datetime import timedelta

import pytest

from bot.assembly import FETCH_RECORDING
from bot.desk_store import StaffRequest, open_requests, staff_request
from bot.dialogue.conversation import Conversation
from bot.functions.human import MOST_A_DAY, WORDS_WITHIN
from bot.messages import Choice, Media, Utterance
from storage import Database
from storage.work_rows import find_row
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.reporting import photo, photos_of, rows
from tests.bot.functions.test_functions import shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

COMPLAINT = "我们楼消防通道堵了好久都没得人管"


def requests(database: Database) -> list[StaffRequest]:
    return list(database.read(lambda db: open_requests(db, 50)))


@pytest.mark.parametrize(
    "small",
    ["你好", "好", "1", "🙂", "谢谢", "谢谢你哈", "嗯", "哦哦", "[微笑]", "[Grin]", "138123",
     "13812345678", "???", "aaaaaaaaaaaaaaaa",
     "哈哈哈哈哈哈", "在吗", "2", "ok", "thanks", "。。。", "❤️❤️", "漏水"],
)  # fmt: skip
def test_what_is_no_message_is_asked_for_again(sends: Says, database: Database, small: str) -> None:
    sends("人工")

    again = shown(sends(small))

    assert requests(database) == []
    assert "写成一句话" in again
    assert "留言编号" in shown(sends(COMPLAINT))
    assert [one.said for one in requests(database)] == [COMPLAINT]


@pytest.mark.parametrize(
    "word", ["算了嘛", "不留了", "不用了", "不需要", "没事了", "取消", "算了", "no thanks"]
)
def test_who_thinks_better_of_it_leaves_nothing(sends: Says, database: Database, word: str) -> None:
    sends("人工")
    dropped = shown(sends(word))
    assert "没有留" in dropped or "不说这个" in dropped

    sends(COMPLAINT)

    assert requests(database) == []


@pytest.mark.parametrize("word", ["火", "爆炸"])
def test_a_word_of_danger_is_heard_as_such(sends: Says, database: Database, word: str) -> None:
    sends("人工")

    assert "119" in shown(sends(word))
    assert requests(database) == []
    assert "留言编号" in shown(sends(COMPLAINT))


class TestQuestions:
    def test_a_question_is_answered_and_the_complaint_after_it_booked(
        self, sends: Says, database: Database
    ) -> None:
        sends("人工")
        answered = sends("楼道能停电动车吗")
        assert answered.replies[0].kind == "answer"
        assert "再发一次" in shown(answered)
        assert requests(database) == []

        assert "留言编号" in shown(sends(COMPLAINT))

    def test_the_same_question_again_goes_to_staff(self, sends: Says, database: Database) -> None:
        sends("人工")
        for _ in range(2):
            last = sends("楼道能停电动车吗")

        assert "留言编号" in shown(last)
        assert [one.said for one in requests(database)] == ["楼道能停电动车吗"]

    def test_a_topic_below_the_answer_can_be_picked(self, sends: Says, database: Database) -> None:
        sends("人工")
        sends("楼道能停电动车吗")

        assert sends("2").replies[0].kind == "answer"
        assert requests(database) == []

    @pytest.mark.parametrize("said", ["3栋消防栓没有水，请人看看", "电动车天天停在楼道里头充电"])
    def test_what_asks_nothing_is_booked_though_there_is_an_entry(
        self, sends: Says, said: str
    ) -> None:
        sends("人工")

        assert "留言编号" in shown(sends(said))

    def test_a_tap_on_an_old_choice_is_no_message(
        self, sends: Says, talk: Conversation, clock: Clock, database: Database
    ) -> None:
        sends("人工")
        label = "小区集中充电车棚要求"
        said = Utterance(LI, "tap", label, clock(), tapped=Choice(label))

        answered = talk.receive(said)

        assert answered.replies[0].kind in {"answer", "clarify"}
        assert requests(database) == []


class TestSentAlong:
    @pytest.mark.parametrize(
        ("kind", "named"),
        [("photo", "照片"), ("video", "视频"), ("file", "文件"), ("voice", "语音")],
    )
    def test_each_is_booked_as_what_it_is_and_fetched(
        self, sends: Says, database: Database, kind: str, named: str
    ) -> None:
        sends("人工")

        booked = shown(sends(media=(Media(kind, f"the-{kind}"),)))  # type: ignore[arg-type]

        (request,) = requests(database)
        assert f"{named}转给工作人员了，留言编号{request.code}" in booked
        assert (request.media_kind, request.media_ref) == (kind, f"the-{kind}")
        planned = database.read(lambda db: find_row(db, FETCH_RECORDING, str(request.id)))
        assert planned is not None

    def test_a_caption_is_the_message(self, sends: Says, database: Database) -> None:
        sends("人工")

        booked = shown(sends("消防栓坏了", media=(Media("photo", "p"),)))

        assert [one.said for one in requests(database)] == ["消防栓坏了"]
        assert "再发一句" not in booked

    def test_the_sentence_after_a_photo_belongs_to_it(
        self, sends: Says, database: Database
    ) -> None:
        sends("人工")
        assert "再发一句" in shown(sends(media=(Media("photo", "p"),)))
        assert "不客气" in shown(sends("谢谢"))

        added = shown(sends("就是这个 烂了没得人修"))

        (request,) = requests(database)
        assert request.said == "就是这个 烂了没得人修"
        assert request.code in added
        assert "补上了" in added
        sends("今天天气怎么样")
        assert len(requests(database)) == 1

    def test_who_has_nothing_to_add_says_so(self, sends: Says, database: Database) -> None:
        sends("人工")
        sends(media=(Media("photo", "p"),))

        assert "转过去了" in shown(sends("不用"))
        sends(COMPLAINT)
        assert [one.said for one in requests(database)] == [""]

    def test_a_sentence_much_later_is_a_message_of_its_own(
        self, sends: Says, database: Database, clock: Clock
    ) -> None:
        sends("人工")
        sends(media=(Media("photo", "p"),))
        clock.forward(WORDS_WITHIN + timedelta(seconds=1))

        sends(COMPLAINT)

        assert [one.said for one in requests(database)] == ["", COMPLAINT]

    def test_two_photos_are_two_messages(self, sends: Says, database: Database) -> None:
        sends("人工")
        for name in "ab":
            sends(media=(Media("photo", name),))

        assert [one.media_ref for one in requests(database)] == ["a", "b"]

    def test_a_sticker_is_none(self, sends: Says, database: Database) -> None:
        sends("人工")

        assert "写成一句话" in shown(sends(media=(Media("sticker", "s", "🙂"),)))
        assert requests(database) == []

    def test_a_shared_page_is_its_address(self, sends: Says, database: Database) -> None:
        sends("人工")
        url = "https://example.org/a"

        sends(url, media=(Media("file", url, "新闻"),))

        (request,) = requests(database)
        assert (request.said, request.media_kind) == (url, "")

    def test_recognised_speech_is_its_words(self, sends: Says, database: Database) -> None:
        sends("人工")
        assert "写成一句话" in shown(sends("你好", media=(Media("voice", "v"),)))

        sends(COMPLAINT, media=(Media("voice", "v2"),))

        assert [(r.said, r.media_ref) for r in requests(database)] == [(COMPLAINT, "v2")]


def test_all_photos_of_a_report_go_to_staff(sends: Says, database: Database) -> None:
    sent = [photo() for _ in range(3)]
    for media in sent:
        sends(media=media)

    booked = sends("不是隐患，发给人工")

    refs = [row["media_ref"] for row in rows(database, staff_request)]
    assert refs == [media.ref for (media,) in sent]
    assert "照片" in shown(booked)
    assert photos_of(database) == []


def test_photos_beyond_the_days_limit_are_not_taken(sends: Says, database: Database) -> None:
    for number in range(MOST_A_DAY):
        sends("转人工")
        sends(f"三单元的路灯坏了{number}号")
    sends(media=photo())
    sends(media=photo())

    assert str(MOST_A_DAY) in shown(sends("不是隐患，发给人工"))
    assert len(rows(database, staff_request)) == MOST_A_DAY
