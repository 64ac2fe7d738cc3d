"""Tables to take away: CSV and XLSX, row by row, in constant memory, as harmless text.

A spreadsheet runs a CSV cell that begins with = + - @ as a formula, whoever wrote it. So such
text gets a leading apostrophe in CSV (OWASP, "CSV Injection"), and is a plain string in XLSX.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | float | bool | date | datetime | None
TableRow = Mapping[str, Cell]

# Excel's limits: characters in a cell, rows in a sheet, digits that a number keeps.
LONGEST_CELL = 32_767
MOST_XLSX_ROWS = 1_048_575
LARGEST_NUMBER = 10**15
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# What Excel would take for its own error values, such as #N/A, begins so.
_ERROR_SIGN = "#"
# What XML cannot hold, and what a terminal would obey; line breaks and tabs are text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile(r"\r\n?")
_HEADING_FILL = "FFE8EDF2"
_ROWS_AT_ONCE = 500


class TooManyRows(Exception):
    """An XLSX sheet cannot hold so many rows."""

    permanent = True

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"a sheet holds {most} rows: narrow the filter, or write CSV")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in a row, the heading people read, and its width in characters."""

    key: str
    heading: str
    width: int = 14


def write_csv(
    rows: Iterable[TableRow], columns: Sequence[Column], zone: tzinfo = UTC
) -> Iterator[bytes]:
    """Yield a CSV file in pieces: UTF-8 with a mark, so that Excel reads Chinese; RFC 4180.

    Numbers stay numbers, also below nought; only text is guarded.

    Args:
        rows: read as the file is taken; keys that no column names are left out.
        columns: in the order of the file.
        zone: whose clocks moments are written by, as ``2026-11-22 09:00``.

    Raises:
        KeyError: when a row lacks a column.
        ValueError: for a moment without a zone.
    """
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow([_harmless(column.heading) for column in columns])
    for number, row in enumerate(rows, 1):
        writer.writerow([_csv_cell(row[column.key], zone) for column in columns])
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def write_xlsx(
    rows: Iterable[TableRow], columns: Sequence[Column], path: Path, zone: tzinfo = UTC
) -> None:
    """Write an XLSX file; text stays text, numbers are numbers, the headings stay in sight.

    Args:
        rows: read once; keys that no column names are left out.
        columns: in the order of the file.
        path: overwritten; left alone when the rows fail.
        zone: as :func:`write_csv`.

    Raises:
        TooManyRows: when a sheet cannot hold them.
        KeyError: when a row lacks a column.
        ValueError: for a moment without a zone.
        OSError: when the file cannot be written.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    try:
        _head(sheet, columns)
        _fill(sheet, ([_xlsx_cell(sheet, row[c.key], zone) for c in columns] for row in rows))
    except BaseException:
        # What openpyxl has put on the disk so far goes only when a book is saved.
        book.save(os.devnull)
        raise
    book.save(path)


def plain_text(text: str) -> str:
    """Return text without control characters and halves of characters, at most a cell's worth."""
    return _CONTROL.sub("", _LINE_END.sub("\n", text))[:LONGEST_CELL]


def _harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula, also behind blanks."""
    plain = plain_text(text)
    is_formula = plain.lstrip().startswith(_FORMULA_SIGNS) or plain.startswith(_FORMULA_SIGNS)
    return f"'{plain}" if is_formula else plain


def _csv_cell(value: Cell, zone: tzinfo) -> str | int | float:
    shown = _shown(value, zone)
    return _harmless(shown) if isinstance(shown, str) else shown


def _xlsx_cell(sheet: WriteOnlyWorksheet, value: Cell, zone: tzinfo) -> object:
    """Return what openpyxl writes as it is; text that it would interpret is marked as text."""
    shown = _shown(value, zone)
    if not isinstance(shown, str):
        return shown
    text = plain_text(shown)
    if not text.lstrip().startswith((*_FORMULA_SIGNS, _ERROR_SIGN)):
        return text or None
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    # As if typed with an apostrophe: it stays text when somebody edits it.
    cell.quotePrefix = True
    return cell


def _shown(value: Cell, zone: tzinfo) -> str | int | float:
    """Return a number that a spreadsheet keeps whole, and anything else as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return _moment(value, zone)
        case int() | float():
            return value if math.isfinite(value) and abs(value) < LARGEST_NUMBER else str(value)
        case _:
            return str(value)


def _moment(moment: datetime, zone: tzinfo) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone: pass an aware datetime")
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _taken(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _fill(sheet: WriteOnlyWorksheet, rows: Iterable[list[object]]) -> None:
    for number, row in enumerate(rows, 1):
        if number > MOST_XLSX_ROWS:
            raise TooManyRows(MOST_XLSX_ROWS)
        sheet.append(row)


def _head(sheet: WriteOnlyWorksheet, columns: Sequence[Column]) -> None:
    """Write the headings; widths and the frozen row must come before the first row."""
    for number, column in enumerate(columns, 1):
        # The stubs leave this out; openpyxl's own guide sets widths so.
        dimensions = sheet.column_dimensions  # type: ignore[attr-defined]
        dimensions[get_column_letter(number)].width = column.width
    sheet.freeze_panes = "A2"
    sheet.append([_heading(sheet, column.heading) for column in columns])


def _heading(sheet: WriteOnlyWorksheet, text: str) -> object:
    cell = WriteOnlyCell(sheet, plain_text(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor=_HEADING_FILL)
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell
