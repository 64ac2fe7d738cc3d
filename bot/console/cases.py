"""The queue of cases (隐患办理): found by filters, overdue first, with saved views and a map.

``CasePages(desk)`` is the page module that the composition root joins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console import case_bulk, case_entry, case_papers, photos, views
from bot.console.case_actions import act_on_case
from bot.console.case_desk import PATH, ROLES, CaseDesk, area_of
from bot.console.case_filters import Typed, filter_of, streets_in, typed_in, units_in
from bot.console.case_forms import MOST_BYTES
from bot.console.case_map import show_map
from bot.console.case_page import show_case
from bot.console.case_words import CaseWords, due_words, is_due_soon, spaced, state_name
from bot.console.operation_store import new_operation
from bot.console.posts import read_places
from bot.console.shell import Refused, Section, Signed, Task, page, render, shell_of
from bot.console.view_store import View, views_of
from community.staff import Area, Role, Staff
from hazards.cases import Case
from hazards.queue_store import BadCursor, CaseFilter, CasePage, queue, state_counts
from hazards.transitions import LEVEL_NAMES, OPEN, STATE_NAMES, STATES, State

A_PAGE = 50
BAD_PLACE = "页码不对，请从“隐患办理”重新打开。"

# As the audit log's page words what casework notes.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "case.moved": "流转案件",
        "case.noted": "记录案件",
        "case.merged": "合并案件",
        "case.split": "拆分案件",
        "case.reminded": "催办案件",
        "case.escalated": "升级督办案件",
        "case.paused": "暂停计时",
        "case.resumed": "恢复计时",
        "case.asked": "请上报人确认",
        "photo.masked": "遮挡照片",
        "photo.released": "放行照片",
        "photo.taken_back": "收回照片",
        "report.false": "记为虚假上报",
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue."""

    case: Case
    code: str
    category: str
    place: str
    state: str
    level: str
    handler: str
    due: str
    is_overdue: bool
    is_due_soon: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the queue's page shows, read on one snapshot."""

    page: CasePage
    counts: Mapping[State, int]
    words: CaseWords
    views: list[View]


@dataclass(frozen=True, slots=True)
class CasePages:
    """The pages about cases; given to ``console_routes``."""

    desk: CaseDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("隐患办理", PATH, ROLES, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold a code."""
        desk = self.desk
        return [
            page(PATH, partial(list_cases, desk), *ROLES),
            page(f"{PATH}/map", partial(show_map, desk), *ROLES),
            *case_entry.routes(desk),
            *case_bulk.routes(desk),
            *views.routes(),
            page(f"{PATH}/{{code}}", partial(show_case, desk), *ROLES),
            page(
                f"{PATH}/{{code}}/do",
                partial(act_on_case, desk),
                *ROLES,
                methods=("POST",),
                most_bytes=MOST_BYTES,
            ),
            *case_papers.routes(desk),
            *photos.routes(desk),
        ]


async def list_cases(desk: CaseDesk, signed: Signed) -> Response:
    """Show a page of the queue."""
    typed, now = typed_in(signed.request.query_params), signed.now
    after = signed.request.query_params.get("after", "")
    try:
        found = await signed.read(lambda db: _found(db, desk, signed, typed, after))
    except BadCursor:
        raise Refused(BAD_PLACE, 400) from None
    area, places = area_of(signed.staff), found.words.places
    return render(
        signed,
        "cases/list.html",
        typed=typed,
        rows=[row_of(case, found.words, now) for case in found.page.cases],
        after=found.page.after,
        chips=_chips(typed, found.counts),
        views=found.views,
        bulk=case_bulk.names_for(signed.staff),
        operation=new_operation(),
        districts=_districts(desk, signed.staff),
        states=[(state, STATE_NAMES[state]) for state in STATES],
        categories=[(one.id, one.name) for one in desk.categories.all],
        streets=streets_in(area, places),
        units=units_in(area, places),
        levels=list(enumerate(LEVEL_NAMES))[1:],
        may_enter=signed.staff.has(*case_entry.ENTERERS),
    )


def row_of(case: Case, words: CaseWords, now: datetime) -> Row:
    """Return a case as a line of the queue."""
    return Row(
        case,
        spaced(case.code),
        words.category(case.category),
        words.place(case),
        state_name(case.state),
        words.level(case),
        words.unit(case, case.handler),
        due_words(case, now),
        case.is_overdue(now),
        is_due_soon(case, now),
    )


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return what waits for somebody: what is overdue, and what their roles are asked for."""
    area = area_of(staff)
    late = state_counts(db, CaseFilter(area, is_overdue=True), now)
    counts = state_counts(db, CaseFilter(area), now)
    tasks = [Task("超期的隐患", sum(late.values()), f"{PATH}?overdue=1", is_urgent=True)]
    for roles, states in _ASKED_OF:
        if staff.has(*roles):
            tasks += [_task(state, counts) for state in states]
    if staff.has(*_PAUSERS):
        # A stopped clock reminds nobody, so that it would stand for ever.
        paused = state_counts(db, CaseFilter(area, is_paused=True), now)
        tasks.append(Task("暂停计时的隐患", sum(paused.values()), f"{PATH}?paused=1"))
        tasks.append(_unplaced(db, staff, now))
    return list({task.path: task for task in tasks}.values())


def _unplaced(db: Connection, staff: Staff, now: datetime) -> Task:
    """Return the cases that no street sees until somebody of the whole district places them."""
    whole = Area(districts=staff.area(*_PAUSERS).districts)
    found = state_counts(db, CaseFilter(whole, is_unplaced=True), now)
    return Task("没有定到街道的隐患", sum(found.values()), f"{PATH}?unplaced=1")


def _task(state: State, counts: Mapping[State, int]) -> Task:
    title = f"{STATE_NAMES[state]}的隐患"
    return Task(title, counts.get(state, 0), f"{PATH}?state={state}")


_PAUSERS: tuple[Role, ...] = ("supervisor", "reviewer", "duty_officer", "administrator")
_ASKED_OF: tuple[tuple[tuple[Role, ...], tuple[State, ...]], ...] = (
    (("reviewer", "duty_officer", "administrator"), ("submitted", "screened", "returned")),
    (("supervisor", "reviewer", "duty_officer"), ("reopened", "fix_claimed", "verified")),
    (("department",), ("assigned", "rectifying", "reopened")),
)


def _found(db: Connection, desk: CaseDesk, signed: Signed, typed: Typed, after: str) -> Found:
    places, now = read_places(db, desk.districts), signed.now
    wanted = filter_of(typed, area_of(signed.staff), places, shell_of(signed.request).zone)
    return Found(
        queue(db, wanted, now, after=after, most=A_PAGE),
        state_counts(db, _open_ones(wanted), now),
        CaseWords(desk.categories, places),
        views_of(db, signed.staff.id),
    )


def _open_ones(wanted: CaseFilter) -> CaseFilter:
    """Return the same filter for all open states; ended ones are too many to count each time."""
    narrow = ("category", "street_id", "handler", "level", "text", "external_number")
    ticks = ("is_overdue", "is_paused", "is_unplaced")
    names = (*narrow, *ticks, "opened_from", "opened_until")
    return CaseFilter(wanted.area, **{name: getattr(wanted, name) for name in names})


def _chips(typed: Typed, counts: Mapping[State, int]) -> list[tuple[str, str, int, bool]]:
    """Return (name, query, count, is chosen) for every open state that has cases."""
    return [
        (STATE_NAMES[state], typed.of_state(state), counts[state], typed.states == (state,))
        for state in STATES
        if state in OPEN and counts.get(state)
    ]


def _districts(desk: CaseDesk, staff: Staff) -> list[tuple[str, str]]:
    """Return the districts to choose among; none where there is but one."""
    own = [(id_, one.name) for id_, one in desk.districts.items() if id_ in staff.districts]
    return own if len(own) > 1 else []
