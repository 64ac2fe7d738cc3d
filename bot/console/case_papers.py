"""Papers about a case: the rectification notice (隐患整改通知书) and the work order, as PDF."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_desk import PATH, ROLES, CaseDesk, actor_for, case_at
from bot.console.case_forms import OUTDATED
from bot.console.case_orders import description
from bot.console.case_page import Looked, is_to_confirm, look_at
from bot.console.case_problems import problem_words
from bot.console.case_words import PURPOSES, spaced, state_name
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.shell import Refused, Signed, form_of, page, render, text_of
from bot.papers.child import ChildError
from bot.papers.notice import (
    MOST_PHOTOS,
    Photo,
    RectificationNotice,
    Step,
    WorkOrder,
    notice_paper,
    work_order_paper,
)
from bot.papers.typesetting import Paper
from community.districts import District
from community.files import FileError, StoredFile, find_file
from hazards.case_changes import note
from hazards.cases import Act, Case, CaseError

NOT_SET = "这份文书没有排出来。请把太长的内容改短再试；还不行就告诉管理员。"
NO_UNIT = "请写清送给哪个单位或场所。"
NO_FOUND = "请写清发现了什么。"
BAD_TIME = "整改期限没看懂，请从日历里选。"
BAD_TIME_PAST = "整改期限要晚于现在。"
ISSUED = "出具《隐患整改通知书》"


@dataclass(frozen=True, slots=True)
class Wording:
    """What the form of a rectification notice holds."""

    recipient: str
    issuer: str
    found: str
    required: str
    basis: str
    deadline: str
    contact: str
    phone: str


def routes(desk: CaseDesk) -> list[Route]:
    """Return the routes of the papers."""
    one = f"{PATH}/{{code}}"
    return [
        page(f"{one}/order.pdf", partial(print_order, desk), *ROLES),
        page(f"{one}/notice", partial(show_notice, desk), *ROLES),
        page(f"{one}/notice", partial(issue_notice, desk), *ROLES, methods=("POST",)),
    ]


async def print_order(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with the work order; of photos only masked copies that were looked at."""
    now = signed.now

    def read(db: Connection) -> tuple[Looked, list[tuple[str, StoredFile]]]:
        looked = look_at(db, desk, signed, now)
        return looked, _released(db, looked)

    looked, files = await signed.read(read)
    photos = await run_in_threadpool(_photos, desk, files)
    district = desk.districts[looked.case.district_id]
    order = _order(signed, looked, district, photos)
    paper = work_order_paper(order, ZoneInfo(district.timezone))
    return await _pdf(desk, paper, f"order-{looked.case.code}")


async def show_notice(desk: CaseDesk, signed: Signed) -> Response:
    """Show the form of a rectification notice, filled in as far as the case goes."""
    now = signed.now
    looked = await signed.read(lambda db: look_at(db, desk, signed, now))
    case, district = looked.case, desk.districts[looked.case.district_id]
    # What is over is no deadline for a paper of today: a new one has to be chosen.
    due = case.due_at if case.due_at and case.due_at > now else None
    wording = Wording(
        recipient="",
        issuer=looked.words.unit(case, case.lead),
        found=description(case, looked.reports),
        required="",
        basis="",
        deadline=f"{due.astimezone(ZoneInfo(district.timezone)):%Y-%m-%dT%H:%M}" if due else "",
        contact=signed.staff.name,
        phone="",
    )
    return _form(signed, looked, wording)


async def issue_notice(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with the notice as PDF, and note it in the timeline once."""
    wording, operation = await _wording(signed)
    now = signed.now
    looked = await signed.read(lambda db: look_at(db, desk, signed, now))
    case, district = looked.case, desk.districts[looked.case.district_id]
    zone = ZoneInfo(district.timezone)
    notice = RectificationNotice(
        number=f"{spaced(case.code)}-{case.round}",
        issuer=wording.issuer,
        recipient=wording.recipient,
        place=f"{district.name} {looked.words.place(case)}",
        category=looked.words.category(case.category),
        found=wording.found,
        found_at=now,
        deadline=_deadline(wording.deadline, zone, now),
        issued_on=now.astimezone(zone).date(),
        contact=wording.contact,
        phone=wording.phone,
        required=wording.required,
        basis=tuple(line.strip() for line in wording.basis.splitlines() if line.strip()),
        is_to_confirm=is_to_confirm(district, case),
    )
    answer = await _pdf(desk, notice_paper(notice, zone), f"notice-{case.code}")
    await _note(signed, _noting(desk, signed, operation, now))
    return answer


def _noting(
    desk: CaseDesk, signed: Signed, operation: str, now: datetime
) -> Callable[[Connection], None]:
    def work(db: Connection) -> None:
        case = case_at(db, signed)
        actor = actor_for(signed.staff, case, "note")
        if claim(db, signed.staff.id, operation, now):
            note(db, case.id, Act(actor, case.version, ISSUED), desk.rules, now)

    return work


async def _note(signed: Signed, work: Callable[[Connection], None]) -> None:
    try:
        await signed.write(work)
    except CaseError as error:
        raise Refused(problem_words(error), 403) from None


async def _wording(signed: Signed) -> tuple[Wording, str]:
    form = await form_of(signed)
    sizes = {"recipient": 80, "issuer": 80, "found": 800, "required": 800, "basis": 1200}
    short = dict.fromkeys(("deadline", "contact", "phone"), 40)
    wording = Wording(**{name: text_of(form, name, most=n) for name, n in (sizes | short).items()})
    if not wording.recipient:
        raise Refused(NO_UNIT)
    if not wording.found:
        raise Refused(NO_FOUND)
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if not operation:
        raise Refused(OUTDATED, 400)
    return wording, operation


def _form(signed: Signed, looked: Looked, wording: Wording) -> Response:
    return render(
        signed,
        "cases/notice.html",
        case=looked.case,
        code=spaced(looked.case.code),
        wording=wording,
        operation=new_operation(),
    )


def _deadline(typed: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the moment that a form's local time names.

    Raises:
        Refused: when it is none, or is over.
    """
    try:
        at = datetime.fromisoformat(typed).replace(tzinfo=zone)
    except ValueError:
        raise Refused(BAD_TIME) from None
    if at <= now:
        raise Refused(BAD_TIME_PAST)
    return at


def _order(
    signed: Signed, looked: Looked, district: District, photos: tuple[Photo, ...]
) -> WorkOrder:
    case, words = looked.case, looked.words
    return WorkOrder(
        code=spaced(case.code),
        issuer=f"{district.name}隐患办理",
        category=words.category(case.category),
        state=state_name(case.state),
        place=words.place(case),
        reported_at=case.opened_at,
        deadline=case.due_at,
        description=description(case, looked.reports),
        handler=words.unit(case, case.handler),
        lead=words.unit(case, case.lead),
        reports=max(1, case.report_count),
        photos=photos,
        steps=tuple(Step(one.at, one.who, _step(one.what, one.words)) for one in looked.lines),
        progress_url=_page_url(signed, case),
        is_urgent=case.level > 0 or case.is_major,
        is_to_confirm=is_to_confirm(district, case),
    )


def _step(what: str, words: str) -> str:
    return f"{what}：{words}" if words else what


def _page_url(signed: Signed, case: Case) -> str:
    base = signed.console.public_url.rstrip("/")
    return f"{base}{PATH}/{case.code}" if base else ""


def _released(db: Connection, looked: Looked) -> list[tuple[str, StoredFile]]:
    """Return the masked copies that somebody has looked at, with what they show."""
    released = [one for one in looked.photos if one.looked_at_by and one.masked_file_id]
    found = [(PURPOSES[one.purpose], find_file(db, one.masked_file_id or 0)) for one in released]
    return [(caption, file) for caption, file in found if file is not None][:MOST_PHOTOS]


def _photos(desk: CaseDesk, files: list[tuple[str, StoredFile]]) -> tuple[Photo, ...]:
    try:
        return tuple(Photo(desk.photos.read(file), caption) for caption, file in files)
    except FileError as error:
        raise Refused(NOT_SET, 500) from error


async def _pdf(desk: CaseDesk, paper: Paper, name: str) -> Response:
    try:
        data = await run_in_threadpool(desk.typesetter.pdf, paper)
    except ChildError as error:
        raise Refused(NOT_SET, 422 if error.permanent else 503) from error
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/pdf", headers=headers)
