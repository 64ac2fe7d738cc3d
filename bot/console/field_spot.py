"""当场整改: found, put right, two photos, one form; perhaps sent hours later, by a phone.

The same form is sent by the page as it stands, or by its script, which keeps it while there is
no network and asks for JSON. Each has a UUID, and so one effect.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.console.case_problems import problem_words
from bot.console.case_words import spaced
from bot.console.field_desk import FIXERS, PATH, FieldDesk, fixing_area, ground_in
from bot.console.field_forms import (
    BUILDING,
    MOST_SPOT_BYTES,
    NO_CATEGORY,
    NO_PLACE,
    SpotForm,
    kept,
    new_form,
    spot_form,
)
from bot.console.shell import Refused, Signed, page, redirect, render
from community.offline import Operation, OperationOfAnother
from community.offline_store import take
from community.register_store import all_streets
from community.registers import Street
from community.staff import Area
from hazards.cases import Actor, CaseError
from hazards.drafts import Where
from hazards.inspection_store import grounds
from hazards.routing import NoSuchRoute
from hazards.sites import NoPlace
from hazards.spot import BeforeAfter, Found
from hazards.submissions import IntakeError

KIND = "spot"
SPOT = f"{PATH}/spot"

SAME_PHOTO = "整改前、整改后是同一张照片，请换一张。"
USED_BEFORE = "这一份以前用过了，请刷新页面重新填。"
CLOSED = "收到了，已销号：{code}。"
TO_CHECK = "收到了：{code}。这一件抽中复查，等督办员看过再销号。"
NOT_TAKEN = "这里归谁办还没有配置，没有收下。请改选楼栋，或者告诉管理员。"
AGAIN = "这一份早就收到了，没有重复办：{code}。"


def routes(desk: FieldDesk) -> list[Route]:
    """Return the form, and where it is sent."""
    return [
        page(SPOT, partial(show_spot, desk), *FIXERS),
        page(
            SPOT,
            partial(take_spot, desk),
            *FIXERS,
            methods=("POST",),
            most_bytes=MOST_SPOT_BYTES,
        ),
    ]


async def show_spot(desk: FieldDesk, signed: Signed) -> Response:
    """Show the form; ``?building=CODE`` chooses the building that was scanned."""
    area = fixing_area(signed.staff)
    found, streets = await signed.read(lambda db: (grounds(db, area), _streets(db, desk, area)))
    found.sort(key=lambda one: one.building.full_name)
    return render(
        signed,
        "field/spot.html",
        operation=new_form(),
        grounds=found,
        streets=streets,
        groups=desk.intake.categories.groups,
        chosen=signed.request.query_params.get("building", "").upper(),
    )


async def take_spot(desk: FieldDesk, signed: Signed) -> Response:
    """Take the form: to a script as JSON, else with a page to go on from."""
    wants_json = "application/json" in signed.request.headers.get("accept", "")
    try:
        words, code = await _taken(desk, signed)
    except Refused as refused:
        if not wants_json:
            raise
        return JSONResponse({"why": refused.words}, 422)
    if wants_json:
        return JSONResponse({"words": words, "code": code})
    return redirect(signed, PATH, words)


async def _taken(desk: FieldDesk, signed: Signed) -> tuple[str, str]:
    """Return what is said to the sender, and the code of the case."""
    form = await spot_form(signed)
    if desk.intake.categories.get(form.category) is None:
        raise Refused(NO_CATEGORY)
    photos = BeforeAfter(await kept(desk.photos, form.before), await kept(desk.photos, form.after))
    if photos.is_same:
        raise Refused(SAME_PHOTO)
    now = signed.now
    try:
        outcome = await signed.write(lambda db: _done(db, desk, signed, (form, photos), now))
    except OperationOfAnother:
        raise Refused(USED_BEFORE, 409) from None
    except CaseError as error:
        raise Refused(problem_words(error)) from None
    except (IntakeError, NoPlace, NoSuchRoute):
        raise Refused(NOT_TAKEN) from None
    return outcome


def _done(
    db: Connection,
    desk: FieldDesk,
    signed: Signed,
    sent: tuple[SpotForm, BeforeAfter],
    now: datetime,
) -> tuple[str, str]:
    form, photos = sent
    staff = signed.staff

    def work() -> dict[str, str]:
        found = _found(db, desk, signed, form)
        case = desk.spot.fix(db, found, photos, Actor(FIXERS[0], staff.id), now)
        return {"code": case.code, "state": case.state}

    outcome = take(db, Operation(form.operation, staff.id, KIND), now, work)
    code = outcome.result["code"]
    said = CLOSED if outcome.result["state"] == "closed" else TO_CHECK
    return (AGAIN if outcome.is_repeat else said).format(code=spaced(code)), code


def _found(db: Connection, desk: FieldDesk, signed: Signed, form: SpotForm) -> Found:
    """Return what was found, at a place within the area."""
    area = fixing_area(signed.staff)
    if form.kind == BUILDING:
        one = ground_in(db, area, form.place).building
        where = Where(building_id=one.id, words=form.place_words, floor=form.floor)
        return Found(form.operation, one.district_id, form.category, where, form.said)
    street = next((one for one in _streets(db, desk, area) if str(one.id) == form.place), None)
    if street is None:
        raise Refused(NO_PLACE)
    where = Where(street_id=street.id, words=form.place_words, floor=form.floor)
    return Found(form.operation, street.district_id, form.category, where, form.said)


def _streets(db: Connection, desk: FieldDesk, area: Area) -> list[Street]:
    """Return the streets of an area, to choose where the building is not in the register."""
    return [
        one
        for district_id in desk.intake.districts
        for one in all_streets(db, district_id)
        if area.holds(district_id, one.id)
    ]
