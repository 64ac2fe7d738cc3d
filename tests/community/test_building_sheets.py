"""Reading tables: every encoding and kind that offices send, and files that mean harm."""

import csv
import io
import time
import zipfile
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.building_sheets import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    BrokenSheet,
    Merged,
    Sheet,
    read_csv,
    read_sheet,
    read_xlsx,
)
from tests.community.registered import workbook, written

TEXT = "镇街,社区,楼栋\n双福街道,幸福社区,3栋\n"
CELLS = (("镇街", "社区", "楼栋"), ("双福街道", "幸福社区", "3栋"))


# Made once: a workbook holds the time it was made at, and so differs from the next one.
WORKBOOK = workbook([list(row) for row in CELLS])


def cells(sheet: Sheet) -> tuple[tuple[str, ...], ...]:
    return tuple(row.cells for row in sheet.rows)


def changed_part(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """Return an XLSX with one part of it changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, text.replace(old, new) if name == part else text)
    return changed.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_every_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    content = TEXT.replace(",", separator).encode(encoding)
    assert cells(read_sheet(written(tmp_path / "名单.csv", content))) == CELLS


def test_tabs_are_seen_below_a_title() -> None:
    sheet = read_csv("高层建筑台账，2026年\n镇街\t社区\n双福,新\t幸福\n".encode())
    assert cells(sheet)[1:] == (("镇街", "社区"), ("双福,新", "幸福"))


def test_rows_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    sheet = read_csv('镇街,社区\n\n,\n双福,"两\n行"\r\n几江,东门\n'.encode())
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("镇街", "社区")),
        (4, ("双福", "两\n行")),
        (5, ("几江", "东门")),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'a,b\n"x', "引号"),
        (b'a,b\n"x"y,z', "引号"),
        (b"a,b\n" + b"x" * 200_000, "字太多"),
        (b"\x81\x30\x00\xff", "编码"),
        (b"\xff\xfea", "编码"),
        (b"PK\x03\x04 nothing", "读不出来"),
        (b"\xd0\xcf\x11\xe0 old", "旧版的.xls"),
        (b"," * 100 + b"x", "列"),
    ],
)
def test_a_broken_file_is_explained(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(BrokenSheet) as broken:
        read_sheet(written(tmp_path / "x", content))
    assert problem in broken.value.problem
    assert broken.value.mend


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = written(tmp_path / "名单.csv", workbook([list(row) for row in CELLS]))
    assert cells(read_sheet(path)) == CELLS


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(BrokenSheet, match="10MB"):
        read_sheet(path)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(BrokenSheet, match=str(MOST_ROWS)):
        read_csv(b"a,b\n" * (MOST_ROWS + 20))


def test_cells_of_every_kind_come_as_they_are_shown() -> None:
    row: list[object] = [
        33, 33.0, 99.5, 13800000000, 1.38e10, True, False, None, " 字 ",
        datetime(2026, 5, 1, 8),  # noqa: DTZ001 - spreadsheets know no zones
        date(2026, 5, 2), "=A1+B1", "#N/A",
    ]  # fmt: skip
    (read,) = read_xlsx(workbook([row])).rows
    assert read.cells == (
        "33", "33", "99.5", "13800000000", "13800000000", "是", "否", "", "字",
        "2026-05-01", "2026-05-02", "=A1+B1", "#N/A",
    )  # fmt: skip


def test_missing_rows_keep_their_numbers_and_the_first_sheet_counts() -> None:
    content = workbook([["镇街"], [], ["双福"]])
    assert [row.number for row in read_xlsx(content).rows] == [1, 3]


def test_a_sheet_that_understates_its_size_is_read_whole() -> None:
    content = workbook([list(row) for row in CELLS])
    lying = changed_part(content, "xl/worksheets/sheet1.xml", b'ref="A1:C2"', b'ref="A1:A1"')
    assert lying != content
    assert cells(read_xlsx(lying)) == CELLS


def test_merged_cells_are_found() -> None:
    rows: list[list[object]] = [
        ["台账", None, None],
        *[list(row) for row in CELLS],
        ["", "", "4栋"],
    ]
    assert read_xlsx(workbook(rows, merged="A3:A4")).merged == (Merged(3, 1, 4),)
    assert read_xlsx(workbook(rows, merged="AB1:AC1")).merged == (Merged(1, 28, 1),)
    assert read_xlsx(workbook(rows)).merged == ()


def test_merged_cells_are_found_wherever_a_block_ends() -> None:
    content = workbook([[f"第{n}行"] for n in range(3)], merged="A1:A2")
    part = "xl/worksheets/sheet1.xml"
    for size in (2**20 - 400, 2**20 - 300):
        for more in range(0, 100, 9):
            filled = changed_part(
                content, part, b"</sheetData>", b"</sheetData>" + b" " * (size + more)
            )
            assert read_xlsx(filled).merged == (Merged(1, 1, 2),)


def test_a_row_number_beyond_every_sheet_does_not_hang() -> None:
    content = workbook([["镇街"], ["双福"]])
    part = "xl/worksheets/sheet1.xml"
    far = changed_part(content, part, b'<row r="2"', b'<row r="99999999999999"')
    begun = time.monotonic()
    assert cells(read_xlsx(far)) == (("镇街",),)
    assert time.monotonic() - begun < 30


def test_a_zip_bomb_is_refused_unopened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(5):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", bytes(50 * 1024 * 1024))
    assert len(bomb.getvalue()) < 1024 * 1024
    with pytest.raises(BrokenSheet, match="展开后太大"):
        read_xlsx(bomb.getvalue())


def test_entities_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    content = workbook([["镇街"]])
    part = "xl/worksheets/sheet1.xml"
    hostile = changed_part(content, part, b"<worksheet", laughs + b"<worksheet")
    hostile = changed_part(hostile, part, b"</sheetData>", b"&b;" * 100_000 + b"</sheetData>")
    begun = time.monotonic()
    with pytest.raises(BrokenSheet):
        read_xlsx(hostile)
    assert time.monotonic() - begun < 20


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_refused_or_read(data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BrokenSheet):  # anything else would end an import with a traceback
        read_xlsx(bytes(content))


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    with suppress(BrokenSheet):
        sheet = read_csv(content)
        assert all(row.cells and row.cells[-1] for row in sheet.rows)
        assert all(len(row.cells) <= MOST_COLUMNS for row in sheet.rows)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8),
            min_size=2,
            max_size=5,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["镇街", "社区"], *rows])
    sheet = read_csv(text.getvalue().encode("utf-8-sig"))
    assert cells(sheet) == (("镇街", "社区"), *map(tuple, rows))
