"""What residents leave for staff (留言): fetching what was sent along, and answering."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from bot import store
from bot.desk_rules import DeskHours
from bot.desk_store import (
    StaffRequest,
    answer_request,
    drop_media,
    find_request,
    media_of,
    note_media,
    request_by_id,
)
from bot.desk_thread_store import NewReply, add_reply, place_of_request
from bot.dialogue.house import House, Pushed
from bot.dialogue.session import Language, session_from_json
from bot.messages import Account, Reply
from community.districts import load_district
from community.file_upkeep import forget_orphans, forget_unused
from community.files import (
    StoredFile,
    forget_file,
    full_hour,
    keep_sealed,
    note_file,
    read_sealed,
    stored_file,
)
from community.merging import columns_naming
from community.photos import PhotoRefused, clean_photo
from community.workdays import load_workdays
from storage import Database, metadata, read_code

_logger = logging.getLogger(__name__)

# Where nothing can be pushed, an answer waits until the resident writes again.
ANSWER_EXPIRES = timedelta(days=30)

# Returns the bytes behind a media reference of one channel.
Fetch = Callable[[str], bytes]
# Tells a resident, in this transaction, the sentence of this name about their request.
Tell = Callable[[Connection, StaffRequest, str], None]


@dataclass(frozen=True, slots=True)
class Safe:
    """Where files are kept sealed: their folder, and the installation's key."""

    folder: Path
    key: bytes = field(repr=False)


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
    sent = House().push(db, request.account_id, pushed, now)
    if place := place_of_request(db, request.id):  # shown in the console's conversation
        add_reply(db, NewReply(request.account_id, None, place, text, sent), now)
    return request


def desk_hours(districts: Sequence[str]) -> DeskHours:
    """Return when staff of the districts served are there; the first is the default.

    Raises:
        community.districts.UnknownDistrict: when one has no file.
    """
    days = load_workdays()
    calendars = {one: load_district(one).calendar(days) for one in districts}
    return DeskHours(calendars, districts[0])


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells residents what became of their requests, each in their language.

    ``words`` are what functions say; a sentence about a request may hold its code.
    """

    words: Mapping[Language, Mapping[str, str]]
    clock: Callable[[], datetime]

    def __call__(self, db: Connection, request: StaffRequest, name: str) -> None:
        """Queue the sentence to the channel that the request came from, once."""
        stored = store.load_session(db, request.account_id)
        language = session_from_json(stored.state).language if stored else "zh"
        reply = Reply("chat", self.words[language][name].format(code=request.code))
        account = Account(request.channel, request.name)
        pushed = Pushed(account, (reply,), f"desk:{request.code}:{name}", lasts=ANSWER_EXPIRES)
        House().push(db, request.account_id, pushed, self.clock())


class Recordings:
    """Fetches recordings, photos and files, and keeps them sealed, for staff to open.

    Photos are verified and made anew. What cannot be kept is dropped, and its sender told.
    """

    def __init__(
        self, database: Database, safe: Safe, fetch: Mapping[str, Fetch], tell: Tell
    ) -> None:
        self._database = database
        self._safe = safe
        self._fetch = fetch
        self._tell = tell

    def fetch(self, request_id: int, now: datetime) -> None:
        """Fetch what came with one request; done or gone, it does nothing.

        Raises:
            NoFetcher: when the channel is off.
            Exception: whatever the channel's fetching raises, unless it is ``permanent``; the
                work is tried again.
        """
        request = self._database.read(lambda db: request_by_id(db, request_id))
        if request is None or not request.media_ref or request.media_file:
            return
        fetch = self._fetch.get(request.channel)
        if fetch is None:
            raise NoFetcher(request.channel)
        try:
            data = _fit(request.media_kind, fetch(request.media_ref))
        except Exception as error:
            if not getattr(error, "permanent", False):
                raise
            _logger.warning("what came with %s is not kept: %s", request.code, error)
            self._database.write(partial(self._refuse, request))
            return
        file = keep_sealed(self._safe.folder, self._safe.key, data)
        self._database.write(partial(_note, request_id, file, now))

    def sweep(self, now: datetime) -> int:
        """Delete the files that nothing names any more; return how many went.

        A transaction may be undone and a file not, so they go afterwards, when they are a day
        old.
        """
        uses = columns_naming(metadata, stored_file.c.id)
        forget_unused(self._database, uses, now=now)
        return forget_orphans(self._safe.folder, self._database, now=now)

    def _refuse(self, request: StaffRequest, db: Connection) -> None:
        """Drop what cannot be kept and say so, in one transaction."""
        name = "human_photo_refused" if request.media_kind == "photo" else "human_media_refused"
        self._tell(db, request, name if request.said else f"{name}_all")
        drop_media(db, request.id)


def read_media(db: Connection, request: StaffRequest, safe: Safe) -> bytes | None:
    """Return what came with a request, None when nothing is kept.

    Raises:
        FileMissing, FileDamaged, WrongKey: as ``community.files.read_sealed``.
    """
    file = media_of(db, request.id)
    return None if file is None else read_sealed(safe.folder, safe.key, file)


def _note(request_id: int, file: StoredFile, now: datetime, db: Connection) -> None:
    """Note a kept file, unless its request is gone or has one by now."""
    file_id = note_file(db, file, full_hour(now))
    if not note_media(db, request_id, file_id, file.name):
        forget_file(db, file_id)


def _fit(kind: str, data: bytes) -> bytes:
    """Return what is kept of something that was sent.

    Raises:
        PhotoRefused: when it is said to be a photo and is none.
    """
    if kind == "photo":
        return clean_photo(data).data
    if not data:
        raise PhotoRefused("empty", "no bytes")
    return data
