"""Handover notes (交接班): what is open is counted by the service, the rest in free words."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.inbox_desk import PATH, ROLES, InboxDesk, area_of, place_words, places_in
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.posts import Places, read_places
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, shell_of, text_of
from bot.desk_handover_store import (
    MOST_PERSON_CHARACTERS,
    Handover,
    Item,
    add_handover,
    handover_at,
    handovers,
    last_ended,
)
from bot.desk_inbox_store import Listed, Wanted, threads
from bot.desk_rules import Place
from bot.papers.child import ChildError
from bot.papers.handover import Count, HandoverNote, OpenItem, handover_paper
from community.audit import note
from community.staff import Area

HANDOVER = f"{PATH}/handover"
MOST_NOTE_CHARACTERS = 2000
SHIFT = timedelta(hours=8)
NO_PLACE = "没有这个地方，请从列表里选。"
NO_NOTE = "没有这份记录，或者不在你的范围里。"
NOT_SET = "这份记录没有排出来，请再试；还不行就告诉管理员。"
KEPT, REPEATED = "交接班记录存好了。", "这份已经存过，没有再存。"


def routes(desk: InboxDesk) -> list[Route]:
    """Return the routes of handover notes."""
    return [
        page(HANDOVER, show_handovers, *ROLES),
        page(f"{HANDOVER}/write", write, *ROLES, methods=("POST",)),
        page(f"{HANDOVER}/{{id:int}}.pdf", partial(print_note, desk), *ROLES),
    ]


async def show_handovers(signed: Signed) -> Response:
    """Show the form and the notes of the shifts before."""
    area = area_of(signed.staff)
    districts = shell_of(signed.request).districts

    def read(db: Connection) -> tuple[list[Handover], Places]:
        return handovers(db, area), read_places(db, districts)

    found, places = await signed.read(read)
    return render(
        signed,
        "inbox/handover.html",
        notes=[(one, place_words(one.place, places)) for one in found],
        places=[
            (value, place_words(one, places)) for value, one in places_in(area, places).items()
        ],
        operation=new_operation(),
        most=MOST_NOTE_CHARACTERS,
        most_person=MOST_PERSON_CHARACTERS,
    )


async def write(signed: Signed) -> Response:
    """Keep a note with what is open at this moment; a form sent twice makes one."""
    form = await form_of(signed)
    typed = text_of(form, "place")
    to_person = text_of(form, "to_person", most=MOST_PERSON_CHARACTERS)
    words = text_of(form, "notes", most=MOST_NOTE_CHARACTERS)
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    now = signed.now

    def work(db: Connection) -> bool:
        place = _place(db, signed, typed)
        if not claim(db, signed.staff.id, operation, now):
            return False
        note_ = replace(_counted(db, signed, place, now), to_person=to_person, notes=words)
        _note(db, signed, add_handover(db, note_), place, now)
        return True

    return redirect(signed, HANDOVER, KEPT if await signed.write(work) else REPEATED)


async def print_note(desk: InboxDesk, signed: Signed) -> Response:
    """Answer with a note as PDF."""
    note_id: int = signed.request.path_params["id"]
    districts = shell_of(signed.request).districts

    def read(db: Connection) -> tuple[Handover | None, Places]:
        return handover_at(db, area_of(signed.staff), note_id), read_places(db, districts)

    found, places = await signed.read(read)
    if found is None:
        raise Refused(NO_NOTE, 404)
    district = places.districts.get(found.place.district_id)
    zone = ZoneInfo(district.timezone) if district else shell_of(signed.request).zone
    paper = handover_paper(_paper_note(found, place_words(found.place, places)), zone)
    try:
        pdf = await run_in_threadpool(desk.typesetter.pdf, paper)
    except ChildError:
        raise Refused(NOT_SET, 500) from None
    headers = {"Content-Disposition": f'inline; filename="handover-{found.id}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _place(db: Connection, signed: Signed, typed: str) -> Place:
    places = read_places(db, shell_of(signed.request).districts)
    found = places_in(area_of(signed.staff), places).get(typed)
    if found is None:
        raise Refused(NO_PLACE)
    return found


def _counted(db: Connection, signed: Signed, place: Place, now: datetime) -> Handover:
    """Return a note of what is open in a place now, without words of anybody."""
    streets = frozenset({place.street_id} if place.street_id is not None else ())
    area = Area(frozenset() if streets else frozenset({place.district_id}), streets)
    found = threads(db, Wanted(area, signed.staff.id, "live"), now)
    waiting = sum(one.waiting > 0 for one in found)
    late = sum(one.is_escalated for one in found)
    held = sum(one.thread.holder_id is not None for one in found)
    counts = (("等回复的居民", waiting, False), ("超期没回", late, late > 0))
    return Handover(
        0, place, signed.staff.id, signed.staff.name, "",
        last_ended(db, place) or now - SHIFT, now,
        (*counts, ("正在人工对话", held, False)), tuple(map(_item, found)), "",
    )  # fmt: skip


def _item(one: Listed) -> Item:
    then = f"{one.thread.holder}正在回" if one.thread.holder_id else "等人回复"
    what = f"{one.waiting}条留言没回" if one.waiting else "都回了，对话还没交还"
    return Item(one.thread.name, what, then, one.due_at, one.is_escalated)


def _note(db: Connection, signed: Signed, note_id: int, place: Place, now: datetime) -> None:
    note(
        db,
        actor=signed.actor,
        action="desk.handed_over",
        subject=f"handover:{note_id}",
        detail={},
        now=now,
        district_id=place.district_id,
    )


def _paper_note(one: Handover, place: str) -> HandoverNote:
    return HandoverNote(
        place,
        one.begun_at,
        one.ended_at,
        one.staff,
        one.to_person,
        tuple(Count(*count) for count in one.counts),
        tuple(
            OpenItem(item.name, item.what, item.next, item.due_at, item.is_overdue)
            for item in one.items
        ),
        one.notes,
    )
