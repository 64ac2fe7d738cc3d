"""The web chat, listening on loopback, and a visitor's client."""

from collections.abc import Iterator

import httpx
import pytest

from tests.bot.channels.web_service import WrittenConversation, listening


@pytest.fixture
def written() -> WrittenConversation:
    """A fresh conversation with nothing said yet."""
    return WrittenConversation()


@pytest.fixture
def url(written: WrittenConversation) -> Iterator[str]:
    """The address of the web chat over ``written``."""
    with listening(written) as address:
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
