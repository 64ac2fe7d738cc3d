"""What console pages are made of: who asks, what a section and a task are, and a refusal."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.tiles import TileSetting
from community.staff import Role, Staff
from storage import Database

Clock = Callable[[], datetime]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Console:
    """What every console page works with.

    Attributes:
        database: the main database.
        clock: the time, aware.
        key: the installation's key; pages derive one for each purpose.
        districts: ids of the districts served, the first the default.
        public_url: the address people use, or empty.
        data_dir: where sealed files and built papers are.
        tiles: the background of maps.
        is_secure: whether it is served over https, so that cookies stay off http.
    """

    database: Database
    clock: Clock
    key: bytes = field(repr=False)
    districts: tuple[str, ...]
    public_url: str
    data_dir: Path
    tiles: TileSetting
    is_secure: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A staff member who asks for a page.

    Attributes:
        staff: who asks; their areas limit every query.
        csrf: what each of their forms carries; templates write ``{{ csrf_field }}``.
        request: what is asked.
        console: what pages work with.
    """

    staff: Staff
    csrf: str = field(repr=False)
    request: Request
    console: Console

    @property
    def actor(self) -> str:
        """Who does it, as the audit log names them."""
        return f"staff:{self.staff.id}"

    @property
    def now(self) -> datetime:
        """The time, aware."""
        return self.console.clock()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a snapshot of the database, off the event loop.

        Raises:
            StorageError: when the store cannot be read.
        """
        return await run_in_threadpool(self.console.database.read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction and return its value once that is committed.

        Raises:
            StorageError: when the store refused; nothing of ``work`` is kept.
        """
        return await run_in_threadpool(self.console.database.write, work)


Page = Callable[[Signed], Awaitable[Response]]


class Refused(Exception):
    """What was asked is not done; any page may raise it.

    Attributes:
        words: what people read, in Chinese: what failed, and what to do instead.
        status: the HTTP status.
    """

    permanent = True

    def __init__(self, words: str, status: int = 422) -> None:
        self.words = words
        self.status = status
        super().__init__(f"{status}: {words}")


@dataclass(frozen=True, slots=True)
class Task:
    """Something on the home page that waits for this staff member.

    Attributes:
        title: what waits, in Chinese.
        count: how many; a task with none is shown quietly.
        path: the page where it is done.
        is_urgent: whether it is shown first and marked.
    """

    title: str
    count: int
    path: str
    is_urgent: bool = False


# Given a snapshot, who looks, and the time; sees no more than their area.
HomeCard = Callable[[Connection, Staff, datetime], Sequence[Task]]


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation.

    Attributes:
        title: as people read it, four characters or so.
        path: its first page, a full path.
        roles: who sees it; empty for everybody.
        home: what of it waits for somebody, for the home page.
        actions: how the audit log's page words its actions: ``case.moved`` → 「流转案件」.
    """

    title: str
    path: str
    roles: tuple[Role, ...] = ()
    home: HomeCard | None = None
    actions: Mapping[str, str] = field(default_factory=dict)

    def is_for(self, staff: Staff) -> bool:
        """Whether somebody finds it in their navigation."""
        return not self.roles or staff.has(*self.roles)


class PageModule(Protocol):
    """A module of pages: ``bot.console.cases``, say."""

    @property
    def SECTION(self) -> Section | None:  # noqa: N802 - a constant of the module
        """Its entry of the navigation, None without one."""

    def routes(self) -> list[Route]:
        """Return its routes, each made by ``shell.page``."""
