"""Opens our Official Account for a command, and says in Chinese what stops it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from bot.app import open_main_database, utc_now
from bot.channels.wechat_api import WeChatAccount, WeChatApi
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_outcomes import WeChatError
from bot.channels.wechat_tokens import stable_tokens
from bot.cli.wechat_words import worded
from bot.settings import Settings
from bot.wechat_service import TOKEN_KEY_PURPOSE
from community.keys import derived_key, installation_key
from storage import Database


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """Our account, ready for calls."""

    account: WeChatAccount
    api: WeChatApi
    database: Database


def account_set(settings: Settings) -> WeChatAccount | None:
    """Return the account of the settings; None without an app id or a secret."""
    secret = settings.wechat_app_secret
    if not settings.wechat_app_id or secret is None:
        return None
    return WeChatAccount(settings.wechat_app_id, secret.get_secret_value(), settings.wechat_api)


@contextmanager
def opened_account(settings: Settings) -> Iterator[OpenedAccount]:
    """Open the account of the settings; what stops a call is said, and ends with 1."""
    account = account_set(settings)
    if account is None:
        text = "先设 LIFELINE_WECHAT_APP_ID 和 LIFELINE_WECHAT_APP_SECRET，再运行这个命令。"
        typer.echo(text, err=True)
        raise typer.Exit(1)
    try:
        with open_main_database(settings) as database, ApiSession(account.base) as session:
            tokens = stable_tokens(database, session, account, _key(settings, database), utc_now)
            yield OpenedAccount(account, WeChatApi(session, tokens), database)
    except WeChatError as error:
        typer.echo(worded(error), err=True)
        raise typer.Exit(1) from error


def _key(settings: Settings, database: Database) -> bytes:
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    key = installation_key(database, secret, settings.data_dir, now=utc_now())
    return derived_key(key, TOKEN_KEY_PURPOSE)
