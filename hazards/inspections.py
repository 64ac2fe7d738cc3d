"""Guided inspections (三查三清): the questions, who answered what, and what is left to ask.

Values alone. ``inspections.yaml`` holds the questions; the rows stand in
``hazards.inspection_store``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from community.districts import District
from community.placefiles import Part, read_place_file
from community.placevalues import texts
from hazards.categories import load_categories

INSPECTIONS_FILE = Path(__file__).parent / "inspections.yaml"

Verdict = Literal["ok", "hazard", "none"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# As on the buttons.
VERDICT_NAMES: Mapping[Verdict, str] = MappingProxyType(
    {"ok": "没问题", "hazard": "有隐患", "none": "不适用"}
)


class InspectionError(Exception):
    """Something about an inspection cannot be done as asked."""

    permanent = True


class UnknownInspection(InspectionError):
    """There is no such inspection under way of this staff member."""

    def __init__(self, inspection_id: int) -> None:
        self.inspection_id = inspection_id
        super().__init__(f"inspection {inspection_id} is not theirs, or over: begin a new one")


class UnknownQuestion(InspectionError):
    """The list has no such question."""

    def __init__(self, question: str) -> None:
        self.question = question
        super().__init__(f"there is no question {question!r}: choose one of the list")


class AnswerStands(InspectionError):
    """A question led to a case, so its answer stays."""

    def __init__(self, question: str, case_id: int) -> None:
        self.question = question
        self.case_id = case_id
        super().__init__(f"{question} led to case {case_id}: go on with the case")


class QuestionsLeft(InspectionError):
    """An inspection cannot end while questions are open."""

    def __init__(self, questions: Sequence[str]) -> None:
        self.questions = tuple(questions)
        super().__init__(f"{len(questions)} questions are open: answer {questions[0]} next")


@dataclass(frozen=True, slots=True)
class Question:
    """One question, one screen.

    Attributes:
        id: stands in rows.
        part: the name of its part, such as 查用电.
        ask: the question.
        look: where to look, and what counts.
        category: of the case that a hazard leads to.
        sources: numbers of the plan's tasks by district id.
    """

    id: str
    part: str
    ask: str
    look: str
    category: str
    sources: Mapping[str, tuple[str, ...]]

    def cited(self, district: District) -> str:
        """Return the district's plan and the tasks that say so; "" where none does."""
        tasks = self.sources.get(district.id)
        if not tasks or district.plan is None:
            return ""
        return f"{district.plan.cited}任务{'、'.join(tasks)}"


@dataclass(frozen=True)
class Guide:
    """The list of questions, in the order they are asked."""

    version: str
    title: str
    note: str
    questions: tuple[Question, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        """Return question id → question."""
        return MappingProxyType({one.id: one for one in self.questions})

    def require(self, question: str) -> Question:
        """Return a question by its id.

        Raises:
            UnknownQuestion: when there is none.
        """
        if found := self.by_id.get(question):
            return found
        raise UnknownQuestion(question)

    def number(self, question: Question) -> int:
        """Return a question's place in the list, from 1."""
        return self.questions.index(question) + 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; ``case_id`` is the case that a hazard led to."""

    question: str
    verdict: Verdict
    case_id: int | None
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Inspection:
    """One round through a building; under way while ``finished_at`` is None."""

    id: int
    district_id: str
    street_id: int
    building_id: int
    staff_id: int
    guide: str
    started_at: datetime
    finished_at: datetime | None
    answers: tuple[Answer, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it was finished."""
        return self.finished_at is not None

    @property
    def hazards(self) -> tuple[Answer, ...]:
        """The answers that led to cases."""
        return tuple(one for one in self.answers if one.verdict == "hazard")

    def answer_to(self, question: str) -> Answer | None:
        """Return the answer to a question; None while it is open."""
        return next((one for one in self.answers if one.question == question), None)

    def left(self, guide: Guide) -> tuple[Question, ...]:
        """Return the questions of a list that are open, in its order."""
        answered = {one.question for one in self.answers}
        return tuple(one for one in guide.questions if one.id not in answered)


@lru_cache(maxsize=4)
def load_guide(file: Path = INSPECTIONS_FILE) -> Guide:
    """Read the list of questions, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    fields = read_place_file(file).fields(("version", "title", "note", "parts", "questions"))
    parts = {one["id"]: one["name"] for one in map(_named, fields["parts"].items())}
    found: dict[str, Question] = {}
    for item in fields["questions"].items():
        question = _question(item, parts)
        if question.id in found:
            raise item.broken(f"“{question.id}”写了两次", "删掉一个")
        found[question.id] = question
    if not found:
        raise fields["questions"].broken("一个问题也没有", "至少写一问")
    title, note = fields["title"].text(), fields["note"].text()
    return Guide(fields["version"].text(), title, note, tuple(found.values()))


def _named(part: Part) -> dict[str, str]:
    return part.texts(("id", "name"))


def _question(item: Part, parts: Mapping[str, str]) -> Question:
    plain = ("id", "part", "ask", "look", "category")
    fields = item.fields((*plain, "sources"))
    said = {name: fields[name].text() for name in plain}
    if said["part"] not in parts:
        raise fields["part"].broken(f"没有“{said['part']}”这一组", f"只能写：{'、'.join(parts)}")
    if load_categories().get(said["category"]) is None:
        raise fields["category"].broken(f"没有“{said['category']}”这一类隐患", "见categories.yaml")
    sources = dict(_source(one) for one in fields["sources"].items())
    return Question(**{**said, "part": parts[said["part"]]}, sources=MappingProxyType(sources))


def _source(item: Part) -> tuple[str, tuple[str, ...]]:
    fields = item.fields(("district", "tasks"))
    return fields["district"].text(), texts(fields["tasks"])
