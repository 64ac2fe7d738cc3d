"""The checklist of one drill (演练前准备): ticking it off, and what is still to be seen to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from community.staff import Staff
from drills.checklist import Checklist, Item
from drills.conduct_store import Tick, hold_drill, put_tick, remove_tick, ticks_of
from drills.conducting_rules import require_conductor
from drills.drill_store import append_event
from drills.drills import BEFORE, STATE_NAMES, Drill, DrillRefused, State, staff_event
from drills.lines import one_line
from drills.problem_store import brought_back
from drills.problems import Problem

# Once residents have been told, nothing that this waited for is taken back: the drill is put off.
_UNTICKABLE: frozenset[State] = frozenset({"planned", "approved"})


@dataclass(frozen=True, slots=True)
class ChecklistView:
    """A drill's checklist as it stands.

    Attributes:
        items: what is asked for its kind of drill, in order.
        ticks: what has been seen to, by item.
        missing: what it cannot be announced without.
        problems: found at earlier drills of its buildings and not solved yet.
    """

    items: tuple[Item, ...]
    ticks: Mapping[str, Tick]
    missing: tuple[Item, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Checking:
    """Ticks items off. Each act raises ``DrillRefused`` and then changes nothing."""

    checklist: Checklist

    def view(self, db: Connection, drill: Drill) -> ChecklistView:
        """Return the checklist of a drill."""
        ticks = ticks_of(db, drill.id)
        return ChecklistView(
            items=self.checklist.items_for(drill.kind),
            ticks=ticks,
            missing=self.checklist.missing(drill.kind, ticks),
            problems=tuple(brought_back(db, drill.id)),
        )

    def require_done(self, db: Connection, drill: Drill) -> None:
        """Pass over a drill that everything it waits for has been seen to.

        Raises:
            DrillRefused: ``checks_missing``, naming what has not.
        """
        missing = self.checklist.missing(drill.kind, ticks_of(db, drill.id))
        if missing:
            raise DrillRefused(
                "checks_missing", f"还差：{'、'.join(one.name for one in missing)}。"
            )

    def tick(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, check: tuple[str, str]
    ) -> Drill:
        """Note that an item, with a word on how, has been seen to; the latest word stands.

        Raises:
            DrillRefused: ``unknown_drill``, ``not_allowed``, ``unknown_check``, or
                ``illegal_move`` once the alarm was given.
        """
        item, note = check
        drill = self._held(db, drill_id, staff, BEFORE)
        self.checklist.require(item)
        words = one_line(note)
        put_tick(db, drill_id, Tick(item, staff.id, words, now))
        append_event(db, drill_id, staff_event("checked", staff.id, now, item=item))
        return drill

    def untick(
        self, db: Connection, drill_id: int, staff: Staff, now: datetime, item: str
    ) -> Drill:
        """Take a tick back, if there is one.

        Raises:
            DrillRefused: as ``tick``; ``illegal_move`` once residents have been told.
        """
        drill = self._held(db, drill_id, staff, _UNTICKABLE)
        self.checklist.require(item)
        if remove_tick(db, drill_id, item):
            append_event(db, drill_id, staff_event("unchecked", staff.id, now, item=item))
        return drill

    def _held(self, db: Connection, drill_id: int, staff: Staff, states: frozenset[State]) -> Drill:
        drill = hold_drill(db, drill_id)
        require_conductor(db, drill, staff)
        if drill.state not in states:
            raise DrillRefused("illegal_move", f"（现在：{STATE_NAMES[drill.state]}）")
        return drill
