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
from community.building_apply import apply_import
from community.building_import import plan_import
from community.building_rows import read_building_list
from community.building_sheets import read_csv
from community.register_store import search_buildings
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


BUILDINGS = """镇街,社区,小区,楼栋,层数,物业电话,纬度,经度
城东街道,文汇社区,阳光小区,3栋,33,023-79220001,29.5300,108.7700
城东街道,文汇社区,阳光小区,5栋,33,023-79220002,29.5320,108.7720
城西街道,西山社区,翠湖苑,1栋,18,023-79230001,29.6000,108.9000
"""


@pytest.fixture
def codes(database: Database, clock: Clock) -> dict[str, str]:
    """Three registered buildings; name → code."""
    listed = read_building_list(read_csv(BUILDINGS.encode()))
    plan = database.read(
        lambda db: plan_import(
            db, listed, district_id="demo", district_name="演示区", add_streets=True
        )
    )
    assert plan.faults == ()
    apply_import(database, plan, clock())
    rows = database.read(lambda db: search_buildings(db, ["demo"], "栋")).rows
    return {row.name: row.code for row in rows}
