"""A register with a few buildings in it, made by a real import."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from sqlalchemy import Connection, insert

from community.building_apply import apply_import
from community.building_import import ImportPlan, plan_import
from community.building_rows import BuildingList, read_building_list
from community.building_sheets import read_csv
from community.register_store import search_buildings
from community.registers import Building
from community.store import resident
from storage import Database, migrate

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)

LIST = """\
镇街,社区,小区,楼栋,地址,层数,物业电话
双福街道,幸福社区,双福花园,3栋,滨江路8号,33,023-47521234
双福街道,幸福社区,双福花园,13栋,滨江路8号,33,023-47521234
双福街道,幸福社区,双福花园,2栋,滨江路8号,18,
几江街道,东门社区,,江津中心A座,东门街88号,30,
"""


def with_register_tables(database: Database) -> Database:
    migrate(database)
    return database


def listed(text: str) -> BuildingList:
    return read_building_list(read_csv(text.encode()))


def planned(
    database: Database, text: str, *, district: str = "demo", add_streets: bool = True
) -> ImportPlan:
    return database.read(
        lambda db: plan_import(
            db,
            listed(text),
            district_id=district,
            district_name="演示区",
            add_streets=add_streets,
        )
    )


def imported(database: Database, text: str = LIST, *, district: str = "demo") -> None:
    apply_import(database, planned(database, text, district=district), NOON)


def building_called(database: Database, name: str, *, district: str = "demo") -> Building:
    return database.read(lambda db: search_buildings(db, [district], name)).rows[0]


def new_resident(db: Connection, at: datetime = NOON) -> int:
    made: int = db.execute(
        insert(resident).values(created_at=at).returning(resident.c.id)
    ).scalar_one()
    return made


def workbook(rows: list[list[object]], *, merged: str = "", title: str = "名单") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
