"""Calls with a token: one retry with a fresh one, files whole both times, threads bounded."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.channels.wechat_api import CallThreads, WeChatApi
from bot.channels.wechat_api_session import Upload
from bot.channels.wechat_outcomes import CallRefused
from storage import Database
from tests.bot.channels.wechat_calls import TOKEN_CALL, calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform
from tests.platforms.wechat_tokens import Tokens

MENU = "/cgi-bin/get_current_selfmenu_info"
UPLOAD = "/cgi-bin/media/upload"


@pytest.fixture
def store() -> str:
    """One store will do: the rows are few and tested with both elsewhere."""
    return "sqlite"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def api(platform: WeChatPlatform, database: Database) -> Iterator[WeChatApi]:
    """Our calls, by a clock that stands still: we trust a token that WeChat lets end."""
    start = platform.clock()
    with calling(platform, with_new_tables(database), lambda: start) as api:
        yield api


def end_token(platform: WeChatPlatform, code: int) -> None:
    """Let WeChat reject the token that we hold."""
    if code == 40001:
        platform.state.tokens.revoke()
    elif code == 42001:
        platform.clock.advance(seconds=7200)
    else:
        platform.state.tokens = Tokens()


@pytest.mark.parametrize("code", [40001, 42001, 40014])
def test_a_rejected_token_is_replaced_and_the_call_made_again(
    platform: WeChatPlatform, api: WeChatApi, code: int
) -> None:
    api.get(MENU)
    end_token(platform, code)
    assert api.get(MENU)["is_menu_open"] == 0
    assert len(platform.calls_to(MENU)) == 3


def test_a_file_is_whole_when_it_is_sent_again(platform: WeChatPlatform, api: WeChatApi) -> None:
    api.get(MENU)
    platform.state.tokens.revoke()
    content = b"\x89PNG" + bytes(5000)
    answer = api.upload(UPLOAD, Upload("a.png", content, "image/png"), type="image")
    assert platform.state.media[answer["media_id"]].content == content
    assert len(platform.calls_to(UPLOAD)) == 2


def test_a_token_rejected_again_ends_the_call(platform: WeChatPlatform, api: WeChatApi) -> None:
    """A client that goes on for ever asked 486 times in 43 s: wechatpy 1.8.18, auto_retry."""
    refusals = 0

    def always_rejected(token: str) -> None:
        nonlocal refusals
        refusals += 1
        raise CallRefused(MENU, {"errcode": 40001, "errmsg": "invalid credential"})

    with pytest.raises(CallRefused):
        api.with_token(always_rejected)
    assert refusals == 2
    assert len(platform.calls_to(TOKEN_CALL)) <= 3


def test_other_refusals_are_not_tried_again(platform: WeChatPlatform, api: WeChatApi) -> None:
    with pytest.raises(CallRefused) as caught:
        api.get("/cgi-bin/nothing")
    assert caught.value.code == 40066
    assert len(platform.calls_to("/nothing")) == 1


def test_calls_from_the_event_loop_share_a_few_threads() -> None:
    most, running, lock = [0], [0], threading.Lock()
    gate = threading.Event()

    def work(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == 3:
                gate.set()
        gate.wait(5)
        with lock:
            running[0] -= 1
        return number

    async def all_of_them(threads: CallThreads) -> list[int]:
        return await asyncio.gather(*(threads.run(work, n) for n in range(9)))

    with CallThreads(3) as threads:
        assert asyncio.run(all_of_them(threads)) == list(range(9))
    assert most == [3]
