"""Planning a drill: everything that speaks against a plan, and the plan made into a drill."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from community.building_posts import may_act_for
from community.districts import District
from community.registers import Building
from community.staff import Staff
from community.workdays import WorkDays
from drills.blackouts import Blackouts, When, district_days, load_blackouts
from drills.drill_store import (
    append_event,
    buildings_of,
    drills_between,
    edit,
    hold_buildings,
    insert_drill,
    move,
    registered,
    replace_buildings,
    require_drill,
    street_of_community,
)
from drills.drills import HOLDING, Drill, DrillRefused, staff_event, step_times
from drills.faults import Fault
from drills.plan_rules import (
    MARGIN,
    MOST_BUILDINGS,
    Plan,
    assembly_point,
    building_faults,
    conflict_faults,
    time_faults,
    title_of,
    word_faults,
)
from drills.step_store import end_step, put_step
from drills.templates import MOST_MINUTES, Templates

__all__ = ["BadPlan", "Fault", "Plan", "Planner"]

# No other drill that starts outside of this around a plan can come too near to it.
_REACH = timedelta(minutes=MOST_MINUTES) + MARGIN


class BadPlan(DrillRefused):
    """A plan that cannot be made into a drill; ``faults`` are the refusals among its faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("has_faults", "".join(fault.words for fault in faults))


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans drills in the districts served.

    Attributes:
        districts: id → district.
        templates: kind → template.
        days: the holidays.
        blackouts: days and hours that are kept free.
    """

    districts: Mapping[str, District]
    templates: Templates
    days: WorkDays
    blackouts: Blackouts = field(default_factory=load_blackouts)

    def faults(self, db: Connection, plan: Plan, staff: Staff, now: datetime) -> list[Fault]:
        """Return what is wrong with a plan, refusals first, then warnings; none for a good one."""
        return self._faults(db, plan, _Asker(staff, now))

    def plan(self, db: Connection, plan: Plan, staff: Staff, now: datetime) -> Drill:
        """Make a plan into a drill with its buildings, steps and first event.

        Raises:
            BadPlan: when it has a fault that is a refusal.
        """
        values = self._values(db, plan, _Asker(staff, now))
        made = insert_drill(db, values | {"organiser_id": staff.id}, plan.building_ids, now)
        _plan_steps(db, made, now)
        append_event(db, made.id, staff_event("planned", staff.id, now))
        return made

    def change(
        self, db: Connection, current: Drill, plan: Plan, staff: Staff, now: datetime
    ) -> Drill:
        """Give a drill another plan; one that was postponed is planned again by it.

        Raises:
            DrillRefused: ``not_planned`` once it is approved, ``not_allowed`` when one of its
                buildings is not theirs, ``stale`` when it has changed meanwhile.
            BadPlan: when the plan has a fault that is a refusal.
        """
        if current.state not in {"planned", "postponed"}:
            raise DrillRefused("not_planned")
        if not all(may_act_for(db, staff, one.id) for one in buildings_of(db, current.id)):
            raise DrillRefused("not_allowed")
        values = self._values(db, plan, _Asker(staff, now, current.id))
        if current.state == "postponed":
            values |= {"reason": "", "approver_id": None}
            is_changed = move(db, current, "planned", now, **values)
        else:
            is_changed = edit(db, current, now, **values)
        if not is_changed:
            raise DrillRefused("stale")
        replace_buildings(db, current.id, plan.building_ids)
        changed = require_drill(db, current.id)
        _plan_steps(db, changed, now)
        append_event(db, changed.id, staff_event("changed", staff.id, now))
        return changed

    def _values(self, db: Connection, plan: Plan, asker: "_Asker") -> dict[str, Any]:
        """Return the columns of a plan, its buildings held so that nobody plans beside it."""
        hold_buildings(db, plan.building_ids)
        refusals = [one for one in self._faults(db, plan, asker) if one.is_refusal]
        if refusals:
            raise BadPlan(refusals)
        buildings = registered(db, plan.building_ids)
        template = self.templates[plan.kind]
        return {
            "district_id": buildings[0].district_id,
            "street_id": street_of_community(db, buildings[0].community_id),
            "community_id": buildings[0].community_id,
            "kind": plan.kind,
            "title": title_of(plan, template, buildings),
            "scenario": plan.scenario.strip() or template.scenario,
            "assembly_point": assembly_point(plan, buildings),
            "starts_at": plan.starts_at,
            "lasts_minutes": plan.lasts_minutes,
        }

    def _faults(self, db: Connection, plan: Plan, asker: "_Asker") -> list[Fault]:
        buildings = registered(db, sorted(set(plan.building_ids))[: MOST_BUILDINGS + 1])
        found = [
            *word_faults(plan),
            *building_faults(plan, buildings),
            *self._area_faults(db, buildings, asker.staff),
            *time_faults(plan, asker.now),
        ]
        # A span without measure is not looked at any further.
        if not {"bad_length", "too_far"} & {fault.code for fault in found}:
            found += self._time_faults(db, plan, buildings, asker.drill_id)
        return sorted(found, key=lambda fault: not fault.is_refusal)

    def _area_faults(
        self, db: Connection, buildings: Sequence[Building], staff: Staff
    ) -> Iterator[Fault]:
        for one in buildings:
            if one.district_id not in self.districts or not may_act_for(db, staff, one.id):
                yield Fault(
                    "outside_area",
                    f"{one.name}不在你负责的范围内，请去掉，或找所在社区的同事来排。",
                )

    def _time_faults(
        self, db: Connection, plan: Plan, buildings: Sequence[Building], besides: int | None
    ) -> Iterator[Fault]:
        """Yield what speaks against the time at this place."""
        district = self.districts.get(buildings[0].district_id) if buildings else None
        if district is None:
            return
        zone = ZoneInfo(district.timezone)
        ids = [one.id for one in buildings]
        near = drills_between(db, ids, plan.starts_at - _REACH, plan.ends_at + MARGIN)
        holding = [one for one in near if one.state in HOLDING]
        yield from conflict_faults(plan, holding, zone, besides)
        when = When(plan.kind, plan.starts_at.astimezone(zone), plan.ends_at.astimezone(zone))
        yield from self.blackouts.faults(when, self.days, district_days(district))


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who plans, when, and the drill that is given another plan; None for a new one."""

    staff: Staff
    now: datetime
    drill_id: int | None = None


def _plan_steps(db: Connection, planned: Drill, now: datetime) -> None:
    """Plan every step; one whose time has passed already is missed."""
    for stage, due_at in step_times(planned.starts_at, planned.lasts_minutes).items():
        put_step(db, planned.id, stage, due_at)
        if due_at <= now:
            end_step(db, planned.id, stage, "missed", now)
