"""三查三清: a round through a building, one question a screen, kept after each answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_problems import problem_words
from bot.console.case_words import spaced
from bot.console.field_desk import (
    INSPECTORS,
    PATH,
    VIEWERS,
    FieldDesk,
    ground_in,
    inspecting_area,
    inspector_at,
    seen_ground,
    viewing_area,
)
from bot.console.field_forms import (
    MOST_HAZARD_BYTES,
    MOST_WORDS,
    NO_PHOTO,
    OUTDATED,
    kept,
    new_form,
    operation_in,
    uploads,
)
from bot.console.people_store import staff_names
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from hazards.cases import CaseError
from hazards.drafts import MOST_FLOOR_CHARACTERS
from hazards.inspecting import Given, Seen
from hazards.inspection_store import (
    Ground,
    codes_of,
    find_inspection,
    grounds,
    inspections_of,
)
from hazards.inspections import (
    VERDICT_NAMES,
    VERDICTS,
    AnswerStands,
    Inspection,
    InspectionError,
    Question,
    QuestionsLeft,
    UnknownInspection,
    Verdict,
)

INSPECTIONS = f"{PATH}/inspections"
ONE = f"{INSPECTIONS}/{{id:int}}"

GONE = "这次巡查不在了，或者已经做完。请从“外出巡查”重新打开。"
STANDS = "这一问已经开了案件，改不了。请到案件页继续办。"
LEFT = "还有没答的，做完再交。"
OPENED = "记下了，已开案件{code}，转给负责的单位。"
FINISHED = "巡查做完了，谢谢。"


@dataclass(frozen=True, slots=True)
class Round:
    """An inspection as a page shows it.

    Attributes:
        inspection: with its answers.
        ground: the building.
        codes: of the cases it led to, by their ids.
        who: the name of whoever did it.
    """

    inspection: Inspection
    ground: Ground
    codes: dict[int, str]
    who: str


def routes(desk: FieldDesk) -> list[Route]:
    """Return the routes of inspections."""
    return [
        page(INSPECTIONS, partial(choose_building, desk), *VIEWERS),
        page(INSPECTIONS, partial(begin, desk), *INSPECTORS, methods=("POST",)),
        page(ONE, partial(show_inspection, desk), *VIEWERS),
        page(
            f"{ONE}/answers",
            partial(answer, desk),
            *INSPECTORS,
            methods=("POST",),
            most_bytes=MOST_HAZARD_BYTES,
        ),
        page(f"{ONE}/finish", partial(finish, desk), *INSPECTORS, methods=("POST",)),
        page(f"{PATH}/buildings/{{code}}", partial(show_building, desk), *VIEWERS),
    ]


async def choose_building(desk: FieldDesk, signed: Signed) -> Response:  # noqa: ARG001 - as its neighbours
    """Show the buildings, those longest without an inspection first."""
    area = viewing_area(signed.staff)
    found = await signed.read(lambda db: grounds(db, area))
    may_begin = inspecting_area(signed.staff)
    rows = [
        (one, may_begin.holds(one.building.district_id, one.street_id), new_form()) for one in found
    ]
    return render(signed, "field/choose.html", rows=rows)


async def begin(desk: FieldDesk, signed: Signed) -> Response:
    """Begin an inspection, or go on with the one under way there."""
    form = await form_of(signed)
    code, operation = text_of(form, "building", most=40), operation_in(form)
    area, now = inspecting_area(signed.staff), signed.now

    def work(db: Connection) -> int:
        ground = ground_in(db, area, code)
        return desk.inspecting.begin(db, ground, operation, signed.staff.id, now)

    return redirect(signed, f"{INSPECTIONS}/{await signed.write(work)}")


async def show_inspection(desk: FieldDesk, signed: Signed) -> Response:
    """Show the next question, the one that ``?question=`` names, or what was found."""
    seen = await signed.read(lambda db: _round(db, signed))
    one = seen.inspection
    if one.is_over or one.staff_id != signed.staff.id:
        return _show_result(desk, signed, seen)
    left = one.left(desk.guide)
    asked = signed.request.query_params.get("question", "")
    question = desk.guide.by_id.get(asked) or (left[0] if left else None)
    if question is None:
        return _show_result(desk, signed, seen)
    return _show_question(desk, signed, seen, question)


async def answer(desk: FieldDesk, signed: Signed) -> Response:
    """Keep an answer; a hazard with its photos opens a case."""
    form = await form_of(signed)
    question, verdict = text_of(form, "question", most=40), _verdict(text_of(form, "verdict"))
    path = _path(signed)
    seen = None
    if verdict == "hazard":
        photos = uploads(form, "photos")
        if not photos:
            raise Refused(NO_PHOTO)
        pictures = [await kept(desk.photos, one) for one in photos]
        floor = text_of(form, "floor", most=MOST_FLOOR_CHARACTERS)
        seen = Seen(floor, text_of(form, "told", most=MOST_WORDS), pictures)
    given, now = Given(_id(signed), question, verdict, seen), signed.now

    def work(db: Connection) -> str:
        ground = _round(db, signed).ground
        kept_answer = desk.inspecting.answer(db, given, inspector_at(signed.staff, ground), now)
        found = find_inspection(db, given.inspection_id)
        codes = codes_of(db, found) if found else {}
        return codes.get(kept_answer.case_id or 0, "")

    code = await _done(signed, work)
    return redirect(signed, path, OPENED.format(code=spaced(code)) if code else "")


async def finish(desk: FieldDesk, signed: Signed) -> Response:
    """End an inspection."""
    now = signed.now

    def work(db: Connection) -> str:
        ground = _round(db, signed).ground
        desk.inspecting.finish(db, _id(signed), inspector_at(signed.staff, ground), now)
        return ""

    await _done(signed, work)
    return redirect(signed, _path(signed), FINISHED)


async def show_building(desk: FieldDesk, signed: Signed) -> Response:  # noqa: ARG001 - as its neighbours
    """Show a building's inspections, the latest first."""
    area = viewing_area(signed.staff)
    code = signed.request.path_params["code"]

    def read(db: Connection) -> tuple[Ground, list[Inspection], dict[int, str]]:
        ground = ground_in(db, area, code)
        found = inspections_of(db, ground.building.id)
        return ground, found, staff_names(db, [one.staff_id for one in found])

    ground, found, names = await signed.read(read)
    may_begin = inspecting_area(signed.staff).holds(ground.building.district_id, ground.street_id)
    return render(
        signed,
        "field/building.html",
        ground=ground,
        inspections=found,
        names=names,
        may_begin=may_begin,
        operation=new_form(),
    )


def _show_question(desk: FieldDesk, signed: Signed, seen: Round, question: Question) -> Response:
    district = desk.intake.districts[seen.inspection.district_id]
    is_hazard = "hazard" in signed.request.query_params
    number = desk.guide.number(question)
    return render(
        signed,
        "field/hazard.html" if is_hazard else "field/question.html",
        seen=seen,
        question=question,
        number=number,
        count=len(desk.guide.questions),
        before=desk.guide.questions[number - 2] if number > 1 else None,
        category=desk.intake.categories.require(question.category),
        given=seen.inspection.answer_to(question.id),
        names=VERDICT_NAMES,
        cited=question.cited(district),
        note=desk.guide.note,
        path=_path(signed),
    )


def _show_result(desk: FieldDesk, signed: Signed, seen: Round) -> Response:
    one = seen.inspection
    rows = [(question, one.answer_to(question.id)) for question in desk.guide.questions]
    return render(
        signed,
        "field/result.html",
        seen=seen,
        rows=rows,
        left=one.left(desk.guide),
        names=VERDICT_NAMES,
        title=desk.guide.title,
        spaced=spaced,
        is_own=one.staff_id == signed.staff.id,
        path=_path(signed),
    )


def _round(db: Connection, signed: Signed) -> Round:
    """Return an inspection within the area.

    Raises:
        Refused: as if there were none, when it lies outside.
    """
    found = find_inspection(db, _id(signed))
    if found is None:
        raise Refused(GONE, 404)
    ground = seen_ground(db, signed, found.building_id)
    who = staff_names(db, [found.staff_id]).get(found.staff_id, "")
    return Round(found, ground, codes_of(db, found), who)


async def _done(signed: Signed, work: Callable[[Connection], str]) -> str:
    try:
        return await signed.write(work)
    except InspectionError as error:
        words = next((said for kind, said in _WORDS if isinstance(error, kind)), OUTDATED)
        raise Refused(words, 409) from None
    except CaseError as error:
        raise Refused(problem_words(error)) from None


def _verdict(text: str) -> Verdict:
    found = next((one for one in VERDICTS if one == text), None)
    if found is None:
        raise Refused(OUTDATED, 400)
    return found


def _id(signed: Signed) -> int:
    inspection_id: int = signed.request.path_params["id"]
    return inspection_id


def _path(signed: Signed) -> str:
    return f"{INSPECTIONS}/{_id(signed)}"


_WORDS: tuple[tuple[type[InspectionError], str], ...] = (
    (UnknownInspection, GONE),
    (AnswerStands, STANDS),
    (QuestionsLeft, LEFT),
)
