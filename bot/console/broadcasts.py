"""Notices (通知): the list, what waits for approval, and the section's routes.

``BroadcastPages(districts)`` is the page module that the composition root joins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.broadcast_acts import act_on_broadcast
from bot.console.broadcast_desk import PATH, ROLES, BroadcastDesk
from bot.console.broadcast_looks_store import broadcasts_seen, broadcasts_to_judge
from bot.console.broadcast_page import (
    MOST_DIGITS,
    show_broadcast,
    show_failures,
    show_progress,
)
from bot.console.broadcast_words import MODE_NAMES
from bot.console.broadcast_writing import edit_broadcast, new_broadcast
from bot.console.shell import Section, Signed, Task, page, render
from community.broadcast_rights_store import APPROVER_ROLES
from community.broadcast_store import PAGE_SIZE
from community.broadcast_totals_store import Totals, totals
from community.broadcasts import EDITABLE, ENDED, PURPOSE_NAMES, RUNNING, STATE_NAMES, Broadcast
from community.districts import District
from community.staff import Staff

# Each looks at every resident of its audience.
MOST_COUNTED = 10

# As the audit log's page words what is noted about notices.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "broadcast.made": "写了通知",
        "broadcast.made_approved": "发起通知",
        "broadcast.revised": "修改通知",
        "broadcast.submitted": "提交通知审核",
        "broadcast.approved": "通过通知",
        "broadcast.returned": "退回通知",
        "broadcast.expanding": "开始列通知名单",
        "broadcast.sending": "开始发通知",
        "broadcast.paused": "暂停通知",
        "broadcast.resumed": "恢复通知",
        "broadcast.completed": "通知发完",
        "broadcast.cancelled": "取消通知",
        "broadcast.expired": "通知过期",
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list shows, read on one snapshot."""

    to_judge: list[Broadcast]
    drafts: list[Broadcast]
    running: list[tuple[Broadcast, Totals | None]]
    past: list[Broadcast]


@dataclass(frozen=True, slots=True)
class BroadcastPages:
    """The pages about notices; given to ``console_routes``.

    Attributes:
        districts: those served, by id.
    """

    districts: Mapping[str, District]

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("通知", PATH, ROLES, lambda db, staff, _now: waiting(db, staff), ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold a code."""
        desk, one, both = BroadcastDesk(self.districts), f"{PATH}/{{code}}", ("GET", "POST")
        return [
            page(PATH, list_broadcasts, *ROLES),
            page(f"{PATH}/new", partial(new_broadcast, desk), *ROLES, methods=both),
            page(one, partial(show_broadcast, desk), *ROLES),
            page(f"{one}/edit", partial(edit_broadcast, desk), *ROLES, methods=both),
            page(f"{one}/progress", partial(show_progress, desk), *ROLES),
            page(f"{one}/failures", partial(show_failures, desk), *ROLES),
            page(f"{one}/do", partial(act_on_broadcast, desk), *ROLES, methods=("POST",)),
        ]


async def list_broadcasts(signed: Signed) -> Response:
    """Show what waits for approval, what is under way, and what is past."""
    typed = signed.request.query_params.get("before", "")
    is_place = typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS
    before = int(typed) if is_place else None
    found = await signed.read(lambda db: _listed(db, signed.staff, before))
    return render(
        signed,
        "broadcasts/list.html",
        found=found,
        is_first=before is None,
        following=found.past[-1].id if len(found.past) == PAGE_SIZE else 0,
        state_names=STATE_NAMES,
        purpose_names=PURPOSE_NAMES,
        mode_names=MODE_NAMES,
        path=PATH,
    )


def waiting(db: Connection, staff: Staff) -> list[Task]:
    """Return what waits for somebody: what they may approve, and what came back to them."""
    came_back = broadcasts_seen(db, staff, ["returned"])
    mine = sum(one.author_id == staff.id for one in came_back)
    tasks = [Task("退回给你修改的通知", mine, PATH)] if mine else []
    if staff.has(*APPROVER_ROLES):
        tasks.append(Task("等你审核的通知", len(broadcasts_to_judge(db, staff)), PATH))
    return tasks


def _listed(db: Connection, staff: Staff, before: int | None) -> Listed:
    past = broadcasts_seen(db, staff, ENDED, before)
    if before is not None:
        return Listed([], [], [], past)
    to_judge = broadcasts_to_judge(db, staff)
    known = {one.id for one in to_judge}
    drafts = broadcasts_seen(db, staff, EDITABLE | {"pending"})
    running = broadcasts_seen(db, staff, RUNNING | {"paused"})
    counted = {one.id: totals(db, one.id) for one in running[:MOST_COUNTED]}
    return Listed(
        to_judge,
        [one for one in drafts if one.id not in known],
        [(one, counted.get(one.id)) for one in running],
        past,
    )
