"""Departments and plans, as a district's file holds them."""

from pathlib import Path

import pytest

from community.departments import (
    Department,
    Plan,
    UnknownDepartment,
    read_departments,
    read_plan,
)
from community.districts import load_district
from community.placefiles import BrokenPlaceFile, Part, read_place_file

PLAN = "title: 某区方案\nissuer: 某区政府办公室\nyear: 2021\n"


def part(tmp_path: Path, text: str) -> Part:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    return read_place_file(file)


def test_departments_are_read_in_order(tmp_path: Path) -> None:
    rows = part(tmp_path, "- {id: street, name: 属地镇街}\n- {id: housing, name: 区住建委}\n")
    assert read_departments(rows) == (
        Department("street", "属地镇街"),
        Department("housing", "区住建委"),
    )
    assert read_departments(None) == ()


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("- {id: housing, name: 区住建委}", 1, "缺“street”"),
        ("- {id: street, name: a}\n- {id: street, name: b}", 2, "写了两次"),
        ("- {id: Street Office, name: a}", 1, "不能作编号"),
        ("- {id: street}", 1, "缺“name”"),
        ("- {id: street, name: ''}", 1, "是空的"),
    ],
)
def test_broken_departments_are_named_by_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    with pytest.raises(BrokenPlaceFile, match=problem) as broken:
        read_departments(part(tmp_path, text))
    assert broken.value.line == line


def test_a_plan_is_cited_with_its_year(tmp_path: Path) -> None:
    plan = read_plan(part(tmp_path, PLAN))
    assert plan == Plan("某区方案", "某区政府办公室", "", 2021)
    assert plan.cited == "《某区方案》（2021年）"
    assert read_plan(None) is None


def test_a_plan_may_have_a_number(tmp_path: Path) -> None:
    plan = read_plan(part(tmp_path, PLAN + "number: 某府办发〔2021〕1号\n"))
    assert plan
    assert plan.number == "某府办发〔2021〕1号"


def test_a_plan_has_a_year(tmp_path: Path) -> None:
    with pytest.raises(BrokenPlaceFile, match="“去年”不对"):
        read_plan(part(tmp_path, PLAN.replace("2021", "去年")))


@pytest.mark.parametrize(
    ("district", "number", "year"),
    [("qianjiang", "", 2021), ("jiangjin", "江津府办发〔2020〕64号", 2020)],
)
def test_the_shipped_plans(district: str, number: str, year: int) -> None:
    plan = load_district(district).plan
    assert plan
    assert (plan.number, plan.year) == (number, year)


def test_an_unknown_department_names_those_there_are() -> None:
    demo = load_district("demo")
    assert demo.department("street").name == "属地镇街"
    with pytest.raises(UnknownDepartment, match="use one of street, fire_rescue") as unknown:
        demo.department("navy")
    assert unknown.value.known == ("street", "fire_rescue")
    assert unknown.value.permanent
