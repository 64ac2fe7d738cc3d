"""An account's settings: what cannot be right is told before anything listens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.wechat_config import WeChatConfig
from bot.channels.wechat_errors import InvalidWeChatSetting
from tests.bot.channels.wechat_service import AES_KEY, APP_ID, NEXT_AES_KEY, PLAIN, SAFE, TOKEN


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("token", ""),
        ("token", "ab"),
        ("token", "with a space"),
        ("token", "x" * 33),
        ("app_id", ""),
        ("mode", "encrypted"),
        ("aes_key", ""),
        ("aes_key", AES_KEY[:-1]),
        ("aes_key", AES_KEY + "="),
        ("aes_key", AES_KEY[:-1] + "钥"),
        ("previous_aes_key", "old"),
        ("fresh_for", timedelta(0)),
        ("path", "wechat"),
        ("answer_within", timedelta(0)),
        ("answer_within", timedelta(seconds=5)),
    ],
)
def test_what_cannot_be_right_is_named_without_its_value(setting: str, value: object) -> None:
    with pytest.raises(InvalidWeChatSetting) as raised:
        replace(SAFE, **{setting: value})  # type: ignore[arg-type]

    assert raised.value.setting == setting
    assert raised.value.permanent
    if isinstance(value, str) and len(value) > 4:
        assert value not in str(raised.value) or setting == "mode"


def test_plain_mode_needs_no_key() -> None:
    assert PLAIN.aes_key == ""


def test_secrets_stay_out_of_the_log() -> None:
    config = WeChatConfig(TOKEN, APP_ID, "safe", AES_KEY, NEXT_AES_KEY)

    shown = repr(config)

    assert APP_ID in shown
    assert not [secret for secret in (TOKEN, AES_KEY, NEXT_AES_KEY) if secret in shown]
