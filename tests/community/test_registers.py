"""Values of the registers: phones of offices, and what counts as a high-rise."""

import pytest

from community.registers import BuildingFacts, Use, is_mobile, read_phone


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("023-47521234", "023-47521234"),
        ("（023）47521234", "023-47521234"),
        ("０２３－４７５２１２３４", "023-47521234"),
        ("02347521234", "02347521234"),
        ("47521234", "47521234"),
        ("023-47521234-8001", "023-47521234-8001"),
        ("13800000000", "13800000000"),
        ("+86 138 0000 0000", "13800000000"),
        ("400-800-1234", "400-800-1234"),
        ("95598", "95598"),
        ("12345", "12345"),
        ("119", "119"),
        ("13800000000、02347521234", "13800000000/02347521234"),
    ],
)
def test_phones_as_people_write_them(typed: str, phone: str) -> None:
    assert read_phone(typed) == phone


@pytest.mark.parametrize(
    "typed",
    ["", "张三", "2347521234", "1.38E+10", "023-1", "15", "138000000000", "119/120/110", "1380000"],
)
def test_what_is_no_phone(typed: str) -> None:
    assert read_phone(typed) is None


def test_a_mobile_is_told_from_an_office() -> None:
    assert is_mobile("13800000000")
    assert is_mobile("023-47521234/13800000000")
    assert not is_mobile("023-47521234")


@pytest.mark.parametrize(
    ("use", "height_m", "high"),
    [
        ("住宅", 27.0, False),
        ("住宅", 27.1, True),
        ("公共", 24.0, False),
        ("公共", 24.1, True),
        ("住宅", None, None),
        ("", 99.0, None),
    ],
)
def test_high_rise(use: Use, height_m: float | None, high: bool | None) -> None:
    assert BuildingFacts("3栋", use=use, height_m=height_m).is_high_rise is high
