"""Reading a passive reply as strictly as the platform does, and writing what it pushes.

Sources: 被动回复用户消息, 接收普通消息, 接收事件推送.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.platforms.wechat_sealing import Sealer, Unsealable, signature
from tests.platforms.wechat_sending import TEXT_BYTES
from tests.platforms.wechat_state import Article, Mode, Shown, State

# One article after these; eight after everything else. What is over is left out.
ONE_ARTICLE_AFTER = {"text", "image", "voice", "video", "shortvideo", "location"}
MOST_ARTICLES = 8


class BadReply(Exception):
    """An answer that the platform can not show."""


def to_xml(fields: Mapping[str, Any]) -> str:
    """Return a push as the platform writes it: text in CDATA, numbers bare."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        parts += [f"<{name}>{_content(one)}</{name}>" for one in values]
    return "".join(parts)


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int | float):
        return str(value)
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a reply answers to: whom, after what, and signed with which nonce."""

    openid: str
    kind: str
    nonce: str


def read_reply(answer: bytes, pushed: Pushed, state: State) -> Shown | None:
    """Return what the person sees, or None for ``success`` and an empty answer.

    Raises:
        BadReply: when it is anything that the platform can not show.
    """
    text = answer.decode("utf-8", "surrogateescape")
    if text in {"", "success"}:  # 推荐回复success; an empty body means the same
        return None
    root = _parse(text)
    if root.find("Encrypt") is not None:
        root = _parse(_opened(root, pushed, state))
    elif state.account.mode == "safe":
        raise BadReply("in safe mode a reply has to be sealed")
    _check_addresses(root, pushed, state)
    read = _READERS.get(_value(root, "MsgType"))
    if read is None:
        raise BadReply(f"no such MsgType: {_value(root, 'MsgType')!r}")
    return read(root, pushed, state)


def _parse(text: str) -> ET.Element:
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise BadReply("a reply declares no document type")
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat, declarations refused above
    except (ET.ParseError, ValueError) as reason:
        raise BadReply(f"not XML: {reason}") from reason
    if root.tag != "xml":
        raise BadReply(f"the root is <{root.tag}>")
    return root


def _value(root: ET.Element, name: str) -> str:
    found = root.findall(name)
    if len(found) != 1 or len(found[0]):
        raise BadReply(f"{name} has to be there once, as text")
    return found[0].text or ""


def _opened(root: ET.Element, pushed: Pushed, state: State) -> str:
    account = state.account
    sealed = _value(root, "Encrypt")
    nonce = _value(root, "Nonce")
    expected = signature(account.token, _value(root, "TimeStamp"), nonce, sealed)
    if _value(root, "MsgSignature") != expected:
        raise BadReply("MsgSignature is wrong")
    if nonce != pushed.nonce:
        raise BadReply("Nonce is not the one of the push")
    if account.mode == "plain":
        raise BadReply("in plain mode nothing is sealed")
    try:
        return Sealer(account.aes_key, account.app_id).open(sealed)
    except Unsealable as reason:
        raise BadReply(f"Encrypt can not be opened: {reason}") from reason


def _check_addresses(root: ET.Element, pushed: Pushed, state: State) -> None:
    if _value(root, "ToUserName") != pushed.openid:
        raise BadReply("ToUserName is not who wrote")
    if _value(root, "FromUserName") != state.account.original_id:
        raise BadReply("FromUserName is not the account")
    if not _value(root, "CreateTime").isdigit():
        raise BadReply("CreateTime is no number")


def _text(root: ET.Element, _pushed: Pushed, _state: State) -> Shown:
    content = _value(root, "Content")
    if not content:
        raise BadReply("Content is empty")
    if len(content.encode()) > TEXT_BYTES:  # measured, not documented
        raise BadReply(f"Content has {len(content.encode())} bytes, over {TEXT_BYTES}")
    return Shown("text", content)


def _file(kind: str, element: str) -> Callable[[ET.Element, Pushed, State], Shown]:
    def read(root: ET.Element, _pushed: Pushed, state: State) -> Shown:
        holder = root.find(element)
        if holder is None:
            raise BadReply(f"{element} is missing")
        media_id = _value(holder, "MediaId")
        media = state.media.get(media_id)
        if media is None or media.kind != kind or media.until <= state.clock():
            raise BadReply(f"no {kind} with this MediaId")
        return Shown(kind, media_id=media_id)

    return read


def _music(root: ET.Element, _pushed: Pushed, _state: State) -> Shown:
    holder = root.find("Music")
    if holder is None:
        raise BadReply("Music is missing")
    return Shown("music", holder.findtext("Title", ""))


def _news(root: ET.Element, pushed: Pushed, _state: State) -> Shown:
    articles = tuple(
        Article(*(item.findtext(name, "") for name in ("Title", "Description", "Url", "PicUrl")))
        for item in root.findall("Articles/item")
    )
    if not articles or _value(root, "ArticleCount") != str(len(articles)):
        raise BadReply("ArticleCount does not count the articles")
    most = 1 if pushed.kind in ONE_ARTICLE_AFTER else MOST_ARTICLES
    title = "\n".join(article.title for article in articles[:most])
    dropped = max(0, len(articles) - most)
    return Shown("news", title, articles=articles[:most], dropped=dropped)


def _transfer(_root: ET.Element, _pushed: Pushed, _state: State) -> Shown:
    return Shown("transfer")


_READERS: dict[str, Callable[[ET.Element, Pushed, State], Shown]] = {
    "text": _text,
    "image": _file("image", "Image"),
    "voice": _file("voice", "Voice"),
    "video": _file("video", "Video"),
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
}


def envelope(
    fields: Mapping[str, Any], state: State, timestamp: str, nonce: str
) -> tuple[dict[str, str], bytes]:
    """Return the query and the body of one try of a push, signed and sealed for the mode."""
    account = state.account
    query = {
        "signature": signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": str(fields.get("FromUserName", "")),
    }
    if account.mode == "plain":
        return query, to_xml(fields).encode()
    sealed = Sealer(account.aes_key, account.app_id).seal(to_xml(fields))
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, timestamp, nonce, sealed)
    return query, to_xml(_outside(fields, sealed, account.mode)).encode()


def _outside(fields: Mapping[str, Any], sealed: str, mode: Mode) -> dict[str, Any]:
    if mode == "compatible":
        return {**fields, "Encrypt": sealed}
    return {"ToUserName": fields["ToUserName"], "Encrypt": sealed}
