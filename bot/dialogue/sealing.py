"""Replies that no store may hold (匿名回执): kept in memory for the platform's repeats, then gone.

The receipt of an anonymous report names its code and its password. What is stored in its place
says only that it came in; a repeat within a minute gets the receipt itself, one after a restart
does not. So there is nothing on disk that a key could ever open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Timer
from typing import Any

from bot.dialogue.turns import reply_to_json
from bot.messages import Reply

KEPT = timedelta(seconds=60)
# The sentence that stands in the place of what was sealed.
STANDING = "report_sealed"
_MARK = "sealed"


@dataclass(frozen=True, slots=True)
class _Kept:
    replies: tuple[Reply, ...]
    until: datetime


class SealedReplies:
    """Replies by the id of their turn; safe to use from many threads."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._lock = Lock()

    def keep(self, turn_id: int, replies: tuple[Reply, ...], now: datetime) -> None:
        """Hold the replies of a turn that is committed, for ``KEPT``."""
        with self._lock:
            self._kept[turn_id] = _Kept(replies, now + KEPT)
        timer = Timer(KEPT.total_seconds(), self._wipe, (turn_id,))
        timer.daemon = True
        timer.start()

    def of(self, turn_id: int, now: datetime) -> tuple[Reply, ...] | None:
        """Return the replies of a turn while they are held."""
        with self._lock:
            kept = self._kept.get(turn_id)
        return kept.replies if kept and now < kept.until else None

    def _wipe(self, turn_id: int) -> None:
        with self._lock:
            self._kept.pop(turn_id, None)


def standing_reply(words: Mapping[str, str]) -> Reply:
    """Return what is said where sealed replies cannot be said again."""
    return Reply("chat", words[STANDING])


def standing_rows(words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what is stored in the place of sealed replies."""
    return [{**reply_to_json(standing_reply(words)), _MARK: True}]


def is_sealed(replies: object) -> bool:
    """Whether stored replies stand in the place of sealed ones."""
    return isinstance(replies, list) and any(
        isinstance(reply, dict) and reply.get(_MARK) is True for reply in replies
    )
