"""The files that hazards live by: sound as shipped, and each fault named once."""

from datetime import date
from pathlib import Path

import pytest

from community.districts import district_ids, load_district
from hazards.checks import hazard_faults, unconfirmed
from tests.community.places import DISTRICT, write_places

TODAY = date(2026, 6, 1)
SOUND = f"""{DISTRICT}departments:
- {{id: street, name: 属地镇街}}
- {{id: housing, name: 区住建委}}
routes:
- {{categories: all, handlers: [street], lead: [housing]}}
deadlines:
- from: 2026-01-01
  source: 某文件
  urgent: {{check_hours: 24}}
  others: {{working_days: 3}}
  reminder: 0.5
  escalation: []
"""
WORKDAYS = "- {year: 2026, source: 通知, holidays: [], work: []}\n"


def area(tmp_path: Path, text: str = SOUND, workdays: str = WORKDAYS) -> Path:
    files = {"districts/test_area.yaml": text, "workdays.yaml": workdays}
    return write_places(tmp_path, files)


def test_the_shipped_files_have_no_fault() -> None:
    assert list(hazard_faults()) == []


def test_sound_files_have_no_fault(tmp_path: Path) -> None:
    assert list(hazard_faults(area(tmp_path))) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("lead: [housing]", "lead: [nobody]", 11), ("from: 2026-01-01", "from: 2026-13-01", 13)],
)
def test_a_districts_fault_is_named(tmp_path: Path, old: str, new: str, line: int) -> None:
    (fault,) = hazard_faults(area(tmp_path, SOUND.replace(old, new)))
    assert (fault.file.name, fault.line) == ("test_area.yaml", line)


def test_broken_holidays_are_named(tmp_path: Path) -> None:
    (fault,) = hazard_faults(area(tmp_path, workdays="- {year: x}"))
    assert fault.file.name == "workdays.yaml"


def test_broken_categories_are_named_alone(tmp_path: Path) -> None:
    file = tmp_path / "categories.yaml"
    file.write_text("groups: []\ncategories: []\n", encoding="utf-8")
    root = area(tmp_path, SOUND.replace("lead: [housing]", "lead: [nobody]"))
    (fault,) = hazard_faults(root, file)
    assert fault.file == file


def test_a_district_that_cannot_be_read_is_left_to_its_own_check(tmp_path: Path) -> None:
    assert list(hazard_faults(area(tmp_path, "id: other"))) == []


def test_a_settled_district_has_nothing_to_confirm(tmp_path: Path) -> None:
    district = load_district("test_area", area(tmp_path))
    assert unconfirmed(district, TODAY) == []


def test_a_bare_district_lacks_everything(tmp_path: Path) -> None:
    district = load_district("test_area", write_places(tmp_path))
    routes, deadlines = unconfirmed(district, TODAY)
    assert "等26类隐患由谁办理" in routes
    assert "没有写处理时限" in deadlines


@pytest.mark.parametrize("district", district_ids())
def test_shipped_districts_say_what_is_to_be_confirmed(district: str) -> None:
    routes, deadlines = unconfirmed(load_district(district), TODAY)
    assert "待本地确认" in routes
    assert deadlines == "处理时限待本地确认：急的24小时内核查，其他3个工作日内处理"


def test_a_year_without_holidays_is_told_of_in_december_and_after() -> None:
    district = load_district("demo")
    assert len(unconfirmed(district, date(2026, 11, 30))) == 2
    assert "没有2027年的放假安排" in unconfirmed(district, date(2026, 12, 3))[2]
    assert len(unconfirmed(district, date(2030, 6, 1))) == 3
