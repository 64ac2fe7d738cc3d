"""How each channel takes replies, and cutting a turn to what one of its messages holds."""

from dataclasses import dataclass, replace

from bot.dialogue.deciding import Outcome
from bot.messages import Reply, plain_text
from bot.splitting import split_text

# The hint 「回复“更多”继续」 and the line break before it.
_HINT_BYTES = 60


@dataclass(frozen=True, slots=True)
class Manner:
    """How one channel takes replies.

    Attributes:
        is_pushed: replies leave from the outbox, in the transaction of their turn, instead of
            being the answer to the platform's request.
        most_bytes: a turn is answered with one message of at most so many bytes of UTF-8;
            None where several messages of any length are fine.
        shows_pending: what could not be pushed is shown at the next turn.
        forgets_who_leaves: the platform wants the data of somebody who unfollows deleted.
        has_window: messages may be pushed for a while after the resident did something.
    """

    is_pushed: bool = False
    most_bytes: int | None = None
    shows_pending: bool = False
    forgets_who_leaves: bool = False
    has_window: bool = False


PLAIN_MANNER = Manner()


def fitted(outcome: Outcome, manner: Manner, hint: str) -> Outcome:
    """Return ``outcome`` as one message that fits; the rest waits for 「更多」.

    Choices are numbered in the text before it is cut, so that their numbers stay true.
    """
    if manner.most_bytes is None or not outcome.replies:
        return outcome
    whole = "\n\n".join(map(plain_text, outcome.replies))
    if len(whole.encode()) <= manner.most_bytes:
        return outcome
    first, *rest = split_text(whole, manner.most_bytes - _HINT_BYTES)
    kept = _carrying(outcome.replies)
    cut = replace(kept, text=f"{first}\n{hint}", basis="", hint="", choices=(), card=None)
    session = replace(outcome.session, more=("\n".join(rest),))
    return replace(outcome, session=session, replies=(cut,))


def _carrying(replies: tuple[Reply, ...]) -> Reply:
    """Return the reply whose kind and topics the cut message keeps: the one that is rated."""
    return next((reply for reply in replies if reply.rateable), replies[0])
