"""How many messages a bot may send.

Source: Bots FAQ, "My bot is hitting limits": about one a second to a chat with short bursts,
20 a minute to a group, about 30 a second over all. How large a burst may be is not documented.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.platforms.telegram_errors import too_many


@dataclass
class Pace:
    """The limits of one bot, and what it has sent lately.

    Attributes:
        is_on: whether anything is refused at all.
        a_second: messages a second over all chats.
        chat_burst: messages that a chat takes at once; after them, one a second.
        group_a_minute: messages a minute to one group.
        refused: how many calls were refused with 429.
    """

    is_on: bool = True
    a_second: int = 30
    chat_burst: int = 20
    group_a_minute: int = 20
    refused: int = 0
    _all: deque[datetime] = field(default_factory=deque)
    _groups: dict[int, deque[datetime]] = field(default_factory=dict)
    _debts: dict[int, tuple[float, datetime]] = field(default_factory=dict)
    _silent: dict[int, datetime] = field(default_factory=dict)

    def silence(self, chat_id: int, until: datetime) -> None:
        """Refuse this chat until then, whatever was sent before."""
        self._silent[chat_id] = until

    def spend(self, chat_id: int, now: datetime) -> None:
        """Count one message to a chat, or refuse it with the seconds to wait."""
        wait = max(self._silence(chat_id, now), self._counted(chat_id, now) if self.is_on else 0)
        if wait > 0:
            self.refused += 1
            raise too_many(max(1, math.ceil(wait)))
        self._all.append(now)
        if chat_id < 0:
            self._groups.setdefault(chat_id, deque()).append(now)
        self._debts[chat_id] = (self._debt(chat_id, now) + 1, now)

    def _silence(self, chat_id: int, now: datetime) -> float:
        until = self._silent.get(chat_id)
        return (until - now).total_seconds() if until else 0

    def _counted(self, chat_id: int, now: datetime) -> float:
        over_all = _wait(self._all, self.a_second, timedelta(seconds=1), now)
        in_group = _wait(
            self._groups.get(chat_id, deque()), self.group_a_minute, timedelta(minutes=1), now
        )
        in_chat = self._debt(chat_id, now) + 1 - self.chat_burst
        return max(over_all, in_group, in_chat)

    def _debt(self, chat_id: int, now: datetime) -> float:
        """Messages sent to a chat that one a second has not yet made good."""
        debt, at = self._debts.get(chat_id, (0.0, now))
        return max(0.0, debt - (now - at).total_seconds())


def _wait(sent: deque[datetime], most: int, within: timedelta, now: datetime) -> float:
    while sent and now - sent[0] >= within:
        sent.popleft()
    if len(sent) < most:
        return 0
    return (sent[len(sent) - most] + within - now).total_seconds()
