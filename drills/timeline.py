"""The timeline of a drill: what happens by itself and when, as rows and as later work.

The rows stand from planning on. Notices and the alarm become later work when the drill is
announced; reminder and end of the roll call when the alarm is given, counted from that moment.
``drills.steps`` takes the steps.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection

from drills.drills import STAGES, Drill, Stage, step_times
from drills.step_store import end_step, end_steps, put_step
from storage import reschedule, schedule, unschedule

STEP_JOB = "drill_step"

NOTICES: tuple[Stage, ...] = ("notice_week", "notice_day", "notice_soon")
UNTIL_ALARM: tuple[Stage, ...] = (*NOTICES, "alarm")
AFTER_ALARM: tuple[Stage, ...] = ("reminder", "roll_close")

# A notice that is overdue when the drill is announced goes out at once, unless the next one
# follows this soon.
_NEXT_IS_NEAR = timedelta(minutes=30)

# How late a step may still be taken, when the service was down at its time. An alarm that comes
# unexpectedly late frightens people, so the organiser decides instead.
TOLERANCE: Mapping[Stage, timedelta] = MappingProxyType(
    {
        "notice_week": timedelta(days=1),
        "notice_day": timedelta(hours=6),
        "notice_soon": timedelta(minutes=20),
        "alarm": timedelta(minutes=5),
        "reminder": timedelta(minutes=10),
        "roll_close": timedelta(hours=2),
    }
)


def times_until_alarm(drill: Drill, now: datetime) -> dict[Stage, datetime]:
    """Return when notices and alarm are due for a drill that is announced now.

    Of the notices whose time has passed only the latest is given, at once, and not even that
    when the next one is near.

    Args:
        drill: which.
        now: before its start.
    """
    all_times = step_times(drill.starts_at, drill.lasts_minutes)
    times = {stage: all_times[stage] for stage in UNTIL_ALARM}
    ahead = {stage: at for stage, at in times.items() if at > now}
    passed = [stage for stage in times if stage not in ahead]
    is_next_far = min(ahead.values()) - now > _NEXT_IS_NEAR
    if passed and (is_next_far or passed[-1] == "notice_soon"):
        return {passed[-1]: now, **ahead}
    return ahead


def times_after_alarm(drill: Drill, alarm_at: datetime) -> dict[Stage, datetime]:
    """Return when the reminder and the end of the roll call are due, once the alarm was given."""
    times = step_times(alarm_at, drill.lasts_minutes)
    return {stage: times[stage] for stage in AFTER_ALARM}


def is_too_late(stage: Stage, due_at: datetime, now: datetime) -> bool:
    """Tell whether a step was missed by more than it may be."""
    return now - due_at > TOLERANCE[stage]


def plan_rows(db: Connection, drill: Drill, now: datetime) -> None:
    """Note every step of a drill that is planned; nothing happens by itself before it is told."""
    for stage, due_at in step_times(drill.starts_at, drill.lasts_minutes).items():
        put_step(db, drill.id, stage, due_at)
        if due_at <= now:
            end_step(db, drill.id, stage, "missed", now)


def plan_until_alarm(db: Connection, drill: Drill, now: datetime) -> None:
    """Plan the notices and the alarm of a drill that is announced; what is too late is missed."""
    times = times_until_alarm(drill, now)
    end_steps(db, drill.id, set(UNTIL_ALARM) - set(times), "missed", now)
    _plan(db, drill, times)


def plan_after_alarm(db: Connection, drill: Drill, alarm_at: datetime) -> None:
    """Plan the reminder and the end of the roll call of a drill whose alarm was given."""
    _plan(db, drill, times_after_alarm(drill, alarm_at))


def cancel_steps(
    db: Connection, drill: Drill, now: datetime, stages: Collection[Stage] = STAGES
) -> None:
    """Take planned steps back, and their later work with them."""
    end_steps(db, drill.id, stages, "cancelled", now)
    _unschedule(db, drill, stages)


def note_alarm_given(db: Connection, drill: Drill, now: datetime) -> None:
    """Have nothing more come of the steps until the alarm, which was given by hand."""
    end_steps(db, drill.id, ["alarm"], "done", now)
    end_steps(db, drill.id, NOTICES, "cancelled", now)
    _unschedule(db, drill, UNTIL_ALARM)


def _plan(db: Connection, drill: Drill, times: Mapping[Stage, datetime]) -> None:
    for stage, due_at in times.items():
        put_step(db, drill.id, stage, due_at)
        key = _key(drill, stage)
        if not schedule(db, STEP_JOB, key, due_at, [drill.id, stage]):
            reschedule(db, STEP_JOB, key, due_at)


def _unschedule(db: Connection, drill: Drill, stages: Collection[Stage]) -> None:
    for stage in stages:
        unschedule(db, STEP_JOB, _key(drill, stage))


def _key(drill: Drill, stage: Stage) -> str:
    """Return the key of later work; a drill that was put off goes through its stages anew."""
    return f"{drill.id}:{stage}:{drill.sequence}"
