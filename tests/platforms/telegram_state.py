"""What the Telegram stand-in knows: chats, messages, files, and updates still to be fetched."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Condition, RLock
from typing import Any, Literal

from tests.platforms.loopback import SteeredClock
from tests.platforms.telegram_errors import bad_request, forbidden
from tests.platforms.telegram_pace import Pace

# "Incoming updates are stored until the bot receives them, but not longer than 24 hours."
UPDATES_KEPT = timedelta(hours=24)
# getFile: "the link will be valid for at least 1 hour".
LINK_VALID = timedelta(hours=1)

Standing = Literal["fresh", "open", "blocked", "kicked", "migrated", "deactivated"]


@dataclass(frozen=True, slots=True)
class Button:
    """One button below a message, or of the keyboard that takes the place of the keys."""

    label: str
    data: str = ""
    url: str = ""
    asks: Literal["", "place", "contact"] = ""


@dataclass
class ShownMessage:
    """One message as it is seen in a chat now; edits change it.

    ``buttons`` are the inline ones, row by row joined; ``keyboard`` is the reply keyboard that
    came with it.
    """

    id: int
    chat_id: int
    kind: str
    text: str = ""
    buttons: tuple[Button, ...] = ()
    keyboard: tuple[Button, ...] = ()
    photo: bytes = b""
    poll: Mapping[str, Any] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    is_deleted: bool = False
    removes_keyboard: bool = False
    api: dict[str, Any] = field(default_factory=dict)


@dataclass
class Chat:
    """A private chat or a group, and who is in it."""

    id: int
    kind: Literal["private", "group", "supergroup"]
    title: str
    standing: Standing = "open"
    moved_to: int = 0
    members: set[int] = field(default_factory=set)
    messages: dict[int, ShownMessage] = field(default_factory=dict)
    bot_is_admin: bool = False
    # Counting from C code is one step, so two threads never get the same id.
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_id(self) -> int:
        """Return the next message id of this chat."""
        return next(self._ids)

    def as_api(self) -> dict[str, Any]:
        """Return the Chat object."""
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": self.title}
        return {"id": self.id, "type": self.kind, "title": self.title}


@dataclass
class Query:
    """A tap on an inline button, waiting to be answered once."""

    id: str
    at: datetime
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that somebody sent."""

    content: bytes
    path: str


@dataclass
class Webhook:
    """Where updates are pushed, and how that went."""

    url: str = ""
    secret: str = ""
    error: str = ""
    error_at: datetime | None = None
    max_connections: int = 40


@dataclass
class State:
    """Everything behind the calls; change it with ``changed`` held, and notify."""

    token: str
    username: str
    clock: SteeredClock
    changed: Condition = field(default_factory=lambda: Condition(RLock()))
    pace: Pace = field(default_factory=Pace)
    chats: dict[int, Chat] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    links: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    polls: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    updates: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    allowed: frozenset[str] = frozenset()
    webhook: Webhook = field(default_factory=Webhook)
    reads_all_group_messages: bool = False
    is_closing: bool = False
    poller: int = 0
    seen: dict[int, list[ShownMessage]] = field(default_factory=dict)
    # What each person saw come or change, in order, as it then was.
    journal: dict[int, list[ShownMessage]] = field(default_factory=dict)
    last_update_id: int = field(default_factory=lambda: secrets.randbits(28))

    @property
    def bot_id(self) -> int:
        """The bot's own id, which its token begins with."""
        return int(self.token.partition(":")[0])

    def me(self) -> dict[str, Any]:
        """Return the bot as a User object."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": "生命通道",
            "username": self.username,
        }

    def add_update(self, **content: Any) -> int:  # noqa: ANN401 - API objects
        """Store an update for the bot, unless it asked not to get this kind; return its id."""
        with self.changed:
            self.last_update_id += 1
            (kind,) = content
            if not self.allowed or kind in self.allowed:
                update = {"update_id": self.last_update_id, **content}
                self.updates.append((self.clock(), update))
                self.changed.notify_all()
            return self.last_update_id

    def pending(self) -> list[dict[str, Any]]:
        """Return the updates that nobody has confirmed, oldest first."""
        now = self.clock()
        with self.changed:
            self.updates = [(at, one) for at, one in self.updates if now - at < UPDATES_KEPT]
            return [update for _, update in self.updates]

    def confirm(self, below: int) -> None:
        """Forget the updates below an offset."""
        with self.changed:
            self.updates = [kept for kept in self.updates if kept[1]["update_id"] >= below]
            self.changed.notify_all()

    def chat_to_send(self, chat_id: object) -> Chat:
        """Return a chat that the bot may write to, or refuse as the API does."""
        chat = self.chat(chat_id)
        match chat.standing:
            case "fresh":
                raise forbidden("bot can't initiate conversation with a user")
            case "blocked":
                raise forbidden("bot was blocked by the user")
            case "deactivated":
                raise forbidden("user is deactivated")
            case "kicked":
                raise forbidden(f"bot was kicked from the {chat.kind} chat")
            case "migrated":
                moved = "group chat was upgraded to a supergroup chat"
                raise bad_request(moved, migrate_to_chat_id=chat.moved_to)
        return chat

    def chat(self, chat_id: object) -> Chat:
        """Return a chat by its id, or refuse."""
        text = str(chat_id)
        if text in {"", "None"}:
            raise bad_request("chat_id is empty")
        number = int(text) if text.lstrip("-").isdecimal() else 0
        if number not in self.chats:
            raise bad_request("chat not found")
        return self.chats[number]

    def show(self, chat: Chat, message: ShownMessage) -> None:
        """Let a message of the bot be seen by everybody in the chat."""
        with self.changed:
            chat.messages[message.id] = message
            for member in chat.members:
                self.seen.setdefault(member, []).append(message)
            self.note(chat, message)

    def note(self, chat: Chat, message: ShownMessage) -> None:
        """Write down what everybody in the chat sees now, and wake who waits for it."""
        with self.changed:
            for member in chat.members:
                snapshot = replace(message, versions=list(message.versions))
                self.journal.setdefault(member, []).append(snapshot)
            self.changed.notify_all()

    def keep(self, content: bytes, path: str) -> str:
        """Keep a file and return its file id."""
        file_id = f"AgACAgQAAxk{secrets.token_urlsafe(24)}"
        self.files[file_id] = File(content, path)
        return file_id
