"""An office whose people sign in to the pages about cases."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bot.papers.typesetting import Typesetter
from tests.bot.console.console_service import Town, Visit, listening
from tests.bot.console.office import Office

Opened = Callable[[str], Visit]


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@pytest.fixture
def opened(office: Office) -> Iterator[Opened]:
    """Sign somebody of the office in."""
    with ExitStack() as stack:
        address = stack.enter_context(listening(office.town, office.pages))

        def sign_in(login: str) -> Visit:
            visit = Visit(address)
            stack.callback(visit.client.close)
            assert visit.sign_in(login).status_code == 303
            return visit

        yield sign_in
