"""What points at a person is found and left out; places of units are kept."""

import pytest

from hazards.public_words import TRACE_NAMES, coarse_floor, traces, veiled, without_doors


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("阳光小区3栋2单元501室", "阳光小区3栋2单元5楼"),
        ("3栋501", "3栋5楼"),
        ("3栋5-2", "3栋5楼"),
        ("3-2-501", "3-2"),
        ("Ａ座１２０３", "A座12楼"),
        ("2单元3号", "2单元"),
        ("五零二室门口", "门口"),
        ("翠湖苑 301房", "翠湖苑 3楼"),
    ],
)
def test_doors_go_and_floors_stay(written: str, left: str) -> None:
    assert without_doors(written) == left
    assert traces(written) == ("door",)


@pytest.mark.parametrize(
    "written",
    [
        "解放路501号",
        "张家湾路12号2楼",
        "李家沱正街5号",
        "翠湖苑3栋2单元楼道 5楼",
        "某某商场负一层（仓库）",
        "2026年11月20日，消防栓101个",
        "12345热线转来",
        "位于某小区楼道",
        "金科家园 家电城",
        "",
    ],
)
def test_places_of_units_stay_as_they_are(written: str) -> None:
    assert veiled(written) == written
    assert traces(written) == ()


@pytest.mark.parametrize(
    ("written", "trace", "left"),
    [
        ("电话13800000000找他", "phone", "电话（已隐去）找他"),
        ("座机 023-68881234", "phone", "座机 （已隐去）"),
        ("车是渝A12345", "plate", "车是（已隐去）"),
        ("绿牌渝AD12345占道", "plate", "绿牌（已隐去）占道"),
        ("证号500101199001011234", "identity", "证号（已隐去）"),
        ("微信 abc_12345", "account", "（已隐去）"),
        ("是张先生堆的", "person", "是住户堆的"),
        ("王小明家门口", "person", "住户家门口"),
        ("物业王经理说", "person", "物业住户说"),
    ],
)
def test_what_points_at_a_person_is_found_and_hidden(written: str, trace: str, left: str) -> None:
    assert traces(written) == (trace,)
    assert veiled(written) == left
    assert traces(left) == ()


@pytest.mark.parametrize(
    ("written", "floor"), [("5楼", "5楼"), ("502", "5楼"), ("1203", "12楼"), ("12", "12"), ("", "")]
)
def test_a_door_in_the_place_of_a_floor_becomes_one(written: str, floor: str) -> None:
    assert coarse_floor(written) == floor


def test_each_trace_has_words() -> None:
    assert all(TRACE_NAMES.values())
