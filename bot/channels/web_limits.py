"""How fast one visitor, and one address, may write. In memory, bounded, without a clock."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

# Ten messages at once and then one in three seconds is faster than anybody types. A whole
# building can stand behind one address, so that one is wider.
VISITOR_BURST, VISITOR_PER_SECOND = 10, 1 / 3
ADDRESS_BURST, ADDRESS_PER_SECOND = 120, 4.0
# Nine photos at once, with a few to spare; each costs up to a second of a processor.
PHOTO_VISITOR = (12, 1 / 5)
PHOTO_ADDRESS = (60, 1.0)
MOST_KEPT = 20_000

# How many at once, and how many a second after that.
Rate = tuple[float, float]


class TokenBuckets:
    """One token bucket for each key; the least recently used goes first when there are too many."""

    def __init__(self, burst: float, per_second: float, most: int = MOST_KEPT) -> None:
        self._burst = burst
        self._per_second = per_second
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: str, now: float) -> bool:
        """Take one token from the bucket of ``key``; False when it is empty.

        Args:
            key: whose bucket.
            now: seconds on a clock that never goes back.
        """
        left, since = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        has_token = left >= 1
        self._left[key] = (left - 1 if has_token else left, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return has_token


class ChatLimits:
    """How fast one person may write in a messenger; used on the event loop alone.

    There every photo is a message of its own, and nine that come at once leave room for the words
    that go with them.
    """

    def __init__(self) -> None:
        self._words = TokenBuckets(VISITOR_BURST, VISITOR_PER_SECOND)
        self._photos = TokenBuckets(*PHOTO_VISITOR)

    def is_over(self, name: str, now: float, *, is_photo: bool = False) -> bool:
        """Count one message, and tell whether it comes too fast; ``now`` as ``TokenBuckets``."""
        return not (self._photos if is_photo else self._words).take(name, now)


class SenderLimits:
    """Both limits together; used on the event loop alone, so without a lock."""

    def __init__(
        self,
        visitor: Rate = (VISITOR_BURST, VISITOR_PER_SECOND),
        address: Rate = (ADDRESS_BURST, ADDRESS_PER_SECOND),
    ) -> None:
        self._visitors = TokenBuckets(*visitor)
        self._addresses = TokenBuckets(*address)

    def is_over(self, visitor: str, address: str, now: float) -> bool:
        """Count one request, and tell whether it comes too fast."""
        visitor_may = self._visitors.take(visitor, now)
        return not (self._addresses.take(network_of(address), now) and visitor_may)


def network_of(address: str) -> str:
    """Return whom an address stands for: one household has a whole /64 of IPv6 addresses."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or int(parsed) >> 64)
