"""演练 in the chat: what is planned, arriving by button, code and scan, and asking for help."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.messages import Account, Event
from community.bindings import bind, settle
from community.delivery_store import delivery
from community.staff import Post
from community.staff_entry_store import new_chat_code
from community.store import resident_of
from drills.drill_store import find_drill
from drills.drills import Drill
from drills.rollcall import Line
from drills.roster_store import line_of_resident
from drills.scenes import drill_scene, scene_token
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import account_id, shown
from tests.bot.functions.test_functions import labels
from tests.community.registered import imported
from tests.community.staffed import employed
from tests.drills.gathered import ALARM, LIST, ONE, OUTSIDE, Muster, mustered

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

ARRIVE = "我已到集合点"


@pytest.fixture
def muster(database: Database, clock: Clock) -> Muster:
    imported(database, LIST)
    employed(database, "head", Post("volunteer", "demo"))
    clock.now = ALARM - timedelta(days=1)
    return mustered(database)


def lives(muster: Muster, sends: Says, name: str = ONE, unit: str = "", who: Account = LI) -> int:
    """Let somebody write for the first time, who lives in a building; return the resident's id."""
    sends("谢谢", who)
    own = account_id(muster.database, who)

    def work(db: object) -> int:
        found = resident_of(db, own)  # type: ignore[arg-type]
        building = muster.buildings[name]
        bind(db, found, building, "scan", ALARM - timedelta(days=30))  # type: ignore[arg-type]
        settle(db, found, building, unit=unit, floor=None)  # type: ignore[arg-type]
        return found

    return muster.database.write(work)


def sounded(muster: Muster, clock: Clock, minutes: int = 5) -> Drill:
    muster.alarmed()
    clock.now = ALARM + timedelta(minutes=minutes)
    found = muster.database.read(lambda db: find_drill(db, muster.drill_id))
    assert found is not None
    return found


def line(muster: Muster, resident: int) -> Line:
    found = muster.database.read(lambda db: line_of_resident(db, muster.drill_id, resident))
    assert found is not None
    return found


@on_sqlite
class TestWhatIsPlanned:
    @pytest.mark.usefixtures("muster")
    def test_who_has_no_building_is_led_there(self, sends: Says) -> None:
        told = sends("演练")

        assert "先绑定你的楼栋" in shown(told)
        assert labels(told) == ["绑定楼栋"]

    def test_a_plan_that_nobody_approved_is_not_told(self, sends: Says, muster: Muster) -> None:
        lives(muster, sends)

        assert "最近没有安排演练" in shown(sends("演练"))

    def test_an_approved_one_is_told_with_time_and_place(self, sends: Says, muster: Muster) -> None:
        lives(muster, sends)
        muster.go("approved", -1000)

        told = shown(sends("什么时候演练"))

        assert told.startswith("【演练】冬季疏散演练：12月5日（周六）10:00，集合点：东门广场。")
        assert "不坐电梯" in told

    def test_another_building_has_none(self, sends: Says, muster: Muster) -> None:
        lives(muster, sends, OUTSIDE)
        muster.go("approved", -1000)

        assert "最近没有安排演练" in shown(sends("演练"))

    def test_while_it_runs_it_can_be_answered(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        lives(muster, sends)
        sounded(muster, clock)

        told = sends("演练")

        assert all(one.startswith("【演练】") for one in shown(told).splitlines()[:3])
        assert "不是真的火灾" in shown(told)
        assert "119" in shown(told)
        assert labels(told) == [ARRIVE, "需要帮助", "我在外面", "我在家，不参加"]


@on_sqlite
class TestArriving:
    def test_one_tap_counts_once(self, sends: Says, muster: Muster, clock: Clock) -> None:
        resident = lives(muster, sends)
        sounded(muster, clock)

        told = sends(ARRIVE)
        clock.forward(timedelta(minutes=2))
        again = sends(ARRIVE)

        assert "你到集合点了：东门广场" in shown(told)
        assert labels(told) == ["就我一个", "2人", "3人", "4人", "需要帮助"]
        assert "你到集合点了" in shown(again)
        assert labels(again) == []
        assert line(muster, resident).arrived_at == ALARM + timedelta(minutes=5)
        assert muster.counts.arrived == 1

    @pytest.mark.parametrize("typed", ["3", "3人", "就3个人"])
    def test_a_home_is_counted_by_whoever_says_it(
        self, sends: Says, muster: Muster, clock: Clock, typed: str
    ) -> None:
        lives(muster, sends, unit="1单元302")
        sounded(muster, clock)
        sends(ARRIVE)

        told = sends(typed if typed != "3" else "3人")

        assert "你家3人到了东门广场" in shown(told)
        assert muster.counts.arrived == 3

    def test_a_home_without_a_room_is_asked_for_it(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        resident = lives(muster, sends)
        sounded(muster, clock)
        sends(ARRIVE)

        asked = sends("2人")
        noted = sends("1单元302")

        assert "几单元几号" in shown(asked)
        assert "一家人只数一次" in shown(noted)
        assert line(muster, resident).room
        assert muster.counts.arrived == 2

    @pytest.mark.parametrize("who", [LI, LI_ON_TELEGRAM])
    def test_the_six_digits_count_as_well(
        self, sends: Says, muster: Muster, clock: Clock, who: Account
    ) -> None:
        resident = lives(muster, sends, who=who)
        drill = sounded(muster, clock)

        told = sends(f"签到码 {drill.check_in_code}", who)

        assert "你到集合点了" in shown(told)
        assert line(muster, resident).source == "code"

    def test_wrong_digits_are_counted_and_end(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        lives(muster, sends)
        drill = sounded(muster, clock)
        wrong = "000000" if drill.check_in_code != "000000" else "111111"

        told = [shown(sends(wrong)) for _ in range(6)]

        assert all("签到码不对" in one for one in told[:5])
        assert "输错太多次" in told[5]
        assert "输错太多次" in shown(sends(drill.check_in_code))

    def test_a_scan_counts_and_a_guest_is_one(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        drill = sounded(muster, clock)
        scene = drill_scene(drill.check_in_token, "wechat")

        sends("谢谢")
        told = sends(event=Event("scanned", scene))

        assert "你到集合点了" in shown(told)
        assert labels(told) == []
        assert muster.counts.guests == 1

    def test_before_the_alarm_nobody_is_counted(self, sends: Says, muster: Muster) -> None:
        lives(muster, sends)
        drill = muster.database.read(lambda db: find_drill(db, muster.drill_id))
        assert drill is not None

        assert "还没开始" in shown(sends(event=Event("scanned", f"drill:{drill.check_in_token}")))

    def test_without_a_drill_a_real_fire_is_thought_of(self, sends: Says, muster: Muster) -> None:
        lives(muster, sends)

        told = shown(sends(ARRIVE))

        assert "现在没有演练" in told
        assert "119" in told

    @pytest.mark.usefixtures("muster")
    def test_a_code_of_nothing_says_so(self, sends: Says) -> None:
        assert "认不出来" in shown(sends(event=Event("scanned", "drill:aaaaaaaaaaaaaaaa")))


@on_sqlite
class TestHelp:
    def test_help_reaches_the_organiser_once(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        resident = lives(muster, sends, unit="1单元302")
        code = muster.write(lambda db: new_chat_code(db, muster.staff_id, clock()))
        sends(f"绑定码 {code}", LI_ON_TELEGRAM)
        sounded(muster, clock)

        sends("演练")
        told = sends("需要帮助")
        sends("演练")
        sends("需要帮助")

        assert "已告诉现场组织人员" in shown(told)
        assert "120" in shown(told)
        assert line(muster, resident).status == "needs_help"
        query = select(delivery.c.body, delivery.c.lane).where(delivery.c.purpose == "drill")
        (row,) = muster.database.read(lambda db: db.execute(query).all())
        assert "【演练】冬季疏散演练：双福花园1栋 1-302有人需要帮助" in str(row.body)

    @pytest.mark.parametrize(
        ("tapped", "status"), [("我在外面", "away"), ("我在家，不参加", "at_home")]
    )
    def test_who_does_not_come_is_no_arrival(
        self, sends: Says, muster: Muster, clock: Clock, tapped: str, status: str
    ) -> None:
        resident = lives(muster, sends)
        sounded(muster, clock)

        sends("演练")
        told = sends(tapped)

        assert "记下了" in shown(told)
        assert line(muster, resident).status == status
        assert muster.counts.arrived == 0

    def test_a_real_fire_goes_before_the_drill(
        self, sends: Says, muster: Muster, clock: Clock
    ) -> None:
        lives(muster, sends)
        sounded(muster, clock)
        sends("演练")

        assert "现在打119" in shown(sends("不是演练，是真的，厨房着火了"))


@on_sqlite
def test_english_is_spoken(sends: Says, muster: Muster, clock: Clock) -> None:
    lives(muster, sends)
    sounded(muster, clock)
    sends("english")

    assert shown(sends("check in")).startswith("[DRILL] Noted: you are at the assembly point")


@pytest.mark.parametrize("channel", ["wechat", "telegram"])
def test_a_scene_leads_back_to_its_token(channel: str) -> None:
    scene = drill_scene("a" * 16 + "-_B9", channel)  # type: ignore[arg-type]

    assert scene_token(scene) == "a" * 16 + "-_B9"
    assert scene_token("qrscene_" + scene) == "a" * 16 + "-_B9"
    assert scene_token("building:7K3M9QXA") is None
