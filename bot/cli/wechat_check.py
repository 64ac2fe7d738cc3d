"""``lifeline wechat check``: the configuration against the platform, and what the account may."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import typer

from bot.app import utc_now
from bot.channels import wechat_account
from bot.channels.wechat_account import Ability, AbilityName, AccountKind
from bot.channels.wechat_outcomes import WeChatError
from bot.channels.wechat_sending import SEND_PATH
from bot.channels.wechat_tokens import fetch_stable_token
from bot.cli.wechat_opening import OpenedAccount, account_set, opened_account
from bot.cli.wechat_words import CONSOLE, worded
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

CALLBACK_PATH = "/wechat"
# Beyond this WeChat's timestamps look stale to us.
MOST_CLOCK_SECONDS = 60
_APP_ID = re.compile(r"wx[0-9a-f]{16}")
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
_OPEN_PORTS = {None, 80, 443}


class Line(NamedTuple):
    """One thing the check says; ``is_fault`` makes the command end with 1."""

    mark: str
    text: str
    is_fault: bool = False


# ability → what it is for; what happens without it.
_ABILITIES: Mapping[AbilityName, tuple[str, str]] = {
    "menu": ("底部菜单", "在后台手工建菜单，或让居民回数字、打字"),
    "custom": ("客服消息（居民来消息后48小时内5条）", "超过5秒的回答下一次来消息时再显示"),
    "media": ("取居民发来的语音和照片", "照片走图片链接，语音听不到"),
    "mass": ("群发", "在后台手工群发"),
    "code": ("楼栋二维码", "居民关注后自己选楼栋"),
    "template": ("模板消息", "用客服消息和订阅通知代替"),
    "notice": ("订阅通知", "演练和整改通知只能等居民来消息时显示，另贴告示、打电话"),
}
_KINDS: Mapping[AccountKind, str] = {
    "verified service": "认证的服务号：全部功能可用",
    "verified subscription": "认证的订阅号：没有二维码、模板消息和订阅通知；要这些，换认证的服务号",
    "unverified service": "没认证的服务号：只能被动回复和用菜单；先做微信认证",
    "unverified subscription": "没认证的订阅号：只能被动回复；先认证，最好换成服务号",
    "unknown": "看不出是哪种公众号；以上面每一条为准",
}


@app.command()
def check() -> None:
    """对照微信平台检查配置，说这个公众号能做什么。 | Check against the platform."""
    settings = Settings()
    has_fault = False
    for line in examine(settings):
        typer.echo(f"{line.mark} {line.text}")
        has_fault = has_fault or line.is_fault
    if has_fault:
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Line]:
    """Yield what is right, what is wrong and what the account may do."""
    yield from callback_lines(settings)
    if account_set(settings) is None:
        yield _fault(
            "没设 LIFELINE_WECHAT_APP_ID 和 LIFELINE_WECHAT_APP_SECRET："
            "发消息、菜单、二维码都用不了"
        )
        return
    if not _APP_ID.fullmatch(settings.wechat_app_id):
        yield Line("!", f"AppID“{settings.wechat_app_id}”不像：一般是wx加16位数字和小写字母")
    with opened_account(settings) as opened:
        yield from _platform_lines(opened)


def callback_lines(settings: Settings) -> Iterator[Line]:
    """Yield what can be told about the address that WeChat is to call, from here."""
    yield from _token_lines(settings)
    yield from _mode_lines(settings)
    yield from _address_lines(settings.public_url)


def clock_line(theirs: datetime | None, ours: datetime) -> Line:
    """Return how far our clock is from WeChat's."""
    if theirs is None:
        return Line("·", "微信没有报时间，时钟没法比")
    seconds = (ours - theirs).total_seconds()
    if abs(seconds) <= MOST_CLOCK_SECONDS:
        return Line("✓", "时钟和微信对得上")
    way = "快" if seconds > 0 else "慢"
    text = f"这台机器的时钟{way}了{abs(seconds):.0f}秒：会拒收微信的消息，打开自动对时（NTP）"
    return Line("!", text)


def _token_lines(settings: Settings) -> Iterator[Line]:
    token = settings.wechat_token
    if token is None:
        yield _fault(f"没设 LIFELINE_WECHAT_TOKEN，微信没有开：自己定一个，和{CONSOLE}里填一样的")
    elif not _TOKEN.fullmatch(token.get_secret_value()):
        yield _fault("LIFELINE_WECHAT_TOKEN 只能是3到32位英文字母和数字")
    else:
        yield Line("✓", "Token已设")


def _mode_lines(settings: Settings) -> Iterator[Line]:
    if settings.wechat_mode == "plain":
        yield Line("!", "消息是明文模式：建议在后台改成安全模式，再设 LIFELINE_WECHAT_MODE=safe")
    elif settings.wechat_aes_key is None:
        yield _fault(
            f"{settings.wechat_mode}模式要设 LIFELINE_WECHAT_AES_KEY（后台的EncodingAESKey）"
        )
    else:
        yield Line("✓", f"消息加解密方式是{settings.wechat_mode}，密钥已设")


def _address_lines(public_url: str) -> Iterator[Line]:
    if not public_url:
        yield _fault("没设 LIFELINE_PUBLIC_URL：微信要能从外网访问到这个服务")
        return
    parts = urlsplit(public_url)
    port = _port(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port not in _OPEN_PORTS:
        yield _fault(f"LIFELINE_PUBLIC_URL={public_url} 不能用：微信只访问80和443端口")
        return
    if parts.scheme == "http":
        yield Line("!", "LIFELINE_PUBLIC_URL 是http：建议用https，消息和Cookie才不会被偷看")
    address = public_url.rstrip("/") + CALLBACK_PATH
    yield Line("·", f"{CONSOLE} → 服务器地址(URL) 填：{address}")


def _port(address: str) -> int | None:
    try:
        return urlsplit(address).port
    except ValueError:
        return -1


def _platform_lines(opened: OpenedAccount) -> Iterator[Line]:
    """Yield what WeChat tells; each step only after the one before went well."""
    steps: tuple[Callable[[OpenedAccount], Iterator[Line]], ...] = (
        _clock_lines,
        _access_lines,
        _ability_lines,
        _today_lines,
    )
    for step in steps:
        try:
            yield from step(opened)
        except WeChatError as error:
            yield _fault(worded(error))
            return


def _clock_lines(opened: OpenedAccount) -> Iterator[Line]:
    yield clock_line(opened.api.session.server_time(), utc_now())


def _access_lines(opened: OpenedAccount) -> Iterator[Line]:
    # Asked for anew: the one that is kept says nothing of the secret as it is set now.
    fetch_stable_token(opened.api.session, opened.account, False)
    yield Line("✓", "AppID、AppSecret、IP白名单都对，拿到了access_token")
    addresses = wechat_account.callback_addresses(opened.api)
    yield Line("✓", f"接口可用；微信从{len(addresses)}个地址来访问，防火墙别拦")


def _ability_lines(opened: OpenedAccount) -> Iterator[Line]:
    abilities = wechat_account.find_abilities(opened.api)
    yield from map(ability_line, abilities)
    verdicts = {ability.name: ability.verdict for ability in abilities}
    yield Line("·", _KINDS[wechat_account.account_kind(verdicts)])


def ability_line(ability: Ability) -> Line:
    """Return whether the account may do something, and what else to do if not."""
    name, instead = _ABILITIES[ability.name]
    if ability.verdict == "yes":
        return Line("✓", f"能用：{name}")
    if ability.verdict == "no":
        return Line("✗", f"不能用：{name}。改为：{instead}")
    return Line("?", f"说不准：{name}（errcode {ability.code}），过一会儿再查")


def _today_lines(opened: OpenedAccount) -> Iterator[Line]:
    if quota := wechat_account.quota_of(opened.api, SEND_PATH):
        yield Line("·", f"客服消息接口今天用了{quota.used}次，一共{quota.most}次")
    if wechat_account.is_menu_shown(opened.api):
        yield Line("✓", "居民看得到底部菜单")
    else:
        yield Line("!", "还没有底部菜单：运行 lifeline wechat menu push")


def _fault(text: str) -> Line:
    return Line("✗", text, is_fault=True)
