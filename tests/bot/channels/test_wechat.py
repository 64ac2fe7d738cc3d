"""WeChat's channel over a real connection, mounted by itself: messages and their answers."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from bot.channels import wechat
from bot.channels.wechat_errors import TooSlow
from bot.messages import Account, Choice, Event, Media, Reply
from tests.bot.channels.wechat_service import (
    COMPATIBLE,
    NOW,
    OPENID,
    OWNER,
    PLAIN,
    SAFE,
    TOKEN,
    Mounted,
    Sender,
    WrittenAnswers,
    as_json,
    listening,
    mounted_channel,
    signature,
    xml,
)

FIRE = Reply("emergency", "现在打119（免费）。", choices=(Choice("已打119"), Choice("打不了电话")))
# More than a server's usual forty threads.
HANGING = 60


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
impatient = pytest.mark.parametrize(
    "config", [replace(PLAIN, answer_within=timedelta(milliseconds=200))], ids=["impatient"]
)


def test_another_method_is_no_message(platform: Sender) -> None:
    assert platform.client.put("/wechat", params=platform.query()).status_code == 405


@in_every_mode
def test_a_text_is_answered_at_once(platform: Sender, mounted: Mounted) -> None:
    mounted.answers.answers["着火了"] = (FIRE,)

    response = platform.send(Content="着火了", MsgId=77)

    reply = platform.read(response)
    assert reply["ToUserName"] == OPENID
    assert reply["FromUserName"] == OWNER
    assert reply["CreateTime"] == str(int(NOW.timestamp()))
    assert reply["MsgType"] == "text"
    assert reply["Content"].startswith("现在打119（免费）。\n1 ")
    [utterance] = mounted.answers.received
    assert utterance.account == Account("wechat", OPENID)
    assert utterance.id == f"{OWNER}:m:77"
    assert utterance.sent_at == NOW


@in_every_mode
def test_nothing_to_say_is_success(platform: Sender, mounted: Mounted) -> None:
    mounted.answers.answers["嗯"] = ()

    response = platform.send(Content="嗯")

    assert (response.status_code, response.content) == (200, b"success")


def test_the_cloud_hostings_probe_is_answered_and_does_nothing(
    platform: Sender, mounted: Mounted
) -> None:
    for probe in (
        b"<xml><action>CheckContainerPath</action></xml>",
        b'{"action":"CheckContainerPath"}',
    ):
        response = platform.client.post("/wechat", content=probe)
        assert (response.status_code, response.content) == (200, b"success")
    assert mounted.answers.received == []


def test_an_account_set_to_json_gets_json(platform: Sender) -> None:
    body = (
        f'{{"ToUserName":"{OWNER}","FromUserName":"{OPENID}","CreateTime":{NOW.timestamp():.0f},'
        '"MsgType":"text","Content":"你好","MsgId":6054768590064713728}'
    )

    response = platform.post(body.encode())

    assert response.headers["content-type"] == "application/json"
    assert as_json(response.content) == {
        "ToUserName": OPENID,
        "FromUserName": OWNER,
        "CreateTime": int(NOW.timestamp()),
        "MsgType": "text",
        "Content": "收到：你好",
    }


def test_an_event_reaches_the_conversation(platform: Sender, mounted: Mounted) -> None:
    platform.send(MsgType="event", Event="subscribe", EventKey="qrscene_building:7K3")

    [utterance] = mounted.answers.received
    assert utterance.event == Event("followed", "building:7K3")


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "debug_demo", "card_pass_check"])
def test_movements_and_unknown_events_are_success_and_forgotten(
    platform: Sender, mounted: Mounted, event: str
) -> None:
    response = platform.send(
        MsgType="event", Event=event, EventKey="https://example.org/", Latitude=23.1
    )

    assert (response.status_code, response.content) == (200, b"success")
    assert mounted.answers.received == []


def test_a_job_that_finished_is_told(platform: Sender, mounted: Mounted) -> None:
    response = platform.send(
        MsgType="event", Event="TEMPLATESENDJOBFINISH", MsgID=200163836, Status="success"
    )

    assert response.content == b"success"
    [job] = mounted.outlets.jobs
    assert job == (Account("wechat", OPENID), "template", "200163836", "success", {})
    assert mounted.answers.received == []


def test_without_anybody_to_tell_a_notice_is_success() -> None:
    with listening(WrittenAnswers(), PLAIN) as url:
        sender = Sender(url)
        with sender.client:
            response = sender.send(
                MsgType="event", Event="MASSSENDJOBFINISH", MsgID=1, Status="send success"
            )
    assert response.content == b"success"


@impatient
def test_what_takes_too_long_is_success_and_goes_another_way(
    platform: Sender, mounted: Mounted
) -> None:
    mounted.answers.may_answer.clear()

    response = platform.send(Content="慢")
    before = list(mounted.outlets.late)
    mounted.answers.may_answer.set()

    assert (response.status_code, response.content) == (200, b"success")
    assert before == []
    assert mounted.outlets.came.wait(10)
    [(utterance, turn)] = mounted.outlets.late
    assert (utterance.text, turn.replies[0].text) == ("慢", "收到：慢")


def test_the_platforms_second_try_joins_the_first() -> None:
    answers, second_came, calls = WrittenAnswers(), threading.Event(), itertools.count(1)
    answers.may_answer.clear()

    def clock() -> datetime:
        # The first call is the first try's, whose work then waits.
        if next(calls) == 2:
            second_came.set()
        return NOW

    with listening(answers, PLAIN, clock=clock) as url, ThreadPoolExecutor(2) as threads:
        sender = Sender(url)
        tries = [threads.submit(sender.post, xml(Content="慢", MsgId=1)) for _ in range(2)]
        assert second_came.wait(10)
        answers.may_answer.set()
        replies = [sender.read(attempt.result())["Content"] for attempt in tries]
        sender.client.close()

    assert replies == ["收到：慢", "收到：慢"]
    assert len(answers.received) == 1


def test_the_platforms_own_repeats_are_not_writing_too_fast() -> None:
    answers, all_came, calls = WrittenAnswers(), threading.Event(), itertools.count(1)
    answers.may_answer.clear()
    tries = 12

    def clock() -> datetime:
        if next(calls) == tries:
            all_came.set()
        return NOW

    with listening(answers, PLAIN, clock=clock) as url, ThreadPoolExecutor(tries) as threads:
        sender = Sender(url)
        sent = [threads.submit(sender.post, xml(Content="慢", MsgId=1)) for _ in range(tries)]
        assert all_came.wait(10)
        answers.may_answer.set()
        for attempt in sent:
            attempt.result()
        sender.send(Content="喂")
        sender.client.close()

    assert answers.limited == [False, False]


def test_an_emergency_finds_a_thread_while_everything_else_hangs() -> None:
    answers, all_came, calls = WrittenAnswers(), threading.Event(), itertools.count(1)
    answers.may_answer.clear()
    answers.urgent.add("着火了")
    answers.answers["着火了"] = (FIRE,)

    def clock() -> datetime:
        if next(calls) == HANGING:
            all_came.set()
        return NOW

    with listening(answers, PLAIN, clock=clock) as url, ThreadPoolExecutor(HANGING) as threads:
        sender = Sender(url)
        waiting = [threads.submit(sender.send, Content="问题") for _ in range(HANGING)]
        assert all_came.wait(20)

        reply = sender.read(sender.send(Content="着火了", FromUserName="oAnother"))

        assert not any(attempt.done() for attempt in waiting)
        answers.may_answer.set()
        sender.client.close()
    assert reply["Content"].startswith("现在打119")


def test_a_fault_of_ours_is_an_error_that_the_platform_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = WrittenAnswers()
    with listening(answers, PLAIN) as url:
        for failure, status in ((RuntimeError("a fault"), 500), (None, 200)):
            answers.failure = failure
            sender = Sender(url)  # the server closes a connection after a fault
            with sender.client:
                assert sender.send(Content="你好").status_code == status

    assert "a fault" in caplog.text


def test_somebody_who_writes_too_fast_is_limited_alone(platform: Sender, mounted: Mounted) -> None:
    for _ in range(12):
        platform.send(Content="喂")
    platform.send(Content="你好", FromUserName="oAnother")
    platform.send(MsgType="event", Event="unsubscribe")

    assert mounted.answers.limited == [False] * 10 + [True] * 2 + [False] * 2


def test_a_picture_of_ours_goes_by_its_media_id() -> None:
    class Uploaded:
        def media_id(self, path: str) -> str | None:
            return {"certificates/7.png": "MEDIA-7"}.get(path)

    answers = WrittenAnswers()
    answers.answers["证书"] = (Reply("chat", "你的证书", picture="certificates/7.png"),)
    with listening(answers, PLAIN, wechat.Outlets(pictures=Uploaded())) as url:
        sender = Sender(url)
        with sender.client:
            response = sender.send(Content="证书")

    assert "<Image><MediaId><![CDATA[MEDIA-7]]></MediaId></Image>" in response.text


def test_a_photo_carries_its_address(platform: Sender, mounted: Mounted) -> None:
    platform.send(MsgType="image", MediaId="M1", PicUrl="https://mmbiz.qpic.cn/1")

    [utterance] = mounted.answers.received
    assert utterance.media == (Media("photo", "M1", link="https://mmbiz.qpic.cn/1"),)


def test_another_path_and_two_accounts_side_by_side() -> None:
    config = replace(PLAIN, path="/in/wechat-2")
    with listening(WrittenAnswers(), config) as url:
        made = signature(TOKEN, "1795320000", "1")
        query = {"signature": made, "timestamp": "1795320000", "nonce": "1", "echostr": "42"}
        response = httpx.get(f"{url}/in/wechat-2", params=query, trust_env=False)
    assert (response.status_code, response.text) == (200, "42")


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def silence() -> Message:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits a minute")

    request = Request({"type": "http", "method": "POST"}, receive=silence)

    with pytest.raises(TooSlow):
        asyncio.run(wechat._read_body(request, seconds=0.01))
