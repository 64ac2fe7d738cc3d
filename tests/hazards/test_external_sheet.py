"""Lists of closed cases: columns by their headings, every bad row named with its mend."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from community.building_sheets import read_csv, read_xlsx
from hazards.external_sheet import ClosedList, read_closed_list
from tests.community.registered import NOON, workbook

ZONE = ZoneInfo("Asia/Shanghai")
HEADINGS = "工单编号,办结时间,办结结果"


def listed(*lines: str, headings: str = HEADINGS) -> ClosedList:
    text = "\n".join([headings, *lines])
    return read_closed_list(read_csv(text.encode()), ZONE, NOON)


def test_an_xlsx_file_with_a_title_and_other_columns() -> None:
    content = workbook(
        [
            ["12345办结清单"],
            ["序号", "工单编号", "处理结果", "办结时间"],
            [1, "2026110001", "已清理", datetime(2026, 11, 20, 15, 30)],  # noqa: DTZ001 - as Excel
        ]
    )

    found = read_closed_list(read_xlsx(content), ZONE, NOON)

    assert found.faults == ()
    (row,) = found.rows
    assert (row.row, row.number, row.result, row.ending) == (3, "2026110001", "已清理", "closed")
    assert row.closed_from == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert row.closed_until == datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-20 15:30", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("2026/11/20 15:30:10", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("2026年11月20日15:30", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("2026.1.2", datetime(2026, 1, 1, 16, tzinfo=UTC)),
    ],
)
def test_times_as_people_write_them(written: str, at: datetime) -> None:
    assert listed(f"A1,{written},已办结").rows[0].closed_from == at


@pytest.mark.parametrize(
    ("result", "ending"),
    [
        ("已办结", "closed"),
        ("楼道杂物清走了", "closed"),
        ("不属实", "rejected"),
        ("退回，不予受理", "rejected"),
        ("已移送外区", "referred"),
    ],
)
def test_what_a_result_comes_to(result: str, ending: str) -> None:
    assert listed(f'A1,2026-11-20,"{result}"').rows[0].ending == ending


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",2026-11-20,已办结", "编号“”不对"),
        ("=A1,2026-11-20,已办结", "编号“=A1”不对"),
        ("9" * 61 + ",2026-11-20,已办结", f"编号“{'9' * 20}”不对"),
        ("A1,昨天,已办结", "办结时间“昨天”看不懂"),
        ("A1,2026-13-40,已办结", "没有“2026-13-40”这个时间"),
        ("A1,2026-11-23,已办结", "办结时间“2026-11-23”还没到"),
        ("A1,2026-11-20", "没有写办结结果"),
        ("A1,2026-11-20,=B2", "没有写办结结果"),
        ("A1,2026-11-20,正在处理", "结果“正在处理”还没办结"),
        ("A1,2026-11-20,未整改", "结果“未整改”还没办结"),
    ],
)
def test_a_bad_row_is_named(line: str, problem: str) -> None:
    found = listed("A0,2026-11-20,已办结", line)

    assert [(one.row, one.problem) for one in found.faults] == [(3, problem)]
    assert str(found.faults[0]).startswith(f"第3行：{problem}。")
    assert [row.number for row in found.rows] == ["A0"]


def test_a_number_stands_once() -> None:
    found = listed("A1,2026-11-20,已办结", "A1,2026-11-21,退回")

    assert [one.problem for one in found.faults] == ["编号A1和第2行重复"]


@pytest.mark.parametrize("headings", ["编号,结果", "甲,乙,丙"])
def test_without_headings_nothing_is_read(headings: str) -> None:
    found = listed("A1,2026-11-20,已办结", headings=headings)

    assert found.rows == ()
    assert [one.problem for one in found.faults] == ["找不到表头"]
