"""Joins the WeChat channel: what comes in, what leaves, and fetching what was sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels import wechat
from bot.channels.wechat_api import WeChatAccount, WeChatApi
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_delivery import WeChatDelivery
from bot.channels.wechat_media import MediaFetcher, MediaShelf, Pictures
from bot.channels.wechat_record import WeChatRecord
from bot.channels.wechat_sending import CustomSender
from bot.channels.wechat_tokens import stable_tokens
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Media, Utterance
from bot.settings import Settings
from community.keys import derived_key
from storage import Database

# The purpose of the key that seals access tokens; the commands use the same.
TOKEN_KEY_PURPOSE = "wechat access token"  # noqa: S105 - a name

Clock = Callable[[], datetime]


class _Late:
    """Queues a reply that came too late for WeChat's five seconds, and wakes the outbox."""

    def __init__(self, conversation: Conversation, wake: Callable[[], None]) -> None:
        self._conversation = conversation
        self._wake = wake

    def send_later(self, utterance: Utterance, turn: Turn) -> None:
        self._conversation.send_later(utterance, turn)
        self._wake()


@dataclass(frozen=True, slots=True)
class Calls:
    """Everything that calls the platform; there is none without AppID and AppSecret."""

    session: ApiSession
    delivery: WeChatDelivery
    pictures: Pictures
    fetcher: MediaFetcher

    def fetch(self, source: str) -> bytes:
        """Return the bytes of what was sent, by ``Media.source``.

        Raises:
            WeChatError: when the platform does not give it.
        """
        ref, _, link = source.partition(" ")
        return self.fetcher.fetch(Media("file", ref, link=link))

    def close(self) -> None:
        """End the threads and the connections."""
        self.delivery.close()
        self.session.close()


def open_calls(settings: Settings, database: Database, key: bytes, clock: Clock) -> Calls | None:
    """Return what calls the platform; None without AppID or AppSecret."""
    secret = settings.wechat_app_secret
    if not settings.wechat_app_id or secret is None:
        return None
    account = WeChatAccount(settings.wechat_app_id, secret.get_secret_value(), settings.wechat_api)
    session = ApiSession(account.base)
    tokens = stable_tokens(database, session, account, derived_key(key, TOKEN_KEY_PURPOSE), clock)
    api = WeChatApi(session, tokens)
    shelf = MediaShelf(database, settings.wechat_app_id)
    pictures = Pictures(api, shelf, settings.data_dir, clock)
    delivery = WeChatDelivery(database, CustomSender(api, clock), pictures, clock)
    return Calls(session, delivery, pictures, MediaFetcher(api))


def wechat_config(settings: Settings) -> wechat.WeChatConfig | None:
    """Return the channel's settings; None when WeChat is off.

    Raises:
        bot.channels.wechat.InvalidWeChatSetting: when one cannot be right.
    """
    if settings.wechat_token is None:
        return None
    aes, previous = settings.wechat_aes_key, settings.wechat_previous_aes_key
    return wechat.WeChatConfig(
        settings.wechat_token.get_secret_value(),
        settings.wechat_app_id,
        settings.wechat_mode,
        aes.get_secret_value() if aes else "",
        previous.get_secret_value() if previous else "",
        timedelta(seconds=settings.wechat_fresh_seconds),
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What the channel's routes need besides the settings."""

    answers: wechat.Answers
    conversation: Conversation
    database: Database
    clock: Clock
    wake: Callable[[], None]


def open_wechat(settings: Settings, around: Around, calls: Calls | None) -> wechat.WeChat | None:
    """Return the channel; None when WeChat is off."""
    config = wechat_config(settings)
    if config is None:
        return None
    purposes = {template: purpose for purpose, template in settings.wechat_templates.items()}
    outlets = wechat.Outlets(
        later=_Late(around.conversation, around.wake),
        notices=WeChatRecord(around.database, purposes, around.clock),
        pictures=calls.pictures if calls else None,
    )
    return wechat.WeChat(around.answers, config, outlets, around.clock)
