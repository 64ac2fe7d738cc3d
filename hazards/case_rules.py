"""What casework asks of a district's rules, and of those who want to hear what happens.

``Rules`` is all that casework knows; ``CaseRules`` answers from the districts' files, and is
built at the composition root with its two listeners.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from sqlalchemy import Connection

from community.districts import District, UnknownDistrict
from community.workdays import WorkDays
from hazards import deadlines
from hazards.cases import Case, Step, Times
from hazards.routing import route
from hazards.timeline import Happened

# 受理, 退回或转办, 整改完成请确认, 一个月后, 奖励.
Moment = Literal["accepted", "turned", "fixed", "month", "reward"]
# 催办, 升级督办, 挂牌督办, as ``hazards.deadline_rules`` calls them.
_LEVELS: Mapping[str, int] = {"urge": 1, "supervise": 2, "list": 3}
_LEVEL_WORDS: Mapping[int, Literal["urge", "supervise", "list"]] = {
    1: "urge",
    2: "supervise",
    3: "list",
}


class Units(NamedTuple):
    """Ids of the departments that a case goes to: first to the handler; the lead supervises."""

    handler: str
    lead: str


@dataclass(frozen=True, slots=True)
class Told:
    """One moment that one reporter is to be told of; ``reason`` is staff's, where there is one."""

    report_id: int
    case_id: int
    moment: Moment
    round: int
    reason: str = ""


Tell = Callable[[Connection, Told], None]
Listen = Callable[[Connection, Happened], None]


class Rules(Protocol):
    """What casework asks."""

    def route(self, district_id: str, category: str) -> Units:
        """Return who handles and who leads a category.

        Raises:
            UnknownDistrict: when there is no such district.
            UnknownCategory, NoSuchRoute: when its file does not say.
        """

    def require_department(self, district_id: str, department: str) -> None:
        """Do nothing for a department that the district has.

        Raises:
            UnknownDepartment: when it has not.
        """

    def deadline(self, district_id: str, category: str, at: datetime, *, is_major: bool) -> Times:
        """Return the times of a case that is submitted, or reopened, ``at``."""

    def resumed(self, case: Case, now: datetime) -> Times:
        """Return the times of a paused case whose pause ends now."""

    def rated(self, case: Case, *, is_major: bool) -> Times:
        """Return the times of a case that is found to be major, or not to be; it stays due."""

    def tell(self, db: Connection, told: Told) -> None:
        """Have a reporter told, if this transaction commits."""

    def happened(self, db: Connection, event: Happened) -> None:
        """Hear of an event, in the transaction that it belongs to."""


def _tell_nobody(_db: Connection, _told: Told) -> None:
    """Stand in where there is no channel."""


def _hear_nothing(_db: Connection, _event: Happened) -> None:
    """Stand in where nobody listens."""


@dataclass(frozen=True, slots=True)
class CaseRules:
    """The rules of the districts served.

    Attributes:
        districts: by id.
        days: the holidays, for working days.
        telling: words what a reporter is told and puts it into the outbox.
        listening: hears of every event, for webhooks and home cards.
    """

    districts: Mapping[str, District]
    days: WorkDays
    telling: Tell = _tell_nobody
    listening: Listen = _hear_nothing

    def route(self, district_id: str, category: str) -> Units:
        """See ``Rules``."""
        found = route(self._district(district_id), category)
        return Units(found.handlers[0].id, found.lead.id)

    def require_department(self, district_id: str, department: str) -> None:
        """See ``Rules``."""
        self._district(district_id).department(department)

    def deadline(self, district_id: str, category: str, at: datetime, *, is_major: bool) -> Times:
        """See ``Rules``."""
        district = self._district(district_id)
        calendar = district.calendar(self.days)
        return _times(deadlines.deadline(district, category, at, calendar, is_major))

    def resumed(self, case: Case, now: datetime) -> Times:
        """See ``Rules``."""
        if case.paused_at is None or case.soft_at is None or case.due_at is None:
            raise ValueError(f"case {case.code} is not paused")
        district = self._district(case.district_id)
        calendar = district.calendar(self.days)
        first = deadlines.deadline(district, case.category, case.round_at, calendar, case.is_major)
        # The times as they stand: an earlier pause may have moved them already.
        steps = tuple(
            deadlines.Step(_LEVEL_WORDS[step.level], step.at) for step in case.steps if step.level
        )
        paused = replace(first, soft_at=case.soft_at, due_at=case.due_at, steps=steps)
        moved = deadlines.resumed(paused, case.paused_at, max(now, case.paused_at), calendar)
        return _times(replace(moved, version=case.rule_version))

    def rated(self, case: Case, *, is_major: bool) -> Times:
        """See ``Rules``."""
        district = self._district(case.district_id)
        calendar = district.calendar(self.days)
        first = deadlines.deadline(district, case.category, case.round_at, calendar, is_major)
        soft_at, due_at = case.soft_at or first.soft_at, case.due_at or first.due_at
        return _times(deadlines.put_off(first, soft_at, due_at, calendar))

    def tell(self, db: Connection, told: Told) -> None:
        """See ``Rules``."""
        self.telling(db, told)

    def happened(self, db: Connection, event: Happened) -> None:
        """See ``Rules``."""
        self.listening(db, event)

    def _district(self, district_id: str) -> District:
        if district_id not in self.districts:
            raise UnknownDistrict(district_id, sorted(self.districts))
        return self.districts[district_id]


def _times(found: deadlines.Deadline) -> Times:
    escalations = (Step(_LEVELS[step.level], step.at) for step in found.steps)
    steps = (Step(0, found.soft_at), *escalations)
    return Times(found.soft_at, found.due_at, steps, found.version)
