"""Pages that only tests have: what a page module of the console looks like, and what it may do."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    number_of,
    page,
    redirect,
    render,
    text_of,
)
from community.staff import Staff
from storage import DatabaseBusy

PATH = "/console/trial"
MOST_PHOTO_BYTES = 1024 * 1024


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return tasks of every kind."""
    return [
        Task("等着看的", 3, PATH),
        Task("没有的", 0, PATH),
        Task("超期的", 2, PATH, is_urgent=True),
    ]


SECTION = Section("试验", PATH, ("supervisor",), waiting, {"trial.done": "试过了"})


def routes() -> list[Route]:
    """Return one page for each thing a page may do."""
    return [
        page(PATH, show, "supervisor"),
        page(f"{PATH}/done", take, "supervisor", methods=("POST",)),
        page(f"{PATH}/photo", take_photo, methods=("POST",), most_bytes=MOST_PHOTO_BYTES),
        page(f"{PATH}/json", take_json, methods=("POST",)),
        page(f"{PATH}/refused", refuse),
        page(f"{PATH}/broken", break_down),
        page(f"{PATH}/busy", be_busy),
        page(f"{PATH}/own-headers", own_headers),
    ]


async def show(signed: Signed) -> Response:
    return render(signed, "errors/page.html", heading="试验页", words=f"我是{signed.actor}")


async def take(signed: Signed) -> Response:
    form = await form_of(signed)
    text, number = text_of(form, "text", most=20), number_of(form, "number")
    return redirect(signed, PATH, f"收到“{text}”，{number}号")


async def take_photo(signed: Signed) -> Response:
    photo = (await form_of(signed))["photo"]
    assert isinstance(photo, UploadFile)
    return PlainTextResponse(str(len(await photo.read())))


async def take_json(signed: Signed) -> Response:
    return PlainTextResponse(str(len(await signed.request.json())))


async def refuse(signed: Signed) -> Response:
    raise Refused("刚有人办过这一步，页面已更新。", 409)


async def break_down(signed: Signed) -> Response:
    raise KeyError("a secret word")


async def be_busy(signed: Signed) -> Response:
    raise DatabaseBusy("sqlite:///x", "busy")


async def own_headers(signed: Signed) -> Response:
    return PlainTextResponse("", headers={"Cache-Control": "max-age=9"})
