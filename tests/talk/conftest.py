"""The real service between two stand-in platforms."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.platforms.telegram import TelegramPlatform
from tests.platforms.wechat import AES_KEY, WeChatPlatform
from tests.service import Service

BUILDINGS = """区县,镇街,社区,小区,楼栋,层数,物业电话,消防控制室电话
演示区,城东街道,文汇社区,阳光小区,3栋,33,023-79220001,023-79220009
演示区,城东街道,文汇社区,阳光小区,5栋,33,023-79220002,
"""


@dataclass
class Town:
    """The service with both platforms; ``restart`` kills it as a power cut would."""

    data_dir: Path
    wechat: WeChatPlatform
    telegram: TelegramPlatform
    settings: dict[str, str]
    service: Service | None = field(default=None)
    codes: dict[str, str] = field(default_factory=dict)

    def register(self) -> None:
        """Import the buildings as an operator does, and remember their codes."""
        file = self.data_dir.parent / "buildings.csv"
        file.write_text(BUILDINGS, encoding="utf-8")
        self._lifeline("buildings", "import", str(file), "--add-streets", "--apply")
        listed = self._lifeline("buildings", "list")
        found = (re.search(rf"([0-9A-Z]{{8}}).*{name}", listed) for name in ("3栋", "5栋"))
        self.codes = {name: one[1] for name, one in zip(("3栋", "5栋"), found, strict=True) if one}

    def _lifeline(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "bot.commands", *words],
            env={**os.environ, "LIFELINE_DATA_DIR": str(self.data_dir)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    def start(self) -> None:
        """Start the service and tell WeChat where it is."""
        self.service = Service(self.data_dir, **self.settings)
        self.service.__enter__()
        self.wechat.callback_url = f"{self.service.url}/wechat"

    def stop(self) -> None:
        """Kill the service."""
        if self.service:
            self.service.close()
            self.service = None

    def restart(self) -> None:
        """Kill the service with -9 and start it again."""
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        """What the service has said since it was started."""
        return "".join(self.service.lines) if self.service else ""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        wechat = stack.enter_context(WeChatPlatform(mode="safe"))
        telegram = stack.enter_context(TelegramPlatform())
        settings = {
            "LIFELINE_WECHAT_TOKEN": wechat.account.token,
            "LIFELINE_WECHAT_APP_ID": wechat.account.app_id,
            "LIFELINE_WECHAT_APP_SECRET": wechat.account.secret,
            "LIFELINE_WECHAT_MODE": "safe",
            "LIFELINE_WECHAT_AES_KEY": AES_KEY,
            "LIFELINE_WECHAT_API": wechat.url,
            "LIFELINE_TELEGRAM_TOKEN": telegram.token,
            "LIFELINE_TELEGRAM_API": telegram.url,
        }
        town = Town(tmp_path / "var", wechat, telegram, settings)
        stack.callback(town.stop)
        town.register()
        town.start()
        yield town


CODES = (
    (re.compile(r"编号[0-9A-Z]{8}"), "编号········"),
    (re.compile(r"(码：|关联 )[0-9]{6}"), r"\1······"),
    # Said outside the staff's hours alone.
    (re.compile(r"\n现在没有人值守，[^\n]*打12345。"), ""),
    (re.compile(r'<a href="weixin://bizmsgmenu[^"]*">([^<]*)</a>'), r"［\1］"),
)


@pytest.fixture
def mask() -> Callable[[str], str]:
    """Hide what is drawn at random, and show a link as the phone does."""

    def hide(text: str) -> str:
        for pattern, shown in CODES:
            text = pattern.sub(shown, text)
        return text

    return hide
