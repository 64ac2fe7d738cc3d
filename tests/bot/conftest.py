"""The real thing for the dialogue's tests: shipped entries, shipped model, a real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Account, Utterance
from bot.preparing import prepare_brain
from bot.settings import Settings
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ANN = Account("web", "visitor-one")


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("var"))  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def brain(settings: Settings) -> Brain:
    """What answers, from the shipped entries and model."""
    return prepare_brain(settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def conversation(database: Database, brain: Brain, clock: Clock) -> Conversation:
    return Conversation(database, brain, clock, ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def say(conversation: Conversation, clock: Clock) -> Callable[[str], Turn]:
    """Say something as one resident; every message gets an id of its own."""
    numbers = count(1)

    def send(text: str, account: Account = ANN) -> Turn:
        return conversation.receive(Utterance(account, f"m{next(numbers)}", text, clock()))

    return send
