"""Telegram updates as what they mean to us: said, tapped, voted, moved, or nothing.

Pure: the update's JSON in, a value out. What another kind of bot would need is ignored;
whatever a person sends in private gets at least an ``unread`` event, and so an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User

from bot.channels.telegram_addresses import CHANNEL, account_in
from bot.channels.telegram_groups import Me, is_addressed, without_mention
from bot.channels.telegram_media import media_of, place_of
from bot.channels.telegram_taps import TapData, decode_tap
from bot.messages import Account, Event, Utterance, clean_text

# What Telegram is asked to send; all else never comes.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "poll_answer")
# The user whom Telegram shows for administrators that write as their group.
ANONYMOUS_ADMINISTRATOR = 1087968824
MOST_LANGUAGE_CHARACTERS = 35  # RFC 5646, 4.4.1
UNBLOCKED = "unblocked"
_START = "/start"
_PRESENT = frozenset({ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER})
# How a value of another shape than the documented one shows itself in the client's types.
_MALFORMED = (TypeError, KeyError, AttributeError, ValueError, IndexError, OverflowError, OSError)


class UnreadableUpdate(Exception):
    """An update is not of the documented shape; ``update_id`` is None when not even that is."""

    permanent = True

    def __init__(self, update_id: int | None, reason: str) -> None:
        self.update_id = update_id
        self.reason = reason
        super().__init__(f"update {update_id} cannot be read ({reason}): it is passed over")


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody sent or did something; ``message_id`` is what an answer in a group refers to."""

    utterance: Utterance
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tapped:
    """Somebody tapped a button of ours; ``tap`` is None when no release of ours wrote it.

    ``language`` is their app's, as :class:`Utterance` has it.
    """

    account: Account
    utterance_id: str
    query_id: str
    tap: TapData | None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Voted:
    """Somebody answered a poll of ours; no options when they took their vote back."""

    poll_id: str
    account: Account
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup with another id."""

    old: int
    new: int


Received = Said | Tapped | Voted | Moved


def update_id_of(data: object) -> int:
    """Return the id of an update's JSON.

    Raises:
        UnreadableUpdate: when there is none.
    """
    found = data.get("update_id") if isinstance(data, Mapping) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise UnreadableUpdate(None, "no update_id")
    return found


def read_update(data: dict[str, Any], me: Me) -> Received | None:
    """Return what an update means, or None when it is not meant for us.

    Args:
        data: the update's JSON.
        me: who we are, to know when a group speaks to us.

    Raises:
        UnreadableUpdate: when it is not of the documented shape.
    """
    update_id = update_id_of(data)
    try:
        if "poll_answer" in data:
            return _voted(data["poll_answer"])
        return _read(Update.de_json(data), me)
    except (*_MALFORMED, RecursionError) as error:
        raise UnreadableUpdate(update_id, type(error).__name__) from error


def _read(update: Update, me: Me) -> Received | None:
    utterance_id = f"u:{update.update_id}"
    if update.message:
        return _message(update.message, utterance_id, me)
    if update.edited_message:
        return _edited(update.edited_message, utterance_id, me)
    if update.callback_query:
        return _tapped(update.callback_query, utterance_id)
    if update.my_chat_member:
        return _membership(update.my_chat_member, utterance_id)
    return None


def _message(message: Message, utterance_id: str, me: Me) -> Received | None:
    if message.migrate_to_chat_id:
        return Moved(message.chat.id, message.migrate_to_chat_id)
    user = message.from_user
    if user is None or message.chat.type == Chat.CHANNEL or message.is_automatic_forward:
        return None
    if user.is_bot and user.id != ANONYMOUS_ADMINISTRATOR:
        return None
    if message.chat.type != Chat.PRIVATE and not is_addressed(message, me):
        return None
    account, language = account_in(message.chat, user), _language(user)
    blank = Utterance(account, utterance_id, "", message.date, language=language)
    utterance = _spoken(message, blank, me)
    return Said(utterance, message.message_id) if utterance else None


def _spoken(message: Message, blank: Utterance, me: Me) -> Utterance | None:
    """Return what a message says; None when it only tells of the chat itself."""
    text = without_mention(message.text or message.caption or "", me)
    if place := place_of(message):
        return replace(blank, place=place)
    if media := media_of(message):
        return replace(blank, text=text, media=(media,))
    if text.partition(" ")[0] == _START:
        return replace(blank, event=_started(text))
    if text:
        return replace(blank, text=text)
    is_sent = message.text is not None or message.effective_attachment is not None
    return replace(blank, event=Event("unread")) if is_sent else None


def _started(text: str) -> Event:
    payload = text.partition(" ")[2].strip()
    return Event("scanned", payload) if payload else Event("followed")


def _edited(message: Message, utterance_id: str, me: Me) -> Received | None:
    """Return an edited text; a live location moves on as edits, every few seconds."""
    if message.location:
        return None
    said = _message(message, utterance_id, me)
    if not isinstance(said, Said) or said.utterance.event:
        return None
    edited_at = message.edit_date or message.date
    return replace(said, utterance=replace(said.utterance, is_edit=True, sent_at=edited_at))


def _tapped(query: CallbackQuery, utterance_id: str) -> Tapped | None:
    if query.message is None:
        return None
    account = account_in(query.message.chat, query.from_user)
    tap, language = decode_tap(query.data or ""), _language(query.from_user)
    return Tapped(account, utterance_id, query.id, tap, language)


def _membership(changed: ChatMemberUpdated, utterance_id: str) -> Said | None:
    """Return whether we were blocked, unblocked, added to a group or put out of it."""
    if changed.chat.type == Chat.CHANNEL:
        return None
    was_there = changed.old_chat_member.status in _PRESENT
    is_there = changed.new_chat_member.status in _PRESENT
    if was_there == is_there:
        return None
    if not is_there:
        event = Event("left")
    else:
        # Whoever unblocks a bot is mostly shown /start as well: one greeting is enough.
        event = Event("followed", UNBLOCKED if changed.chat.type == Chat.PRIVATE else "")
    user = changed.from_user
    account, language = account_in(changed.chat, user), _language(user)
    return Said(Utterance(account, utterance_id, "", changed.date, event=event, language=language))


def _language(user: User) -> str:
    """Return the language of somebody's app; "" when it does not say so in a short text."""
    code: object = user.language_code
    is_code = isinstance(code, str) and len(code) <= MOST_LANGUAGE_CHARACTERS
    return clean_text(str(code)) if is_code else ""


def _voted(answer: dict[str, Any]) -> Voted | None:
    """Return a vote; the library's type wants fields that older servers do not send."""
    if not (user := answer.get("user")):
        return None  # a chat voted, not a person
    account = Account(CHANNEL, str(int(user["id"])))
    options = tuple(int(option) for option in answer["option_ids"])
    return Voted(str(answer["poll_id"]), account, options)
