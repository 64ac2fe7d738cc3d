"""Lists of households: one writing for a room, every fault named by its row."""

import pytest

from community.building_sheets import read_csv, read_xlsx
from drills.household_lists import (
    Household,
    floor_of_room,
    read_households,
    room_key,
    room_of_unit,
)
from tests.community.registered import workbook


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2-1203", "2-1203"),
        ("2单元1203室", "2-1203"),
        (" 02 单元 1203 号", "2-1203"),
        ("２－１２０３", "2-1203"),
        ("2单元12-3", "2-12-3"),
        ("A座0301", "A-301"),
        ("1203", "1203"),
        ("", ""),
        ("张家", ""),
        ("门卫室", ""),
        ("-", ""),
        ("1" * 21, ""),
    ],
)
def test_a_room_is_kept_in_one_writing(text: str, key: str) -> None:
    assert room_key(text) == key


@pytest.mark.parametrize(
    ("unit", "stairs", "room"),
    [
        ("2单元", 2, ""),
        ("2单元1203", 2, "2-1203"),
        ("2单元12-3", 2, "2-12-3"),
        ("12-3", 1, "12-3"),
        ("12-3", 2, ""),
        ("12-3", None, ""),
        ("1203", 2, ""),
        ("1203", 1, "1203"),
        ("3", 1, ""),
        ("", 1, ""),
    ],
)
def test_only_a_room_that_names_one_home_counts(unit: str, stairs: int | None, room: str) -> None:
    assert room_of_unit(unit, stairs) == room


@pytest.mark.parametrize(
    ("room", "floor"),
    [("2-1203", 12), ("2-12-3", 12), ("301", 3), ("12-3", None), ("A-5", None), ("", None),
     ("1-001", None)],
)  # fmt: skip
def test_a_floor_is_read_from_a_room(room: str, floor: int | None) -> None:
    assert floor_of_room(room) == floor


CSV = "住户名单,,,,\n单元,房号,姓名,人数,需要帮助\n2,1203,某某,3人,是\n2,1204,某某,1,\n"


def test_a_list_is_read_without_names() -> None:
    found = read_households(read_csv(CSV.encode()))

    assert found.faults == ()
    assert found.households == (
        Household(3, "2-1203", 3, 12, True),
        Household(4, "2-1204", 1, 12, False),
    )


def test_a_workbook_is_read_like_a_text() -> None:
    rows: list[list[object]] = [["房号", "楼层", "人数"], ["1-301", 3, 2], ["1-B", -1, 1]]

    found = read_households(read_xlsx(workbook(rows)))

    assert found.faults == ()
    assert found.households == (Household(2, "1-301", 2, 3), Household(3, "1-B", 1, -1))


def test_every_double_is_named_by_its_row() -> None:
    text = "房号,人数\n2-1203,3\n2单元1203室,2\n1-101,1\n2-1203,1\n"

    faults = read_households(read_csv(text.encode())).faults

    assert [fault.words for fault in faults] == [
        "第3行：2-1203和第2行重复，请留一行。",
        "第5行：2-1203和第2行重复，请留一行。",
    ]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (",3,,", "房号"),
        ("张家,3,,", "房号"),
        ("101,,,", "人数"),
        ("101,0,,", "人数"),
        ("101,21,,", "人数"),
        ("101,两个,,", "人数"),
        ("101,2,0,", "楼层"),
        ("101,2,高,", "楼层"),
        ("101,2,1,也许", "需要帮助"),
    ],
)
def test_every_bad_row_is_named(row: str, word: str) -> None:
    text = f"房号,人数,楼层,需要帮助\n102,1,,\n{row}\n"

    found = read_households(read_csv(text.encode()))

    assert [fault.number for fault in found.faults] == [3]
    assert found.faults[0].words.startswith(f"第3行：{word}")
    assert [one.room for one in found.households] == ["102"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("姓名,电话\n某某,1\n", "房号"), ("房号,人数\n", "没有住户"), ("", "房号")],
    ids=["other headings", "no rows", "empty"],
)
def test_a_list_without_homes_says_what_it_lacks(text: str, word: str) -> None:
    found = read_households(read_csv(text.encode()))

    assert word in found.faults[0].words
    assert found.households == ()
