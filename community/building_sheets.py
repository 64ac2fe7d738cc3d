"""Reading a table from a CSV or XLSX file as rows of text, whoever made the file.

sqlite-utils' reader would lose the numbers of rows and every second column of one name, and
both must be named to whoever mends the file; so the standard reader is used.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 60
# A full table of 50,000 rows unpacks to about 80 MB; a bomb of 10 MB to ten gigabytes.
MOST_UNPACKED_BYTES = 200 * 1024 * 1024
# The last row that Excel knows; openpyxl would count up to any number a file claims.
_LAST_ROW = 1_048_576
# The separator shows in the first lines; a title above the headings has none.
_SNIFFED, _LINES_SNIFFED = 5000, 10
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*\w+:id=[\"'](\w+)")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*ref=[\"']([A-Z]{1,3})([0-9]{1,9}):[A-Z]{1,3}([0-9]{1,9})[^>]*>"
)
_BLOCK = 1 << 20
_LONGEST_MARK = 500
_XLSX_FAULTS = (
    zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError,
    AttributeError, IndexError, OSError, EOFError, zlib.error, NotImplementedError,
)  # fmt: skip


class BrokenSheet(Exception):
    """A file cannot be read as a table; ``problem`` and ``mend`` are Chinese, for its maker."""

    permanent = True

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(f"{problem}: {mend}")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not blank; ``number`` counts from 1, as spreadsheets show it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """Merged cells: where they begin, and in which row they end; all count from 1."""

    row: int
    column: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it stands in the file, headings included."""

    rows: tuple[SheetRow, ...]
    merged: tuple[Merged, ...] = ()


def read_sheet(path: Path) -> Sheet:
    """Return the rows of a CSV file (UTF-8, UTF-16, GB 18030) or of an XLSX file's first sheet.

    What a file is, its first bytes tell, not its name.

    Raises:
        BrokenSheet: when it is too large, damaged, or of another kind.
        OSError: when it cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise BrokenSheet("文件超过10MB", "分成几个文件，或去掉图片和多余的工作表")
    content = path.read_bytes()
    if content.startswith(_ZIP):
        return read_xlsx(content)
    if content.startswith(_OLE):
        raise BrokenSheet("这是旧版的.xls，或加了密码的表格", "去掉密码，另存为.xlsx")
    return read_csv(content)


def read_csv(content: bytes) -> Sheet:
    """Return the rows of a CSV file parted by commas or tabs.

    Raises:
        BrokenSheet: as :func:`read_sheet`.
    """
    text = _decoded(content)
    above = "\n".join(text[:_SNIFFED].splitlines()[:_LINES_SNIFFED])
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter="\t" if above.count("\t") > above.count(",") else ",",
        strict=True,
    )
    try:
        return Sheet(_kept(enumerate(reader, 1)))
    except csv.Error as error:
        problem = f"第{reader.line_num}行附近的引号不成对，或一格的字太多"
        raise BrokenSheet(problem, "检查这一行的英文引号，或用表格软件另存为.xlsx") from error


def read_xlsx(content: bytes) -> Sheet:
    """Return the rows of an XLSX file's first sheet; formulas come as text that begins with =.

    Raises:
        BrokenSheet: as :func:`read_sheet`; also for a zip bomb.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bomb(archive)
            merged = _merged(archive)
        with warnings.catch_warnings():
            # openpyxl warns of styles and rules that it drops; none of them holds a value.
            warnings.simplefilter("ignore", UserWarning)
            return Sheet(_kept(_xlsx_rows(content)), merged)
    except _XLSX_FAULTS as error:
        # openpyxl raises whatever its parser stumbles over; each of these means a broken file.
        raise BrokenSheet("表格文件读不出来", "用表格软件打开，另存为.xlsx再试") from error


def _decoded(content: bytes) -> str:
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BrokenSheet("文件的编码认不出来", "另存为“CSV UTF-8”，或存成.xlsx")


def _kept(rows: Iterable[tuple[int, Iterable[str]]]) -> tuple[SheetRow, ...]:
    """Return the rows that hold something, without blank cells at their ends."""
    kept: list[SheetRow] = []
    for number, cells in rows:
        stripped = [cell.strip() for cell in cells]
        while stripped and not stripped[-1]:
            stripped.pop()
        if len(stripped) > MOST_COLUMNS:
            raise BrokenSheet(f"第{number}行有{len(stripped)}列", f"最多{MOST_COLUMNS}列")
        if stripped:
            kept.append(SheetRow(number, tuple(stripped)))
        if len(kept) > MOST_ROWS + 10:  # a title and headings stand above the rows
            raise BrokenSheet(f"超过{MOST_ROWS}行", "分成几个文件")
    return tuple(kept)


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Refuse what unpacks to too much; zipfile reads no more of a part than it claims here."""
    if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED_BYTES:
        raise BrokenSheet("文件展开后太大", "只留要导入的工作表，去掉图片，另存一份")


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=MOST_COLUMNS + 1)
        for number, row in enumerate(rows, 1):
            yield number, [_cell_text(cell) for cell in row]
    finally:
        book.close()


def _cell_text(cell: object) -> str:
    """Return what a spreadsheet shows; a formula keeps its sign, whatever it computes to."""
    if isinstance(cell, EmptyCell) or not isinstance(cell, ReadOnlyCell):
        return ""
    if cell.data_type == "f":
        return cell.value if isinstance(cell.value, str) else "="
    value: object = cell.value
    shown = next((show for kind, show in _SHOWN if isinstance(value, kind)), str)
    return "" if value is None else shown(value)


def _number_text(value: object) -> str:
    """Return 33 for 33.0, and never 1e+10: a phone typed as a number keeps its digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


# bool is a kind of int and datetime a kind of date, so each stands before the other.
_SHOWN: tuple[tuple[type, Callable[[object], str]], ...] = (
    (bool, lambda value: "是" if value else "否"),
    (datetime, lambda value: str(value)[:10]),
    (date, str),
    (float, _number_text),
)


def _merged(archive: zipfile.ZipFile) -> tuple[Merged, ...]:
    """Return the merged cells of the first sheet, which openpyxl leaves out row by row.

    Found by pattern and not by parsing XML, which a hostile file could make expensive.
    """
    with archive.open(_first_part(archive)) as part:
        found: list[Merged] = []
        rest = b""
        while block := part.read(_BLOCK):
            text = rest + block
            for column, row, last in _MERGE.findall(text):
                found.append(Merged(int(row), _column_number(column.decode()), int(last)))
            # The block may end within a mark: what stands after the last whole one comes again.
            rest = text[text.rfind(b">") + 1 :][-_LONGEST_MARK:]
    return tuple(found)


def _first_part(archive: zipfile.ZipFile) -> str:
    """Return the name of the part that holds the sheet standing first in the book."""
    sheet = _SHEET.search(archive.read("xl/workbook.xml"))
    for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        if sheet and _attribute(b"Id", relation) == sheet[1].decode():
            target = _attribute(b"Target", relation)
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError("no sheet in the workbook")


def _attribute(name: bytes, mark: bytes) -> str:
    found = re.search(rb"\s" + name + rb"=[\"']([^\"']*)", mark)
    return found[1].decode() if found else ""


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
