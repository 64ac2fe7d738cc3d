"""Conducting a drill: approving it, announcing it, giving the alarm, ending it.

Each act is part of a write and does all that goes with it: the drill's state, its event, the
steps of the timeline, what residents are told, and the audit log. The drill is held first, so of
two who press at once one wins, and the other is told what the drill is by then.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from community.staff import Staff
from drills.announcing import Announce, Announced
from drills.checking import Checking
from drills.checklist import Checklist
from drills.conduct_moves import audited, by_itself, by_staff, conducted, moved, ready
from drills.conduct_store import clear_ticks, hold_drill, lost_lines, was_announced
from drills.conducting_rules import (
    ALARM_FROM,
    STANDBY_FROM,
    kept_reason,
    require_ahead,
    require_anyone_there,
    require_approver,
    require_conductor,
    require_time,
)
from drills.drills import Drill, DrillRefused, Event
from drills.lines import one_line
from drills.roll_change_store import close_lines
from drills.rollcall import Moment
from drills.roster_freeze_store import freeze
from drills.timeline import (
    AFTER_ALARM,
    cancel_steps,
    note_alarm_given,
    plan_after_alarm,
    plan_rows,
    plan_until_alarm,
)
from storage import schedule

# Finishes what is done to a long list, one piece in each transaction.
ROSTER_JOB = "drill_roster"
RosterWork = Literal["freeze", "close"]


@dataclass(frozen=True, slots=True)
class Postponement:
    """Putting a drill off.

    Attributes:
        reason: as residents read it.
        starts_at: its new time, in which ``Planner.faults`` has found nothing; None while it is
            open, until ``Planner.change`` gives it one.
    """

    reason: str
    starts_at: datetime | None = None


class Conducting:
    """The acts of a drill, in the order of its course.

    Each raises ``DrillRefused`` and then changes nothing: ``unknown_drill``, ``not_allowed``,
    ``illegal_move`` with what the drill is now, and what it names itself.
    """

    def __init__(self, checklist: Checklist, announce: Announce) -> None:
        """Join what conducting needs.

        Args:
            checklist: what has to be seen to before residents are told.
            announce: makes the broadcast of a stage, in the same transaction.
        """
        self.checking = Checking(checklist)
        self._announce = announce

    def approve(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Approve a plan; by somebody else than its organiser.

        Raises:
            DrillRefused: ``same_person``, ``too_late``.
        """
        drill = ready(db, drill_id, "approved")
        require_approver(drill, staff)
        require_ahead(drill, now)
        event = by_staff(drill, "approved", staff, now)
        approved = moved(db, drill, "approved", event, {"approver_id": staff.id})
        return audited(db, approved, staff, now)

    def check_item(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, check: tuple[str, str]
    ) -> Drill:
        """Tick an item of the checklist off, with a word on how; as ``Checking.tick``."""
        return self.checking.tick(db, drill_id, staff, now, check)

    def uncheck_item(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, item: str
    ) -> Drill:
        """Take a tick back; as ``Checking.untick``."""
        return self.checking.untick(db, drill_id, staff, now, item)

    def announce(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Have residents told from now on; the list of who is called is drawn up.

        Raises:
            DrillRefused: ``checks_missing`` naming what is still to be seen to, ``too_late``.
        """
        drill = ready(db, drill_id, "announced")
        require_conductor(db, drill, staff)
        require_ahead(drill, now)
        self.checking.require_done(db, drill)
        announced = moved(db, drill, "announced", by_staff(drill, "announced", staff, now))
        plan_until_alarm(db, announced, now)
        _work_on_roster(db, announced, "freeze", now)
        return audited(db, announced, staff, now)

    def stand_by(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Say on the day that everybody is in place; without this no alarm comes by itself.

        Raises:
            DrillRefused: ``too_early``, ``too_late``.
        """
        drill = ready(db, drill_id, "standby")
        require_conductor(db, drill, staff)
        require_time(drill, now, STANDBY_FROM)
        standing = moved(db, drill, "standby", by_staff(drill, "standby", staff, now))
        _work_on_roster(db, standing, "freeze", now)
        return audited(db, standing, staff, now)

    def sound_alarm(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Give the drill's alarm by hand, somewhat early or late.

        Raises:
            DrillRefused: ``too_early``, ``too_late``.
        """
        drill = ready(db, drill_id, "alarm")
        require_conductor(db, drill, staff)
        require_time(drill, now, ALARM_FROM)
        alarmed = self._alarmed(db, drill, by_staff(drill, "alarm", staff, now))
        return audited(db, alarmed, staff, now)

    def sound_alarm_by_step(self, db: Connection, drill: Drill, now: datetime) -> Drill:
        """Give the alarm at its time; the drill is held and stands by."""
        return self._alarmed(db, drill, by_itself(drill, "alarm", now))

    def muster(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Begin calling the list at the assembly point."""
        return audited(db, conducted(db, drill_id, "mustering", staff, now), staff, now)

    def close_roll(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """End the calling; nobody is taken for safe by it (``rollcall.at_closing``)."""
        drill = conducted(db, drill_id, "roll_closed", staff, now)
        cancel_steps(db, drill, now, AFTER_ALARM)
        _work_on_roster(db, drill, "close", now)
        return audited(db, drill, staff, now)

    def close_roll_by_step(self, db: Connection, drill: Drill, now: datetime) -> Drill:
        """End the calling at its time; the drill is held, and people are under way or called."""
        if drill.state == "alarm":
            drill = moved(db, drill, "mustering", by_itself(drill, "mustering", now))
        closed = moved(db, drill, "roll_closed", by_itself(drill, "roll_closed", now))
        cancel_steps(db, closed, now, AFTER_ALARM)
        _work_on_roster(db, closed, "close", now)
        return closed

    def all_clear(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Let people go home.

        Raises:
            DrillRefused: ``roll_open``; ``people_missing`` while somebody calls for help or is
                missing: each has to be found, or put right by staff.
        """
        drill = hold_drill(db, drill_id)
        if drill.state in {"alarm", "mustering"}:
            raise DrillRefused("roll_open")
        lost = lost_lines(db, drill_id)
        if drill.state == "roll_closed" and lost:
            raise DrillRefused("people_missing", f"（点名册上还有{lost}条）")
        cleared = conducted(db, drill_id, "all_clear", staff, now)
        self._announce(db, cleared, "all_clear", now)
        return audited(db, cleared, staff, now)

    def debrief(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Begin talking over what went well and what did not."""
        return audited(db, conducted(db, drill_id, "debrief", staff, now), staff, now)

    def mark_reported(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """Note that the report has been sealed; part of the write that seals it."""
        return audited(db, conducted(db, drill_id, "reported", staff, now), staff, now)

    def close(self, db: Connection, drill_id: int, staff: Staff, now: datetime) -> Drill:
        """File a drill whose report has been sealed."""
        return audited(db, conducted(db, drill_id, "closed", staff, now), staff, now)

    def postpone(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, to: Postponement
    ) -> Drill:
        """Put a drill off; it is approved and prepared anew, for those checks were for that day.

        Returns:
            The drill, planned for its new time, or ``postponed`` while that is open.

        Raises:
            DrillRefused: ``reason_missing``, ``bad_day`` for a new time that has passed.
        """
        drill = ready(db, drill_id, "postponed")
        require_conductor(db, drill, staff)
        reason = {"reason": kept_reason(to.reason)}
        is_known = was_announced(db, drill_id)
        cancel_steps(db, drill, now)
        clear_ticks(db, drill_id)
        later = moved(db, drill, "postponed", by_staff(drill, "postponed", staff, now), reason)
        if to.starts_at is not None:
            later = _dated(db, later, by_staff(later, "planned", staff, now), to.starts_at)
        if is_known:
            self._announce(db, later, "postponed", now)
        if later.state == "planned":
            # Last, since the one who announces looks at the steps for the time people expect.
            plan_rows(db, later, now)
        return audited(db, later, staff, now)

    def cancel(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, reason: str
    ) -> Drill:
        """Call a drill off before its alarm.

        Raises:
            DrillRefused: ``reason_missing``.
        """
        drill = ready(db, drill_id, "cancelled")
        require_conductor(db, drill, staff)
        kept = {"reason": kept_reason(reason)}
        cancel_steps(db, drill, now)
        ended = moved(db, drill, "cancelled", by_staff(drill, "cancelled", staff, now), kept)
        if was_announced(db, drill_id):
            self._announce(db, ended, "cancelled", now)
        return audited(db, ended, staff, now)

    def abort(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, reason: str = ""
    ) -> Drill:
        """Stop a drill for a real incident, by one tap; everybody is told at once."""
        drill = ready(db, drill_id, "aborted")
        require_anyone_there(db, drill, staff)
        cancel_steps(db, drill, now)
        kept = {"reason": one_line(reason)}
        ended = moved(db, drill, "aborted", by_staff(drill, "aborted", staff, now), kept)
        self._announce(db, ended, "aborted", now)
        return audited(db, ended, staff, now)

    def tell(self, db: Connection, drill: Drill, stage: Announced, now: datetime) -> None:
        """Tell residents of a stage; for the steps of the timeline."""
        self._announce(db, drill, stage, now)

    def _alarmed(self, db: Connection, drill: Drill, event: Event) -> Drill:
        """Give the alarm; everything that was to come before it comes no more."""
        now = event.recorded_at
        alarmed = moved(db, drill, "alarm", event)
        note_alarm_given(db, alarmed, now)
        plan_after_alarm(db, alarmed, now)
        self._announce(db, alarmed, "alarm", now)
        return alarmed


def work_on_roster(db: Connection, drill: Drill, work: RosterWork, now: datetime) -> bool:
    """Draw up the next piece of a drill's list, or close it; False when nothing was left to do."""
    if work == "freeze":
        return freeze(db, drill.id, now) > 0
    return close_lines(db, drill.id, Moment(drill.roll_closed_at or now, now))


def _work_on_roster(db: Connection, drill: Drill, work: RosterWork, now: datetime) -> None:
    """Do the first piece, which is all of a short list; later work does the rest."""
    if work_on_roster(db, drill, work, now):
        schedule(db, ROSTER_JOB, f"{drill.id}:{work}:{drill.version}", now, [drill.id, work])


def _dated(db: Connection, drill: Drill, event: Event, starts_at: datetime) -> Drill:
    """Plan a drill for another time; its approval was for the old one."""
    if starts_at <= event.recorded_at:
        raise DrillRefused("bad_day")
    return moved(db, drill, "planned", event, {"starts_at": starts_at, "approver_id": None})
