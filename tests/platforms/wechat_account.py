"""The account itself: tokens, menu, codes, people's data, quotas, addresses.

Sources: 获取接口调用凭据, 创建接口 (自定义菜单), 生成带参数的二维码, 获取用户基本信息,
查询API调用额度, 重置API调用次数, 获取微信推送服务器IP.
"""

from __future__ import annotations

import io
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import segno
from starlette.responses import Response

from tests.platforms.loopback import Call
from tests.platforms.wechat_errors import Refused, done
from tests.platforms.wechat_media import as_file
from tests.platforms.wechat_sending import read_object
from tests.platforms.wechat_state import (
    ALL_BUT_UNVERIFIED_SUBSCRIPTION,
    ANYBODY,
    VERIFIED,
    VERIFIED_SERVICE,
    Route,
    State,
)

TOKEN_CALLS = {"/cgi-bin/stable_token", "/cgi-bin/token"}
CALLS_A_DAY = 100_000
CLEARED_A_MONTH = 10
# QR codes: a temporary one lives at most 30 days, and 60 seconds unless told.
LONGEST_TEMPORARY = timedelta(days=30)
DEFAULT_TEMPORARY = timedelta(seconds=60)
_BUTTON_TYPES = {
    "click": "key",
    "view": "url",
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "media_id": "media_id",
    "miniprogram": "pagepath",
}


def give_token(state: State, call: Call) -> dict[str, Any]:
    """Answer the two token calls; the address whitelist is looked at here."""
    is_stable = call.path.endswith("stable_token")
    if is_stable and call.method != "POST":
        raise Refused(43002)
    asked = read_object(call) if is_stable else dict(call.query)
    _check_credentials(state, asked)
    if is_stable:
        return state.tokens.stable(state.clock(), is_forced=asked.get("force_refresh") is True)
    return state.tokens.isolated(state.clock())


def _check_credentials(state: State, asked: dict[str, Any]) -> None:
    account = state.account
    checks = (
        (asked.get("grant_type") != "client_credential", 40002),
        (not asked.get("appid"), 41002),
        (not asked.get("secret"), 41004),
        (asked.get("appid") != account.app_id, 40013),
        (asked.get("secret") != account.secret, 40125),
        (not account.knows_our_address, 40164),
    )
    for is_wrong, code in checks:
        if is_wrong:
            raise Refused(code)


def public(state: State, call: Call) -> Response | None:
    """Answer what needs no token: pictures of messages (PicUrl) and of codes.

    On the real platform both live on hosts of their own (mmbiz.qpic.cn, mp.weixin.qq.com).
    """
    head, _, name = call.path.rpartition("/")
    if head == "/mmbiz_pic":
        media = state.media.get(name)
        return as_file(media, name) if media else Response(status_code=404)
    if call.path == "/cgi-bin/showqrcode":
        ticket = call.query.get("ticket", "")
        if ticket not in state.tickets:
            return Response(status_code=404)
        picture = io.BytesIO()
        segno.make(_address(ticket)).save(picture, kind="png", scale=10)
        return Response(picture.getvalue(), media_type="image/jpg")
    return None


def count(state: State, path: str) -> None:
    """Count a call, and refuse it when the day's quota is used up."""
    today = state.clock().date()
    used = state.used.get((path, today), 0)
    if used >= state.limits.get(path, CALLS_A_DAY):
        raise Refused(45009)
    state.used[path, today] = used + 1


def _quota(state: State, call: Call) -> dict[str, Any]:
    path = read_object(call).get("cgi_path", "")
    if not str(path).startswith("/cgi-bin/"):
        raise Refused(76021)
    limit = state.limits.get(path, CALLS_A_DAY)
    used = state.used.get((path, state.clock().date()), 0)
    quota = {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}
    rate = {"call_count": 0, "refresh_second": 60}
    return done(quota=quota, rate_limit=rate)


def _clear_quota(state: State, call: Call) -> dict[str, Any]:
    if read_object(call).get("appid") != state.account.app_id:
        raise Refused(40013)
    month = (state.clock().year, state.clock().month)
    if state.cleared.count(month) >= CLEARED_A_MONTH:
        raise Refused(48006)
    state.cleared.append(month)
    state.used.clear()
    return done()


def _create_menu(state: State, call: Call) -> dict[str, Any]:
    menu = read_object(call)
    buttons = menu.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016)
    for button in buttons:
        _check_button(button)
    state.menu = menu
    return done()


def _check_button(button: dict[str, Any]) -> None:
    """At most 16 bytes of name above, 60 below, five buttons below (创建接口)."""
    if not 1 <= len(str(button.get("name", "")).encode()) <= 16:
        raise Refused(40018)
    below = button.get("sub_button") or []
    if len(below) > 5:
        raise Refused(40023)
    if not below:
        _check_action(button)
    for one in below:
        if not 1 <= len(str(one.get("name", "")).encode()) <= 60:
            raise Refused(40025)
        _check_action(one)


def _check_action(button: dict[str, Any]) -> None:
    kind = button.get("type")
    if kind not in _BUTTON_TYPES:
        raise Refused(40017)
    value = str(button.get(_BUTTON_TYPES[kind]) or "")
    if _BUTTON_TYPES[kind] == "key" and not 1 <= len(value.encode()) <= 128:
        raise Refused(40019)
    if kind == "view" and not 1 <= len(value.encode()) <= 1024:
        raise Refused(40020)


def _get_menu(state: State, _call: Call) -> dict[str, Any]:
    if state.menu is None:
        raise Refused(46003)
    tops = [{"sub_button": [], **top} for top in state.menu["button"]]
    return {"menu": {"button": tops}}


def _delete_menu(state: State, _call: Call) -> dict[str, Any]:
    state.menu = None
    return done()


def _current_menu(state: State, _call: Call) -> dict[str, Any]:
    if state.menu is None:
        return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    tops = [_as_current(top) for top in state.menu["button"]]
    return {"is_menu_open": 1, "selfmenu_info": {"button": tops}}


def _as_current(top: dict[str, Any]) -> dict[str, Any]:
    """Here, unlike in menu/get, the buttons below stand in a "list"."""
    if top.get("sub_button"):
        return {"name": top["name"], "sub_button": {"list": top["sub_button"]}}
    return top


def _create_code(state: State, call: Call) -> dict[str, Any]:
    asked = read_object(call)
    scene = _scene(asked)
    ticket = secrets.token_urlsafe(60)
    state.tickets[ticket] = scene
    answer: dict[str, Any] = {"ticket": ticket, "url": _address(ticket)}
    if "LIMIT" not in asked["action_name"]:
        seconds = asked.get("expire_seconds", DEFAULT_TEMPORARY.total_seconds())
        answer["expire_seconds"] = int(min(seconds, LONGEST_TEMPORARY.total_seconds()))
    return answer


def _scene(asked: dict[str, Any]) -> str:
    name = asked.get("action_name")
    if name not in {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
        raise Refused(40052)
    scene = (asked.get("action_info") or {}).get("scene") or {}
    if "STR" in name:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= 64:
            raise Refused(40053)
        return text
    number = scene.get("scene_id")
    most = 100_000 if "LIMIT" in name else 2**32 - 1
    if not isinstance(number, int) or not 1 <= number <= most:
        raise Refused(40053)
    return str(number)


def _address(ticket: str) -> str:
    return f"http://weixin.qq.com/q/{quote(ticket[:24])}"


def _user_info(state: State, call: Call) -> dict[str, Any]:
    person = state.person(call.query.get("openid"))
    if not person.is_following:  # nothing else is told of who has left
        return {"subscribe": 0, "openid": person.openid, "tagid_list": []}
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
        "subscribe_time": int(person.followed_at.timestamp()),
        "remark": "",
        "groupid": 0,
        "tagid_list": sorted(person.tags),
        "subscribe_scene": "ADD_SCENE_QR_CODE" if person.scene else "ADD_SCENE_SEARCH",
        "qr_scene": int(person.scene) if person.scene.isdigit() else 0,
        "qr_scene_str": "" if person.scene.isdigit() else person.scene,
    }


def _addresses(_state: State, _call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1", "101.226.62.77/32"]}


ROUTES = {
    "/cgi-bin/menu/create": Route("POST", _create_menu, ALL_BUT_UNVERIFIED_SUBSCRIPTION),
    "/cgi-bin/menu/get": Route("GET", _get_menu, ALL_BUT_UNVERIFIED_SUBSCRIPTION),
    "/cgi-bin/menu/delete": Route("GET", _delete_menu, ALL_BUT_UNVERIFIED_SUBSCRIPTION),
    "/cgi-bin/get_current_selfmenu_info": Route("GET", _current_menu, ANYBODY),
    "/cgi-bin/qrcode/create": Route("POST", _create_code, VERIFIED_SERVICE),
    "/cgi-bin/user/info": Route("GET", _user_info, VERIFIED),
    "/cgi-bin/getcallbackip": Route("GET", _addresses, ANYBODY),
    "/cgi-bin/get_api_domain_ip": Route("GET", _addresses, ANYBODY),
    "/cgi-bin/openapi/quota/get": Route("POST", _quota, ANYBODY),
    "/cgi-bin/clear_quota": Route("POST", _clear_quota, ANYBODY),
}
