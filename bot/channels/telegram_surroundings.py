"""What the channel is given by the service around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.channels.telegram_config import CommandLine
from bot.channels.telegram_connection import growing_pause
from bot.channels.telegram_lease import Lease
from bot.dialogue.turns import Turn
from bot.messages import Account, Utterance


class Answers(Protocol):
    """What the channel asks of the conversation; called in worker threads."""

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message, once; its replies wait in the outbox unless ``id`` is None."""

    def turn(self, account: Account, turn_id: int) -> Turn | None:
        """Return a turn of this account, or None."""

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note whether an answer helped."""


class PollAnswers(Protocol):
    """What is told of votes; called in worker threads."""

    def answered(self, poll_id: str, account: Account, options: tuple[int, ...]) -> None:
        """Note a vote; ``account`` is the voter's private one, no options take it back."""


def _nothing() -> None:
    return None


def _ignore(old: str, new: str) -> None:  # noqa: ARG001 - the shape is the callback's
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The service around the channel.

    Attributes:
        clock: the time, aware.
        wake: rings for the outbox after a turn was committed; called on the event loop.
        lease: lets one process poll; None when there is only one.
        pictures: the data folder, from which replies name their pictures.
        polls: told of votes, if anybody asks.
        moved: told the old and new account name (or chat id) of a group that became another
            chat, in a worker thread.
        commands: the command menu.
        pause: seconds to wait after so many failures in a row.
        watch_seconds: how often a webhook is looked after.
    """

    clock: Callable[[], datetime]
    wake: Callable[[], None] = _nothing
    lease: Lease | None = None
    pictures: Path | None = None
    polls: PollAnswers | None = None
    moved: Callable[[str, str], None] = _ignore
    commands: Sequence[CommandLine] = ()
    pause: Callable[[int], float] = growing_pause
    watch_seconds: float = 300.0
