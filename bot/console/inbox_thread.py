"""One resident's conversation: read, taken over, answered, given back; recordings played."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_entry import ENTERERS, NEW
from bot.console.inbox_desk import (
    CHANNELS,
    PATH,
    ROLES,
    InboxDesk,
    area_of,
    held_words,
    place_words,
    seen_at,
)
from bot.console.inbox_words import KINDS, Line, lines_of
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.posts import Places, read_places
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
from bot.desk_answers_store import ReadyAnswer, answers_of, find_answer
from bot.desk_inbox_store import message_at, replies_of
from bot.desk_store import media_of
from bot.desk_threads import (
    HeldByOther,
    NothingToAnswer,
    Seen,
    dismiss,
    give_back,
    reply,
    take_over,
)
from community.files import FileError, StoredFile, read_sealed
from community.sealing import WrongKey

logger = logging.getLogger(__name__)

MOST_REPLY_CHARACTERS = 1000
NO_MEDIA = "没有这个录音或照片，或者还在接收。"
LOST = "文件读不出来，已经记进日志，请告诉管理员。"
EMPTY = "回复是空的，没有发。"
SENT = "回了。能推送就马上送到，不能就在居民下次发消息时显示。"
REPEATED = "这条已经发过，没有再发。"
TAKEN = "接手了。居民说的话现在转给你，说完请交还。"
GIVEN_BACK = "交还了，现在由机器人回答。"
NOT_HELD = "这段对话已经不在你手上：可能已交还，或者居民说了“结束”。"
DISMISSED = "记为不用回。"
NOTHING_LEFT = "刚有人办过这一步，页面已更新。"

# What a browser may show by itself, by how its bytes begin; anything else is downloaded.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
)
DOWNLOADED = "application/octet-stream"
_ENDINGS = {b"#!AMR": "amr", b"#!SIL": "silk", b"%PDF": "pdf"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a conversation shows, read on one snapshot."""

    seen: Seen
    lines: list[Line]
    places: Places
    answers: list[ReadyAnswer]
    used: ReadyAnswer | None


def routes(desk: InboxDesk) -> list[Route]:
    """Return the routes of one conversation."""
    one = f"{PATH}/{{code}}"
    acts = {"take": take, "back": hand_back, "reply": send, "dismiss": put_away}
    return [
        page(one, partial(show_thread, desk), *ROLES),
        page(f"{one}/lines", partial(show_lines, desk), *ROLES),
        page(f"{one}/media/{{id:int}}", partial(show_media, desk), *ROLES),
        *(
            page(f"{one}/{name}", partial(act, desk), *ROLES, methods=("POST",))
            for name, act in acts.items()
        ),
    ]


async def show_thread(desk: InboxDesk, signed: Signed) -> Response:
    """Show what was said, and what this person may do."""
    return await _shown(desk, signed, "inbox/thread.html")


async def show_lines(desk: InboxDesk, signed: Signed) -> Response:
    """Answer with the conversation alone, which the page asks for again and again."""
    return await _shown(desk, signed, "inbox/lines.html")


async def take(desk: InboxDesk, signed: Signed) -> Response:
    """Take the conversation over from the bot."""

    def work(db: Connection, seen: Seen, now: datetime) -> str:
        take_over(db, seen, signed.staff, desk.speaker, now)
        return TAKEN

    return await _done(desk, signed, work)


async def hand_back(desk: InboxDesk, signed: Signed) -> Response:
    """Give the conversation back to the bot."""

    def work(db: Connection, seen: Seen, now: datetime) -> str:
        is_given = give_back(db, seen, signed.staff, desk.speaker, now)
        return GIVEN_BACK if is_given else NOT_HELD

    return await _done(desk, signed, work)


async def send(desk: InboxDesk, signed: Signed) -> Response:
    """Write to the resident; a form sent twice has one effect."""
    form = await form_of(signed)
    text = text_of(form, "text", most=MOST_REPLY_CHARACTERS)
    up_to = number_of(form, "seen") or 0
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if not text:
        raise Refused(EMPTY)

    def work(db: Connection, seen: Seen, now: datetime) -> str:
        if not claim(db, signed.staff.id, operation, now):
            return REPEATED
        by = (signed.staff, area_of(signed.staff), desk.speaker)
        reply(db, seen.up_to(up_to), by, text, now)
        return SENT

    return await _done(desk, signed, work)


async def put_away(desk: InboxDesk, signed: Signed) -> Response:
    """Note that what was seen needs no answer."""
    up_to = number_of(await form_of(signed), "seen") or 0

    def work(db: Connection, seen: Seen, now: datetime) -> str:
        by = (signed.staff, area_of(signed.staff))
        return DISMISSED if dismiss(db, seen.up_to(up_to), by, now) else NOTHING_LEFT

    return await _done(desk, signed, work)


async def show_media(desk: InboxDesk, signed: Signed) -> Response:
    """Answer with a recording, a photo or a file, decrypted for this one look."""
    message_id: int = signed.request.path_params["id"]
    now = signed.now

    def read(db: Connection) -> StoredFile | None:
        resident_id = seen_at(db, signed, now).thread.resident_id
        message = message_at(db, area_of(signed.staff), resident_id, message_id)
        return media_of(db, message.id) if message else None

    file = await signed.read(read)
    if file is None:
        raise Refused(NO_MEDIA, 404)
    try:
        data = await run_in_threadpool(read_sealed, desk.safe.folder, desk.safe.key, file)
    except (FileError, WrongKey):
        logger.exception("what came with message %s cannot be read", message_id)
        raise Refused(LOST, 500) from None
    return _file(data, f"message-{message_id}")


def media_type(data: bytes) -> str:
    """Return as what a browser may show something that was sent."""
    found = (kind for at, mark, kind in _BEGINNINGS if data[at : at + len(mark)] == mark)
    return next(found, DOWNLOADED)


def _file(data: bytes, name: str) -> Response:
    kind = media_type(data)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if kind == DOWNLOADED:
        ending = next((end for mark, end in _ENDINGS.items() if data.startswith(mark)), "bin")
        headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return Response(data, media_type=kind, headers=headers)


async def _done(
    desk: InboxDesk, signed: Signed, work: Callable[[Connection, Seen, datetime], str]
) -> Response:
    """Carry one act out in one transaction, and lead back to the conversation."""
    now = signed.now

    def whole(db: Connection) -> tuple[str, str]:
        seen = seen_at(db, signed, now)
        return work(db, seen, now), seen.latest.channel

    path = f"{PATH}/{signed.request.path_params['code']}"
    try:
        said, channel = await signed.write(whole)
    except HeldByOther as error:
        return redirect(signed, path, held_words(error))
    except NothingToAnswer:
        return redirect(signed, path, NOTHING_LEFT)
    desk.woken(channel)
    return redirect(signed, path, said)


async def _shown(desk: InboxDesk, signed: Signed, template: str) -> Response:
    now = signed.now
    shown = await signed.read(partial(_read, signed, now))
    seen, latest = shown.seen, shown.seen.latest
    place = place_words(latest.place, shown.places)
    calendar = desk.hours.of(latest.place.district_id)
    return render(
        signed,
        template,
        thread=seen.thread,
        lines=shown.lines,
        place=place,
        waiting=[one for one in seen.messages if one.is_open],
        channel=CHANNELS.get(latest.channel, latest.channel),
        latest=latest,
        path=f"{PATH}/{seen.thread.code}",
        answers=shown.answers,
        used=shown.used.text if shown.used else "",
        report=NEW if signed.staff.has(*ENTERERS) else "",
        kinds=KINDS,
        me=signed.staff.id,
        is_open=calendar.is_open(now),
        operation=new_operation(),
        most=MOST_REPLY_CHARACTERS,
    )


def _read(signed: Signed, now: datetime, db: Connection) -> Shown:
    seen = seen_at(db, signed, now)
    area, thread = area_of(signed.staff), seen.thread
    district_id = seen.latest.place.district_id
    wanted = signed.request.query_params.get("use", "")
    is_id = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
    return Shown(
        seen,
        lines_of(thread.name, seen.messages, replies_of(db, area, thread.resident_id)),
        read_places(db, shell_of(signed.request).districts),
        answers_of(db, district_id),
        find_answer(db, district_id, int(wanted)) if is_id else None,
    )
