"""``lifeline hazards route``: who handles a hazard in a district, who leads, and how long."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from community.departments import Department
from community.districts import District, UnknownDistrict, load_district
from hazards.categories import Category, UnknownCategory, load_categories
from hazards.deadline_rules import DeadlineRules, NoDeadlines, StepRule, rules_at
from hazards.routing import NoSuchRoute, Route, route

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

TO_CONFIRM = "（待本地确认）"
_LEVELS = {"urge": "催办", "supervise": "升级督办", "list": "挂牌督办"}


@app.command("route")
def show_route(
    district: Annotated[str, typer.Option("--district", help="区县，例如qianjiang | district id")],
    category: Annotated[
        str, typer.Option("--category", help="隐患类别，例如lane_blocked | category id")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON | print JSON")] = False,
) -> None:
    """一类隐患由谁办理、谁牵头、多久。 | Who handles a category, who leads, how long."""
    place = _district(district)
    kind = _category(category)
    try:
        found = route(place, kind.id)
        rules = rules_at(place, _today(place))
    except NoSuchRoute as error:
        raise typer.BadParameter(f"{place.name}没有写{kind.name}由谁办理") from error
    except NoDeadlines as error:
        raise typer.BadParameter(f"{place.name}没有写处理时限") from error
    if as_json:
        typer.echo(json.dumps(route_facts(place, kind, found, rules), ensure_ascii=False))
    else:
        typer.echo("\n".join(route_lines(place, kind, found, rules)))


def route_facts(
    district: District, category: Category, found: Route, rules: DeadlineRules
) -> dict[str, Any]:
    """Return what ``--json`` prints; units by name, and by id under ``ids``."""
    units = {"handlers": found.handlers, "lead": found.leads, "with": found.with_}
    units["enforcement"] = found.enforcement
    plan = found.plan
    return {
        "district": {"id": district.id, "name": district.name},
        "category": {"id": category.id, "name": category.name},
        **{key: [one.name for one in those] for key, those in units.items()},
        "ids": {key: [one.id for one in those] for key, those in units.items()},
        "src": list(found.src),
        "plan": plan
        and {"title": plan.title, "issuer": plan.issuer, "number": plan.number, "year": plan.year},
        "confirm": found.is_to_confirm,
        "note": found.note,
        "deadlines": _deadline_facts(category, rules),
    }


def _deadline_facts(category: Category, rules: DeadlineRules) -> dict[str, Any]:
    allowance = rules.allowance(category.id)
    return {
        "check_hours": allowance.check_hours or None,
        "working_days": allowance.working_days or None,
        "text": f"{allowance.text}{TO_CONFIRM if rules.is_to_confirm else ''}",
        "reminder": rules.reminder,
        "escalation": _step_facts(rules.steps),
        "major": _step_facts(rules.major_steps),
        "version": rules.version,
        "source": rules.source,
        "confirm": rules.is_to_confirm,
    }


def _step_facts(steps: Sequence[StepRule]) -> list[dict[str, str | float]]:
    return [{"level": step.level, "working_hours": step.working_hours} for step in steps]


def route_lines(
    district: District, category: Category, found: Route, rules: DeadlineRules
) -> list[str]:
    """Return what is printed for people."""
    marked = TO_CONFIRM if found.is_to_confirm else ""
    timed = TO_CONFIRM if rules.is_to_confirm else ""
    lines = [
        f"{district.name} · {category.name}{marked}",
        f"办理：{_names(found.handlers)}",
        f"牵头督办：{_names(found.leads)}",
    ]
    if found.with_:
        lines.append(f"配合：{_names(found.with_)}")
    if found.enforcement:
        lines.append(f"强制拆除再加：{_names(found.enforcement)}")
    if found.cited:
        lines.append(f"依据：{found.cited}")
    lines.append(f"时限：{rules.allowance(category.id).text}{timed}")
    lines.append(f"超期：{_steps(rules.steps)}")
    if rules.major_steps:
        lines.append(f"重大隐患再加：{_steps(rules.major_steps)}")
    return [*lines, f"说明：{found.note}"] if found.note else lines


def _names(units: Sequence[Department]) -> str:
    return "、".join(one.name for one in units)


def _steps(steps: Sequence[StepRule]) -> str:
    return "，".join(f"{step.working_hours:g}个工作小时后{_LEVELS[step.level]}" for step in steps)


def _district(district: str) -> District:
    try:
        return load_district(district)
    except UnknownDistrict as error:
        known = "、".join(f"{id_}（{load_district(id_).name}）" for id_ in error.known)
        problem = f"没有“{district}”这个区县，只有：{known}"
        raise typer.BadParameter(problem, param_hint="--district") from error


def _category(category: str) -> Category:
    categories = load_categories()
    try:
        return categories.require(category)
    except UnknownCategory as error:
        known = "、".join(f"{one.id}（{one.name}）" for one in categories.all)
        problem = f"没有“{category}”这一类隐患，只有：{known}"
        raise typer.BadParameter(problem, param_hint="--category") from error


def _today(district: District) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(district.timezone)).date()
