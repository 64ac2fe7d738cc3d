"""Joins the Telegram channel: commands, the lease, and its state for ``doctor``."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from bot.channels import telegram
from bot.channels.telegram_addresses import chat_of, moved_name
from bot.channels.telegram_filelease import FileLease
from bot.settings import Settings
from community.store import channel_account, rename_account
from storage import Database

# A recording that takes longer than this is not waited for.
FETCHING_SECONDS = 30.0
LEASES_FOLDER = "leases"

COMMANDS = (
    telegram.CommandLine("first", "着火漏气先看", "Fire or gas: look here first"),
    telegram.CommandLine("phones", "常用电话", "Phone numbers"),
    telegram.CommandLine("building", "我的楼栋", "My building"),
    telegram.CommandLine("help", "怎么用", "How to use this"),
    telegram.CommandLine("human", "给工作人员留言", "Leave a message for staff"),
    telegram.CommandLine("privacy", "隐私与退订", "Privacy"),
    telegram.CommandLine("language", "语言", "Language"),
    telegram.CommandLine("cancel", "取消", "Cancel"),
)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Around:
    """What the channel needs besides the settings; ``holder`` names this process."""

    answers: telegram.Answers
    database: Database
    clock: Clock
    wake: Callable[[], None]
    holder: str


def telegram_config(settings: Settings) -> telegram.TelegramConfig | None:
    """Return the channel's settings; None when Telegram is off.

    Raises:
        bot.channels.telegram.BadTelegramSetting: when one cannot be right.
    """
    if settings.telegram_token is None:
        return None
    secret = settings.telegram_secret
    return telegram.TelegramConfig(
        settings.telegram_token.get_secret_value(),
        api=settings.telegram_api,
        secret=secret.get_secret_value() if secret else "",
        public_url=settings.public_url,
        proxy=settings.telegram_proxy,
    )


def open_telegram(settings: Settings, around: Around) -> telegram.Telegram | None:
    """Return the channel; None when Telegram is off.

    Raises:
        bot.channels.telegram.BadTelegramSetting: when a setting cannot be right.
    """
    config = telegram_config(settings)
    if config is None:
        return None
    surroundings = telegram.Surroundings(
        clock=around.clock,
        wake=around.wake,
        lease=_lease(settings, around),
        pictures=settings.data_dir,
        moved=partial(_note_moved, around.database),
        commands=COMMANDS,
    )
    return telegram.Telegram(around.answers, config, surroundings)


def _note_moved(database: Database, old: str, new: str) -> None:
    """Keep on with a group that became another chat, whoever's message told of it."""
    database.write(partial(_rename_all, chat_of(old), chat_of(new)))


def _rename_all(old: int | None, new: int | None, db: Connection) -> None:
    """Give every account within a group the name that it has in the new chat."""
    if old is None or new is None:
        return
    accounts = channel_account.c
    within = (accounts.channel == telegram.CHANNEL) & accounts.name.startswith(f"{old}:")
    for name in db.execute(select(accounts.name).where(within)).scalars().all():
        rename_account(db, telegram.CHANNEL, name, moved_name(name, new))


def _lease(settings: Settings, around: Around) -> telegram.Lease:
    """Return what lets one process poll: over hosts by a row, on one machine by a file."""
    if settings.is_embedded:
        return FileLease(settings.data_dir / LEASES_FOLDER)
    return telegram.StoredLease(around.database, around.holder, around.clock)


class LoopFetcher:
    """Fetches Telegram files from worker threads, on the loop that the channel lives on."""

    def __init__(self) -> None:
        self._channel: telegram.Telegram | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, channel: telegram.Telegram) -> None:
        """Take the channel and the running loop."""
        self._channel, self._loop = channel, asyncio.get_running_loop()

    def fetch(self, ref: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            FileUnavailable: when it is gone, too large, or the channel does not run.
            TimeoutError: when it takes too long.
        """
        if self._channel is None or self._loop is None:
            raise telegram.FileUnavailable("Telegram does not run here", permanent=False)
        asked = asyncio.run_coroutine_threadsafe(self._channel.download(ref), self._loop)
        try:
            return asked.result(FETCHING_SECONDS)
        finally:
            asked.cancel()  # done, or of no use any more
