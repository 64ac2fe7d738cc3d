"""Opening an identity: one asks with a reason, another agrees, and the first one reads it once."""

import json
import re
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people_store import staff_names
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    page,
    redirect,
    render,
    text_of,
)
from community.keys import derived_key
from community.staff import Staff
from community.vault import (
    MOST_REASON_CHARACTERS,
    OPENING_ROLES,
    IdentityRequest,
    OpeningRefused,
    ReasonMissing,
    approve_opening,
    open_identity,
    open_requests,
    propose_opening,
)
from hazards.intake import VAULT_PURPOSE

PATH = "/console/identity"
_REPORT = re.compile(r"report:[0-9]{1,18}")
CHANNELS = {"wechat": "微信", "telegram": "Telegram", "web": "网页", "form": "网页表单"}
FIELDS = {"channel": "渠道", "name": "渠道里的账号", "real_name": "姓名"}

NO_REASON = "请写清理由，4到500个字。"
NO_REPORT = "没有认出是哪一条上报。请从案件页点“查阅上报人身份”。"
REFUSED = {
    "role": "这条上报不在你的职务范围里，不能查阅。",
    "approval": "还没有第二个人同意，或者同意已经过了24小时。请重新申请。",
    "unknown": "这条上报没有留下身份：可能是匿名上报，或者本人已要求删除。",
}
NOT_WAITING = "这条申请不等你同意了：可能已有人同意、已过期，或者是你自己申请的。"


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return the requests that somebody else has to agree to."""
    waits = [one for one in open_requests(db, staff, now) if _waits_for(one, staff)]
    return [Task("身份查阅等你同意", len(waits), PATH, is_urgent=True)]


ACTIONS = {
    "identity.asked": "申请查阅身份",
    "identity.approved": "同意查阅身份",
    "identity.opened": "查阅了身份",
}
SECTION = Section("身份查阅", PATH, OPENING_ROLES, waiting, ACTIONS)


def routes() -> list[Route]:
    """Return the routes of asking, agreeing and opening."""
    return [
        page(PATH, list_requests, *OPENING_ROLES),
        page(f"{PATH}/ask", ask, *OPENING_ROLES, methods=("POST",)),
        page(f"{PATH}/open", show_identity, *OPENING_ROLES, methods=("POST",)),
        page(f"{PATH}/{{id:int}}/approve", approve, *OPENING_ROLES, methods=("POST",)),
    ]


async def list_requests(signed: Signed) -> Response:
    """Show the requests that are not past, and the form to ask when a report is named."""
    report = signed.request.query_params.get("report", "")
    if report and not _REPORT.fullmatch(report):
        raise Refused(NO_REPORT)
    now = signed.now
    found, names = await signed.read(lambda db: _requests(db, signed.staff, now))
    return render(signed, "identity/list.html", requests=found, names=names, report=report)


async def ask(signed: Signed) -> Response:
    """Ask to know who a report came from."""
    report, reason = await _said(signed)
    now = signed.now
    try:
        await signed.write(lambda db: propose_opening(db, signed.staff, report, reason, now))
    except ReasonMissing:
        raise Refused(NO_REASON) from None
    except OpeningRefused as refused:
        raise Refused(REFUSED[refused.problem], 403) from None
    return redirect(signed, PATH, "已申请，等另一位督办员或值班员同意。")


async def approve(signed: Signed) -> Response:
    """Agree to somebody else's request."""
    request_id: int = signed.request.path_params["id"]
    now = signed.now
    try:
        agreed = await signed.write(lambda db: approve_opening(db, signed.staff, request_id, now))
    except OpeningRefused as refused:
        raise Refused(REFUSED[refused.problem], 403) from None
    if not agreed:
        raise Refused(NOT_WAITING, 409)
    return redirect(signed, PATH, "已同意。申请人24小时内可以打开。")


async def show_identity(signed: Signed) -> Response:
    """Show who a report came from; it stands on this one page and nowhere else."""
    report, reason = await _said(signed)
    now = signed.now
    key = derived_key(signed.console.key, VAULT_PURPOSE)
    try:
        plain = await signed.write(
            lambda db: open_identity(db, key, signed.staff, report, reason, now)
        )
    except ReasonMissing:
        raise Refused(NO_REASON) from None
    except OpeningRefused as refused:
        raise Refused(REFUSED[refused.problem], 403) from None
    return render(signed, "identity/opened.html", report=report, facts=facts_in(plain))


def facts_in(plain: bytes) -> list[tuple[str, str]]:
    """Return what was kept of somebody, name and value; text that is no JSON as it stands."""
    text = plain.decode(errors="replace")
    try:
        kept: object = json.loads(text)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        return [("身份", text)]
    named = [(str(name), str(value)) for name, value in kept.items()]
    return [(FIELDS.get(name, name), _shown(name, value)) for name, value in named]


def _shown(name: str, value: str) -> str:
    return CHANNELS.get(value, value) if name == "channel" else value


async def _said(signed: Signed) -> tuple[str, str]:
    form = await form_of(signed)
    report = text_of(form, "report")
    if not _REPORT.fullmatch(report):
        raise Refused(NO_REPORT)
    return report, text_of(form, "reason", most=MOST_REASON_CHARACTERS)


def _requests(
    db: Connection, staff: Staff, now: datetime
) -> tuple[list[IdentityRequest], dict[int, str]]:
    found = open_requests(db, staff, now)
    people = {one.asked_by for one in found} | {one.approved_by or 0 for one in found}
    return found, staff_names(db, people)


def _waits_for(request: IdentityRequest, staff: Staff) -> bool:
    return request.approved_by is None and request.asked_by != staff.id
