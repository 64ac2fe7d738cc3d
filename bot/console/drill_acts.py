"""What is done to a drill from its page: each form once, each refusal beside what it is now.

A form carries a token of its own, so that one sent twice has one effect; what conducting refuses
changes nothing, and the page then shows the drill as it is by then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.console.drill_desk import DrillDesk, drill_at, note, path_of
from bot.console.drill_forms import MOST_TYPED, faults_of, moment_in, plan_of_drill
from bot.console.drill_page import drill_page
from bot.console.drill_words import DONE
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim
from bot.console.shell import Refused, Signed, form_of, number_of, redirect, text_of
from community.staff import Staff
from drills.conducting import Conducting, Postponement
from drills.conducting_rules import require_anyone_there
from drills.drill_store import buildings_of
from drills.drills import Drill, DrillRefused
from drills.planning import BadPlan
from drills.problem_store import add_problem, brought_back, problems_of, solve_problem
from drills.problems import PROBLEM_KINDS, NewProblem, ProblemKind

ALREADY = "这一步刚才已经办好了，没有重复办。"
NO_WAY = "没有这一步。请刷新页面再试。"
OUTDATED = "这一页开得太久。请刷新页面再试。"


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that somebody does to a drill within a write."""

    db: Connection
    desk: DrillDesk
    signed: Signed
    drill: Drill
    form: FormData
    now: datetime

    @property
    def staff(self) -> Staff:
        """Who does it."""
        return self.signed.staff

    @property
    def conducting(self) -> Conducting:
        """What conducts drills."""
        return self.desk.parts.conducting

    def text(self, name: str) -> str:
        """Return what a field holds."""
        return text_of(self.form, name, most=MOST_TYPED)


async def act_on_drill(desk: DrillDesk, signed: Signed) -> Response:
    """Carry out the form of a drill's page, and lead back to it."""
    form = await form_of(signed)
    name, now = text_of(form, "do"), signed.now
    act = _ACTS.get(name)
    if act is None:
        raise Refused(NO_WAY, 400)
    token = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if not token:
        raise Refused(OUTDATED, 400)

    def work(db: Connection) -> tuple[Drill, str]:
        drill = drill_at(db, signed)
        if not claim(db, signed.staff.id, token, now):
            return drill, ALREADY
        act(Doing(db, desk, signed, drill, form, now))
        return drill, DONE[name]

    try:
        drill, said = await signed.write(work)
    except DrillRefused as refusal:
        return await drill_page(desk, signed, 409, refusal.words, _written(form))
    return redirect(signed, path_of(drill), said)


def _written(form: FormData) -> str:
    """Return the longest that somebody wrote, to be copied from the page that refuses it."""
    return max((text_of(form, name, most=MOST_TYPED) for name in ("words", "reason")), key=len)


def _conducted(name: str) -> Callable[[Doing], None]:
    """Return an act of conducting that asks for nothing more."""

    def act(doing: Doing) -> None:
        getattr(doing.conducting, name)(doing.db, doing.drill.id, doing.staff, doing.now)

    return act


def _tick(doing: Doing) -> None:
    check = (doing.text("item"), doing.text("note"))
    doing.conducting.check_item(doing.db, doing.drill.id, doing.staff, doing.now, check)


def _untick(doing: Doing) -> None:
    item = doing.text("item")
    doing.conducting.uncheck_item(doing.db, doing.drill.id, doing.staff, doing.now, item)


def _postpone(doing: Doing) -> None:
    """Put it off; a new time has to be as good as that of a plan."""
    to = Postponement(doing.text("reason"), _new_time(doing))
    if to.starts_at is not None:
        _require_fit(doing, to.starts_at)
    doing.conducting.postpone(doing.db, doing.drill.id, doing.staff, doing.now, to)


def _new_time(doing: Doing) -> datetime | None:
    day, time = doing.text("day"), doing.text("time")
    if not day:
        return None
    found = moment_in(day, time, doing.desk.zone(doing.drill.district_id))
    if found is None:
        raise DrillRefused("bad_day")
    return found


def _require_fit(doing: Doing, starts_at: datetime) -> None:
    plan = plan_of_drill(doing.db, doing.drill, starts_at)
    asker = (doing.staff, doing.now, doing.desk.zone(doing.drill.district_id))
    found = faults_of(doing.db, doing.desk, plan, asker, doing.drill)
    refusals = [one for one in found if one.is_refusal]
    if refusals:
        raise BadPlan(refusals)


def _cancel(doing: Doing) -> None:
    reason = doing.text("reason")
    doing.conducting.cancel(doing.db, doing.drill.id, doing.staff, doing.now, reason)


def _abort(doing: Doing) -> None:
    reason = doing.text("reason")
    doing.conducting.abort(doing.db, doing.drill.id, doing.staff, doing.now, reason)


def _note_problem(doing: Doing) -> None:
    """Note a problem; by whoever may act for one of the buildings."""
    require_anyone_there(doing.db, doing.drill, doing.staff)
    building_id = number_of(doing.form, "building")
    if building_id is not None and building_id not in _building_ids(doing):
        raise DrillRefused("unknown_problem")
    typed = doing.text("kind")
    kind: ProblemKind = next((one for one in PROBLEM_KINDS if one == typed), "other")
    new = NewProblem(
        doing.drill.id, kind, doing.text("words"), doing.text("owner"),
        _day(doing.text("due_on")), building_id,
    )  # fmt: skip
    today = doing.now.astimezone(doing.desk.zone(doing.drill.district_id)).date()
    added = add_problem(doing.db, new, doing.staff.id, today, doing.now)
    note(doing.db, doing.signed, "drill.problem_noted", doing.drill, problem=added.id)


def _solve(doing: Doing) -> None:
    """Note that a problem of this drill, or one brought back to it, is solved."""
    require_anyone_there(doing.db, doing.drill, doing.staff)
    wanted = number_of(doing.form, "problem")
    known = [*problems_of(doing.db, doing.drill.id), *brought_back(doing.db, doing.drill.id)]
    if wanted is None or wanted not in {one.id for one in known}:
        raise DrillRefused("unknown_problem")
    solve_problem(doing.db, wanted, doing.staff.id, doing.text("words"), doing.now)
    note(doing.db, doing.signed, "drill.problem_solved", doing.drill, problem=wanted)


def _building_ids(doing: Doing) -> set[int]:
    return {one.id for one in buildings_of(doing.db, doing.drill.id)}


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise DrillRefused("bad_day") from None


_PLAIN = (
    "approve", "announce", "stand_by", "sound_alarm", "muster", "close_roll", "all_clear",
    "debrief", "close",
)  # fmt: skip
_ACTS: Mapping[str, Callable[[Doing], None]] = MappingProxyType(
    {
        **{name: _conducted(name) for name in _PLAIN},
        "tick": _tick,
        "untick": _untick,
        "postpone": _postpone,
        "cancel": _cancel,
        "abort": _abort,
        "problem": _note_problem,
        "solve": _solve,
    }
)
