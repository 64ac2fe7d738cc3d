"""Coming, leaving, agreeing to notices and writing to staff, on the running service."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.wechat import Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import building_code, furnished, kept_media, run_lifeline, standing
from tests.talk.wechat_town import (
    WECHAT_ALONE,
    at_once,
    busy_store,
    ids_of,
    newcomer,
    stored,
    traces,
    without_faults,
)

# The outbox looks every five seconds for what another process has queued.
LOOKING_SECONDS = 15.0
TEMPLATES = {"LIFELINE_WECHAT_TEMPLATES": "drill=tmplDrill,case=tmplCase"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    data_dir = furnished(tmp_path_factory, "people")
    with standing(data_dir, **WECHAT_ALONE, **TEMPLATES) as town:
        for template in ("tmplDrill", "tmplCase"):
            town.wechat.add_notice(template, "thing1")
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


@pytest.fixture
def resident(town: Town) -> WeChatUser:
    return newcomer(town)


def request_code(text: str) -> str:
    """Return the code of a request as the resident was told it."""
    found = re.search(r"留言编号([0-9A-Z]{8})", text)
    assert found is not None, text
    return found[1]


def wait_for_recording(town: Town, code: str) -> bytes:
    """Return the bytes of a recording once staff can play it."""
    assert wait_until(lambda: kept_media(town.data_dir, code) is not None, 70)
    return kept_media(town.data_dir, code) or b""


def test_a_code_at_the_door_leads_to_the_building(town: Town) -> None:
    resident = newcomer(town, is_following=False)

    welcome = resident.scans(f"building:{building_code(town.data_dir)}")
    assert "真着火、有人被困：先打119" in welcome.text
    assert "阳光小区3栋吗？" in welcome.text
    assert "绑好了：阳光小区3栋" in resident.says("1").text

    assert "物业：023-79220001" in resident.says("常用电话").text
    other = building_code(town.data_dir, "5栋")
    assert "阳光小区5栋吗？" in resident.scans(f"building:{other}").text


def test_who_leaves_is_forgotten_everywhere_and_starts_anew(town: Town) -> None:
    resident = newcomer(town, is_following=False)
    resident.scans(f"building:{building_code(town.data_dir)}")
    resident.says("1")
    resident.says("楼道能不能停电动车")
    resident.says("不对")
    resident.says("人工")
    resident.sends_voice(content=b"#!AMR\nplease")
    resident.accepts(["tmplDrill"])
    resident.says("关联")
    resident.says("1")
    ids = ids_of(town.data_dir, resident.openid)
    kept = traces(town.data_dir, resident.openid, ids)
    assert kept >= {"turn", "session", "binding", "staff_request", "subscription_consent", "link"}

    resident.unfollows()

    assert traces(town.data_dir, resident.openid, ids) == set()
    assert "你住在" not in resident.follows().text
    assert resident.says("我的楼栋").text.startswith("还没绑定楼栋")
    assert resident.says("通知设置").text.startswith("现在没有给你订任何推送")
    assert "只记问答" in resident.says("楼道能不能停电动车").text  # told as to somebody new


def test_leaving_works_while_the_store_is_busy(town: Town, resident: WeChatUser) -> None:
    resident.says("你好")
    ids = ids_of(town.data_dir, resident.openid)

    with busy_store(town.data_dir, 1.5):
        assert resident.unfollows() is None

    assert traces(town.data_dir, resident.openid, ids) == set()


def test_leaving_twice_and_without_a_word_changes_nothing(town: Town) -> None:
    resident = newcomer(town)
    before = stored(town.data_dir)

    resident.unfollows()
    resident.unfollows()

    assert stored(town.data_dir) == before


def test_consents_stand_in_the_settings_until_they_are_taken_back(resident: WeChatUser) -> None:
    resident.accepts(["tmplDrill", "tmplCase"])
    resident.accepts(["tmplDrill"])
    shown = resident.says("通知设置").text
    assert "演练通知（还能收2次）" in shown
    assert "隐患进度（还能收1次）" in shown

    resident.withdraws(["tmplDrill"])
    assert "演练通知" not in resident.says("通知设置").text

    banned = [{"TemplateId": "tmplCase", "SubscribeStatusString": "ban", "PopupScene": 0}]
    resident.does("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": banned})
    assert resident.says("通知设置").text.startswith("现在没有给你订任何推送")


def test_a_no_in_the_window_is_a_no(resident: WeChatUser) -> None:
    resident.rejects(["tmplDrill"])

    assert resident.says("通知设置").text.startswith("现在没有给你订任何推送")


def test_two_people_may_agree_in_one_second(town: Town) -> None:
    people = [newcomer(town) for _ in range(4)]
    second = int(town.wechat.clock().timestamp())
    items = [{"TemplateId": "tmplDrill", "SubscribeStatusString": "accept", "PopupScene": 2}]

    def agreeing(who: WeChatUser) -> Callable[[], Shown | None]:
        fields = {"CreateTime": second, "SubscribeMsgPopupEvent": {"List": items}}
        return partial(who.does, "subscribe_msg_popup_event", **fields)

    with busy_store(town.data_dir, 0.5):
        at_once(*map(agreeing, people))

    assert all("演练通知（还能收1次）" in one.says("通知设置").text for one in people)


def test_a_repeated_yes_is_one_yes(town: Town, resident: WeChatUser) -> None:
    second = int(town.wechat.clock().timestamp())
    items = [{"TemplateId": "tmplDrill", "SubscribeStatusString": "accept", "PopupScene": 2}]
    for _ in range(3):
        resident.does(
            "subscribe_msg_popup_event",
            CreateTime=second,
            SubscribeMsgPopupEvent={"List": items},
        )

    assert "演练通知（还能收1次）" in resident.says("通知设置").text


def test_staff_answer_and_it_arrives(town: Town, resident: WeChatUser) -> None:
    assert "工作人员" in resident.says("人工").text
    code = request_code(resident.says("3栋消防栓没有水，请人看看").text)

    listed = run_lifeline(town.data_dir, "inbox", "list")
    assert re.search(rf"{code}\t.*3栋消防栓没有水，请人看看", listed)
    seen = len(resident.received)
    assert "已回" in run_lifeline(town.data_dir, "inbox", "answer", code, "物业明天上午来修。")

    answered = resident.wait_for(seen + 1, LOOKING_SECONDS)[-1]
    assert answered.via == "customer service"
    assert answered.text == f"工作人员回你的留言（编号{code}）：\n物业明天上午来修。"
    assert "物业明天" not in resident.says("谢谢").text


def test_a_recording_reaches_staff_byte_by_byte(town: Town, resident: WeChatUser) -> None:
    recording = b"#!AMR\n" + bytes(range(256)) * 40
    assert "马上打119" in resident.sends_voice(content=recording).text

    code = request_code(resident.says("4").text)

    assert wait_for_recording(town, code) == recording
