"""The terminal as a channel: a line in, the replies out."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from bot.dialogue.turns import Turn
from bot.messages import Account, Utterance, plain_text

ACCOUNT = Account("terminal", "local")


class Receives(Protocol):
    """What answers an utterance (``bot.dialogue.conversation.Conversation``)."""

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Return the turn of one message."""


def converse(
    lines: Iterable[str],
    conversation: Receives,
    say: Callable[[str], None],
    clock: Callable[[], datetime],
) -> None:
    """Answer every line until the lines end."""
    for line in lines:
        utterance = Utterance(ACCOUNT, str(uuid.uuid4()), line.rstrip("\n"), clock())
        turn = conversation.receive(utterance)
        for reply in turn.replies:
            say(plain_text(reply))
