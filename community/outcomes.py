"""What became of one attempt to send: the typed answer of a platform (送达结果).

The truth stands in a platform's body, not in its HTTP status. Each channel turns its platform's
codes into one of these values; ``community.deliveries`` says what happens to the delivery then.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform took it; ``message_id`` is its own id for a later receipt, or ""."""

    message_id: str = ""


@dataclass(frozen=True, slots=True)
class NotReachable:
    """This account cannot be pushed to: it left, or it never allowed it."""

    reason: str


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """The platform's time or count for answering ran out (WeChat 45015, 45047)."""


@dataclass(frozen=True, slots=True)
class OutOfQuota:
    """Our account may send no more for now; ``until`` is when it may again, if known."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person blocked us; nothing more is sent until they come back."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The platform asks to wait this many seconds before this chat is tried again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform refuses this message itself; trying again cannot help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The connection broke or the answer could not be read: it may or may not have arrived."""

    reason: str


Outcome = (
    Delivered
    | NotReachable
    | WindowClosed
    | OutOfQuota
    | Blocked
    | RetryAfter
    | Rejected
    | Uncertain
)
