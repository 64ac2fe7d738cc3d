"""外出巡查: what staff do outside, with a phone, often without a network.

``FieldPages(desk)`` is the page module that the composition root joins. The first page and the
form of 当场整改 are kept by a service worker, and what was filled in by the browser's database;
see ``static/field.js``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.console import field_inspections, field_spot
from bot.console.field_desk import (
    FIXERS,
    INSPECTORS,
    PATH,
    VIEWERS,
    FieldDesk,
    inspecting_area,
)
from bot.console.shell import Section, Signed, Task, guarded, page, render
from community.staff import Staff
from hazards.inspection_store import Ground, ground_of, open_count, open_inspections
from hazards.inspections import Inspection

WORKER = f"{PATH}/worker.js"
WORKER_FILE = Path(__file__).parent / "static" / "field_worker.js"
ACTIONS: Mapping[str, str] = MappingProxyType({"inspection.finished": "做完一次巡查"})


@dataclass(frozen=True, slots=True)
class FieldPages:
    """The pages of work outside; given to ``console_routes``."""

    desk: FieldDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("外出巡查", PATH, VIEWERS, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            page(PATH, partial(show_field, self.desk), *VIEWERS),
            page(f"{PATH}/session", show_session),
            Route(WORKER, guarded(_Worker(WORKER_FILE.read_bytes()))),
            *field_spot.routes(self.desk),
            *field_inspections.routes(self.desk),
        ]


class _Worker:
    """Serves the script that keeps the pages; it holds nothing of anybody."""

    def __init__(self, script: bytes) -> None:
        self._script = script

    async def __call__(self, request: Request) -> Response:
        """Answer with the script, allowed to keep the first page too."""
        del request
        headers = {"Service-Worker-Allowed": PATH, "Cache-Control": "no-cache"}
        return Response(self._script, headers=headers, media_type="text/javascript")


async def show_field(desk: FieldDesk, signed: Signed) -> Response:
    """Show what can be done outside, and what is under way."""
    under_way = await signed.read(lambda db: _under_way(db, signed.staff))
    return render(
        signed,
        "field/home.html",
        under_way=[(one, ground, len(one.left(desk.guide))) for one, ground in under_way],
        may_fix=signed.staff.has(*FIXERS),
        may_inspect=signed.staff.has(*INSPECTORS),
        title=desk.guide.title,
    )


async def show_session(signed: Signed) -> Response:
    """Tell the page's script who is signed in now, and the token for what it sends."""
    return JSONResponse({"staff": signed.staff.id, "csrf": signed.csrf})


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return what waits for somebody: inspections that they have not finished."""
    del now
    return [Task("没做完的巡查", open_count(db, staff.id), PATH)]


def _under_way(db: Connection, staff: Staff) -> list[tuple[Inspection, Ground]]:
    """Return somebody's inspections under way, where their posts still cover the building."""
    area = inspecting_area(staff)
    return [
        (one, ground)
        for one in open_inspections(db, staff.id)
        if (ground := ground_of(db, one.building_id)) is not None
        and area.holds(one.district_id, ground.street_id)
    ]
