"""The calls about what was sent before: edits, deletion, answers to taps.

Sources: Bot API, editMessageText, editMessageReplyMarkup, deleteMessage, answerCallbackQuery,
stopPoll, sendChatAction.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.platforms.telegram_errors import bad_request
from tests.platforms.telegram_markup import (
    CAPTION_CHARACTERS,
    TEXT_CHARACTERS,
    inline_buttons,
    readable,
)
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_state import Chat, ShownMessage, State

ANSWER_CHARACTERS = 200
# Not documented; the error's own words say that a query ends.
QUERY_LIVES = timedelta(minutes=15)
DELETABLE = timedelta(hours=48)
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note",
}  # fmt: skip


def edit_text(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer editMessageText."""
    text = readable(parameters, "text", TEXT_CHARACTERS)
    if not text:
        raise bad_request("message text is empty")
    return _edit(state, parameters, "text", text)


def edit_caption(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer editMessageCaption."""
    caption = readable(parameters, "caption", CAPTION_CHARACTERS)
    return _edit(state, parameters, "caption", caption)


def edit_markup(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer editMessageReplyMarkup; without a markup the buttons go."""
    return _edit(state, parameters, "", "")


def _edit(state: State, parameters: Parameters, name: str, text: str) -> dict[str, Any]:
    chat = state.chat_to_send(parameters.text("chat_id"))
    message = _own(state, chat, parameters, "edit")
    markup = parameters.data("reply_markup")
    buttons = inline_buttons(markup)
    new_text = text if name else message.text
    if (new_text, buttons) == (message.text, message.buttons):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    state.pace.spend(chat.id, state.clock())
    message.versions.append(message.text)
    message.text, message.buttons = new_text, buttons
    message.api |= {name: text} if name else {}
    message.api |= {"edit_date": int(state.clock().timestamp())}
    if buttons:
        message.api["reply_markup"] = markup
    else:
        message.api.pop("reply_markup", None)
    state.note(chat, message)
    return message.api


def _own(state: State, chat: Chat, parameters: Parameters, what: str) -> ShownMessage:
    message = chat.messages.get(parameters.number("message_id"))
    if message is None or message.is_deleted:
        raise bad_request(f"message to {what} not found")
    if message.api["from"]["id"] != state.bot_id:
        raise bad_request(f"message can't be {what}ed")
    return message


def delete(state: State, parameters: Parameters) -> bool:
    """Answer deleteMessage."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    message = chat.messages.get(parameters.number("message_id"))
    if message is None or message.is_deleted:
        raise bad_request("message to delete not found")
    sent_at = datetime.fromtimestamp(message.api["date"], UTC)
    if state.clock() - sent_at >= DELETABLE:
        raise bad_request("message can't be deleted")
    message.is_deleted = True
    return True


def answer_query(state: State, parameters: Parameters) -> bool:
    """Answer answerCallbackQuery: once, and not too late."""
    if len(parameters.text("text")) > ANSWER_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")
    query = state.queries.get(parameters.text("callback_query_id"))
    if query is None or query.answer is not None or state.clock() - query.at >= QUERY_LIVES:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.answer = {
        "text": parameters.text("text"),
        "show_alert": parameters.truth("show_alert"),
    }
    state.changed.notify_all()
    return True


def stop_poll(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer stopPoll."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    message = _own(state, chat, parameters, "edit")
    poll: dict[str, Any] = message.api.get("poll", {})
    if not poll:
        raise bad_request("message with poll to stop not found")
    if poll["is_closed"]:
        raise bad_request("poll has already been closed")
    poll["is_closed"] = True
    return poll


def chat_action(state: State, parameters: Parameters) -> bool:
    """Answer sendChatAction."""
    state.chat_to_send(parameters.text("chat_id"))
    if parameters.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True
