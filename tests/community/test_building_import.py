"""Comparing a list with the register: what an import would do, and what stands against it."""

from collections.abc import Mapping

import pytest

from community.register_store import archive_building
from storage import Database
from tests.community.registered import (
    LIST,
    NOON,
    building_called,
    imported,
    planned,
    with_register_tables,
)

HEAD = "镇街,社区,楼栋,地上层数,高度,避难层,纬度,经度\n"


@pytest.fixture
def database(database: Database) -> Database:
    return with_register_tables(database)


def problems(database: Database, text: str, *, add_streets: bool = True) -> list[tuple[int, str]]:
    plan = planned(database, text, add_streets=add_streets)
    return [(fault.row, fault.problem) for fault in plan.faults]


def test_everything_is_new_in_an_empty_register(database: Database) -> None:
    plan = planned(database, LIST)
    assert [row.facts.name for row in plan.added] == [
        "双福花园3栋", "双福花园13栋", "双福花园2栋", "江津中心A座",
    ]  # fmt: skip
    assert (plan.changed, plan.unchanged, plan.faults) == ((), 0, ())
    assert plan.new_streets == ("双福街道", "几江街道")
    assert plan.new_communities == ("幸福社区", "东门社区")
    assert not plan.is_empty


def test_the_same_list_again_changes_nothing(database: Database) -> None:
    imported(database)
    plan = planned(database, LIST, add_streets=False)
    assert plan.is_empty
    assert plan.unchanged == 4
    assert (plan.new_streets, plan.new_communities) == ((), ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("双福花园,3栋,滨江路8号,33", "双福花园,3栋,滨江路8号,34"),
        ("双福花园,3栋", "双福花园,3幢"),
        (",023-47521234\n双福街道,幸福社区,双福花园,13栋", ",-\n双福街道,幸福社区,双福花园,13栋"),
    ],
    ids=["a number", "another writing", "emptied"],
)
def test_only_what_differs_is_changed(database: Database, old: str, new: str) -> None:
    imported(database)
    assert old in LIST
    plan = planned(database, LIST.replace(old, new))
    assert len(plan.changed) == 1
    assert (len(plan.added), plan.unchanged) == (0, 3)


def test_columns_and_cells_left_out_leave_what_is_registered(database: Database) -> None:
    imported(database)
    text = "镇街,社区,小区,楼栋,户数,物业电话\n双福街道,幸福社区,双福花园,三栋,264,\n"
    (changed,) = planned(database, text).changed
    assert changed.facts.households == 264
    assert changed.facts.floors_above == 33
    assert changed.facts.property_phone == "023-47521234"


def test_an_unknown_street_is_refused_with_the_known_ones(database: Database) -> None:
    imported(database)
    text = "镇街,社区,楼栋\n双幅街道,西门社区,1栋\n"
    (fault,) = planned(database, text, add_streets=False).faults
    assert (fault.row, fault.column, fault.value) == (2, "镇街", "双幅街道")
    assert "双福街道" in fault.mend
    assert "几江街道" in fault.mend
    assert problems(database, text) == []


def test_rows_of_another_district_are_refused(database: Database) -> None:
    text = "区县,镇街,社区,楼栋\n演示区,甲,乙,1栋\ndemo,甲,乙,2栋\n,甲,乙,3栋\n别区,甲,乙,4栋\n"
    assert problems(database, text) == [(5, "不是这次导入的区县")]


def test_two_rows_of_one_building_are_refused(database: Database) -> None:
    text = "镇街,社区,楼栋\n甲街,乙社区,3栋\n甲街,乙社区,三幢\n甲街,丙社区,3栋\n"
    assert problems(database, text) == [(3, "和第2行是同一栋楼")]


def test_one_community_under_two_streets_is_refused(database: Database) -> None:
    text = "镇街,社区,楼栋\n甲街,乙社区,1栋\n丙街,乙社区,2栋\n"
    assert problems(database, text) == [(3, "第2行写在甲街，这一行写在丙街")]


def test_a_community_registered_elsewhere_is_a_conflict(database: Database) -> None:
    imported(database)
    text = "镇街,社区,楼栋\n几江街道,幸福社区,9栋\n"
    assert problems(database, text) == [(2, "已登记在双福街道，和这一行的几江街道对不上")]


def test_an_archived_building_is_a_conflict(database: Database) -> None:
    imported(database)
    building = building_called(database, "江津中心A座")
    database.write(lambda db: archive_building(db, building.id, NOON))
    assert problems(database, LIST) == [(5, "这栋楼已经注销")]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"地上层数": "20", "避难层": "15、30"}, "比地上层数20还高"),
        ({"地上层数": "33", "高度": "33"}, "和地上层数33对不上"),
        ({"地上层数": "3", "高度": "99.5"}, "和地上层数3对不上"),
        ({"纬度": "29.29"}, "经纬度只写了一个"),
        ({"经度": "106.26"}, "经纬度只写了一个"),
        ({"纬度": "29.29", "经度": "106.26", "地上层数": "33", "高度": "99.5"}, ""),
    ],
)
def test_what_cannot_be_true_together(
    database: Database, given: Mapping[str, str], problem: str
) -> None:
    columns = HEAD.strip().split(",")
    row = {"镇街": "甲街", "社区": "乙社区", "楼栋": "1栋", **given}
    text = HEAD + ",".join(row.get(column, "") for column in columns) + "\n"
    assert problems(database, text) == ([(2, problem)] if problem else [])


def test_a_row_is_held_against_what_is_registered(database: Database) -> None:
    imported(database)
    text = "镇街,社区,小区,楼栋,避难层\n双福街道,幸福社区,双福花园,2栋,30\n"
    assert problems(database, text) == [(2, "比地上层数18还高")]


def test_another_district_is_another_register(database: Database) -> None:
    imported(database)
    assert len(planned(database, LIST, district="other").added) == 4
