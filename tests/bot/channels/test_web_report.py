"""A report through the web chat, over the real conversation: photo, kind, place, 提交."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from bot.assembly import Premises, house_of
from bot.channels import web
from bot.channels.web_photos import WebPhotos
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from hazards.photos import Photos
from hazards.store import hazard_draft_photo, hazard_photo, hazard_report
from storage import Database, Jobs
from storage.work_runs import InlineWork
from tests.bot.channels.web_service import COOKIE_KEY, serving
from tests.bot.conftest import Clock
from tests.hazards.taken import KEY, count, photo, rows


@pytest.fixture
def web_photos(tmp_path: Path) -> WebPhotos:
    return WebPhotos(tmp_path / "files", KEY)


@pytest.fixture
def client(
    database: Database, brain: Brain, clock: Clock, web_photos: WebPhotos
) -> Iterator[httpx.Client]:
    house = house_of(Premises(("demo",), KEY), clock)
    talk = Conversation(database, brain, clock, ZoneInfo("Asia/Shanghai"), house)
    routes = web.routes(talk, cookie_key=COOKIE_KEY, clock=clock, around=web.Around(web_photos))
    app = Starlette(routes=routes, middleware=web.middleware())
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as opened:
        opened.get("/")
        yield opened


def fetched(database: Database, web_photos: WebPhotos, folder: Path, clock: Clock) -> None:
    """Do the later work that is due, as the backstage does."""
    jobs = Jobs()
    Photos(folder, KEY, {"web": web_photos.fetch}, lambda *_: None).register(jobs)
    InlineWork(database, jobs, clock).run_due(clock())


def send_photo(client: httpx.Client, seed: int) -> list[dict[str, object]]:
    answer = client.post(
        "/chat/photos", data={"id": str(uuid4())}, files={"photo": ("a.jpg", photo(seed))}
    )
    return answer.json()["turn"]["replies"]


def say(client: httpx.Client, text: str) -> list[dict[str, object]]:
    body = {"id": str(uuid4()), "text": text}
    return client.post("/chat/messages", json=body).json()["turn"]["replies"]


def test_a_report_in_the_web_chat(
    client: httpx.Client, database: Database, web_photos: WebPhotos, tmp_path: Path, clock: Clock
) -> None:
    [asked] = send_photo(client, 1)
    assert "照片收到" in asked["text"]
    assert send_photo(client, 2) == []
    fetched(database, web_photos, tmp_path / "files", clock)

    [where] = say(client, "楼道楼梯堆物")
    assert where["wants"] == "place"
    body = {"id": str(uuid4()), "text": "", "place": {"latitude": 29.5, "longitude": 106.5}}
    [card] = client.post("/chat/messages", json=body).json()["turn"]["replies"]
    assert "照片：2张" in card["text"]
    [receipt] = say(client, "提交")

    [report] = rows(database, hazard_report)
    assert "上报好了" in receipt["text"]
    assert (report["source"], report["datum"], report["sent_latitude"]) == ("web", "wgs84", 29.5)
    kept = rows(database, hazard_photo)
    assert len(kept) == 2
    assert all(row["file_id"] and row["phash"] for row in kept)


def test_an_anonymous_report_leaves_no_name_of_a_photo(
    client: httpx.Client, database: Database, web_photos: WebPhotos, tmp_path: Path, clock: Clock
) -> None:
    send_photo(client, 1)
    fetched(database, web_photos, tmp_path / "files", clock)
    say(client, "楼道楼梯堆物")
    say(client, "双福花园东门")
    [receipt] = say(client, "匿名提交")

    assert "密码" in str(receipt["text"])
    assert count(database, hazard_draft_photo) == 0
    [kept] = rows(database, hazard_photo)
    assert (kept["ref"], kept["channel"]) == ("", "")
    history = client.get("/chat/history").text
    assert "楼道楼梯堆物" not in history
