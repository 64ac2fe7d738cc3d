"""The queue that brings due rows to workers: a thin port over DBOS, by its public calls.

Whatever stands in it can be lost: on SQLite a file ``work.db`` beside the main one, which
it would starve, on PostgreSQL the schema ``dbos``. One workflow without steps, given
the row's place; what became of a row is noted in the row.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetEnqueueOptions,
    SetWorkflowID,
)
from sqlalchemy import Engine, create_engine, event

from storage.database import Database
from storage.errors import StorageError
from storage.rows import CHUNK
from storage.work_jobs import Lane
from storage.work_rows import Due, Place

# DBOS gives queued work only to processes of the version it was queued by. Ours is
# seconds long and rereads its row, so any release may run it: never change this.
VERSION = "lifeline-1"
NAME = "lifeline"
FINISHED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
LANES: tuple[Lane, ...] = get_args(Lane)
# DBOS is one a process.
IN_USE = threading.Lock()


class AlreadyLaunched(StorageError):
    """A second worker was launched in one process."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("this process works already: close() the other one first")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker looks, and how much it does at once; seconds.

    Attributes:
        poll: between two looks into a lane of the queue.
        beat: between two heartbeats.
        silence: after which a process without a heartbeat counts as dead.
        look: between two looks for rows that nobody has queued.
        jobs_at_once: in each lane.
        close: how long running jobs may take to end at ``close``.
    """

    poll: float = 0.25
    beat: float = 5.0
    silence: float = 20.0
    look: float = 60.0
    jobs_at_once: int = 8
    close: float = 10.0


@dataclass(frozen=True, slots=True)
class Held:
    """Entries that a worker has begun, by lane."""

    worker: str
    lane: str
    ids: tuple[str, ...]


def queue_engine(database: Database, connections: int) -> Engine:
    """Return an engine for the queue that belongs to a main database.

    Synchronous NORMAL: a power cut may cost the last entries, which come back from the rows.
    """
    url = database.url
    if not database.is_embedded:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=connections,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                # A frozen process must not hold the queue's locks.
                "options": "-c idle_in_transaction_session_timeout=60000",
            },
        )
    beside = Path(str(url.database)).with_name("work.db")
    engine = create_engine(
        url.set(database=str(beside)),
        # Every engine of a process must use the same library.
        module=database.engines.write.dialect.loaded_dbapi,
        pool_size=connections,
        connect_args={"isolation_level": "IMMEDIATE", "timeout": 30.0},
    )
    event.listen(engine, "connect", _set_up)
    return engine


def entry_id(row: Due) -> str:
    """Return the id that a row's present entry has in the queue."""
    return f"{row.job}/{row.key}/{row.entry}"


class WorkQueue:
    """The queue, from ``launch`` to ``close``; not to be called on an event loop but for these."""

    def __init__(self, database: Database, worker: str, pace: Pace) -> None:
        self._database = database
        self._worker = worker
        self._pace = pace
        self._engine: Engine | None = None
        self._workflow: Callable[[int, str], None] | None = None

    def launch(self, run: Callable[[Place], None]) -> None:
        """Start bringing entries to ``run``, in threads.

        Raises:
            AlreadyLaunched: when this process has another.
            Exception: whatever DBOS raises when its database cannot be used.
        """
        if not IN_USE.acquire(blocking=False):
            raise AlreadyLaunched
        try:
            self._launch(run)
        except BaseException:
            self._destroy(0)
            raise

    def open_lanes(self) -> None:
        """Say how much of each lane this process runs at once; after ``launch``."""
        for lane in LANES:
            DBOS.register_queue(
                lane,
                worker_concurrency=self._pace.jobs_at_once,
                polling_interval_sec=self._pace.poll,
                on_conflict="always_update",
            )

    def enter(self, row: Due, lane: Lane, delay: timedelta) -> None:
        """Queue a row's entry, to be run after ``delay``; a repeat does nothing."""
        if self._workflow is None:
            raise RuntimeError("launch() comes first")
        seconds = delay.total_seconds()
        with (
            SetWorkflowID(entry_id(row)),
            SetEnqueueOptions(delay_seconds=seconds if seconds > 0 else None),
        ):
            DBOS.enqueue_workflow(lane, self._workflow, row.id, row.entry)

    def known(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether each entry is still to come to an end; unknown ones are left out."""
        found = DBOS.list_workflows(workflow_ids=list(ids), load_input=False, load_output=False)
        return {each.workflow_id: each.status not in FINISHED for each in found}

    def held(self) -> list[Held]:
        """Return what every worker, living or dead, has begun and not ended."""
        found: dict[tuple[str, str], list[str]] = {}
        for each in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False):
            place = (each.executor_id or "", each.queue_name or LANES[0])
            found.setdefault(place, []).append(each.workflow_id)
        return [Held(worker, lane, tuple(ids)) for (worker, lane), ids in found.items()]

    def resume(self, held: Iterable[Held]) -> None:
        """Queue again what dead workers held. A living one's would run twice."""
        for each in held:
            DBOS.resume_workflows(list(each.ids), queue_name=each.lane)

    def forget_finished(self, before: datetime) -> int:
        """Delete entries that came to an end before a moment; return how many."""
        forgotten = 0
        while found := DBOS.list_workflows(
            status=list(FINISHED),
            completed_before=before.isoformat(),
            load_input=False,
            load_output=False,
            limit=CHUNK,
        ):
            DBOS.delete_workflows([each.workflow_id for each in found])
            forgotten += len(found)
        return forgotten

    def close(self, grace: float) -> None:
        """Stop, waiting up to ``grace`` seconds for what runs. Closing twice does nothing."""
        if self._workflow is not None:
            self._destroy(grace)

    def _launch(self, run: Callable[[Place], None]) -> None:
        _quieten()
        threads = self._pace.jobs_at_once * len(LANES)
        self._engine = queue_engine(self._database, threads // 2 + 4)
        config: DBOSConfig = {
            "name": NAME,
            "application_version": VERSION,
            "executor_id": self._worker,
            "system_database_url": self._engine.url.render_as_string(hide_password=False),
            "system_database_engine": self._engine,
            "dbos_system_schema": "dbos",
            "serializer": DBOSPortableJSONSerializer(),
            "max_executor_threads": threads + 4,
            "log_level": "WARNING",
        }
        DBOS(config=config)

        def run_place(row_id: int, entry: str) -> None:
            run(Place(row_id, entry))

        # How often a row may bring down its process is counted in the row.
        self._workflow = DBOS.workflow(name="run", max_recovery_attempts=None)(run_place)
        DBOS.launch()

    def _destroy(self, grace: float) -> None:
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=round(grace))
        if self._engine is not None:
            self._engine.dispose()
        self._workflow = None
        IN_USE.release()


def _set_up(driver: Any, _record: object) -> None:  # noqa: ANN401
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        driver.execute(f"PRAGMA {pragma}")


def _quieten() -> None:
    """Have DBOS's warnings go the way of ours; without a handler it brings its own."""
    dbos_logger = logging.getLogger("dbos")
    if not dbos_logger.handlers:
        dbos_logger.addHandler(logging.NullHandler())
