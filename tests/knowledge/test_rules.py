"""The rules over one entry: each row breaks a sound entry in one way."""

from pathlib import Path
from typing import Any

import pytest

from knowledge.claims import load_claims
from knowledge.entries import read_entry
from knowledge.errors import Problem
from knowledge.laws import load_laws
from knowledge.rules import Context, plain, problems_of
from knowledge.syllabus import load_syllabus
from tests.knowledge.samples import REGISTERS, SETTINGS, TODAY, write_entry


@pytest.fixture
def context(root: Path) -> Context:
    return Context(
        load_syllabus(root / "syllabus.yaml"),
        load_laws(root / "laws.yaml"),
        load_claims(root / "unverified.yaml"),
        SETTINGS,
        TODAY,
    )


def found(path: Path, context: Context) -> list[Problem]:
    entry, problems = read_entry(path)
    assert entry is not None
    assert problems == []
    return list(problems_of(entry, context))


def kinds(root: Path, context: Context, body: str | None = None, **changes: object) -> list[str]:
    path = write_entry(root, **({"body": body} if body is not None else {}), **changes)
    return [problem.kind for problem in found(path, context)]


def said(*registers: str, each: int = 3) -> dict[str, list[str]]:
    return {name: [f"{name}{row}" for row in range(each)] for name in registers}


def source(law: str, article: str, supports: str = "发现火灾立即报警") -> list[dict[str, str]]:
    return [{"law": law, "article": article, "for": supports}]


def test_a_sound_entry_has_no_problem(root: Path, context: Context) -> None:
    assert kinds(root, context) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "escape.unheard_of"}, ["unknown_id"]),
        ({"id": None}, ["missing_key"]),
        ({"title": None}, ["missing_key"]),
        ({"title": "另一个标题"}, ["other_title"]),
        ({"utterances": None}, ["missing_key"]),
        ({"utterances": said(*REGISTERS, "pirate")}, ["unknown_register"]),
        ({"utterances": said(*REGISTERS[:7])}, ["few_registers"]),
        ({"utterances": said(*REGISTERS[:8])}, ["missing_register"]),
        ({"utterances": said(*REGISTERS[:9]) | {"mixed_script": []}}, ["missing_register"]),
        ({"utterances": said(*REGISTERS, each=1)}, ["few_utterances"]),
        ({"utterances": said("child", each=1)}, ["few_registers", "few_utterances"]),
        ({"sources": None}, ["missing_key", "no_sources"]),
        ({"sources": []}, ["no_sources"]),
        ({"sources": source("宪法", "第一条")}, ["unknown_law"]),
        ({"sources": source("消防法", "第九条")}, ["unknown_article"]),
        ({"sources": source("消防法", "第四十四条第九款")}, ["unknown_article"]),
        ({"sources": source("公开资料", "第一条")}, ["practice_article"]),
        ({"sources": source("消防法", "第四十四条", "")}, ["supports_nothing"]),
        ({"sources": source("公开资料", "", "湿毛巾折8层")}, ["unverified_claim"]),
        ({"related": ["escape.no_elevator"]}, ["related_self"]),
        ({"related": ["escape.nowhere"]}, ["unknown_related"]),
        ({"related": ["escape.smoke", "escape.smoke"]}, ["related_twice"]),
        ({"related": None}, []),
        ({"needs": ["gas_hotline"]}, ["need_unused"]),
        ({"reviewed": None}, ["missing_key"]),
        ({"reviewed": []}, ["not_reviewed"]),
        ({"reviewed": ["2026-11-22"]}, ["reviewed_once"]),
        ({"reviewed": ["2026-11-22", "2026-11-23"]}, ["reviewed_in_future"]),
    ],
    ids=str,
)
def test_front_matter(
    root: Path, context: Context, changes: dict[str, Any], expected: list[str]
) -> None:
    assert kinds(root, context, **changes) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ["missing_key"]),
        ("走楼梯。\n\n1. 快走。", []),
        ("走楼梯\n\n1. 快走。", ["first_line"]),
        ("1. 走楼梯。\n\n1. 快走。", ["first_line"]),
        ("走楼梯。", ["no_steps"]),
        ("走楼梯。\n1. 快走。", ["no_blank_line"]),
        ("走楼梯。\n\n2. 快走。", ["step_number"]),
        ("走楼梯。\n\n1. 快走。\n3. 打119。\n4. 等着。", ["step_number"]),
        ("走楼梯。\n\n1. 快走。\n2、打119。", ["stray_line"]),
        ("走楼梯。\n\n1.快走。", ["stray_line"]),
        ("走楼梯。\n\n1. 快走。\n\n还要打119。", ["stray_line"]),
        ("走楼梯。\n\n1. **快走**。", ["markup"]),
        ("# 走楼梯。\n\n1. 快走。", ["markup"]),
        ("走楼梯。\n\n1. 看[这里](x)。", ["markup"]),
        ("走楼梯。\n\n1. 快走。\n依据：消防法", ["basis_in_body", "stray_line"]),
        ("走楼梯。\n\n1. " + "快" * 600, ["long_body"]),
        ("走楼梯。\n\n1. 湿毛巾折8层捂嘴。", ["number_without_source", "unverified_claim"]),
        ("走楼梯。\n\n1. 打{gas_hotline}。", ["setting_not_in_needs"]),
        ("走楼梯。\n\n1. 打{moon_hotline}。", ["undeclared_setting"]),
        ("走楼梯。\n\n1. 打{Gas}。", ["stray_brace"]),
        ("走楼梯。\n\n1. 打{gas_hotline。", ["stray_brace"]),
    ],
    ids=str,
)
def test_the_answer(root: Path, context: Context, body: str, expected: list[str]) -> None:
    assert kinds(root, context, body) == expected


@pytest.mark.parametrize(
    ("line", "supports", "missing"),
    [
        ("罚500元以下。", "警告或者500元以下罚款", []),
        ("罚 500 元以下。", "警告或者500元以下罚款", []),
        ("罚５００元以下。", "警告或者500元以下罚款", []),
        ("罚500元以下。", "警告或者罚款", ["500元"]),
        ("罚5000元以上5万元以下。", "处5000元以上5万元以下", []),
        ("罚5000元以上5万元以下。", "处5000元以上2万元以下", ["5万元"]),
        ("离顶30厘米，24小时有人。", "离顶30厘米", ["24小时"]),
        ("浓度5%到15%。", "约5%到15%", []),
        ("每两年检查。", "每两年至少一次", []),
        ("每两年检查。", "定期检查", ["两年"]),
        ("拘留十五日。", "拘留", []),
        ("等十五分钟。", "等一会儿", ["十五分钟"]),
        ("打119，住26楼3栋，一年到头当心，第二天再看。", "没有数字", []),
    ],
)
def test_a_number_with_a_unit_stands_in_a_source(
    root: Path, context: Context, line: str, supports: str, missing: list[str]
) -> None:
    path = write_entry(
        root, f"走楼梯。\n\n1. {line}", sources=source("消防法", "第四十四条", supports)
    )
    problems = found(path, context)
    assert {problem.kind for problem in problems} <= {"number_without_source"}
    assert [problem.facts["number"] for problem in problems] == missing


@pytest.mark.parametrize(
    ("line", "law", "expected"),
    [
        ("乱报火警要拘留。", "公开资料", ["duty_without_law"]),
        ("乱报火警要拘留。", "消防法", []),
        ("乱报火警要拘留。", "GB 55037-2022", []),
        ("不得在楼道停车。", "公开资料", ["duty_without_law"]),
        ("不得不走就走。", "公开资料", []),
        ("不要坐电梯。", "公开资料", []),
    ],
)
def test_a_duty_or_penalty_rests_on_a_law(
    root: Path, context: Context, line: str, law: str, expected: list[str]
) -> None:
    body = f"走楼梯。\n\n1. {line}"
    assert kinds(root, context, body, sources=source(law, "")) == expected


def test_a_setting_that_is_declared_needed_and_used_is_sound(root: Path, context: Context) -> None:
    body = "到室外再打电话。\n\n1. 打{gas_hotline}。\n2. 打不通打119。"
    changes = {"id": "gas.hotline", "title": "燃气抢修电话是多少"}
    assert kinds(root, context, body, needs=["gas_hotline"], **changes) == []
    assert kinds(root, context, **changes) == ["needs_expected"]


def test_an_entry_lies_where_its_id_says(root: Path, context: Context) -> None:
    path = write_entry(root)
    moved = path.with_name("stairs.md")
    path.rename(moved)
    problems = found(moved, context)
    assert [(problem.kind, problem.facts["expected"]) for problem in problems] == [
        ("wrong_path", "escape/no_elevator.md")
    ]


def test_problems_name_the_line_they_stand_in(root: Path, context: Context) -> None:
    path = write_entry(root, "走楼梯。\n\n1. 快走。\n2. 等500秒。", related=["escape.nowhere"])
    lines = path.read_text(encoding="utf-8").splitlines()
    named = {problem.kind: lines[problem.line - 1] for problem in found(path, context)}
    assert named == {
        "number_without_source": "2. 等500秒。",
        "unknown_related": "- escape.nowhere",
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("着火 怎么办？", "着火怎么办"),
        ("ＷｉＦｉ没信号", "wifi，没信号！"),
    ],
)
def test_signs_and_width_make_no_difference(one: str, other: str) -> None:
    assert plain(one) == plain(other)
