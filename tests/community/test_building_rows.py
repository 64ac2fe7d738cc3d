"""From a table to buildings: what a row says, and how each fault is named."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.building_columns import HEADING_OF, HEADINGS
from community.building_rows import BuildingList, RowFault, read_building_list, template
from community.building_sheets import MOST_ROWS, BrokenSheet, read_csv, read_xlsx
from tests.community.registered import listed, workbook


def faults(found: BuildingList) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.problem) for fault in found.faults]


def test_a_row_says_what_stands_in_it_and_no_more() -> None:
    found = listed("镇街,社区,楼栋,层数,物业电话,备注\n双福街道,幸福社区,3栋,33,,新\n")
    (row,) = found.rows
    assert (row.row, row.street, row.community, row.name) == (2, "双福街道", "幸福社区", "3栋")
    assert dict(row.given) == {"name": "3栋", "floors_above": 33}
    assert found.faults == ()
    assert found.unused == ("备注",)


def test_a_dash_empties_and_a_blank_leaves() -> None:
    text = "镇街,社区,楼栋,层数,物业电话,避难层\n双福街道,幸福社区,3栋,-,无,\n"
    assert dict(listed(text).rows[0].given) == {
        "name": "3栋", "floors_above": None, "property_phone": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("estate", "name", "full"),
    [
        ("双福花园", "3栋", "双福花园3栋"),
        ("双福花园", "双福花园三栋", "双福花园三栋"),
        ("", "3栋", "3栋"),
    ],
)
def test_the_estate_is_part_of_the_name(estate: str, name: str, full: str) -> None:
    text = f"镇街,社区,小区,楼栋\n双福街道,幸福社区,{estate},{name}\n"
    assert listed(text).rows[0].name == full


def test_without_communities_the_estate_is_one() -> None:
    (row,) = listed("街道,小区,楼号\n双福街道,双福花园,3\n").rows
    assert (row.community, row.name) == ("双福花园", "3")


def test_a_title_above_the_headings_is_passed_over() -> None:
    found = listed("高层建筑台账\n\n镇街,社区,楼栋\n双福街道,幸福社区,3栋\n")
    assert [row.row for row in found.rows] == [4]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "找不到表头"),
        ("a,b\n1,2\n", "找不到表头"),
        ("镇街,楼栋\n双福街道,3栋\n", "缺“社区”"),
        ("镇街,社区,楼栋,楼号\n", "有两列都是“楼栋”"),
    ],
)
def test_headings_that_will_not_do(text: str, problem: str) -> None:
    with pytest.raises(BrokenSheet) as broken:
        listed(text)
    assert problem in broken.value.problem


def test_every_fault_of_a_row_is_named() -> None:
    text = (
        "镇街,社区,楼栋,层数,物业电话\n"
        "双福街道,,3栋,很高,12\n"
        "双福街道,幸福社区,4栋,33,\n"
        "双福街道,幸福社区\n"
        "双福街道,幸福社区,5栋,33,,多出来\n"
    )
    found = listed(text)
    assert faults(found) == [
        (2, "社区", "没有填"),
        (2, "地上层数", "不是数字"),
        (2, "物业电话", "电话的样子不对"),
        (4, "楼栋", "没有填"),
        (5, "", "比表头多出一格"),
    ]
    assert [row.name for row in found.rows] == ["4栋"]


def test_a_fault_reads_as_one_line() -> None:
    fault = RowFault(12, "地上层数", "很\n高" * 30, "不是数字", "只写数字，1到200")
    assert str(fault) == (
        f"第12行“地上层数”：写的是“{('很 高' * 30)[:40]}…”，不是数字。只写数字，1到200。"
    )
    assert str(RowFault(3, "", "", "是合并单元格", "取消合并")) == (
        "第3行：是合并单元格。取消合并。"
    )


def test_an_estate_and_name_too_long_together_are_a_fault() -> None:
    found = listed(f"镇街,社区,小区,楼栋\n双福街道,幸福社区,{'园' * 40},{'楼' * 30}\n")
    assert faults(found) == [(2, "楼栋", "名称太长")]


def test_formulas_and_merged_cells_are_faults() -> None:
    rows: list[list[object]] = [
        ["名单", None, None, None],
        ["镇街", "社区", "楼栋", "层数"],
        ["双福街道", "幸福社区", "3栋", "=30+3"],
        ["双福街道", "幸福社区", "4栋", 33],
        [None, "幸福社区", "5栋", 33],
    ]
    found = read_building_list(read_xlsx(workbook(rows, merged="A4:A5")))
    assert faults(found) == [
        (3, "地上层数", "这一格是公式"),
        (4, "镇街", "是合并单元格"),
        (5, "镇街", "没有填"),
    ]
    titled = read_building_list(read_xlsx(workbook(rows, merged="A1:D1")))
    assert (1, "镇街", "是合并单元格") not in faults(titled)


def test_too_many_rows_are_refused() -> None:
    text = "镇街,社区,楼栋\n" + "双福街道,幸福社区,3栋\n" * (MOST_ROWS + 1)
    with pytest.raises(BrokenSheet, match=str(MOST_ROWS)):
        listed(text)


def test_the_template_is_read_and_its_example_is_passed_over() -> None:
    text = io.StringIO()
    csv.writer(text).writerows(template())
    found = listed(text.getvalue())
    assert (found.rows, found.faults, found.unused) == ((), (), ())
    example = dict(zip(*template(), strict=True))
    for heading in HEADINGS:
        if example[heading.name]:
            heading.read(example[heading.name])


_LINES = st.lists(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=8),
    max_size=6,
)


@given(_LINES)
def test_any_rows_become_buildings_or_faults(rows: list[list[str]]) -> None:
    headings = [HEADING_OF[name].name for name in ("street", "community", "name", "households")]
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    found = read_building_list(read_csv(text.getvalue().encode("utf-8-sig")))
    named = {row.row for row in found.rows} | {fault.row for fault in found.faults}
    assert not {row.row for row in found.rows} & {fault.row for fault in found.faults}
    filled = {
        number
        for number, cells in enumerate(rows, 2)
        if any(cell.strip() for cell in cells) and cells[0].strip() != "示例街道"
    }
    # A cell may hold line ends of its own; rows are counted as a spreadsheet counts them.
    assert named == filled
