"""The rules of duties as a file: each has its source, and every fault is named by its line."""

from pathlib import Path

import pytest

from community.districts import district_ids
from community.placefiles import BrokenPlaceFile
from drills.drills import KINDS
from drills.duties import ALL_DISTRICTS
from drills.duty_files import HERE, load_duties
from tests.drills.duty_town import ZONE

TWO = """\
rules:
- id: a_rule
  version: 1
  title: 一条
  district: all
  subject: street
  who: 镇街
  applies: [{uses: [住宅]}]
  period: year
  count: 1
  since: 2022-03-01
  until: 2023-12-31
  served_by: []
  source: {title: 文件, article: 第1项, words: 每年一次}
  confirm: []
- id: a_rule
  version: 2
  title: 一条
  district: all
  subject: street
  who: 镇街
  applies: [{uses: [住宅], above_m: 50}]
  period: half_year
  count: 1
  since: 2024-01-01
  served_by: []
  source: {title: 文件, article: 第1项, words: 每年一次}
  confirm: []
left_out: []
"""


def loaded(tmp_path: Path, text: str) -> object:
    file = tmp_path / "duties.yaml"
    file.write_text(text, encoding="utf-8")
    return load_duties(ZONE, file)


def test_every_rule_names_its_source_and_places_that_exist() -> None:
    duties = load_duties(ZONE)

    assert {one.district for one in duties.rules} <= {ALL_DISTRICTS, *district_ids()}
    assert all(one.served_by <= set(KINDS) for one in duties.rules)
    assert all("第" in one.source.article for one in duties.rules)
    assert duties.left_out
    assert [one.until is not None for one in duties.of("jiangjin2_training")] == [True, False]


def test_what_goes_beyond_the_text_is_marked() -> None:
    marked = {(one.id, one.version) for one in load_duties(ZONE).rules if one.confirm}

    assert ("jiangjin2_training", 2) in marked
    assert ("jiangjin2_training", 1) not in marked
    assert "confirm" in HERE.read_text(encoding="utf-8")


def test_two_versions_follow_one_another(tmp_path: Path) -> None:
    assert loaded(tmp_path, TWO)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("version: 2", "version: 3", 16, "版本3接不上"),
        ("since: 2024-01-01", "since: 2024-01-02", 16, "和前一版的日子接不上"),
        ("  until: 2023-12-31\n", "", 15, "和前一版的日子接不上"),
        ("until: 2023-12-31", "until: 2023-11-30", 12, "停用那天不是一期的最后一天"),
        ("until: 2023-12-31", "until: 2021-12-31", 2, "停用的日子比开始的早"),
        ("id: a_rule", "id: 演练", 2, "“演练”不能做编号"),
        ("subject: street", "subject: town", 6, "不认识“town”"),
        ("period: year", "period: month", 9, "不认识“month”"),
        ("count: 1", "count: 0", 10, "“0”不对"),
        ("uses: [住宅]", "uses: [别墅]", 8, "不认识“别墅”"),
        ("above_m: 50", "above_m: tall", 22, "“tall”不对"),
        ("  who: 镇街\n", "", 2, "缺“who”"),
        (", words: 每年一次", "", 13, "缺“words”"),
        ("left_out: []", "left_out: [{what: x}]", 29, "缺“source”"),
    ],
)
def test_a_fault_is_named_by_its_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    with pytest.raises(BrokenPlaceFile) as caught:
        loaded(tmp_path, TWO.replace(old, new, 1))

    assert problem in caught.value.problem
    assert abs(caught.value.line - line) <= 1


def test_a_version_is_of_the_same_subject(tmp_path: Path) -> None:
    first, second = TWO.split("- id: a_rule\n  version: 2")
    changed = second.replace("subject: street", "subject: building")

    with pytest.raises(BrokenPlaceFile, match="对象或区县不一样"):
        loaded(tmp_path, f"{first}- id: a_rule\n  version: 2{changed}")


def test_a_version_begins_with_a_period(tmp_path: Path) -> None:
    half = TWO.replace("period: half_year", "period: year")
    first, second = half.split("- id: a_rule\n  version: 2")
    first = first.replace("period: year", "period: half_year").replace("2023-12-31", "2023-06-30")
    second = second.replace("2024-01-01", "2023-07-01")

    with pytest.raises(BrokenPlaceFile, match="不是从一期的第一天开始"):
        loaded(tmp_path, f"{first}- id: a_rule\n  version: 2{second}")
