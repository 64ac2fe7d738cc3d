"""Replies as WeChat takes them in answer to a message: one message, as XML or JSON.

Source: 被动回复用户消息. A text, one picture or one card; several replies become one text.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.messages import Choice, Reply, plain_text

# No document says how long a text may be; 2,048 bytes have been measured, and more is not
# delivered at all. The conversation splits at 1,900, so this is the last resort.
MAX_TEXT_BYTES = 2000
# What a card shows of its description.
_MAX_SUMMARY_BYTES = 512
_CUT = "…"

# What XML cannot carry, and the rest of the control characters, which nobody can read.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Somebody else's words must not become a link.
_LINK_START = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)
# A link takes a label as it is; these would end it or mean something in it.
_NOT_IN_LINK = re.compile(r"[&\"'<>#%?+=/\\\s]")

Part: TypeAlias = "str | int | Mapping[str, Part] | Sequence[Mapping[str, Part]]"
Message = Mapping[str, Part]


class Pictures(Protocol):
    """Where pictures of ours lie with the platform; called in worker threads."""

    def media_id(self, path: str) -> str | None:
        """Return the media id of a picture by its path, None when it can't be had at once."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom to whom: the names of the message that is answered, the other way round."""

    to: str
    sender: str


def passive_message(
    replies: Sequence[Reply], envelope: Envelope, now: datetime, pictures: Pictures | None
) -> Message | None:
    """Return the one message that says ``replies``, None when there is nothing to say."""
    content = _content(replies, pictures)
    if content is None:
        return None
    return {
        "ToUserName": envelope.to,
        "FromUserName": envelope.sender,
        "CreateTime": int(now.timestamp()),
        **content,
    }


def to_xml(message: Message) -> bytes:
    """Return a message as WeChat's XML: texts in CDATA, lists as ``item``."""
    return f"<xml>{_elements(message)}</xml>".encode()


def to_json(message: Message) -> bytes:
    """Return a message as JSON, for accounts that are set to it."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")


def text_content(replies: Sequence[Reply]) -> str:
    """Return all replies as one text of at most 2,000 bytes, with choices to tap if they fit.

    The numbers stay before the choices: a tap works in WeChat on the phone only.
    """
    linked = _joined(_linked(reply) for reply in replies)
    if _size(linked) <= MAX_TEXT_BYTES:
        return linked
    return _cut(_joined(_harmless(reply) for reply in replies), MAX_TEXT_BYTES)


def _content(replies: Sequence[Reply], pictures: Pictures | None) -> Message | None:
    if len(replies) == 1 and (special := _card(replies[0]) or _picture(replies[0], pictures)):
        return special
    text = text_content(replies)
    return {"MsgType": "text", "Content": text} if text else None


def _is_text(reply: Reply) -> bool:
    """Whether the reply must be read as a text: a card or a picture shows no choices."""
    return bool(reply.choices) or reply.kind in {"emergency", "crisis"}


def _card(reply: Reply) -> Message | None:
    card = reply.card
    if card is None or _is_text(reply):
        return None
    summary = "\n".join(line for line in (reply.text, card.summary) if line)
    article: Message = {
        "Title": _printable(card.title),
        "Description": _cut(_printable(summary), _MAX_SUMMARY_BYTES),
        "PicUrl": card.picture if card.picture.startswith(("https://", "http://")) else "",
        "Url": card.url,
    }
    return {"MsgType": "news", "ArticleCount": 1, "Articles": [article]}


def _picture(reply: Reply, pictures: Pictures | None) -> Message | None:
    if pictures is None or not reply.picture or _is_text(reply):
        return None
    media_id = pictures.media_id(reply.picture)
    return {"MsgType": "image", "Image": {"MediaId": media_id}} if media_id else None


def _linked(reply: Reply) -> Reply:
    safe = _harmless(reply)
    choices = (_link(number, choice) for number, choice in enumerate(safe.choices, 1))
    return replace(safe, choices=tuple(choices)) if safe.choices else safe


def _link(number: int, choice: Choice) -> Choice:
    """Return a choice whose label sends itself when it is tapped (菜单消息的链接)."""
    label = choice.label
    if not label or _NOT_IN_LINK.search(label):
        return choice
    address = f"weixin://bizmsgmenu?msgmenucontent={label}&msgmenuid={number}"
    return replace(choice, label=f'<a href="{address}">{label}</a>')


def _harmless(reply: Reply) -> Reply:
    """Return the reply without links that the words of somebody else would make."""
    if "<" not in reply.text and not any("<" in choice.label for choice in reply.choices):
        return reply
    choices = (replace(c, label=_LINK_START.sub("＜", c.label)) for c in reply.choices)
    return replace(reply, text=_LINK_START.sub("＜", reply.text), choices=tuple(choices))


def _joined(replies: Iterable[Reply]) -> str:
    return _printable("\n\n".join(filter(None, map(plain_text, replies))))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)


def _size(text: str) -> int:
    return len(text.encode())


def _cut(text: str, limit: int) -> str:
    """Return as much of ``text`` as ``limit`` bytes hold, up to the last whole line or word."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    kept = encoded[: limit - _size(_CUT)].decode("utf-8", "ignore")
    # A line that ends in the last fifth is a better end than half a sentence.
    end = kept.rfind("\n", len(kept) * 4 // 5)
    return (kept[:end] if end > 0 else kept) + _CUT


def _elements(message: Message) -> str:
    return "".join(f"<{name}>{_element(part)}</{name}>" for name, part in message.items())


def _element(part: Part) -> str:
    if isinstance(part, str):
        escaped = _printable(part).replace("]]>", "]]]]><![CDATA[>")
        return f"<![CDATA[{escaped}]]>"
    if isinstance(part, int):
        return str(part)
    if isinstance(part, Mapping):
        return _elements(part)
    return "".join(f"<item>{_elements(item)}</item>" for item in part)
