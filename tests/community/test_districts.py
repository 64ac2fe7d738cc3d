"""Districts: their settings, and what is said where one is not set."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from community.coordinates import Point
from community.districts import (
    FOREIGN_PARTS,
    Setting,
    UnknownDistrict,
    declared_settings,
    district_ids,
    load_district,
)
from community.placefiles import BrokenPlaceFile
from community.workdays import OFFICE_HOURS, load_workdays
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
        ("settings:", "bounds: [29, 108, 30]\nsettings:", 5, "四个数"),
        ("settings:", "bounds: [30, 108, 29, 109]\nsettings:", 5, "南要小于北"),
        ("settings:", "bounds: [29, 109, 30, 108]\nsettings:", 5, "西要小于东"),
        ("settings:", "bounds: [29, 108, 91, 109]\nsettings:", 5, "“91”不对"),
        ("settings:", "working_hours: {mon: [8]}\nsettings:", 5, "不是一段时间"),
        ("settings:", "departments: [{id: a, name: b}]\nsettings:", 5, "缺“street”"),
        ("settings:", "plan: {title: a}\nsettings:", 5, "缺“issuer”"),
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


def test_what_a_bare_district_falls_back_to(tmp_path: Path) -> None:
    district = load_district("test_area", write_places(tmp_path))
    assert (district.plan, district.departments, district.bounds) == (None, (), None)
    assert (district.platform_word, district.hours) == ("镇街", OFFICE_HOURS)
    assert district.may_hold(Point(-33.9, 151.2))
    assert all(district.part(name) is None for name in FOREIGN_PARTS)


def test_what_other_packages_keep_is_handed_out_as_it_stands(tmp_path: Path) -> None:
    text = DISTRICT + "rewards:\n- {version: a}\n"
    root = write_places(tmp_path, {"districts/test_area.yaml": text})
    part = load_district("test_area", root).part("rewards")
    assert part is not None
    (version,) = part.items()
    assert version.texts(("version",)) == {"version": "a"}


def test_hours_and_word_are_the_districts_own(tmp_path: Path) -> None:
    text = DISTRICT + "platform_word: 街镇\nworking_hours: {mon: [08:00-09:00]}\n"
    district = load_district(
        "test_area", write_places(tmp_path, {"districts/test_area.yaml": text})
    )
    assert district.platform_word == "街镇"
    calendar = district.calendar(load_workdays())
    assert calendar.zone == ZoneInfo("Asia/Shanghai")
    assert calendar.is_open(datetime(2026, 11, 23, 8, 30, tzinfo=calendar.zone))
    assert not calendar.is_open(datetime(2026, 11, 24, 8, 30, tzinfo=calendar.zone))


@pytest.mark.parametrize("district", district_ids())
def test_shipped_offices_keep_ordinary_hours(district: str) -> None:
    assert load_district(district).hours == OFFICE_HOURS


@pytest.mark.parametrize(
    ("district", "latitude", "longitude"),
    [
        ("qianjiang", 29.533, 108.771),  # the town
        ("qianjiang", 29.07, 108.48),
        ("qianjiang", 29.87, 108.93),
        ("jiangjin", 29.290, 106.259),  # the town
        ("jiangjin", 29.065, 106.118),  # 白沙
        ("jiangjin", 28.48, 106.62),  # 四面山 and beyond
    ],
)
def test_a_place_inside_is_taken_for_inside(
    district: str, latitude: float, longitude: float
) -> None:
    assert load_district(district).may_hold(Point(latitude, longitude))


@pytest.mark.parametrize("district", ["qianjiang", "jiangjin"])
@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(29.563, 106.551), (30.81, 108.41), (39.9, 116.4), (29.29, -106.26)],
    ids=["渝中区", "万州区", "北京市", "the other hemisphere"],
)
def test_a_place_elsewhere_is_noticed(district: str, latitude: float, longitude: float) -> None:
    assert not load_district(district).may_hold(Point(latitude, longitude))


@pytest.mark.parametrize(
    ("district", "name", "word"),
    [("qianjiang", "黔江区", "乡镇（街道）"), ("jiangjin", "江津区", "镇街、平台")],
)
def test_the_two_districts_of_the_plans(district: str, name: str, word: str) -> None:
    loaded = load_district(district)
    assert (loaded.name, loaded.city, loaded.timezone) == (name, "重庆市", "Asia/Shanghai")
    assert loaded.platform_word == word
    assert loaded.values == {}
