"""Doing an inspection: begun, answered question by question, finished.

Each function is part of a write. A hazard opens its case in the transaction of its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from community import audit
from hazards.cases import Actor, Case
from hazards.drafts import Where
from hazards.inspection_store import (
    Ground,
    NewInspection,
    begin,
    finish,
    held_inspection,
    keep_answer,
)
from hazards.inspections import (
    Answer,
    AnswerStands,
    Guide,
    Inspection,
    QuestionsLeft,
    UnknownInspection,
    Verdict,
)
from hazards.photos import KeptPhoto
from hazards.spot import Found, OnSpot


@dataclass(frozen=True, slots=True)
class Seen:
    """A hazard as whoever inspects describes it."""

    floor: str
    words: str
    photos: Sequence[KeptPhoto]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is given; with what was ``seen``, a hazard opens its case."""

    inspection_id: int
    question: str
    verdict: Verdict
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Inspecting:
    """Inspections by one list of questions.

    Attributes:
        spot: takes hazards in.
        guide: the list.
    """

    spot: OnSpot
    guide: Guide

    def begin(
        self, db: Connection, ground: Ground, operation: str, staff_id: int, now: datetime
    ) -> int:
        """Begin an inspection of a building, or go on with theirs; return its id."""
        one = ground.building
        new = NewInspection(
            operation, one.district_id, ground.street_id, one.id, staff_id, self.guide.version
        )
        return begin(db, new, now)

    def answer(self, db: Connection, given: Given, actor: Actor, now: datetime) -> Answer:
        """Note the answer to a question; that there is a hazard opens its case.

        Raises:
            UnknownInspection: when it is over or not theirs.
            UnknownQuestion: when the list has none of this name.
            AnswerStands: when the question led to a case already.
            ValueError: for a hazard without what was seen.
            NotAllowed, IntakeError: as ``OnSpot.report``.
        """
        question = self.guide.require(given.question)
        held = self._held(db, given.inspection_id, actor)
        before = held.answer_to(question.id)
        if before is not None and before.case_id is not None:
            raise AnswerStands(question.id, before.case_id)
        case_id = None
        if given.verdict == "hazard":
            case = self._reported(db, held, given, actor, now)
            case_id = case.id
        answer = Answer(question.id, given.verdict, case_id, now)
        keep_answer(db, held.id, answer)
        return answer

    def finish(self, db: Connection, inspection_id: int, actor: Actor, now: datetime) -> None:
        """End an inspection; from then on it is the building's last one.

        Raises:
            UnknownInspection: when it is over or not theirs.
            QuestionsLeft: while questions are open.
        """
        held = self._held(db, inspection_id, actor)
        if left := held.left(self.guide):
            raise QuestionsLeft([one.id for one in left])
        if not finish(db, inspection_id, held.staff_id, now):
            raise UnknownInspection(inspection_id)
        audit.note(
            db,
            actor=actor.audited,
            action="inspection.finished",
            subject=f"inspection:{inspection_id}",
            detail={"building": held.building_id, "hazards": len(held.hazards)},
            now=now,
            district_id=held.district_id,
        )

    def _held(self, db: Connection, inspection_id: int, actor: Actor) -> Inspection:
        held = held_inspection(db, inspection_id, actor.staff_id or 0)
        if held is None:
            raise UnknownInspection(inspection_id)
        return held

    def _reported(
        self, db: Connection, held: Inspection, given: Given, actor: Actor, now: datetime
    ) -> Case:
        seen, question = given.seen, self.guide.require(given.question)
        if seen is None:
            raise ValueError("a hazard needs what was seen")
        found = Found(
            operation=f"inspection:{held.id}:{question.id}",
            district_id=held.district_id,
            category=question.category,
            where=Where(building_id=held.building_id, floor=seen.floor),
            said=seen.words or question.ask,
        )
        noted = (actor, f"{self.guide.title}发现：{question.ask}")
        return self.spot.report(db, found, seen.photos, noted, now)
