"""A conversation with a resident as lines, and words for how each reply travels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.console.inbox_desk import CHANNELS
from bot.desk_inbox_store import Message, SentReply

KINDS: Mapping[str, str] = MappingProxyType(
    {"voice": "语音", "photo": "照片", "video": "视频", "file": "文件"}
)
STATES: Mapping[str, str] = MappingProxyType(
    {
        "waiting": "等着发送",
        "sending": "正在发送",
        "held": "现在推送不了，居民下次发消息时显示",
        "sent": "已发到居民手机",
        "failed": "没送到",
        "expired": "过期了，没送到",
        "cancelled": "没送，居民已退出或退订",
        "uncertain": "发了，平台没有确认",
        "shown": "居民已看到",
    }
)
BAD_STATES = frozenset({"failed", "expired", "cancelled", "uncertain"})
SHOWN_IN_PAGE = "已显示在居民的网页里"
WAITS_IN_PAGE = "居民下次在网页发消息时显示"
LONG_GONE = "早已发出"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation; ``message`` is None for what staff wrote."""

    at: datetime
    who: str
    text: str
    message: Message | None = None
    state: str = ""
    is_bad: bool = False


def lines_of(name: str, messages: Sequence[Message], replies: Sequence[SentReply]) -> list[Line]:
    """Return messages and replies in the order of time; ``name`` is the resident's."""
    lines = [Line(one.at, name, one.said, one) for one in messages]
    lines += [
        Line(
            one.at,
            one.staff or "命令行",
            one.text,
            state=state_words(one),
            is_bad=one.state in BAD_STATES,
        )
        for one in replies
    ]
    return sorted(lines, key=lambda line: line.at)


def state_words(reply: SentReply) -> str:
    """Return how a reply travels, and in which channel."""
    if reply.is_shown:
        return SHOWN_IN_PAGE
    if reply.state is None:
        return LONG_GONE
    if reply.channel == "web" and reply.state in {"waiting", "held"}:
        return WAITS_IN_PAGE
    return f"{CHANNELS.get(reply.channel, reply.channel)}：{STATES.get(reply.state, reply.state)}"
