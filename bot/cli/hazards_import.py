"""``lifeline hazards import``: cases that 12345 or a grid platform has closed, from their list."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.app import open_key, open_main_database, utc_now
from bot.assembly import Premises, parts_of
from bot.settings import Settings
from community.building_sheets import BrokenSheet, Sheet, read_sheet
from community.districts import District, load_district
from community.staff import Staff
from community.staff_store import staff_by_login
from hazards.cases import CaseError
from hazards.external import Verdict, applied, judged
from hazards.external_sheet import ClosedList, ClosedRow, read_closed_list
from storage import Database

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_SHOWN = 200
OVERTAKEN = "刚有人办过这个案件，再导入一次"


@app.command("import")
def import_closed(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX或CSV | file")],
    staff: Annotated[
        str, typer.Option("--staff", help="以谁的名义办，写登录名 | login of whoever imports")
    ],
    district: Annotated[
        str, typer.Option("--district", help="区县，空着用默认的 | district id")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="真的办理 | do it")] = False,
) -> None:
    """导入外部平台已办结的案件；不加--apply只检查。 | Import closed cases; only checks first."""
    settings = Settings()
    served = _district(settings, district)
    now = utc_now()
    listed = read_closed_list(_read(file), ZoneInfo(served.timezone), now)
    _show_faults(listed)
    with open_main_database(settings) as database:
        person = _staff(database, staff)
        if apply and not listed.faults:
            # The same rules as the service's: reporters are told of what is closed here, too.
            premises = Premises(settings.districts, open_key(settings, database))
            rules = parts_of(premises, utc_now).rules
            doing = partial(applied, importer=(served.id, person), rules=rules, now=now)
            _show(_applied(database, listed.rows, doing), is_done=True)
            return
        _show(_judged(database, listed.rows, served, person), is_done=False)
    if listed.faults:
        raise typer.Exit(1)
    typer.echo("只是检查，没有办理。没问题就加 --apply 再运行一次。")


def _district(settings: Settings, chosen: str) -> District:
    if chosen and chosen not in settings.districts:
        served = "、".join(settings.districts)
        raise typer.BadParameter(f"没有服务“{chosen}”，只有：{served}", param_hint="--district")
    return load_district(chosen or settings.districts[0])


def _read(file: Path) -> Sheet:
    try:
        return read_sheet(file)
    except BrokenSheet as broken:
        typer.echo(f"{file}：{broken.problem}。{broken.mend}。", err=True)
        raise typer.Exit(1) from broken


def _staff(database: Database, login: str) -> Staff:
    found = database.read(lambda db: staff_by_login(db, login))
    if found is None or not found.staff.is_active:
        raise typer.BadParameter(f"没有在用的工作人员账号“{login}”", param_hint="--staff")
    return found.staff


def _judged(
    database: Database, rows: Iterable[ClosedRow], district: District, staff: Staff
) -> list[Verdict]:
    def work(db: Connection) -> list[Verdict]:
        return [judged(db, row, district.id, staff) for row in rows]

    return database.read(work)


def _applied(
    database: Database, rows: Iterable[ClosedRow], doing: Callable[..., Verdict]
) -> Iterator[Verdict]:
    """Apply row by row, each in a transaction of its own, so that none waits for the others."""
    for row in rows:
        try:
            yield database.write(partial(doing, row=row))
        except CaseError:
            yield Verdict(row, "refused", why=OVERTAKEN)


def _show_faults(listed: ClosedList) -> None:
    for fault in listed.faults[:_SHOWN]:
        typer.echo(str(fault), err=True)
    if (more := len(listed.faults) - _SHOWN) > 0:
        typer.echo(f"还有 {more} 处没有列出。", err=True)
    if listed.faults:
        typer.echo(f"有 {len(listed.faults)} 处要改，改好再导入；什么也没有办理。", err=True)


def _show(verdicts: Iterable[Verdict], *, is_done: bool) -> None:
    counts: Counter[str] = Counter()
    for one in verdicts:
        counts[one.fate] += 1
        if one.fate == "refused":
            typer.echo(f"第{one.row.row}行（{one.row.number}）：{one.why}。", err=True)
    done = "已办理" if is_done else "可以办理"
    typer.echo(
        f"{done} {counts['moved']} 件，早已办好 {counts['settled']} 件，"
        f"办不了 {counts['refused']} 件。"
    )
