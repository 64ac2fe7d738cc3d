"""Ready answers (常用回复): read by everybody who answers, written by those who lead."""

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.inbox_desk import LEADERS, PATH, ROLES, area_of
from bot.console.shell import (
    Refused,
    Signed,
    form_of,
    number_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from bot.desk_answers_store import (
    MOST_ANSWERS,
    MOST_TITLE_CHARACTERS,
    ReadyAnswer,
    TooManyAnswers,
    answers_of,
    drop_answer,
    keep_answer,
)
from community.staff import Staff

ANSWERS = f"{PATH}/answers"
MOST_TEXT_CHARACTERS = 1000
NO_DISTRICT = "请选你负责的区县。只负责一个镇街的，常用回复由区里写。"
INCOMPLETE = "名称和内容都要写。"
GONE = "这条常用回复刚被删掉，没有存。"
TOO_MANY = f"一个区县最多{MOST_ANSWERS}条，请先删掉不用的。"
KEPT, DROPPED = "存好了。", "删掉了。"


def routes() -> list[Route]:
    """Return the routes of ready answers."""
    return [
        page(ANSWERS, show_answers, *ROLES),
        page(f"{ANSWERS}/keep", keep, *LEADERS, methods=("POST",)),
        page(f"{ANSWERS}/drop", drop, *LEADERS, methods=("POST",)),
    ]


async def show_answers(signed: Signed) -> Response:
    """Show the ready answers of every district this person works in."""
    own = _read_in(signed.staff)
    districts = [one for one in shell_of(signed.request).districts if one in own]

    def read(db: Connection) -> dict[str, list[ReadyAnswer]]:
        return {one: answers_of(db, one) for one in districts}

    writable = signed.staff.area(*LEADERS).districts
    return render(
        signed,
        "inbox/answers.html",
        answers=await signed.read(read),
        writable=writable,
        most_title=MOST_TITLE_CHARACTERS,
        most_text=MOST_TEXT_CHARACTERS,
    )


async def keep(signed: Signed) -> Response:
    """Add a ready answer, or change one."""
    form = await form_of(signed)
    answer = ReadyAnswer(
        number_of(form, "id") or 0,
        text_of(form, "district"),
        text_of(form, "title", most=MOST_TITLE_CHARACTERS),
        text_of(form, "text", most=MOST_TEXT_CHARACTERS),
    )
    if answer.district_id not in signed.staff.area(*LEADERS).districts:
        raise Refused(NO_DISTRICT, 403)
    if not (answer.title and answer.text):
        raise Refused(INCOMPLETE)
    now = signed.now
    try:
        is_kept = await signed.write(lambda db: keep_answer(db, answer, signed.staff.id, now))
    except TooManyAnswers:
        raise Refused(TOO_MANY) from None
    return redirect(signed, ANSWERS, KEPT if is_kept else GONE)


async def drop(signed: Signed) -> Response:
    """Delete a ready answer."""
    answer_id = number_of(await form_of(signed), "id") or 0
    area = signed.staff.area(*LEADERS)
    is_gone = await signed.write(lambda db: drop_answer(db, area, answer_id))
    return redirect(signed, ANSWERS, DROPPED if is_gone else GONE)


def _read_in(staff: Staff) -> frozenset[str]:
    """Return the districts in which somebody answers residents, if only in one street."""
    is_any = not area_of(staff).is_empty
    return staff.districts if is_any else frozenset()
