"""``lifeline wechat check`` against every kind of account, and each setting that may be wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import wechat_check
from tests.platforms.wechat import AES_KEY, WeChatPlatform
from tests.talk.towns import wechat_settings

ALL = {
    "底部菜单",
    "客服消息",
    "取居民发来的语音和照片",
    "群发",
    "楼栋二维码",
    "模板消息",
    "订阅通知",
}


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WeChatPlatform]:
    """The platform, and an operator's settings that are right."""
    with WeChatPlatform(mode="safe") as platform:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
        monkeypatch.setenv("LIFELINE_PUBLIC_URL", "https://fire.example")
        for name, value in wechat_settings(platform).items():
            monkeypatch.setenv(name, value)
        yield platform


def checked() -> tuple[int, str]:
    result = CliRunner().invoke(wechat_check.app)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("kind", "is_verified", "may", "named"),
    [
        ("service", True, ALL, "认证的服务号：全部功能可用"),
        ("service", False, {"底部菜单"}, "没认证的服务号"),
        ("subscription", True, ALL - {"楼栋二维码", "模板消息", "订阅通知"}, "认证的订阅号"),
        ("subscription", False, set(), "没认证的订阅号"),
    ],
)
def test_each_kind_of_account_is_told_what_it_may(
    platform: WeChatPlatform, kind: str, is_verified: bool, may: set[str], named: str
) -> None:
    platform.account.kind, platform.account.is_verified = kind, is_verified

    status, said = checked()

    assert status == 0, said
    can = {name for name in ALL if f"✓ 能用：{name}" in said}
    cannot = {name for name in ALL if f"✗ 不能用：{name}" in said}
    assert (can, cannot) == (may, ALL - may)
    assert f"· {named}" in said


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("APP_ID", "wx00000000000000ff", "AppID不对"),
        ("APP_SECRET", "0" * 32, "AppSecret不对"),
        ("AES_KEY", "", "safe模式要设 LIFELINE_WECHAT_AES_KEY"),
        ("TOKEN", "", "没设 LIFELINE_WECHAT_TOKEN"),
        ("TOKEN", "no", "只能是3到32位英文字母和数字"),
        ("API", "http://127.0.0.1:9", "连不上微信"),
        ("API", "ftp://wechat", "不能用：官方的是 https://api.weixin.qq.com"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    platform: WeChatPlatform, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"LIFELINE_WECHAT_{setting}", value)

    status, told = checked()

    assert status == 1
    assert said in told
    assert AES_KEY not in told
    assert platform.account.secret not in told


def test_an_address_that_is_not_on_the_list_is_named(platform: WeChatPlatform) -> None:
    platform.account.knows_our_address = False

    status, told = checked()

    assert status == 1
    assert "IP不在白名单：把 127.0.0.1 加进" in told
