"""What is timed over a filled database: taking a report, suggesting duplicates, console pages.

The console is the mounted one, asked over HTTP by a signed-in reviewer of both districts.
"""

from __future__ import annotations

import math
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, select

from benchmarks.hazard_rows import DISTRICTS, NOW, Town, rules
from bot.charts.studio import Studio
from bot.console.case_desk import CaseDesk
from bot.console.cases import CasePages
from bot.console.exports import ExportPages
from bot.console.statistics import StatisticsPages
from bot.papers.typesetting import Typesetter
from community.store import account_of, resident_of
from hazards.categories import load_categories
from hazards.drafts import Draft, Where
from hazards.duplicate_store import suggest
from hazards.intake import Intake
from hazards.photos import Photos
from hazards.store import hazard_case
from hazards.submissions import Receipt, Submission
from storage import Database, RowId
from tests.bot.console.console_service import KEY, MovedClock, Visit, listening, post
from tests.bot.console.console_service import Town as Place

LOGIN = "bench"
CASES, STATISTICS, REGISTER = "/console/cases", "/console/statistics", "/console/exports"
SINCE = (NOW - timedelta(days=36 * 30)).date().isoformat()
# Each a way in which staff ask: what is open, the next page, what was closed, words, words
# that stand nowhere among all cases.
ASKED: tuple[dict[str, str], ...] = (
    {},
    {"overdue": "1"},
    {"state": "closed"},
    {"category": "lane_blocked", "state": "closed"},
    {"text": "翠湖苑17栋"},
    {"text": "没有这个地方", "state": "closed"},
)
WARM_UPS = 3

tables = MetaData()
bare = Table(
    "bare_report",
    tables,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False),
    Column("said", String(200), nullable=False),
)


@dataclass(frozen=True)
class Times:
    """How long something took, each time, in milliseconds; and what this process worked for it.

    A busy machine lengthens the first alone. The work of a PostgreSQL server is not in the second.
    """

    each: list[float]
    worked: float

    @property
    def median(self) -> float:
        """Half of them took no longer."""
        return statistics.median(self.each)

    @property
    def p99(self) -> float:
        """99 of 100 took no longer; of fewer than 100, the longest."""
        return sorted(self.each)[math.ceil(len(self.each) * 0.99) - 1]


@dataclass(frozen=True)
class Stream:
    """An export: how fast, and how much memory it took beside what was there before."""

    rows: int
    seconds: float
    grown_mib: float


def timed(act: Callable[[int], object], count: int) -> Times:
    """Time ``act``, called with 0, 1, 2 and so on, after some calls that do not count."""
    for number in range(WARM_UPS):
        act(-1 - number)
    each = []
    worked = time.process_time()
    for number in range(count):
        began = time.perf_counter()
        act(number)
        each.append(1000 * (time.perf_counter() - began))
    return Times(each, 1000 * (time.process_time() - worked) / count)


def plain_inserts(database: Database, count: int) -> Times:
    """Time the baseline of a submission: one row, one commit."""

    def work(db: Connection, number: int) -> None:
        db.execute(insert(bare).values(code=f"{number}", said="楼道堆了纸箱"))

    database.write(tables.create_all)
    return timed(lambda number: database.write(partial(work, number=number)), count)


def plain_selects(database: Database, cases: int, count: int) -> Times:
    """Time the baseline of what reads: one case by its id."""
    chance = random.Random(1)

    def work(db: Connection) -> object:
        wanted = select(hazard_case).where(hazard_case.c.id == chance.randint(1, cases))
        return db.execute(wanted).one()

    return timed(lambda _: database.read(work), count)


def submissions(database: Database, town: Town, count: int) -> Times:
    """Time ``Intake.submit`` with its commit, each by somebody else, of some building."""
    served = rules()
    intake = Intake(served, served.districts, load_categories(), KEY)
    chance = random.Random(2)
    names = iter([f"{random.SystemRandom().getrandbits(60)}" for _ in range(count + WARM_UPS)])
    drafts = [
        Draft(
            category=chance.choice(load_categories().all).id,
            said="楼道堆了纸箱和旧家具",
            where=Where(building_id=chance.choice(town.houses).id, floor="6楼"),
            begun_at=NOW,
            district_id=DISTRICTS[0],
        )
        for _ in range(count)
    ]

    def begun(db: Connection) -> tuple[int, int]:
        account = account_of(db, "wechat", next(names), NOW)
        return account, resident_of(db, account)

    people = [database.write(begun) for _ in range(count + WARM_UPS)]

    def work(db: Connection, number: int) -> Receipt:
        account, resident_id = people[number]
        submission = Submission("wechat", drafts[number % count], resident_id, account)
        return intake.submit(db, submission, NOW + timedelta(seconds=number))

    return timed(lambda number: database.write(partial(work, number=number)), count)


def suggestions(database: Database, count: int) -> Times:
    """Time what may be the same as some open case."""
    open_ones = select(hazard_case.c.id).where(hazard_case.c.closed_at.is_(None))
    ids = database.read(lambda db: db.scalars(open_ones).all())
    chosen = random.Random(3).choices(ids, k=count)

    def work(number: int) -> object:
        return database.read(lambda db: suggest(db, chosen[number], NOW))

    return timed(work, count)


@dataclass(frozen=True)
class Console:
    """The console, listening, with somebody signed in."""

    visit: Visit
    clock: MovedClock

    def queue(self, count: int) -> Times:
        """Time the queue's page, asked for in every way of ``ASKED`` in turn."""
        return timed(lambda n: self._page(f"{CASES}?{urlencode(ASKED[n % len(ASKED)])}"), count)

    def statistics(self, count: int) -> Times:
        """Time the page of all statistics since the first case, never as it was kept before."""

        def work(_: int) -> None:
            self.clock.forward(minutes=5)
            self._page(f"{STATISTICS}?since={SINCE}")

        return timed(work, count)

    def register(self) -> Stream:
        """Take the whole register away as CSV, as it comes."""
        before = most = _resident()
        began, rows = time.perf_counter(), -1  # the first line names the columns
        with self.visit.client.stream("GET", f"{REGISTER}/register.csv", timeout=900) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                rows += piece.count(b"\n")
                most = max(most, _resident())
        return Stream(rows, time.perf_counter() - began, (most - before) / 2**20)

    def _page(self, path: str) -> None:
        response = self.visit.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}: look at its log")


def _resident() -> int:
    """Return the bytes of memory that this process holds, as Linux counts them."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


@contextmanager
def opened_console(database: Database) -> Iterator[Console]:
    """Serve the console over a database, and sign a new reviewer of both districts in."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = Place(database, folder, MovedClock(NOW), DISTRICTS)
        login = f"{LOGIN}{random.SystemRandom().getrandbits(40)}"
        place.hire(login, *(post("reviewer", district) for district in DISTRICTS))
        served = rules()
        typesetter, studio = stack.enter_context(Typesetter()), stack.enter_context(Studio())
        photos = Photos(folder, KEY, {}, lambda _db, _photo: None)
        desk = CaseDesk(served, served.districts, load_categories(), photos, typesetter)
        pages = (CasePages(desk), StatisticsPages(desk, studio), ExportPages(desk))
        visit = Visit(stack.enter_context(listening(place, *pages)))
        stack.callback(visit.client.close)
        visit.client.timeout = 60
        if visit.sign_in(login).status_code != 303:
            raise RuntimeError("nobody could sign in to the console")
        yield Console(visit, place.clock)
