"""How long a hazard may take in a district: the part ``deadlines`` of its file.

The plans name no times for single cases, and the usual ones are known from secondary sources
only, so that those shipped are marked to be confirmed (待本地确认).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, get_args

from community.districts import District
from community.placefiles import Part
from community.placevalues import day, decimal, text_or_empty, truth, whole_number
from hazards.categories import load_categories

# 催办, 升级督办, 挂牌督办.
Level = Literal["urge", "supervise", "list"]
_LEVELS: Mapping[str, Level] = {level: level for level in get_args(Level)}

_REQUIRED = ("from", "source", "urgent", "others", "reminder", "escalation")
_ALLOWED = ("confirm", "categories", "major")
_MOST_HOURS = 24 * 90
_MOST_DAYS = 90


class NoDeadlines(Exception):
    """A district's file does not say how long a hazard may take."""

    permanent = True

    def __init__(self, district: str) -> None:
        self.district = district
        super().__init__(f"{district} has no deadlines: add 'deadlines' to the district's file")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The time that is allowed: hours by the clock to check, or working days; one is zero."""

    check_hours: int = 0
    working_days: int = 0

    @property
    def text(self) -> str:
        """As people read it."""
        if self.check_hours:
            return f"{self.check_hours}小时内核查"
        return f"{self.working_days}个工作日内处理"


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step of escalation, so many working hours after the deadline."""

    level: Level
    working_hours: float


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """One version of a district's deadlines.

    Attributes:
        since: the first day on which a case falls under them.
        source: where they come from.
        is_to_confirm: whether the district has yet to confirm them.
        urgent: for categories that are urgent.
        others: for all others.
        categories: for single categories, before both.
        reminder: after which share of the time the handler is reminded, within 0 and 1.
        steps: of escalation, earliest first.
        major_steps: those added for major hazards.
    """

    since: date
    source: str
    is_to_confirm: bool
    urgent: Allowance
    others: Allowance
    categories: Mapping[str, Allowance]
    reminder: float
    steps: tuple[StepRule, ...]
    major_steps: tuple[StepRule, ...]

    @property
    def version(self) -> str:
        """The day it holds from, kept with every case."""
        return self.since.isoformat()

    def allowance(self, category: str) -> Allowance:
        """Return the time allowed for a category.

        Raises:
            UnknownCategory: when there is no such category.
        """
        is_urgent = load_categories().require(category).is_urgent
        return self.categories.get(category) or (self.urgent if is_urgent else self.others)


def rules_at(district: District, on: date) -> DeadlineRules:
    """Return the rules that hold on a day; before the first version those of the first.

    Raises:
        NoDeadlines: when the district's file has none.
        BrokenPlaceFile: when its deadlines cannot be used.
    """
    part = district.part("deadlines")
    versions = read_deadlines(part) if part else ()
    if not versions:
        raise NoDeadlines(district.id)
    return next((rules for rules in versions if rules.since <= on), versions[-1])


@lru_cache(maxsize=128)
def read_deadlines(part: Part) -> tuple[DeadlineRules, ...]:
    """Return the versions in the part ``deadlines`` of a district's file, newest first.

    Read once for each part.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
    """
    found: dict[date, DeadlineRules] = {}
    for item in part.items():
        rules = _rules(item)
        if rules.since in found:
            raise item.broken(f"从{rules.since}起的写了两次", "删掉一个，或改from")
        found[rules.since] = rules
    return tuple(found[since] for since in sorted(found, reverse=True))


def _rules(part: Part) -> DeadlineRules:
    fields = part.fields(_REQUIRED, _ALLOWED)
    single = (
        fields["categories"].fields((), load_categories().by_id) if "categories" in fields else {}
    )
    return DeadlineRules(
        since=day(fields["from"]),
        source=text_or_empty(fields["source"]),
        is_to_confirm=truth(fields.get("confirm")),
        urgent=_allowance(fields["urgent"]),
        others=_allowance(fields["others"]),
        categories={category: _allowance(item) for category, item in single.items()},
        reminder=decimal(fields["reminder"], 0, 1),
        steps=_steps(fields["escalation"]),
        major_steps=_steps(fields.get("major")),
    )


def _allowance(part: Part) -> Allowance:
    fields = part.fields((), ("check_hours", "working_days"))
    if len(fields) != 1:
        raise part.broken("时限要写一种", "写{check_hours: 24}或{working_days: 3}")
    if "check_hours" in fields:
        return Allowance(check_hours=whole_number(fields["check_hours"], 1, _MOST_HOURS))
    return Allowance(working_days=whole_number(fields["working_days"], 1, _MOST_DAYS))


def _steps(part: Part | None) -> tuple[StepRule, ...]:
    found: list[StepRule] = []
    for item in part.items() if part else ():
        fields = item.fields(("level", "working_hours"))
        if (level := _LEVELS.get(fields["level"].text())) is None:
            known = "、".join(_LEVELS)
            raise fields["level"].broken("没有这一级", f"只能写：{known}")
        hours = decimal(fields["working_hours"], 0, _MOST_HOURS)
        found.append(StepRule(level, hours))
    return tuple(sorted(found, key=lambda step: step.working_hours))
