"""Everything that WeChat can send, to the running service: each gets a useful reply or silence."""

import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from bot.cli import wechat_menu
from tests.platforms.wechat import Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import furnished, rows, standing
from tests.talk.wechat_town import WECHAT_ALONE, commanded, newcomer, stored, without_faults

Act = Callable[[WeChatUser], Shown | None]

MOST_BYTES = 2048
LONG_BASIS = "能不能自己改燃气管"
MORE = "回复“更多”继续"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "kinds"), **WECHAT_ALONE) as town:
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


@pytest.fixture
def resident(town: Town) -> WeChatUser:
    return newcomer(town)


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(content, "JPEG")
    return content.getvalue()


NEWS = ("三楼起火两人伤", "https://news.example/1")
MESSAGES: list[tuple[str, Act, str]] = [
    ("text", lambda who: who.says("楼道能不能停电动车"), "不能。高层楼"),
    ("text with controls", lambda who: who.says("楼道\x00能不能\x08停电动车"), "不能。高层楼"),
    ("image", lambda who: who.sends_photo(photo()), "照片收到。这是什么隐患"),
    ("voice", lambda who: who.sends_voice(), "马上打119。别的事回数字："),
    ("read voice", lambda who: who.sends_voice("楼道能不能停电动车"), "不能。高层楼"),
    ("read cry", lambda who: who.sends_voice("厨房着火了快来人"), "现在打119"),
    ("unread voice", lambda who: who.sends_voice(""), "我听不了语音"),
    ("video", lambda who: who.sends_video(), "我看不了视频"),
    ("short video", lambda who: who.sends_video(is_short=True), "我看不了视频"),
    ("location", lambda who: who.sends_place(29.53, 108.77, "文汇路1号"), "附近没有登记的楼栋"),
    ("news of a fire", lambda who: who.sends_link(*NEWS), "链接我打不开"),
    ("file", lambda who: who.sends_file("制度.pdf"), "文件我打不开"),
    ("sticker", lambda who: who.says("【收到不支持的消息类型，暂无法显示】"), "这种消息我看不了"),
    ("empty text", lambda who: who.says(""), "这种消息我看不了"),
    ("kind of tomorrow", lambda who: who.sends("hologram"), "这种消息我看不了"),
    ("follow", lambda who: who.follows(), "我是生命通道"),
    ("follow by a code of others", lambda who: who.follows("shop-7"), "这个码认不出来"),
    ("menu of yesterday", lambda who: who.clicks("prizes"), "回“人工”找人"),
    ("tap on a menu message", lambda who: who.says("常用电话", bizmsgmenuid="2"), "火警：119"),
]
BUTTONS = {
    "着火漏气先看", "常用电话", "转人工", "报隐患", "我的上报进度", "我的积分",
    "我的楼栋", "演练", "通知设置", "隐私与退订",
}  # fmt: skip


@pytest.mark.parametrize(
    ("act", "said"), [row[1:] for row in MESSAGES], ids=[row[0] for row in MESSAGES]
)
def test_every_kind_of_message_gets_a_useful_reply(
    resident: WeChatUser, act: Act, said: str
) -> None:
    shown = act(resident)

    assert shown is not None
    assert said in shown.text
    assert len(shown.text.encode()) <= MOST_BYTES


MASS_COUNTS = {"TotalCount": 100, "FilterCount": 80, "SentCount": 75, "ErrorCount": 5}
NOTICE_SENT = {"TemplateId": "T", "MsgID": 5, "ErrorCode": 0, "ErrorStatus": "success"}
EVENTS: list[tuple[str, str, dict[str, object]]] = [
    ("page opened", "VIEW", {"EventKey": "https://fire.example/", "MenuId": 1}),
    ("position", "LOCATION", {"Latitude": 29.53, "Longitude": 108.77, "Precision": 65.0}),
    ("template sent", "TEMPLATESENDJOBFINISH", {"MsgID": 7, "Status": "success"}),
    ("template blocked", "TEMPLATESENDJOBFINISH", {"MsgID": 8, "Status": "failed:user block"}),
    ("mass sent", "MASSSENDJOBFINISH", {"MsgID": 9, "Status": "send success", **MASS_COUNTS}),
    ("notice sent", "subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": NOTICE_SENT}}),
    ("card taken", "user_get_card", {"CardId": "p1", "UserCardCode": "12"}),
    ("event of tomorrow", "waves_hand", {}),
]


@pytest.mark.parametrize(
    ("event", "fields"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS]
)
def test_what_is_no_message_is_taken_in_silence_and_leaves_nothing(
    town: Town, resident: WeChatUser, event: str, fields: dict[str, object]
) -> None:
    before = stored(town.data_dir)

    assert resident.does(event, **fields) is None
    assert stored(town.data_dir) == before


def test_the_menu_that_was_pushed_can_be_tapped(town: Town, resident: WeChatUser) -> None:
    said = commanded(town, wechat_menu.app, "push")
    assert "已推送，读回来一样" in said
    assert town.wechat.state.menu is not None
    buttons = [one for top in town.wechat.state.menu["button"] for one in top["sub_button"]]

    shown = {one["name"]: newcomer(town).taps(one["name"]) for one in buttons}

    assert set(shown) == BUTTONS
    assert all(one is not None for one in shown.values())
    assert "着火：叫上家人走没有烟的楼梯" in shown["着火漏气先看"].text
    assert "火警：119" in shown["常用电话"].text
    resident.taps("隐私与退订")
    assert resident.says("2").text == resident.says("退订").text  # of the last: 退订全部通知


def test_numbers_stay_true_over_a_long_text(town: Town, resident: WeChatUser) -> None:
    answer = resident.says(LONG_BASIS)
    second = re.search(r"^2 .*?>(.+?)</a>$", answer.text, re.MULTILINE)
    assert second is not None

    parts = [resident.says("依据")]
    while parts[-1].text.endswith(MORE):
        parts.append(resident.says("更多"))
    picked = resident.says("2")

    assert len(parts) == 3
    assert all(len(part.text.encode()) <= 1900 for part in parts)
    assert resident.says("更多").text.startswith("没有更多了")
    written_out = newcomer(town).says(second[1])
    assert picked.text.split("\n")[0] == written_out.text.split("\n")[0]


def test_a_photo_begins_a_report_and_no_turn_keeps_it(town: Town, resident: WeChatUser) -> None:
    before = stored(town.data_dir)
    resident.sends_photo(photo())

    after = stored(town.data_dir)
    assert after["turn"] == before["turn"] + 1
    assert after["hazard_draft"] == before["hazard_draft"] + 1
    said = rows(town.data_dir, "SELECT said FROM turn ORDER BY id DESC LIMIT 1")
    assert said == [("",)]


def test_somebody_who_writes_too_fast_is_slowed_down_but_never_in_danger(
    resident: WeChatUser,
) -> None:
    texts = [resident.says(f"你好{number}").text for number in range(14)]

    assert texts[-1].startswith("你发得太快了")
    assert "现在打119" in resident.says("厨房着火了，快来人").text
