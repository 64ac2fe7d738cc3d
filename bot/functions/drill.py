"""演练: what is planned for one's building, and checking in at the assembly point on the day.

Checking in is a word of the moment: 「我已到集合点」 by a button, a scanned code or the six digits
that hang there. Nobody is taken for safe but by their own word or that of somebody beside them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, Function, Visit
from bot.dialogue.session import Flow
from bot.messages import Choice
from community.bindings import bound_buildings
from community.store import resident_of
from drills.announcing import day_and_time
from drills.check_in_store import check_in_household, check_in_self, mark_self, name_room
from drills.code_try_store import check_in_by_code
from drills.drill_store import (
    buildings_of,
    drill_by_code,
    drill_by_digits,
    drill_by_token,
    drills_of_building,
    find_drill,
    live_drill_for_resident,
)
from drills.drills import BEFORE, RUNNING, Drill, DrillRefused, State
from drills.household_lists import room_of_unit
from drills.roll_change_store import CheckIn
from drills.rollcall import MOST_PERSONS, Moment, Source, Status
from drills.scenes import scene_token

KEY, CHECK_IN = "drill", "checkin"
# What residents may know of: a plan that nobody has approved yet is not announced.
_SHOWN: frozenset[State] = (BEFORE | RUNNING) - {"planned"}
_MOST_SHOWN = 3
_WORDS = frozenset({
    "演练", "查演练", "我的演练", "演练通知", "演练时间", "演练安排", "什么时候演练", "几点演练",
    "消防演练", "疏散演练", "drill", "drills", "fire drill",
})  # fmt: skip
_ARRIVED_WORDS = frozenset({
    "我已到集合点", "已到集合点", "到集合点了", "我到集合点了", "演练签到", "集合点签到", "签到",
    "check in", "i am at the assembly point",
})  # fmt: skip
_DIGITS = re.compile(r"(?:签到码|演练码|码)?[:：\s]*([0-9０-９]{6})")
_PERSONS = re.compile(r"\D{0,4}([0-9]{1,2})\s*(?:个?人|口)?")
_SAID: Mapping[str, Status] = {"help": "needs_help", "away": "away", "home": "at_home"}
# Sentences of their own; any other refusal is told as the rules word it.
_REFUSED = frozenset({
    "not_running", "bad_moment", "bad_persons", "not_on_roster", "unknown_drill",
})  # fmt: skip

# Tells the helpers of a drill, in the turn's transaction, that somebody needs help.
CallsHelp = Callable[[Connection, Drill, CheckIn, datetime], Sequence[str]]


@dataclass(frozen=True, slots=True)
class DrillChat:
    """The functions; ``calls_help`` returns the channels in which something was queued."""

    calls_help: CallsHelp

    def functions(self) -> list[Function]:
        """Return them as they are registered."""
        labels = {
            f"drill_{name}": CHECK_IN if name == "arrived" else KEY
            for name in ("arrived", "help", "away", "home")
        }
        return [
            Function(
                KEY, self.open, _WORDS, self.step, menu="mine", labels=labels,
                recognise=self.recognise,
            ),
            Function(CHECK_IN, self._arrived_anywhere, _ARRIVED_WORDS),
        ]  # fmt: skip

    def open(self, visit: Visit, given: str) -> Outcome:
        """Show what is planned, or do what stands behind a drill's code, or a scanned code."""
        first, _, rest = given.partition(SEPARATOR)
        if first == "scan":
            return self._scanned(visit, rest)
        drill = drill_by_code(visit.db, first) if first else None
        if drill is None:
            return self._planned(visit)
        return self._act(visit, drill, rest)

    def recognise(self, visit: Visit) -> Outcome | None:
        """Take the six digits of an assembly point, where somebody may mean them."""
        found = _DIGITS.fullmatch(visit.text.strip())
        if found is None:
            return None
        resident = _resident(visit)
        is_meant = live_drill_for_resident(visit.db, resident, visit.now) or drill_by_digits(
            visit.db, found[1]
        )
        return self._typed_code(visit, resident, found[1]) if is_meant else None

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Read how many have come, or which room they live in."""
        drill = find_drill(visit.db, int(flow.data["drill"]))
        if drill is None:
            return None
        if flow.step == "persons":
            number = _PERSONS.fullmatch(visit.text.strip())
            return self._household(visit, drill, number[1]) if number else None
        return self._room(visit, drill)

    def _planned(self, visit: Visit) -> Outcome:
        resident = _resident(visit)
        live = live_drill_for_resident(visit.db, resident, visit.now)
        if live is not None:
            return self._live(visit, live)
        bound = bound_buildings(visit.db, resident)
        if not bound:
            return visit.say("drill_no_building").offering(
                [visit.choice("drill_bind", "building")]
            ).outcome()  # fmt: skip
        found = {
            one.id: one
            for home in bound
            for one in drills_of_building(visit.db, home.building.id, _SHOWN)
        }
        coming = sorted(found.values(), key=lambda one: one.starts_at)[:_MOST_SHOWN]
        if not coming:
            return visit.say("drill_none").outcome()
        return visit.saying("\n".join(_line(visit, one) for one in coming)).outcome()

    def _live(self, visit: Visit, drill: Drill) -> Outcome:
        choices = [
            visit.choice(f"drill_{name}", f"{KEY}/{drill.code}/{name}")
            for name in ("arrived", "help", "away", "home")
        ]
        said = visit.say("drill_live", title=drill.title, place=drill.assembly_point)
        return said.offering(choices).outcome()

    def _act(self, visit: Visit, drill: Drill, action: str) -> Outcome:
        name, _, rest = action.partition(SEPARATOR)
        if name == "arrived":
            return self._arrived(visit, drill, "button")
        if name == "persons":
            return self._household(visit, drill, rest)
        if name in _SAID:
            return self._marked(visit, drill, name)
        if drill.state in RUNNING:
            return self._live(visit, drill)
        return visit.saying(_line(visit, drill)).outcome()

    def _scanned(self, visit: Visit, scene: str) -> Outcome:
        token = scene_token(scene)
        drill = drill_by_token(visit.db, token) if token else None
        if drill is None:
            return visit.say("drill_code_unknown").outcome()
        return self._arrived(visit, drill, "qr")

    def _arrived_anywhere(self, visit: Visit, given: str) -> Outcome:  # noqa: ARG002 - fits Open
        drill = live_drill_for_resident(visit.db, _resident(visit), visit.now)
        if drill is None:
            return visit.say("drill_none_running").outcome()
        return self._arrived(visit, drill, "button")

    def _arrived(self, visit: Visit, drill: Drill, source: Source) -> Outcome:
        def act() -> CheckIn:
            return check_in_self(visit.db, drill.id, _resident(visit), source, _moment(visit))

        return self._told(visit, drill, act)

    def _typed_code(self, visit: Visit, resident: int, typed: str) -> Outcome:
        drill = drill_by_digits(visit.db, typed)
        try:
            done = check_in_by_code(visit.db, resident, typed, _moment(visit))
        except DrillRefused as refusal:
            return _refused(visit, refusal)
        if not isinstance(done, CheckIn):
            return visit.say(f"drill_{done}").booked().outcome()
        return _welcomed(visit, drill, done) if drill else visit.say("drill_code_unknown").outcome()

    def _household(self, visit: Visit, drill: Drill, typed: str) -> Outcome:
        if not typed.isdecimal() or not 1 <= int(typed) <= MOST_PERSONS:
            waiting = Flow(KEY, "persons", data={"drill": str(drill.id)})
            return visit.say("drill_bad_persons").waiting(waiting).outcome()
        try:
            done = check_in_household(
                visit.db, drill.id, _resident(visit), int(typed), _moment(visit)
            )
        except DrillRefused as refusal:
            return _refused(visit, refusal)
        said = visit.say("drill_counted", persons=typed, place=drill.assembly_point).booked()
        if int(typed) > 1 and not done.line.room and done.kind == "resident":
            room = Flow(KEY, "room", data={"drill": str(drill.id)})
            asked = f"{said.text}\n{visit.words['drill_which_room']}"
            return replace(said, text=asked).waiting(room).outcome()
        return said.outcome()

    def _room(self, visit: Visit, drill: Drill) -> Outcome | None:
        """Note the room, so that a home is counted once; anything else is not for this."""
        homes = {one.id: one.facts.stairs for one in buildings_of(visit.db, drill.id)}
        stairs = next(
            (
                homes[one.building.id]
                for one in bound_buildings(visit.db, _resident(visit))
                if one.building.id in homes
            ),
            None,
        )
        room = room_of_unit(visit.text, stairs)
        if not room:
            return None
        try:
            name_room(visit.db, drill.id, _resident(visit), room, _moment(visit))
        except DrillRefused as refusal:
            return _refused(visit, refusal)
        return visit.say("drill_room_noted").booked().outcome()

    def _marked(self, visit: Visit, drill: Drill, name: str) -> Outcome:
        try:
            done = mark_self(visit.db, drill.id, _resident(visit), _SAID[name], _moment(visit))
        except DrillRefused as refusal:
            return _refused(visit, refusal)
        said = visit.say(f"drill_{name}_noted", place=drill.assembly_point).booked()
        if name == "help":
            for channel in self.calls_help(visit.db, drill, done, visit.now):
                said = said.waking(channel)
            arrived = visit.choice("drill_arrived", f"{KEY}/{drill.code}/arrived")
            return said.offering([arrived]).outcome()
        return said.outcome()

    def _told(self, visit: Visit, drill: Drill, act: Callable[[], CheckIn]) -> Outcome:
        try:
            done = act()
        except DrillRefused as refusal:
            return _refused(visit, refusal)
        return _welcomed(visit, drill, done)


def _welcomed(visit: Visit, drill: Drill, done: CheckIn) -> Outcome:
    """Say that they are counted, and ask once how many of the home have come."""
    name = "drill_late" if done.is_late else "drill_here"
    said = visit.say(name, place=drill.assembly_point).booked()
    if done.kind == "guest" or done.is_repeat:
        return said.outcome()
    keyed = partial("{}/{}/persons/{}".format, KEY, drill.code)
    choices = [
        visit.choice("drill_alone", keyed(1)),
        *(
            Choice(visit.words["drill_persons"].format(persons=n), function=keyed(n))
            for n in (2, 3, 4)
        ),
        visit.choice("drill_help", f"{KEY}/{drill.code}/help"),
    ]
    waiting = Flow(KEY, "persons", data={"drill": str(drill.id)})
    return replace(said, text=f"{said.text}\n{visit.words['drill_how_many']}").offering(
        choices
    ).waiting(waiting).outcome()  # fmt: skip


def _line(visit: Visit, drill: Drill) -> str:
    when = day_and_time(drill.starts_at, visit.now.tzinfo, visit.session.language)
    name = "drill_over" if drill.state not in _SHOWN else "drill_coming"
    return visit.words[name].format(title=drill.title, when=when, place=drill.assembly_point)


def _resident(visit: Visit) -> int:
    return resident_of(visit.db, visit.account_id)


def _moment(visit: Visit) -> Moment:
    return Moment(visit.now, visit.now)


def _refused(visit: Visit, refusal: DrillRefused) -> Outcome:
    if refusal.code in _REFUSED:
        return visit.say(f"drill_{refusal.code}").outcome()
    is_chinese = visit.session.language == "zh"
    return (visit.saying(refusal.words) if is_chinese else visit.say("drill_refused")).outcome()
