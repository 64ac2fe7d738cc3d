"""Lists of buildings from CSV or XLSX: checked first, each bad row named, then written whole.

The file stays in the browser: it is checked, and sent once more to be written. Nothing is kept
of it here.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from bot.console.building_desk import ADMINISTRATOR, PATH
from bot.console.downloads import Table, download
from bot.console.forms import KIB
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, shell_of, text_of
from community import audit
from community.building_apply import ImportOvertaken, apply_import
from community.building_import import ImportPlan, plan_import
from community.building_rows import BuildingList, read_building_list, template
from community.building_sheets import MOST_BYTES, BrokenSheet, read_sheet
from community.districts import District
from community.staff import Staff
from community.tables import Column

IMPORT = f"{PATH}/import"
# Of one page; whoever has more to mend mends these first.
MOST_FAULTS = 500
MOST_NAMES = 50
ACTIONS = {"building.imported": "导入楼栋名单"}

NO_DISTRICT = "整个区县的管理员才能导入名单。"
NO_FILE = "请先选一个文件：CSV或XLSX。"
OVERTAKEN = "同一个区县又开始了另一次导入，这一次没有写入。等那边做完再来。"
SAME = "和登记的一样，什么也不用改。"
# What faults say to whoever imports at a terminal, and what it is on this page.
PAGE_WORDS = {
    "导入时加 --add-streets": "勾上“名单里有新的镇街，一起登记”",
    "用 --district 换区县": "换一个区县",
    "用 lifeline buildings template 的模板": "下载空白模板来填",
}
WRITTEN = "写入了：新增{added}栋，更新{changed}栋，不变{unchanged}栋。"


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a list found.

    Attributes:
        plan: what would be done; with faults nothing is.
        unused: headings that no column of ours answers to.
    """

    plan: ImportPlan
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form of an import."""

    content: bytes
    district: District
    is_adding_streets: bool
    is_to_write: bool


def routes() -> list[Route]:
    """Return the form, where it is sent, and the template of a list."""
    most = MOST_BYTES + 64 * KIB
    return [
        page(IMPORT, show_form, ADMINISTRATOR),
        page(IMPORT, take_file, ADMINISTRATOR, methods=("POST",), most_bytes=most),
        page(f"{IMPORT}/template.csv", give_template, ADMINISTRATOR),
    ]


def may_import(staff: Staff) -> bool:
    """Whether somebody administers a whole district, so that a list of it is theirs."""
    return bool(staff.area(ADMINISTRATOR).districts)


async def show_form(signed: Signed) -> Response:
    """Show the form, before anything was checked."""
    if not may_import(signed.staff):
        raise Refused(NO_DISTRICT, 403)
    return render(
        signed,
        "buildings/import.html",
        districts=[(one.id, one.name) for one in _districts(signed)],
    )


async def take_file(signed: Signed) -> Response:
    """Check a file and say what it would do, or do it."""
    sent = await _sent(signed)
    try:
        listed = await run_in_threadpool(_read, sent.content)
    except BrokenSheet as broken:
        return _result(signed, None, _page_words(f"{broken.problem}。{broken.mend}。"))
    plan = await signed.read(
        partial(
            plan_import,
            listed=listed,
            district_id=sent.district.id,
            district_name=sent.district.name,
            add_streets=sent.is_adding_streets,
        )
    )
    if plan.faults or not sent.is_to_write or plan.is_empty:
        words = SAME if plan.is_empty and not plan.faults else ""
        return _result(signed, Checked(plan, listed.unused), words)
    return await _write(signed, plan)


async def give_template(signed: Signed) -> Response:
    """Answer with an empty list to fill in, and an example row that an import passes over."""
    headings, example = template()
    columns = [Column(str(at), heading) for at, heading in enumerate(headings)]
    row = {str(at): cell for at, cell in enumerate(example)}
    table = Table("buildings", columns, lambda: [row], shell_of(signed.request).zone)
    return await download(table, "csv")


async def _write(signed: Signed, plan: ImportPlan) -> Response:
    counts = {"added": len(plan.added), "changed": len(plan.changed)}
    now = signed.now

    def note(db: Connection) -> None:
        audit.note(
            db,
            actor=signed.actor,
            action="building.imported",
            subject="",
            detail=dict(counts),
            now=now,
            district_id=plan.district_id,
        )

    try:
        await run_in_threadpool(apply_import, signed.console.database, plan, now)
    except ImportOvertaken:
        raise Refused(OVERTAKEN, 409) from None
    await signed.write(note)
    return redirect(signed, PATH, WRITTEN.format(**counts, unchanged=plan.unchanged))


def _result(signed: Signed, checked: Checked | None, words: str) -> Response:
    plan = checked.plan if checked else ImportPlan("")
    is_bad = checked is None or bool(plan.faults)
    return render(
        signed,
        "buildings/checked.html",
        422 if is_bad and "hx-request" not in signed.request.headers else 200,
        plan=plan,
        words=words,
        is_read=checked is not None,
        unused=checked.unused if checked else (),
        faults=[_page_words(str(fault)) for fault in plan.faults[:MOST_FAULTS]],
        left=max(0, len(plan.faults) - MOST_FAULTS),
        most=MOST_NAMES,
    )


def _page_words(words: str) -> str:
    for typed, shown in PAGE_WORDS.items():
        words = words.replace(typed, shown)
    return words


async def _sent(signed: Signed) -> _Sent:
    form = await form_of(signed)
    districts = {one.id: one for one in _districts(signed)}
    district = districts.get(text_of(form, "district", most=40))
    if district is None:
        raise Refused(NO_DISTRICT, 403)
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        raise Refused(NO_FILE)
    is_adding, is_writing = bool(text_of(form, "add_streets")), text_of(form, "do") == "write"
    return _Sent(content, district, is_adding, is_writing)


def _read(content: bytes) -> BuildingList:
    """Return what a file says.

    Raises:
        BrokenSheet: when it cannot be read as a list of buildings.
    """
    with tempfile.NamedTemporaryFile(prefix="lifeline-", suffix=".list") as kept:
        kept.write(content)
        kept.flush()
        return read_building_list(read_sheet(Path(kept.name)))


def _districts(signed: Signed) -> list[District]:
    own = signed.staff.area(ADMINISTRATOR).districts
    return [one for id_, one in shell_of(signed.request).districts.items() if id_ in own]
