"""The register of hazards (隐患台账) taken away as XLSX or CSV, by the filters of the queue.

``ExportPages(desk)`` is the page module.
"""

from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_desk import ROLES, CaseDesk
from bot.console.case_filters import Typed, filter_of, streets_in, typed_in, units_in
from bot.console.downloads import Table, download, form_in
from bot.console.posts import Places, read_places
from bot.console.shell import Section, Signed, page, render, shell_of
from community import audit
from community.staff import Role
from hazards.queue_store import CaseFilter, state_counts
from hazards.register_export import COLUMNS, Names, register_rows
from hazards.transitions import LEVEL_NAMES, OPEN, STATE_NAMES, STATES

PATH = "/console/exports"
# Grid workers look at their cases one by one.
TAKERS: tuple[Role, ...] = tuple(role for role in ROLES if role != "grid_worker")
ACTIONS = {"register.exported": "导出隐患台账"}
OPEN_ONLY = "open"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases are asked for."""

    typed: Typed
    filter: CaseFilter
    names: Names


@dataclass(frozen=True, slots=True)
class ExportPages:
    """The pages of the register; given to ``console_routes``."""

    desk: CaseDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("台账导出", PATH, TAKERS, actions=ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            page(PATH, partial(show, self.desk), *TAKERS),
            page(f"{PATH}/register.{{form}}", partial(take_away, self.desk), *TAKERS),
        ]


async def show(desk: CaseDesk, signed: Signed) -> Response:
    """Show the filters, and how many cases they find."""
    now = signed.now

    def read(db: Connection) -> tuple[Asked, Places, int]:
        places = read_places(db, desk.districts)
        asked = _asked(desk, signed, places)
        return asked, places, sum(state_counts(db, asked.filter, now).values())

    asked, places, count = await signed.read(read)
    area = signed.staff.area(*TAKERS)
    own = [(id_, one.name) for id_, one in desk.districts.items() if id_ in signed.staff.districts]
    return render(
        signed,
        "exports/show.html",
        typed=asked.typed,
        chosen=_chosen(signed, asked.typed),
        query=_query(signed, asked.typed),
        count=count,
        districts=own if len(own) > 1 else [],
        states=[(OPEN_ONLY, "全部在办"), *((state, STATE_NAMES[state]) for state in STATES)],
        categories=[(one.id, one.name) for one in desk.categories.all],
        streets=streets_in(area, places),
        units=units_in(area, places),
        levels=list(enumerate(LEVEL_NAMES))[1:],
        columns=COLUMNS,
    )


async def take_away(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with the register; its rows are read a page at a time while it is taken."""
    form, now = form_in(signed.request.path_params["form"]), signed.now

    def prepare(db: Connection) -> Asked:
        asked = _asked(desk, signed, read_places(db, desk.districts))
        # What was typed into the address may be anything; the log takes known places alone.
        of = asked.typed.district if asked.typed.district in desk.districts else ""
        audit.note(
            db,
            actor=signed.actor,
            action="register.exported",
            subject="",
            detail={"form": form, "street": asked.filter.street_id or 0},
            now=now,
            district_id=of,
        )
        return asked

    asked = await signed.write(prepare)
    zone = shell_of(signed.request).zone
    rows = partial(register_rows, signed.console.database, asked.filter, asked.names, now)
    return await download(
        Table(f"hazards-{now.astimezone(zone):%Y%m%d}", COLUMNS, rows, zone), form
    )


def _asked(desk: CaseDesk, signed: Signed, places: Places) -> Asked:
    """Return what an address asks for; unlike the queue, ended cases too, unless it says open."""
    typed = typed_in(signed.request.query_params)
    wanted = filter_of(typed, signed.staff.area(*TAKERS), places, shell_of(signed.request).zone)
    if not typed.states:
        every = OPEN if _is_open_only(signed) else frozenset(STATES)
        wanted = replace(wanted, states=every)
    return Asked(typed, wanted, Names(desk.categories, desk.districts, places.streets))


def _is_open_only(signed: Signed) -> bool:
    return signed.request.query_params.get("state") == OPEN_ONLY


def _chosen(signed: Signed, typed: Typed) -> str:
    if _is_open_only(signed):
        return OPEN_ONLY
    return typed.states[0] if len(typed.states) == 1 else ""


def _query(signed: Signed, typed: Typed) -> str:
    parts = [f"state={OPEN_ONLY}"] if _is_open_only(signed) else []
    parts += [typed.query] if typed.query else []
    return f"?{'&'.join(parts)}" if parts else ""
