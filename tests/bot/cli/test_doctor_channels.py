"""``lifeline doctor`` on the channels: each on and off, right and wrong, against the stand-in."""

import sys
from collections.abc import Callable, Iterator, Sequence
from subprocess import CompletedProcess
from time import monotonic
from typing import Literal

import pytest

from bot.cli.doctor_channels import (
    REACHING_SECONDS,
    channel_lines,
    speech_lines,
    telegram_lines,
    wechat_lines,
)
from bot.cli.wechat_check import Line
from bot.settings import Settings
from tests.platforms.loopback import Fault
from tests.platforms.telegram import TelegramPlatform

Lifeline = Callable[..., "CompletedProcess[str]"]

AES_KEY = "a" * 43
WECHAT = {
    "wechat_token": "lifelinetoken",
    "wechat_app_id": "wx0123456789abcdef",
    "wechat_app_secret": "geheim",
    "wechat_aes_key": AES_KEY,
    "public_url": "https://fire.example",
}
PUBLIC = {"telegram_secret": "hook", "public_url": "https://fire.example"}


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def of_telegram(platform: TelegramPlatform, **given: str) -> list[Line]:
    token = {"telegram_token": platform.token, "telegram_api": platform.url}
    return list(telegram_lines(settings(**token | given)))


def saying(lines: Sequence[Line], words: str) -> Line:
    """Return the one line with these words."""
    (found,) = [line for line in lines if words in line.text]
    return found


def test_without_any_setting_every_channel_is_off_and_nothing_is_wrong() -> None:
    lines = list(channel_lines(settings()))
    assert [line.mark for line in lines] == ["·"] * 3
    saying(lines, "微信没有开")
    saying(lines, "Telegram没有开")
    saying(lines, "语音不识别")


def test_wechat_with_everything_set() -> None:
    lines = list(wechat_lines(settings(**WECHAT)))
    assert saying(lines, "微信开着").mark == "✓"
    assert "lifeline wechat check" in lines[-1].text
    assert not [line for line in lines if line.mark in {"!", "✗"}]
    assert not [line for line in lines if "geheim" in line.text]


@pytest.mark.parametrize(
    ("changed", "mark", "words"),
    [
        ({"wechat_aes_key": ""}, "✗", "LIFELINE_WECHAT_AES_KEY：安全模式和兼容模式必填"),
        ({"wechat_app_id": ""}, "✗", "LIFELINE_WECHAT_APP_ID：开了微信就要填"),
        ({"wechat_token": "有中文"}, "✗", "LIFELINE_WECHAT_TOKEN：3到32位"),
        ({"wechat_api": "api.weixin.qq.com"}, "✗", "LIFELINE_WECHAT_API=api.weixin.qq.com 不能用"),
        ({"wechat_app_secret": ""}, "!", "没设 LIFELINE_WECHAT_APP_SECRET：微信只能当场回话"),
        ({"wechat_mode": "plain"}, "!", "明文模式"),
        ({"wechat_mode": "compatible"}, "!", "兼容模式也收明文消息"),
        ({"wechat_previous_aes_key": "b" * 43}, "·", "上一个密钥"),
        ({"public_url": ""}, "✗", "没设 LIFELINE_PUBLIC_URL"),
        ({"public_url": "http://fire.example"}, "!", "建议用https"),
        ({"public_url": "https://fire.example:8443"}, "✗", "只访问80和443端口"),
    ],
)
def test_what_is_amiss_with_wechat(changed: dict[str, str], mark: str, words: str) -> None:
    given = {name: value for name, value in (WECHAT | changed).items() if value}
    line = saying(list(wechat_lines(settings(**given))), words)
    assert (line.mark, line.is_fault) == (mark, mark == "✗")


def test_telegram_polls_when_it_has_no_address(platform: TelegramPlatform) -> None:
    lines = of_telegram(platform)
    assert saying(lines, "@lifeline_test_bot").mark == "✓"
    way = saying(lines, "由我们去取（polling）")
    assert way.mark == "·"
    assert "没设LIFELINE_TELEGRAM_SECRET和LIFELINE_PUBLIC_URL" in way.text
    assert [call.method for call in platform.calls] == ["getme"], "it asks, and changes nothing"


@pytest.mark.parametrize(
    ("changed", "mark", "words"),
    [
        ({}, "✓", "https://fire.example/telegram（webhook）"),
        ({"telegram_secret": ""}, "·", "没设LIFELINE_TELEGRAM_SECRET，"),
        ({"public_url": ""}, "·", "没设LIFELINE_PUBLIC_URL，"),
        ({"public_url": "http://fire.example"}, "!", "会改为由我们去取（polling）"),
        ({"public_url": "https://fire.example:8000"}, "!", "会改为由我们去取（polling）"),
        ({"public_url": "https://fire.example:port"}, "!", "会改为由我们去取（polling）"),
    ],
)
def test_how_telegrams_messages_come(
    platform: TelegramPlatform, changed: dict[str, str], mark: str, words: str
) -> None:
    given = {name: value for name, value in (PUBLIC | changed).items() if value}
    line = saying(of_telegram(platform, **given), words)
    assert (line.mark, line.is_fault) == (mark, False)


def test_a_token_that_telegram_does_not_know_is_a_fault(platform: TelegramPlatform) -> None:
    lines = of_telegram(platform, telegram_token="7:revoked")  # noqa: S106 - of nobody
    line = saying(lines, "机器人令牌不对或已作废")
    assert line.is_fault
    assert not [line for line in lines if "7:revoked" in line.text]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"telegram_token": "geheim"}, "LIFELINE_TELEGRAM_TOKEN：不是机器人令牌"),
        ({"telegram_proxy": "geheim"}, "LIFELINE_TELEGRAM_PROXY：不是代理地址"),
    ],
)
def test_what_telegram_cannot_start_with(
    platform: TelegramPlatform, changed: dict[str, str], words: str
) -> None:
    (line,) = of_telegram(platform, **changed)
    assert line.is_fault
    assert words in line.text
    assert "geheim" not in line.text


@pytest.mark.parametrize("how", ["down", "5xx", "broken"])
def test_a_telegram_that_cannot_be_reached_is_no_fault(
    platform: TelegramPlatform, how: Fault | Literal["down"]
) -> None:
    if how == "down":
        platform.goes_down()
    else:
        platform.fail_next(9, how)
    line = saying(of_telegram(platform), f"连不上 {platform.url}")
    assert (line.mark, line.is_fault) == ("!", False)
    assert "别的渠道不受影响" in line.text
    assert platform.token not in line.text


def test_a_telegram_that_does_not_answer_is_not_waited_for(platform: TelegramPlatform) -> None:
    platform.fail_next(9, "slow")
    began = monotonic()
    line = saying(of_telegram(platform), f"连不上 {platform.url}")
    assert not line.is_fault
    assert monotonic() - began < REACHING_SECONDS + 3


@pytest.mark.parametrize(
    ("command", "mark", "words"),
    [
        (f"{sys.executable} asr.py {{file}}", "✓", "识别"),
        ("asr --text", "✗", "LIFELINE_SPEECH_COMMAND=asr --text 不能用"),
        ("asr '{file}", "✗", "引号要成对"),
        ("no-such-asr {file}", "✗", "no-such-asr 找不到"),
    ],
)
def test_the_recogniser(command: str, mark: str, words: str) -> None:
    (line,) = speech_lines(settings(speech_command=command))
    assert (line.mark, line.is_fault) == (mark, mark == "✗")
    assert words in line.text


def test_the_command_says_it_and_ends_with_1_only_for_a_fault(
    lifeline: Lifeline, platform: TelegramPlatform
) -> None:
    telegram = {"TELEGRAM_TOKEN": platform.token, "TELEGRAM_API": platform.url}
    ended = lifeline("doctor", **telegram)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "✓ Telegram连得上，机器人是 @lifeline_test_bot" in ended.stdout
    assert platform.token not in ended.stdout + ended.stderr
    assert ended.stderr == ""

    half_of_wechat = {"WECHAT_TOKEN": "lifelinetoken"}
    ended = lifeline("doctor", **telegram, **half_of_wechat)
    assert ended.returncode == 1
    assert "✗ 微信开不了，服务也启动不了。LIFELINE_WECHAT_APP_ID" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
