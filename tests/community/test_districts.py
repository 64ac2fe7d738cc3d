"""Districts: their settings, and what is said where one is not set."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from community.districts import (
    Setting,
    UnknownDistrict,
    declared_settings,
    district_ids,
    load_district,
)
from community.placefiles import BrokenPlaceFile
from tests.community.places import DISTRICT, write_places


def test_a_set_value_is_said_and_an_unset_one_in_general_words(tmp_path: Path) -> None:
    district = load_district("test_area", write_places(tmp_path))
    assert (district.id, district.name, district.city) == ("test_area", "试验区", "重庆市")
    assert district.settings_text() == {
        "gas_hotline": "023-00000000",
        "lift_rescue": "电梯里贴的电话",
    }
    assert district.unset() == [Setting("lift_rescue", "电梯救援电话", "电梯里贴的电话")]


def test_the_general_words_hold_no_districts_number(tmp_path: Path) -> None:
    district = load_district("test_area", write_places(tmp_path))
    assert district.general_text() == {
        "gas_hotline": "燃气表上的电话",
        "lift_rescue": "电梯里贴的电话",
    }


def test_settings_may_be_left_out(tmp_path: Path) -> None:
    text = DISTRICT.partition("settings:")[0]
    root = write_places(tmp_path, {"districts/test_area.yaml": text})
    assert load_district("test_area", root).values == {}


@pytest.mark.parametrize("asked", ["nowhere", "", "../settings", "Test_area"])
def test_an_unknown_district_names_those_there_are(tmp_path: Path, asked: str) -> None:
    root = write_places(tmp_path)
    with pytest.raises(UnknownDistrict, match="use one of test_area") as unknown:
        load_district(asked, root)
    assert unknown.value.known == ("test_area",)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("id: test_area", "id: other", 1, "和文件名“test_area”要一样"),
        ("name: 试验区", "", 1, "缺“name”"),
        ("name: 试验区", "name:", 2, "要写文字"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Chongching", 4, "没有“Asia/Chongching”"),
        ("timezone: Asia/Shanghai", "timezone: ../x", 4, "没有“../x”"),
        ("gas_hotline:", "gas_hotlne:", 6, "不认识“gas_hotlne”"),
        ("gas_hotline: 023-00000000", "gas_hotline: ''", 6, "是空的"),
        ("city:", "town:", 3, "不认识“town”"),
    ],
)
def test_a_broken_district_is_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    text = DISTRICT.replace(old, new)
    root = write_places(tmp_path, {"districts/test_area.yaml": text})
    with pytest.raises(BrokenPlaceFile) as broken:
        load_district("test_area", root)
    assert (broken.value.file.name, broken.value.line) == ("test_area.yaml", line)
    assert problem in broken.value.problem


def test_a_district_file_has_a_plain_name(tmp_path: Path) -> None:
    text = DISTRICT.replace("test_area", "Test Area")
    root = write_places(tmp_path, {"districts/Test Area.yaml": text})
    with pytest.raises(BrokenPlaceFile, match="小写字母"):
        load_district("Test Area", root)


def test_a_setting_is_declared_once(tmp_path: Path) -> None:
    row = "- {name: a, description: b, unset: c}\n"
    root = write_places(tmp_path, {"settings.yaml": row * 2})
    with pytest.raises(BrokenPlaceFile, match="写了两次"):
        declared_settings(root)


def test_the_shipped_districts_load() -> None:
    assert "demo" in district_ids()
    for district in map(load_district, district_ids()):
        assert district.name
        assert ZoneInfo(district.timezone)


def test_the_neutral_district_sets_nothing() -> None:
    demo = load_district("demo")
    assert (demo.name, demo.values) == ("演示区", {})
    assert demo.unset() == list(demo.declared)
    assert demo.settings_text() == demo.general_text()


def test_general_words_guess_no_number() -> None:
    allowed = {"12110", "12345", "119"}
    for setting in declared_settings():
        digits = "".join(sign if sign.isdigit() else " " for sign in setting.unset).split()
        assert set(digits) <= allowed, setting.name
        assert not setting.unset.endswith("。"), setting.name
