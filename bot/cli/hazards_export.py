"""``lifeline hazards export``: moderated cases as an SQLite file, to open with Datasette."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlite_utils import Database as OpenFile

from bot.app import open_main_database
from bot.settings import Settings
from community.departments import UnknownDepartment
from community.districts import District, load_district
from hazards.categories import Categories, load_categories
from hazards.open_store import OpenFilter, PublicEvent, open_cases_after, public_events
from hazards.opendata import PublicCase, public_categories
from hazards.timeline import KIND_NAMES
from hazards.transitions import LEVEL_NAMES, STATE_NAMES
from storage import Database, swapped_file

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Row = dict[str, Any]
KINDS: Mapping[str, str] = {str(kind): name for kind, name in KIND_NAMES.items()}
A_CHUNK = 500
# Words of up to four characters are found as they are typed, whatever the tokenizer.
LONGEST_WORD = 4
_RUNS = re.compile(r"[㐀-鿿]+|[0-9A-Za-z]+")

CASE_COLUMNS = {
    "code": str, "district": str, "district_name": str, "category": str, "category_name": str,
    "status": str, "state": str, "level": str, "notes": str, "text": str, "street": str,
    "community": str, "latitude": float, "longitude": float, "handler": str, "lead": str,
    "opened_at": str, "due_at": str, "changed_at": str, "closed_at": str, "search": str,
}  # fmt: skip
CATEGORY_COLUMNS = {"id": str, "name": str, "group": str, "description": str, "is_urgent": int}
EVENT_COLUMNS = {
    "id": int, "case": str, "at": str, "what": str, "from_state": str, "to_state": str,
}  # fmt: skip
ABOUT_COLUMNS = {"exported_at": str, "districts": str, "note": str}
NOTE = "只有审核公开的隐患；没有人名；地点取到约100米的格子中心（WGS-84）。"


@app.command("export")
def export(
    sqlite: Annotated[Path, typer.Option("--sqlite", help="写到这个文件 | the file to write")],
    district: Annotated[
        str, typer.Option("--district", help="只要一个区县，空着就是全部 | one district's id")
    ] = "",
) -> None:
    """把审核公开的隐患导出成SQLite文件，可用Datasette打开。 | Write public cases for Datasette."""
    settings = Settings()
    if district and district not in settings.districts:
        known = "、".join(settings.districts)
        raise typer.BadParameter(f"没有“{district}”，只有：{known}", param_hint="--district")
    wanted = (district,) if district else settings.districts
    districts = {name: load_district(name) for name in wanted}
    with open_main_database(settings) as database, swapped_file(sqlite) as new:
        count = write_export(database, new, districts, datetime.now(UTC))
    typer.echo(f"导出了{count}件隐患：{sqlite}。打开：datasette {sqlite}")


def write_export(
    database: Database, path: Path, districts: Mapping[str, District], now: datetime
) -> int:
    """Write the public cases of ``districts`` into a new file; return how many there are.

    A chunk is in memory at a time, however many there are. Tables: cases (with full-text
    search), categories, events, about.
    """
    categories = load_categories()
    file = OpenFile(path)
    try:
        _make_tables(file)
        _fill_about(file, districts, categories, now)
        count = _fill_cases(file, database, districts, categories)
        file.table("cases").enable_fts(["search"])
        for column in ("district", "category", "status", "opened_at"):
            file.table("cases").create_index([column])
        file.table("events").create_index(["case"])
    finally:
        file.close()
    return count


def _make_tables(file: OpenFile) -> None:
    file.table("about").create(ABOUT_COLUMNS)
    file.table("categories").create(CATEGORY_COLUMNS, pk="id")
    of_category = [("category", "categories", "id")]
    file.table("cases").create(CASE_COLUMNS, pk="code", foreign_keys=of_category)
    file.table("events").create(EVENT_COLUMNS, pk="id", foreign_keys=[("case", "cases", "code")])


def _fill_about(
    file: OpenFile, districts: Mapping[str, District], categories: Categories, now: datetime
) -> None:
    zone = ZoneInfo(next(iter(districts.values())).timezone)
    names = "、".join(one.name for one in districts.values())
    about = {"exported_at": _moment(now, zone), "districts": names, "note": NOTE}
    file.table("about").insert(about)
    file.table("categories").insert_all(
        {
            "id": one.id,
            "name": one.name,
            "group": group.name,
            "description": one.description,
            "is_urgent": int(one.is_urgent),
        }
        for group in categories.groups
        for one in group.categories
        if one.is_public
    )


def _fill_cases(
    file: OpenFile, database: Database, districts: Mapping[str, District], categories: Categories
) -> int:
    wanted = OpenFilter(frozenset(districts), public_categories(categories))
    count = 0
    for cases in _chunks(database, wanted):
        zones = {one.id: ZoneInfo(districts[one.district_id].timezone) for one in cases}
        codes = {one.id: one.code for one in cases}
        file.table("cases").insert_all(
            case_row(one, districts[one.district_id], categories) for one in cases
        )
        events = database.read(partial(public_events, case_ids=list(codes)))
        file.table("events").insert_all(
            event_row(one, codes[one.case_id], zones[one.case_id]) for one in events
        )
        count += len(cases)
    return count


def _chunks(database: Database, wanted: OpenFilter) -> Iterator[list[PublicCase]]:
    after = 0
    while cases := database.read(
        partial(open_cases_after, wanted=wanted, after=after, most=A_CHUNK)
    ):
        yield cases
        after = cases[-1].id


def case_row(case: PublicCase, district: District, categories: Categories) -> Row:
    """Return a row of ``cases``."""
    zone = ZoneInfo(district.timezone)
    category = categories.require(case.category).name
    place = (district.name, case.street, case.community)
    return {
        "code": case.code,
        "district": case.district_id,
        "district_name": district.name,
        "category": case.category,
        "category_name": category,
        "status": case.status,
        "state": STATE_NAMES[case.state],
        "level": LEVEL_NAMES[case.level],
        "notes": case.notes,
        "text": case.text,
        "street": case.street,
        "community": case.community,
        "latitude": case.point.latitude if case.point else None,
        "longitude": case.point.longitude if case.point else None,
        "handler": _unit(district, case.handler),
        "lead": _unit(district, case.lead),
        "opened_at": _moment(case.opened_at, zone),
        "due_at": _moment(case.due_at, zone),
        "changed_at": _moment(case.changed_at, zone),
        "closed_at": _moment(case.closed_at, zone),
        "search": searchable(" ".join((case.code, category, case.text, *place))),
    }


def event_row(event: PublicEvent, code: str, zone: ZoneInfo) -> Row:
    """Return a row of ``events``: never who, and never why."""
    return {
        "id": event.id,
        "case": code,
        "at": _moment(event.at, zone),
        "what": KINDS[event.kind],
        "from_state": STATE_NAMES.get(event.from_state, ""),
        "to_state": STATE_NAMES.get(event.to_state, ""),
    }


def searchable(text: str) -> str:
    """Return ``text`` so that FTS5 finds any word of up to four Chinese characters in it.

    Its tokenizers take a Chinese sentence for one word, and what is typed into Datasette goes to
    them as it is.
    """
    return " ".join(word for run in _RUNS.findall(text) for word in _words(run))


def _words(run: str) -> Iterator[str]:
    if run.isascii():
        yield run
        return
    for size in range(1, min(len(run), LONGEST_WORD) + 1):
        for start in range(len(run) - size + 1):
            yield run[start : start + size]


def _unit(district: District, department: str) -> str:
    if not department:
        return ""
    try:
        return district.department(department).name
    except UnknownDepartment:  # the district's file has changed since
        return department


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
