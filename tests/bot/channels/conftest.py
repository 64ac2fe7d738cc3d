"""The web chat, listening on loopback, and a visitor's client."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.channels.web import Around
from bot.channels.web_photos import WebPhotos
from tests.bot.channels.web_service import WrittenConversation, listening

KEY = b"k" * 32


@pytest.fixture
def written() -> WrittenConversation:
    """A fresh conversation with nothing said yet."""
    return WrittenConversation()


@pytest.fixture
def photos(tmp_path: Path) -> WebPhotos:
    """Where photos of the web are kept."""
    return WebPhotos(tmp_path / "files", KEY)


@pytest.fixture
def url(written: WrittenConversation, photos: WebPhotos) -> Iterator[str]:
    """The address of the web chat over ``written``."""
    with listening(written, around=Around(photos)) as address:
        yield address


@pytest.fixture
def visitor(url: str) -> Iterator[httpx.Client]:
    """A browser's client that has opened the page and so has its cookie."""
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
        client.get("/")
        yield client


@pytest.fixture
def other_visitor(url: str) -> Iterator[httpx.Client]:
    """Somebody else."""
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
        client.get("/")
        yield client
