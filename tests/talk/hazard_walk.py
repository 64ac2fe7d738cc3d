"""A town whose web chat and console are walked from a photo to the money paid out for it.

The service is a process of its own over a copy of the demo district that pays money: those that
are shipped pay points, and what is paid out each month is money.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from typer.testing import CliRunner

from bot.cli import staff
from community.delivery_store import PUSHING_TAKES
from tests.bot.console.console_service import PASSWORD, Visit, csrf_in
from tests.hazards.taken import photo
from tests.platforms.loopback import wait_until
from tests.recording import Step, happens
from tests.service import Service, running
from tests.talk.towns import rows

PATIENCE = 60.0
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
MICROSECOND = 1_000_000
_TITLE = re.compile(r'id="said"[^>]*>(.*?)</|<h1[^>]*>(.*?)</h1>', re.DOTALL)
# Who works the case: login, what the console calls them, and their post.
STAFF = (
    ("shen", "审核员小沈", "reviewer", ()),
    ("jie", "城东街道经办人", "department", ("--street", "城东街道")),
    ("du", "督办员老杜", "supervisor", ()),
    ("guan", "管理员", "administrator", ()),
)


def paying(folder: Path) -> Path:
    """Write a copy of ``community`` whose demo district pays 50 yuan; return where it lies."""
    spec = importlib.util.find_spec("community")
    assert spec
    assert spec.origin
    shutil.copytree(
        Path(spec.origin).parent,
        folder / "community",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    district = folder / "community" / "districts" / "demo.yaml"
    written = district.read_text(encoding="utf-8")
    for points, money in (("default: 10 points", "default: 5000 fen"), ("fen: 0", "fen: 50000")):
        assert written.count(points) == 1
        written = written.replace(points, money)
    district.write_text(written, encoding="utf-8")
    return folder


def hire(data_dir: Path) -> None:
    """Add the staff as an operator does."""
    for login, name, role, place in STAFF:
        words = ["add", "--login", login, "--name", name, "--role", role, *place]
        done = CliRunner().invoke(
            staff.app,
            [*words, "--password-stdin"],
            env={"LIFELINE_DATA_DIR": str(data_dir)},
            input=f"{PASSWORD}\n",
        )
        assert done.exit_code == 0, done.output


@dataclass
class OnWeb:
    """Somebody at the web chat, as ``tests.recording`` needs one."""

    client: httpx.Client
    answers: list[str] = field(default_factory=list)

    def seen(self) -> list[str]:
        """Return every reply so far."""
        return self.answers

    def says(self, text: str) -> None:
        """Write a text."""
        body = {"id": str(uuid4()), "text": text}
        self._take(self.client.post("/chat/messages", json=body))

    def taps(self, label: str) -> None:
        """Tap a button, which says its label."""
        assert f"［{label}］" in self.answers[-1], self.answers[-1]
        self.says(label)

    def sends_photo(self, content: bytes) -> None:
        """Send a photo."""
        file = {"photo": ("现场.jpg", content, "image/jpeg")}
        sent = self.client.post("/chat/photos", data={"id": str(uuid4())}, files=file)
        self._take(sent)

    def sends_place(self, latitude: float, longitude: float, label: str) -> None:
        """Send where the browser is; it has no name for the place."""
        assert not label
        place = {"latitude": latitude, "longitude": longitude}
        body = {"id": str(uuid4()), "text": "", "place": place}
        self._take(self.client.post("/chat/messages", json=body))

    def scans(self, scene: str) -> None:
        """Nobody scans in a web chat."""
        raise NotImplementedError(scene)

    def follows(self) -> None:
        """Open the page, which brings the cookie."""
        assert self.client.get("/").status_code == 200

    def _take(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        for reply in answer.json()["turn"]["replies"]:
            buttons = "".join(f"［{one['label']}］" for one in reply["choices"])
            self.answers.append("\n".join(filter(None, [reply["text"], buttons])))


@dataclass
class Walk:
    """The town: its service, the citizen, and whoever of the staff has signed in."""

    data_dir: Path
    service: Service
    citizen: OnWeb
    signed: dict[str, Visit] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        """What the service has said."""
        return "".join(self.service.lines)

    def visit(self, login: str) -> Visit:
        """Return the browser of one of the staff, signed in."""
        if login not in self.signed:
            visit = Visit(self.service.url)
            visit.client.timeout = httpx.Timeout(PATIENCE)
            assert visit.sign_in(login).status_code == 303
            self.signed[login] = visit
        return self.signed[login]

    def case_code(self) -> str:
        """Return the code of the one case."""
        (code,) = rows(self.data_dir, "SELECT code FROM hazard_case")[0]
        return str(code)

    def case(self, **wanted: object) -> dict[str, Any]:
        """Return columns of the one case, by the names in ``wanted``."""
        names = ", ".join(wanted)
        (found,) = rows(self.data_dir, f"SELECT {names} FROM hazard_case")  # noqa: S608
        return dict(zip(wanted, found, strict=True))

    def presses(self, login: str, name: str, *, shows: bytes = b"", **more: str) -> None:
        """Press a button of the case's page as it stands there."""
        visit, path = self.visit(login), f"/console/cases/{self.case_code()}"
        page = visit.get(path)
        assert page.status_code == 200, page.text
        form = re.search(rf'name="do" value="{name}">(.*?)</form>', page.text, re.DOTALL)
        assert form, f"{login} is not offered {name}"
        hidden = dict(re.findall(r'name="(version|operation)" value="([^"]+)"', form[1]))
        for unit, options in re.findall(r'name="(handler|lead)">(.*?)</select>', form[1], re.S):
            chosen = re.search(r'value="([^"]*)" selected', options)
            hidden[unit] = chosen[1] if chosen else ""
        sent = {"csrf": csrf_in(page.text), "do": name, **hidden, **more}
        files = {"photos": ("整改后.jpg", shows, "image/jpeg")} if shows else None
        answer = visit.client.post(f"{path}/do", data=sent, files=files)
        self.read(visit, answer)

    def sends(self, login: str, path: str, *, on: str, **fields: str) -> httpx.Response:
        """Send a form of the console and return the page that it leads to."""
        visit = self.visit(login)
        answer = visit.post(path, on=on, **fields)
        return self.read(visit, answer)

    def read(self, visit: Visit, answer: httpx.Response) -> httpx.Response:
        """Follow what was answered and note what the page says."""
        page = visit.follow(answer) if answer.status_code == 303 else answer
        assert page.status_code == 200, page.text
        self.pages.append(page.text)
        return page

    def wait_until_unpushed(self) -> None:
        """Wait until what is told has waited long enough to be shown at the next turn."""

        def is_over() -> bool:
            told = rows(self.data_dir, "SELECT max(due_at) FROM delivery WHERE state = 'waiting'")
            due = datetime.fromtimestamp((told[0][0] or 0) / MICROSECOND, UTC)
            return datetime.now(UTC) > due + PUSHING_TAKES

        assert wait_until(is_over, PATIENCE)


@contextmanager
def walked(data_dir: Path, code_dir: Path) -> Iterator[Walk]:
    """Open the town; ``code_dir`` is where its copy of ``community`` goes."""
    hire(data_dir)
    settings = {"PYTHONPATH": str(paying(code_dir)), "PYTHONSAFEPATH": "1"}
    with running(data_dir, **settings) as service:
        assert wait_until(lambda: _is_ready(service), PATIENCE), "".join(service.lines)
        with httpx.Client(base_url=service.url, timeout=PATIENCE) as client:
            citizen = OnWeb(client)
            citizen.follows()
            walk = Walk(data_dir, service, citizen)
            yield walk
            for visit in walk.signed.values():
                visit.client.close()


def _is_ready(service: Service) -> bool:
    return httpx.get(f"{service.url}/healthz").status_code == 200


def staff_does(
    walk: Walk, login: str, words: str, name: str, *, shows: bytes = b"", reason: str = ""
) -> Step:
    """Press a button of the case's page, told in the transcript."""
    who = next(shown for known, shown, *_ in STAFF if known == login)
    press = partial(walk.presses, login, name, shows=shows, reason=reason)
    return happens(f"{who}：{words}", press)


def sends_one(seed: int, *, replies: int = 1) -> Step:
    """Send a photo of its own."""
    return Step("［发来一张照片］", lambda who: who.sends_photo(photo(seed)), replies)
