"""A console on a free port, and people of it. The stores' own tests run on both stores."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage import Database
from tests.bot.console.console_service import Town, Visit, listening

SignedIn = Callable[[str], Visit]


@pytest.fixture
def store() -> str:
    """Pages are tested on SQLite; their queries, beside their stores, on both."""
    return "sqlite"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path)


@pytest.fixture
def url(town: Town) -> Iterator[str]:
    with listening(town) as address:
        yield address


@pytest.fixture
def visits(url: str) -> Iterator[Callable[[], Visit]]:
    """Open browsers, which are closed at the end."""
    with ExitStack() as opened:

        def open_one() -> Visit:
            visit = Visit(url)
            opened.callback(visit.client.close)
            return visit

        yield open_one


@pytest.fixture
def visit(visits: Callable[[], Visit]) -> Visit:
    """A browser of nobody yet."""
    return visits()


@pytest.fixture
def signed_in(visits: Callable[[], Visit]) -> SignedIn:
    """Open a browser and sign somebody in."""

    def sign_in(login: str) -> Visit:
        visit = visits()
        assert visit.sign_in(login).status_code == 303
        return visit

    return sign_in
