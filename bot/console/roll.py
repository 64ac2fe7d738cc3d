"""现场点名: the organiser's page on the day, which goes on without a network.

``RollPages(parts)`` is the page module. What is tapped is kept on the phone and sent when there
is a network; see ``static/roll.js``. Everybody who may act for one building of a drill may note.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.console.forms import UNREADABLE
from bot.console.roll_view import StandingView, roll_view
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    form_of,
    guarded,
    page,
    redirect,
    render,
    text_of,
)
from bot.drill_parts import DrillParts
from community.offline import BadOperation, Operation, OperationOfAnother, read_operation_id
from drills.conducting import Conducting
from drills.conducting_rules import require_anyone_there, require_conductor
from drills.drill_store import drill_by_code
from drills.drills import STATE_NAMES, Drill, DrillRefused
from drills.roll_offline import Sent, receive
from drills.rollcall import Moment

PATH = "/console/drills/{code}/roll"
WORKER_FILE = Path(__file__).parent / "static" / "roll_worker.js"
NO_DRILL = "没有这场演练，或者不在你的范围里。请从“演练”里选。"
USED_BEFORE = "这一条以前用在别处了，没有记。请再点一次。"
NO_SUCH_ACT = "没有这个操作，请刷新页面再试。"
# Milliseconds since 1970 that a datetime can hold; what a phone sends may be anything.
LATEST_MILLISECONDS = 4_102_444_800_000

ACTS: Mapping[str, tuple[Callable[..., Drill], str]] = MappingProxyType(
    {
        "muster": (Conducting.muster, "开始集合点名了。"),
        "close_roll": (Conducting.close_roll, "点名结束了。没消息的人不算平安，请逐个问清。"),
        "all_clear": (Conducting.all_clear, "演练解除了，居民会收到通知。"),
        "abort": (Conducting.abort, "演练已中止，正在通知所有人。真有险情马上打119。"),
    }
)


@dataclass(frozen=True, slots=True)
class RollPages:
    """The page on the day; given to ``console_routes``, before the pages of drills."""

    parts: DrillParts

    @property
    def SECTION(self) -> Section | None:  # noqa: N802 - a constant of page modules
        """None: the page is opened from its drill."""
        return None

    def routes(self) -> list[Route]:
        """Return the routes."""
        script = WORKER_FILE.read_bytes()
        return [
            page(PATH, show_roll),
            page(f"{PATH}.json", tell_roll),
            page(f"{PATH}/done", take_operation, methods=("POST",)),
            page(f"{PATH}/act", partial(act, self.parts.conducting), methods=("POST",)),
            Route(f"{PATH}/worker.js", guarded(partial(_worker, script))),
        ]


async def show_roll(signed: Signed) -> Response:
    """Show the page; its script fills in the list and keeps both for later."""
    drill, may_conduct = await signed.read(lambda db: _opened(db, signed))
    return render(
        signed,
        "drills/roll.html",
        drill=drill,
        path=_path(drill),
        state=STATE_NAMES[drill.state],
        may_conduct=may_conduct,
    )


async def tell_roll(signed: Signed) -> Response:
    """Tell the list as it stands; 304 when the asker has it as it is."""
    view = await signed.read(lambda db: _view(db, signed))
    session = {"staff": signed.staff.id, "csrf": signed.csrf}
    response = JSONResponse({**view, "session": session})
    # Kept apart from what is compared: the time by which phones set their words right.
    response.headers["Lifeline-Now"] = str(int(signed.now.timestamp() * 1000))
    response.headers["ETag"] = f'"{sha256(response.body).hexdigest()[:32]}"'
    if signed.request.headers.get("if-none-match") == response.headers["ETag"]:
        kept = ("Lifeline-Now", "ETag")
        return Response(status_code=304, headers={name: response.headers[name] for name in kept})
    return response


async def take_operation(signed: Signed) -> Response:
    """Take in one thing that was tapped, once, and answer how the roll call stands then."""
    asked = await _json(signed.request)
    try:
        return JSONResponse(await signed.write(lambda db: _taken(db, signed, asked)))
    except DrillRefused as refused:
        return JSONResponse({"why": refused.words}, 422)
    except OperationOfAnother:
        return JSONResponse({"why": USED_BEFORE}, 409)


async def act(conducting: Conducting, signed: Signed) -> Response:
    """Bring the drill further, or stop it for a real incident."""
    name = text_of(await form_of(signed), "act", most=20)
    if name not in ACTS:
        raise Refused(NO_SUCH_ACT)
    work, said = ACTS[name]
    wants_json = "application/json" in signed.request.headers.get("accept", "")

    def done(db: Connection) -> Drill:
        drill, _ = _opened(db, signed)
        return work(conducting, db, drill.id, signed.staff, signed.now)

    try:
        drill = await signed.write(done)
    except DrillRefused as refused:
        if wants_json:
            return JSONResponse({"why": refused.words}, 422)
        raise Refused(refused.words) from None
    return JSONResponse({"words": said}) if wants_json else redirect(signed, _path(drill), said)


async def _worker(script: bytes, request: Request) -> Response:
    """Serve the script that keeps the page of one drill; it holds nothing of anybody."""
    scope = request.url.path.removesuffix("/worker.js")
    headers = {"Service-Worker-Allowed": scope, "Cache-Control": "no-cache"}
    return Response(script, headers=headers, media_type="text/javascript")


def _opened(db: Connection, signed: Signed) -> tuple[Drill, bool]:
    """Return the drill of the address, and whether the asker may conduct it.

    Raises:
        Refused: as if there were none, when no building of it is theirs to act for.
    """
    drill = drill_by_code(db, signed.request.path_params["code"])
    if drill is None or not _passes(require_anyone_there, db, drill, signed):
        raise Refused(NO_DRILL, 404)
    return drill, _passes(require_conductor, db, drill, signed)


def _passes(rule: Callable[..., None], db: Connection, drill: Drill, signed: Signed) -> bool:
    try:
        rule(db, drill, signed.staff)
    except DrillRefused:
        return False
    return True


def _view(db: Connection, signed: Signed) -> StandingView:
    drill, may_conduct = _opened(db, signed)
    return roll_view(db, drill, may_conduct=may_conduct)


def _taken(db: Connection, signed: Signed, asked: Mapping[str, Any]) -> Mapping[str, object]:
    drill, _ = _opened(db, signed)
    outcome = receive(db, drill.id, _sent(signed, asked))
    return {"result": outcome.result, "is_repeat": outcome.is_repeat}


def _sent(signed: Signed, asked: Mapping[str, Any]) -> Sent:
    """Return what a phone sent.

    Raises:
        Refused: when it is nothing that the page sends.
        DrillRefused: ``bad_moment`` for a time that none is.
    """
    kind, values, at = asked.get("kind"), asked.get("values"), asked.get("at")
    if not isinstance(kind, str) or not isinstance(values, dict):
        raise Refused(UNREADABLE, 400)
    if not isinstance(at, int) or not 0 <= at <= LATEST_MILLISECONDS:
        raise DrillRefused("bad_moment")
    try:
        id_ = read_operation_id(str(asked.get("operation")))
    except BadOperation:
        raise Refused(UNREADABLE, 400) from None
    moment = Moment(datetime.fromtimestamp(at / 1000, UTC), signed.now)
    return Sent(Operation(id_, signed.staff.id, kind), moment, values)


async def _json(request: Request) -> Mapping[str, Any]:
    """Return the object that was sent.

    Raises:
        Refused: when it is none.
    """
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        raise Refused(UNREADABLE, 400) from None
    if not isinstance(sent, dict):
        raise Refused(UNREADABLE, 400)
    return sent


def _path(drill: Drill) -> str:
    return PATH.format(code=drill.code)
