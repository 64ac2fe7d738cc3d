"""Lists of closed cases from 12345 or a grid platform, read row by row; each bad row is named."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from community.building_sheets import Sheet, SheetRow
from hazards.case_changes import MOST_EXTERNAL_CHARACTERS

# How it ended there: put right, not taken up, or sent elsewhere.
Ending = Literal["closed", "rejected", "referred"]

MOST_RESULT_CHARACTERS = 300
MOST_HEADING_ROWS = 10

_HEADINGS: dict[str, frozenset[str]] = {
    "number": frozenset({"编号", "工单号", "工单编号", "外部编号", "案件编号", "事件编号"}),
    "closed_at": frozenset({"办结时间", "办结日期", "完成时间", "完成日期", "办理时间"}),
    "result": frozenset({"办结结果", "办理结果", "处理结果", "结果", "办理情况"}),
}
_UNFINISHED = re.compile("未办结|未整改|未处理|未完成|正在|整改中|办理中|处理中")
_ENDINGS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("rejected", re.compile("不予受理|不受理|不属实|无此情况|退回|作废")),
    ("referred", re.compile("转办|转区外|移送|移交|转其他")),
)
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?"
)


@dataclass(frozen=True, slots=True)
class RowFault:
    """Something wrong with a row; ``problem`` and ``mend`` are Chinese, for whoever made it."""

    row: int
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"第{self.row}行：{self.problem}。{self.mend}。"


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """One closed case of the other side.

    Attributes:
        row: as spreadsheets count, from 1.
        number: the other side's.
        closed_from: when it was closed there; the day's first moment where only the day is known.
        closed_until: the same, or the day's last moment.
        result: in their words.
        ending: what these words come to.
    """

    row: int
    number: str
    closed_from: datetime
    closed_until: datetime
    result: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class ClosedList:
    """What a file holds: rows that can be used, and what is wrong with the others."""

    rows: tuple[ClosedRow, ...]
    faults: tuple[RowFault, ...]


class _Bad(Exception):
    """A cell that cannot be used."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(problem)


def read_closed_list(sheet: Sheet, zone: ZoneInfo, now: datetime) -> ClosedList:
    """Return the closed cases of a table; its columns are found by their headings.

    Args:
        sheet: as it was read.
        zone: of the district, in which its times are meant.
        now: nothing can have been closed after it.
    """
    place, columns = _headings(sheet)
    if columns is None:
        problem = "找不到表头"
        return ClosedList((), (RowFault(place, problem, "表头要有：编号、办结时间、办结结果"),))
    rows: dict[str, ClosedRow] = {}
    faults: list[RowFault] = []
    for line in sheet.rows[place:]:
        try:
            row = _row(line, columns, zone, now)
            if (first := rows.setdefault(row.number, row)) is not row:
                raise _Bad(f"编号{row.number}和第{first.row}行重复", "只留最后的结果")
        except _Bad as bad:
            faults.append(RowFault(line.number, bad.problem, bad.mend))
    return ClosedList(tuple(rows.values()), tuple(faults))


def _headings(sheet: Sheet) -> tuple[int, dict[str, int] | None]:
    """Return how many rows stand above the first case, and where the columns are."""
    for place, line in enumerate(sheet.rows[:MOST_HEADING_ROWS], 1):
        found = {
            name: column
            for name, known in _HEADINGS.items()
            for column, cell in enumerate(line.cells)
            if cell.replace(" ", "") in known
        }
        if found.keys() == _HEADINGS.keys():
            return place, found
    return 1, None


def _row(line: SheetRow, columns: dict[str, int], zone: ZoneInfo, now: datetime) -> ClosedRow:
    number, closed, result = (
        line.cells[columns[name]] if columns[name] < len(line.cells) else ""
        for name in ("number", "closed_at", "result")
    )
    if not number or len(number) > MOST_EXTERNAL_CHARACTERS or number.startswith("="):
        raise _Bad(f"编号“{number[:20]}”不对", f"写1到{MOST_EXTERNAL_CHARACTERS}个字，不能是公式")
    first, last = _moments(closed, zone)
    if first > now:
        raise _Bad(f"办结时间“{closed}”还没到", "核对时间")
    return ClosedRow(
        line.number, number, first, last, result[:MOST_RESULT_CHARACTERS], _ending(result)
    )


def _moments(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and last moment that a time means, in UTC."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise _Bad(f"办结时间“{text[:20]}”看不懂", "写成2026-11-20或2026-11-20 15:30")
    try:
        numbers = [int(part) for part in found.groups() if part]
        at = datetime(*numbers[:3], *numbers[3:], tzinfo=zone)  # type: ignore[arg-type,misc] # ints alone
    except ValueError as error:
        raise _Bad(f"没有“{text[:20]}”这个时间", "核对时间") from error
    last = at if found[4] else at.replace(hour=23, minute=59, second=59)
    return at.astimezone(UTC), last.astimezone(UTC)


def _ending(result: str) -> Ending:
    if not result or result.startswith("="):
        raise _Bad("没有写办结结果", "写上结果，不能是公式")
    if _UNFINISHED.search(result):
        raise _Bad(f"结果“{result[:20]}”还没办结", "办结了再导入")
    return next((ending for ending, words in _ENDINGS if words.search(result)), "closed")
