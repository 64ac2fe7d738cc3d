"""The calls about the bot itself, its chats, its commands and files.

Sources: Bot API, getMe, getChat, leaveChat, setMyCommands, getMyCommands, getFile.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.responses import Response

from tests.platforms.telegram_errors import BotError, bad_request, refusal
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_state import LINK_VALID, State

FILE_BYTES = 20 * 1024 * 1024
MOST_COMMANDS = 100
DESCRIPTION_CHARACTERS = 256


def get_me(state: State, _parameters: Parameters) -> dict[str, Any]:
    """Answer getMe."""
    return {
        **state.me(),
        "can_join_groups": True,
        "can_read_all_group_messages": state.reads_all_group_messages,
        "supports_inline_queries": False,
    }


def get_chat(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer getChat."""
    chat = state.chat(parameters.text("chat_id"))
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    accepted = dict.fromkeys((*gifts, "gifts_from_channels"), False)
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": accepted}
    return {**chat.as_api(), **full}


def leave_chat(state: State, parameters: Parameters) -> bool:
    """Answer leaveChat."""
    chat = state.chat_to_send(parameters.text("chat_id"))
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    chat.standing = "kicked"
    return True


def get_chat_member(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer getChatMember."""
    chat = state.chat(parameters.text("chat_id"))
    user_id = parameters.number("user_id")
    if user_id == state.bot_id:
        return {"user": state.me(), "status": "administrator" if chat.bot_is_admin else "member"}
    if user_id not in state.chats:
        raise bad_request("invalid user_id specified")
    user = {"id": user_id, "is_bot": False, "first_name": state.chats[user_id].title}
    return {"user": user, "status": "member" if user_id in chat.members else "left"}


def set_commands(state: State, parameters: Parameters) -> bool:
    """Answer setMyCommands."""
    commands = parameters.data("commands")
    if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
        raise bad_request("can't parse commands JSON object")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command"))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= DESCRIPTION_CHARACTERS:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    state.commands[_scope(parameters)] = commands
    return True


def get_commands(state: State, parameters: Parameters) -> list[dict[str, str]]:
    """Answer getMyCommands, for exactly this scope and language."""
    return state.commands.get(_scope(parameters), [])


def delete_commands(state: State, parameters: Parameters) -> bool:
    """Answer deleteMyCommands."""
    state.commands.pop(_scope(parameters), None)
    return True


def _scope(parameters: Parameters) -> tuple[str, str]:
    language = parameters.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")  # two letters, ISO 639-1
    scope = parameters.data("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), language


def get_file(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer getFile: the address is good for an hour."""
    file_id = parameters.text("file_id")
    if file_id not in state.files:
        raise bad_request("invalid file_id")
    file = state.files[file_id]
    if len(file.content) > FILE_BYTES:
        raise bad_request("file is too big")
    state.links[file.path] = (file_id, state.clock() + LINK_VALID)
    answer = {"file_id": file_id, "file_unique_id": file_id[-12:], "file_path": file.path}
    return {**answer, "file_size": len(file.content)}


def download(state: State, path: str) -> Response:
    """Answer a download."""
    file_id, until = state.links.get(path, ("", state.clock()))
    if state.clock() >= until:
        return refusal(BotError(404, "Not Found"))
    return Response(state.files[file_id].content, media_type="application/octet-stream")
