"""The recorder itself, over both stand-ins and a service that echoes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from wechatpy import parse_message
from wechatpy.replies import TextReply

from tests.platforms.loopback import Call
from tests.platforms.scripted import answering
from tests.platforms.telegram import TelegramPlatform
from tests.platforms.telegram_client import bot_of
from tests.platforms.wechat import WeChatPlatform
from tests.recording import (
    OnTelegram,
    OnWeChat,
    Step,
    Turned,
    follows,
    happens,
    play,
    says,
    scans,
    sends_photo,
    sends_place,
    taps,
    transcript,
)

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
STEPS = [follows(), says("你好"), taps("有用"), sends_photo(PIXEL), sends_place(30.5, 104.1, "家")]
WECHAT = """# 微信

> ［关注］

收到subscribe
1 有用　2 没用

> 你好

收到你好
1 有用　2 没用

> ［点“有用”］

收到1
1 有用　2 没用

> ［发来一张照片］

收到image
1 有用　2 没用

> ［发来位置：家］

收到location
1 有用　2 没用
"""
TELEGRAM = """# 电报

> ［关注］

收到/start
［有用］

> 你好

收到你好
［有用］

> ［点“有用”］

（改了一条）谢谢

> ［发来一张照片］

收到None
［有用］

> ［发来位置：家］

收到None
［有用］
"""


def wechat_echo(call: Call) -> str:
    message = parse_message(call.body.decode())
    said = getattr(message, "content", None) or getattr(message, "event", None) or message.type
    return str(TextReply(message=message, content=f"收到{said}\n1 有用　2 没用").render())


@pytest.fixture
def on_wechat() -> Iterator[OnWeChat]:
    with WeChatPlatform() as platform, answering(wechat_echo) as service:
        platform.callback_url = service.url
        yield OnWeChat(platform.user("oResident1"))


async def telegram_echo(bot: Bot, update: Update) -> None:
    if query := update.callback_query:
        await query.answer("好")
        await query.edit_message_text("谢谢")
    elif update.message:
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("有用", callback_data="rate:1")]])
        await update.message.reply_text(f"收到{update.message.text}", reply_markup=markup)


@contextmanager
def bot_running(platform: TelegramPlatform) -> Iterator[None]:
    """A bot that polls from a thread until the block ends."""
    over = threading.Event()

    async def poll() -> None:
        offset = 0
        async with bot_of(platform) as bot:
            while not over.is_set():
                for update in await bot.get_updates(offset, timeout=1):
                    offset = update.update_id + 1
                    await telegram_echo(bot, update)

    thread = threading.Thread(target=lambda: asyncio.run(poll()))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def on_telegram() -> Iterator[OnTelegram]:
    with TelegramPlatform() as platform, bot_running(platform):
        yield OnTelegram(platform.user(1001))


def test_a_conversation_on_wechat(on_wechat: OnWeChat) -> None:
    assert transcript("# 微信", STEPS, on_wechat) == WECHAT


def test_a_conversation_on_telegram(on_telegram: OnTelegram) -> None:
    assert transcript("# 电报", STEPS, on_telegram) == TELEGRAM


def test_codes_become_links_on_telegram(on_telegram: OnTelegram) -> None:
    seen = transcript("# 电报", [scans("b_7")], on_telegram)
    assert "> ［扫码：b_7］\n\n收到/start b_7" in seen


@pytest.mark.parametrize("replies", [0, 2])
def test_a_turn_that_brings_another_number(on_wechat: OnWeChat, replies: int) -> None:
    steps: list[Step] = [says("你好", replies=replies)]
    with pytest.raises(Turned, match="brought 1 messages"):
        transcript("# 微信", steps, on_wechat, patience=0.2)


def test_something_else_happens(on_wechat: OnWeChat) -> None:
    done: list[str] = []
    steps = [happens("服务重启", lambda: done.append("restarted")), says("你好")]
    seen = transcript("# 微信", steps, on_wechat, lambda words: words.replace("你好", "……"))
    assert "> ［服务重启］\n\n> 你好\n\n收到……" in seen
    assert done == ["restarted"]


def test_playing_again(
    on_wechat: OnWeChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "platforms" / "wechat.md"
    monkeypatch.setenv("LIFELINE_WRITE_TRANSCRIPTS", "1")
    play(path, "# 微信", STEPS, on_wechat)
    assert path.read_text(encoding="utf-8") == WECHAT
    monkeypatch.delenv("LIFELINE_WRITE_TRANSCRIPTS")
    play(path, "# 微信", STEPS, on_wechat)
    path.write_text(WECHAT.replace("收到你好", "收到你坏"), encoding="utf-8")
    with pytest.raises(AssertionError):
        play(path, "# 微信", STEPS, on_wechat)
