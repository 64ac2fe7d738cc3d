"""A real Chromium before a real web chat. Whatever a page complains about fails its test."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bot.channels.web import Around, PageLink
from bot.channels.web_photos import WebPhotos
from tests.bot.channels.web_service import WrittenConversation, listening

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LINKS = (PageLink("/report", "填表报隐患"), PageLink("/progress", "查进度"))
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium; without one the test skips, and fails in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "no Chromium: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def conversation() -> WrittenConversation:
    return WrittenConversation()


@pytest.fixture
def photos(tmp_path: Path) -> WebPhotos:
    return WebPhotos(tmp_path / "files", b"k" * 32)


@pytest.fixture
def url(conversation: WrittenConversation, photos: WebPhotos) -> Iterator[str]:
    with listening(conversation, around=Around(photos, LINKS)) as address:
        yield address


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained about; a test that provokes complaints clears it."""
    return []


@pytest.fixture
def open_page(chromium: Browser, url: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the chat as a new visitor; ``options`` are those of a Playwright context."""
    with ExitStack() as contexts:

        def open_chat(**options: object) -> Page:
            settings = {"viewport": PHONE, "locale": "zh-CN", **options}
            context = chromium.new_context(**settings)
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url)
            return page

        yield open_chat
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The chat on a phone."""
    return open_page()


def watch(page: Page, own: str, complaints: list[str]) -> None:
    """Note console errors (CSP violations are such), script errors and requests to elsewhere."""

    def on_request(address: str) -> None:
        if urlsplit(address).netloc != own:
            complaints.append(f"asked for {address}")

    page.on("console", lambda m: m.type in {"error", "warning"} and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: on_request(request.url))
