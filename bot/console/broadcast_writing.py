"""Writing a notice: the form, buildings found by words, and what is wrong said beside it."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.broadcast_desk import (
    PATH,
    BroadcastDesk,
    broadcast_at,
    path_of,
    problem_words,
    reach_of,
)
from bot.console.broadcast_forms import (
    LANE,
    MODES,
    PURPOSES,
    BadTime,
    Typed,
    Writer,
    draft_of,
    first_form,
    form_of_broadcast,
    operation_in,
    typed_in,
)
from bot.console.broadcast_looks_store import buildings_of_ids
from bot.console.broadcast_words import LANGUAGE_NAMES, MODE_NAMES
from bot.console.building_looks_store import Wanted, buildings_in
from bot.console.operation_store import new_operation
from bot.console.shell import Refused, Signed, form_of, redirect, render, text_of
from community.audience_store import places_of
from community.broadcast_rights_store import AUTHOR_ROLES
from community.broadcast_write_store import make, revise
from community.broadcasts import (
    EDITABLE,
    LIFE,
    MOST_TITLE_CHARACTERS,
    MOST_WORDS_CHARACTERS,
    PURPOSE_NAMES,
    BadBroadcast,
    Broadcast,
    Draft,
)
from community.register_store import all_communities, all_streets
from community.registers import Building, Community, Street
from community.staff import ROLE_NAMES, ROLES

BAD_TIME = "时间没看懂，请从日历里选。"
SAVED = "存好了。看看居民会读到什么，再提交审核。"
OUTDATED = "这一页开得太久。请复制写好的内容，刷新页面再试。"
NOT_NOW = "这条通知现在不能改：只有写的人能改，还要在草稿或退回的时候。"
NO_DISTRICT = "这里没有你负责的区县，不能写通知。请管理员看看你的职务。"
NOTHING_FOUND = "没有找到这样的楼栋，请换个名字，或用楼栋编号找。"


@dataclass(frozen=True, slots=True)
class Choices:
    """The places of somebody's area, to be ticked; ``found`` are buildings not ticked yet."""

    streets: list[Street]
    communities: list[tuple[Street, list[Community]]]
    chosen: list[Building]
    found: list[Building]


@dataclass(frozen=True, slots=True)
class Said:
    """What a form is shown again with."""

    problem: str = ""
    operation: str = ""
    status: int = 200


async def new_broadcast(desk: BroadcastDesk, signed: Signed) -> Response:
    """Show the form of a new notice, or take it."""
    if signed.request.method != "POST":
        own = _districts(desk, signed)
        if not own:
            raise Refused(NO_DISTRICT, 403)
        district_id = own[0][0]
        typed = first_form(district_id, desk.zone(district_id), signed.now)
        return await _form(desk, signed, typed, Said(operation=new_operation()))
    return await _taken(desk, signed, None)


async def edit_broadcast(desk: BroadcastDesk, signed: Signed) -> Response:
    """Show the form of a notice that may still be changed, or take it."""
    kept = await signed.read(lambda db: broadcast_at(db, signed))
    if kept.author_id != signed.staff.id or kept.state not in EDITABLE:
        raise Refused(NOT_NOW, 409)
    if signed.request.method != "POST":
        return await _form(desk, signed, form_of_broadcast(kept), Said(operation="edit"), kept)
    return await _taken(desk, signed, kept)


async def _taken(desk: BroadcastDesk, signed: Signed, kept: Broadcast | None) -> Response:
    form = await form_of(signed)
    typed, token = typed_in(form), operation_in(form)
    if not token:
        raise Refused(OUTDATED, 400)
    if text_of(form, "do") == "find":
        return await _form(desk, signed, typed, Said(operation=token), kept)
    try:
        saved = await _save(desk, signed, typed, (kept, token))
    except BadBroadcast as error:
        said = Said(problem_words(error.problem), token, 422)
    except BadTime:
        said = Said(BAD_TIME, token, 422)
    else:
        return redirect(signed, path_of(saved), SAVED)
    return await _form(desk, signed, typed, said, kept)


async def _save(
    desk: BroadcastDesk, signed: Signed, typed: Typed, under: tuple[Broadcast | None, str]
) -> Broadcast:
    """Make the notice, or change the one that is kept.

    Raises:
        BadBroadcast: naming the first problem.
        BadTime: when a time cannot be read.
    """
    kept, token = under
    if typed.district not in dict(_districts(desk, signed)):
        raise BadBroadcast("place")
    zone = desk.timezone(typed.district)
    key = kept.key if kept else f"console:{signed.staff.id}:{token}"
    draft = draft_of(typed, Writer(key, signed.staff.id, zone, signed.now))

    def work(db: Connection) -> Broadcast:
        placed = replace(draft, street_id=_street_of(db, draft))
        if kept is None:
            return make(db, placed, signed.now)
        if str(broadcast_at(db, signed).version) != typed.version:
            raise BadBroadcast("state")
        return revise(db, kept.id, placed, signed.staff, signed.now)

    return await signed.write(work)


def _street_of(db: Connection, draft: Draft) -> int | None:
    """Return the one street that a whole audience lives in; None for several."""
    streets = {street_id for _, street_id in places_of(db, draft.audience)}
    return streets.pop() if len(streets) == 1 else None


async def _form(
    desk: BroadcastDesk, signed: Signed, typed: Typed, said: Said, kept: Broadcast | None = None
) -> Response:
    choices = await signed.read(lambda db: _choices(db, signed, typed))
    return render(
        signed,
        "broadcasts/write.html",
        said.status,
        typed=typed,
        kept=kept,
        problem=said.problem,
        operation=said.operation,
        path=path_of(kept, "edit") if kept else f"{PATH}/new",
        back=path_of(kept) if kept else PATH,
        choices=choices,
        nothing=NOTHING_FOUND if typed.find and not choices.found else "",
        districts=_districts(desk, signed),
        purposes=[(one, PURPOSE_NAMES[one]) for one in PURPOSES],
        modes=[(one, MODE_NAMES[one]) for one in MODES],
        mode_names=MODE_NAMES,
        purpose_names=PURPOSE_NAMES,
        roles=[(one, ROLE_NAMES[one]) for one in ROLES],
        languages=list(LANGUAGE_NAMES.items()),
        is_wide=signed.staff.has(*AUTHOR_ROLES),
        most=(MOST_TITLE_CHARACTERS, MOST_WORDS_CHARACTERS),
        life_days=LIFE[LANE].days,
    )


def _choices(db: Connection, signed: Signed, typed: Typed) -> Choices:
    area = signed.staff.area(*AUTHOR_ROLES)
    districts = sorted({typed.district} & signed.staff.districts or signed.staff.districts)
    known = [one for id_ in districts for one in all_streets(db, id_)]
    streets = [one for one in known if area.holds(one.district_id, one.id)]
    all_of_them = [one for id_ in districts for one in all_communities(db, id_)]
    inside = [(one, [at for at in all_of_them if at.street_id == one.id]) for one in streets]
    chosen = buildings_of_ids(db, typed.building)
    chosen = [one for one in chosen if one.district_id in signed.staff.districts]
    return Choices(
        streets,
        [(one, here) for one, here in inside if here],
        chosen,
        _found(db, signed, typed),
    )


def _found(db: Connection, signed: Signed, typed: Typed) -> list[Building]:
    """Return buildings by words; to whoever has but a few, all of them at once."""
    is_wide = signed.staff.has(*AUTHOR_ROLES)
    if is_wide and not typed.find:
        return []
    wanted = Wanted(reach_of(db, signed.staff), typed.find)
    found = buildings_in(db, wanted, signed.now).buildings
    return [one for one in found if one.id not in typed.building]


def _districts(desk: BroadcastDesk, signed: Signed) -> list[tuple[str, str]]:
    own = signed.staff.districts
    return [(id_, one.name) for id_, one in desk.districts.items() if id_ in own]
