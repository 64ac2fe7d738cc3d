"""A message of several that may have arrived: what follows it is neither lost nor doubled."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.channels.wechat_delivery import WeChatDelivery
from bot.channels.wechat_sending import CustomMessage
from bot.messages import Card, Reply
from community.outcomes import Delivered, Outcome, Uncertain
from community.reach import WECHAT_MESSAGE, note_contact
from community.store import account_of
from storage import Database
from tests.bot.conftest import NOON, Clock

pytestmark = pytest.mark.parametrize("store", ["sqlite"])
DOUBT = Uncertain("the connection broke")
REPLIES = (
    Reply("chat", "一", card=Card("看图", "", "https://example.org/1")),
    Reply("chat", "二", card=Card("看图", "", "https://example.org/2")),
)


class Platform:
    """Takes messages as scripted, then all of them."""

    def __init__(self, *script: Outcome) -> None:
        self.script = list(script)
        self.taken: list[str] = []

    def send(self, _openid: str, message: CustomMessage) -> Outcome:
        self.taken.append(message.kind)
        return self.script.pop(0) if self.script else Delivered()


class NoPictures:
    """Has none uploaded."""

    def media_id(self, _path: str) -> str:
        return ""


def deliver(database: Database, platform: Platform, lanes: Sequence[str]) -> list[Outcome]:
    """Try one delivery once in each lane, in the same process."""

    def here(db: object) -> None:
        account = account_of(db, "wechat", "li", NOON)  # type: ignore[arg-type]
        note_contact(db, account, WECHAT_MESSAGE, NOON)  # type: ignore[arg-type]

    delivery = WeChatDelivery(database, platform, NoPictures(), Clock())  # type: ignore[arg-type]

    async def run() -> list[Outcome]:
        found = []
        for lane in lanes:
            database.write(here)
            found.append(await delivery.send("li", REPLIES, delivery_id=1, lane=lane, turn_id=None))
        return found

    try:
        return asyncio.run(run())
    finally:
        delivery.close()


def test_a_reply_goes_on_behind_the_doubtful_message(database: Database) -> None:
    platform = Platform(DOUBT)

    assert deliver(database, platform, ["reply"]) == [DOUBT]
    assert platform.taken == ["text", "news", "text", "news"]


def test_an_incident_is_tried_again_from_the_doubtful_message_on(database: Database) -> None:
    platform = Platform(Delivered(), DOUBT)

    assert deliver(database, platform, ["incident", "incident"]) == [DOUBT, Delivered()]
    assert platform.taken == ["text", "news", "news", "text", "news"]
