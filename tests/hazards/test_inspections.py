"""The questions of 三查三清: read from their file, each with its source and a category."""

from pathlib import Path

import pytest

from community.districts import load_district
from community.placefiles import BrokenPlaceFile
from hazards.categories import load_categories
from hazards.inspections import (
    VERDICT_NAMES,
    VERDICTS,
    Answer,
    Inspection,
    UnknownQuestion,
    load_guide,
)
from tests.community.registered import NOON

GUIDE = """\
version: "1"
title: 巡查
note: 说明
parts:
- {id: fire, name: 查用火}
questions:
- id: one
  part: fire
  ask: 有没有？
  look: 看看
  category: hot_work
  sources:
  - {district: qianjiang, tasks: ["30"]}
"""


def inspection(*answers: Answer) -> Inspection:
    return Inspection(1, "demo", 1, 1, 1, "1", NOON, None, answers)


def test_every_question_has_a_category_and_both_plans() -> None:
    guide, categories = load_guide(), load_categories()

    assert len(guide.questions) >= 12
    for question in guide.questions:
        assert categories.get(question.category), question.id
        assert question.sources.keys() == {"qianjiang", "jiangjin"}, question.id
        assert all(question.sources.values()), question.id


def test_the_six_parts_come_in_order() -> None:
    parts = dict.fromkeys(question.part for question in load_guide().questions)

    assert list(parts) == ["查用火", "查用电", "查用气", "清通道", "清阳台", "清可燃物"]


def test_a_source_is_the_districts_own() -> None:
    question = load_guide().require("lane")

    assert question.cited(load_district("jiangjin")).endswith("（2020年）任务9")
    assert "（2021年）任务14、15、19" in question.cited(load_district("qianjiang"))
    assert question.cited(load_district("demo")) == ""


def test_tasks_are_those_that_the_districts_route_by() -> None:
    """No plan has a task that its list does not: 46 in one, 22 in the other."""
    most = {"qianjiang": 46, "jiangjin": 22}
    for question in load_guide().questions:
        for district, tasks in question.sources.items():
            assert all(1 <= int(task) <= most[district] for task in tasks), question.id


def test_every_verdict_has_a_button() -> None:
    assert VERDICT_NAMES.keys() == set(VERDICTS)


def test_what_is_left_comes_in_the_order_of_the_list() -> None:
    guide = load_guide()
    first, second, *rest = guide.questions
    one = inspection(Answer(second.id, "ok", None, NOON), Answer("gone", "ok", None, NOON))

    assert one.left(guide) == (first, *rest)
    assert guide.number(second) == 2
    assert not one.is_over


def test_hazards_are_told_from_the_rest() -> None:
    hazard = Answer("lane", "hazard", 7, NOON)
    one = inspection(Answer("exit", "none", None, NOON), hazard)

    assert one.hazards == (hazard,)
    assert one.answer_to("lane") == hazard
    assert one.answer_to("corridor") is None


def test_an_unknown_question_is_named() -> None:
    with pytest.raises(UnknownQuestion, match="'x'"):
        load_guide().require("x")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("part: fire", "part: water", 8, "没有“water”这一组"),
        ("category: hot_work", "category: sun", 11, "没有“sun”这一类隐患"),
        ("  look: 看看\n", "", 7, "缺“look”"),
        ("- id: one", "- id: one\n  more: x", 8, "不认识“more”"),
    ],
    ids=["part", "category", "missing", "unknown"],
)
def test_a_fault_is_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    file = tmp_path / "inspections.yaml"
    file.write_text(GUIDE.replace(old, new), encoding="utf-8")

    with pytest.raises(BrokenPlaceFile) as raised:
        load_guide(file)

    assert (raised.value.line, raised.value.problem) == (line, problem)


def test_a_question_stands_once_and_there_is_one(tmp_path: Path) -> None:
    body = GUIDE[GUIDE.index("- id: one") :]
    twice, none = tmp_path / "twice.yaml", tmp_path / "none.yaml"
    twice.write_text(GUIDE + body, encoding="utf-8")
    none.write_text(GUIDE.replace(body, "[]\n").replace("questions:\n[]", "questions: []"))

    with pytest.raises(BrokenPlaceFile, match="“one”写了两次"):
        load_guide(twice)
    with pytest.raises(BrokenPlaceFile, match="一个问题也没有"):
        load_guide(none)
