"""Groups: whether a message is meant for us, and its words without our name."""

import re
from dataclasses import dataclass

from telegram import Message, MessageEntity


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself; ``username`` is "" until Telegram has told it."""

    id: int
    username: str = ""


def is_addressed(message: Message, me: Me) -> bool:
    """Whether a group's message names us (@, /command@) or answers a message of ours."""
    answered = message.reply_to_message
    if answered and answered.from_user and answered.from_user.id == me.id:
        # In a forum every message "answers" the one that opened its topic.
        return not answered.forum_topic_created
    named = message.parse_entities() | message.parse_caption_entities()
    return any(_names(entity, words, me) for entity, words in named.items())


def _names(entity: MessageEntity, words: str, me: Me) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if not me.username or entity.type not in {MessageEntity.MENTION, MessageEntity.BOT_COMMAND}:
        return False
    return words.lower().endswith(f"@{me.username.lower()}")


def without_mention(text: str, me: Me) -> str:
    """Return ``text`` without our name, which also stands behind a command in a group."""
    if me.username:
        mention = rf"@{re.escape(me.username)}(?![A-Za-z0-9_])"
        text = re.sub(mention, "", text, flags=re.IGNORECASE)
    return text.strip()
