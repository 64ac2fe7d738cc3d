"""Drills (演练): the list, what waits for whom, and the way to plan one.

``DrillPages(desk)`` is the page module that the composition root joins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from bot.console import drill_plans, drill_reports
from bot.console.drill_acts import act_on_drill
from bot.console.drill_desk import PATH, ROLES, DrillDesk, area_of
from bot.console.drill_looks_store import Waiting, coming, waiting_for
from bot.console.drill_page import show_abort, show_counts, show_drill
from bot.console.drill_words import clock, spaced
from bot.console.shell import Section, Signed, Task, page, render
from community.staff import Staff
from drills.drill_store import drills_in
from drills.drills import HOLDING, OPEN, RUNNING, STATE_NAMES, STATES, Drill, State

# As the audit log's page words what is noted about drills.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "drill.planned": "计划演练",
        "drill.changed": "修改演练计划",
        "drill.moved": "推进演练",
        "drill.problem_noted": "记录演练问题",
        "drill.problem_solved": "演练问题整改完成",
        "drill.report_sealed": "封存演练报告",
        "drill.roster_printed": "打印演练点名册",
    }
)
# What a list is narrowed to, by the name in its address.
GROUPS: Mapping[str, tuple[str, frozenset[State]]] = MappingProxyType(
    {
        "coming": ("还没办的", HOLDING | {"postponed"}),
        "after": ("等总结、归档的", OPEN - HOLDING - {"postponed"}),
    }
)
FIRST_YEAR, LAST_YEAR = 2020, 2100
YEARS_SHOWN = 4
MOST_PAGE_DIGITS = 4
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list; ``tone`` is how its badge looks."""

    drill: Drill
    code: str
    state: str
    when: str
    tone: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for: a group, or a year with or without a state."""

    group: str
    year: int | None
    state: str
    page: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the list's page shows, read on one snapshot."""

    waiting: Waiting
    drills: Sequence[Drill]
    has_more: bool


@dataclass(frozen=True, slots=True)
class DrillPages:
    """The pages about drills; given to ``console_routes``."""

    desk: DrillDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("演练", PATH, ROLES, partial(waiting, self.desk), ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold a code."""
        desk, one = self.desk, f"{PATH}/{{code}}"
        return [
            page(PATH, partial(list_drills, desk), *ROLES),
            *drill_plans.routes(desk),
            page(one, partial(show_drill, desk), *ROLES),
            page(f"{one}/counts", partial(show_counts, desk), *ROLES),
            page(f"{one}/abort", partial(show_abort, desk), *ROLES),
            page(f"{one}/do", partial(act_on_drill, desk), *ROLES, methods=("POST",)),
            *drill_reports.routes(desk),
        ]


def waiting(desk: DrillDesk, db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return what waits for somebody; what is under way comes first."""
    found = waiting_for(db, staff, area_of(staff), _today(desk.parts.duties.zone, now))
    under_way = coming(db, area_of(staff), RUNNING)
    return [
        Task("正在进行的演练", len(under_way), PATH, is_urgent=True),
        Task("等我批准的演练", len(found.approve), PATH),
        Task("等着通知居民的演练", len(found.announce), PATH),
        Task("今天的演练", len(found.today), PATH),
    ]


async def list_drills(desk: DrillDesk, signed: Signed) -> Response:
    """Show the drills of one's area, and what of them waits for somebody."""
    now, zone = signed.now, desk.parts.duties.zone
    this_year = now.astimezone(zone).year
    asked = asked_by(signed.request.query_params)
    found = await signed.read(lambda db: _found(db, signed, asked, _today(zone, now)))
    return render(
        signed,
        "drills/list.html",
        asked=asked,
        groups=[(name, title) for name, (title, _) in GROUPS.items()],
        years=range(this_year + 1, this_year + 1 - YEARS_SHOWN, -1),
        states=[(state, STATE_NAMES[state]) for state in STATES],
        to_do=[
            ("正在进行和今天的", [row_of(desk, one) for one in found.waiting.today]),
            ("等我批准", [row_of(desk, one) for one in found.waiting.approve]),
            ("等着通知居民", [row_of(desk, one) for one in found.waiting.announce]),
        ],
        rows=[row_of(desk, one) for one in found.drills],
        has_more=found.has_more,
    )


def asked_by(query: QueryParams) -> Asked:
    """Return what an address asks for; what it does not hold is left out."""
    year, page_ = query.get("year", ""), query.get("page", "")
    known = {str(one) for one in range(FIRST_YEAR, LAST_YEAR)}
    state = query.get("state", "")
    group = query.get("group", "")
    return Asked(
        group if group in GROUPS else "",
        int(year) if year in known else None,
        state if state in set(STATES) else "",
        int(page_) if page_.isascii() and page_.isdigit() and len(page_) < MOST_PAGE_DIGITS else 0,
    )


def row_of(desk: DrillDesk, drill: Drill) -> Row:
    """Return a drill as a line of a list."""
    when = clock(drill.starts_at, desk.zone(drill.district_id))
    year = drill.starts_at.astimezone(desk.zone(drill.district_id)).year
    return Row(
        drill, spaced(drill.code), STATE_NAMES[drill.state], f"{year}年{when}", _tone(drill.state)
    )


def _tone(state: State) -> str:
    if state in RUNNING or state == "aborted":
        return "bad"
    if state in {"closed", "cancelled"}:
        return "quiet"
    return "good" if state in {"announced", "standby", "reported"} else ""


def _found(db: Connection, signed: Signed, asked: Asked, day: tuple[datetime, datetime]) -> Found:
    area = area_of(signed.staff)
    waits = waiting_for(db, signed.staff, area, day)
    if not (asked.year or asked.state):
        _, states = GROUPS[asked.group or "coming"]
        return Found(waits, coming(db, area, states), has_more=False)
    states = frozenset(one for one in STATES if one == asked.state) or frozenset(STATES)
    found = drills_in(db, area, states, asked.year, asked.page)
    return Found(waits, found.rows, found.has_more)


def _today(zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return when the local day of a moment begins, and when the next one does."""
    first = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return first, first + A_DAY
