"""Fetching updates ourselves, where Telegram cannot reach us: one process of several."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from anyio.to_thread import run_sync

from bot.channels.telegram_client import CONNECT_SECONDS, POLL_SECONDS, READ_SECONDS, Client
from bot.channels.telegram_connection import Connection
from bot.channels.telegram_lease import Lease
from bot.channels.telegram_reading import UnreadableUpdate, update_id_of
from bot.channels.telegram_receiving import Receiving
from storage import StorageError

_logger = logging.getLogger(__name__)

# Renewed before every call, so it outlasts one that hangs; the time until another process
# takes over from one that was killed.
LEASE_SECONDS = POLL_SECONDS + READ_SECONDS + CONNECT_SECONDS
STANDBY_SECONDS = 2.0
FIRST_REPEAT, LONGEST_REPEAT = 1.0, 30.0


def offset_after(taken: Mapping[int, bool]) -> int | None:
    """Return the offset that confirms what comes before the first update that failed.

    After an empty batch everything is confirmed and there is none: after a quiet week Telegram
    numbers updates anew, perhaps from below.

    Args:
        taken: for each update's id of a batch whether it was taken.
    """
    if not taken:
        return None
    return min((one for one, is_done in taken.items() if not is_done), default=max(taken) + 1)


class Polling:
    """Fetches updates and confirms them once they are committed."""

    def __init__(
        self, client: Client, receiving: Receiving, connection: Connection, lease: Lease | None
    ) -> None:
        self.lease_name = "telegram"
        self.problem = ""
        self._client = client
        self._receiving = receiving
        self._connection = connection
        self._lease = lease
        self._is_ours = True
        self._offset: int | None = None
        self._done: set[int] = set()
        self._repeats = 0

    async def once(self) -> None:
        """Wait for updates and take what comes; or stand by while another process does.

        Raises:
            telegram.error.TelegramError: when Telegram refuses or cannot be reached.
        """
        if not await self._hold_lease():
            self._offset = None
            self._connection.is_up("standby")
            await asyncio.sleep(STANDBY_SECONDS)
            return
        state = self._connection.state
        # The first call does not wait for updates: its answer tells that the connection stands.
        is_known = state.is_connected and state.mode == "polling"
        found = await self._client.updates(self._offset, POLL_SECONDS if is_known else 0)
        self._connection.is_up("polling", self.problem)
        await self._take(found)
        if self._repeats:
            pause = FIRST_REPEAT * 2 ** min(self._repeats - 1, 10)
            await asyncio.sleep(min(pause, LONGEST_REPEAT))

    async def close(self) -> None:
        """Let another process take over at once."""
        if self._lease and self._is_ours:
            try:
                await run_sync(self._lease.release, self.lease_name)
            except StorageError as error:
                _logger.warning("the lease was not given back, it runs out: %s", error)

    async def _hold_lease(self) -> bool:
        """Whether we are to poll; when storage cannot tell, as before: emergencies are answered."""
        if self._lease is None:
            return True
        try:
            self._is_ours = await run_sync(self._lease.hold, self.lease_name, LEASE_SECONDS)
        except (StorageError, OSError) as error:  # a row, or a file on a full disk
            _logger.warning("the lease could not be renewed: %s", error)
        return self._is_ours

    async def _take(self, found: list[dict[str, Any]]) -> None:
        """Take a batch, and remember what of it need not be taken when it comes again."""
        results = await asyncio.gather(*(self._take_one(data) for data in found))
        taken = {update_id: is_done for update_id, is_done in results if update_id is not None}
        self._offset = offset_after(taken)
        is_whole = all(taken.values())
        self._done = set() if is_whole else {one for one, is_done in taken.items() if is_done}
        self._repeats = 0 if is_whole else self._repeats + 1

    async def _take_one(self, data: dict[str, Any]) -> tuple[int | None, bool]:
        try:
            update_id = update_id_of(data)
            is_done = update_id in self._done or await self._receiving.take(data)
        except UnreadableUpdate as error:
            _logger.warning("%s", error)
            return None, True
        return update_id, is_done
