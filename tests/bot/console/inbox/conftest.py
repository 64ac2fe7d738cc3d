"""An inbox whose people sign in to its pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bot.papers.typesetting import Typesetter
from tests.bot.console.console_service import Town, Visit, listening
from tests.bot.console.inbox_office import InboxOffice
from tests.bot.desk_town import MONDAY

Opened = Callable[[str], Visit]


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> InboxOffice:
    town.clock.now = MONDAY
    return InboxOffice(town, typesetter)


@pytest.fixture
def opened(office: InboxOffice) -> Iterator[Opened]:
    """Sign somebody of the office in."""
    with ExitStack() as stack:
        address = stack.enter_context(listening(office.town, office.pages))

        def sign_in(login: str) -> Visit:
            visit = Visit(address)
            stack.callback(visit.client.close)
            assert visit.sign_in(login).status_code == 303
            return visit

        yield sign_in
