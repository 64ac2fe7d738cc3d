"""Our Official Account as WeChat sees it: codes to scan, what the account type may do, quotas."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels import wechat_media, wechat_menu, wechat_sending, wechat_sending_mass
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import (
    PERMISSION_CODES,
    TOKEN_CODES,
    CallRefused,
    UnreadableAnswer,
)
from bot.channels.wechat_sending_notices import SUBSCRIBED_PATH, TEMPLATE_PATH

CODE_PATH = "/cgi-bin/qrcode/create"
QUOTA_PATH = "/cgi-bin/openapi/quota/get"
CURRENT_MENU_PATH = "/cgi-bin/get_current_selfmenu_info"
CALLBACK_ADDRESSES_PATH = "/cgi-bin/getcallbackip"

# 生成带参数的二维码: an account may make this many lasting codes, and none can be taken back.
MOST_LASTING_CODES = 100_000
MOST_SCENE_CHARACTERS = 64
# No OpenID looks like this, so nobody gets what a probe would send.
_NOBODY = "lifeline-check"
_PROBE_SECONDS = 60

AbilityName = Literal["menu", "custom", "media", "mass", "code", "template", "notice"]
Verdict = Literal["yes", "no", "unknown"]
AccountKind = Literal[
    "verified service", "unverified service", "verified subscription",
    "unverified subscription", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SceneCode:
    """A code to scan; ``url`` is what it says, to be drawn by ourselves."""

    ticket: str
    url: str


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether the account may do something; ``code`` is the errcode that tells, or 0."""

    name: AbilityName
    verdict: Verdict
    code: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """How often a call may be made today."""

    most: int
    used: int


def lasting_code(api: WeChatApi, scene: str) -> SceneCode:
    """Make a code that lasts and brings ``scene`` along; it counts for ever.

    Raises:
        ValueError: when the scene is empty or longer than 64 characters.
        WeChatError: when WeChat refuses; 48001 without the right, which only verified service
            accounts have.
    """
    if not 1 <= len(scene) <= MOST_SCENE_CHARACTERS:
        raise ValueError(f"a scene has 1 to {MOST_SCENE_CHARACTERS} characters: {scene!r}")
    asked = {
        "action_name": "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    answer = api.post(CODE_PATH, asked)
    url = str(answer.get("url", ""))
    if not url:
        raise UnreadableAnswer(CODE_PATH, 200, "an answer without an address")
    return SceneCode(str(answer.get("ticket", "")), url)


def find_abilities(api: WeChatApi) -> list[Ability]:
    """Return what the account may do, by calls that change nothing and reach nobody.

    Raises:
        WeChatError: when WeChat cannot be reached or gives no token.
    """
    return [_probed(api, name, probe) for name, probe in _PROBES.items()]


def account_kind(abilities: Mapping[AbilityName, Verdict]) -> AccountKind:
    """Return which kind of account has these abilities (公众号接口权限说明)."""
    for kind, expected in _KINDS.items():
        if all(abilities.get(name) == verdict for name, verdict in expected.items()):
            return kind
    return "unknown"


def quota_of(api: WeChatApi, path: str) -> Quota | None:
    """Return today's quota of one call, None when WeChat does not tell; raises WeChatError."""
    try:
        quota = api.post(QUOTA_PATH, {"cgi_path": path}).get("quota") or {}
    except CallRefused:
        return None
    return Quota(int(quota.get("daily_limit", 0)), int(quota.get("used", 0)))


def is_menu_shown(api: WeChatApi) -> bool:
    """Return whether people see a menu, pushed or made by hand; raises WeChatError."""
    return bool(api.get(CURRENT_MENU_PATH).get("is_menu_open"))


def callback_addresses(api: WeChatApi) -> list[str]:
    """Return the addresses that WeChat calls us from, for a firewall; raises WeChatError."""
    return [str(one) for one in api.get(CALLBACK_ADDRESSES_PATH).get("ip_list") or []]


Probe = Callable[[WeChatApi], dict[str, Any]]


def _probed(api: WeChatApi, name: AbilityName, probe: Probe) -> Ability:
    """Judge by the refusal: a complaint about what was asked means that asking is allowed."""
    try:
        probe(api)
    except CallRefused as refused:
        if refused.code in TOKEN_CODES:
            raise
        if refused.code in PERMISSION_CODES:
            return Ability(name, "no", refused.code)
        verdict: Verdict = "yes" if refused.code in _ALLOWED_BUT_WRONG else "unknown"
        return Ability(name, verdict, refused.code)
    return Ability(name, "yes")


def _to_nobody(path: str, **content: Any) -> Probe:  # noqa: ANN401 - JSON
    return lambda api: api.post(path, {"touser": _NOBODY, **content})


# Unknown person, media, template, menu or mass message; no consent.
_ALLOWED_BUT_WRONG = frozenset({40003, 40007, 40035, 40037, 40059, 43004, 43101, 46003, 47003})

_PROBES: Mapping[AbilityName, Probe] = {
    "menu": lambda api: api.get(wechat_menu.GET_PATH),
    "custom": _to_nobody(wechat_sending.SEND_PATH, msgtype="text", text={"content": "."}),
    "media": lambda api: api.get(wechat_media.GET_PATH, media_id=_NOBODY),
    "mass": lambda api: api.post(wechat_sending_mass.STATUS_PATH, {"msg_id": "1"}),
    "code": lambda api: api.post(
        CODE_PATH,
        {
            "expire_seconds": _PROBE_SECONDS,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": _NOBODY}},
        },
    ),
    "template": _to_nobody(TEMPLATE_PATH, template_id=_NOBODY, data={}),
    "notice": _to_nobody(SUBSCRIBED_PATH, template_id=_NOBODY, data={}),
}

_KINDS: Mapping[AccountKind, Mapping[AbilityName, Verdict]] = {
    "verified service": {"custom": "yes", "code": "yes"},
    "verified subscription": {"custom": "yes", "code": "no"},
    "unverified service": {"menu": "yes", "custom": "no"},
    "unverified subscription": {"menu": "no", "custom": "no"},
}
