"""Pages for everybody: the exposure board (曝光台), the honour roll (光荣榜), and certificates.

Plain pages without scripts and cookies, kept by browsers and proxies for a minute, so that what
is taken down is gone a minute later.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_limits import TokenBuckets, network_of
from bot.channels.web_pages import Pages
from bot.papers.dates import day_text
from community.districts import District
from community.files import SHA256, FileError, StoredFile
from hazards.categories import Categories
from hazards.commendation_store import Commendation, commendation_by_code, honour_roll
from hazards.exposure import PublicExposure
from hazards.exposure_board_store import A_PAGE, public_exposures, public_photo
from hazards.opendata import public_categories
from hazards.transitions import STATE_NAMES
from storage import Database, StorageError, read_code

logger = logging.getLogger(__name__)

BOARD, HONOUR, CHECK = "/board", "/honour", "/certificates"
KEPT = "public, max-age=60"
# Nobody tries codes by hand faster; an office stands behind one address.
CHECK_BURST, CHECK_PER_SECOND = 30, 0.5
MOST_CODE = 40

NO_PHOTO = "没有这张照片，可能已经撤下。"
LOST = "这会儿打不开，过一会儿再看。着火、漏气、有人被困：直接打119（免费）。"
TOO_FAST = "查得太快了，过一会儿再查。"
STATES: Mapping[str, str] = {"verified": "已整改，复查合格", "closed": "已整改，已销号"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the public pages are made of.

    Attributes:
        database: the main database.
        clock: the time, aware.
        districts: those served, by id.
        categories: there are; only public ones are shown.
        read_photo: returns the JPEG of a stored file, as ``hazards.photos.Photos.read``.
        pages: renders templates.
    """

    database: Database
    clock: Callable[[], datetime]
    districts: Mapping[str, District]
    categories: Categories
    read_photo: Callable[[StoredFile], bytes]
    pages: Pages = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """In which days are written: that of the first district."""
        return ZoneInfo(next(iter(self.districts.values())).timezone)

    def day(self, at: datetime) -> str:
        """Return a day as people read it."""
        return day_text(at.astimezone(self.zone).date())


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the board in words."""

    title: str
    words: str
    category: str
    place: str
    state: str
    found: str
    released: str
    photos: tuple[str, ...]


def routes(shown: Shown) -> list[BaseRoute]:
    """Return the routes of the public pages."""
    board = Board(shown)
    return [
        Route(BOARD, board.show),
        Route(f"{BOARD}/photos/{{name}}.jpg", board.photo),
        Route(HONOUR, board.honour),
        Route(f"{CHECK}/{{code}}", board.certificate),
    ]


class Board:
    """The endpoints."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._public = public_categories(shown.categories)
        self._checks = TokenBuckets(CHECK_BURST, CHECK_PER_SECOND)

    async def show(self, request: Request) -> Response:
        """Show a page of the board, the latest first."""
        shown, typed = self._shown, request.query_params.get("before", "")
        before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None

        def read(db: Connection) -> list[PublicExposure]:
            # One more than is shown tells whether there is a next page.
            districts = list(shown.districts)
            return public_exposures(db, districts, self._public, before=before, most=A_PAGE + 1)

        try:
            found = await run_sync(shown.database.read, read)
        except StorageError:
            return self._failed(request)
        page = found[:A_PAGE]
        values = {
            "entries": [entry_of(one, shown) for one in page],
            "older": page[-1].id if len(found) > A_PAGE else 0,
            "is_first": before is None,
            "preview": "",
        }
        return self._page("board.html", values)

    async def photo(self, request: Request) -> Response:
        """Answer with a masked photo that stands on the board now."""
        name = request.path_params["name"]
        if not SHA256.fullmatch(name):
            return _plain(NO_PHOTO, 404)
        find = partial(
            public_photo,
            sha256=name,
            districts=list(self._shown.districts),
            categories=self._public,
        )
        try:
            file = await run_sync(self._shown.database.read, find)
            if file is None:
                return _plain(NO_PHOTO, 404)
            data = await run_sync(self._shown.read_photo, file)
        except (StorageError, FileError):
            logger.exception("a photo of the board cannot be read")
            return _plain(LOST, 503)
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": KEPT})

    async def honour(self, request: Request) -> Response:
        """Show who agreed to be thanked in public."""
        shown, now = self._shown, self._shown.clock()

        def read(db: Connection) -> list[Commendation]:
            return honour_roll(db, list(shown.districts), now)

        try:
            found = await run_sync(shown.database.read, read)
        except StorageError:
            return self._failed(request)
        rows = [(one.shown_as, one.text, shown.day(one.issued_at)) for one in found]
        return self._page("honour.html", {"rows": rows})

    async def certificate(self, request: Request) -> Response:
        """Say whether a certificate's code is one of ours and still holds."""
        sender = network_of(request.client.host if request.client else "")
        if not self._checks.take(sender, time.monotonic()):
            return _plain(TOO_FAST, 429)
        code = read_code(request.path_params["code"][:MOST_CODE])

        def read(db: Connection) -> Commendation | None:
            return commendation_by_code(db, code) if code else None

        try:
            found = await run_sync(self._shown.database.read, read)
        except StorageError:
            return self._failed(request)
        # A code that was found or not must not be kept: it may be withdrawn the next moment.
        response = self._page("certificate.html", self._certificate(found), 200 if found else 404)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _certificate(self, found: Commendation | None) -> dict[str, object]:
        if found is None:
            return {"found": None}
        shown = self._shown
        district = shown.districts.get(found.district_id)
        return {
            "found": found,
            "code": f"{found.code[:4]}-{found.code[4:]}",
            "is_valid": found.is_valid(shown.clock()),
            "district": district.name if district else "",
            "issued": shown.day(found.issued_at),
        }

    def _page(self, template: str, values: Mapping[str, object], status: int = 200) -> Response:
        page = self._shown.pages.render(template, values)
        return HTMLResponse(page, status, {"Cache-Control": KEPT})

    def _failed(self, request: Request) -> Response:
        logger.exception("the page %s: storage failed", request.url.path)
        page = self._shown.pages.render("report_refused.html", {"words": LOST})
        return HTMLResponse(page, 503, {"Cache-Control": "no-store", "Retry-After": "5"})


def entry_of(one: PublicExposure, shown: Shown, photos: str = f"{BOARD}/photos") -> Entry:
    """Return an entry in words; ``photos`` is the folder of their addresses."""
    category = shown.categories.get(one.category)
    district = shown.districts.get(one.district_id)
    street = "" if one.place.startswith(one.street) else one.street
    where = (district.name if district else "", street, one.place)
    return Entry(
        title=one.title,
        words=one.words,
        category=category.name if category else one.category,
        place=" ".join(part for part in where if part),
        state=STATES.get(one.state, STATE_NAMES[one.state]),
        found=shown.day(one.found_at),
        released=shown.day(one.released_at),
        photos=tuple(f"{photos}/{file.sha256}.jpg" for file in one.photos),
    )


def preview_page(one: PublicExposure, shown: Shown, photos: str, back: str) -> str:
    """Return the board with one entry, as everybody would see it; ``back`` leads away from it."""
    values = {"entries": [entry_of(one, shown, photos)], "older": 0, "is_first": True}
    return shown.pages.render("board.html", {**values, "preview": back})


def _plain(words: str, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(words, status, headers, media_type="text/plain; charset=utf-8")
