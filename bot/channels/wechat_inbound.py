"""What a person sent through WeChat, as an utterance; what the platform told, as a notice.

One function for each kind of message and event, in two tables. The name of an account is the
OpenID alone, so that it is an address to send to; the Official Account stands in the message's
id. Where somebody is (LOCATION) and which pages they open (VIEW) goes no further than here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bot.channels.wechat_errors import Malformed
from bot.channels.wechat_fields import Fields, needed, number_of, text_of
from bot.channels.wechat_notices import (
    ConsentEvent,
    JobKind,
    Notice,
    changed_consents,
    finished_job,
)
from bot.messages import (
    Account,
    Choice,
    Event,
    EventKind,
    Media,
    MediaKind,
    Place,
    Utterance,
    clean_text,
)

CHANNEL = "wechat"

# OpenIDs are 28 letters, digits, - and _; the documents promise no length.
_USER_NAME = re.compile(r"[\x21-\x7e]{1,128}")
_QR_SCENE = "qrscene_"
# Year 2286; anything above is no time that WeChat would send.
_LAST_SECOND = 9_999_999_999
# What WeChat puts in place of a sticker or anything else that accounts cannot get.
_UNSUPPORTED = frozenset({"【收到不支持的消息类型，暂无法显示】", "[Unsupported Message]"})


@dataclass(frozen=True, slots=True)
class Head:
    """What every message carries: who sent it to which of our accounts, and when."""

    account: Account
    owner: str
    sent_at: datetime

    @property
    def second(self) -> int:
        """CreateTime."""
        return int(self.sent_at.timestamp())


Inbound = Utterance | Notice | None
_Reader = Callable[[Fields, Head], Inbound]


def read_head(fields: Fields) -> Head:
    """Return who sent a message, to whom and when.

    Raises:
        Malformed: when one of the three is missing or impossible.
    """
    sender, owner = needed(fields, "FromUserName"), needed(fields, "ToUserName")
    if not (_USER_NAME.fullmatch(sender) and _USER_NAME.fullmatch(owner)):
        raise Malformed("a user name with impossible characters")
    second = number_of(fields, "CreateTime")
    if second is None or not 0 < second <= _LAST_SECOND:
        raise Malformed("CreateTime is missing or no time")
    return Head(Account(CHANNEL, sender), owner, datetime.fromtimestamp(second, UTC))


def read_message(fields: Fields, head: Head) -> Inbound:
    """Return what was sent; None when there is nothing to do but to say ``success``.

    Raises:
        Malformed: when a field that its kind needs is missing or impossible.
    """
    kind = needed(fields, "MsgType").lower()
    if kind == "event":
        return _EVENTS.get(needed(fields, "Event").lower(), _ignored)(fields, head)
    return _MESSAGES.get(kind, _unread)(fields, head)


def _text(fields: Fields, head: Head) -> Utterance:
    content = text_of(fields, "Content")
    if not content or content in _UNSUPPORTED:
        return _unread(fields, head)
    # A tap on a choice comes as its text, with the number of the link beside it.
    tapped = Choice(content) if text_of(fields, "bizmsgmenuid") else None
    return Utterance(head.account, _message_id(fields, head), content, head.sent_at, tapped=tapped)


def _media(kind: MediaKind, fields: Fields, head: Head) -> Utterance:
    media = Media(kind, needed(fields, "MediaId"), link=text_of(fields, "PicUrl"))
    return Utterance(head.account, _message_id(fields, head), "", head.sent_at, (media,))


def _voice(fields: Fields, head: Head) -> Utterance:
    """Return a voice message, with its words where the platform still recognises them."""
    spoken = text_of(fields, "Recognition")
    return Utterance(
        head.account,
        _message_id(fields, head),
        spoken,
        head.sent_at,
        (Media("voice", needed(fields, "MediaId")),),
        is_aloud=bool(spoken),
    )


def _location(fields: Fields, head: Head) -> Utterance:
    place = Place(
        latitude=_degrees(fields, "Location_X", 90),
        longitude=_degrees(fields, "Location_Y", 180),
        label=clean_text(text_of(fields, "Label")),
        datum="gcj02",
    )
    return Utterance(head.account, _message_id(fields, head), "", head.sent_at, place=place)


def _link(fields: Fields, head: Head) -> Utterance:
    """Return a shared page: its address is the text, and its title is kept beside it.

    The title is no text of theirs: people share the news of a fire more often than they report
    one by it.
    """
    if not (url := text_of(fields, "Url")):
        return _unread(fields, head)
    page = Media("file", url, text_of(fields, "Title"))
    return Utterance(head.account, _message_id(fields, head), url, head.sent_at, (page,))


def _file(fields: Fields, head: Head) -> Utterance:
    media = Media("file", text_of(fields, "FileKey"), text_of(fields, "Title"))
    return Utterance(head.account, _message_id(fields, head), "", head.sent_at, (media,))


def _unread(fields: Fields, head: Head) -> Utterance:
    event = Event("unread")
    return Utterance(head.account, _message_id(fields, head), "", head.sent_at, event=event)


def _followed(fields: Fields, head: Head) -> Utterance:
    """Return that somebody followed, with the scene if it was by a code (``qrscene_…``)."""
    key = text_of(fields, "EventKey")
    scene = key.removeprefix(_QR_SCENE) if key.startswith(_QR_SCENE) else ""
    return _did(Event("followed", scene), fields, head)


def _done(kind: EventKind, fields: Fields, head: Head) -> Utterance:
    return _did(Event(kind, text_of(fields, "EventKey")), fields, head)


def _did(event: Event, fields: Fields, head: Head) -> Utterance:
    return Utterance(head.account, _event_id(fields, head), "", head.sent_at, event=event)


def _job(kind: JobKind, fields: Fields, head: Head) -> Notice:
    # A mass message's event comes from a name of the platform's own, not from a person.
    account = head.account if kind == "template" else None
    return finished_job(fields, _event_id(fields, head), account, kind)


def _consents(event: ConsentEvent, fields: Fields, head: Head) -> Notice:
    # Many people answer the same window in one second.
    key = f"{_event_id(fields, head)}:{head.account.name}"
    return changed_consents(fields, key, head.account, event)


def _ignored(_fields: Fields, _head: Head) -> None:
    return None


def _message_id(fields: Fields, head: Head) -> str:
    """Return the id of a message: the same MsgId has been seen under two accounts."""
    return f"{head.owner}:m:{needed(fields, 'MsgId')}"


def _event_id(fields: Fields, head: Head) -> str:
    """Return an id for an event, which has none: sender and second are not enough for it."""
    parts = (text_of(fields, name) for name in ("Event", "EventKey", "Ticket", "UserCardCode"))
    return f"{head.owner}:e:{head.second}:{':'.join(parts)}"


def _degrees(fields: Fields, name: str, limit: float) -> float:
    try:
        degrees = float(text_of(fields, name))
    except ValueError:
        degrees = limit + 1
    if not -limit <= degrees <= limit:  # also refuses NaN
        raise Malformed(f"{name} is no place on earth")
    return degrees


_MESSAGES: Mapping[str, _Reader] = {
    "text": _text,
    "image": partial(_media, "photo"),
    "voice": _voice,
    "video": partial(_media, "video"),
    "shortvideo": partial(_media, "video"),
    "location": _location,
    "link": _link,
    "file": _file,
}

_EVENTS: Mapping[str, _Reader] = {
    "subscribe": _followed,
    "unsubscribe": partial(_done, "left"),
    "scan": partial(_done, "scanned"),
    "click": partial(_done, "menu"),
    "view": _ignored,
    "location": _ignored,
    "templatesendjobfinish": partial(_job, "template"),
    "masssendjobfinish": partial(_job, "mass"),
    "subscribe_msg_popup_event": partial(_consents, "popup"),
    "subscribe_msg_change_event": partial(_consents, "change"),
    "subscribe_msg_sent_event": partial(_consents, "sent"),
}
