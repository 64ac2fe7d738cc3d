"""A drill's papers: the report with its versions and charts, the roster, the poster.

A report is drafted when somebody asks; once it is sealed, pages and papers show the version that
was sealed, and nothing else.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.charts.studio import MEDIA_TYPES
from bot.console.downloads import XLSX_TYPE
from bot.console.drill_desk import PATH, ROLES, DrillDesk, drill_at, may_conduct, note, path_of
from bot.console.drill_page import PAPERS_BEFORE, REPORTED, refused
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from bot.papers.child import ChildError
from bot.papers.drill_charts import charts_of
from bot.papers.drill_report import SealMark, draw_charts, page_values, report_paper
from bot.papers.drill_roster import (
    AssemblyPoster,
    RosterRow,
    RosterSheet,
    assembly_poster_paper,
    roster_paper,
)
from bot.papers.drill_workbook import write_workbook
from bot.papers.typesetting import Paper
from drills.drills import Drill, DrillRefused
from drills.report_bodies import ReportBody, body_from
from drills.report_store import Sealed, Verified, verify, versions_of
from drills.reports import SEALABLE
from drills.roster_store import sheet

NO_REPORT = "演练解除以后才有报告，现在还没有。"
NO_VERSION = "没有这一版报告。请从报告页里选。"
NO_CHART = "这张图现在画不出来，数字见文字和表。"
NOT_SET = "这份文件没有排出来。请再试一次；还不行就告诉管理员。"
NO_PAPER = "通知居民以后才有点名册和海报，现在还没有。"
NO_ADDRESS = "还没有设置网址，海报上的码印出来扫不开。请管理员先设好对外网址。"
SEALED = "报告封存好了，演练任务也记上了。"
ALREADY = "刚才已经封存过了，没有再封一版。"

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a page or paper shows it; without ``seal`` a draft."""

    drill: Drill
    body: ReportBody
    seal: SealMark | None
    versions: tuple[Sealed, ...]
    verified: Verified | None
    may_seal: bool


def routes(desk: DrillDesk) -> list[Route]:
    """Return the routes of a drill's papers."""
    one = f"{PATH}/{{code}}"
    return [
        page(f"{one}/report", partial(show_report, desk), *ROLES),
        page(f"{one}/report/seal", partial(seal, desk), *ROLES, methods=("POST",)),
        page(f"{one}/report.pdf", partial(print_report, desk), *ROLES),
        page(f"{one}/report.xlsx", partial(take_workbook, desk), *ROLES),
        page(f"{one}/report/{{name}}.svg", partial(draw, desk), *ROLES),
        page(f"{one}/roster.pdf", partial(print_roster, desk), *ROLES),
        page(f"{one}/poster.pdf", partial(print_poster, desk), *ROLES),
    ]


async def show_report(desk: DrillDesk, signed: Signed) -> Response:
    """Show the report: the version asked for, the latest sealed, or a draft."""
    report = await signed.read(_reading(desk, signed))
    return render(
        signed,
        "drills/report.html",
        status=200,
        **page_values(report.body, report.seal),
        verified=report.verified,
        versions=report.versions,
        which=f"?version={report.seal.version if report.seal else DRAFT}",
        may_seal=report.may_seal,
        base=path_of(report.drill),
        operation=new_operation(),
    )


async def seal(desk: DrillDesk, signed: Signed) -> Response:
    """Seal the report as it stands now, once for each form."""
    token = text_of(await form_of(signed), "operation", most=MOST_TOKEN_CHARACTERS)
    now, reporting = signed.now, desk.parts.reporting
    drafted = await signed.read(lambda db: reporting.draft_report(db, drill_at(db, signed).id, now))

    def work(db: Connection) -> tuple[Drill, str]:
        drill = drill_at(db, signed)
        if not claim(db, signed.staff.id, token, now):
            return drill, ALREADY
        sealed = reporting.seal(db, drill.id, signed.staff, now, drafted)
        note(db, signed, "drill.report_sealed", drill, report=sealed.version)
        return drill, SEALED

    try:
        drill, said = await signed.write(work)
    except DrillRefused as refusal:
        return await refused(desk, signed, refusal.words)
    return redirect(signed, path_of(drill, "report"), said)


async def print_report(desk: DrillDesk, signed: Signed) -> Response:
    """Answer with the report as PDF."""
    report = await signed.read(_reading(desk, signed))
    zone = desk.zone(report.drill.district_id)

    def paper() -> Paper:
        return report_paper(report.body, draw_charts(desk.studio, report.body), zone, report.seal)

    return await _pdf(desk, paper, f"drill-report-{report.drill.code}")


async def take_workbook(desk: DrillDesk, signed: Signed) -> Response:
    """Answer with the report as XLSX."""
    report = await signed.read(_reading(desk, signed))
    path = await run_in_threadpool(_workbook, desk, report)
    name = f'attachment; filename="drill-report-{report.drill.code}.xlsx"'
    gone = BackgroundTask(path.unlink, missing_ok=True)
    headers = {"Content-Disposition": name}
    return FileResponse(path, media_type=XLSX_TYPE, headers=headers, background=gone)


async def draw(desk: DrillDesk, signed: Signed) -> Response:
    """Answer with one chart of the report, as SVG."""
    report = await signed.read(_reading(desk, signed))
    wanted = signed.request.path_params["name"]
    found = {str(name): chart for name, chart in charts_of(report.body.measures).items()}
    if wanted not in found:
        raise Refused(NO_CHART, 404)
    try:
        picture = await run_in_threadpool(desk.studio.draw, found[wanted])
    except ChildError as error:
        raise Refused(NO_CHART, 503) from error
    return Response(picture, media_type=MEDIA_TYPES["svg"])


async def print_roster(desk: DrillDesk, signed: Signed) -> Response:
    """Answer with the roster to be ticked by hand; for those who conduct the drill alone."""
    now = signed.now

    def work(db: Connection) -> tuple[Drill, tuple[RosterRow, ...]]:
        drill = _to_conduct(db, signed)
        rows = tuple(_row(one) for one in sheet(db, drill.id))
        # Doors where somebody needs help leave the house on it.
        note(db, signed, "drill.roster_printed", drill, doors=len(rows))
        return drill, rows

    drill, rows = await signed.write(work)
    printed = RosterSheet(drill.title, drill.code, drill.assembly_point, drill.starts_at, now, rows)
    zone = desk.zone(drill.district_id)
    return await _pdf(desk, lambda: roster_paper(printed, zone), f"drill-roster-{drill.code}")


async def print_poster(desk: DrillDesk, signed: Signed) -> Response:
    """Answer with the poster of the assembly point: QR code and six digits."""
    drill = await signed.read(lambda db: _to_conduct(db, signed))
    public = signed.console.public_url
    if not public:
        raise Refused(NO_ADDRESS, 409)
    district = desk.parts.districts.get(drill.district_id)
    poster = AssemblyPoster(
        drill.title,
        drill.assembly_point,
        drill.starts_at,
        drill.check_in_code,
        desk.check_in_address(public, drill.check_in_token) or public,
        district.name if district else "",
    )
    zone = desk.zone(drill.district_id)
    return await _pdf(
        desk, lambda: assembly_poster_paper(poster, zone), f"drill-poster-{drill.code}"
    )


def _reading(desk: DrillDesk, signed: Signed) -> Callable[[Connection], Report]:
    version, now = signed.request.query_params.get("version", ""), signed.now

    def read(db: Connection) -> Report:
        drill = drill_at(db, signed)
        if drill.state not in REPORTED:
            raise Refused(NO_REPORT, 409)
        versions = tuple(versions_of(db, drill.id))
        may_seal = drill.state in SEALABLE and may_conduct(db, drill, signed.staff)
        chosen = _chosen(versions, version)
        if chosen is None:
            draft = desk.parts.reporting.draft_report(db, drill.id, now)
            return Report(drill, draft, None, versions, None, may_seal)
        mark = SealMark(chosen.version, chosen.hash, chosen.sealed_at)
        body = body_from(chosen.body)
        return Report(drill, body, mark, versions, verify(db, drill.id), may_seal)

    return read


def _chosen(versions: tuple[Sealed, ...], asked: str) -> Sealed | None:
    """Return the version asked for, by default the latest; None for a draft."""
    if asked == DRAFT or not versions:
        return None
    if not asked:
        return versions[-1]
    found = next((one for one in versions if str(one.version) == asked), None)
    if found is None:
        raise Refused(NO_VERSION, 404)
    return found


def _to_conduct(db: Connection, signed: Signed) -> Drill:
    """Return a drill for those who prepare it, once its list is drawn up."""
    drill = drill_at(db, signed)
    if not may_conduct(db, drill, signed.staff):
        raise Refused(DrillRefused("not_allowed").words, 403)
    if drill.state not in PAPERS_BEFORE:
        raise Refused(NO_PAPER, 409)
    return drill


def _row(one: dict[str, str | int]) -> RosterRow:
    floor = one["floor"]
    return RosterRow(
        str(one["building"]),
        floor if isinstance(floor, int) else None,
        str(one["room"]),
        int(one["persons"]),
        bool(one["needs_help"]),
    )


def _workbook(desk: DrillDesk, report: Report) -> Path:
    handle, name = tempfile.mkstemp(prefix="lifeline-", suffix=".xlsx")
    os.close(handle)
    path = Path(name)
    try:
        write_workbook(report.body, path, desk.zone(report.drill.district_id), report.seal)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


async def _pdf(desk: DrillDesk, paper: Callable[[], Paper], name: str) -> Response:
    """Answer with a paper; ``paper`` may draw, so it is made off the event loop."""
    try:
        data = await run_in_threadpool(lambda: desk.typesetter.pdf(paper()))
    except ChildError as error:
        raise Refused(NOT_SET, 422 if error.permanent else 503) from error
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/pdf", headers=headers)
