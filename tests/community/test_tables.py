"""Tables to take away: what was text stays text, whatever it looks like."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from community import tables
from community.tables import (
    LONGEST_CELL,
    Cell,
    Column,
    TableRow,
    TooManyRows,
    plain_text,
    write_csv,
    write_xlsx,
)

CHONGQING = ZoneInfo("Asia/Shanghai")
COLUMNS = (Column("code", "编号", 12), Column("what", "情况", 40))
NINE = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "　=1", "\x00=1", "\x1f\x7f=1",
    "＝1+1", "＠A1", "=HYPERLINK(\"http://x\",\"看\")", "=cmd|' /C calc'!A0", "'=1", '"=1',
]  # fmt: skip
SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def rows(*whats: Cell) -> list[TableRow]:
    return [{"code": f"C{n}", "what": what, "secret": "no column"} for n, what in enumerate(whats)]


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def csv_of(*whats: Cell) -> list[str]:
    return [row[1] for row in read_back(b"".join(write_csv(rows(*whats), COLUMNS, CHONGQING)))[1:]]


def xlsx_of(path: Path, *whats: Cell) -> list[tuple[object, str]]:
    """Return each cell of the second column with its type: s for text, n for a number."""
    write_xlsx(rows(*whats), COLUMNS, path, CHONGQING)
    book = load_workbook(path)
    try:
        return [(cell.value, cell.data_type) for (cell,) in book["数据"]["B2:B9999"] if cell.value]
    finally:
        book.close()


def test_a_csv_file_is_what_excel_reads_as_chinese() -> None:
    content = b"".join(write_csv(rows("楼道,堆物", '他说"好"', "两\n行"), COLUMNS))

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").split("\r\n") == [
        "编号,情况", 'C0,"楼道,堆物"', 'C1,"他说""好"""', 'C2,"两\n行"', "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (12, "12"),
        (-300, "-300"),
        (2.5, "2.5"),
        (float("nan"), "nan"),
        (10**15, str(10**15)),
        (date(2026, 3, 5), "2026-03-05"),
        (NINE, "2026-11-22 09:00"),
        ("楼道", "楼道"),
    ],
    ids=str,
)
def test_values_are_written_as_people_read_them(tmp_path: Path, value: Cell, text: str) -> None:
    assert csv_of(value) == [text]
    shown = [str(cell) for cell, _ in xlsx_of(tmp_path / "a.xlsx", value)]
    assert shown == ([text] if text else [])


def test_numbers_are_numbers_but_a_long_one_keeps_its_digits(tmp_path: Path) -> None:
    assert xlsx_of(tmp_path / "a.xlsx", 12, -2.5, 5001022026112200123, float("inf")) == [
        (12, "n"), (-2.5, "n"), ("5001022026112200123", "s"), ("inf", "s"),
    ]  # fmt: skip


def test_a_moment_without_a_zone_is_refused(tmp_path: Path) -> None:
    naive = rows(datetime(2026, 11, 22, 9))  # noqa: DTZ001 - what is refused

    with pytest.raises(ValueError, match="aware"):
        list(write_csv(naive, COLUMNS, CHONGQING))
    with pytest.raises(ValueError, match="aware"):
        write_xlsx(naive, COLUMNS, tmp_path / "a.xlsx", CHONGQING)


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_a_formula_is_only_text(tmp_path: Path, text: str) -> None:
    (cell,) = csv_of(text)
    assert not cell.lstrip().startswith(SIGNS)
    assert cell.removeprefix("'") == plain_text(text).removeprefix("'")

    assert xlsx_of(tmp_path / "a.xlsx", text) == [(plain_text(text), "s")]


@pytest.mark.parametrize("text", ["#N/A", "#DIV/0!", "#REF!"])
def test_what_looks_like_an_error_value_is_text(tmp_path: Path, text: str) -> None:
    assert xlsx_of(tmp_path / "a.xlsx", text) == [(text, "s")]


def test_a_heading_can_be_no_formula_either(tmp_path: Path) -> None:
    columns = (Column("what", "=1+1"),)

    assert read_back(b"".join(write_csv(rows("a"), columns)))[0] == ["'=1+1"]
    write_xlsx(rows("a"), columns, tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx")["数据"]["A1"].data_type == "s"


@given(text=st.text(alphabet=st.characters(codec=None), max_size=60))
def test_no_csv_cell_begins_with_a_formula_sign(text: str) -> None:
    (cell,) = csv_of(text)

    assert not cell.startswith(SIGNS)
    assert not cell.lstrip().startswith(SIGNS)
    assert cell in {plain_text(text), f"'{plain_text(text)}"}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from(FORMULAS), st.sampled_from("=+-@#")),
        max_size=20,
    )
)
def test_any_text_comes_back_from_xlsx_as_text(tmp_path: Path, texts: list[str]) -> None:
    kept = [plain_text(text) for text in texts]

    assert xlsx_of(tmp_path / "a.xlsx", *texts) == [(text, "s") for text in kept if text]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("甲\x00乙\x07", "甲乙"),
        ("一\r\n二\r三\n四", "一\n二\n三\n四"),
        ("半\ud83d个", "半个"),
        ("表\t格", "表\t格"),
        ("\x85\x9b[31m红", "[31m红"),
        ("长" * (LONGEST_CELL + 1), "长" * LONGEST_CELL),
    ],
    ids=["control", "line ends", "half a character", "tab", "terminal codes", "too long"],
)
def test_text_loses_what_no_sheet_can_hold(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_an_xlsx_file_has_its_headings_frozen_and_its_widths(tmp_path: Path) -> None:
    write_xlsx(rows("楼道"), COLUMNS, tmp_path / "a.xlsx")

    sheet = load_workbook(tmp_path / "a.xlsx")["数据"]
    assert sheet.freeze_panes == "A2"
    assert [sheet.column_dimensions[name].width for name in "AB"] == [12, 40]
    assert [cell.value for cell in sheet[1]] == ["编号", "情况"]
    assert sheet["A1"].font.bold


def test_a_table_without_rows_has_headings(tmp_path: Path) -> None:
    assert read_back(b"".join(write_csv([], COLUMNS))) == [["编号", "情况"]]
    assert xlsx_of(tmp_path / "a.xlsx") == []


def test_text_like_a_formula_is_marked_for_whoever_edits_it(tmp_path: Path) -> None:
    write_xlsx(rows("=1+1", "楼道"), COLUMNS, tmp_path / "a.xlsx")

    sheet = load_workbook(tmp_path / "a.xlsx")["数据"]
    assert sheet["B2"].quotePrefix
    assert not sheet["B3"].quotePrefix


def test_a_csv_file_comes_in_pieces_while_rows_are_read() -> None:
    read: list[int] = []

    def slowly() -> Iterator[TableRow]:
        for number in range(2000):
            read.append(number)
            yield {"code": str(number), "what": "楼道"}

    pieces = write_csv(slowly(), COLUMNS)
    next(pieces)

    assert 0 < len(read) < 1000
    assert len(read_back(b"\xef\xbb\xbf" + b"".join(pieces))) == 1500


def test_a_row_without_a_column_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(KeyError):
        write_xlsx([*rows("楼道"), {"code": "C9"}], COLUMNS, tmp_path / "a.xlsx")

    assert list(tmp_path.iterdir()) == []


def test_a_sheet_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_XLSX_ROWS", 2)

    with pytest.raises(TooManyRows) as caught:
        write_xlsx(rows("一", "二", "三"), COLUMNS, tmp_path / "a.xlsx")

    assert caught.value.most == 2
    assert not (tmp_path / "a.xlsx").exists()


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"0" * 100_000)

    write_xlsx(rows("楼道"), COLUMNS, path)

    assert zipfile.ZipFile(path).testzip() is None


@pytest.mark.parametrize(("form", "count"), [("csv", 100_000), ("xlsx", 5_000)])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, form: str, count: int) -> None:
    many = ({"code": f"C{n}", "what": f"{n}栋楼道堆放纸箱和旧家具"} for n in range(count))

    tracemalloc.start()
    if form == "csv":
        written = sum(len(piece) for piece in write_csv(many, COLUMNS))
    else:
        write_xlsx(many, COLUMNS, tmp_path / "a.xlsx")
        written = count * 40
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert written > count * 20
    assert peak < 3_000_000
