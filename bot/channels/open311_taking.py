"""Taking in what a system with a key reports through Open311."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bot.channels.open311_formats import Problem
from bot.channels.open311_posts import Posted, operation_of, read_form, read_posted
from bot.channels.open311_queries import Known, present
from bot.channels.open311_requests import receipt
from bot.channels.web_limits import TokenBuckets
from community.files import StoredFile, full_hour, keep_sealed, note_file
from community.photos import PhotoRefused, clean_photo
from hazards.intake import Intake
from hazards.open_key_store import ApiClient, DayFull, client_of, count_report
from hazards.open_store import OPEN311
from hazards.submissions import OperationTaken, Receipt, Submission
from storage import Database

# A system sends by ones, and what waited at once.
POST_BURST, POST_PER_SECOND = 30, 0.5
WAIT_SECONDS, WAIT_FULL_SECONDS = 60, 3600
# Opening a large photo takes hundreds of megabytes.
PHOTO_THREADS = 2


@dataclass(frozen=True, slots=True)
class Around:
    """What Open311 works with.

    Attributes:
        database: the main database.
        intake: takes reports in; knows districts, categories and the installation's key.
        files: the folder of stored files.
        clock: the time, aware.
        public_url: the address people use; empty for that of each request.
        contact: whom to ask about this service.
        is_trial: whether reports sent here are only tried out.
    """

    database: Database
    intake: Intake = field(repr=False)
    files: Path
    clock: Callable[[], datetime]
    public_url: str = ""
    contact: str = ""
    is_trial: bool = False


class Taking:
    """Takes reports in; its limits live on the event loop."""

    def __init__(self, around: Around, known: Known, home: str) -> None:
        """Take what there is, and the district of reports that name none."""
        self._around = around
        self._known = known
        self._home = home
        self._senders = TokenBuckets(POST_BURST, POST_PER_SECOND)
        self._photo_threads = CapacityLimiter(PHOTO_THREADS)

    async def take(self, request: Request) -> dict[str, Any]:
        """Take one report in and return the reply.

        Raises:
            Problem: when it cannot be taken.
        """
        operation = operation_of(request)
        client, posted = await self._read(request)
        files, refused = await self._kept(posted)
        # One key's id for an operation is nothing to another key.
        own = f"{client.id}:{operation}" if operation else ""
        submission = Submission(
            OPEN311, posted.draft, None, None, operation=own, api_client_id=client.id
        )
        taken = await run_in_threadpool(self._submitted, submission, files, client)
        return receipt(taken.code, posted, refused, is_outside=taken.is_outside)

    async def _read(self, request: Request) -> tuple[ApiClient, Posted]:
        form = await read_form(request)
        try:
            given = present([*request.query_params.multi_items(), *form.multi_items()])
            client = await self._client(given.get("api_key", ""))
            categories, now = self._around.intake.categories, self._around.clock()
            return client, await read_posted(form, categories, self._known, self._home, now)
        finally:
            await form.close()

    async def _client(self, typed: str) -> ApiClient:
        look = partial(client_of, typed=typed, key=self._around.intake.key)
        client = await run_in_threadpool(self._around.database.read, look) if typed else None
        if client is None:
            raise Problem(403, "api_key没有或者不对，请向运行单位申请")
        if not self._senders.take(str(client.id), time.monotonic()):
            raise Problem(429, "发得太快了，过一会儿再发", WAIT_SECONDS)
        return client

    async def _kept(self, posted: Posted) -> tuple[list[StoredFile], Mapping[int, str]]:
        """Bring the photos to the disk; return them, and why some were refused, from 1."""
        files: list[StoredFile] = []
        refused: dict[int, str] = {}
        for number, photo in enumerate(posted.photos, 1):
            try:
                files.append(await run_sync(self._keep, photo, limiter=self._photo_threads))
            except PhotoRefused as refusal:
                refused[number] = refusal.reason
        return files, refused

    def _keep(self, photo: bytes) -> StoredFile:
        return keep_sealed(self._around.files, self._around.intake.key, clean_photo(photo).data)

    def _submitted(
        self, submission: Submission, files: list[StoredFile], client: ApiClient
    ) -> Receipt:
        work = partial(self._submit, submission=submission, files=files, client=client)
        try:
            return self._around.database.write(work)
        except OperationTaken:
            raise Problem(400, "这个Idempotency-Key用过了，请换一个") from None
        except DayFull:
            raise Problem(429, "这个api_key今天发满了，明天再发", WAIT_FULL_SECONDS) from None

    def _submit(
        self, db: Connection, submission: Submission, files: list[StoredFile], client: ApiClient
    ) -> Receipt:
        now, intake = self._around.clock(), self._around.intake
        ids = tuple(note_file(db, file, full_hour(now)) for file in files)
        taken = intake.submit(db, replace(submission, file_ids=ids), now)
        if not taken.is_repeat:
            count_report(db, client, intake.key, now)
        return taken
