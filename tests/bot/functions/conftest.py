"""A whole conversation with every function, over a real database."""

from collections.abc import Callable
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from bot.assembly import Premises, house_of
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.house import House
from bot.dialogue.turns import Turn
from bot.messages import Account, Event, Media, Place, Utterance
from storage import Database
from tests.bot.conftest import Clock

LI = Account("wechat", "openid-li")
LI_ON_TELEGRAM = Account("telegram", "7001")

Says = Callable[..., Turn]


@pytest.fixture
def house(clock: Clock) -> House:
    return house_of(Premises(("demo",), b"k" * 32), clock)


@pytest.fixture
def talk(database: Database, brain: Brain, clock: Clock, house: House) -> Conversation:
    return Conversation(database, brain, clock, ZoneInfo("Asia/Shanghai"), house)


@pytest.fixture
def sends(talk: Conversation, clock: Clock) -> Says:
    """Send anything as one account; every message gets an id of its own."""
    numbers = count(1)

    def send(
        text: str = "",
        account: Account = LI,
        *,
        media: tuple[Media, ...] = (),
        place: Place | None = None,
        event: Event | None = None,
    ) -> Turn:
        said = Utterance(
            account, f"m{next(numbers)}", text, clock(), media=media, place=place, event=event
        )
        return talk.receive(said)

    return send
