"""The exposure board (曝光台) for staff: written, previewed as public, released, taken down.

``ExposurePages(desk, shown)`` is the page module.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.channels.board import Shown, preview_page
from bot.console.case_desk import CaseDesk, role_among
from bot.console.case_looks_store import visible_case, visible_cases
from bot.console.case_problems import NOT_ALLOWED
from bot.console.case_words import CaseWords, spaced, state_name
from bot.console.posts import read_places
from bot.console.rewards import ids_in
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    number_of,
    page,
    redirect,
    render,
    text_of,
)
from community.files import FileError, StoredFile
from community.staff import Role, Staff
from hazards.case_store import CasePhoto, photos_of
from hazards.cases import Actor, Case, NotAllowed
from hazards.exposure import (
    EXPOSABLE,
    MOST_PHOTOS,
    MOST_PLACE,
    MOST_REASON,
    MOST_TITLE,
    MOST_WORDS,
    Exposure,
    NewExposure,
    NotExposable,
    Problem,
)
from hazards.exposure_board_store import preview_of
from hazards.exposure_photo_store import shown_photos
from hazards.exposure_store import (
    count_drafts,
    draft,
    exposures_in,
    live_exposure,
    redraft,
    release,
    take_down,
    visible_exposure,
)
from hazards.opendata import public_categories
from hazards.public_words import TRACE_NAMES, veiled
from hazards.transitions import REVIEW

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATH = "/console/exposure"
ROLES: tuple[Role, ...] = ("reviewer", "duty_officer", "administrator")
A_PAGE = 50
ACTIONS = {
    "exposure.drafted": "写曝光稿",
    "exposure.changed": "改曝光稿",
    "exposure.released": "公布曝光",
    "exposure.taken_down": "撤下曝光",
}
NO_CASE = "没有这个案件编号，或者不在你的范围里。"
NO_ENTRY = "没有这一条，或者不在你的范围里。"
NO_PHOTO = "没有这张照片，或者还没有放行。"
LOST = "照片文件读不出来，已经记进日志，请告诉管理员。"
NOT_READ = "请勾上“我看过了”再公布：文字和每张照片都要看。"
PROBLEMS: dict[Problem, str] = {
    "state": "只有复查合格或已销号的案件能上曝光台。",
    "category": "这个类别涉及住户，不上曝光台。",
    "personal": "文字里有{found}。曝光台只说单位和地方，不说个人，请删掉再存。",
    "empty": "标题、文字、地点都要写。",
    "long": f"写得太长：标题最多{MOST_TITLE}个字，文字{MOST_WORDS}个字，地点{MOST_PLACE}个字。",
    "photo": f"照片要先遮挡、看过、放行才能用，最多{MOST_PHOTOS}张。",
    "twice": "这个案件已经有曝光稿或已在曝光台上。",
    "changed": "刚有人改过、公布或撤下了这一条，页面已更新。请再看一遍。",
    "reason": "请写清为什么撤下，再点一次。",
}


@dataclass(frozen=True, slots=True)
class ExposurePages:
    """The pages of the board; given to ``console_routes``."""

    desk: CaseDesk
    shown: Shown

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("曝光台", PATH, ROLES, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold an id."""
        one = f"{PATH}/{{id:int}}"
        return [
            page(PATH, list_entries, *ROLES),
            page(f"{PATH}/new", partial(show_new, self.desk), *ROLES),
            page(f"{PATH}/new", partial(make, self.desk), *ROLES, methods=("POST",)),
            page(one, partial(show_entry, self.desk), *ROLES),
            page(f"{one}/change", change, *ROLES, methods=("POST",)),
            page(f"{one}/preview", partial(preview, self.shown), *ROLES),
            page(f"{one}/photos/{{name}}.jpg", partial(show_photo, self.desk), *ROLES),
            page(f"{one}/release", partial(put_up, self.desk), *ROLES, methods=("POST",)),
            page(f"{one}/take-down", put_away, *ROLES, methods=("POST",)),
        ]


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:  # noqa: ARG001 - a HomeCard
    """Return the drafts that wait to be released."""
    return [Task("待公布的曝光稿", count_drafts(db, staff.area(*ROLES)), PATH)]


async def list_entries(signed: Signed) -> Response:
    """Show drafts, entries and what was taken down, the latest first."""
    area, typed = signed.staff.area(*ROLES), signed.request.query_params.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None

    def read(db: Connection) -> tuple[list[Exposure], dict[int, Case]]:
        found = exposures_in(db, area, before=before, most=A_PAGE)
        return found, visible_cases(db, area, [one.case_id for one in found])

    found, cases = await signed.read(read)
    rows = [
        (one, spaced(cases[one.case_id].code), _standing(one, cases[one.case_id]))
        for one in found
        if one.case_id in cases
    ]
    older = found[-1].id if len(found) == A_PAGE else 0
    return render(signed, "exposure/list.html", rows=rows, older=older)


async def show_new(desk: CaseDesk, signed: Signed) -> Response:
    """Ask for a case; show the form for one, filled in as far as words may be public."""
    typed = signed.request.query_params.get("case", "")[:40]
    if not typed:
        return render(signed, "exposure/new.html", case=None, typed="")

    def read(db: Connection) -> tuple[Case, list[CasePhoto], CaseWords, Exposure | None]:
        case = _case(db, signed, typed)
        words = CaseWords(desk.categories, read_places(db, desk.districts))
        return case, photos_of(db, case.id), words, live_exposure(db, case.id)

    case, photos, words, standing = await signed.read(read)
    if standing:
        return redirect(signed, f"{PATH}/{standing.id}", PROBLEMS["twice"])
    category = desk.categories.get(case.category)
    problem: Problem | None = "category" if not (category and category.is_public) else None
    problem = "state" if case.state not in EXPOSABLE else problem
    return render(
        signed,
        "exposure/new.html",
        case=case,
        typed=spaced(case.code),
        problem=PROBLEMS[problem] if problem else "",
        new=NewExposure(
            title=words.category(case.category),
            words=case.public_text or veiled(case.summary),
            place=veiled(case.place_words)[:MOST_PLACE],
        ),
        photos=[one for one in photos if one.looked_at_by and one.masked_file_id],
        waiting=[one for one in photos if one.file_id and not one.looked_at_by],
        **_sizes(),
    )


async def make(desk: CaseDesk, signed: Signed) -> Response:  # noqa: ARG001 - as other pages
    """Keep a draft and lead to it."""
    form = await form_of(signed)
    new, typed, now = _new(form), text_of(form, "case", most=40), signed.now

    def work(db: Connection) -> int:
        case = _case(db, signed, typed)
        return draft(db, case, new, _actor(signed, case), now)

    made = await _settled(signed, work)
    return redirect(signed, f"{PATH}/{made}", "存成草稿了。先预览，再公布。")


async def show_entry(desk: CaseDesk, signed: Signed) -> Response:
    """Show one entry: a draft to be changed and released, or what stands on the board."""

    def read(db: Connection) -> tuple[Exposure, Case, list[CasePhoto], tuple[StoredFile, ...]]:
        found, case = _entry(db, signed)
        photos = [one for one in photos_of(db, case.id) if one.looked_at_by and one.masked_file_id]
        return found, case, photos, shown_photos(db, [found]).get(found.id, ())

    found, case, photos, files = await signed.read(read)
    category = desk.categories.get(case.category)
    return render(
        signed,
        "exposure/entry.html",
        one=found,
        case=case,
        code=spaced(case.code),
        category=category.name if category else case.category,
        state=state_name(case.state),
        standing=_standing(found, case),
        photos=photos,
        lacks=len(found.photo_ids) - len(files),
        most_reason=MOST_REASON,
        **_sizes(),
    )


async def change(signed: Signed) -> Response:
    """Write a draft anew."""
    form = await form_of(signed)
    new, now, version = _new(form), signed.now, number_of(form, "version")

    def work(db: Connection) -> None:
        found, case = _entry(db, signed)
        redraft(db, _as_seen(found, version), new, _actor(signed, case), now)

    await _settled(signed, work)
    return redirect(signed, _path(signed), "改好了。先预览，再公布。")


async def preview(shown: Shown, signed: Signed) -> Response:
    """Answer with the public page, as everybody would see this entry on it."""
    path = _path(signed)
    one = await signed.read(lambda db: preview_of(db, _entry(db, signed)[0]))
    return HTMLResponse(preview_page(one, shown, f"{path}/photos", path))


async def show_photo(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with a masked photo of an entry, for the preview."""

    def read(db: Connection) -> StoredFile | None:
        found, _ = _entry(db, signed)
        files = shown_photos(db, [found]).get(found.id, ())
        name = signed.request.path_params["name"]
        return next((file for file in files if file.sha256 == name), None)

    file = await signed.read(read)
    if file is None:
        raise Refused(NO_PHOTO, 404)
    try:
        data = await run_in_threadpool(desk.photos.read, file)
    except FileError:
        logger.exception("a photo of the board cannot be read")
        raise Refused(LOST, 500) from None
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def put_up(desk: CaseDesk, signed: Signed) -> Response:
    """Release a draft that was looked at."""
    form = await form_of(signed)
    version, now = number_of(form, "version"), signed.now
    if not text_of(form, "read"):
        raise Refused(NOT_READ)
    categories = public_categories(desk.categories)

    def work(db: Connection) -> None:
        found, case = _entry(db, signed)
        release(db, _as_seen(found, version), _actor(signed, case), categories, now)

    await _settled(signed, work)
    return redirect(signed, _path(signed), "公布了，最多一分钟后大家都能看到。")


async def put_away(signed: Signed) -> Response:
    """Take an entry down, or drop a draft."""
    reason = text_of(await form_of(signed), "reason", most=MOST_REASON)
    now = signed.now

    def work(db: Connection) -> None:
        found, case = _entry(db, signed)
        take_down(db, found, reason, _actor(signed, case), now)

    await _settled(signed, work)
    return redirect(signed, _path(signed), "撤下了，最多一分钟后大家都看不到了。")


async def _settled(signed: Signed, work: Callable[[Connection], T]) -> T:
    """Carry out a change; what is refused is told in words."""
    try:
        return await signed.write(work)
    except NotAllowed:
        raise Refused(NOT_ALLOWED, 403) from None
    except NotExposable as refused:
        found = "、".join(TRACE_NAMES[one] for one in refused.found)
        status = 409 if refused.problem == "changed" else 422
        raise Refused(PROBLEMS[refused.problem].format(found=found), status) from None


def _case(db: Connection, signed: Signed, typed: str) -> Case:
    case = visible_case(db, signed.staff.area(*ROLES), typed)
    if case is None:
        raise Refused(NO_CASE, 404)
    return case


def _entry(db: Connection, signed: Signed) -> tuple[Exposure, Case]:
    area = signed.staff.area(*ROLES)
    found = visible_exposure(db, area, signed.request.path_params["id"])
    cases = visible_cases(db, area, [found.case_id]) if found else {}
    if found is None or found.case_id not in cases:
        raise Refused(NO_ENTRY, 404)
    return found, cases[found.case_id]


def _actor(signed: Signed, case: Case) -> Actor:
    role = role_among(signed.staff, case, REVIEW, "expose")
    if role is None:
        raise Refused(NOT_ALLOWED, 403)
    return Actor(role, signed.staff.id)


def _as_seen(found: Exposure, version: int | None) -> Exposure:
    """Return an entry if it is as the form has it.

    Raises:
        NotExposable: when it was changed meanwhile.
    """
    if found.version != version:
        raise NotExposable("changed")
    return found


def _new(form: FormData) -> NewExposure:
    return NewExposure(
        text_of(form, "title", most=MOST_TITLE),
        text_of(form, "words", most=MOST_WORDS),
        text_of(form, "place", most=MOST_PLACE),
        tuple(ids_in(form, "photo")),
    )


def _standing(one: Exposure, case: Case) -> str:
    """Return how an entry stands: 草稿, 已公布, 已撤下; hidden while its case is open again."""
    if one.taken_down_at is not None:
        return "已撤下"
    if one.is_draft:
        return "草稿"
    return "已公布" if case.state in EXPOSABLE else "案件重开，暂不显示"


def _sizes() -> dict[str, int]:
    return {"most_title": MOST_TITLE, "most_words": MOST_WORDS, "most_place": MOST_PLACE}


def _path(signed: Signed) -> str:
    return f"{PATH}/{signed.request.path_params['id']}"
