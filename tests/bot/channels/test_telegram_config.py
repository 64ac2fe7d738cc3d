"""Settings are refused with words, and secrets are never shown."""

import pytest

from bot.channels.telegram_config import BadTelegramSetting, TelegramConfig

TOKEN = "4242:very-secret_token"  # noqa: S105 - of nobody


def test_secrets_stay_out_of_what_is_shown() -> None:
    secret = "hook-secret"  # noqa: S105 - of nobody
    config = TelegramConfig(TOKEN, secret=secret, proxy="http://user:word@127.0.0.1:1")

    assert "very-secret" not in repr(config)
    assert "hook-secret" not in repr(config)
    assert "user:word" not in repr(config)


@pytest.mark.parametrize(
    ("token", "secret", "setting"),
    [
        ("", "", "LIFELINE_TELEGRAM_TOKEN"),
        ("no-number", "", "LIFELINE_TELEGRAM_TOKEN"),
        (f"{TOKEN}/../x", "", "LIFELINE_TELEGRAM_TOKEN"),
        (TOKEN, "有汉字", "LIFELINE_TELEGRAM_SECRET"),
        (TOKEN, "a" * 257, "LIFELINE_TELEGRAM_SECRET"),
    ],
    ids=["no token", "no bot id", "a path", "Chinese", "too long"],
)
def test_what_telegram_would_refuse_is_refused_at_once(
    token: str, secret: str, setting: str
) -> None:
    with pytest.raises(BadTelegramSetting) as caught:
        TelegramConfig(token, secret=secret)

    assert caught.value.setting == setting
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "public_url", "uses_webhook"),
    [("s", "https://a.example/", True), ("", "https://a.example", False), ("s", "", False)],
    ids=["both", "no secret", "no address"],
)
def test_a_webhook_needs_a_secret_and_an_address(
    secret: str, public_url: str, uses_webhook: bool
) -> None:
    config = TelegramConfig(TOKEN, secret=secret, public_url=public_url)

    assert config.uses_webhook is uses_webhook
    assert config.webhook_url.endswith("/telegram")
    assert "//telegram" not in config.webhook_url


def test_the_token_tells_who_we_are() -> None:
    assert TelegramConfig(TOKEN).bot_id == 4242
