"""A case that staff enter for others (代为登记): told by telephone, on paper, or in a message.

``?from=CODE`` of a resident's message fills in its words and its building, never who wrote it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.console.case_desk import PATH, CaseDesk
from bot.console.case_entry_forms import (
    CAME,
    DISTRICT,
    MOST_SAID,
    NO_CATEGORY,
    NO_PLACE,
    Typed,
    kept_of,
    require_whole,
    typed_in,
)
from bot.console.case_forms import MOST_BYTES
from bot.console.case_orders import without_phones
from bot.console.case_page import Problem
from bot.console.case_problems import problem_words
from bot.console.field_forms import BUILDING, STREET
from bot.console.inbox_desk import area_of as inbox_area
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.posts import Places, read_places
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from bot.desk_asked_store import asked_at
from community.staff import ROLES as ALL_ROLES
from community.staff import Area, Role, Staff
from hazards.cases import Actor, Case, CaseError
from hazards.categories import UnknownCategory
from hazards.drafts import Where
from hazards.entering import Entering, Entry
from hazards.inspection_store import Ground, find_ground, grounds
from hazards.intake import Intake, IntakeError, NoPlace
from hazards.photos import KeptPhoto
from hazards.routing import NoSuchRoute
from hazards.spot import Found
from storage import read_code

NEW = f"{PATH}/new"
ENTERERS: tuple[Role, ...] = (
    "grid_worker",
    "supervisor",
    "reviewer",
    "duty_officer",
    "administrator",
)
OUTDATED = "这一页太旧了，请刷新再办。"
USED_BEFORE = "这一页以前用过了，请重新打开再填。"
NO_MESSAGE = "没有这条留言，或者不在你的范围里。"
NO_ROUTE = "这里还没定好这一类隐患由谁办，登记不了。请先选相近的类别，再请管理员补上分工。"
NOT_TAKEN = "没有登记上。请看看地点和类别，再点一次。"
ENTERED = "登记好了。"
REPEATED = "这一份刚才已经登记了，没有重复登记。"


@dataclass(frozen=True, slots=True)
class Choices:
    """The places that somebody may enter a case for."""

    grounds: list[Ground]
    places: Places


def routes(desk: CaseDesk) -> list[Route]:
    """Return the form, and where it is sent."""
    enter = partial(enter_case, desk)
    return [
        page(NEW, partial(show_new, desk), *ENTERERS),
        page(NEW, enter, *ENTERERS, methods=("POST",), most_bytes=MOST_BYTES),
    ]


def entry_area(staff: Staff) -> Area:
    """Return where somebody may enter cases."""
    return staff.area(*ENTERERS)


async def show_new(desk: CaseDesk, signed: Signed) -> Response:
    """Show the form, filled in with what a message says where one is named."""
    code = signed.request.query_params.get("from", "")
    if not code:
        return await _shown(desk, signed, Typed())
    inbox = inbox_area(signed.staff)
    asked = await signed.read(lambda db: asked_at(db, inbox, code))
    if asked is None:
        raise Refused(NO_MESSAGE, 404)
    place = f"{BUILDING}:{asked.building_code}" if asked.building_code else ""
    said = without_phones(asked.said)[:MOST_SAID]
    typed = Typed(said=said, place=place, came="message", has_media=asked.has_media)
    return await _shown(desk, signed, typed)


async def enter_case(desk: CaseDesk, signed: Signed) -> Response:
    """Take the form; what is refused is shown again as it was typed."""
    form = await form_of(signed)
    typed = typed_in(form)
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if not operation:
        raise Refused(OUTDATED, 400)
    now = signed.now
    try:
        require_whole(desk, typed)
        photos = await kept_of(desk, form)
        case, said = await signed.write(
            lambda db: _entered(db, desk, signed, (operation, typed, photos), now)
        )
    except (Refused, CaseError, IntakeError, NoPlace, UnknownCategory, NoSuchRoute) as error:
        return await _shown(desk, signed, typed, _problem(error))
    return redirect(signed, f"{PATH}/{case.code}", said)


async def _shown(
    desk: CaseDesk, signed: Signed, typed: Typed, problem: Problem | None = None
) -> HTMLResponse:
    area = entry_area(signed.staff)
    choices = await signed.read(lambda db: _choices(db, desk, area, typed))
    places = choices.places
    return render(
        signed,
        "cases/new.html",
        problem.status if problem else 200,
        problem=problem,
        typed=typed,
        grounds=choices.grounds,
        streets=[
            (id_, name)
            for id_, name in places.streets.items()
            if area.holds(places.of_street[id_], id_)
        ],
        districts=[(id_, one.name) for id_, one in places.districts.items() if area.holds(id_)],
        groups=desk.categories.groups,
        came=list(CAME.items()),
        operation=new_operation(),
    )


def _choices(db: Connection, desk: CaseDesk, area: Area, typed: Typed) -> Choices:
    """Return the buildings by name, the one chosen among them however many there are."""
    found = grounds(db, area)
    chosen = _ground(db, area, typed.place_id) if typed.kind == BUILDING else None
    if chosen is not None and all(one.building.id != chosen.building.id for one in found):
        found.append(chosen)
    found.sort(key=lambda one: one.building.full_name)
    return Choices(found, read_places(db, desk.districts))


def _entered(
    db: Connection,
    desk: CaseDesk,
    signed: Signed,
    sent: tuple[str, Typed, tuple[KeptPhoto, ...]],
    now: datetime,
) -> tuple[Case, str]:
    """Return the case, and what is said about it; a form sent twice opens one."""
    token, typed, photos = sent
    staff = signed.staff
    intake = Intake(desk.rules, desk.districts, desk.categories, signed.console.key)
    entering, operation = Entering(intake), f"entered:{staff.id}:{token}"
    if not claim(db, staff.id, token, now):
        return _earlier(entering.entered(db, operation)), REPEATED
    district_id, street_id, where = _where(db, desk, entry_area(staff), typed)
    found = Found(operation, district_id, typed.category, where, typed.said)
    entry = Entry(found, f"代为登记：{CAME[typed.came]}", photos, typed.external_number)
    actor = _actor(staff, district_id, street_id)
    return entering.enter(db, entry, actor, now), ENTERED


def _earlier(case: Case | None) -> Case:
    if case is None:
        raise Refused(USED_BEFORE, 409)
    return case


def _where(
    db: Connection, desk: CaseDesk, area: Area, typed: Typed
) -> tuple[str, int | None, Where]:
    """Return the district, the street and the place that were chosen, within the area."""
    told = Where(words=typed.place_words, floor=typed.floor)
    if typed.kind == BUILDING and (ground := _ground(db, area, typed.place_id)) is not None:
        one = ground.building
        return one.district_id, ground.street_id, replace(told, building_id=one.id)
    if typed.kind == STREET:
        places = read_places(db, desk.districts)
        id_ = next((one for one in places.streets if str(one) == typed.place_id), None)
        if id_ is not None and area.holds(places.of_street[id_], id_):
            return places.of_street[id_], id_, replace(told, street_id=id_)
    if typed.kind == DISTRICT and typed.place_id in desk.districts and area.holds(typed.place_id):
        return typed.place_id, None, told
    raise Refused(NO_PLACE)


def _ground(db: Connection, area: Area, typed: str) -> Ground | None:
    code = read_code(typed)
    return None if code is None else find_ground(db, area, code)


def _actor(staff: Staff, district_id: str, street_id: int | None) -> Actor:
    """Return somebody in the first of their roles that covers a place."""
    held = {post.role for post in staff.posts if post.area.holds(district_id, street_id)}
    role = next((one for one in ALL_ROLES if one in ENTERERS and one in held), None)
    if role is None:
        raise Refused(NO_PLACE)
    return Actor(role, staff.id)


def _problem(error: Exception) -> Problem:
    """Return why nothing was entered."""
    if isinstance(error, Refused):
        return Problem(error.words, status=error.status)
    if isinstance(error, CaseError):
        return Problem(problem_words(error), status=422)
    words = next((words for kind, words in _PLAIN if isinstance(error, kind)), NOT_TAKEN)
    return Problem(words, status=422)


_PLAIN: tuple[tuple[type[Exception], str], ...] = (
    (NoPlace, NO_PLACE),
    (UnknownCategory, NO_CATEGORY),
    (NoSuchRoute, NO_ROUTE),
)
