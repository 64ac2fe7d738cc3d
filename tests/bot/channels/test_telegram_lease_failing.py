"""Where the lease's file cannot be made (a full disk), updates are fetched all the same."""

from dataclasses import replace
from pathlib import Path

from bot.channels.telegram import TelegramConfig
from bot.channels.telegram_filelease import FileLease
from tests.bot.channels.telegram_service import AROUND, WrittenConversation, running
from tests.platforms.telegram import TelegramPlatform


def test_people_are_answered_when_the_lease_has_no_room(tmp_path: Path) -> None:
    in_the_way = tmp_path / "leases"
    in_the_way.write_bytes(b"")  # a file, where the folder should be made
    around = replace(AROUND, lease=FileLease(in_the_way))
    with TelegramPlatform() as platform:
        ann = platform.user(77)
        config = TelegramConfig(platform.token, api=platform.url)
        with running(WrittenConversation(), config, around):
            ann.says("着火了")
            ann.wait_for(1)
