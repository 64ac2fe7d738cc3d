"""What stops a call to WeChat, in Chinese for the operator: what it is, and what to do."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.wechat_menu import Excess, Limit, MenuExceedsLimits, MenuNotTaken
from bot.channels.wechat_outcomes import (
    ADDRESS_CODES,
    PERMISSION_CODES,
    TOKEN_CODES,
    CallRefused,
    NoAnswer,
    NotConnected,
    TokenUnavailable,
    UnreadableAnswer,
    UnusableBase,
    WeChatError,
)

CONSOLE = "微信公众平台的基本配置（新账号在微信开发者平台的基础信息）"
_BASE_EXAMPLE = "官方的是 https://api.weixin.qq.com"

_CODES: Mapping[int, str] = {
    -1: "微信说系统忙。过一分钟再试。",
    40013: f"AppID不对：对照{CONSOLE}，改 LIFELINE_WECHAT_APP_ID。",
    40125: f"AppSecret不对：在{CONSOLE}重置，改 LIFELINE_WECHAT_APP_SECRET。",
    40243: f"AppSecret被冻结了：到{CONSOLE}解冻。",
    40066: f"接口地址不对：检查 LIFELINE_WECHAT_API，{_BASE_EXAMPLE}。",
    45009: "今天的调用次数用完了：明天零点（北京时间）恢复，急用可在后台清零。",
    45011: "调用太频繁：过一分钟再试。",
    45028: "群发次数用完了：服务号每人每月4条，订阅号每天1条。",
}

_LIMITS: Mapping[Limit, str] = {
    "buttons": "一级按钮要1到{most}个，现在{value}个",
    "below": "下面最多{most}个按钮，现在{value}个",
    "characters": "名字要1到{most}个字，现在{value}个",
    "bytes": "名字最多{most}个字节，现在{value}个",
    "key": "键值最多{most}个字节，现在{value}个",
    "url": "网址最多{most}个字节，现在{value}个",
    "action": "没有键值也没有网址，点了没反应",
}


def worded(error: WeChatError) -> str:
    """Return what ``error`` is and what to do about it."""
    make = _WORDS.get(type(error))
    return make(error) if make else str(error)


def refusal_worded(refused: CallRefused) -> str:
    """Return what a refusal means, with WeChat's code for a search."""
    text = _CODES.get(refused.code) or _family_worded(refused)
    return f"{text}（{refused.path} errcode {refused.code}）"


def excess_worded(excess: Excess) -> str:
    """Return which button exceeds which limit."""
    text = _LIMITS[excess.limit].format(value=excess.value, most=excess.most)
    return f"“{excess.title}”{text}" if excess.title else text


def _family_worded(refused: CallRefused) -> str:
    if refused.code in ADDRESS_CODES:
        seen = refused.address or "本机的公网IP"
        return f"IP不在白名单：把 {seen} 加进{CONSOLE} → IP白名单。"
    if refused.code in PERMISSION_CODES:
        return "公众号没有这个接口的权限：看后台“接口权限”，多数要认证的服务号。"
    if refused.code in TOKEN_CODES:
        return "access_token不被接受：检查AppID和AppSecret是不是同一个公众号的。"
    return f"微信不答应：{refused.message}。"


def _not_connected(error: NotConnected) -> str:
    return f"连不上微信：{error.reason}。检查网络、DNS和 LIFELINE_WECHAT_API。"


def _no_answer(error: NoAnswer) -> str:
    return f"微信没有答完（{error.path}）：{error.reason}。过一会儿再试。"


def _unreadable(error: UnreadableAnswer) -> str:
    return (
        f"答话的不像微信（{error.path}，状态{error.status}）："
        "检查 LIFELINE_WECHAT_API，和中间的代理、网关。"
    )


def _too_much(error: MenuExceedsLimits) -> str:
    lines = (f"  {excess_worded(one)}" for one in error.excesses)
    return "菜单超过微信的限制，没有推送：\n" + "\n".join(lines)


_WORDS: Mapping[type[WeChatError], Callable[[Any], str]] = {
    CallRefused: refusal_worded,
    NotConnected: _not_connected,
    NoAnswer: _no_answer,
    UnreadableAnswer: _unreadable,
    TokenUnavailable: lambda error: f"现在拿不到access_token：{error.reason}。过一会儿再试。",
    UnusableBase: lambda error: f"LIFELINE_WECHAT_API={error.base} 不能用：{_BASE_EXAMPLE}。",
    MenuExceedsLimits: _too_much,
    MenuNotTaken: lambda _: "推送后读回来的菜单不一样：再推一次；还不一样，看后台有没有别人在改。",
}
