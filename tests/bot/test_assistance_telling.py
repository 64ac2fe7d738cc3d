"""Once a year everybody is asked whether they still need help; who does not answer is forgotten."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, update

from bot import store
from bot.assistance_telling import ASKED_AT_ONCE, PURPOSE, Reminding
from bot.dialogue.session import Language, Session, session_to_json
from bot.phrases import load_translation, load_wording
from community.assistance import GRACE, a_year_after, read_need
from community.assistance_store import (
    register_need,
    registrations_of,
    renew,
    withdraw_need,
)
from community.delivery_store import delivery
from community.register_store import archive_building
from community.store import account_of, channel_account, resident_of
from storage import Database
from tests.community.registered import NOON, building_called, imported, new_resident

KEY = b"k" * 32
ZONE = "Asia/Shanghai"
OVER = a_year_after(NOON)
DAY = timedelta(days=1)


class Town:
    """A building, and somebody with a registration a year old."""

    def __init__(self, database: Database) -> None:
        self.database = database
        words: dict[Language, Mapping[str, str]] = {
            "zh": load_wording().functions,
            "en": load_translation("en").functions,
        }
        self.reminding = Reminding(words, ZONE)
        imported(database)
        self.building = building_called(database, "3栋")
        self.account = database.write(lambda db: account_of(db, "wechat", "li", NOON))
        self.resident = database.read(lambda db: resident_of(db, self.account))
        self.register(self.resident)

    def register(self, resident: int) -> None:
        need, where = read_need("1203", ["slow"]), self.building.id
        self.database.write(lambda db: register_need(db, KEY, resident, where, need, NOON))

    def also_on(self, channel: str, name: str, language: Language = "zh") -> int:
        """Give the resident one account more, on which they speak a language."""

        def work(db: Connection) -> int:
            account = account_of(db, channel, name, NOON)
            mine = channel_account.c.id == account
            db.execute(update(channel_account).where(mine).values(resident_id=self.resident))
            state = session_to_json(Session(language=language))
            store.save_session(db, account, state, NOON)
            return account

        return self.database.write(work)

    def remind(self, now: datetime = OVER) -> int:
        return self.database.write(lambda db: self.reminding.remind(db, now))

    def queued(self) -> list[Any]:
        query = select(delivery).order_by(delivery.c.id)
        return list(self.database.read(lambda db: db.execute(query).all()))

    def standing(self, now: datetime) -> int:
        return len(self.database.read(lambda db: registrations_of(db, self.resident, now)))


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_they_are_asked_once_in_every_chat_and_in_no_group(town: Town) -> None:
    town.also_on("telegram", "7001", "en")
    town.also_on("telegram", "-100200:7001")

    assert [town.remind(OVER - DAY), town.remind(), town.remind()] == [0, 1, 0]

    chinese, english = town.queued()
    assert (chinese.purpose, chinese.lane) == (PURPOSE, 3)
    said = chinese.body[0]["text"]
    assert "双福花园3栋" in said
    assert "2027年12月22日" in said
    assert "1203" not in said
    assert "evacuation help" in english.body[0]["text"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestTheQuestion:
    def test_both_answers_open_what_they_say(self, town: Town) -> None:
        town.remind()
        body = town.queued()[0].body[0]

        assert f"assistrenew/{town.building.code}" in str(body["choices"])
        assert f"assistoff/{town.building.code}" in str(body["choices"])
        assert "帮扶续一年" in body["text"]
        assert "撤回帮扶登记" in body["text"]

    def test_nobody_is_woken_at_night(self, town: Town) -> None:
        night = OVER.astimezone(ZoneInfo(ZONE)).replace(hour=23)
        town.remind(night)

        due = town.queued()[0].due_at.astimezone(ZoneInfo(ZONE))
        assert (due.hour, due.date()) == (8, night.date() + DAY)

    def test_after_a_renewal_the_next_year_asks_again(self, town: Town) -> None:
        town.remind()
        where = town.building.id
        town.database.write(lambda db: renew(db, town.resident, where, OVER))

        assert town.remind(OVER + 300 * DAY) == 0
        assert town.remind(a_year_after(OVER)) == 1
        assert len(town.queued()) == 2

    def test_who_took_it_back_is_not_asked(self, town: Town) -> None:
        where = town.building.id
        town.database.write(lambda db: withdraw_need(db, town.resident, where, NOON))

        assert town.remind() == 0
        assert town.queued() == []

    def test_many_are_asked_in_chunks(self, town: Town) -> None:
        for _ in range(ASKED_AT_ONCE):
            town.register(town.database.write(new_resident))

        assert [town.remind(), town.remind(), town.remind()] == [ASKED_AT_ONCE, 1, 0]

    def test_of_an_archived_building_they_are_asked_as_well(self, town: Town) -> None:
        town.database.write(lambda db: archive_building(db, town.building.id, NOON))

        assert town.remind() == 1
        assert len(town.queued()) == 1


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_nobody_renews_ends_after_a_month(town: Town) -> None:
    early, late = OVER + GRACE - DAY, OVER + GRACE

    assert town.database.write(lambda db: town.reminding.end(db, early)) == 0
    assert town.standing(early) == 1
    assert town.database.write(lambda db: town.reminding.end(db, late)) == 1
    assert town.database.write(lambda db: town.reminding.end(db, late)) == 0
    assert town.standing(early) == 0
