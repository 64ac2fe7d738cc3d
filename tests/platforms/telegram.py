"""A stand-in for Telegram's Bot API, over real sockets.

    with TelegramPlatform() as platform:
        bot = Bot(platform.token, base_url=f"{platform.url}/bot",
                  base_file_url=f"{platform.url}/file/bot")
        volunteer = platform.user(1001)
        volunteer.says("你好")
        volunteer.wait_for(1)

``platform.url`` takes the place of https://api.telegram.org.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from starlette.responses import Response

from tests.platforms import (
    telegram_chats,
    telegram_editing,
    telegram_messages,
    telegram_updates,
)
from tests.platforms.loopback import (
    Call,
    Fault,
    Faults,
    LoopbackServer,
    SteeredClock,
    wait_until,
)
from tests.platforms.telegram_errors import BotError, refusal, result, too_many
from tests.platforms.telegram_pace import Pace
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_people import NothingToTap, Sent, TelegramGroup, TelegramUser
from tests.platforms.telegram_state import Button, Chat, Query, ShownMessage, State

__all__ = [
    "Button",
    "NothingToTap",
    "Query",
    "Sent",
    "ShownMessage",
    "TelegramGroup",
    "TelegramPlatform",
    "TelegramUser",
]

TOKEN = "1234567890:AAFzq3S1vWqQJ9cYdUuJ1KkGJ7Qm9cO8xYz"  # noqa: S105 - of nobody
METHODS: dict[str, Callable[[State, Parameters], object]] = {
    "getme": telegram_chats.get_me,
    "getchat": telegram_chats.get_chat,
    "getchatmember": telegram_chats.get_chat_member,
    "leavechat": telegram_chats.leave_chat,
    "setmycommands": telegram_chats.set_commands,
    "getmycommands": telegram_chats.get_commands,
    "deletemycommands": telegram_chats.delete_commands,
    "getfile": telegram_chats.get_file,
    "sendmessage": telegram_messages.send_message,
    "sendphoto": telegram_messages.send_photo,
    "sendlocation": telegram_messages.send_location,
    "sendpoll": telegram_messages.send_poll,
    "editmessagetext": telegram_editing.edit_text,
    "editmessagecaption": telegram_editing.edit_caption,
    "editmessagereplymarkup": telegram_editing.edit_markup,
    "deletemessage": telegram_editing.delete,
    "answercallbackquery": telegram_editing.answer_query,
    "stoppoll": telegram_editing.stop_poll,
    "sendchataction": telegram_editing.chat_action,
    "getupdates": telegram_updates.get_updates,
    "deletewebhook": telegram_updates.delete_webhook,
    "getwebhookinfo": telegram_updates.webhook_info,
}


@dataclass(frozen=True, slots=True)
class BotCall:
    """One call that the bot made."""

    method: str
    parameters: Parameters = field(repr=False)


class TelegramPlatform:
    """The Bot API for one bot, and the people who talk to it.

    Attributes:
        token: the bot's token.
        clock: the platform's time.
        calls: every call of the bot, in order.
        is_strict: whether setWebhook demands https and the documented ports.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "lifeline_test_bot",
        clock: SteeredClock | None = None,
        is_strict: bool = False,
    ) -> None:
        self.token = token
        self.clock = clock or SteeredClock()
        self.is_strict = is_strict
        self.faults = Faults()
        self.calls: list[BotCall] = []
        self.state = State(token, username, self.clock)
        self._users: dict[int, TelegramUser] = {}
        self._server = LoopbackServer(self._answer, self.faults, lambda: refusal(too_many(1)))
        self._pushing = telegram_updates.Pushing(self.state, self._perform)

    def __enter__(self) -> Self:
        self._server.start()
        self._pushing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self.state.changed:
            self.state.is_closing = True
            self.state.changed.notify_all()
        self._server.stop()
        self._pushing.stop()

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return self._server.url

    @property
    def username(self) -> str:
        """The bot's name, without the @."""
        return self.state.username

    @property
    def pace(self) -> Pace:
        """The limits; ``pace.is_on = False`` lifts them."""
        return self.state.pace

    @property
    def pushing(self) -> telegram_updates.Pushing:
        """How updates are pushed to the webhook, and what came of it."""
        return self._pushing

    def user(
        self, user_id: int, language_code: str = "zh-hans", *, has_started: bool = True
    ) -> TelegramUser:
        """Return a person; a new one has pressed START long ago, unless told otherwise."""
        if user_id not in self._users:
            name = f"居民{user_id}"
            chat = Chat(user_id, "private", name, members={user_id})
            chat.standing = "open" if has_started else "fresh"
            self.state.chats[user_id] = chat
            self._users[user_id] = TelegramUser(self.state, user_id, language_code, name)
        return self._users[user_id]

    def group(self, chat_id: int, title: str = "3栋业主群") -> TelegramGroup:
        """Return a group with the bot in it; ids below -10^12 are supergroups."""
        if chat_id not in self.state.chats:
            chat = Chat(chat_id, "group", title)
            chat.kind = "supergroup" if chat_id < -(10**12) else "group"
            self.state.chats[chat_id] = chat
        return TelegramGroup(self.state, self.state.chats[chat_id])

    def flood(self, chat_id: int, seconds: float) -> None:
        """Refuse messages to one chat with 429 for so long."""
        self.state.pace.silence(chat_id, self.clock() + timedelta(seconds=seconds))

    def fail_next(self, count: int, how: Fault, method: str = "") -> None:
        """Let the next calls fail; ``method`` picks by the end of the address."""
        self.faults.next(count, how, method)

    def goes_down(self) -> None:
        """Stop listening: connections are refused until :meth:`comes_back`."""
        self._server.stop()

    def comes_back(self) -> None:
        """Listen again, at the same address."""
        self._server.start()

    def calls_to(self, method: str) -> list[BotCall]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method.lower()]

    def settle(self, seconds: float = 10.0) -> bool:
        """Wait until the bot has taken every update; tell whether it did."""
        return wait_until(lambda: not self.state.pending(), seconds)

    def _answer(self, call: Call) -> Response:
        files, own = f"/file/bot{self.token}/", f"/bot{self.token}/"
        if call.path.startswith(files):
            return telegram_chats.download(self.state, call.path.removeprefix(files))
        if not call.path.startswith(own):
            is_call = call.path.startswith(("/bot", "/file/bot"))
            unknown = BotError(401, "Unauthorized") if is_call else BotError(404, "Not Found")
            return refusal(unknown)
        try:
            return self._perform(call.path.removeprefix(own), Parameters.of(call))
        except BotError as error:
            return refusal(error)

    def _perform(self, method: str, parameters: Parameters) -> Response:
        name = method.lower()  # "All methods in the Bot API are case-insensitive."
        with self.state.changed:
            self.calls.append(BotCall(name, parameters))
            try:
                return result(self._method(name)(self.state, parameters))
            except BotError as error:
                return refusal(error)

    def _method(self, name: str) -> Callable[[State, Any], object]:
        if name == "setwebhook":
            return partial(telegram_updates.set_webhook, is_strict=self.is_strict)
        if name not in METHODS:
            raise BotError(404, "Not Found")
        return METHODS[name]
