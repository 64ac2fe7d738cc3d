"""Faults that were found in the joined whole: each test names one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from bot import store
from bot.assembly import Premises, functions_of, house_of
from bot.desk import answer
from bot.desk_store import add_request, staff_request
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Functions, Visit
from bot.dialogue.house import House, Pushed
from bot.dialogue.reception import Reception
from bot.dialogue.session import Flow, Session, session_to_json
from bot.messages import Account, Event, Reply, Utterance
from community.delivery_store import Claim, claim_deliveries, delivery, settle
from community.link_store import link, start_link
from community.outcomes import RetryAfter
from community.store import account_of, find_account
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says, house, sends, talk

__all__ = ["house", "sends", "talk"]

KEY = b"k" * 32
IN_A_GROUP = Account("telegram", "-100200300:7001")
NOTICE = Reply("chat", "明天上午停水")
MINUTE = timedelta(minutes=1)
postgres_only = pytest.mark.parametrize("store", ["postgresql"])


def test_nothing_stands_above_the_last_words_to_somebody_in_a_crisis(
    sends: Says, database: Database, house: House, clock: Clock
) -> None:
    """The choice that ends a crisis left its session, so a notice was shown before 「…」."""
    crisis = sends("我不想活了")
    account = database.write(lambda db: account_of(db, LI.channel, LI.name, clock()))
    database.write(lambda db: house.push(db, account, Pushed(LI, (NOTICE,), "water"), clock()))
    clock.forward(MINUTE)

    turn = sends(crisis.replies[0].choices[0].label)

    assert turn.replies[0].kind == "crisis"
    assert NOTICE.text not in [reply.text for reply in turn.replies]


def test_an_emergency_never_waits_behind_a_reply_that_is_tried_again(
    sends: Says, database: Database, clock: Clock
) -> None:
    """Both stood in the lane of replies, where only the first in line may leave."""
    sends("你好", LI_ON_TELEGRAM)
    claim = Claim("telegram", "w", 10)

    def refused(db: Connection) -> None:
        for one in claim_deliveries(db, claim, clock()):
            settle(db, one, RetryAfter(60), clock())

    database.write(refused)
    urgent = sends("救命，我家着火了", LI_ON_TELEGRAM)

    claimed = database.write(lambda db: claim_deliveries(db, claim, clock()))

    assert [one.turn_id for one in claimed] == [urgent.id]


def test_a_private_function_is_not_gone_on_with_in_a_group(
    sends: Says, database: Database, clock: Clock
) -> None:
    """Only opening was refused there, so a group that was a private chat could go on."""

    def waiting(db: Connection) -> None:
        account = account_of(db, IN_A_GROUP.channel, IN_A_GROUP.name, clock())
        session = Session(flow=Flow("human", "message"))
        store.save_session(db, account, session_to_json(session), clock())

    database.write(waiting)

    sends("我住3栋1202", IN_A_GROUP)

    assert database.read(lambda db: db.execute(select(staff_request.c.id)).all()) == []


def test_an_answer_of_staff_waits_for_longer_than_a_reply(
    sends: Says, database: Database, clock: Clock
) -> None:
    """It ended after a day, and who did not write again within that never got it."""
    sends("你好")

    def answered(db: Connection) -> None:
        account = find_account(db, LI.channel, LI.name)
        assert account is not None
        _, code = add_request(db, account, "电梯坏了", clock())
        answer(db, code, "明天修", clock())

    database.write(answered)
    clock.forward(timedelta(days=3))

    assert "明天修" in [reply.text for reply in sends("你好").replies]


def test_the_question_whether_to_link_ends_with_the_link(
    sends: Says, database: Database, clock: Clock, house: House
) -> None:
    """It was still asked a day later, and a yes was then told that there is no such link."""
    sends("你好")
    keyed = sends("关联", Account("web", "v"))
    assert keyed.id

    def ask(db: Connection) -> str:
        account = account_of(db, LI.channel, LI.name, clock())
        from_ours = functions_of(Premises(("demo",), KEY), clock).require("link")
        visit = _visit(db, account, clock)
        return from_ours.open(visit, "give").replies[0].text

    shown = database.write(ask)
    code = "".join(filter(str.isdigit, shown.split("码")[1]))[:6]
    sends(f"关联 {code}", Account("web", "v"))

    asked = database.read(lambda db: db.execute(select(delivery, link.c.expires_at).join(
        link, link.c.giver_id == delivery.c.account_id)).all())
    assert [one.expires_at for one in asked] == [one[-1] for one in asked]
    assert len(asked) == 1
