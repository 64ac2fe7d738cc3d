"""The web form and public progress, listening, over a real database and a real intake."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from starlette.applications import Starlette

from bot.channels import report_pages, web
from bot.channels.web_photos import WebPhotos
from bot.messages import Reply
from community.keys import derived_key
from community.workdays import load_workdays
from storage import Database
from tests.bot.channels.web_service import FIRE, WrittenConversation, serving
from tests.hazards.taken import KEY, NOON, intake

GAS = Reply("emergency", "现在走到室外，再打119（免费）。\n不要按门铃，不要坐电梯。")
CRIES = {"着火": FIRE, "燃气漏": GAS, "不想活": Reply("crisis", "先别一个人扛。打12356。")}


def urgent(text: str) -> Reply | None:
    """Return what is said to somebody who names one of the cries above."""
    return next((reply for cry, reply in CRIES.items() if cry in text), None)


@dataclass
class Clock:
    """A clock that tests set."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """What the pages stand on; ``limits`` are those of the intake."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=Clock)
    limits: dict[str, int] = field(default_factory=dict)
    urgent: Callable[[str], Reply | None] = urgent

    @property
    def photos(self) -> WebPhotos:
        return WebPhotos(self.folder, KEY)

    def app(self, public_url: str | None = None) -> Starlette:
        chat = web.routes(
            WrittenConversation(),
            cookie_key=derived_key(KEY, report_pages.VISITOR_PURPOSE),
            around=web.Around(self.photos, report_pages.LINKS),
        )
        site = report_pages.Site(
            self.database,
            KEY,
            intake(**self.limits),
            load_workdays(),
            self.photos,
            self.urgent,
            self.clock,
            public_url or "",
        )
        return Starlette(routes=[*chat, *report_pages.routes(site)], middleware=web.middleware())


@contextmanager
def open_desk(desk: Desk) -> Iterator[str]:
    """Serve the pages, and yield their address."""
    with serving(desk.app()) as url:
        yield url


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's form, as a browser would send them back."""
    hidden = re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)" value="([^"]*)"', page)
    return dict(hidden)


@dataclass
class Browser:
    """A browser without scripts: opens the form, fills it in, presses 提交."""

    client: httpx.Client

    def open(self) -> dict[str, str]:
        return fields_of(self.client.get("/report").text)

    def post(
        self, filled: dict[str, str], *photos: bytes, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        # A browser sends an empty file for a field in which none was chosen.
        sent = [("photo", (f"{n}.jpg", data)) for n, data in enumerate(photos)]
        files = sent or [("photo", ("", b""))]
        return self.client.post("/report", data=filled, files=files, headers=headers)

    def report(self, *photos: bytes, **filled: str) -> httpx.Response:
        usual = {"category": "corridor_blocked", "place": "双福花园2楼楼道"}
        return self.post({**self.open(), **usual, **filled}, *photos)

    def progress(self, code: str, password: str = "") -> httpx.Response:
        body = {"code": code, "password": password}
        return self.client.post("/progress", data=body, files=[("_", ("", b""))])


def code_in(page: str) -> str:
    """Return the code on a receipt."""
    return re.findall(r'<dd class="code">(\S+)</dd>', page)[0]


def password_in(page: str) -> str:
    """Return the password on a receipt, "" for none."""
    return dict(enumerate(re.findall(r'<dd class="code">(\S+)</dd>', page))).get(1, "")
