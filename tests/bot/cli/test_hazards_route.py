"""``lifeline hazards route``: for scripts as JSON, for people in lines."""

import json

import pytest
from typer.testing import CliRunner, Result

from bot.cli.hazards_route import app
from community.districts import district_ids
from hazards.categories import load_categories


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def asked(district: str, category: str, *more: str) -> Result:
    return run("--district", district, "--category", category, *more)


def test_json_names_lead_units_and_deadlines() -> None:
    result = asked("qianjiang", "lane_blocked", "--json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert facts["lead"] == ["区城市管理局"]
    assert facts["handlers"] == ["属地乡镇（街道）"]
    assert facts["with"] == ["区公安局", "区消防救援支队", "区司法局"]
    assert facts["ids"]["lead"] == ["urban_management"]
    assert facts["src"] == ["14", "15"]
    assert facts["plan"]["title"] == "黔江区高层建筑消防安全综合治理工作方案"
    assert facts["plan"]["year"] == 2021
    assert facts["confirm"] is False
    deadlines = facts["deadlines"]
    assert (deadlines["check_hours"], deadlines["working_days"]) == (24, None)
    assert deadlines["text"] == "24小时内核查（待本地确认）"
    assert deadlines["confirm"] is True
    assert [step["level"] for step in deadlines["escalation"]] == ["urge", "supervise"]


def test_json_of_a_district_without_a_plan() -> None:
    facts = json.loads(asked("demo", "canopy", "--json").stdout)
    assert (facts["plan"], facts["src"], facts["confirm"]) == (None, [], True)
    assert (facts["deadlines"]["check_hours"], facts["deadlines"]["working_days"]) == (None, 3)


def test_people_read_it_in_lines() -> None:
    result = asked("jiangjin", "hydrant_no_water")
    assert result.stdout.splitlines() == [
        "江津区 · 消火栓没水",
        "办理：属地镇街、平台",
        "牵头督办：区城市管理局",
        "配合：江津消防救援支队、供水企业",
        "依据：《江津区高层建筑消防安全提升计划（2020－2022年）》（2020年）任务10",
        "时限：24小时内核查（待本地确认）",
        "超期：1个工作小时后催办，7个工作小时后升级督办",
        "重大隐患再加：14个工作小时后挂牌督办",
    ]


def test_what_is_to_be_confirmed_and_force_are_said() -> None:
    assert "可燃雨棚（待本地确认）" in asked("jiangjin", "canopy").stdout
    canopy = asked("qianjiang", "canopy").stdout
    assert "强制拆除再加：区公安局、区两违办" in canopy
    assert "说明：拒不整改的" in canopy


@pytest.mark.parametrize("district", district_ids())
def test_every_category_has_an_answer(district: str) -> None:
    for one in load_categories().all:
        assert asked(district, one.id).exit_code == 0
        assert json.loads(asked(district, one.id, "--json").stdout)["lead"]


def test_an_unknown_district_names_the_known_ones() -> None:
    result = asked("nowhere", "canopy")
    assert result.exit_code == 2
    assert "没有“nowhere”这个区县，只有：demo（演示区）、jiangjin（江津区）" in result.output


def test_an_unknown_category_names_the_known_ones() -> None:
    result = asked("demo", "canopi")
    assert result.exit_code == 2
    assert "没有“canopi”这一类隐患，只有：lane_blocked（消防车道被堵）" in result.output


def test_both_must_be_given() -> None:
    assert run("--district", "demo").exit_code == 2
    assert run("--category", "canopy").exit_code == 2
