"""The web form for reports (网页上报): photos, kind, place, privacy, 提交; works without scripts.

Translates and decides nothing. Words of an emergency are answered first, and nothing is stored;
the rest goes to ``hazards.intake`` in one transaction.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import anyio
from anyio.to_thread import run_sync
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.page_answers import HEADERS, Answers
from bot.channels.report_fields import (
    AS_WRITTEN,
    Filled,
    FormState,
    FormStates,
    read_filled,
    token_of,
    uploads_of,
)
from bot.channels.report_problems import (
    MENDABLE,
    NOT_KEPT,
    SECOND_PRESS,
    STALE,
    TOO_FAST,
    TOO_MANY_PHOTOS,
    WHICH_BUILDING,
    Problem,
    problem_of,
)
from bot.channels.report_receipts import Receipts
from bot.channels.report_taking import Browser, ManyBuildings, Taken, Taker
from bot.channels.web_errors import Refused
from bot.channels.web_forms import photo_words, read_form, read_upload
from bot.channels.web_limits import TokenBuckets, network_of
from bot.channels.web_photos import WebPhotos
from bot.channels.web_visitor import Visitors
from bot.functions.report_card import COMMON, CRIES, spaced
from bot.messages import Reply
from bot.phrases import load_wording
from community.files import StoredFile
from community.photos import PhotoRefused
from community.registers import Building
from hazards.categories import Category
from hazards.drafts import MOST_PHOTOS
from storage import Database, StorageError

logger = logging.getLogger(__name__)

PATH = "/report"
# A building stands behind one address; each report costs seconds of a processor at most.
BURST, PER_SECOND = 30, 1 / 20
PHOTO_THREADS = 2
WRITE_THREADS = 20

# Returns what has to be said to whoever writes this here, None for a calm answer. A reply of the
# kind ``chat`` is a line above the receipt; before any other nothing is taken.
Urgent = Callable[[str], Reply | None]


@dataclass(frozen=True, slots=True)
class Backing:
    """What the form works with.

    Attributes:
        database: the main database.
        taker: takes reports in.
        photos: keeps photos.
        urgent: looks at words in memory.
        clock: the time, aware.
    """

    database: Database
    taker: Taker
    photos: WebPhotos
    urgent: Urgent
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the page says or asks beside the form itself.

    Attributes:
        problems: to be mended first.
        gate: a question to answer before the report is taken, "" for none.
        buildings: one of which has to be chosen.
    """

    problems: tuple[Problem, ...] = ()
    gate: str = ""
    buildings: tuple[Building, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status of a page that asks this."""
        if NOT_KEPT in self.problems:
            return 503
        return 422 if self.problems else 200


@dataclass(frozen=True, slots=True)
class _Posted:
    """One form on its way."""

    filled: Filled
    state: FormState
    browser: Browser
    uploads: list[UploadFile]
    warning: str = ""


def routes(
    backing: Backing, answers: Answers, visitors: Visitors, state_key: bytes
) -> list[BaseRoute]:
    """Return the routes of the form.

    Args:
        backing: what it works with.
        answers: renders pages.
        visitors: of the web chat, so that a report can be asked after there.
        state_key: signs what the page brings back.
    """
    form = ReportForm(backing, answers, visitors, FormStates(state_key))
    return [
        Route(PATH, answers.refusing(form.get_form)),
        Route(PATH, answers.refusing(form.post_form), methods=["POST"]),
    ]


class ReportForm:
    """The endpoints; what they remember lives on the event loop."""

    def __init__(
        self, backing: Backing, answers: Answers, visitors: Visitors, states: FormStates
    ) -> None:
        self._backing = backing
        self._answers = answers
        self._visitors = visitors
        self._states = states
        self._receipts = Receipts()
        self._addresses = TokenBuckets(BURST, PER_SECOND)
        self._photo_threads = anyio.CapacityLimiter(PHOTO_THREADS)
        self._write_threads = anyio.CapacityLimiter(WRITE_THREADS)
        self._categories = backing.taker.intake.categories
        home = backing.taker.intake.districts[backing.taker.home]
        self._zone = ZoneInfo(home.timezone)
        words = load_wording().functions
        self._cries = {category: words[name] for category, name in CRIES.items()}

    async def get_form(self, request: Request) -> Response:
        """Show an empty form."""
        response = self._form(Filled(), FormState(), Ask())
        self._visitors.remember(self._visitors.of(request), response)
        return response

    async def post_form(self, request: Request) -> Response:
        """Take a form, or show it again with what has to be mended."""
        self._answers.check_own_page(request)
        address = network_of(request.client.host if request.client else "")
        if not self._addresses.take(address, time.monotonic()):
            raise Refused(429, TOO_FAST)
        visitor = self._visitors.of(request)
        form = await read_form(request, most_photos=MOST_PHOTOS)
        try:
            response = await self._answered(form, Browser(visitor.name, visitor.is_new, address))
        finally:
            await form.close()
        if visitor.is_new:
            self._visitors.remember(visitor, response)
        return response

    async def _answered(self, form: FormData, browser: Browser) -> Response:
        filled, state = read_filled(form), self._states.read(token_of(form))
        uploads = uploads_of(form)
        heard = await self._heard(filled)
        if reply := next((one for one in heard if one.kind != "chat"), None):
            calm = replace(filled, calm=filled.digest)
            return self._emergency(reply, calm, state or FormState(), bool(uploads))
        if state is None:
            return self._form(filled, FormState(), Ask((STALE,)))
        warning = next((one.text for one in heard), "")
        posted = _Posted(filled, state, browser, uploads, warning)
        async with self._receipts.turn_of(state.operation):
            if page := self._receipts.find(state.operation):
                return HTMLResponse(page, headers=HEADERS)
            return await self._handed_in(posted)

    async def _heard(self, filled: Filled) -> list[Reply]:
        """Return what has to be said to these words, unless they said that it is no emergency."""
        told = () if filled.is_calm else filter(None, (filled.said, filled.place))
        heard = [await run_sync(self._backing.urgent, text) for text in told]
        return [reply for reply in heard if reply]

    async def _handed_in(self, posted: _Posted) -> Response:
        filled = posted.filled
        state, problems = await self._with_photos(posted)
        if filled.is_back or problems:
            return self._form(filled, state, Ask(problems))
        category = self._categories.get(filled.category)
        if category and category.emergency_gate and not filled.is_past_gate:
            if filled.gate == "yes" and filled.gated == category.id:
                reply = await self._gate_reply(category)
                return self._emergency(reply, replace(filled, gate="no"), state, loses_photos=False)
            return self._form(filled, state, Ask(gate=category.emergency_gate))
        return await self._taken(replace(posted, state=state))

    async def _taken(self, posted: _Posted) -> Response:
        filled, state = posted.filled, posted.state
        try:
            taken = await run_sync(self._write, posted, limiter=self._write_threads)
        except ManyBuildings as many:
            return self._form(filled, state, Ask((WHICH_BUILDING,), buildings=many.buildings))
        except MENDABLE as error:
            problem = problem_of(error, self._zone)
            fresh = FormState(photos=state.photos) if problem is SECOND_PRESS else state
            return self._form(filled, fresh, Ask((problem,)))
        except StorageError:
            logger.exception("a report from the web form was not stored")
            return self._form(filled, state, Ask((NOT_KEPT,)))
        response = self._receipt(taken, posted.warning)
        self._receipts.keep(state.operation, bytes(response.body).decode())
        return response

    def _write(self, posted: _Posted) -> Taken:
        backing, now = self._backing, self._backing.clock()
        handed = (posted.filled, posted.state, posted.browser)
        return backing.database.write(lambda db: backing.taker.take(db, *handed, now))

    async def _with_photos(self, posted: _Posted) -> tuple[FormState, tuple[Problem, ...]]:
        """Keep the photos that came; return the state with them, and why some were refused."""
        kept = [] if posted.filled.drops_photos else list(posted.state.photos)
        problems: dict[Problem, None] = {}
        for upload in posted.uploads:
            if len(kept) >= MOST_PHOTOS:
                problems[TOO_MANY_PHOTOS] = None
                break
            try:
                kept.append(await self._kept(upload))
            except PhotoRefused as refused:
                problems[Problem(photo_words(refused), "photos")] = None
            except (OSError, StorageError):
                logger.exception("a photo of the web form was not kept")
                problems[NOT_KEPT] = None
        return posted.state.with_photos(tuple(kept)), tuple(problems)

    async def _kept(self, upload: UploadFile) -> StoredFile:
        data = await read_upload(upload)
        return await run_sync(self._backing.photos.keep, data, limiter=self._photo_threads)

    async def _gate_reply(self, category: Category) -> Reply:
        cry = self._cries.get(category.id)
        reply = await run_sync(self._backing.urgent, cry) if cry else None
        return reply or Reply("emergency", f"现在打119（免费）。\n{category.emergency_gate}")

    # -- pages ------------------------------------------------------------------------------

    def _form(self, filled: Filled, state: FormState, ask: Ask) -> HTMLResponse:
        chosen = self._categories.get(filled.category)
        common = [self._categories.require(one) for one in COMMON]
        values = {
            **self._carried(filled, state),
            "ask": ask,
            "common": common,
            "groups": self._categories.groups,
            "shows_all": chosen is not None and chosen not in common,
            "as_written": AS_WRITTEN,
            "most_photos": MOST_PHOTOS,
        }
        return self._answers.page("report.html", values, ask.status)

    def _emergency(
        self, reply: Reply, filled: Filled, state: FormState, loses_photos: bool
    ) -> Response:
        values = {
            **self._carried(filled, state),
            "kind": reply.kind,
            "lines": [line for line in reply.text.split("\n") if line.strip()],
            "loses_photos": loses_photos,
        }
        return self._answers.page("report_urgent.html", values)

    def _receipt(self, taken: Taken, warning: str) -> HTMLResponse:
        receipt = taken.receipt
        values = {
            "taken": taken,
            "warning": warning,
            "code": spaced(receipt.code),
            "password": spaced(receipt.password) if receipt.password else "",
        }
        return self._answers.page("report_done.html", values)

    def _carried(self, filled: Filled, state: FormState) -> dict[str, object]:
        return {"filled": filled, "state": self._states.sealed(state), "photos": len(state.photos)}
