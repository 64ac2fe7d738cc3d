"""What residents leave for staff (留言): fetching recordings, and sending the answers back."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from bot.desk_store import (
    StaffRequest,
    answer_request,
    find_request,
    note_media,
    request_by_id,
    standing_codes,
)
from bot.dialogue.house import House, Pushed
from bot.messages import Account, Reply
from storage import Database, chunks, read_code

_logger = logging.getLogger(__name__)

RECORDINGS_FOLDER = "recordings"
# Where nothing can be pushed, an answer waits until the resident writes again.
ANSWER_EXPIRES = timedelta(days=30)

# Returns the bytes behind a media reference of one channel.
Fetch = Callable[[str], bytes]


class UnknownRequest(Exception):
    """No request has this code."""

    permanent = True

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"no request has the code {code!r}")


class AlreadyAnswered(Exception):
    """Somebody was first."""

    permanent = True

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the request {code} was answered before")


class NoFetcher(Exception):
    """A recording came from a channel that is switched off now; it is tried again later."""

    permanent = False

    def __init__(self, channel: str) -> None:
        self.channel = channel
        super().__init__(f"the channel {channel} is off, so its recordings cannot be fetched")


def find(db: Connection, typed: str) -> StaffRequest:
    """Return the request with a code as somebody typed it.

    Raises:
        UnknownRequest: when there is none.
    """
    code = read_code(typed)
    found = find_request(db, code) if code else None
    if found is None:
        raise UnknownRequest(typed)
    return found


def answer(db: Connection, typed: str, text: str, now: datetime) -> StaffRequest:
    """Note an answer and queue it to the channel that the request came from.

    Args:
        db: both happen in its transaction.
        typed: the request's code.
        text: the whole message, as the resident will read it.
        now: aware.

    Raises:
        UnknownRequest: when there is no such request.
        AlreadyAnswered: when it has an answer.
    """
    request = find(db, typed)
    if not answer_request(db, request.id, text, now):
        raise AlreadyAnswered(request.code)
    account = Account(request.channel, request.name)
    pushed = Pushed(account, (Reply("chat", text),), f"desk:{request.code}", lasts=ANSWER_EXPIRES)
    House().push(db, request.account_id, pushed, now)
    return request


class Recordings:
    """Fetches recordings into the data folder, where staff can play them."""

    def __init__(self, database: Database, data_dir: Path, fetch: Mapping[str, Fetch]) -> None:
        self._database = database
        self._folder = data_dir / RECORDINGS_FOLDER
        self._fetch = fetch

    def fetch(self, request_id: int) -> None:
        """Fetch the recording of one request; done or gone, it does nothing.

        Raises:
            NoFetcher: when the channel is off.
            Exception: whatever the channel's fetching raises; the work is tried again.
        """
        request = self._database.read(lambda db: request_by_id(db, request_id))
        if request is None or not request.media_ref or request.media_file:
            return
        fetch = self._fetch.get(request.channel)
        if fetch is None:
            raise NoFetcher(request.channel)
        file = self._folder / f"{request.code}.bin"
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(fetch(request.media_ref))
        self._database.write(lambda db: note_media(db, request_id, file.name))

    def forget_gone(self) -> int:
        """Delete the recordings whose request went with its account or its time.

        Returns how many went. A transaction may be undone and a file not, so they go afterwards.
        """
        gone = 0
        for files in chunks(self._folder.glob("*.bin")):
            codes = [file.stem for file in files]
            standing = self._database.read(partial(standing_codes, codes=codes))
            for file in files:
                if file.stem not in standing:
                    file.unlink(missing_ok=True)
                    gone += 1
        return gone
