"""Numbers to call: those of the bound building, else where they are posted."""

import pytest

from community.districts import load_district
from community.phones import phones_for
from community.registers import Building, BuildingFacts

SETTINGS = {
    "gas_hotline": "023-61111111",
    "property_phone": "单元门口的号码",
    "community_phone": "网格员电话",
}


def building(**facts: str) -> Building:
    return Building(1, "00000001", "demo", "双福街道", 1, "幸福社区", BuildingFacts("3栋", **facts))  # type: ignore[arg-type]


def lines(found: Building | None) -> list[tuple[str, str]]:
    return [(phone.kind, phone.number) for phone in phones_for(found, SETTINGS)]


def test_a_building_has_its_own_numbers() -> None:
    found = building(
        property_phone="023-62222222",
        control_room_phone="023-63333333",
        community_phone="023-64444444",
    )
    assert lines(found) == [
        ("fire", "119"),
        ("ambulance", "120"),
        ("gas", "023-61111111"),
        ("power", "95598"),
        ("property", "023-62222222"),
        ("control_room", "023-63333333"),
        ("community", "023-64444444"),
        ("government", "12345"),
    ]


@pytest.mark.parametrize("found", [None, building()], ids=["no building", "no numbers"])
def test_without_numbers_it_says_where_they_are_posted(found: Building | None) -> None:
    assert lines(found) == [
        ("fire", "119"),
        ("ambulance", "120"),
        ("gas", "023-61111111"),
        ("power", "95598"),
        ("property_and_control_room", "单元门口的号码"),
        ("community", "网格员电话"),
        ("government", "12345"),
    ]


def test_one_number_for_two_is_said_once() -> None:
    found = building(property_phone="023-62222222", control_room_phone="023-62222222")
    assert ("property_and_control_room", "023-62222222") in lines(found)


def test_the_shipped_district_has_a_word_for_each() -> None:
    phones = phones_for(None, load_district("demo").settings_text())
    assert all(phone.number for phone in phones)
