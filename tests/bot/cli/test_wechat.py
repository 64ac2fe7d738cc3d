"""``lifeline wechat``: menu, codes and check, against the stand-in of WeChat."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.channels.wechat_account import Ability, AbilityName, Verdict
from bot.channels.wechat_menu import (
    Excess,
    MenuExceedsLimits,
    MenuNotTaken,
    find_excesses,
    read_groups,
)
from bot.channels.wechat_outcomes import (
    CallRefused,
    NoAnswer,
    NotConnected,
    TokenUnavailable,
    UnreadableAnswer,
    UnusableBase,
    WeChatError,
)
from bot.cli import wechat_check, wechat_menu, wechat_qr
from bot.cli.wechat_check import ability_line, callback_lines, clock_line
from bot.cli.wechat_menu import menu_groups
from bot.cli.wechat_qr import file_name
from bot.cli.wechat_words import worded
from bot.settings import Settings
from community.registers import Building, BuildingFacts
from storage import migrate, open_database
from tests.community.registered import building_called, imported, with_register_tables
from tests.platforms.wechat import WeChatPlatform

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
AES_KEY = "a" * 43
TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def building(tmp_path: Path) -> Building:
    """A building in the register of the operator's own database."""
    file = tmp_path / "var" / "lifeline.db"
    file.parent.mkdir()
    with open_database(f"sqlite:///{file}") as database:
        migrate(database)
        with_register_tables(database)
        imported(database)
        return building_called(database, "双福花园3栋")


@pytest.fixture
def configured(
    platform: WeChatPlatform, building: Building, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder from which the commands find the stand-in; everything is set right."""
    monkeypatch.chdir(tmp_path)
    set_to = {
        "DATA_DIR": "var",
        "PUBLIC_URL": "https://fire.example",
        "WECHAT_TOKEN": platform.account.token,
        "WECHAT_APP_ID": platform.account.app_id,
        "WECHAT_APP_SECRET": platform.account.secret,
        "WECHAT_AES_KEY": AES_KEY,
        "WECHAT_API": platform.url,
    }
    for name, value in set_to.items():
        monkeypatch.setenv(f"LIFELINE_{name}", value)
    return tmp_path


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def settings(**changed: object) -> Settings:
    sound = {
        "public_url": "https://fire.example",
        "wechat_token": "lifelinetoken",
        "wechat_aes_key": AES_KEY,
    }
    return Settings(_env_file=None, **(sound | changed))  # type: ignore[arg-type,call-arg]


@pytest.mark.usefixtures("configured")
def test_the_menu_of_our_functions_is_pushed(platform: WeChatPlatform) -> None:
    result = run(wechat_menu.app, "push")
    assert result.exit_code == 0, result.output
    assert "问安全\n  着火漏气先看\tfirst\n" in result.stdout
    assert "已推送，读回来一样" in result.stdout
    assert platform.state.menu is not None
    assert read_groups(platform.state.menu) == menu_groups(Settings())


@pytest.mark.usefixtures("configured")
def test_a_dry_run_pushes_nothing(platform: WeChatPlatform) -> None:
    result = run(wechat_menu.app, "push", "--dry-run")
    assert result.exit_code == 0
    assert "没有推送" in result.stdout
    assert platform.calls == []


@pytest.mark.usefixtures("configured")
def test_without_the_right_the_menu_is_refused_in_words(platform: WeChatPlatform) -> None:
    platform.account.kind, platform.account.is_verified = "subscription", False
    result = run(wechat_menu.app, "push")
    assert result.exit_code == 1
    assert "没有这个接口的权限" in result.stderr
    assert "48001" in result.stderr


def test_our_menu_fits_wechats_limits() -> None:
    groups = menu_groups(settings())
    assert 1 <= len(groups) <= 3
    assert list(find_excesses(groups)) == []


def test_a_buildings_code_is_made_once(
    platform: WeChatPlatform, configured: Path, building: Building
) -> None:
    result = run(wechat_qr.app, "building", building.code, "--out", "codes")
    assert result.exit_code == 0, result.output
    picture = configured / "codes" / file_name(building)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert list(platform.state.tickets.values()) == [f"building:{building.code}"]
    assert "http://weixin.qq.com/q/" in result.stdout
    assert building.full_name in result.stdout
    assert "100000" in result.stdout

    again = run(wechat_qr.app, "building", str(building.id), "--out", "codes")
    assert "已经有了" in again.stdout
    assert len(platform.state.tickets) == 1
    run(wechat_qr.app, "building", building.code.lower(), "--out", "codes", "--again")
    assert len(platform.state.tickets) == 2


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("which", ["ZZZZZZZZ", "999", "3栋"])
def test_a_building_that_is_not_registered(platform: WeChatPlatform, which: str) -> None:
    result = run(wechat_qr.app, "building", which)
    assert result.exit_code == 1
    assert f"没有楼栋“{which}”" in result.stderr
    assert platform.calls == []


def test_a_picture_is_named_for_any_disk() -> None:
    facts = BuildingFacts("3/4栋: “A”座")
    building = Building(1, "7K3M9QXA", "demo", "双福街道", 1, "幸福社区", facts)
    assert file_name(building) == "双福街道幸福社区3_4栋_A_座_7K3M9QXA.png"


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "command",
    [(wechat_menu.app, "push"), (wechat_qr.app, "building", "1")],
    ids=["menu", "qr"],
)
def test_an_account_that_is_not_set_is_said(
    monkeypatch: pytest.MonkeyPatch, command: tuple[typer.Typer, str]
) -> None:
    monkeypatch.setenv("LIFELINE_WECHAT_APP_SECRET", "")
    result = run(*command)
    assert result.exit_code == 1
    assert "LIFELINE_WECHAT_APP_SECRET" in result.stderr


@pytest.mark.usefixtures("configured")
def test_everything_right_is_checked(platform: WeChatPlatform) -> None:
    result = run(wechat_check.app)
    assert result.exit_code == 0, result.output
    assert "AppID、AppSecret、IP白名单都对" in result.stdout
    assert "✓ 能用：订阅通知" in result.stdout
    assert "认证的服务号：全部功能可用" in result.stdout
    assert "https://fire.example/wechat" in result.stdout
    assert "lifeline wechat menu push" in result.stdout
    assert platform.account.secret not in result.output
    run(wechat_menu.app, "push")
    assert "居民看得到底部菜单" in run(wechat_check.app).stdout


@pytest.mark.usefixtures("configured")
def test_an_account_that_may_little_is_told_what_to_do(platform: WeChatPlatform) -> None:
    platform.account.kind, platform.account.is_verified = "subscription", False
    result = run(wechat_check.app)
    assert result.exit_code == 0, result.output  # nothing of ours to be mended
    assert "✗ 不能用：楼栋二维码。改为：居民关注后自己选楼栋" in result.stdout
    assert "没认证的订阅号" in result.stdout


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("knows_our_address", False, "IP不在白名单：把 127.0.0.1 加进"),
        ("secret", "other", "AppSecret不对"),
        ("app_id", "wxother", "AppID不对"),
    ],
)
def test_what_must_be_mended_ends_with_1(
    platform: WeChatPlatform, attribute: str, value: object, said: str
) -> None:
    run(wechat_check.app)  # a token is kept from before; it proves nothing
    setattr(platform.account, attribute, value)
    result = run(wechat_check.app)
    assert result.exit_code == 1
    assert f"✗ {said}" in result.stdout


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("base", "said"),
    [("http://127.0.0.1:9", "连不上微信"), ("api.weixin.qq.com", "LIFELINE_WECHAT_API")],
)
def test_a_platform_that_cannot_be_reached_is_said(
    monkeypatch: pytest.MonkeyPatch, base: str, said: str
) -> None:
    monkeypatch.setenv("LIFELINE_WECHAT_API", base)
    result = run(wechat_check.app)
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize(
    ("changed", "mark", "said"),
    [
        ({"wechat_token": None}, "✗", "没设 LIFELINE_WECHAT_TOKEN"),
        ({"wechat_token": "有中文"}, "✗", "只能是3到32位"),
        ({"wechat_mode": "plain"}, "!", "明文模式"),
        ({"wechat_aes_key": None}, "✗", "LIFELINE_WECHAT_AES_KEY"),
        ({"public_url": ""}, "✗", "没设 LIFELINE_PUBLIC_URL"),
        ({"public_url": "https://fire.example:8443"}, "✗", "只访问80和443"),
        ({"public_url": "https://fire.example:port"}, "✗", "只访问80和443"),
        ({"public_url": "fire.example"}, "✗", "不能用"),
        ({"public_url": "http://fire.example/"}, "!", "建议用https"),
        ({"public_url": "http://fire.example/"}, "·", "填：http://fire.example/wechat"),
        ({}, "✓", "密钥已设"),
    ],
)
def test_what_can_be_told_without_asking(changed: dict[str, str], mark: str, said: str) -> None:
    lines = list(callback_lines(settings(**changed)))
    assert [line.mark for line in lines if said in line.text] == [mark]
    assert all(line.is_fault == (line.mark == "✗") for line in lines)


@pytest.mark.parametrize(
    ("ahead", "mark", "said"),
    [
        (timedelta(seconds=60), "✓", "对得上"),
        (timedelta(seconds=61), "!", "快了61秒"),
        (timedelta(minutes=-5), "!", "慢了300秒"),
    ],
)
def test_a_clock_that_differs_is_told(ahead: timedelta, mark: str, said: str) -> None:
    line = clock_line(NOON, NOON + ahead)
    assert line.mark == mark
    assert said in line.text
    assert clock_line(None, NOON).mark == "·"


@pytest.mark.parametrize(("verdict", "mark"), [("yes", "✓"), ("no", "✗"), ("unknown", "?")])
@pytest.mark.parametrize("name", get_args(AbilityName))
def test_every_ability_has_words(name: AbilityName, verdict: Verdict, mark: str) -> None:
    line = ability_line(Ability(name, verdict, 48001))
    assert line.text
    assert (line.mark, line.is_fault) == (mark, False)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CallRefused(TOKEN_PATH, {"errcode": 40125, "errmsg": "x"}), "AppSecret不对"),
        (CallRefused(TOKEN_PATH, {"errcode": 40001, "errmsg": "x"}), "access_token不被接受"),
        (CallRefused(TOKEN_PATH, {"errcode": 61004, "errmsg": "x"}), "把 本机的公网IP 加进"),
        (CallRefused(TOKEN_PATH, {"errcode": 99999, "errmsg": "strange"}), "strange"),
        (NotConnected(TOKEN_PATH, "refused"), "连不上微信"),
        (NoAnswer(TOKEN_PATH, "timeout"), "没有答完"),
        (UnreadableAnswer(TOKEN_PATH, 502, "no JSON"), "状态502"),
        (TokenUnavailable("busy"), "access_token"),
        (UnusableBase("x"), "LIFELINE_WECHAT_API=x 不能用"),
        (
            MenuExceedsLimits([Excess("问问安全吧", "characters", 5, 4)]),
            "“问问安全吧”名字要1到4个字",
        ),
        (MenuExceedsLimits([Excess("", "buttons", 4, 3)]), "一级按钮要1到3个，现在4个"),
        (MenuNotTaken([]), "再推一次"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, WeChatError) else None,
)
def test_every_error_is_said_in_chinese(error: WeChatError, said: str) -> None:
    assert said in worded(error)
