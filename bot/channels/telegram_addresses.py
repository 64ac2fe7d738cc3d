"""Accounts and chats: who speaks where, as one account name and back.

In a private chat the account is the user. In a group it is the chat with the user, so that
nothing somebody said in private is ever shown before others.
"""

from telegram import Chat, User

from bot.messages import Account

CHANNEL = "telegram"


def account_in(chat: Chat, user: User) -> Account:
    """Return the account of ``user`` within ``chat``."""
    name = str(user.id) if chat.type == Chat.PRIVATE else f"{chat.id}:{user.id}"
    return Account(CHANNEL, name)


def is_in_group(account: Account) -> bool:
    """Whether an account speaks in a group, where others read along."""
    return ":" in account.name


def chat_of(name: str) -> int | None:
    """Return the chat that an account's messages go to; None when ``name`` is none of ours."""
    try:
        return int(name.partition(":")[0])
    except ValueError:
        return None


def is_group(chat: int) -> bool:
    """Whether a chat id is a group's: Telegram numbers users up and groups down."""
    return chat < 0


def moved_name(name: str, chat: int) -> str:
    """Return the account name after its group became a supergroup with the id ``chat``."""
    _, colon, user = name.partition(":")
    return f"{chat}{colon}{user}"
