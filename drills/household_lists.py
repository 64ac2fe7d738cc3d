"""An organiser's list of households (住户名单): rooms in one writing, every fault named by row.

Values in, values out. A list has a room and a number of people a row; names and phones are not
read, whatever other columns there are.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from community.building_sheets import Sheet, SheetRow
from drills.rollcall import MOST_PERSONS

MOST_ROOM_CHARACTERS = 20
LOWEST_FLOOR, HIGHEST_FLOOR = -10, 200
_HEADINGS_WITHIN = 10

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "stair": ("单元", "单元号"),
    "room": ("房号", "房间号", "门牌号", "室号", "户号"),
    "floor": ("楼层", "层"),
    "persons": ("人数", "应到人数", "家庭人数", "常住人数", "人口"),
    "needs_assistance": ("需要帮助", "是否需要帮助", "需要协助"),
}
_PART = re.compile(r"[0-9]+|[a-z]+")
_NO_ROOM = re.compile(r"[^0-9a-z\-—–、/#号室房单元栋幢楼层座第\s]")
_YES = frozenset({"是", "有", "需要", "y", "1", "√"})
_NO = frozenset({"", "否", "无", "没有", "不需要", "n", "0", "×", "-"})


@dataclass(frozen=True, slots=True)
class Household:
    """One home of a list.

    Attributes:
        number: of its row, from 1, as spreadsheets show it.
        room: as ``room_key`` returns it.
        persons: 1 to ``MOST_PERSONS``.
        floor: None when the list does not say.
        needs_assistance: whether somebody needs help on the stairs.
    """

    number: int
    room: str
    persons: int
    floor: int | None = None
    needs_assistance: bool = False


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row; ``words`` are Chinese, for whoever keeps the list."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class HouseholdList:
    """What a file holds; nothing is imported while there are faults."""

    households: tuple[Household, ...]
    faults: tuple[RowFault, ...]


def room_key(text: str) -> str:
    """Return a room in the one way it is kept, "2-1203" for 2单元1203室; "" when it is none."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if _NO_ROOM.search(plain):
        return ""
    parts = [part.lstrip("0") or "0" for part in _PART.findall(plain)]
    key = "-".join(parts).upper()
    return key if any(part.isdecimal() for part in parts) and len(key) <= 20 else ""


def room_of_unit(unit: str, stairs: int | None) -> str:
    """Return the room in what a resident wrote as their unit; "" when it names no one home.

    12-3 stands on every stair of a building, so where there may be several the stair has to be
    named: otherwise two families would count as one. "2单元" alone is a stair and no room.

    Args:
        unit: as the resident wrote it.
        stairs: how many stairs the building has; None when not known.
    """
    key = room_key(unit)
    parts = key.split("-")
    has_room = len(parts) > 1 or len(parts[0]) >= 3
    if not key or not has_room:
        return ""
    names_stair = len(parts) > 2 or (len(parts) == 2 and len(parts[1]) >= 3)
    return key if stairs == 1 or names_stair else ""


def floor_of_room(room: str) -> int | None:
    """Return the floor in a room: 12 in 2-1203 and in 2-12-3; None when it tells none."""
    parts = room.split("-")
    if len(parts) >= 3 and parts[-2].isdecimal():
        floor = int(parts[-2])
    elif parts[-1].isdecimal() and 3 <= len(parts[-1]) <= 4:
        floor = int(parts[-1][:-2])
    else:
        return None
    return floor if 0 < floor <= HIGHEST_FLOOR else None


def read_households(sheet: Sheet) -> HouseholdList:
    """Return the homes of a file, and what is wrong with it, row by row."""
    columns, rows = _headed(sheet.rows)
    if "room" not in columns or "persons" not in columns:
        number = sheet.rows[0].number if sheet.rows else 1
        return HouseholdList((), (RowFault(number, "要有“房号”和“人数”两列，请写在表头里。"),))
    read = [_household(row, columns) for row in rows]
    households = [one for one in read if isinstance(one, Household)]
    faults = [one for one in read if isinstance(one, RowFault)]
    if not rows:
        faults.append(RowFault(1, "表头下面没有住户，请填好再导入。"))
    faults += doubles(households)
    return HouseholdList(tuple(households), tuple(sorted(faults, key=lambda one: one.number)))


def doubles(households: Sequence[Household]) -> list[RowFault]:
    """Return a fault for each row whose room stands in an earlier one."""
    first: dict[str, int] = {}
    faults: list[RowFault] = []
    for one in households:
        if one.room in first:
            words = f"第{one.number}行：{one.room}和第{first[one.room]}行重复，请留一行。"
            faults.append(RowFault(one.number, words))
        first.setdefault(one.room, one.number)
    return faults


def _headed(rows: Sequence[SheetRow]) -> tuple[dict[str, int], Sequence[SheetRow]]:
    """Return the column of each field, and the rows below the headings."""
    for place, row in enumerate(rows[:_HEADINGS_WITHIN]):
        cells = [re.sub(r"\s", "", cell) for cell in row.cells]
        columns = {
            field: cells.index(name)
            for field, names in _HEADINGS.items()
            for name in names
            if name in cells
        }
        if {"room", "persons"} <= columns.keys():
            return columns, rows[place + 1 :]
    return {}, ()


def _household(row: SheetRow, columns: Mapping[str, int]) -> Household | RowFault:
    cells = {
        field: row.cells[column] if column < len(row.cells) else ""
        for field, column in columns.items()
    }
    named = unicodedata.normalize("NFKC", f"{cells.get('stair', '')} {cells['room']}")
    room, persons = room_key(named), _whole(cells["persons"], "人口个")
    floor = _whole(cells.get("floor", ""), "楼层F")
    help_word = cells.get("needs_assistance", "").strip().casefold()
    problem = ""
    if not room or not cells["room"].strip():
        problem = f"房号“{cells['room'][:20]}”看不懂，请写成“2-1203”。"
    elif persons is None or not 1 <= persons <= MOST_PERSONS:
        problem = f"人数“{cells['persons'][:20]}”不对，请写1到{MOST_PERSONS}的整数。"
    elif cells.get("floor", "") and not _is_floor(floor):
        problem = f"楼层“{cells['floor'][:20]}”不对，请写整数，地下写负数。"
    elif help_word not in _YES | _NO:
        problem = f"需要帮助“{help_word[:20]}”看不懂，请写“是”或“否”。"
    if problem or persons is None:
        return RowFault(row.number, f"第{row.number}行：{problem}")
    known = floor if _is_floor(floor) else floor_of_room(room)
    return Household(row.number, room, persons, known, help_word in _YES)


def _is_floor(floor: int | None) -> bool:
    return floor is not None and floor != 0 and LOWEST_FLOOR <= floor <= HIGHEST_FLOOR


def _whole(text: str, units: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip().rstrip(units)
    return int(plain) if re.fullmatch(r"-?[0-9]{1,4}", plain) else None
