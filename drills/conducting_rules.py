"""Who may conduct a drill, who may approve it, and at what time its acts may be done."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from community.building_posts import may_act_for
from community.staff import Role, Staff
from drills.conduct_store import building_ids_of
from drills.drills import Drill, DrillRefused
from drills.lines import one_line

APPROVERS: tuple[Role, ...] = ("duty_officer", "reviewer", "supervisor", "administrator")

# People were told a time: the alarm comes near it, or the drill is put off.
STANDBY_FROM = timedelta(hours=2)
ALARM_FROM = timedelta(minutes=30)
ALARM_UNTIL = timedelta(hours=2)


def require_approver(drill: Drill, staff: Staff) -> None:
    """Pass over somebody who may approve a drill.

    Raises:
        DrillRefused: ``same_person`` for its organiser, ``not_allowed`` for a role or an area
            that does not cover it.
    """
    if not staff.area(*APPROVERS).holds(drill.district_id, drill.street_id):
        raise DrillRefused("not_allowed")
    if staff.id == drill.organiser_id:
        raise DrillRefused("same_person")


def require_conductor(db: Connection, drill: Drill, staff: Staff) -> None:
    """Pass over somebody who may conduct a drill: all of its buildings are theirs to act for.

    Raises:
        DrillRefused: ``not_allowed``.
    """
    ids = building_ids_of(db, drill.id)
    if not ids or not all(may_act_for(db, staff, one) for one in ids):
        raise DrillRefused("not_allowed")


def require_anyone_there(db: Connection, drill: Drill, staff: Staff) -> None:
    """Pass over somebody who may stop a drill: one of its buildings is theirs to act for.

    Raises:
        DrillRefused: ``not_allowed``.
    """
    if not any(may_act_for(db, staff, one) for one in building_ids_of(db, drill.id)):
        raise DrillRefused("not_allowed")


def require_ahead(drill: Drill, now: datetime) -> None:
    """Pass over a drill whose time is still to come.

    Raises:
        DrillRefused: ``too_late``.
    """
    if now >= drill.starts_at:
        raise DrillRefused("too_late")


def require_time(drill: Drill, now: datetime, early: timedelta) -> None:
    """Pass over an act that is done near a drill's start: at most ``early`` before it.

    Raises:
        DrillRefused: ``too_early`` or ``too_late``.
    """
    if now < drill.starts_at - early:
        raise DrillRefused("too_early")
    if now > drill.starts_at + ALARM_UNTIL:
        raise DrillRefused("too_late")


def kept_reason(reason: str) -> str:
    """Return a reason as it is kept.

    Raises:
        DrillRefused: ``reason_missing``.
    """
    kept = one_line(reason)
    if not kept:
        raise DrillRefused("reason_missing")
    return kept
