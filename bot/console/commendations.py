"""Certificates of thanks: issued for a report, printed, withdrawn; and the honour roll.

Staff never learn whom they thank. The name on a certificate is 热心市民 until its owner chooses
another one in chat, and so is what stands on the honour roll, which needs their consent.
"""

from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_words import spaced
from bot.console.reward_desk import PATH, ROLES, RewardDesk, districts_of
from bot.console.reward_looks_store import (
    ReportToThank,
    case_in,
    commendation_in,
    commendations_in,
    thankable,
)
from bot.console.shell import Refused, Signed, form_of, number_of, page, redirect, render, text_of
from bot.papers.certificate import Certificate, certificate_paper
from bot.papers.child import ChildError
from community import audit
from community.districts import District
from hazards.case_store import find_case
from hazards.cases import Case
from hazards.commendation_store import MOST_TEXT, Commendation, NewCommendation, issue, withdraw
from hazards.public_words import TRACE_NAMES, traces
from storage import read_code

HERE = f"{PATH}/certificates"
CHECK = "/certificates"
A_PAGE = 50
LAST = 2**62
VALID_FOR = timedelta(days=3 * 365)
CHAT_PPI = 110

STANDINGS = {"first": "首个上报", "me_too": "同样上报"}
NO_CASE = "没有这个案件编号，或者不在你的区里。"
NO_REPORT = "请选要感谢的上报。"
NO_TEXT = "请写清感谢什么。"
NO_CERTIFICATE = "没有这张感谢状，或者不在你的区里。"
PERSONAL = "这段话会公开，里面有{found}，请删掉再发。"
BAD_DAY = "有效期没看懂，请从日历里选一个以后的日子。"
NOT_SET = "感谢状没有排出来。文字太长就改短；还不行就告诉管理员。"
WITHDRAWN_BEFORE = "刚有人撤回过了，页面已更新。"


def routes(desk: RewardDesk) -> list[Route]:
    """Return the routes of certificates; fixed addresses before those that hold an id."""
    return [
        page(HERE, partial(list_certificates, desk), *ROLES),
        page(f"{HERE}/new", partial(show_form, desk), *ROLES),
        page(f"{HERE}/new", partial(make, desk), *ROLES, methods=("POST",)),
        page(f"{HERE}/{{id:int}}.pdf", partial(print_pdf, desk), *ROLES),
        page(f"{HERE}/{{id:int}}.png", partial(print_png, desk), *ROLES),
        page(f"{HERE}/{{id:int}}/withdraw", take_back, *ROLES, methods=("POST",)),
    ]


async def list_certificates(desk: RewardDesk, signed: Signed) -> Response:  # noqa: ARG001 - a page
    """Show the certificates that were issued, the latest first."""
    districts, now = districts_of(signed.staff), signed.now
    typed = signed.request.query_params.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else LAST
    found = await signed.read(
        lambda db: commendations_in(db, districts, before=before, most=A_PAGE)
    )
    rows = [(one, spaced(one.code), one.is_valid(now)) for one in found]
    older = found[-1].id if len(found) == A_PAGE else 0
    return render(signed, "rewards/certificates.html", rows=rows, older=older)


async def show_form(desk: RewardDesk, signed: Signed) -> Response:
    """Ask which case, then which of its reports, and with which words."""
    typed = signed.request.query_params.get("case", "")[:40]
    if not typed:
        return render(signed, "rewards/certificate_new.html", case=None, typed="")
    case, reports = await signed.read(lambda db: _case(db, signed, typed))
    return render(
        signed,
        "rewards/certificate_new.html",
        case=case,
        typed=spaced(case.code),
        category=desk.category(case.category),
        reports=[(one.id, _label(one)) for one in reports],
        text=f"你及时反映“{desk.category(case.category)}”，让隐患得到整改，守住了大家的生命通道。",
        until=f"{(signed.now + VALID_FOR).astimezone(_zone(desk, case)):%Y-%m-%d}",
        most=MOST_TEXT,
    )


async def make(desk: RewardDesk, signed: Signed) -> Response:
    """Issue a certificate; the same words for the same report again are the one there is."""
    form = await form_of(signed)
    report_id = number_of(form, "report")
    text, typed = text_of(form, "text", most=MOST_TEXT), text_of(form, "case", most=40)
    until = text_of(form, "until", most=10)
    if not text:
        raise Refused(NO_TEXT)
    if found := traces(text):
        raise Refused(PERSONAL.format(found="、".join(TRACE_NAMES[one] for one in found)))
    now = signed.now

    def work(db: Connection) -> Commendation:
        case, reports = _case(db, signed, typed)
        report = next((one for one in reports if one.id == report_id), None)
        if report is None:
            raise Refused(NO_REPORT)
        made = issue(db, _new(desk, signed, (case, report), text, until), now)
        _audit(db, "commendation.issued", made, signed, now)
        return made

    made = await signed.write(work)
    return redirect(signed, HERE, f"发出了，编号{spaced(made.code)}。可以下载打印，扫码能核对。")


async def take_back(signed: Signed) -> Response:
    """Withdraw a certificate that should not have been issued."""
    now = signed.now

    def work(db: Connection) -> bool:
        found = _certificate(db, signed)
        is_done = withdraw(db, found.id, now)
        if is_done:
            _audit(db, "commendation.withdrawn", found, signed, now)
        return is_done

    is_done = await signed.write(work)
    return redirect(signed, HERE, "撤回了，扫码会显示已撤回。" if is_done else WITHDRAWN_BEFORE)


async def print_pdf(desk: RewardDesk, signed: Signed) -> Response:
    """Answer with the certificate to print."""
    found = await signed.read(lambda db: _certificate(db, signed))
    paper = certificate_paper(_paper(desk, signed, found))
    try:
        data = await run_in_threadpool(desk.cases.typesetter.pdf, paper)
    except ChildError as error:
        raise Refused(NOT_SET, 422 if error.permanent else 503) from error
    return _file(data, "application/pdf", f"certificate-{found.code}.pdf")


async def print_png(desk: RewardDesk, signed: Signed) -> Response:
    """Answer with the certificate as a picture, to be sent on in chat."""
    found = await signed.read(lambda db: _certificate(db, signed))
    paper = certificate_paper(_paper(desk, signed, found))
    draw = partial(desk.cases.typesetter.pages, paper, ppi=CHAT_PPI)
    try:
        pages = await run_in_threadpool(draw)
    except ChildError as error:
        raise Refused(NOT_SET, 422 if error.permanent else 503) from error
    return _file(pages[0], "image/png", f"certificate-{found.code}.png")


def _new(
    desk: RewardDesk, signed: Signed, whom: tuple[Case, ReportToThank], text: str, until: str
) -> NewCommendation:
    case, report = whom
    expires = _end_of(until, _zone(desk, case))
    if expires <= signed.now:
        raise Refused(BAD_DAY)
    return NewCommendation(
        case.district_id, report.id, report.resident_id, text, expires, issued_by=signed.staff.id
    )


def _end_of(typed: str, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day."""
    try:
        return datetime.combine(date.fromisoformat(typed) + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise Refused(BAD_DAY) from None


def _paper(desk: RewardDesk, signed: Signed, found: Commendation) -> Certificate:
    district = desk.cases.districts[found.district_id]
    zone = ZoneInfo(district.timezone)
    base = (signed.console.public_url or str(signed.request.base_url)).rstrip("/")
    last = found.expires_at.astimezone(zone) - timedelta(seconds=1)
    return Certificate(
        title="感谢状",
        text=found.text,
        issuer=_issuer(district),
        code=spaced(found.code),
        check_url=f"{base}{CHECK}/{found.code}",
        issued_on=found.issued_at.astimezone(zone).date(),
        valid_until=last.date(),
        name=found.shown_as,
    )


def _issuer(district: District) -> str:
    # No office is named that has not asked for it.
    return f"{district.name} 生命通道"


def _case(db: Connection, signed: Signed, typed: str) -> tuple[Case, list[ReportToThank]]:
    code = read_code(typed)
    case_id = case_in(db, districts_of(signed.staff), code) if code else None
    case = find_case(db, case_id) if case_id is not None else None
    if case is None:
        raise Refused(NO_CASE, 404)
    return case, thankable(db, case.id)


def _certificate(db: Connection, signed: Signed) -> Commendation:
    found = commendation_in(db, districts_of(signed.staff), signed.request.path_params["id"])
    if found is None:
        raise Refused(NO_CERTIFICATE, 404)
    return found


def _label(report: ReportToThank) -> str:
    kind = "，匿名" if report.is_anonymous else ""
    return f"{spaced(report.code)}（{STANDINGS[report.standing]}{kind}）"


def _zone(desk: RewardDesk, case: Case) -> ZoneInfo:
    return ZoneInfo(desk.cases.districts[case.district_id].timezone)


def _audit(db: Connection, action: str, about: Commendation, signed: Signed, now: datetime) -> None:
    audit.note(
        db,
        actor=signed.actor,
        action=action,
        subject=f"commendation:{about.id}",
        detail={},
        now=now,
        district_id=about.district_id,
    )


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)
