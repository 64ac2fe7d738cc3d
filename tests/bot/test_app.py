"""The service as it is joined: it outlives its housekeeping, and closes what it opened."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.app import build_app
from bot.settings import Settings
from storage import DatabaseClosed

PATIENCE_SECONDS = 10


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Starlette]:
    """The service on a database of its own, and the built knowledge of all tests."""
    url = f"sqlite:///{tmp_path / 'lifeline.db'}"
    app = build_app(settings.model_copy(update={"database_url": url}))
    yield app
    app.state.database.close()


def until(is_so: Callable[[], bool]) -> bool:
    """Wait for what another thread does; False when it does not come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()


def test_it_answers_once_it_is_up(app: Starlette) -> None:
    with TestClient(app) as client:
        assert client.get("/healthz").json() == {"ready": True}


def test_failing_housekeeping_neither_stops_it_nor_keeps_the_database_open(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    """A missing table is no StorageError: it ended the task, and the database stayed open."""
    app.state.database.write(lambda db: db.execute(text("DROP TABLE turn")))

    with TestClient(app) as client:
        assert until(lambda: "housekeeping failed" in caplog.text)
        assert client.get("/healthz").status_code == 200

    with pytest.raises(DatabaseClosed):
        app.state.database.read(lambda db: db.execute(text("SELECT 1")))
