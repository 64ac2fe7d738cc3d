"""The categories of hazards: complete, safe to read on a button, and proposed from free text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.placefiles import BrokenPlaceFile
from hazards.categories import (
    CATEGORIES_FILE,
    MOST_GROUPS,
    MOST_IN_A_GROUP,
    MOST_NAME_CHARACTERS,
    Category,
    UnknownCategory,
    load_categories,
)
from knowledge.syllabus import load_syllabus

IDS = [
    "lane_blocked", "rescue_site_blocked", "gate_obstacle", "corridor_blocked", "exit_locked",
    "ebike_parked", "ebike_charging", "flying_wire", "ebike_elevator", "equipment_broken",
    "hydrant_no_water", "fire_door_open", "canopy", "security_cage", "window_blocked",
    "cable_shaft", "private_wiring", "gas_pipe_occupied", "gas_modification", "bottled_gas",
    "alcohol_fuel", "fuel_storage", "hot_work", "three_in_one", "underground_misuse", "other",
]  # fmt: skip

SMALL = """\
groups:
- {id: access, name: 通道}
categories:
- id: other
  name: 其他
  description: 说不清的。
  group: access
  urgent: false
  words: [门 锁, 堵]
  place_word: 哪里
  photo_hint: 拍全景
  major_hint: 很严重
  emergency_gate: ""
  open311: [other]
  public: true
"""


def test_every_category_is_there_once() -> None:
    assert sorted(one.id for one in load_categories().all) == sorted(IDS)


def test_groups_and_names_fit_the_chat() -> None:
    groups = load_categories().groups
    assert [group.name for group in groups] == [
        "通道堵塞", "电动自行车", "电气", "燃气燃料动火", "设施设备", "楼体与其他",
    ]  # fmt: skip
    assert len(groups) <= MOST_GROUPS
    for group in groups:
        assert 1 <= len(group.categories) <= MOST_IN_A_GROUP
        assert all(len(one.name) <= MOST_NAME_CHARACTERS for one in group.categories)


def test_names_are_told_apart() -> None:
    names = [one.name for one in load_categories().all]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", load_categories().all, ids=lambda one: one.id)
def test_each_category_says_what_people_need(one: Category) -> None:
    assert one.description.endswith("。")
    assert one.place_word
    assert one.photo_hint
    assert one.major_hint
    assert one.open311
    assert one.words
    assert len(set(one.words)) == len(one.words)
    assert all(len("".join(parts)) >= 2 for parts in one.words)


def test_blocked_ways_and_dead_equipment_are_urgent() -> None:
    urgent = {one.id for one in load_categories().all if one.is_urgent}
    assert urgent == {
        "lane_blocked", "rescue_site_blocked", "gate_obstacle", "corridor_blocked", "exit_locked",
        "equipment_broken", "hydrant_no_water",
    }  # fmt: skip


@pytest.mark.parametrize("category", ["gas_pipe_occupied", "gas_modification", "bottled_gas"])
def test_gas_asks_about_smell_first_and_sends_people_out(category: str) -> None:
    gate = load_categories().require(category).emergency_gate
    assert "现在" in gate
    assert "别碰开关" in gate
    assert gate.index("走到外面") < gate.index("119")


@pytest.mark.parametrize("one", load_categories().all, ids=lambda one: one.id)
def test_a_gate_names_a_number_to_call(one: Category) -> None:
    assert not one.emergency_gate or "119" in one.emergency_gate


def test_what_names_a_home_or_helps_a_thief_stays_inside() -> None:
    hidden = {one.id for one in load_categories().all if not one.is_public}
    assert hidden == {"private_wiring", "gas_modification", "bottled_gas", "fuel_storage", "other"}


def test_an_unknown_category_names_those_there_are() -> None:
    categories = load_categories()
    assert categories.get("nothing") is None
    with pytest.raises(UnknownCategory, match="use one of lane_blocked") as unknown:
        categories.require("nothing")
    assert unknown.value.known == tuple(one.id for one in categories.all)
    assert unknown.value.permanent


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("小区消防通道天天停满私家车，消防车根本进不来", "lane_blocked"),
        ("楼下黄色网格线里又停了辆面包车", "lane_blocked"),
        ("门口卖烧烤的占道经营", "lane_blocked"),
        ("3栋楼下的登高面被做成花坛了", "rescue_site_blocked"),
        ("小区大门口装了限高杆，大车进不去", "gate_obstacle"),
        ("楼道里堆满纸箱和旧家具", "corridor_blocked"),
        ("邻居把鞋柜放在走廊", "corridor_blocked"),
        ("步梯间全是婴儿车和杂物", "corridor_blocked"),
        ("天台的门被锁了", "exit_locked"),
        ("一楼的安全出口用铁链锁起了", "exit_locked"),
        ("电瓶车停在单元大厅", "ebike_parked"),
        ("楼道里停了好多电瓶车还在充电", "ebike_charging"),
        ("有人把电瓶提上楼充电", "ebike_charging"),
        ("有人从5楼窗户甩插线板下来给电马充电", "flying_wire"),
        ("有人推电瓶车进电梯", "ebike_elevator"),
        ("灭火器压力不够了", "equipment_broken"),
        ("应急灯不亮", "equipment_broken"),
        ("消火栓打开没有水", "hydrant_no_water"),
        ("消 防 栓 没 水", "hydrant_no_water"),
        ("防火门一直用砖头顶着", "fire_door_open"),
        ("楼上搭了塑料雨棚", "canopy"),
        ("二楼的防盗窗突出来好多", "security_cage"),
        ("广告牌把窗子全挡完了", "window_blocked"),
        ("电缆井没封堵里面堆东西", "cable_shaft"),
        ("电线私拉乱接像蜘蛛网", "private_wiring"),
        ("天然气管上面搭了个棚子", "gas_pipe_occupied"),
        ("邻居自己改了天然气管道", "gas_modification"),
        ("饭店用煤气罐", "bottled_gas"),
        ("火锅店用甲醇做燃料", "alcohol_fuel"),
        ("楼下门面存了好多汽油桶", "fuel_storage"),
        ("外墙有人在电焊，火星乱掉", "hot_work"),
        ("门市里头住人", "three_in_one"),
        ("负１楼改成麻将馆", "underground_misuse"),
    ],
)
def test_a_text_proposes_its_category_first(text: str, category: str) -> None:
    assert load_categories().propose(text)[0] == category


@pytest.mark.parametrize("text", ["", "你好", "今天天气好", "9栋"])
def test_what_says_nothing_proposes_nothing(text: str) -> None:
    assert load_categories().propose(text) == []


@given(st.text(max_size=700))
def test_any_text_proposes_known_categories_each_once(text: str) -> None:
    proposed = load_categories().propose(text)
    assert len(set(proposed)) == len(proposed)
    assert set(proposed) <= set(IDS)
    assert load_categories().propose(text) == proposed


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("group: access", "group: nowhere", 7, "没有“nowhere”这一组"),
        ("name: 其他\n", "name: 这个名字有九个字呢\n", 5, "最多8个字"),
        ("urgent: false", "urgent: no", 8, "不是true或false"),
        ("public: true", "publik: true", 15, "不认识“publik”"),
        ("id: other", "id: another", 4, "缺“other”"),
        (
            "- {id: access, name: 通道}",
            "- {id: access, name: 通道}\n- {id: b, name: 空}",
            2,
            "有0类",
        ),
        ("- {id: access, name: 通道}", "- {id: access, name: 通道}\n" * 2, 3, "写了两次"),
    ],
)
def test_a_broken_file_is_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    file = tmp_path / "categories.yaml"
    file.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(BrokenPlaceFile) as broken:
        load_categories(file)
    assert (broken.value.file, broken.value.line) == (file, line)
    assert problem in broken.value.problem


def test_topics_are_those_of_the_syllabus() -> None:
    known = set(load_syllabus().topics)

    assert set(load_categories().by_topic) <= known


@pytest.mark.parametrize(
    ("topic", "category"),
    [
        ("ebike.flying_wire", "flying_wire"),
        ("ebike.no_indoor", "ebike_parked"),
        ("gas.lpg_cylinder", "bottled_gas"),
        ("lifeline.lane_parking", "lane_blocked"),
    ],
)
def test_an_answer_leads_to_its_category(topic: str, category: str) -> None:
    assert load_categories().by_topic[topic].id == category


@pytest.mark.parametrize("topic", ["gas.smell", "escape.smoke_corridor", "call.119", ""])
def test_what_to_do_in_danger_leads_to_none(topic: str) -> None:
    assert topic not in load_categories().by_topic


def test_a_topic_stands_below_one_category(tmp_path: Path) -> None:
    text = CATEGORIES_FILE.read_text("utf-8")
    twice = text.replace("[lifeline.rescue_site]", "[lifeline.lane_width]")
    file = tmp_path / "categories.yaml"
    file.write_text(twice, "utf-8")

    with pytest.raises(BrokenPlaceFile, match="写在两类下面"):
        load_categories(file)


def test_a_category_stands_once(tmp_path: Path) -> None:
    file = tmp_path / "categories.yaml"
    twice = SMALL + SMALL.partition("categories:\n")[2]
    file.write_text(twice, encoding="utf-8")
    with pytest.raises(BrokenPlaceFile, match="写了两次"):
        load_categories(file)


def test_the_shipped_file_stands_beside_its_module() -> None:
    assert CATEGORIES_FILE.is_file()
