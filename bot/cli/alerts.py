"""``lifeline alerts``: sensing systems that may raise alerts, and their detectors."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.app import open_key, open_main_database, utc_now
from bot.channels.alerts import PATH, SOURCE_HEADER
from bot.settings import Settings
from community.alert_source_store import (
    MOST_NAME_CHARACTERS,
    BadDetector,
    BadSource,
    Detector,
    add_source,
    end_source,
    find_source,
    list_sources,
    put_detectors,
    require_buildings,
)
from community.alerts import Kind
from community.building_sheets import BrokenSheet, Sheet, read_sheet
from community.districts import load_district
from storage import chunks

ACTOR = "operator"
# As headings of a list, and what each stands for.
COLUMNS = ("探测器", "楼栋编码", "楼层", "房号", "类型")
KIND_WORDS: Mapping[str, Kind] = {"烟感": "smoke", "燃气": "gas", "占道": "lane"}
PROBLEMS: Mapping[str, str] = {
    "external": "探测器编号空着或太长",
    "kind": f"类型只能是{'、'.join(KIND_WORDS)}",
    "floor": "楼层写整数，地下写负数，没有0层",
    "room": "房号太长",
    "building": "本区没有这个楼栋编码",
}

app = typer.Typer(
    help="感知系统报警：来源、探测器 | alerts from sensing systems",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
source_app = typer.Typer(
    help="来源：添加、停用、列出 | sources",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
detector_app = typer.Typer(
    help="探测器名单 | detectors",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(source_app, name="source")
app.add_typer(detector_app, name="detector")

CodeArgument = Annotated[str, typer.Argument(help="来源编号 | the source's code")]


@source_app.command()
def add(
    name: Annotated[str, typer.Option("--name", help="哪个系统 | which system")],
    district: Annotated[str, typer.Option("--district", help="区县，空着用默认的 | id")] = "",
) -> None:
    """添加一个来源，密钥只显示这一次。 | Add a source; its secret is shown this once."""
    settings = Settings()
    served = district or settings.districts[0]
    if served not in settings.districts:
        raise typer.BadParameter(f"这里没有区县“{served}”", param_hint="--district")
    with open_main_database(settings) as database:
        key = open_key(settings, database)
        adding = partial(add_source, wish=(served, name), key=key, now=utc_now(), actor=ACTOR)
        try:
            source, secret = database.write(adding)
        except BadSource as error:
            problem = f"写清楚是哪个系统，1到{MOST_NAME_CHARACTERS}个字"
            raise typer.BadParameter(problem, param_hint="--name") from error
    typer.echo(f"{source.code}\t{secret}")
    typer.echo(
        f"前面是来源编号，放在请求头{SOURCE_HEADER}里；后面是密钥，只显示这一次。报警发到 {PATH}。",
        err=True,
    )


@source_app.command()
def end(code: CodeArgument) -> None:
    """停用一个来源，马上不再收它的报警。 | End a source; nothing more is taken from it."""
    with open_main_database(Settings()) as database:
        done = database.write(lambda db: end_source(db, code, utc_now(), actor=ACTOR))
    if not done:
        raise typer.BadParameter(_unknown(code), param_hint="CODE")
    typer.echo(f"来源{code}停用了。")


@source_app.command("list")
def list_all() -> None:
    """列出来源（看不到密钥）。 | List the sources."""
    settings = Settings()
    zone = ZoneInfo(load_district(settings.districts[0]).timezone)
    with open_main_database(settings) as database:
        found = database.read(lambda db: list_sources(db, settings.districts))
    for one in found:
        ended = f"{_day(one.ended_at, zone)}停用" if one.ended_at else "在用"
        typer.echo(f"{one.code}\t{one.name}\t{one.district_id}\t{ended}")
    if not found:
        typer.echo("还没有来源。用 lifeline alerts source add --name 系统 添加一个。")


@detector_app.command("import")
def import_detectors(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV或XLSX | file")],
    code: Annotated[str, typer.Option("--source", help="来源编号 | the source's code")],
) -> None:
    """导入探测器名单，有一行不对就都不导入。 | Import detectors, all of them or none."""
    with open_main_database(Settings()) as database:
        source = database.read(partial(find_source, code=code))
        if source is None:
            raise typer.BadParameter(_unknown(code), param_hint="--source")
        try:
            detectors = _detectors(_read(file))
            database.read(partial(require_buildings, source=source, detectors=detectors))
        except BadDetector as error:
            raise typer.BadParameter(_faulty(error), param_hint="FILE") from error
        for some in chunks(detectors):
            database.write(partial(put_detectors, source=source, detectors=some))
    typer.echo(f"登记了{len(detectors)}个探测器。")


def _read(file: Path) -> Sheet:
    try:
        return read_sheet(file)
    except BrokenSheet as broken:
        typer.echo(f"{file}：{broken.problem}。{broken.mend}。", err=True)
        raise typer.Exit(1) from broken


def _detectors(sheet: Sheet) -> list[Detector]:
    """Return what a list says; a name that stands twice counts as it stands last."""
    headings = [cell.strip() for cell in sheet.rows[0].cells] if sheet.rows else []
    missing = [name for name in COLUMNS if name not in headings]
    if missing:
        typer.echo(f"第一行缺这些列：{'、'.join(missing)}。", err=True)
        raise typer.Exit(1)
    rows = (dict(zip(headings, row.cells, strict=False)) for row in sheet.rows[1:])
    read = [_detector({name: row.get(name, "").strip() for name in COLUMNS}) for row in rows]
    return list({one.external_id: one for one in read}.values())


def _detector(cells: Mapping[str, str]) -> Detector:
    external, code, floor, room, kind = (cells[name] for name in COLUMNS)
    if kind not in KIND_WORDS:
        raise BadDetector(external, "kind")
    try:
        level = int(floor) if floor else None
    except ValueError:
        raise BadDetector(external, "floor") from None
    return Detector(external, code.upper(), level, room, KIND_WORDS[kind])


def _faulty(error: BadDetector) -> str:
    return f"探测器“{error.external_id}”：{PROBLEMS[error.problem]}。什么也没导入。"


def _unknown(code: str) -> str:
    return f"没有在用的来源“{code}”，用 lifeline alerts source list 看有哪些"


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
