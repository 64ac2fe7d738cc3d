"""What has to be seen to before a drill is announced."""

from collections.abc import Callable
from pathlib import Path

import pytest

from community.placefiles import BrokenPlaceFile
from drills.checklist import CHECKLIST_FILE, load_checklist
from drills.drills import KINDS, DrillRefused, Kind

FOR_EVERY_KIND = {
    "fire_station",
    "police_station",
    "community",
    "control_room",
    "notice_posted",
    "signs",
    "stair_lighting",
    "stairs_clear",
    "excused",
    "first_aider",
    "weather",
}
OWN = {"night": {"lights"}, "gas_leak": {"gas_company"}, "school": {"class_leaders"}}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_a_drill_waits_for_what_is_required(kind: Kind) -> None:
    missing = load_checklist().missing(kind, ())
    assert {item.id for item in missing} == FOR_EVERY_KIND | OWN.get(kind, set())


@every_kind
def test_what_is_done_is_no_longer_waited_for(kind: Kind) -> None:
    checklist = load_checklist()
    done = [item.id for item in checklist.missing(kind, ())]
    assert checklist.missing(kind, done) == ()
    assert [item.id for item in checklist.missing(kind, done[1:])] == done[:1]
    assert checklist.missing(kind, ["micro_station"]) == checklist.missing(kind, [])


@every_kind
def test_what_is_asked_is_what_is_required_and_then_advice(kind: Kind) -> None:
    asked = load_checklist().items_for(kind)
    required = [item.is_required_for(kind) for item in asked]
    assert required == sorted(required, reverse=True)
    assert {item.id for item in asked} == FOR_EVERY_KIND | OWN.get(kind, set()) | {"micro_station"}


def test_only_notice_and_signs_are_law() -> None:
    """《高层民用建筑消防安全管理规定》第四十四条 asks for no more before and at a drill."""
    law = {item.id for item in load_checklist().items if "第" in item.basis}
    assert law == {"notice_posted", "signs"}


def test_the_limit_of_heat_is_told_as_advice() -> None:
    checklist = load_checklist()
    weather = checklist.require("weather")
    assert f"{checklist.heat_limit_celsius}℃" in weather.how
    assert "不是法条" in weather.basis


def test_who_need_not_take_the_stairs_is_on_the_list() -> None:
    how = load_checklist().require("excused").how
    assert all(word in how for word in ("孕妇", "心脏不好", "行动不便", "在家", "集合点"))


def test_an_item_that_is_not_there_is_refused() -> None:
    with pytest.raises(DrillRefused) as refused:
        load_checklist().require("fireworks")
    assert refused.value.code == "unknown_check"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda text: text.replace("[night]", "[flood]"), "没有“flood”这种演练"),
        (lambda text: text.replace("id: signs", "id: excused"), "“excused”写了两次"),
        (lambda text: text.replace("celsius: 35", "celsius: 95"), "“95”不对"),
        (lambda text: text.replace("  basis: 通行做法\n", "", 1), "缺“basis”"),
    ],
)
def test_a_broken_list_is_named(tmp_path: Path, edit: Callable[[str], str], problem: str) -> None:
    broken = tmp_path / "checklist.yaml"
    broken.write_text(edit(CHECKLIST_FILE.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BrokenPlaceFile) as error:
        load_checklist(broken)
    assert error.value.problem.startswith(problem)
