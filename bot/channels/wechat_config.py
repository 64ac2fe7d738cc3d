"""The settings of one Official Account, checked before anything listens."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, get_args

from bot.channels.wechat_errors import InvalidWeChatSetting

Mode = Literal["plain", "compatible", "safe"]

# The platform's own rules for the fields of 基本配置: a token of 3 to 32 characters, an
# EncodingAESKey of 43 letters and digits (32 bytes in base64 without the padding).
_TOKEN = re.compile(r"[\x21-\x7e]{3,32}")
_APP_ID = re.compile(r"[\x21-\x7e]{3,64}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")

# WeChat hangs up after five seconds and sends the message again.
PLATFORM_WAITS = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class WeChatConfig:
    """One Official Account.

    Attributes:
        token: signs what WeChat sends; the operator chose it.
        app_id: AppID, which every encrypted message names.
        mode: 明文, 兼容 or 安全 as set with the platform. ``compatible`` also takes messages in
            the clear, whose signature does not cover the body; it is for changing over only.
        aes_key: EncodingAESKey; not needed in plain mode.
        previous_aes_key: the key before it, while the platform changes over.
        fresh_for: how far a timestamp may lie from this machine's clock, either way.
        path: where the platform finds us.
        answer_within: how long a reply is waited for before ``success`` goes out instead.

    Raises:
        InvalidWeChatSetting: when a field cannot be right.
    """

    token: str = field(repr=False)
    app_id: str
    mode: Mode
    aes_key: str = field(default="", repr=False)
    previous_aes_key: str = field(default="", repr=False)
    fresh_for: timedelta = timedelta(minutes=5)
    path: str = "/wechat"
    answer_within: timedelta = timedelta(seconds=3)

    def __post_init__(self) -> None:
        checks = (
            ("token", _TOKEN.fullmatch(self.token), "is not 3 to 32 characters without a space"),
            ("app_id", _APP_ID.fullmatch(self.app_id), "is not an AppID"),
            ("mode", self.mode in get_args(Mode), "is not plain, compatible or safe"),
            ("aes_key", self._is_key(self.aes_key), "is not 43 letters and digits"),
            ("aes_key", self.aes_key or self.mode == "plain", f"is needed in {self.mode} mode"),
            (
                "previous_aes_key",
                self._is_key(self.previous_aes_key),
                "is not 43 letters and digits",
            ),
            ("fresh_for", self.fresh_for > timedelta(0), "is not above zero"),
            ("path", self.path.startswith("/"), "does not start with a slash"),
            (
                "answer_within",
                timedelta(0) < self.answer_within < PLATFORM_WAITS,
                "is not between nothing and the five seconds that WeChat waits",
            ),
        )
        for setting, is_right, problem in checks:
            if not is_right:
                raise InvalidWeChatSetting(setting, problem)

    @staticmethod
    def _is_key(key: str) -> bool:
        return not key or _AES_KEY.fullmatch(key) is not None
