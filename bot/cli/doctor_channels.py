"""What ``lifeline doctor`` says of the channels: on or off, why, and what is missing."""

import asyncio
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

from telegram.error import InvalidToken, TelegramError, TimedOut

from bot.channels.telegram_client import Client, UnreadableAnswer
from bot.channels.telegram_config import BadTelegramSetting, TelegramConfig
from bot.channels.telegram_outcomes import in_words
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_errors import InvalidWeChatSetting
from bot.channels.wechat_outcomes import UnusableBase
from bot.cli.problems import explained
from bot.cli.wechat_check import Line, callback_lines
from bot.hearing import BadCommand, Recogniser
from bot.settings import Settings
from bot.telegram_service import telegram_config
from bot.wechat_service import wechat_config

REACHING_SECONDS = 5.0
# Bot API, setWebhook: "Ports currently supported for webhooks".
_WEBHOOK_PORTS = frozenset({None, 443, 80, 88, 8443})


def channel_lines(settings: Settings) -> Iterator[Line]:
    """Yield how each channel stands; Telegram is asked, for ``REACHING_SECONDS`` at most."""
    yield from wechat_lines(settings)
    yield from telegram_lines(settings)
    yield from speech_lines(settings)


def wechat_lines(settings: Settings) -> Iterator[Line]:
    """Yield how WeChat stands, without asking the platform; ``lifeline wechat check`` does."""
    if settings.wechat_token is None:
        yield Line("·", "微信没有开：设了 LIFELINE_WECHAT_TOKEN 才开，见 docs/wechat.md")
        return
    try:
        wechat_config(settings)
        ApiSession(settings.wechat_api).close()
    except (InvalidWeChatSetting, UnusableBase) as error:
        yield _fault(f"微信开不了，服务也启动不了。{explained(error)}")
        return
    yield Line("✓", "微信开着")
    yield from callback_lines(settings)
    yield from _passing_lines(settings)
    if settings.wechat_app_secret is None:
        yield Line(
            "!",
            "没设 LIFELINE_WECHAT_APP_SECRET：微信只能当场回话；来不及的回答、给留言的回复"
            "要等居民下次来消息才显示，菜单、二维码、取语音都用不了",
        )
    else:
        yield Line("·", "运行 lifeline wechat check，对照微信平台检查")


def telegram_lines(settings: Settings) -> Iterator[Line]:
    """Yield how Telegram stands, and whether it answers."""
    try:
        config = telegram_config(settings)
    except BadTelegramSetting as error:
        yield _fault(f"Telegram开不了，服务也启动不了。{explained(error)}")
        return
    if config is None:
        yield Line("·", "Telegram没有开：设了 LIFELINE_TELEGRAM_TOKEN 才开，见 docs/telegram.md")
        return
    try:
        answer = asyncio.run(_reached(config))
    except BadTelegramSetting as error:
        yield _fault(f"Telegram开不了，服务也启动不了。{explained(error)}")
        return
    yield Line("✓", "Telegram开着")
    yield _way_in(config)
    yield answer


def speech_lines(settings: Settings) -> Iterator[Line]:
    """Yield whether recordings are recognised."""
    if not settings.speech_command:
        yield Line("·", "没设 LIFELINE_SPEECH_COMMAND：语音不识别，居民看到的是回数字的提示")
        return
    try:
        program = Recogniser.of(settings.speech_command).command[0]
    except BadCommand as error:
        yield _fault(f"服务启动不了。{explained(error)}")
        return
    if shutil.which(program):
        yield Line("✓", f"语音由 {program} 识别")
    else:
        yield _fault(f"LIFELINE_SPEECH_COMMAND 里的程序 {program} 找不到：语音不会被识别，写全路径")


def _passing_lines(settings: Settings) -> Iterator[Line]:
    """Yield what is meant for changing over, and forgotten easily."""
    if settings.wechat_mode == "compatible":
        yield Line("!", "兼容模式也收明文消息，只在换模式的那几天用：换好就改成 safe")
    if settings.wechat_previous_aes_key:
        yield Line("·", "上一个密钥 LIFELINE_WECHAT_PREVIOUS_AES_KEY 还留着：换完一天后删掉")


def _way_in(config: TelegramConfig) -> Line:
    """Return how messages come: pushed to us, or fetched by us, and why."""
    if not config.uses_webhook:
        missing = [
            name
            for name, value in (
                ("LIFELINE_TELEGRAM_SECRET", config.secret),
                ("LIFELINE_PUBLIC_URL", config.public_url),
            )
            if not value
        ]
        return Line("·", f"Telegram的消息由我们去取（polling）：没设{'和'.join(missing)}，这样也行")
    if _is_for_webhook(config.webhook_url):
        return Line("✓", f"Telegram的消息送到 {config.webhook_url}（webhook）")
    return Line(
        "!",
        f"Telegram不会往 {config.webhook_url} 送消息，会改为由我们去取（polling）："
        "LIFELINE_PUBLIC_URL 要https开头，端口443、80、88或8443",
    )


def _is_for_webhook(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port in _WEBHOOK_PORTS
    except ValueError:
        return False


async def _reached(config: TelegramConfig) -> Line:
    """Return whether Telegram answers, and to which name; never the token."""
    client = Client(config)
    try:
        async with asyncio.timeout(REACHING_SECONDS):
            user = await client.me()
    except InvalidToken as error:
        return _fault(in_words(error, config.api))
    except TimeoutError:
        return _unreached(TimedOut(), config)
    except (TelegramError, UnreadableAnswer) as error:
        return _unreached(error, config)
    finally:
        await client.close()
    return Line("✓", f"Telegram连得上，机器人是 @{user.username}")


def _unreached(error: Exception, config: TelegramConfig) -> Line:
    words = in_words(error, config.api)
    return Line("!", f"{words}。别的渠道不受影响，服务会自己一直再连")


def _fault(text: str) -> Line:
    return Line("✗", text, is_fault=True)
