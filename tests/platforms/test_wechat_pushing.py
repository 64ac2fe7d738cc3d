"""The stand-in pushes as WeChat does: checked with wechatpy's own parser and crypto."""

import re
from collections.abc import Iterator

import pytest
from starlette.responses import Response
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import ArticlesReply, TextReply
from wechatpy.utils import check_signature

from tests.platforms.loopback import Call
from tests.platforms.scripted import answering
from tests.platforms.wechat import (
    Attempt,
    NoSuchButton,
    ServiceUnavailable,
    WeChatPlatform,
    WeChatUser,
)
from tests.platforms.wechat_client import client_of
from tests.platforms.wechat_pushing import OUT_OF_SERVICE
from tests.platforms.wechat_replies import to_xml

OPENID = "oResident1"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def resident(platform: WeChatPlatform) -> WeChatUser:
    return platform.user(OPENID)


def text_reply(to: str, content: str, **more: object) -> str:
    fields = {
        "ToUserName": to,
        "FromUserName": "gh_4c1fe119aa50",
        "CreateTime": 1700000000,
        "MsgType": "text",
        "Content": content,
    }
    return to_xml(fields | more)


def echo(call: Call) -> str:
    message = parse_message(call.body.decode())
    return str(TextReply(message=message, content=f"收到{message.type}").render())


EVERY_KIND = [
    "text",
    "image",
    "voice",
    "location",
    "link",
    "video",
    "shortvideo",
    "unsubscribe",
    "subscribe_scan",
    "scan",
    "click",
    "location",
]


def everything(resident: WeChatUser) -> None:
    resident.says("楼道有烟]]>")
    resident.sends_photo(b"jpeg")
    resident.sends_voice("着火了")
    resident.sends_place(30.5, 104.1, "高新区")
    resident.sends_link("标题", "https://example.org")
    resident.sends_video()
    resident.sends_video(is_short=True)
    resident.unfollows()
    resident.scans("building-7")
    resident.scans("building-8")
    resident.clicks("ask.fire")
    resident.reports_position(30.5, 104.1)


def test_every_kind_is_what_wechatpy_expects(
    platform: WeChatPlatform, resident: WeChatUser
) -> None:
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        everything(resident)
    messages = [parse_message(call.body.decode()) for call in service.calls]
    assert [getattr(one, "event", one.type) for one in messages] == EVERY_KIND
    assert messages[0].content == "楼道有烟]]>"
    assert messages[1].image.startswith(f"{platform.url}/mmbiz_pic/")
    assert messages[2].recognition == "着火了"
    assert messages[3].location == ("30.5", "104.1")
    assert [messages[8].scene_id, messages[9].scene_id] == ["building-7", "building-8"]


def test_a_passive_reply_is_shown(platform: WeChatPlatform, resident: WeChatUser) -> None:
    with answering(echo) as service:
        platform.callback_url = service.url
        shown = resident.says("你好")
    assert shown
    assert shown.text == "收到text"
    assert resident.received == [shown]
    query = service.calls[0].query
    check_signature(platform.account.token, query["signature"], query["timestamp"], query["nonce"])
    assert query["openid"] == OPENID


@pytest.mark.parametrize("answer", ["", "success"], ids=["empty", "success"])
def test_silence(platform: WeChatPlatform, resident: WeChatUser, answer: str) -> None:
    with answering(lambda _: answer) as service:
        platform.callback_url = service.url
        assert resident.says("你好") is None
    assert len(service.calls) == 1
    assert resident.received == []


def sealed_echo(call: Call, platform: WeChatPlatform) -> str:
    account = platform.account
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    query = call.query
    message = parse_message(
        crypto.decrypt_message(
            call.body, query["msg_signature"], query["timestamp"], query["nonce"]
        )
    )
    reply = TextReply(message=message, content=f"收到{message.content}")
    return str(crypto.encrypt_message(reply.render(), query["nonce"]))


@pytest.mark.parametrize("mode", ["compatible", "safe"])
def test_sealed_both_ways(mode: str) -> None:
    with (
        WeChatPlatform(mode=mode) as platform,  # type: ignore[arg-type]
        answering(lambda call: sealed_echo(call, platform)) as service,
    ):
        platform.callback_url = service.url
        shown = platform.user(OPENID).says("你好")
    assert shown
    assert shown.text == "收到你好"
    body = service.calls[0].body.decode()
    assert ("你好" in body) is (mode == "compatible")
    assert service.calls[0].query["encrypt_type"] == "aes"


def test_compatible_mode_takes_an_open_reply_and_safe_mode_does_not() -> None:
    with (
        WeChatPlatform(mode="compatible") as platform,
        answering(lambda _: text_reply(OPENID, "好")) as service,
    ):
        platform.callback_url = service.url
        shown = platform.user(OPENID).says("你好")
        assert shown
        assert shown.text == "好"
        platform.account.mode = "safe"
        with pytest.raises(ServiceUnavailable, match="sealed"):
            platform.user(OPENID).says("你好")


def spoil(sealed: str, what: str) -> str:
    if what == "signature":
        return sealed.replace("<MsgSignature><![CDATA[", "<MsgSignature><![CDATA[0")
    if what == "nonce":
        return re.sub(r"(<Nonce><!\[CDATA\[)", r"\g<1>9", sealed)
    return sealed


@pytest.mark.parametrize("what", ["signature", "nonce", "app id"])
def test_a_badly_sealed_reply_is_a_failure(what: str) -> None:
    with WeChatPlatform(mode="safe") as platform:

        def answer(call: Call) -> str:
            if what == "app id":
                account = platform.account
                crypto = WeChatCrypto(account.token, account.aes_key, "wxother")
                nonce = call.query["nonce"]
                return str(crypto.encrypt_message(text_reply(OPENID, "好"), nonce))
            return spoil(sealed_echo(call, platform), what)

        with answering(answer) as service:
            platform.callback_url = service.url
            with pytest.raises(ServiceUnavailable):
                platform.user(OPENID).says("你好")


BAD = {
    "JSON": '{"text": "好"}',
    "HTML": "<html><body>502</body></html>",
    "a control character": text_reply(OPENID, "好\x08"),
    "a broken CDATA": text_reply(OPENID, "好").replace("好", "好]]>"),
    "too long": text_reply(OPENID, "好" * 683),
    "empty": text_reply(OPENID, ""),
    "another person": text_reply("oOther", "好"),
    "another account": text_reply(OPENID, "好", FromUserName="gh_other"),
    "no such kind": text_reply(OPENID, "好", MsgType="poem"),
    "no such picture": text_reply(OPENID, "", MsgType="image", Image={"MediaId": "none"}),
    "miscounted": text_reply(OPENID, "", MsgType="news", ArticleCount=2, Articles={}),
    "an entity": f"<!DOCTYPE xml [<!ENTITY a 'b'>]>{text_reply(OPENID, '好')}",
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
def test_what_can_not_be_shown(platform: WeChatPlatform, resident: WeChatUser, answer: str) -> None:
    with answering(lambda _: answer) as service:
        platform.callback_url = service.url
        with pytest.raises(ServiceUnavailable) as raised:
            resident.says("你好")
    assert len(raised.value.attempts) == len(service.calls) == 1
    assert resident.last.text == OUT_OF_SERVICE
    assert resident.last.via == "system"


def test_the_longest_text(platform: WeChatPlatform, resident: WeChatUser) -> None:
    content = "好" * 682 + "ab"
    with answering(lambda _: text_reply(OPENID, content)) as service:
        platform.callback_url = service.url
        shown = resident.says("你好")
    assert shown
    assert shown.text == content


@pytest.mark.parametrize(("event", "shown", "dropped"), [(False, 1, 2), (True, 3, 0)])
def test_articles_over_the_limit_are_left_out(
    platform: WeChatPlatform, resident: WeChatUser, event: bool, shown: int, dropped: int
) -> None:
    def three(call: Call) -> str:
        reply = ArticlesReply(message=parse_message(call.body.decode()))
        for title in ("一", "二", "三"):
            reply.add_article({"title": title, "description": "", "url": "", "image": ""})
        return str(reply.render())

    with answering(three) as service:
        platform.callback_url = service.url
        seen = resident.clicks("ask") if event else resident.says("你好")
    assert seen
    assert (len(seen.articles), seen.dropped) == (shown, dropped)


def attempts_of(platform: WeChatPlatform) -> tuple[list[Attempt], set[str], set[str]]:
    tries = platform.attempts
    ids = {re.findall(rb"<MsgId>(\d+)", one.body)[0].decode() for one in tries}
    return tries, ids, {one.query["nonce"] for one in tries}


def test_three_tries_with_one_id_and_fresh_signatures(
    platform: WeChatPlatform, resident: WeChatUser
) -> None:
    failures = iter([Response(status_code=500), Response(status_code=503)])

    def third_time_lucky(call: Call) -> str | Response:
        return next(failures, None) or echo(call)

    with answering(third_time_lucky) as service:
        platform.callback_url = service.url
        shown = resident.says("你好")
    assert shown
    assert shown.text == "收到text"
    tries, ids, nonces = attempts_of(platform)
    assert [one.failure for one in tries] == ["HTTP 500", "HTTP 503", ""]
    assert (len(ids), len(nonces)) == (1, 3)


def test_no_answer_in_time(platform: WeChatPlatform, resident: WeChatUser) -> None:
    platform.cut_off_seconds = 0.2
    with answering(lambda _: "success") as service:
        service.faults.slow_seconds = 1
        service.faults.next(3, "slow")
        platform.callback_url = service.url
        with pytest.raises(ServiceUnavailable) as raised:
            resident.says("你好")
    assert [one.failure for one in raised.value.attempts] == ["ReadTimeout"] * 3
    assert resident.received[-1].text == OUT_OF_SERVICE


def test_nobody_listens(platform: WeChatPlatform, resident: WeChatUser) -> None:
    platform.callback_url = "http://127.0.0.1:9/wechat"
    with pytest.raises(ServiceUnavailable) as raised:
        resident.says("你好")
    assert [one.failure for one in raised.value.attempts] == ["ConnectError"] * 3


def test_the_address_is_verified(platform: WeChatPlatform) -> None:
    with answering(lambda call: call.query["echostr"]) as service:
        platform.callback_url = service.url
        assert platform.verifies()
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        assert not platform.verifies()


def test_the_probe_is_not_signed(platform: WeChatPlatform) -> None:
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        assert platform.probes().text == "success"
    assert b"CheckContainerPath" in service.calls[0].body
    assert not service.calls[0].query


def test_a_menu_button_is_tapped_by_its_name(
    platform: WeChatPlatform, resident: WeChatUser
) -> None:
    below = [
        {"type": "click", "name": "常用电话", "key": "phones"},
        {"type": "view", "name": "网页", "url": "https://example.org/"},
    ]
    client_of(platform).menu.create({"button": [{"name": "问安全", "sub_button": below}]})
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        resident.taps("常用电话")
        resident.taps("网页")
        with pytest.raises(NoSuchButton):
            resident.taps("问安全")
    keys = [parse_message(call.body.decode()).key for call in service.calls[:1]]
    assert keys == ["phones"]
    assert b"<![CDATA[VIEW]]>" in service.calls[1].body


def test_raw_control_characters_come_through(
    platform: WeChatPlatform, resident: WeChatUser
) -> None:
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        resident.says("着火\x0b了")
    assert "着火\x0b了".encode() in service.calls[0].body


def test_kinds_and_events_that_nobody_knows(platform: WeChatPlatform, resident: WeChatUser) -> None:
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        resident.sends_file("通知.pdf")
        resident.sends("poem", Line="床前明月光")
        resident.does("dance", EventKey="slow")
        platform.push(OPENID, {"MsgType": "text", "Content": "重发", "MsgId": 7, "CreateTime": 8})
        platform.push_raw(b"<xml>")
        platform.push_raw(b"<xml>", platform.signed(signature="0" * 40))
    bodies = [call.body.decode() for call in service.calls]
    assert "<MsgType><![CDATA[file]]>" in bodies[0]
    assert "<Line><![CDATA[床前明月光]]>" in bodies[1]
    assert "<Event><![CDATA[dance]]>" in bodies[2]
    assert "MsgId" not in bodies[2]
    assert "<CreateTime>8</CreateTime>" in bodies[3]
    assert bodies[4:] == ["<xml>", "<xml>"]
    good, bad = (call.query for call in service.calls[4:])
    token = platform.account.token
    check_signature(token, good["signature"], good["timestamp"], good["nonce"])
    assert bad["signature"] == "0" * 40
