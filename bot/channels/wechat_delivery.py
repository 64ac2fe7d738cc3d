"""The outbox's way to WeChat: customer-service messages, counted against the window.

Whatever the platform will not take now is held and shown at the resident's next turn.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.channels.wechat_api import CallThreads
from bot.channels.wechat_inbound import CHANNEL
from bot.channels.wechat_media import Pictures
from bot.channels.wechat_sending import CustomMessage, CustomSender, messages_of
from bot.messages import Reply
from community.deliveries import REPEATED_WHEN_UNCERTAIN
from community.outcomes import (
    Delivered,
    NotReachable,
    Outcome,
    OutOfQuota,
    Rejected,
    RetryAfter,
    Uncertain,
    WindowClosed,
)
from community.reach import close_window, give_window_back, take_window
from community.store import find_account
from storage import Database

_logger = logging.getLogger(__name__)

MOST_REMEMBERED = 1_000


class WeChatDelivery:
    """Sends deliveries of the outbox; ``send`` is called on the event loop."""

    def __init__(
        self,
        database: Database,
        sender: CustomSender,
        pictures: Pictures,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sender = sender
        self._pictures = pictures
        self._clock = clock
        self._threads = CallThreads()
        # How many messages of a delivery have left, so that a second try does not repeat them.
        self._left: OrderedDict[int, int] = OrderedDict()

    def close(self) -> None:
        """End the threads."""
        self._threads.close()

    async def send(
        self,
        name: str,
        replies: Sequence[Reply],
        *,
        delivery_id: int,
        lane: str,
        turn_id: int | None,  # noqa: ARG002 - WeChat's messages carry no reference to it
    ) -> Outcome:
        """Send ``replies`` to an OpenID, as few messages as they fit into; see ``Sender``.

        One that may have arrived ends the rest only in lanes in which it is tried again.
        """
        is_repeated = lane in REPEATED_WHEN_UNCERTAIN
        return await self._threads.run(
            self._send, name, tuple(replies), delivery_id, is_repeated=is_repeated
        )

    def _send(
        self, name: str, replies: Sequence[Reply], delivery_id: int, *, is_repeated: bool
    ) -> Outcome:
        messages = messages_of(replies, self._uploaded(replies))
        doubt: Uncertain | None = None
        for number in range(self._left.get(delivery_id, 0), len(messages)):
            outcome = self._send_one(name, messages[number])
            if isinstance(outcome, Uncertain) and not is_repeated:
                doubt = outcome
            elif not isinstance(outcome, Delivered):
                return outcome
            self._note_left(delivery_id, number + 1)
        self._left.pop(delivery_id, None)
        return doubt or Delivered()

    def _note_left(self, delivery_id: int, count: int) -> None:
        self._left[delivery_id] = count
        while len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)

    def _send_one(self, name: str, message: CustomMessage) -> Outcome:
        if not self._database.write(lambda db: self._take(db, name)):
            return WindowClosed()
        outcome = self._sender.send(name, message)
        if isinstance(outcome, RetryAfter):
            self._database.write(lambda db: self._settle(db, name, is_closed=False))
        if isinstance(outcome, WindowClosed | OutOfQuota):
            self._database.write(lambda db: self._settle(db, name, is_closed=True))
        if isinstance(outcome, Rejected):
            # The account may not send, or not this: it can still be shown at the next turn.
            _logger.warning("WeChat refused a message: %s", outcome.reason)
            return NotReachable(outcome.reason)
        return outcome

    def _take(self, db: Connection, name: str) -> bool:
        account = find_account(db, CHANNEL, name)
        return account is not None and take_window(db, account, self._clock())

    def _settle(self, db: Connection, name: str, *, is_closed: bool) -> None:
        account = find_account(db, CHANNEL, name)
        if account is None:
            return
        if is_closed:
            close_window(db, account)
        else:
            give_window_back(db, account, self._clock())

    def _uploaded(self, replies: Sequence[Reply]) -> dict[str, str]:
        wanted = {reply.picture for reply in replies if reply.picture}
        found = {path: self._pictures.media_id(path) for path in wanted}
        return {path: media_id for path, media_id in found.items() if media_id}
