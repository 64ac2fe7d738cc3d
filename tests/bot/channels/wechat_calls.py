"""Calls to the stand-in of WeChat, as the service makes them."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.channels.wechat_api import WeChatAccount, WeChatApi
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_tokens import Clock, stable_tokens
from storage import Database, migrate
from tests.platforms.wechat import WeChatPlatform

KEY = bytes(range(32))
TOKEN_CALL = "/stable_token"  # noqa: S105 - a path


def with_new_tables(database: Database) -> Database:
    """Return ``database``, brought up to date."""
    migrate(database)
    return database


def account_on(platform: WeChatPlatform) -> WeChatAccount:
    """Return the account that the stand-in holds."""
    return WeChatAccount(platform.account.app_id, platform.account.secret, platform.url)


@contextmanager
def calling(
    platform: WeChatPlatform, database: Database, clock: Clock | None = None
) -> Iterator[WeChatApi]:
    """Make calls to the stand-in, with tokens kept in ``database``; by its clock or another."""
    account = account_on(platform)
    with ApiSession(platform.url) as session:
        tokens = stable_tokens(database, session, account, KEY, clock or platform.clock)
        yield WeChatApi(session, tokens)
