"""People and groups on Telegram: what they do reaches the bot as updates.

Sources: Bot API, Update, Message, CallbackQuery, ChatMemberUpdated; Bot features, "Privacy mode"
and "Deep linking".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from tests.platforms.loopback import wait_until
from tests.platforms.telegram_markup import entities_of
from tests.platforms.telegram_messages import photo_sizes
from tests.platforms.telegram_state import Button, Chat, Query, ShownMessage, State


class NothingToTap(LookupError):
    """No button with this label or data is to be seen."""


@dataclass(frozen=True)
class Sent:
    """A message that somebody sent: its update, and what the bot got to see."""

    update_id: int
    message: dict[str, Any]


class TelegramUser:
    """One person with Telegram in hand.

    ``received`` holds what the bot sent to where they can see it, private chat and groups, in
    order; an edit changes the message in its place.
    """

    def __init__(self, state: State, user_id: int, language_code: str, name: str) -> None:
        self.id = user_id
        self.language_code = language_code
        self.name = name
        self.sent: list[Sent] = []
        self._state = state

    @property
    def chat(self) -> Chat:
        """Their private chat with the bot."""
        return self._state.chats[self.id]

    @property
    def received(self) -> list[ShownMessage]:
        """Everything the bot sent that they can see."""
        return self._state.seen.setdefault(self.id, [])

    @property
    def journal(self) -> list[ShownMessage]:
        """What they saw come, and change, in order; each as it was at that moment."""
        return self._state.journal.setdefault(self.id, [])

    @property
    def last(self) -> ShownMessage:
        """The newest message of the bot."""
        return self.received[-1]

    def wait_for(self, count: int, seconds: float = 10.0) -> list[ShownMessage]:
        """Wait until ``count`` messages were received; return them all."""
        if not wait_until(lambda: len(self.received) >= count, seconds):
            raise AssertionError(f"{len(self.received)} messages came, not {count}")
        return self.received

    def as_api(self) -> dict[str, Any]:
        """Return the User object."""
        names = {"first_name": self.name, "language_code": self.language_code}
        return {"id": self.id, "is_bot": False, **names}

    def says(self, text: str, chat: TelegramGroup | None = None, **more: object) -> Sent:
        """Write a text; ``more`` adds fields, as ``reply_to_message``."""
        entities = entities_of(text, self._state.username)
        body = {"text": text, **({"entities": entities} if entities else {})}
        return self._writes(body | more, chat)

    def starts(self, payload: str = "") -> Sent:
        """Press START, perhaps from a deep link: t.me/bot?start=payload."""
        was_blocked = self.chat.standing == "blocked"
        self.chat.standing = "open"
        if was_blocked:
            self._standing_changed("kicked", "member")
        return self.says(f"/start {payload}".strip())

    def sends_photo(
        self, content: bytes, caption: str = "", chat: TelegramGroup | None = None
    ) -> Sent:
        """Send a photo; the bot sees a small and a large size."""
        body: dict[str, Any] = {"photo": photo_sizes(self._state, content)}
        return self._writes(body | ({"caption": caption} if caption else {}), chat)

    def sends_file(self, content: bytes, name: str, kind: str = "document") -> Sent:
        """Send a file, or a ``voice`` or ``video``."""
        file_id = self._state.keep(content, f"{kind}s/file_{secrets.token_hex(4)}.bin")
        file: dict[str, Any] = {
            "file_id": file_id,
            "file_unique_id": file_id[-12:],
            "file_size": len(content),
        }
        kinds: dict[str, dict[str, Any]] = {
            "document": {"file_name": name, "mime_type": "application/octet-stream"},
            "voice": {"duration": 3, "mime_type": "audio/ogg"},
            "video": {"width": 640, "height": 480, "duration": 3},
        }
        return self._writes({kind: file | kinds[kind]}, None)

    def sends_place(self, latitude: float, longitude: float, *, live_seconds: int = 0) -> Sent:
        """Send a place, or one that goes on moving."""
        place: dict[str, float] = {"latitude": latitude, "longitude": longitude}
        if live_seconds:
            place["live_period"] = live_seconds
        return self._writes({"location": place}, None)

    def moves(self, latitude: float, longitude: float) -> Sent:
        """Let the live place of the last message move: it comes as an edit."""
        old = self.sent[-1].message
        place = {**old["location"], "latitude": latitude, "longitude": longitude}
        return self._edited({**old, "location": place})

    def sends(self, chat: TelegramGroup | None = None, **body: object) -> Sent:
        """Send a message with any content."""
        return self._writes(body, chat)

    def edits(self, text: str, sent: Sent | None = None) -> Sent:
        """Change a text of theirs, the last one unless told."""
        old = (sent or self.sent[-1]).message
        entities = entities_of(text, self._state.username)
        return self._edited({**old, "text": text, "entities": entities})

    def forwards(self, text: str, origin: str = "邻居") -> Sent:
        """Pass somebody else's words on."""
        date = int(self._state.clock().timestamp())
        hidden = {"type": "hidden_user", "sender_user_name": origin, "date": date}
        return self.says(text, forward_origin=hidden)

    def taps(self, label: str, message: ShownMessage | None = None) -> Query | Sent:
        """Tap a button by its label or data.

        The newest message that has it below; else the keyboard that the bot put up, whose
        label is then sent as a text.
        """
        for shown in [message] if message else reversed(self.received):
            if shown.is_deleted:
                continue
            for button in shown.buttons:
                if label in {button.label, button.data} and button.data:
                    return self._query(shown, button)
        if label in {key.label for key in self.keyboard if not key.asks}:
            return self.says(label)
        raise NothingToTap(label)

    @property
    def keyboard(self) -> tuple[Button, ...]:
        """The reply keyboard that shows now."""
        for shown in reversed(self.received):
            if shown.removes_keyboard:
                return ()
            if shown.keyboard:
                return shown.keyboard
        return ()

    def answers_poll(self, option: int, poll: ShownMessage | None = None) -> int:
        """Choose an option; the bot hears of it only in polls that are not anonymous."""
        shown = poll or next(one for one in reversed(self.received) if one.kind == "poll")
        known = self._state.polls[shown.poll["id"]]
        chosen = known["options"][option]
        chosen["voter_count"] += 1
        known["total_voter_count"] += 1
        if known["is_anonymous"]:
            return 0
        answer = {"poll_id": known["id"], "user": self.as_api(), "option_ids": [option]}
        persistent = {"option_persistent_ids": [chosen["persistent_id"]]}
        return self._state.add_update(poll_answer={**answer, **persistent})

    def blocks(self) -> int:
        """Stop the bot."""
        self.chat.standing = "blocked"
        return self._standing_changed("member", "kicked")

    def unblocks(self) -> int:
        """Let the bot write again."""
        self.chat.standing = "open"
        return self._standing_changed("kicked", "member")

    def joins_group(self, group: TelegramGroup) -> int:
        """Join a group; its service message reaches every bot in it."""
        group.chat.members.add(self.id)
        message = self._message({"new_chat_members": [self.as_api()]}, group.chat)
        return self._state.add_update(message=message)

    def repeats(self, sent: Sent) -> None:
        """Let the same update come once more, as Telegram does after a lost answer."""
        with self._state.changed:
            repeated = {"update_id": sent.update_id, "message": sent.message}
            self._state.updates.append((self._state.clock(), repeated))
            self._state.changed.notify_all()

    def _writes(self, body: dict[str, Any], group: TelegramGroup | None) -> Sent:
        chat = group.chat if group else self.chat
        chat.members.add(self.id)
        if chat.standing == "fresh":
            chat.standing = "open"
        message = self._message(body, chat)
        is_for_bot = self._state.chats[chat.id].standing == "open" and (
            chat.kind == "private" or self._reaches_bot(message, chat)
        )
        update_id = self._state.add_update(message=message) if is_for_bot else 0
        self.sent.append(Sent(update_id, message))
        return self.sent[-1]

    def _message(self, body: dict[str, Any], chat: Chat) -> dict[str, Any]:
        return {
            "message_id": chat.next_id(),
            "from": self.as_api(),
            "chat": chat.as_api(),
            "date": int(self._state.clock().timestamp()),
            **body,
        }

    def _reaches_bot(self, message: dict[str, Any], chat: Chat) -> bool:
        """Privacy mode: commands, mentions and replies to the bot; everything for an admin.

        A command that names no bot really comes only if our bot was the last to write there;
        here it is the only one.
        """
        if self._state.reads_all_group_messages or chat.bot_is_admin:
            return True
        replied = message.get("reply_to_message", {}).get("from", {})
        if replied.get("id") == self._state.bot_id:
            return True
        for entity in message.get("entities", ()):
            words = message["text"][entity["offset"] :].split(" ")[0]
            to = words.partition("@")[2].lower()
            if entity["type"] == "mention" or to in {"", self._state.username.lower()}:
                return True
        return False

    def _edited(self, message: dict[str, Any]) -> Sent:
        message["edit_date"] = int(self._state.clock().timestamp())
        sent = Sent(self._state.add_update(edited_message=message), message)
        self.sent.append(sent)
        return sent

    def _query(self, shown: ShownMessage, button: Button) -> Query:
        query = Query(str(secrets.randbits(62)), self._state.clock())
        self._state.queries[query.id] = query
        self._state.add_update(
            callback_query={
                "id": query.id,
                "from": self.as_api(),
                "message": shown.api,
                "chat_instance": str(shown.chat_id),
                "data": button.data,
            }
        )
        return query

    def _standing_changed(self, old: str, new: str) -> int:
        return self._state.add_update(
            my_chat_member=member_change(self._state, self.chat, self.as_api(), old, new)
        )


def member_change(
    state: State, chat: Chat, by: dict[str, Any], old: str, new: str
) -> dict[str, Any]:
    """Return a ChatMemberUpdated about the bot."""
    return {
        "chat": chat.as_api(),
        "from": by,
        "date": int(state.clock().timestamp()),
        "old_chat_member": _member(state, old),
        "new_chat_member": _member(state, new),
    }


def _member(state: State, status: str) -> dict[str, Any]:
    until = {"until_date": 0} if status == "kicked" else {}
    return {"user": state.me(), "status": status, **until}


class TelegramGroup:
    """A group that the bot may be in."""

    def __init__(self, state: State, chat: Chat) -> None:
        self.chat = chat
        self._state = state

    @property
    def id(self) -> int:
        """The chat id; negative."""
        return self.chat.id

    @property
    def messages(self) -> list[ShownMessage]:
        """What the bot sent here."""
        return list(self.chat.messages.values())

    def adds_bot(self, by: TelegramUser) -> int:
        """Let somebody add the bot."""
        self.chat.members.add(by.id)
        self.chat.standing = "open"
        change = member_change(self._state, self.chat, by.as_api(), "left", "member")
        return self._state.add_update(my_chat_member=change)

    def removes_bot(self, by: TelegramUser) -> int:
        """Let somebody throw the bot out."""
        self.chat.standing = "kicked"
        change = member_change(self._state, self.chat, by.as_api(), "member", "kicked")
        return self._state.add_update(my_chat_member=change)

    def migrates(self, by: TelegramUser, new_id: int) -> TelegramGroup:
        """Become a supergroup with another id; the old id is refused from now on."""
        new = Chat(new_id, "supergroup", self.chat.title, members=set(self.chat.members))
        self._state.chats[new_id] = new
        self.chat.standing, self.chat.moved_to = "migrated", new_id
        for chat, body in (
            (self.chat, {"migrate_to_chat_id": new_id}),
            (new, {"migrate_from_chat_id": self.chat.id}),
        ):
            head = {"message_id": chat.next_id(), "from": by.as_api(), "chat": chat.as_api()}
            date = {"date": int(self._state.clock().timestamp())}
            self._state.add_update(message={**head, **date, **body})
        return TelegramGroup(self._state, new)
