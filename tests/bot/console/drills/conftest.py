"""A console with drills that listens; what sets and draws papers is made once for a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.charts.studio import Studio
from bot.papers.typesetting import Typesetter
from storage import Database
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, listening
from tests.bot.console.drill_office import DrillOffice
from tests.drills.estate import HERE


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path, districts=(HERE,))


@pytest.fixture
def office(town: Town, typesetter: Typesetter, studio: Studio) -> DrillOffice:
    return DrillOffice(town, typesetter, studio)


@pytest.fixture
def url(office: DrillOffice) -> Iterator[str]:
    with listening(office.town, office.pages) as address:
        yield address


@pytest.fixture
def zhang(office: DrillOffice, signed_in: SignedIn) -> Visit:
    """The head of the drill's buildings."""
    office.visits["zhang"] = signed_in("zhang")
    return office.visits["zhang"]
