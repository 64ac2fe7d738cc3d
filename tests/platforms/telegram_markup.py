"""Texts and keyboards as the Bot API reads them.

Sources: Bot API, "Formatting options", InlineKeyboardMarkup, ReplyKeyboardMarkup.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from tests.platforms.telegram_errors import bad_request
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_state import Button, Chat

TEXT_CHARACTERS = 4096
CAPTION_CHARACTERS = 1024
CALLBACK_BYTES = 64
MARKUP_BYTES = 10_000  # not documented; REPLY_MARKUP_TOO_LONG comes at about ten kilobytes

_HTML_TAGS = {
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a",
    "tg-emoji", "code", "pre", "blockquote",
}  # fmt: skip


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - of the parser
        if tag not in _HTML_TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise bad_request(f'can\'t parse entities: Unmatched end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.text += data

    def done(self) -> str:
        self.close()
        if self._open:
            raise bad_request(f"can't parse entities: Can't find end tag \"{self._open[-1]}\"")
        return self.text


def utf16_length(text: str) -> int:
    """Return a length as the Bot API counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def readable(parameters: Parameters, name: str, most: int) -> str:
    """Return a text after its entities were parsed, or refuse it as too long."""
    text = parameters.text(name)
    mode = parameters.text("parse_mode").lower()
    if mode == "html":
        stripper = _Stripper()
        stripper.feed(text)
        text = stripper.done()
    elif mode:
        raise bad_request("can't parse entities: this stand-in reads HTML only")
    if utf16_length(text) > most:
        kind = "message caption" if name == "caption" else "message"
        raise bad_request(f"{kind} is too long")
    return text.strip()


def inline_buttons(markup: object) -> tuple[Button, ...]:
    """Return the inline buttons of a reply_markup, checked."""
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not rows:
        return ()
    if len(json.dumps(markup).encode()) > MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return tuple(_inline_button(button) for row in rows for button in row)


def _inline_button(button: dict[str, Any]) -> Button:
    label = button.get("text")
    if not label:
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    data, url = button.get("callback_data"), button.get("url")
    if (data is None) == (url is None):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed")
    if data is not None and not 1 <= len(str(data).encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if url is not None and not str(url).startswith(("http://", "https://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return Button(str(label), str(data or ""), str(url or ""))


def keyboard_buttons(markup: object, chat: Chat) -> tuple[Button, ...]:
    """Return the buttons of a reply keyboard, checked."""
    rows = markup.get("keyboard") if isinstance(markup, dict) else None
    buttons = [_key(button) for row in rows or () for button in row]
    if chat.kind != "private" and any(button.asks == "place" for button in buttons):
        raise bad_request("location can be requested in private chats only")
    return tuple(buttons)


def _key(button: object) -> Button:
    if isinstance(button, str):
        return Button(button)
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse keyboard button: Field "text" must be non-empty')
    if button.get("request_location"):
        return Button(button["text"], asks="place")
    return Button(button["text"], asks="contact" if button.get("request_contact") else "")


def entities_of(text: str, username: str) -> list[dict[str, Any]]:
    """Return the entities of what a person typed: a command in front, and mentions of the bot."""
    found = []
    offset = 0
    for word in text.split(" "):
        kind = _kind_of(word, username)
        if kind:
            entity = {"type": kind, "offset": offset, "length": utf16_length(word)}
            found.append(entity)
        offset += utf16_length(word) + 1
    return found


def _kind_of(word: str, username: str) -> str:
    if word.startswith("/") and word[1:].partition("@")[0].replace("_", "").isalnum():
        return "bot_command" if word.isascii() else ""
    return "mention" if word.lower() == f"@{username}".lower() else ""
