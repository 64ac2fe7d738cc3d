"""What the operator sets for Telegram, checked before anything is built of it."""

import re
from dataclasses import dataclass, field

from bot.channels.telegram_pacing import CHAT_BURST

DEFAULT_API = "https://api.telegram.org"
WEBHOOK_PATH = "/telegram"

# Bot API, setWebhook: 1-256 characters of A-Z, a-z, 0-9, _ and -.
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_TOKEN = re.compile(r"([0-9]+):[A-Za-z0-9_-]+")


class BadTelegramSetting(Exception):
    """A setting of the Telegram channel cannot be used; ``problem`` tells it in Chinese.

    The value is never repeated: it is a secret.
    """

    permanent = True

    def __init__(self, setting: str, problem: str) -> None:
        self.setting = setting
        self.problem = problem
        super().__init__(f"{setting}: {problem}")


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """The settings of the channel; secrets stay out of ``repr``.

    Attributes:
        token: from @BotFather.
        api: base address of the Bot API.
        secret: what Telegram sends along with each webhook call; "" polls instead.
        public_url: the address at which Telegram reaches us; "" polls instead.
        proxy: through which Telegram is reached (http:// or socks5://), or "".
        per_second: messages a second over all chats.
        chat_burst: messages that one chat gets at once; on average one a second. What is
            urgent does not wait for this.
    """

    token: str = field(repr=False)
    api: str = DEFAULT_API
    secret: str = field(default="", repr=False)
    public_url: str = ""
    proxy: str = field(default="", repr=False)
    per_second: int = 30
    chat_burst: int = CHAT_BURST

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise BadTelegramSetting(
                "LIFELINE_TELEGRAM_TOKEN", "不是机器人令牌：到 @BotFather 复制，样子是 123456:ABC…"
            )
        if self.secret and not _SECRET.fullmatch(self.secret):
            raise BadTelegramSetting(
                "LIFELINE_TELEGRAM_SECRET", "只能用英文字母、数字、_ 和 -，最多256个"
            )

    @property
    def bot_id(self) -> int:
        """The bot's own user id, which its token begins with."""
        return int(self.token.partition(":")[0])

    @property
    def uses_webhook(self) -> bool:
        """Whether Telegram calls us; without a secret anybody could, so we poll then."""
        return bool(self.secret and self.public_url)

    @property
    def webhook_url(self) -> str:
        """Where Telegram calls us."""
        return self.public_url.rstrip("/") + WEBHOOK_PATH


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One command of the bot's menu: its name without the slash, and what it does."""

    command: str
    zh: str
    en: str
