"""Customer service, templates, notices and files: called with wechatpy's own client."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.platforms.scripted import answering
from tests.platforms.wechat import NoSuchButton, WeChatPlatform, WeChatUser
from tests.platforms.wechat_client import client_of

OPENID = "oResident1"
NOTICE = "notice-1"
DATA = {"thing1": {"value": "消防演练"}, "time2": {"value": "2026年3月1日 10:00"}}


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform, answering(lambda _: "success") as service:
        platform.callback_url = service.url
        platform.add_template("template-1", "thing1", "time2")
        platform.add_notice(NOTICE, "thing1", "time2")
        yield platform


@pytest.fixture
def resident(platform: WeChatPlatform) -> WeChatUser:
    return platform.user(OPENID)


@pytest.fixture
def client(platform: WeChatPlatform) -> WeChatClient:
    return client_of(platform)


def code(raised: pytest.ExceptionInfo[WeChatClientException]) -> int:
    return int(raised.value.errcode)


def refusal(work: Callable[..., object], *arguments: object, **named: object) -> int:
    with pytest.raises(WeChatClientException) as raised:
        work(*arguments, **named)
    return code(raised)


def post(platform: WeChatPlatform, path: str, body: object) -> dict[str, Any]:
    token = platform.state.tokens.stable(platform.clock(), is_forced=False)["access_token"]
    address = f"{platform.url}/cgi-bin/{path}"
    content = body if isinstance(body, bytes) else None
    json = None if content is not None else body
    query = {"access_token": str(token)}
    answer: dict[str, Any] = httpx.post(address, params=query, json=json, content=content).json()
    return answer


def test_five_messages_in_48_hours(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    assert refusal(client.message.send_text, OPENID, "好") == 45015
    resident.says("你好")
    for number in range(5):
        client.message.send_text(OPENID, f"第{number}条")
    assert refusal(client.message.send_text, OPENID, "第六条") == 45047
    resident.says("还在吗")
    client.message.send_text(OPENID, "在")
    platform.clock.advance(hours=48)
    assert refusal(client_of(platform).message.send_text, OPENID, "晚了") == 45015
    assert [shown.text for shown in resident.received][-2:] == ["第4条", "在"]
    assert {shown.via for shown in resident.received} == {"customer service"}


@pytest.mark.parametrize("action", ["follows", "scans", "clicks"])
def test_three_messages_in_a_minute(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient, action: str
) -> None:
    getattr(resident, action)("building-7")
    for _ in range(3):
        client.message.send_text(OPENID, "好")
    assert refusal(client.message.send_text, OPENID, "好") == 45047
    getattr(resident, action)("building-7")
    platform.clock.advance(minutes=1)
    assert refusal(client.message.send_text, OPENID, "好") == 45015


def test_who_can_not_be_sent_to(resident: WeChatUser, client: WeChatClient) -> None:
    assert refusal(client.message.send_text, "oStranger", "好") == 40003
    resident.says("你好")
    resident.unfollows()
    assert refusal(client.message.send_text, OPENID, "好") == 43004


def test_texts_that_are_refused(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    resident.says("你好")
    assert refusal(client.message.send_text, OPENID, "好" * 683) == 45002
    client.message.send_text(OPENID, "好" * 682)
    send = "message/custom/send"
    escaped = b'{"touser":"oResident1","msgtype":"text","text":{"content":"\\u597d"}}'
    bodies = {
        44002: b"",
        40033: escaped,
        47001: b"[]",
        40008: {"touser": OPENID, "msgtype": "poem"},
        44004: {"touser": OPENID, "msgtype": "text", "text": {"content": ""}},
    }
    for expected, body in bodies.items():
        assert post(platform, send, body)["errcode"] == expected
    assert len(resident.received) == 1


def test_articles_and_menus(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    resident.says("你好")
    article = {"title": "每日一题", "description": "三选一", "url": "https://e.org", "image": ""}
    client.message.send_articles(OPENID, [article])
    assert resident.last.articles[0].url == "https://e.org"
    assert refusal(client.message.send_articles, OPENID, [article, article]) == 45008
    choices = [{"id": "1", "content": "有用"}, {"id": "2", "content": "没用"}]
    menu = {"head_content": "答得怎么样？", "list": choices, "tail_content": "谢谢"}
    body = {"touser": OPENID, "msgtype": "msgmenu", "msgmenu": menu}
    client.message._send_custom_message(body)
    assert resident.last.text == "答得怎么样？\n有用\n没用\n谢谢"
    resident.chooses("没用")
    assert b"<bizmsgmenuid><![CDATA[2]]>" in platform.attempts[-1].body
    with pytest.raises(NoSuchButton):
        resident.chooses("也许")


def test_typing(platform: WeChatPlatform, resident: WeChatUser) -> None:
    def typing(command: str = "Typing") -> int:
        body = {"touser": OPENID, "command": command}
        return int(post(platform, "message/custom/typing", body)["errcode"])

    assert typing() == 45080
    resident.says("你好")
    assert [typing("Dancing"), typing(), typing(), typing("CancelTyping"), typing()] == [
        45072, 0, 45081, 0, 0,
    ]  # fmt: skip
    platform.clock.advance(seconds=31)
    assert typing() == 45080


def test_a_picture_up_and_down(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    uploaded = client.media.upload("image", ("集合点.png", io.BytesIO(b"png")))
    resident.says("你好")
    client.message.send_image(OPENID, uploaded["media_id"])
    assert (resident.last.kind, resident.last.media_id) == ("image", uploaded["media_id"])
    response = client.media.download(uploaded["media_id"])
    assert (response.content, response.headers["content-type"]) == (b"png", "image/png")
    platform.clock.advance(days=3)
    client = client_of(platform)
    assert refusal(client.media.download, uploaded["media_id"]) == 40007
    resident.says("你好")
    assert refusal(client.message.send_image, OPENID, uploaded["media_id"]) == 40007


UPLOADS = {
    "no such type": ("poem", "a.jpg", b"jpg", 40004),
    "a wrong file": ("image", "a.exe", b"exe", 40005),
    "no extension": ("image", "media", b"jpg", 40005),
    "an empty file": ("image", "a.jpg", b"", 40006),
    "a huge image": ("image", "a.jpg", b"1" * (10 * 2**20 + 1), 40009),
    "a huge voice": ("voice", "a.amr", b"1" * (2 * 2**20 + 1), 40010),
    "a huge thumb": ("thumb", "a.jpg", b"1" * (64 * 2**10 + 1), 40012),
}


@pytest.mark.parametrize(
    ("kind", "name", "content", "expected"), UPLOADS.values(), ids=UPLOADS.keys()
)
def test_uploads_that_are_refused(
    client: WeChatClient, kind: str, name: str, content: bytes, expected: int
) -> None:
    assert refusal(client.media.upload, kind, (name, io.BytesIO(content))) == expected


def test_a_photo_of_a_person_is_at_both_addresses(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    resident.sends_photo(b"jpeg")
    media_id = next(iter(platform.state.media))
    assert client.media.download(media_id).content == b"jpeg"
    assert httpx.get(f"{platform.url}/mmbiz_pic/{media_id}").content == b"jpeg"


def test_a_template_message_and_its_event(
    platform: WeChatPlatform, resident: WeChatUser, client: WeChatClient
) -> None:
    sent = client.message.send_template(OPENID, "template-1", DATA)
    assert resident.last.text == "thing1：消防演练\ntime2：2026年3月1日 10:00"
    platform.settle()
    event = platform.attempts[-1].body.decode()
    assert "TEMPLATESENDJOBFINISH" in event
    assert f"<MsgID>{sent['msgid']}</MsgID>" in event
    assert refusal(client.message.send_template, OPENID, "none", DATA) == 40037
    assert refusal(client.message.send_template, OPENID, "template-1", {}) == 47003
    resident.unfollows()
    assert refusal(client.message.send_template, OPENID, "template-1", DATA) == 43004


def notify(platform: WeChatPlatform, **changed: object) -> int:
    body = {"touser": OPENID, "template_id": NOTICE, "data": DATA} | changed
    return int(post(platform, "message/subscribe/bizsend", body)["errcode"])


def test_one_consent_is_one_notice(platform: WeChatPlatform, resident: WeChatUser) -> None:
    assert notify(platform) == 43101
    resident.accepts([NOTICE])
    assert b"subscribe_msg_popup_event" in platform.attempts[-1].body
    assert notify(platform) == 0
    assert notify(platform) == 43101
    assert [shown.via for shown in resident.received] == ["subscription"]
    platform.settle()
    assert b"subscribe_msg_sent_event" in platform.attempts[-1].body


def test_consents_are_withdrawn(platform: WeChatPlatform, resident: WeChatUser) -> None:
    resident.accepts([NOTICE])
    resident.withdraws([NOTICE])
    assert b"subscribe_msg_change_event" in platform.attempts[-1].body
    assert notify(platform) == 43101
    resident.rejects([NOTICE])
    assert notify(platform) == 43101
    resident.accepts([NOTICE])
    resident.unfollows()
    assert notify(platform) == 43101


def test_a_long_term_consent_stays(platform: WeChatPlatform, resident: WeChatUser) -> None:
    platform.add_notice("long", "thing1", is_long_term=True)
    resident.accepts(["long"])
    assert [notify(platform, template_id="long") for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"template_id": "none"}, 40037),
        ({"touser": "oStranger"}, 40003),
        ({"data": {**DATA, "thing1": {"value": "好" * 21}}}, 47003),
        ({"data": {"thing1": {"value": "好"}}}, 47003),
    ],
    ids=["template", "person", "too long", "missing"],
)
def test_notices_that_are_refused(
    platform: WeChatPlatform, resident: WeChatUser, changed: dict[str, object], expected: int
) -> None:
    resident.accepts([NOTICE])
    assert notify(platform, **changed) == expected
    assert notify(platform) == 0  # the consent is still there
