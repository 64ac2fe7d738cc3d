"""From the rows of a table to buildings, each fault named by row, column and value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from community.building_columns import (
    HEADING_OF,
    HEADINGS,
    MOST_NAME_CHARACTERS,
    PLACE_FIELDS,
    BadCell,
    Heading,
    Value,
    heading_for,
    plain,
)
from community.building_sheets import MOST_ROWS, BrokenSheet, Sheet, SheetRow
from community.placenames import name_key

EXAMPLE_STREET = "示例街道"
# A cell with one of these empties what is registered; a blank cell leaves it.
_CLEARING = frozenset({"-", "—", "/", "无", "暂无", "没有", "清空"})
_HEADINGS_BY_ROW = 10
_SHOWN_CHARACTERS = 40
# What a field holds when nothing is said about it.
_EMPTY: Mapping[str, Value] = MappingProxyType(
    {
        "stairs": None, "floors_above": None, "floors_below": None, "households": None,
        "height_m": None, "built_year": None, "is_old": None, "last_inspected": None,
        "latitude": None, "longitude": None, "aliases": (), "refuge_floors": (),
        "assembly_points": (),
    }
)  # fmt: skip

_EXAMPLE: Mapping[str, str] = MappingProxyType(
    {
        "street": EXAMPLE_STREET, "community": "示例社区", "estate": "示例花园", "name": "3栋",
        "address": "示例路8号", "stairs": "2", "floors_above": "33", "floors_below": "2",
        "households": "264", "height_m": "99.5", "use": "住宅", "built_year": "2015",
        "is_old": "否", "refuge_floors": "15、30", "assembly_points": "小区北门广场",
        "property_company": "示例物业", "fire_station": "北门微站",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one row, in Chinese for whoever keeps the list."""

    row: int
    column: str
    value: str
    problem: str
    mend: str

    def __str__(self) -> str:
        """Return the fault in one line."""
        column = f"“{self.column}”" if self.column else ""
        shown = self.value.replace("\n", " ")
        if len(shown) > _SHOWN_CHARACTERS:
            shown = f"{shown[:_SHOWN_CHARACTERS]}…"
        value = f"写的是“{shown}”，" if shown else ""
        return f"第{self.row}行{column}：{value}{self.problem}。{self.mend}。"


@dataclass(frozen=True, slots=True)
class ListedBuilding:
    """A building as one row describes it; ``given`` holds only what the row says."""

    row: int
    district: str
    street: str
    community: str
    given: Mapping[str, Value]

    @property
    def name(self) -> str:
        """The building's name, the estate included."""
        return str(self.given["name"])


@dataclass(frozen=True, slots=True)
class BuildingList:
    """Everything a file says.

    Attributes:
        rows: the buildings, less those with a fault.
        faults: in the order of the rows.
        unused: headings that no column of ours answers to.
    """

    rows: tuple[ListedBuilding, ...]
    faults: tuple[RowFault, ...]
    unused: tuple[str, ...]


_Columns = Sequence[Heading | None]


def read_building_list(sheet: Sheet) -> BuildingList:
    """Return the buildings in a table whose headings stand in one of its first rows.

    Raises:
        BrokenSheet: when there are no headings, one that every list needs is missing, two
            name one column, or there are too many rows.
    """
    at = _heading_row(sheet)
    headings = sheet.rows[at]
    columns = _columns(headings)
    body = [row for row in sheet.rows[at + 1 :] if not _is_example(columns, row)]
    if len(body) > MOST_ROWS:
        raise BrokenSheet(f"有{len(body)}行", f"最多{MOST_ROWS}行，分成几个文件")
    faults = list(_merged_faults(sheet, headings))
    rows: list[ListedBuilding] = []
    for row in body:
        found = _Row(columns, row, faults)
        if (listed := found.building()) is not None:
            rows.append(listed)
    unused = tuple(
        text for text, column in zip(headings.cells, columns, strict=True) if text and not column
    )
    return BuildingList(tuple(rows), tuple(sorted(faults, key=lambda fault: fault.row)), unused)


def template() -> list[list[str]]:
    """Return the headings of our own list and an example, which an import passes over."""
    return [
        [heading.name for heading in HEADINGS],
        [_EXAMPLE.get(heading.field, "") for heading in HEADINGS],
    ]


class _Row:
    """One row on its way to a building; what is wrong is added to ``faults``."""

    def __init__(self, columns: _Columns, row: SheetRow, faults: list[RowFault]) -> None:
        self._row = row
        self._faults = faults
        self._columns = columns
        self._before = len(faults)

    def building(self) -> ListedBuilding | None:
        """Return the building, or None when something in the row is wrong."""
        values = dict(self._values())
        for cell in self._row.cells[len(self._columns) :]:
            self._fault(
                "", cell, "比表头多出一格", "看看这一行是不是多了逗号，有逗号的格子加英文引号"
            )
        if len(self._faults) > self._before:
            return None
        place = {field: str(values.pop(field, "")) for field in PLACE_FIELDS}
        name = _full_name(place["estate"], str(values["name"]))
        if len(name) > MOST_NAME_CHARACTERS:
            mend = f"小区和楼栋合起来缩到{MOST_NAME_CHARACTERS}个字以内"
            self._fault(HEADING_OF["name"].name, name, "名称太长", mend)
            return None
        values["name"] = name
        return ListedBuilding(
            self._row.number,
            place["district"],
            place["street"],
            place["community"],
            MappingProxyType(values),
        )

    def _values(self) -> Iterator[tuple[str, Value]]:
        missing = (len(self._columns) - len(self._row.cells)) * ("",)
        for column, cell in zip(self._columns, (*self._row.cells, *missing), strict=False):
            if column is None:
                continue
            if not cell and column.is_required:
                self._fault(column.name, "", "没有填", f"补上{column.name}")
            elif cell in _CLEARING and not column.is_required:
                yield column.field, _EMPTY.get(column.field, "")
            elif cell:
                yield from self._read(column, cell)

    def _read(self, column: Heading, cell: str) -> Iterator[tuple[str, Value]]:
        try:
            yield column.field, column.read(plain(cell))
        except BadCell as bad:
            self._fault(column.name, cell, bad.problem, bad.mend)

    def _fault(self, column: str, value: str, problem: str, mend: str) -> None:
        self._faults.append(RowFault(self._row.number, column, value, problem, mend))


def _heading_row(sheet: Sheet) -> int:
    """Return which row holds the headings: above it there may be a title."""
    counts = [
        sum(heading_for(cell) is not None for cell in row.cells)
        for row in sheet.rows[:_HEADINGS_BY_ROW]
    ]
    if not counts or max(counts) < 2:
        raise BrokenSheet(
            "找不到表头", "第一行写上镇街、社区、楼栋等，或用 lifeline buildings template 的模板"
        )
    return counts.index(max(counts))


def _columns(headings: SheetRow) -> list[Heading | None]:
    columns = [heading_for(text) for text in headings.cells]
    fields = [column.field for column in columns if column]
    if "community" not in fields and "estate" in fields:
        # Where lists know no 社区, the estate is the community.
        columns = [
            HEADING_OF["community"] if column and column.field == "estate" else column
            for column in columns
        ]
        fields = [column.field for column in columns if column]
    for heading in HEADINGS:
        if fields.count(heading.field) > 1:
            raise BrokenSheet(f"有两列都是“{heading.name}”", "删掉一列，或改一个表头")
        if heading.is_required and heading.field not in fields:
            raise BrokenSheet(f"缺“{heading.name}”这一列", "补上这一列，每行都要填")
    return columns


def _is_example(columns: _Columns, row: SheetRow) -> bool:
    return any(
        column is not None and column.field == "street" and cell == EXAMPLE_STREET
        for column, cell in zip(columns, row.cells, strict=False)
    )


def _merged_faults(sheet: Sheet, headings: SheetRow) -> Iterator[RowFault]:
    """Yield the merged cells below a title: only their first cell holds what they show."""
    for merged in sheet.merged:
        if merged.last_row >= headings.number:
            cells = headings.cells
            column = cells[merged.column - 1] if merged.column <= len(cells) else ""
            yield RowFault(merged.row, column, "", "是合并单元格", "取消合并，每一行都填上")


def _full_name(estate: str, name: str) -> str:
    """Return the name with the estate before it, unless it stands there already."""
    return name if name_key(name).startswith(name_key(estate)) else f"{estate}{name}"
