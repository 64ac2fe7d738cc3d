"""What was said last to accounts in an emergency or crisis, or without being stored."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from bot.dialogue.deciding import Outcome
from bot.dialogue.session import EMERGENCY_FORGOTTEN_AFTER
from bot.messages import Account

MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What one message led to, and when; ``at`` orders the sessions of one account.

    ``turn_id`` names the stored turn whose replies are sealed.
    """

    utterance_id: str | None
    outcome: Outcome
    at: datetime
    is_stored: bool = False
    turn_id: int | None = None


class Memory:
    """Bounded, safe to use from many threads; forgets with time."""

    def __init__(self) -> None:
        self._said: OrderedDict[Account, Said] = OrderedDict()
        self._lock = Lock()

    def of(self, account: Account, now: datetime) -> Said | None:
        """Return what is remembered of an account, unless too much time has passed."""
        with self._lock:
            said = self._said.get(account)
            return said if said and not _is_past(said, now) else None

    def keep(self, account: Account, said: Said, now: datetime) -> None:
        """Remember ``said``, unless something later is; stored and over, it is forgotten."""
        with self._lock:
            standing = self._said.get(account)
            if standing and standing.at > said.at:
                return
            self._said.pop(account, None)
            if not said.is_stored or said.outcome.session.is_urgent:
                self._said[account] = said
            while self._said and self._has_too_much(now):
                self._said.popitem(last=False)

    def forget(self, account: Account) -> None:
        """Drop what is remembered of an account that left."""
        with self._lock:
            self._said.pop(account, None)

    def _has_too_much(self, now: datetime) -> bool:
        return len(self._said) > MOST_REMEMBERED or _is_past(next(iter(self._said.values())), now)


def _is_past(said: Said, now: datetime) -> bool:
    return now - said.at > EMERGENCY_FORGOTTEN_AFTER
