"""What the pages about cases work with, who they are for, and how they find a case."""

from asyncio import Semaphore
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from random import random

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from bot.console.case_looks_store import visible_case
from bot.console.shell import Refused, Signed
from bot.papers.typesetting import Typesetter
from community.districts import District
from community.staff import ROLES as ALL_ROLES
from community.staff import Area, Role, Staff
from hazards.case_reach import CASE_ROLES, covers
from hazards.case_rules import Rules
from hazards.cases import Actor, Case, NotAllowed
from hazards.categories import Categories
from hazards.photos import KeptPhoto, Photos
from hazards.transitions import HANDLE, MOVES, REVIEW, SUPERVISE

PATH = "/console/cases"
ROLES = CASE_ROLES
MOST_AT_ONCE = 2
NO_CASE = "没有这个案件，或者不在你的范围里。"

# Who may do what changes a case without moving it, as ``hazards.case_changes`` asks.
ON_THE_CASE = SUPERVISE | HANDLE | {"grid_worker"}
CHANGES: Mapping[str, frozenset[str]] = {
    "note": ON_THE_CASE,
    "external_number": ON_THE_CASE,
    "pause": SUPERVISE,
    "resume": SUPERVISE,
    "level": SUPERVISE,
    "major": SUPERVISE,
    "summary": SUPERVISE,
    "place": SUPERVISE,
    "category": REVIEW,
    "publish": REVIEW,
    "merge": REVIEW,
    "split": REVIEW,
    "false": REVIEW,
    "mask": REVIEW,
}


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """What every page about cases works with.

    Attributes:
        rules: of casework, those of the chat's intake.
        districts: those served, by id.
        categories: there are.
        photos: keeps and reads them.
        typesetter: sets the papers.
        draw: within 0 and 1, whether what was closed on the spot is looked at again.
        cleaning: held while a photo is made anew, which takes up to 400 MB.
    """

    rules: Rules
    districts: Mapping[str, District]
    categories: Categories
    photos: Photos
    typesetter: Typesetter
    draw: Callable[[], float] = random
    cleaning: Semaphore = field(default_factory=lambda: Semaphore(MOST_AT_ONCE))

    async def keep_photo(self, data: bytes) -> KeptPhoto:
        """Make a photo anew and keep it, off the event loop, few at a time.

        Raises:
            PhotoRefused: when it is no photo, too large, or broken.
            OSError: when the disk refuses.
        """
        async with self.cleaning:
            return await run_in_threadpool(self.photos.keep, data)


def area_of(staff: Staff) -> Area:
    """Return where somebody may see cases."""
    return staff.area(*ROLES)


def case_at(db: Connection, signed: Signed) -> Case:
    """Return the case that an address names by its ``code``.

    Raises:
        Refused: as if there were none, when it lies outside the area.
    """
    return case_of(db, signed.staff, signed.request.path_params["code"])


def case_of(db: Connection, staff: Staff, typed: str) -> Case:
    """Return a case by its code as somebody typed it; raises as ``case_at``."""
    case = visible_case(db, area_of(staff), typed)
    if case is None:
        raise Refused(NO_CASE, 404)
    return case


def role_for(staff: Staff, case: Case, name: str) -> Role | None:
    """Return the role in which somebody may make a move, or one of ``CHANGES``; None for none."""
    return role_among(staff, case, MOVES[name].roles if name in MOVES else CHANGES[name], name)


def role_among(staff: Staff, case: Case, roles: Collection[str], action: str) -> Role | None:
    """Return which of ``roles`` somebody holds for a case."""
    return next(
        (role for role in ALL_ROLES if role in roles and covers(staff, case, role, action)), None
    )


def actor_for(staff: Staff, case: Case, name: str) -> Actor:
    """Return somebody as they act on a case.

    Raises:
        NotAllowed: when none of their roles covers it.
    """
    role = role_for(staff, case, name)
    if role is None:
        raise NotAllowed(case, name, Actor("resident", staff.id))
    return Actor(role, staff.id)
