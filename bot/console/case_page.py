"""The page of one case: what it is, what was sent, what happened, and what may be done now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from bot.console.audit_store import AuditFilter, filtered_entries
from bot.console.case_desk import (
    CHANGES,
    CaseDesk,
    area_of,
    case_at,
    role_for,
)
from bot.console.case_looks_store import visible_cases
from bot.console.case_map import Marker, markers_of
from bot.console.case_orders import order_text, without_phones
from bot.console.case_place import Choices, choices_for
from bot.console.case_words import (
    PRIVACIES,
    PURPOSES,
    REASONS,
    STANDINGS,
    CaseWords,
    Line,
    due_words,
    is_due_soon,
    lines_of,
    spaced,
    state_name,
)
from bot.console.operation_store import new_operation
from bot.console.people_store import staff_names
from bot.console.posts import read_places
from bot.console.shell import Signed, render
from community.districts import District
from community.staff import Staff
from community.vault import OPENING_ROLES
from hazards.case_store import CasePhoto, CaseReport, events_of, photos_of, reports_of
from hazards.case_write_store import has_claimed
from hazards.cases import Case
from hazards.deadline_rules import rules_at
from hazards.duplicate_store import suggest
from hazards.duplicates import Suggestion
from hazards.merging import merges_of
from hazards.routing import NoSuchRoute, Route, route
from hazards.transitions import LEVEL_NAMES, MOVES, RUNNING, Move, State

# Done by other forms than the moves' own.
ELSEWHERE = frozenset({"mark_duplicate", "withdraw"})
CHECKED: frozenset[State] = frozenset({"verified", "closed"})
WITH_PHOTOS = frozenset({"claim_fix", "confirm_fixed", "verify", "send_back", "reopen"})
MOST_SHOWN_PHOTOS = 3
MOST_ACTIONS = 500


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that may be the same thing, with what speaks for it and its photos."""

    case: Case
    suggestion: Suggestion
    photos: list[CasePhoto]


@dataclass(frozen=True, slots=True)
class Merged:
    """A case that this one has taken in; ``id`` is the merge's."""

    id: int
    case: Case


@dataclass(frozen=True, slots=True)
class Looked:
    """All that the page shows of a case, read on one snapshot.

    Attributes:
        moves: that this member of staff may make now.
        may: what else they may do, of ``CHANGES``.
        is_own_fix: they have claimed the fix, so somebody else verifies and closes.
        into: the case that took this one in.
        spots: where it can be put to, when it has no street or that is asked for.
    """

    case: Case
    words: CaseWords
    reports: list[CaseReport]
    photos: list[CasePhoto]
    lines: list[Line]
    alike: list[Alike]
    merged: list[Merged]
    into: Case | None
    moves: list[Move]
    may: frozenset[str]
    is_own_fix: bool
    spots: Choices | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step was not done, and what was written for it."""

    words: str
    written: str = ""
    status: int = 409


async def show_case(desk: CaseDesk, signed: Signed) -> Response:
    """Show a case."""
    return await render_case(desk, signed)


async def render_case(
    desk: CaseDesk, signed: Signed, problem: Problem | None = None
) -> HTMLResponse:
    """Return the page of the case that the address names, as it stands by now.

    Raises:
        Refused: when there is none within the area.
    """
    now = signed.now
    looked = await signed.read(lambda db: look_at(db, desk, signed, now))
    case, district = looked.case, desk.districts[looked.case.district_id]
    return render(
        signed,
        "cases/case.html",
        problem.status if problem else 200,
        problem=problem,
        look=looked,
        case=case,
        words=looked.words,
        code=spaced(case.code),
        state=state_name(case.state),
        due=due_words(case, now),
        is_overdue=case.is_overdue(now),
        is_due_soon=is_due_soon(case, now),
        is_running=case.state in RUNNING,
        to_confirm=is_to_confirm(district, case),
        route=_route(district, case),
        operation=new_operation(),
        order=order_text(looked, district, now),
        markers=_markers(signed, looked, now),
        tiles=signed.console.tiles,
        unit_pairs=[(one.id, looked.words.unit(case, one.id)) for one in district.departments],
        categories=[(one.id, one.name) for one in desk.categories.all],
        category=desk.categories.get(case.category),
        levels=list(enumerate(LEVEL_NAMES))[case.level + 1 :],
        opens_identity=signed.staff.has(*OPENING_ROLES),
        with_photos=WITH_PHOTOS,
        without_phones=without_phones,
        **_NAMES,
    )


def look_at(db: Connection, desk: CaseDesk, signed: Signed, now: datetime) -> Looked:
    """Return what the page shows of the case that an address names."""
    case, staff = case_at(db, signed), signed.staff
    words = CaseWords(desk.categories, read_places(db, desk.districts))
    events = events_of(db, case.id)
    names = staff_names(db, {one.staff_id for one in events if one.staff_id is not None})
    is_own_fix = has_claimed(db, case.id, staff.id)
    may = frozenset(name for name in CHANGES if role_for(staff, case, name))
    into = visible_cases(db, area_of(staff), [case.merged_into or 0])
    return Looked(
        case=case,
        words=words,
        reports=reports_of(db, case.id),
        photos=photos_of(db, case.id),
        lines=lines_of(events, names, _actions(db, case), words),
        alike=_alike(db, case, staff, now) if "merge" in may and case.is_open else [],
        merged=_merged(db, case, staff),
        into=into.get(case.merged_into or 0),
        moves=moves_for(staff, case, is_own_fix=is_own_fix),
        may=may,
        is_own_fix=is_own_fix,
        spots=choices_for(db, case, words.places) if is_placing(signed, case, may) else None,
    )


def is_placing(signed: Signed, case: Case, may: frozenset[str]) -> bool:
    """Tell whether the page has the form of the place: without a street, or when asked for."""
    is_asked = "place" in signed.request.query_params
    return "place" in may and case.is_open and (case.street_id is None or is_asked)


def moves_for(staff: Staff, case: Case, *, is_own_fix: bool) -> list[Move]:
    """Return the moves that somebody may make on a case now, in the order of the table."""
    return [
        move
        for move in MOVES.values()
        if case.state in move.froms
        and move.name not in ELSEWHERE
        and not (is_own_fix and move.to in CHECKED)
        and role_for(staff, case, move.name)
    ]


def _actions(db: Connection, case: Case) -> dict[int, str]:
    """Return what the audit log calls the latest events of a case, by their ids."""
    wanted = AuditFilter(frozenset({case.district_id}), subject=f"case:{case.id}")
    noted = [entry.detail for entry in filtered_entries(db, wanted, most=MOST_ACTIONS)]
    return {int(one["event"]): str(one.get("action", "")) for one in noted if "event" in one}


def _alike(db: Connection, case: Case, staff: Staff, now: datetime) -> list[Alike]:
    found = {one.case_id: one for one in suggest(db, case.id, now)}
    cases = visible_cases(db, area_of(staff), found)
    return [
        Alike(cases[id_], one, kept(photos_of(db, id_))[:MOST_SHOWN_PHOTOS])
        for id_, one in found.items()
        if id_ in cases
    ]


def _merged(db: Connection, case: Case, staff: Staff) -> list[Merged]:
    merges = merges_of(db, case.id)
    cases = visible_cases(db, area_of(staff), [one.merged_id for one in merges])
    return [Merged(one.id, cases[one.merged_id]) for one in merges if one.merged_id in cases]


def kept(photos: list[CasePhoto]) -> list[CasePhoto]:
    """Return the photos that can be shown."""
    return [one for one in photos if one.file_id is not None]


def _markers(signed: Signed, looked: Looked, now: datetime) -> list[Marker]:
    return markers_of([looked.case], looked.words, signed.console.tiles.datum, now)


def is_to_confirm(district: District, case: Case) -> bool:
    """Tell whether the deadline is a proposal that the district has yet to confirm."""
    on = case.round_at.astimezone(ZoneInfo(district.timezone)).date()
    return rules_at(district, on).is_to_confirm


def _route(district: District, case: Case) -> Route | None:
    try:
        return route(district, case.category)
    except NoSuchRoute:
        return None


_NAMES: Mapping[str, Mapping[str, str]] = {
    "standings": STANDINGS,
    "privacies": PRIVACIES,
    "purposes": PURPOSES,
    "reasons": REASONS,
}
