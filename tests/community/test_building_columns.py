"""Columns of a list: headings in use, and what a cell may hold."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.building_columns import (
    HEADING_OF,
    HEADINGS,
    PLACE_FIELDS,
    BadCell,
    Heading,
    Value,
    heading_for,
    plain,
)
from community.registers import FACT_NAMES


def read(field: str, text: str) -> Value:
    return HEADING_OF[field].read(plain(text))


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("镇街", "street"),
        ("镇街/平台", "street"),
        ("*社区（村）", "community"),
        ("社区/村", "community"),
        ("小区名称", "estate"),
        ("楼号", "name"),
        ("楼栋（必填）", "name"),
        ("*楼栋", "name"),
        ("建筑高度（m）", "height_m"),
        ("建筑高度(米)", "height_m"),
        ("层数", "floors_above"),
        ("消控室电话", "control_room_phone"),
        ("备注", None),
        ("", None),
    ],
)
def test_headings_in_use(heading: str, field: str | None) -> None:
    found = heading_for(heading)
    assert (found.field if found else None) == field


def test_every_fact_has_one_column_and_every_heading_one_meaning() -> None:
    assert sorted(HEADING_OF) == sorted([*FACT_NAMES, *PLACE_FIELDS])
    for heading in HEADINGS:
        for name in (heading.name, *heading.aliases):
            assert heading_for(name) is heading, name


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("floors_above", "33", 33),
        ("floors_above", "33层", 33),
        ("floors_above", "33.0", 33),
        ("floors_below", "0", 0),
        ("households", "264户", 264),
        ("height_m", "99.5米", 99.5),
        ("built_year", "2015年", 2015),
        ("use", "公建", "公共"),
        ("use", "住宅", "住宅"),
        ("is_old", "是", True),
        ("is_old", "否", False),
        ("refuge_floors", "30、15层，15", (15, 30)),
        ("refuge_floors", "第15层/第30层", (15, 30)),
        ("assembly_points", "北门广场；南门", ("北门广场", "南门")),
        ("last_inspected", "2026年5月1日", date(2026, 5, 1)),
        ("last_inspected", "2026/05/01", date(2026, 5, 1)),
        ("property_phone", "（023）47521234", "023-47521234"),
        ("latitude", "29.29", 29.29),
        ("address", "滨江路\n8号", "滨江路 8号"),
    ],
)
def test_cells_as_people_fill_them(field: str, text: str, value: Value) -> None:
    assert read(field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("floors_above", "三十三", "不是数字"),
        ("floors_above", "33.5", "整数"),
        ("floors_above", "0", "不合理"),
        ("floors_above", "-2", "不合理"),
        ("floors_above", "9999", "不合理"),
        ("floors_above", "1e9", "不是数字"),
        ("height_m", "nan", "不是数字"),
        ("built_year", "15", "不合理"),
        ("use", "别墅区", "不认识"),
        ("is_old", "也许", "看不懂"),
        ("refuge_floors", "15到30", "不是数字"),
        ("refuge_floors", "、".join(map(str, range(1, 30))), "列了29个"),
        ("last_inspected", "2026-02-30", "不是日期"),
        ("last_inspected", "去年", "不是日期"),
        ("property_phone", "2347521234", "电话"),
        ("head_phone", "13800000000", "个人信息"),
        ("name", "——", "没有文字"),
        ("name", "长" * 61, "太长"),
        ("latitude", "106.26", "不合理"),
        ("address", "=A1", "公式"),
        ("address", "#N/A", "出错"),
        ("address", "a\x00b", "看不见"),
        ("address", "a\ud800b", "看不见"),
    ],
)
def test_what_a_cell_may_not_hold(field: str, text: str, problem: str) -> None:
    with pytest.raises(BadCell) as bad:
        read(field, text)
    assert problem in bad.value.problem
    assert bad.value.mend


@given(st.sampled_from(HEADINGS), st.text(max_size=80))
def test_any_text_is_a_value_or_a_fault(heading: Heading, text: str) -> None:
    with suppress(BadCell):  # anything else would end an import with a traceback
        heading.read(plain(text))


@pytest.mark.parametrize("field", ["floors_above", "height_m", "latitude", "built_year"])
def test_digits_of_another_script_are_no_number(field: str) -> None:
    with pytest.raises(BadCell):
        read(field, "٣٣")
