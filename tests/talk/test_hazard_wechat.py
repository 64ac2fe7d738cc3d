"""A hazard reported in WeChat and Telegram: photos one by one, a place, a number, 提交.

Over the real service: what the platform repeats has one effect, and what was acknowledged is
kept over a kill.
"""

from collections.abc import Iterator
from functools import partial

import pytest

from community.coordinates import Point, distance_m, from_gcj02
from tests.platforms.loopback import wait_until
from tests.platforms.telegram_messages import photo_sizes
from tests.platforms.wechat import WeChatUser
from tests.platforms.wechat_state import Allowance
from tests.talk.conftest import Town
from tests.talk.reported_town import (
    LANE,
    PATIENCE,
    Office,
    code_in,
    hidden,
    names,
    office_of,
    photo,
    reported,
    said,
    shared_by,
)
from tests.talk.towns import Resident, furnished, labels, rows, standing
from tests.talk.wechat_town import at_once, newcomer, turns_of_message, without_faults

# As WeChat's map names a spot in the county town of 演示区.
SENT = (29.533155, 108.770722)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "hazards")) as town:
        yield town


@pytest.fixture(scope="module")
def office(town: Town) -> Office:
    return office_of(town)


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


@pytest.fixture
def resident(town: Town) -> WeChatUser:
    return newcomer(town)


@pytest.fixture
def without_rights(town: Town) -> Iterator[None]:
    """An account that may not fetch media by their ids, as an unverified one."""
    town.wechat.account.is_verified = False
    yield
    town.wechat.account.is_verified = True


def reports_of(town: Town, who: WeChatUser) -> list[str]:
    """Return the codes of the reports of somebody who is not anonymous."""
    query = (
        "SELECT r.code FROM hazard_report r JOIN channel_account a"
        " ON a.resident_id = r.reporter_id WHERE a.name = ? ORDER BY r.id"
    )
    return [code for (code,) in rows(town.data_dir, query, who.openid)]


def test_nine_photos_a_place_a_number(town: Town, office: Office, resident: WeChatUser) -> None:
    first, *others = [resident.sends_photo(photo(seed)) for seed in range(9)]
    assert said(first).startswith("照片收到。这是什么隐患？")
    assert others == [None] * 8
    assert said(resident.sends_photo(photo(9))).startswith("已经有9张照片")
    assert resident.sends_photo(photo(10)) is None, "that was said already"

    kind = resident.sends_place(*SENT, "文汇路西口")
    card = resident.says(LANE)
    receipt = resident.says("1")

    assert "2 " in said(kind)
    assert "照片：9张" in said(card)
    assert "地点：文汇路西口" in said(card)
    assert receipt is not None
    assert (receipt.via, receipt.text[:4]) == ("reply", "上报好了")
    code = code_in(receipt)
    office.wait_for_photos(code, 9)
    case = office.case(code)
    assert case["state"] == "submitted"
    stored, sent = Point(case["latitude"], case["longitude"]), Point(*SENT)
    assert distance_m(stored, from_gcj02(*SENT)) < 1
    assert 100 < distance_m(stored, sent) < 800


def test_what_the_platform_repeats_has_one_effect(
    town: Town, office: Office, resident: WeChatUser
) -> None:
    sending = partial(resident.sends_photo, photo(21), MsgId=8101, MediaId="the-same-media")
    shown = at_once(*[sending] * 3)
    placed = [resident.sends_place(*SENT, "南门")]
    placed += [resident.says(LANE, MsgId=8102) for _ in range(3)]
    receipts = at_once(*[partial(resident.says, "1", MsgId=8103)] * 3)
    receipts.append(resident.says("1", MsgId=8103))

    assert len({said(one) for one in shown}) == 1
    assert len({said(one) for one in placed[1:]}) == 1
    assert "照片：1张" in said(placed[-1])
    assert len({said(one) for one in receipts}) == 1
    assert reports_of(town, resident) == [code_in(receipts[0])]
    assert [turns_of_message(town.data_dir, one) for one in (8101, 8102, 8103)] == [1, 1, 1]
    assert office.case(code_in(receipts[0]))["report_count"] == 1


def test_killed_between_photo_and_the_end(town: Town, office: Office, resident: WeChatUser) -> None:
    resident.sends_photo(photo(31))
    resident.sends_photo(photo(32))
    town.restart()

    assert "在哪里" in said(resident.says(LANE))
    town.restart()
    assert "照片：2张" in said(resident.says("南门大桥下"))
    town.restart()
    receipt = resident.says("1")

    office.wait_for_photos(code_in(receipt), 2)
    assert reports_of(town, resident) == [code_in(receipt)]


def test_killed_right_after_the_receipt(town: Town, office: Office, resident: WeChatUser) -> None:
    """The photos had not come yet when the power went; the next process fetches them."""
    town.wechat.goes_down()
    resident.sends_photo(photo(41))
    resident.sends_photo(photo(42))
    resident.says(LANE)
    resident.says("南门大桥下")
    receipt = resident.says("1", MsgId=8201)
    code = code_in(receipt)
    town.stop()
    assert [file for file, _ in office.photos(code)] == [None, None]
    town.wechat.comes_back()
    town.start()

    assert said(resident.says("1", MsgId=8201)) == said(receipt)
    office.wait_for_photos(code, 2)
    assert reports_of(town, resident) == [code]
    assert "等工作人员审核" in said(resident.says(f"进度 {code}"))


@pytest.mark.usefixtures("without_rights")
def test_a_photo_that_only_its_link_gives(office: Office, resident: WeChatUser) -> None:
    office.wait_for_photos(reported(resident, 51), 1)


def test_a_photo_that_is_gone_is_said(town: Town, resident: WeChatUser) -> None:
    """Neither by its id nor by its link: the sender hears of it, and reports without it."""
    resident.sends_photo(photo(52), MediaId="nowhere", PicUrl=f"{town.wechat.url}/mmbiz_pic/no")

    told = resident.wait_for(2, PATIENCE)[-1]
    assert told.via == "customer service"
    assert "照片" in told.text
    resident.says(LANE)
    assert "照片：没有" in said(resident.says("南门大桥下"))


def test_told_of_it_within_the_window(office: Office, resident: WeChatUser) -> None:
    code = reported(resident, 61)
    resident.says("要通知")
    count = len(resident.received)

    with office.opened("shen") as shen:
        office.does(shen, code, "screen", "assign", handler="street", lead="fire_rescue")

    told = resident.wait_for(count + 1, PATIENCE)[-1]
    assert told.via == "customer service"
    assert told.text.startswith("你")
    assert "受理" in told.text
    assert len(resident.received) == count + 1


def test_told_at_the_next_turn_outside_of_it(
    town: Town, office: Office, resident: WeChatUser
) -> None:
    code = reported(resident, 62)
    resident.says("要通知")
    count = len(resident.received)
    town.wechat.state.people[resident.openid].written = Allowance()

    with office.opened("shen") as shen:
        office.does(shen, code, "screen", "assign", handler="street", lead="fire_rescue")
    waiting = (
        "SELECT d.state FROM delivery d JOIN channel_account a ON a.id = account_id"
        " WHERE a.name = ? AND d.purpose = 'case'"
    )
    look = partial(rows, town.data_dir, waiting, resident.openid)
    assert wait_until(lambda: look() == [("held",)], PATIENCE), look()

    assert len(resident.received) == count
    assert "受理" in said(resident.says("你好"))
    assert "受理" not in said(resident.says("你好"))


def test_who_said_no_is_told_nothing(office: Office, resident: WeChatUser) -> None:
    code = reported(resident, 63)
    resident.says("不用")
    count = len(resident.received)

    with office.opened("shen") as shen:
        office.does(shen, code, "screen", "assign", handler="street", lead="fire_rescue")

    assert "转给负责的单位" in said(resident.says(f"进度 {code}"))
    assert len(resident.received) == count + 1


def test_an_album_in_telegram(town: Town, office: Office) -> None:
    """Three photos of one album are three messages; the first alone is answered."""
    who = Resident.of(town, 8601)
    for seed in (71, 72, 73):
        sizes = photo_sizes(town.telegram.state, photo(seed))
        who.user.sends(photo=sizes, media_group_id="13579")
    asked = who.reads()[0]
    assert asked.text.startswith("照片收到。这是什么隐患？")
    who.taps(labels(asked)[1], asked)
    who.user.sends_place(29.53, 108.77)
    card = who.reads()[0]
    receipt = who.taps(labels(card)[0], card)

    assert "照片：3张" in card.text
    office.wait_for_photos(code_in(receipt), 3)
    who.reads_nothing()


def test_nothing_joins_an_anonymous_reporter_after_a_kill(
    town: Town, office: Office, resident: WeChatUser
) -> None:
    code, password = hidden(resident, 81)
    log = town.log
    town.restart()

    assert names(town, code) == {"hazard_report"}
    assert names(town, password) == set()
    assert shared_by(town, resident, code) == set()
    assert not names(town, resident.openid) & {"hazard_report", "hazard_case", "hazard_photo"}
    assert [secret for secret in (code, password, resident.openid) if secret in log] == []
    assert "等工作人员审核" in said(newcomer(town).says(f"进度 {code}"))
    assert "还没有上报过" in said(resident.says("我的上报"))
    open_one = reported(resident, 82)
    assert shared_by(town, resident, open_one), "others leave traces to be found"
