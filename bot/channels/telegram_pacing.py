"""How fast we may send: a chat, a group, everybody. Pure: the time is passed in.

Telegram's limits (Bots FAQ, "My bot is hitting limits"): about one message a second to a
chat with short bursts, twenty a minute to a group, thirty a second over all. What it answers
with 429 holds up that chat alone; only when chats fail one after another everybody waits.

Of each limit some places are kept for what is urgent, so that an emergency never waits behind
the small talk of its own chat.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

# A chat takes this many at once, and then as many seconds have to pass. How large a burst may
# be is not documented: a few more do no harm when they are rare.
CHAT_BURST = 5
# Beside them, so many urgent ones leave at once, and more of them one in each second.
CHAT_KEPT, URGENT_SECONDS = 2, 1.0
GROUP_MOST, GROUP_SECONDS, GROUP_KEPT = 20, 60.0, 4
OVERALL_SECONDS = 1.0
# Within a second they are spread out: what leaves at once does not arrive at once, and two
# bursts a second apart may then meet at the other end.
SPREAD = 10
# What is not urgent leaves this many places of each second to what is.
KEPT_FOR_URGENT = 5
# So many chats answered with 429 within a second mean that the bot is meant, not a chat.
FLOODED_CHATS, FLOODED_SECONDS = 3, 1.0


class Window:
    """At most ``most`` events in any ``seconds``; knows when the next one may happen."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._at: deque[float] = deque()

    def free_at(self, now: float, kept: int = 0) -> float:
        """Return when one more may happen, ``kept`` places being left free; ``now`` if at once."""
        usable = max(1, self._most - kept)
        if len(self._at) < usable:
            return now
        return max(now, self._at[-usable] + self._seconds)

    def note(self, now: float) -> None:
        """Note that one happened."""
        self._at.append(now)
        if len(self._at) > self._most:
            self._at.popleft()

    @property
    def last_at(self) -> float:
        """When the last one happened; 0 when none is remembered."""
        return self._at[-1] if self._at else 0.0

    @property
    def is_over_at(self) -> float:
        """When nothing of what happened counts any more."""
        return self.last_at + self._seconds if self._at else 0.0


@dataclass(slots=True)
class _Chat:
    burst: Window
    minute: Window | None
    held_until: float = 0.0

    def free_at(self, now: float, *, is_urgent: bool) -> float:
        in_minute = self.minute.free_at(now, 0 if is_urgent else GROUP_KEPT) if self.minute else now
        return max(self._in_burst(now, is_urgent=is_urgent), in_minute, self.held_until)

    def _in_burst(self, now: float, *, is_urgent: bool) -> float:
        if not is_urgent:
            return self.burst.free_at(now, CHAT_KEPT)
        return min(self.burst.free_at(now), max(now, self.burst.last_at + URGENT_SECONDS))

    def note(self, now: float) -> None:
        for window in filter(None, (self.burst, self.minute)):
            window.note(now)

    def is_idle(self, now: float) -> bool:
        minute_over_at = self.minute.is_over_at if self.minute else 0.0
        return max(self.held_until, self.burst.is_over_at, minute_over_at) <= now


@dataclass(slots=True)
class Pacing:
    """All limits together; chats that have been quiet for long enough are forgotten."""

    per_second: int = 30
    chat_burst: int = CHAT_BURST
    _chats: OrderedDict[int, _Chat] = field(default_factory=OrderedDict)
    _floods: deque[tuple[float, int]] = field(default_factory=deque)
    _held_until: float = 0.0
    _overall: Window = field(init=False)
    _spread: Window = field(init=False)

    def __post_init__(self) -> None:
        self._overall = Window(self.per_second, OVERALL_SECONDS)
        at_once = max(1, self.per_second // SPREAD)
        self._spread = Window(at_once, OVERALL_SECONDS * at_once / self.per_second)

    def __len__(self) -> int:
        return len(self._chats)

    def ready_at(self, chat: int, now: float, *, is_urgent: bool = False) -> float:
        """Return when a message to ``chat`` may leave; ``now`` when it may at once.

        Args:
            chat: its id; negative for a group.
            now: seconds on a clock that never goes back.
            is_urgent: may also use the places that are kept for what is urgent.
        """
        kept = 0 if is_urgent else min(KEPT_FOR_URGENT, self.per_second - 1)
        known = self._chats.get(chat)
        return max(
            known.free_at(now, is_urgent=is_urgent) if known else now,
            self._overall.free_at(now, kept),
            self._spread.free_at(now),
            self._held_until,
        )

    def take(self, chat: int, now: float) -> None:
        """Note that a message to ``chat`` leaves now."""
        known = self._known(chat)
        self._overall.note(now)
        self._spread.note(now)
        known.note(now)
        self._forget_idle(now)

    def hold(self, chat: int, seconds: float, now: float) -> None:
        """Note a 429: nothing goes to ``chat`` for ``seconds``, or to anybody if all is meant."""
        known = self._known(chat)
        known.held_until = max(known.held_until, now + seconds)
        self._floods.append((now, chat))
        while self._floods[0][0] < now - FLOODED_SECONDS:
            self._floods.popleft()
        if len({flooded for _, flooded in self._floods}) >= FLOODED_CHATS:
            self._held_until = max(self._held_until, now + seconds)

    def _known(self, chat: int) -> _Chat:
        if chat not in self._chats:
            burst = Window(self.chat_burst + CHAT_KEPT, float(self.chat_burst))
            minute = Window(GROUP_MOST, GROUP_SECONDS) if chat < 0 else None
            self._chats[chat] = _Chat(burst, minute)
        self._chats.move_to_end(chat)
        return self._chats[chat]

    def _forget_idle(self, now: float) -> None:
        while self._chats and next(iter(self._chats.values())).is_idle(now):
            self._chats.popitem(last=False)
