"""The audit log as its readers see it: filtered, checked, and taken away as CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.console.audit_store import AuditFilter, filtered_entries
from bot.console.people_store import staff_id_of, staff_names
from bot.console.shell import Refused, Section, Signed, page, render, shell_of
from bot.messages import clean_text
from community import audit
from community.audit import AuditEntry
from community.staff import Role, Staff, unified_login
from community.tables import Column, write_csv
from storage import Database

PATH = "/console/audit"
ROLES: tuple[Role, ...] = ("administrator", "supervisor")
SECTION = Section("操作日志", PATH, ROLES)
A_PAGE = 50
A_CHUNK = 500

BAD_DAY = "日期没看懂，请从日历里选。"
BAD_PLACE = "页码不对，请从“操作日志”重新打开。"
COLUMNS = (
    Column("id", "序号", 8),
    Column("at", "时间", 18),
    Column("actor", "谁", 14),
    Column("action", "做了什么", 20),
    Column("subject", "对什么", 20),
    Column("detail", "细节", 40),
    Column("district_id", "区县", 12),
    Column("hash", "校验", 66),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """The filter as it was typed."""

    login: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """Its fields that hold something, for the address of the next page."""
        names = ("login", "action", "subject", "since", "until")
        return {name: value for name in names if (value := getattr(self, name))}


def routes() -> list[Route]:
    """Return the routes of the audit log."""
    return [
        page(PATH, list_entries, *ROLES),
        page(f"{PATH}.csv", export, *ROLES),
        page(f"{PATH}/verify", verify, *ROLES, methods=("POST",)),
    ]


async def list_entries(signed: Signed) -> Response:
    """Show a page of the log, the latest first."""
    typed = _typed(signed)
    before = _before(signed)
    entries, names = await signed.read(lambda db: _page_of(db, signed, typed, before))
    is_full = len(entries) == A_PAGE
    older = typed.parameters | {"before": str(entries[-1].id)} if is_full else {}
    return render(
        signed,
        "audit/list.html",
        typed=typed,
        entries=entries,
        names=names,
        query=_query(typed.parameters),
        older=_query(older),
    )


async def export(signed: Signed) -> Response:
    """Stream the filtered log as CSV, however long it is."""
    typed = _typed(signed)
    wanted = await signed.read(lambda db: _wanted(db, signed, typed))
    rows = _rows(signed.console.database, wanted)
    zone = shell_of(signed.request).zone
    name = f"audit-{signed.now.astimezone(zone):%Y%m%d}.csv"
    return StreamingResponse(
        write_csv(rows, COLUMNS, zone),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def verify(signed: Signed) -> Response:
    """Go through the whole chain and say whether anything was changed."""
    check = await signed.read(audit.verify)
    return render(signed, "audit/checked.html", check=check)


def readable_districts(staff: Staff, served: tuple[str, ...]) -> frozenset[str]:
    """Return whose rows somebody reads: their whole districts, and ``""`` with all of them."""
    own = staff.area(*ROLES).districts
    return own | {""} if own >= set(served) else own


def _typed(signed: Signed) -> Typed:
    given = signed.request.query_params
    names = ("login", "action", "subject", "since", "until")
    return Typed(*(clean_text(given.get(name, ""))[:100].strip() for name in names))


def _before(signed: Signed) -> int | None:
    text = signed.request.query_params.get("before", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(BAD_PLACE, 400)
    return int(text) if text else None


def _wanted(db: Connection, signed: Signed, typed: Typed) -> AuditFilter:
    zone = shell_of(signed.request).zone
    wanted = AuditFilter(
        readable_districts(signed.staff, signed.console.districts),
        action=typed.action,
        subject=typed.subject,
        since=_midnight(typed.since, zone),
        until=_midnight(typed.until, zone, days=1),
    )
    if not typed.login:
        return wanted
    # Nobody's id is 0: an unknown login finds nothing.
    return replace(wanted, actor=f"staff:{staff_id_of(db, unified_login(typed.login)) or 0}")


def _page_of(
    db: Connection, signed: Signed, typed: Typed, before: int | None
) -> tuple[list[AuditEntry], Mapping[str, str]]:
    wanted = _wanted(db, signed, typed)
    found = filtered_entries(db, wanted, before=before, most=A_PAGE)
    ids = {int(id_) for entry in found for id_ in [entry.actor.partition(":")[2]] if id_}
    names = {f"staff:{id_}": name for id_, name in staff_names(db, ids).items()}
    return found, names | {"system": "系统", "resident": "居民"}


def _rows(database: Database, wanted: AuditFilter) -> Iterator[dict[str, str | int | datetime]]:
    """Yield the rows of a file, a chunk of them in memory at a time."""
    before: int | None = None
    while True:
        chunk = database.read(partial(filtered_entries, wanted=wanted, before=before, most=A_CHUNK))
        for entry in chunk:
            yield {
                "id": entry.id,
                "at": entry.at,
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": " ".join(f"{name}={value}" for name, value in entry.detail.items()),
                "district_id": entry.district_id,
                "hash": entry.hash,
            }
        if len(chunk) < A_CHUNK:
            return
        before = chunk[-1].id


def _midnight(typed: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """Return the beginning of a day, or of the day ``days`` after it."""
    if not typed:
        return None
    try:
        first = date.fromisoformat(typed) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Refused(BAD_DAY) from None
    return datetime.combine(first, time(), zone)


def _query(parameters: Mapping[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""
