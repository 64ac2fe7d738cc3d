"""The calls that send something: text, photo, place, poll.

Sources: Bot API, sendMessage, sendPhoto, sendLocation, sendPoll.
"""

from __future__ import annotations

import io
import secrets
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.platforms.loopback import Upload
from tests.platforms.telegram_errors import bad_request
from tests.platforms.telegram_markup import (
    CAPTION_CHARACTERS,
    TEXT_CHARACTERS,
    inline_buttons,
    keyboard_buttons,
    readable,
)
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_state import Chat, ShownMessage, State

PHOTO_BYTES = 10 * 1024 * 1024
PHOTO_SIDES = 10_000  # width and height together
QUESTION_CHARACTERS = 300
OPTION_CHARACTERS = 100
MOST_OPTIONS = 12  # since Bot API 9.1
EXPLANATION_CHARACTERS = 200
EXPLANATION_LINE_FEEDS = 2


def send_message(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer sendMessage."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    text = readable(parameters, "text", TEXT_CHARACTERS)
    if not text:
        raise bad_request("message text is empty")
    return _send(state, chat, parameters, {"text": text}, ShownMessage(0, chat.id, "text", text))


def send_photo(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer sendPhoto, for an upload or a file id of ours."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    caption = readable(parameters, "caption", CAPTION_CHARACTERS)
    content = _photo(state, parameters)
    sizes = photo_sizes(state, content)
    shown = ShownMessage(0, chat.id, "photo", caption, photo=content)
    body = {"photo": sizes, **({"caption": caption} if caption else {})}
    return _send(state, chat, parameters, body, shown)


def _photo(state: State, parameters: Parameters) -> bytes:
    given = parameters.file("photo")
    if isinstance(given, Upload):
        if len(given.content) > PHOTO_BYTES:
            raise bad_request("file is too big")
        return given.content
    if not given:
        raise bad_request("there is no photo in the request")
    if given not in state.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return state.files[given].content


def photo_sizes(state: State, content: bytes) -> list[dict[str, Any]]:
    """Keep a photo as Telegram does, small and large, and return its PhotoSize objects."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > PHOTO_SIDES:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    small = (max(1, width // 4), max(1, height // 4))
    sizes = []
    for number, (wide, high) in enumerate([small, (width, height)]):
        file_id = state.keep(content, f"photos/file_{number}_{secrets.token_hex(4)}.jpg")
        size = {"width": wide, "height": high, "file_size": len(content)}
        sizes.append({"file_id": file_id, "file_unique_id": file_id[-12:], **size})
    return sizes


def send_location(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer sendLocation."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    place = {name: float(parameters.text(name, "nan")) for name in ("latitude", "longitude")}
    if not (-90 <= place["latitude"] <= 90 and -180 <= place["longitude"] <= 180):
        raise bad_request("wrong latitude or longitude specified")
    text = f"{place['latitude']},{place['longitude']}"
    shown = ShownMessage(0, chat.id, "location", text)
    return _send(state, chat, parameters, {"location": place}, shown)


def send_poll(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer sendPoll, quizzes included."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    poll = _poll(parameters)
    state.polls[poll["id"]] = poll
    options = [option["text"] for option in poll["options"]]
    text = "\n".join([poll["question"], *options])
    return _send(
        state, chat, parameters, {"poll": poll}, ShownMessage(0, chat.id, "poll", text, poll=poll)
    )


def _poll(parameters: Parameters) -> dict[str, Any]:
    question = parameters.text("question")
    if not 1 <= len(question) <= QUESTION_CHARACTERS:
        raise bad_request("poll question length must be between 1 and 300")
    kind = parameters.text("type", "regular")
    poll: dict[str, Any] = {
        "id": str(secrets.randbits(62)),
        "question": question,
        "options": [_option(text) for text in _options(parameters)],
        "total_voter_count": 0,
        "is_closed": parameters.truth("is_closed"),
        "is_anonymous": parameters.truth("is_anonymous", default=True),
        "type": kind,
        "members_only": parameters.truth("members_only"),  # since Bot API 10.0
        "allows_revoting": parameters.truth("allows_revoting"),
        "allows_multiple_answers": parameters.truth("allows_multiple_answers"),
    }
    return poll | (_quiz(parameters, len(poll["options"])) if kind == "quiz" else {})


def _option(text: str) -> dict[str, Any]:
    persistent = {"persistent_id": secrets.token_hex(8)}  # since Bot API 9.6
    return {**persistent, "text": text, "voter_count": 0}


def _options(parameters: Parameters) -> list[str]:
    given = parameters.data("options")
    if not isinstance(given, list):
        raise bad_request("can't parse options JSON object")
    texts = [str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in given]
    if not 1 <= len(texts) <= MOST_OPTIONS:
        raise bad_request("poll must have from 1 to 12 options")
    if not all(1 <= len(text) <= OPTION_CHARACTERS for text in texts):
        raise bad_request("poll options length must not exceed 100")
    return texts


def _quiz(parameters: Parameters, options: int) -> dict[str, Any]:
    """A quiz names its right answers, and may explain them in 200 characters and two lines."""
    listed = parameters.data("correct_option_ids")
    if not isinstance(listed, list):  # the older field of the same meaning
        listed = [parameters.number("correct_option_id", -1)]
    if not listed or any(not 0 <= int(one) < options for one in listed):
        raise bad_request("wrong correct option ID specified")
    explanation = parameters.text("explanation")
    if len(explanation) > EXPLANATION_CHARACTERS:
        raise bad_request("message is too long")
    if explanation.count("\n") > EXPLANATION_LINE_FEEDS:
        raise bad_request("explanation has too many line feeds")
    explained = {"explanation": explanation} if explanation else {}
    return {"correct_option_ids": listed, **explained}


def _send(
    state: State,
    chat: Chat,
    parameters: Parameters,
    body: dict[str, Any],
    shown: ShownMessage,
) -> dict[str, Any]:
    """Check the keyboard and the pace, then show the message."""
    markup = parameters.data("reply_markup")
    shown.buttons = inline_buttons(markup)
    shown.keyboard = keyboard_buttons(markup, chat)
    shown.removes_keyboard = isinstance(markup, dict) and bool(markup.get("remove_keyboard"))
    replied = _replied(chat, parameters)
    state.pace.spend(chat.id, state.clock())
    shown.id = chat.next_id()
    shown.api = {
        "message_id": shown.id,
        "from": state.me(),
        "chat": chat.as_api(),
        "date": int(state.clock().timestamp()),
        **body,
        **replied,
    }
    if shown.buttons:
        shown.api["reply_markup"] = markup
    state.show(chat, shown)
    return shown.api


def _replied(chat: Chat, parameters: Parameters) -> dict[str, Any]:
    asked = parameters.data("reply_parameters")
    if not isinstance(asked, dict):
        return {}
    known = chat.messages.get(int(asked.get("message_id", 0)))
    if known is None and not asked.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return {"reply_to_message": known.api} if known else {}
