"""Who handles and who leads, in each district, as its plan has it."""

from pathlib import Path

import pytest

from community.departments import STREET
from community.districts import District, district_ids, load_district
from community.placefiles import BrokenPlaceFile
from hazards.categories import Category, UnknownCategory, load_categories
from hazards.routing import NoSuchRoute, route, routes, takes_over, to_confirm
from tests.community.places import DISTRICT, write_places

Expected = tuple[str, str, str, bool]  # lead, with, tasks, whether it is to be confirmed

CLEARING = ("区城市管理局", "区公安局 区消防救援支队 区司法局", "14 15", False)
FACADE = ("区住房城乡建委", "区城市管理局 区消防救援支队", "10 11 12", False)
POWER = ("区经济信息委", "区住房城乡建委", "22", False)
EQUIPMENT = ("区消防救援支队", "", "1 2 3 4", False)
DAILY = (
    "区消防救援支队",
    "区住房城乡建委 区应急局 区规划自然资源局 区城市管理局",
    "30",
    True,
)
QIANJIANG: dict[str, Expected] = {
    "lane_blocked": CLEARING,
    "rescue_site_blocked": CLEARING,
    "gate_obstacle": CLEARING,
    "canopy": FACADE,
    "security_cage": FACADE,
    "ebike_charging": POWER,
    "flying_wire": POWER,
    "private_wiring": POWER,
    "cable_shaft": POWER,
    "gas_pipe_occupied": POWER,
    "gas_modification": ("区经济信息委", "", "21 24", False),
    "alcohol_fuel": ("区经济信息委", "区应急局 区市场监管局", "23", False),
    "fuel_storage": (
        "区商务委",
        "区应急局 区市场监管局 区住房城乡建委 区交通局 区消防救援支队",
        "25 26 27",
        False,
    ),
    "equipment_broken": EQUIPMENT,
    "hydrant_no_water": EQUIPMENT,
    "fire_door_open": EQUIPMENT,
    "corridor_blocked": DAILY,
    "exit_locked": DAILY,
    "ebike_parked": DAILY,
    "hot_work": DAILY,
    "three_in_one": DAILY,
    "underground_misuse": DAILY,
    "other": DAILY,
    # No task names these three: put with their like, and marked.
    "ebike_elevator": DAILY,
    "window_blocked": ("区城市管理局", "区公安局 区消防救援支队 区司法局", "14", True),
    "bottled_gas": ("区经济信息委", "", "21 24", True),
}

LANES = (
    "区城市管理局",
    "江津区规划自然资源局 区住房城乡建委 区公安局 江津消防救援支队",
    "9",
    False,
)
SUPPLY = ("区经济信息委", "供电供气企业", "17", False)
CAMPAIGN = ("区应急局 江津消防救援支队", "", "15", True)
JIANGJIN: dict[str, Expected] = {
    "lane_blocked": LANES,
    "rescue_site_blocked": LANES,
    "gate_obstacle": LANES,
    "hydrant_no_water": ("区城市管理局", "江津消防救援支队 供水企业", "10", False),
    "flying_wire": SUPPLY,
    "private_wiring": SUPPLY,
    "cable_shaft": SUPPLY,
    "gas_pipe_occupied": SUPPLY,
    "gas_modification": SUPPLY,
    "alcohol_fuel": SUPPLY,
    # Electricity and gas, but task 17 does not name them.
    "ebike_charging": (*SUPPLY[:3], True),
    "bottled_gas": (*SUPPLY[:3], True),
    "equipment_broken": ("江津消防救援支队", "区住房城乡建委", "16", False),
    "corridor_blocked": CAMPAIGN,
    "exit_locked": CAMPAIGN,
    "ebike_parked": CAMPAIGN,
    "ebike_elevator": CAMPAIGN,
    "fire_door_open": CAMPAIGN,
    "canopy": CAMPAIGN,
    "security_cage": CAMPAIGN,
    "window_blocked": CAMPAIGN,
    "fuel_storage": CAMPAIGN,
    "hot_work": CAMPAIGN,
    "three_in_one": CAMPAIGN,
    "underground_misuse": CAMPAIGN,
    "other": CAMPAIGN,
}
TABLE = [
    (district, category, expected)
    for district, table in (("qianjiang", QIANJIANG), ("jiangjin", JIANGJIN))
    for category, expected in table.items()
]


def names(units: object) -> str:
    assert isinstance(units, tuple)
    return " ".join(one.name for one in units)


@pytest.mark.parametrize(("district", "category", "expected"), TABLE)
def test_each_route_is_as_the_plan_has_it(district: str, category: str, expected: Expected) -> None:
    found = route(load_district(district), category)
    lead, with_, tasks, is_to_confirm = expected
    assert [one.id for one in found.handlers] == [STREET]
    assert names(found.leads) == lead
    assert found.lead == found.leads[0]
    assert names(found.with_) == with_
    assert " ".join(found.src) == tasks
    assert found.is_to_confirm is is_to_confirm


@pytest.mark.parametrize("table", [QIANJIANG, JIANGJIN], ids=["qianjiang", "jiangjin"])
def test_the_table_holds_every_category(table: dict[str, Expected]) -> None:
    assert set(table) == {one.id for one in load_categories().all}


@pytest.mark.parametrize(
    ("district", "name", "cited"),
    [
        (
            "qianjiang",
            "属地乡镇（街道）",
            "《黔江区高层建筑消防安全综合治理工作方案》（2021年）任务14、15",
        ),
        (
            "jiangjin",
            "属地镇街、平台",
            "《江津区高层建筑消防安全提升计划（2020－2022年）》（2020年）任务9",
        ),
    ],
)
def test_the_street_handles_and_the_plan_is_cited(district: str, name: str, cited: str) -> None:
    found = route(load_district(district), "lane_blocked")
    assert found.handlers[0].name == name
    assert found.cited == cited


def test_forced_removal_adds_police_and_the_two_violations_office() -> None:
    found = route(load_district("qianjiang"), "canopy")
    assert names(found.enforcement) == "区公安局 区两违办"
    assert names(takes_over(found)) == "区住房城乡建委 区公安局 区两违办"
    assert names(found.units).split() == [
        "属地乡镇（街道）", "区住房城乡建委", "区城市管理局", "区消防救援支队", "区公安局",
        "区两违办",
    ]  # fmt: skip


def test_the_street_does_not_take_over() -> None:
    found = route(load_district("jiangjin"), "other")
    assert names(takes_over(found)) == "区应急局 江津消防救援支队"


@pytest.mark.parametrize("one", load_categories().all, ids=lambda one: one.id)
def test_the_neutral_district_sends_all_to_the_street(one: Category) -> None:
    found = route(load_district("demo"), one.id)
    assert (names(found.handlers), names(found.leads)) == ("属地镇街", "消防救援机构")
    assert (found.with_, found.plan, found.cited) == ((), None, "")
    assert found.is_to_confirm


def test_what_is_not_named_by_a_task_is_listed() -> None:
    categories = load_categories()
    expected = {category for category, row in QIANJIANG.items() if row[3]}
    assert set(to_confirm(load_district("qianjiang"), categories)) == expected
    assert to_confirm(load_district("demo"), categories) == list(categories.by_id)


def test_departments_are_offices_not_persons() -> None:
    for district in map(load_district, district_ids()):
        for one in district.departments:
            assert one.name.endswith(("局", "委", "队", "办", "企业", "镇街", "机构", "平台", "）"))


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(UnknownCategory):
        route(load_district("demo"), "nothing")


def district_with(tmp_path: Path, routes_text: str) -> District:
    text = f"""{DISTRICT}departments:
- {{id: street, name: 属地镇街}}
- {{id: housing, name: 区住建委}}
{routes_text}"""
    return load_district("test_area", write_places(tmp_path, {"districts/test_area.yaml": text}))


def test_a_district_without_a_route_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRoute, match="test_area has no route for canopy"):
        route(district_with(tmp_path, ""), "canopy")
    lanes = "routes:\n- {categories: [lane_blocked], handlers: [street], lead: [housing]}\n"
    with pytest.raises(NoSuchRoute):
        route(district_with(tmp_path, lanes), "canopy")


def test_a_named_route_goes_before_the_one_for_all(tmp_path: Path) -> None:
    rows = """- {id: fire, name: 消防队}
routes:
- {categories: [canopy], handlers: [street, housing], lead: [fire], src: [7]}
- {categories: all, handlers: [street], lead: [housing]}
"""
    district = district_with(tmp_path, rows)
    assert names(route(district, "canopy").handlers) == "属地镇街 区住建委"
    assert route(district, "canopy").src == ("7",)
    assert names(route(district, "other").leads) == "区住建委"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("categories: [canopi], handlers: [street], lead: [housing]", "没有“canopi”这一类"),
        ("categories: [canopy, canopy], handlers: [street], lead: [housing]", "写了两次"),
        ("categories: [canopy], handlers: [fire], lead: [housing]", "没有“fire”这个部门"),
        ("categories: [canopy], handlers: [housing], lead: [housing]", "属地镇街要排在最前"),
        ("categories: [canopy], handlers: [], lead: [housing]", "属地镇街要排在最前"),
        ("categories: [canopy], handlers: [street], lead: [street]", "也不能就是办理单位"),
        ("categories: [canopy], handlers: [street], lead: []", "牵头单位要有"),
        ("categories: [canopy], handlers: [street]", "缺“lead”"),
        ("categories: every, handlers: [street], lead: [housing]", "要写成列表"),
    ],
)
def test_a_broken_route_is_named_by_line(tmp_path: Path, row: str, problem: str) -> None:
    district = district_with(tmp_path, f"routes:\n- {{{row}}}\n")
    part = district.part("routes")
    assert part is not None
    with pytest.raises(BrokenPlaceFile, match=problem) as broken:
        routes(district, part, load_categories())
    assert broken.value.line == 11
