"""Buttons that stand for an emergency's words, while the index is missing."""

from zoneinfo import ZoneInfo

import pytest

from bot.assembly import Premises, house_of
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.messages import Account, Utterance
from bot.preparing import prepare_brain
from bot.settings import Settings
from storage import Database
from tests.bot.conftest import Clock

ZHANG = Account("wechat", "openid-zhang")


@pytest.fixture(scope="module")
def bare_brain(tmp_path_factory: pytest.TempPathFactory) -> Brain:
    """What answers where neither knowledge nor index can be made: there is no room for them."""
    data_dir = tmp_path_factory.mktemp("full")
    (data_dir / "knowledge.db").mkdir()  # in the file's way
    return prepare_brain(Settings(_env_file=None, data_dir=data_dir))  # type: ignore[call-arg]


@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.parametrize("language", ["中文", "English"])
@pytest.mark.parametrize("number", ["1", "2", "3", "4"])
def test_a_happening_is_answered_as_one(
    database: Database, bare_brain: Brain, clock: Clock, language: str, number: str
) -> None:
    house = house_of(Premises(("demo",), b"k" * 32), clock)
    talk = Conversation(database, bare_brain, clock, ZoneInfo("Asia/Shanghai"), house)

    said = [
        talk.receive(Utterance(ZHANG, f"m{at}", text, clock()))
        for at, text in enumerate((language, "先看", number))
    ]

    assert said[-1].replies[0].kind == "emergency", said[-1].replies
