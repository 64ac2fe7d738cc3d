"""``lifeline buildings``: the register of buildings, from the lists that offices keep."""

import csv
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.app import open_main_database, utc_now
from bot.settings import Settings
from community.building_apply import ImportOvertaken, apply_import
from community.building_import import ImportPlan, plan_import
from community.building_rows import BuildingList, read_building_list, template
from community.building_sheets import BrokenSheet, read_sheet
from community.districts import District, load_district
from community.placenames import name_key
from community.register_store import add_street, all_buildings, all_streets
from community.registers import Building
from storage import Database

app = typer.Typer(
    help="楼栋登记 | the register of buildings",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_SHOWN_FAULTS = 200
_SHOWN_NAMES = 20

DistrictOption = Annotated[str, typer.Option("--district", help="区县，空着用默认的 | district id")]


@app.command("import")
def import_buildings(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV或XLSX | file")],
    district: DistrictOption = "",
    apply: Annotated[bool, typer.Option("--apply", help="真的写入 | write it")] = False,
    add_streets: Annotated[
        bool, typer.Option("--add-streets", help="登记名单里没有的镇街 | add unknown streets")
    ] = False,
) -> None:
    """导入楼栋名单；不加--apply只检查。 | Import a list; without --apply only check it."""
    settings = Settings()
    served = _district(settings, district)
    listed = _read(file)
    with open_main_database(settings) as database:
        planning = partial(plan_import, listed=listed, add_streets=add_streets)
        plan = database.read(partial(planning, district_id=served.id, district_name=served.name))
        _show_plan(plan, listed)
        if plan.faults:
            raise typer.Exit(1)
        if plan.is_empty:
            typer.echo("和登记的一样，什么也不用改。")
        elif apply:
            _apply(database, plan)
        else:
            typer.echo("只是检查，没有写入。没问题就加 --apply 再运行一次。")


@app.command("list")
def list_all(district: DistrictOption = "") -> None:
    """列出登记的楼栋，编码在最前。 | List the registered buildings, codes first."""
    settings = Settings()
    served = _district(settings, district)
    last = 0
    with open_main_database(settings) as database:
        while rows := database.read(partial(all_buildings, district_id=served.id, after=last)):
            last = rows[-1].id
            for row in rows:
                typer.echo(_line(row))
    if not last:
        typer.echo(f"{served.name}还没有登记楼栋。")


@app.command()
def streets(
    district: DistrictOption = "",
    add: Annotated[
        list[str] | None, typer.Option("--add", help="登记一个镇街，可写多次 | add a street")
    ] = None,
) -> None:
    """列出或登记镇街。 | List or add the district's streets."""
    settings = Settings()
    served = _district(settings, district)
    for name in add or ():
        if not name_key(name) or len(name) > 60:
            raise typer.BadParameter(f"“{name}”不像镇街的名称，写1到60个字", param_hint="--add")
    with open_main_database(settings) as database:
        for name in add or ():
            database.write(partial(add_street, district_id=served.id, name=name.strip()))
        known = database.read(lambda db: all_streets(db, served.id))
    for street in known:
        typer.echo(street.name)
    if not known:
        typer.echo(f"{served.name}还没有登记镇街。用 --add 登记。")


@app.command("template")
def show_template() -> None:
    """输出名单的模板（CSV）。 | Print an empty list (CSV)."""
    text = io.StringIO()
    csv.writer(text).writerows(template())
    # As bytes with a byte order mark: spreadsheet programs take anything else for GBK.
    typer.echo(text.getvalue().encode("utf-8-sig"), nl=False)


def _district(settings: Settings, chosen: str) -> District:
    """Return the district meant, which must be one of those served.

    Raises:
        typer.BadParameter: when it is not.
    """
    if chosen and chosen not in settings.districts:
        served = "、".join(settings.districts)
        raise typer.BadParameter(f"没有服务“{chosen}”，只有：{served}", param_hint="--district")
    return load_district(chosen or settings.districts[0])


def _read(file: Path) -> BuildingList:
    try:
        return read_building_list(read_sheet(file))
    except BrokenSheet as broken:
        typer.echo(f"{file}：{broken.problem}。{broken.mend}。", err=True)
        raise typer.Exit(1) from broken


def _show_plan(plan: ImportPlan, listed: BuildingList) -> None:
    for fault in plan.faults[:_SHOWN_FAULTS]:
        typer.echo(str(fault), err=True)
    if (more := len(plan.faults) - _SHOWN_FAULTS) > 0:
        typer.echo(f"还有 {more} 处没有列出。", err=True)
    if plan.faults:
        typer.echo(f"有 {len(plan.faults)} 处要改，改好再导入；什么也没有写入。", err=True)
    if listed.unused:
        typer.echo(f"没有用到的列：{_names(listed.unused)}")
    if plan.new_streets:
        typer.echo(f"新的镇街：{_names(plan.new_streets)}")
    if plan.new_communities:
        typer.echo(f"新的社区（看看有没有写错）：{_names(plan.new_communities)}")
    counts = f"新增 {len(plan.added)} 栋，更新 {len(plan.changed)} 栋，不变 {plan.unchanged} 栋。"
    typer.echo(counts)


def _apply(database: Database, plan: ImportPlan) -> None:
    try:
        apply_import(database, plan, utc_now())
    except ImportOvertaken as overtaken:
        typer.echo("同一个区县又开始了另一次导入，这一次没有写入。等那边做完再运行。", err=True)
        raise typer.Exit(1) from overtaken
    typer.echo("已写入。")


def _names(names: Sequence[str]) -> str:
    shown = "、".join(names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown}……共{len(names)}个"


def _line(row: Building) -> str:
    archived = "\t已注销" if row.archived_at else ""
    return f"{row.code}\t{row.street}\t{row.community}\t{row.name}{archived}"
