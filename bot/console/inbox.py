"""The inbox (居民留言): what residents left for staff, by who waits longest.

``InboxPages(desk)`` is the page module that the composition root joins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console import inbox_answers, inbox_handover, inbox_thread
from bot.console.case_filters import streets_in
from bot.console.inbox_desk import LEADERS, PATH, ROLES, InboxDesk, area_of, place_words
from bot.console.inbox_words import KINDS
from bot.console.posts import Places, read_places
from bot.console.shell import Section, Signed, Task, page, render, shell_of
from bot.desk_inbox_store import MOST_THREADS, Listed, View, Wanted, count_waiting, threads
from community.staff import Staff

VIEWS: Mapping[View, str] = MappingProxyType(
    {"open": "等回复", "mine": "我接手的", "answered": "回过的"}
)
EMPTY: Mapping[View, str] = MappingProxyType(
    {
        "open": "没有等回复的留言。",
        "mine": "你没有接手的对话。打开一条留言，点“接手”。",
        "answered": "还没有回过的留言。",
    }
)
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "desk.taken": "接手居民对话",
        "desk.given_back": "交还居民对话",
        "desk.answered": "回复居民",
        "desk.dismissed": "记为不用回",
        "desk.escalated": "留言超期提醒",
        "desk.handed_over": "写交接班记录",
    }
)


@dataclass(frozen=True, slots=True)
class InboxPages:
    """The pages of the inbox; given to ``console_routes``."""

    desk: InboxDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("居民留言", PATH, ROLES, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold a code."""
        return [
            page(PATH, list_threads, *ROLES),
            *inbox_answers.routes(),
            *inbox_handover.routes(self.desk),
            *inbox_thread.routes(self.desk),
        ]


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:  # noqa: ARG001 - fits a card
    """Return how many residents wait, and to leaders how many for too long."""
    open_, late = count_waiting(db, area_of(staff))
    tasks = [Task("居民留言等回复", open_, PATH)]
    if staff.has(*LEADERS):
        overdue = count_waiting(db, staff.area(*LEADERS))[1] if late else 0
        tasks.append(Task("留言超期没回", overdue, PATH, is_urgent=True))
    return tasks


async def list_threads(signed: Signed) -> Response:
    """Show the conversations of one view: overdue ones first, then by when they are due."""
    given, now = signed.request.query_params, signed.now
    view: View = next((one for one in VIEWS if one == given.get("view")), "open")
    street = given.get("street", "")
    street_id = int(street) if street.isascii() and street.isdigit() and len(street) < 19 else None
    area = area_of(signed.staff)
    wanted = Wanted(area, signed.staff.id, view, street_id)
    districts = shell_of(signed.request).districts

    def read(db: Connection) -> tuple[list[Listed], Places, tuple[int, int]]:
        return threads(db, wanted, now), read_places(db, districts), count_waiting(db, area)

    found, places, counts = await signed.read(read)
    return render(
        signed,
        "inbox/list.html",
        rows=[(one, place_words(one.place, places)) for one in found],
        view=view,
        views=VIEWS,
        empty=EMPTY[view],
        counts=counts,
        street=street,
        streets=streets_in(area, places),
        kinds=KINDS,
        me=signed.staff.id,
        most=MOST_THREADS,
    )
