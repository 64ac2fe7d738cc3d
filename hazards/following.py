"""Following a case up: the jobs of its deadline, and 「真的整改好了吗」 with its answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from hazards.case_rules import Moment, Rules
from hazards.case_write_store import held_case
from hazards.cases import REPORTER, SYSTEM, Act, Case
from hazards.casework import move
from hazards.moments import MOMENT_JOB, Due, tell_reporters, tell_reward
from hazards.notice_store import latest_question, note_answer, own_photos
from hazards.steps import MONTH_JOB, STEP_JOB, StepPlace, run_step
from hazards.timeline import Event, record
from hazards.transitions import ANSWERABLE
from storage import Jobs, Run

__all__ = [
    "Answered",
    "FollowJobs",
    "Reply",
    "answer",
    "ask_after_a_month",
    "run_step",
    "tell_reward",
]

_NOT_FIXED = "上报人反映没有整改好"

# What an answer came to: noted; a photo is wanted first; the case is open again; nobody asked.
Outcome = Literal["noted", "photo_wanted", "reopened", "not_asked"]


class Answered(NamedTuple):
    """What an answer came to, and the case it is about; None when nobody asked."""

    outcome: Outcome
    case: Case | None


class Reply(NamedTuple):
    """A reporter's answer to whether it is really fixed, at one of the two moments."""

    report_id: int
    moment: Literal["fixed", "month"]
    is_fixed: bool
    photo_ids: tuple[int, ...] = ()


def answer(db: Connection, reply: Reply, rules: Rules, now: datetime) -> Answered:
    """Take a reporter's answer: a no with a photo reopens the case.

    It then goes to the lead who supervises, never back to whoever handled it. A second no, and
    one to a case that was opened anew meanwhile, is noted with its photo.

    Args:
        db: inside a write.
        reply: of whom, to what, with photos that came with that report.
        rules: of the district.
        now: when.
    """
    question = latest_question(db, reply.report_id, reply.moment)
    if question is None:
        return Answered("not_asked", None)
    case = held_case(db, question.case_id)
    photos = own_photos(db, reply.report_id, reply.photo_ids)
    if not reply.is_fixed and not photos:
        return Answered("photo_wanted", case)
    if not note_answer(db, question, "yes" if reply.is_fixed else "no", now):
        return Answered("noted", case)
    word = "是" if reply.is_fixed else "没有整改好"
    event = Event("answered", REPORTER, reason=word, photo_ids=photos, action=reply.moment)
    record(db, case, event, rules, now)
    if reply.is_fixed or case.state not in ANSWERABLE:
        return Answered("noted", case)
    act = Act(REPORTER, case.version, _NOT_FIXED, photos)
    return Answered("reopened", move(db, case.id, "reopen", act, rules, now))


def ask_after_a_month(
    db: Connection, case_id: int, round_: int, rules: Rules, now: datetime
) -> bool:
    """Ask the reporters of a closed case once more; False when it was opened again."""
    case = held_case(db, case_id)
    if case.state != "closed" or case.round != round_:
        return False
    record(db, case, Event("asked", SYSTEM, action="month"), rules, now)
    tell_reporters(db, case, Due("month"), rules, now)
    return True


@dataclass(frozen=True, slots=True)
class FollowJobs:
    """The jobs that carry deadlines, the question after a month, and many reporters.

    Each takes the case before its own row of later work, as moving a case does, so that the two
    never wait for each other in a ring.
    """

    rules: Rules

    def register(self, jobs: Jobs) -> None:
        """Give the jobs their names."""
        jobs.job(STEP_JOB)(self.step)
        jobs.job(MONTH_JOB, lane="bulk")(self.month)
        jobs.job(MOMENT_JOB, lane="bulk")(self.moment)

    def step(self, run: Run, case_id: int, round_: int, number: int) -> None:
        """Take one step of a deadline."""

        def work(db: Connection) -> None:
            held_case(db, case_id)
            if run.finish(db):
                run_step(db, StepPlace(case_id, round_, number), self.rules, run.now)

        run.database.write(work)

    def month(self, run: Run, case_id: int, round_: int) -> None:
        """Ask the reporters of a closed case once more."""

        def work(db: Connection) -> None:
            held_case(db, case_id)
            if run.finish(db):
                ask_after_a_month(db, case_id, round_, self.rules, run.now)

        run.database.write(work)

    def moment(self, run: Run, case_id: int, moment: Moment, reason: str, after: int) -> None:
        """Tell the next reporters of a case that has very many."""

        def work(db: Connection) -> None:
            case = held_case(db, case_id)
            if run.finish(db):
                tell_reporters(db, case, Due(moment, reason, after), self.rules, run.now)

        run.database.write(work)
