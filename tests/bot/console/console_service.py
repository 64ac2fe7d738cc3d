"""A console that really listens, people who sign in to it, and a clock that tests move."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep

import httpx
import uvicorn
from starlette.applications import Starlette

from bot.channels import web
from bot.console import Console, console_routes
from bot.console.shell import PageModule
from bot.console.tiles import TileSetting
from community.passwords import hash_password
from community.staff import Post, Role
from community.staff_store import add_staff
from storage import Database

KEY = b"only for tests, thirty-two bytes"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PASSWORD = "kang-yuan-shu-deng"  # noqa: S105 - of people who exist in tests alone
# Hashing takes a tenth of a second on purpose: once is enough.
PASSWORD_HASH = hash_password(PASSWORD)


@dataclass
class MovedClock:
    """The time, as a test sets it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Town:
    """A console over a database, for tests of its pages."""

    database: Database
    data_dir: Path
    clock: MovedClock = field(default_factory=MovedClock)
    districts: tuple[str, ...] = ("qianjiang", "jiangjin")
    tiles: TileSetting = field(default_factory=TileSetting)
    public_url: str = ""

    def console(self) -> Console:
        is_secure = self.public_url.startswith("https:")
        return Console(
            self.database,
            self.clock,
            KEY,
            self.districts,
            self.public_url,
            self.data_dir,
            self.tiles,
            is_secure,
        )

    def hire(self, login: str, *posts: Post, name: str = "") -> int:
        """Add somebody who signs in with ``PASSWORD``, and return their id."""
        shown = name or f"{login}同志"
        return self.database.write(
            lambda db: add_staff(db, login, shown, PASSWORD_HASH, posts, self.clock())
        )


def post(role: Role, district: str = "qianjiang", **place: object) -> Post:
    """Return a post in a district, by default the whole of it."""
    return Post(role, district, **place)


class Visit:
    """A browser without a picture: keeps cookies, fills in a page's token."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, *, on: str = "/console", **fields: str) -> httpx.Response:
        """Send a form with the token of the page ``on``."""
        return self.client.post(path, data={"csrf": self.token(on)} | fields)

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Return where a redirect leads."""
        assert response.status_code == 303, response.text
        return self.get(response.headers["location"])

    def token(self, on: str = "/console") -> str:
        return csrf_in(self.get(on).text)

    def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        form = {"login": login, "password": password} | fields
        return self.client.post("/console/sign-in", data=form)


def csrf_in(page: str) -> str:
    """Return the token in a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    return found[1] if found else ""


@contextmanager
def listening(town: Town, *modules: PageModule) -> Iterator[str]:
    """Serve a console with ``modules`` beside its own pages, and yield its address."""
    routes = console_routes(town.console(), *modules)
    config = uvicorn.Config(
        Starlette(routes=routes, middleware=web.middleware()),
        port=0,
        ws="none",
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
