"""Whose messages are taken in which mode, over a real connection; the other side is wechatpy."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels import wechat
from tests.bot.channels.wechat_service import (
    AES_KEY,
    APP_ID,
    COMPATIBLE,
    NEXT_AES_KEY,
    NOW,
    OPENID,
    PLAIN,
    SAFE,
    TOKEN,
    Mounted,
    Sender,
    mounted_channel,
    xml,
)

CLOCK_LOGGER = "bot.channels.wechat_envelope"


@pytest.fixture
def config() -> wechat.WeChatConfig:
    return PLAIN


@pytest.fixture
def mounted(config: wechat.WeChatConfig) -> Iterator[Mounted]:
    with mounted_channel(config) as channel:
        yield channel


@pytest.fixture
def platform(mounted: Mounted) -> Sender:
    return mounted.platform


in_every_mode = pytest.mark.parametrize(
    "config", [PLAIN, COMPATIBLE, SAFE], ids=["plain", "compatible", "safe"]
)
in_safe_mode = pytest.mark.parametrize("config", [SAFE], ids=["safe"])


@in_every_mode
def test_the_echo_comes_back_as_it_was(platform: Sender) -> None:
    query = platform.query() | {"echostr": "<b>4375120948345356249</b>"}

    response = platform.client.get("/wechat", params=query)

    assert response.content == b"<b>4375120948345356249</b>"
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "changed",
    [{"signature": "0" * 40}, {"signature": ""}, {"signature": "签名"}, {"nonce": "2"}],
    ids=["wrong", "missing", "not ASCII", "other nonce"],
)
def test_a_wrong_echo_check_is_refused(platform: Sender, changed: dict[str, str]) -> None:
    query = platform.query() | {"echostr": "4375120948345356249"} | changed

    response = platform.client.get("/wechat", params=query)

    assert (response.status_code, response.text) == (403, "refused")


@in_safe_mode
def test_a_sealed_reply_repeats_the_nonce(platform: Sender) -> None:
    encrypted = platform.encrypt(xml(Content="你好", MsgId=1))
    query = platform.query(encrypted)

    response = platform.post(f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode(), query)

    assert f"<Nonce><![CDATA[{query['nonce']}]]></Nonce>" in response.text
    assert OPENID not in response.text


@in_safe_mode
def test_a_signature_alone_never_suffices(platform: Sender, mounted: Mounted) -> None:
    encrypted = platform.encrypt(xml(Content="你好", MsgId=1))
    body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()

    clear = platform.post(xml(Content="你好", MsgId=1), platform.query())
    unsigned = platform.post(body, platform.query())
    foreign = platform.post(body, platform.query(encrypted="another ciphertext"))

    assert [clear.status_code, unsigned.status_code, foreign.status_code] == [403, 403, 403]
    assert mounted.answers.received == []


@pytest.mark.parametrize("config", [COMPATIBLE], ids=["compatible"])
def test_the_clear_fields_beside_a_ciphertext_count_for_nothing(
    platform: Sender, mounted: Mounted
) -> None:
    forged = b"<FromUserName>oForged</FromUserName><Content>forged</Content>"

    platform.send_body(xml(Content="真的", MsgId=1), beside=forged)

    [utterance] = mounted.answers.received
    assert (utterance.account.name, utterance.text) == (OPENID, "真的")


@pytest.mark.parametrize("config", [COMPATIBLE], ids=["compatible"])
def test_compatible_mode_also_takes_what_is_not_encrypted(
    platform: Sender, mounted: Mounted
) -> None:
    body = xml(Content="你好", MsgId=1)

    assert platform.post(body).status_code == 200
    assert platform.post(body, platform.query() | {"nonce": "9"}).status_code == 403
    assert len(mounted.answers.received) == 1


@pytest.mark.parametrize(
    "config", [replace(SAFE, aes_key=NEXT_AES_KEY, previous_aes_key=AES_KEY)], ids=["rotating"]
)
@pytest.mark.parametrize("key", [AES_KEY, NEXT_AES_KEY], ids=["previous", "current"])
def test_while_a_key_changes_the_reply_takes_the_key_of_its_message(
    mounted: Mounted, key: str
) -> None:
    sender = Sender(str(mounted.platform.client.base_url), aes_key=key)
    with sender.client:
        assert sender.read(sender.send(Content="你好"))["Content"] == "收到：你好"


@in_safe_mode
def test_another_account_is_refused(mounted: Mounted, caplog: pytest.LogCaptureFixture) -> None:
    sender = Sender(
        str(mounted.platform.client.base_url), aes_key=AES_KEY, app_id="wxb11529c136998cb6"
    )
    with sender.client:
        response = sender.send(Content="着火了")

    assert (response.status_code, response.text) == (403, "refused")
    assert mounted.answers.received == []
    assert "wxb11529c136998cb6" in caplog.text
    assert "着火了" not in caplog.text


@in_every_mode
@pytest.mark.parametrize("minutes", [-6, 6], ids=["late", "early"])
def test_an_old_or_future_timestamp_is_refused_and_the_clock_named(
    platform: Sender, mounted: Mounted, minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    platform.now = NOW + timedelta(minutes=minutes)

    statuses = [platform.send(Content="你好").status_code for _ in range(3)]

    assert statuses == [403, 403, 403]
    assert mounted.answers.received == []
    warnings = [record for record in caplog.records if record.name == CLOCK_LOGGER]
    assert len(warnings) == 1
    assert "360 s ahead of" in caplog.text or "360 s behind" in caplog.text


@pytest.mark.parametrize(("seconds", "warned"), [(59, 0), (61, 1), (299, 1)])
def test_a_clock_over_a_minute_off_is_named_but_answers(
    platform: Sender, seconds: int, warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    platform.now = NOW - timedelta(seconds=seconds)

    assert platform.send(Content="你好").status_code == 200

    assert len([record for record in caplog.records if record.name == CLOCK_LOGGER]) == warned


def test_a_forged_timestamp_says_nothing_about_the_clock(
    platform: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    query = platform.query() | {"timestamp": "1409735669"}

    assert platform.post(xml(Content="你好", MsgId=1), query).status_code == 403

    assert not [record for record in caplog.records if record.name == CLOCK_LOGGER]


def test_a_repeat_under_the_same_nonce_is_answered_again(platform: Sender) -> None:
    query, body = platform.query(), xml(Content="你好", MsgId=1)

    first, again = platform.post(body, query), platform.post(body, query)

    assert first.content == again.content
    assert again.status_code == 200


@in_every_mode
def test_a_probe_that_says_more_is_no_probe(platform: Sender, mounted: Mounted) -> None:
    body = b"<xml><action>CheckContainerPath</action><MsgType>text</MsgType></xml>"

    assert platform.client.post("/wechat", content=body).status_code == 403
    assert mounted.answers.received == []


def test_the_channel_logs_that_the_address_was_checked(
    platform: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        platform.client.get("/wechat", params=platform.query() | {"echostr": "1"})

    assert "WeChat has checked this address" in caplog.text
    assert APP_ID not in caplog.text
    assert TOKEN not in caplog.text
