"""What reporters are told and asked, and what they answered: each moment once for each round."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, update

from hazards.store import hazard_notice, hazard_photo, hazard_report
from storage import insert_if_absent

_notice = hazard_notice.c
_report = hazard_report.c

Answer = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Reporter:
    """A report of which a moment is due; ``is_told`` when its sender wants to be told."""

    report_id: int
    is_told: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a reporter was asked; ``answer`` is empty until they answer."""

    report_id: int
    case_id: int
    moment: str
    round: int
    answer: str


def reports_after(db: Connection, case_id: int, after: int, most: int) -> list[Reporter]:
    """Return the next reports of a case by id, withdrawn ones left out."""
    rows = db.execute(
        select(_report.id, _report.wants_notices, _report.reporter_id)
        .where(_report.case_id == case_id, _report.id > after, _report.standing != "withdrawn")
        .order_by(_report.id)
        .limit(most)
    )
    return [Reporter(id_, wants and reporter is not None) for id_, wants, reporter in rows]


def note_told(db: Connection, report_id: int, moment: str, round_: int, now: datetime) -> bool:
    """Note that a moment has come for a report; False when it was noted before."""
    row = {"report_id": report_id, "moment": moment, "round": round_, "told_at": now, "answer": ""}
    return insert_if_absent(db, hazard_notice, row, keys=["report_id", "moment", "round"])


def latest_question(db: Connection, report_id: int, moment: str) -> Question | None:
    """Return what a reporter was last asked at a moment, with the case it is about now."""
    row = db.execute(
        select(_report.id, _report.case_id, _notice.moment, _notice.round, _notice.answer)
        .join(hazard_report, _report.id == _notice.report_id)
        .where(_notice.report_id == report_id, _notice.moment == moment)
        .order_by(_notice.round.desc())
        .limit(1)
    ).one_or_none()
    return Question(*row) if row and row.case_id is not None else None


def note_answer(db: Connection, question: Question, answer: Answer, now: datetime) -> bool:
    """Note an answer; a yes may become a no, a no stands. False when nothing changed."""
    noted = db.execute(
        update(hazard_notice)
        .where(
            _notice.report_id == question.report_id,
            _notice.moment == question.moment,
            _notice.round == question.round,
            _notice.answer.not_in(["no", answer]),
        )
        .values(answer=answer, answered_at=now)
    )
    return noted.rowcount == 1


def own_photos(db: Connection, report_id: int, photo_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return those of ``photo_ids`` that came with this report and were not refused."""
    rows = db.scalars(
        select(hazard_photo.c.id)
        .where(
            hazard_photo.c.id.in_(photo_ids),
            hazard_photo.c.report_id == report_id,
            hazard_photo.c.refused == "",
        )
        .order_by(hazard_photo.c.id)
    )
    return tuple(rows)
