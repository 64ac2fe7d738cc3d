"""Updates as the Bot API documents them, for tests to vary."""

from typing import Any

BOT_ID, BOT_NAME = 4242, "LifelineBot"
ANN = {"id": 77, "is_bot": False, "first_name": "安", "language_code": "zh-hans"}
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "生命通道", "username": BOT_NAME}
PRIVATE = {"id": 77, "type": "private", "first_name": "安"}
GROUP = {"id": -100500, "type": "supergroup", "title": "三栋群"}
SENT_AT = 1_763_800_000

Json = dict[str, Any]


def message(chat: Json = PRIVATE, sender: Json = ANN, **content: object) -> Json:
    """Return a message's JSON."""
    return {"message_id": 5, "date": SENT_AT, "chat": chat, "from": sender} | content


def update(update_id: int = 900, **content: object) -> Json:
    """Return an update's JSON; ``text=…`` and the like make it a private message."""
    kinds = {"message", "edited_message", "callback_query", "my_chat_member", "poll_answer"}
    if not kinds & set(content):
        content = {"message": message(**content)}
    return {"update_id": update_id} | content


def in_group(text: str, *entities: Json, **content: object) -> Json:
    """Return a group message's update."""
    return update(message=message(GROUP, text=text, entities=list(entities), **content))


def entity(kind: str, words: str, text: str) -> Json:
    """Return the entity over ``words`` within ``text``, counted in UTF-16 units."""
    start = len(text[: text.index(words)].encode("utf-16-le")) // 2
    return {"type": kind, "offset": start, "length": len(words.encode("utf-16-le")) // 2}


def tap(data: str, chat: Json = PRIVATE, update_id: int = 900, **content: object) -> Json:
    """Return the update of a tapped button under a message of the bot."""
    shown = message(chat, BOT, text="选一个")
    query = {"id": "q1", "from": ANN, "chat_instance": "i", "message": shown, "data": data}
    return update(update_id, callback_query=query | content)


def member(chat: Json, old: str, new: str) -> Json:
    """Return the update of our own membership in ``chat``."""
    about: Json = {"user": BOT}
    return update(
        my_chat_member={
            "chat": chat,
            "from": ANN,
            "date": SENT_AT,
            "old_chat_member": _status(old) | about,
            "new_chat_member": _status(new) | about,
        }
    )


def _status(status: str) -> Json:
    return {"status": status} | ({"until_date": 0} if status == "kicked" else {})
