"""人工 while staff have taken over, and what is said when nobody is on duty."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.desk_store import StaffRequest, open_requests
from bot.desk_thread_store import holding_of
from bot.desk_threads import take_over
from bot.dialogue.turns import Turn
from bot.functions.human import MOST_A_DAY
from bot.messages import Choice, Media, Place, Utterance
from community.staff import Area
from community.store import account_of
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.desk_town import hired, seen, speaker
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.test_functions import shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

WHOLE = Area(districts=frozenset({"demo"}))
COMPLAINT = "我们楼消防通道堵了好久都没得人管"
CLOSED = "现在没有人值守，工作日9点（明天）回复你；急事打119，办事打12345。"
# The clock of these tests stands on a Sunday at noon.
TO_MONDAY = timedelta(hours=22)


def requests(database: Database) -> list[StaffRequest]:
    return list(database.read(lambda db: open_requests(db, 50)))


def held(database: Database, now: datetime) -> bool:
    def read(db: Connection) -> bool:
        return holding_of(db, account_of(db, LI.channel, LI.name, now), now) is not None

    return database.write(read)


@pytest.fixture
def taken(sends: Says, database: Database, clock: Clock) -> None:
    """Somebody takes over, on Monday at ten, what a resident has left."""
    clock.forward(TO_MONDAY)
    sends("人工")
    sends(COMPLAINT)

    def work(db: Connection) -> None:
        staff = hired(db, "wang", "duty_officer", "demo")
        take_over(db, seen(db, LI.name, WHOLE, clock()), staff, speaker(), clock())

    database.write(work)


def test_outside_the_hours_it_is_said_at_once(sends: Says) -> None:
    assert CLOSED in shown(sends("人工"))
    booked = shown(sends(COMPLAINT))
    assert ("留言编号" in booked, CLOSED in booked) == (True, True)


def test_within_the_hours_nobody_reads_that(sends: Says, clock: Clock) -> None:
    clock.forward(TO_MONDAY)
    assert "没有人值守，" not in shown(sends("人工"))
    assert "没有人值守，" not in shown(sends(COMPLAINT))


def test_the_word_that_ends_it_is_despair_where_nobody_holds(sends: Says) -> None:
    assert sends("结束").replies[0].kind == "crisis"


@pytest.mark.usefixtures("taken")
class TestTaken:
    @pytest.mark.parametrize(
        "said", ["哪一栋？", "不是", "1", "好的", "楼道能停电动车吗", "有用", "谢谢", "消防通道"]
    )
    def test_what_is_said_goes_to_staff_without_a_word_of_the_bot(
        self, sends: Says, database: Database, said: str
    ) -> None:
        sends(said)  # what was pushed meanwhile is shown with it
        answered = sends(said)

        assert answered.replies == ()
        assert [one.said for one in requests(database)] == [COMPLAINT, said, said]

    def test_the_resident_is_told_who_answers(self, sends: Says, clock: Clock) -> None:
        clock.forward(timedelta(minutes=1))  # it could not be pushed
        assert "现在由工作人员回复你。说“结束”回到机器人" in shown(sends("在的"))

    @pytest.mark.parametrize("kind", ["photo", "voice", "video", "file"])
    def test_what_is_sent_goes_to_staff(self, sends: Says, database: Database, kind: str) -> None:
        sends(media=(Media(kind, "ref"),))  # type: ignore[arg-type]

        assert [one.media_kind for one in requests(database)] == ["", kind]

    def test_a_place_is_told_in_words(self, sends: Says, database: Database) -> None:
        sends(place=Place(29.5, 108.7, "翠湖苑3栋"))

        assert requests(database)[-1].said == "翠湖苑3栋"

    def test_a_sticker_is_nothing_to_read(self, sends: Says, database: Database) -> None:
        sends(media=(Media("sticker", "ref"),))
        assert len(requests(database)) == 1

    @pytest.mark.parametrize("said", ["我家着火了", "家里燃气漏了好臭"])
    def test_an_emergency_is_answered_by_the_bot(
        self, sends: Says, database: Database, said: str
    ) -> None:
        assert "119" in shown(sends(said))
        assert len(requests(database)) == 1

    @pytest.mark.parametrize(
        ("word", "told"), [("帮助", "转人工"), ("取消", "取消"), ("人工", "现在由工作人员回复你")]
    )
    def test_words_that_always_work_do(
        self, sends: Says, database: Database, word: str, told: str
    ) -> None:
        answered = sends(word)

        labels = "".join(one.label for reply in answered.replies for one in reply.choices)
        assert told in shown(answered) + labels or word == "取消"
        assert answered.replies
        assert len(requests(database)) == 1

    def test_it_holds_on_after_them(self, sends: Says, database: Database) -> None:
        sends("帮助")
        sends("取消")
        sends("是3栋的灯")

        assert requests(database)[-1].said == "是3栋的灯"

    def test_a_tap_is_the_bots(self, talk: object, database: Database, clock: Clock) -> None:
        tapped = Choice("我的楼栋", function="building")
        said = Utterance(LI, "tap", tapped.label, clock(), tapped=tapped)

        answered: Turn = talk.receive(said)  # type: ignore[attr-defined]

        assert "楼栋" in shown(answered)
        assert len(requests(database)) == 1

    @pytest.mark.parametrize("word", ["结束", "“结束”", "结束。", "End"])
    def test_the_resident_ends_it(
        self, sends: Says, database: Database, clock: Clock, word: str
    ) -> None:
        assert "回到机器人了" in shown(sends(word))

        assert not held(database, clock())
        assert sends("楼道能停电动车吗").replies[0].kind == "answer"

    @pytest.mark.parametrize("word", ["结束了", "不想活了"])
    def test_despair_is_heard_whoever_holds(
        self, sends: Says, database: Database, clock: Clock, word: str
    ) -> None:
        assert sends(word).replies[0].kind == "crisis"
        assert held(database, clock())

        assert sends("嗯").replies == ()
        assert requests(database)[-1].said == "嗯"

    def test_an_open_emergency_stays_the_bots(self, sends: Says, database: Database) -> None:
        sends("我家着火了")
        assert sends("打了").replies

        assert len(requests(database)) == 1

    def test_it_lapses_by_itself(self, sends: Says, database: Database, clock: Clock) -> None:
        clock.forward(timedelta(hours=4))

        assert sends("楼道能停电动车吗").replies[-1].kind in {"answer", "chat"}
        assert len(requests(database)) == 1

    def test_after_hours_somebody_who_waits_is_told(self, sends: Says, clock: Clock) -> None:
        sends("在吗")
        clock.forward(timedelta(hours=2, minutes=30))  # half past twelve

        assert "现在没有人值守，今天13点30分回复你" in shown(sends("还在吗"))

    def test_five_a_day_are_not_counted(self, sends: Says, database: Database) -> None:
        for number in range(MOST_A_DAY + 2):
            sends(f"第{number}句话")

        assert len(requests(database)) == MOST_A_DAY + 3
