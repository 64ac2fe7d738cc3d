"""Faults once found in the joined turn: what was doubled, delayed, kept or shown wrongly."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event as Flag
from threading import Thread
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from bot import store as turns
from bot.assembly import Premises
from bot.desk import answer
from bot.desk_store import add_request, staff_request
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import STORING_SECONDS, Conversation
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Functions, Visit
from bot.dialogue.house import House, Pushed
from bot.dialogue.reception import Reception
from bot.dialogue.session import Flow, Session, session_to_json
from bot.dialogue.turns import Turn
from bot.messages import MAX_ID_CHARACTERS, Account, Event, Reply, Utterance
from community.delivery_claim_store import Claim, claim_deliveries, settle
from community.delivery_store import delivery
from community.link_store import link
from community.outcomes import RetryAfter
from community.store import account_of, find_account
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says, house, sends, talk

__all__ = ["house", "sends", "talk"]

ON_THE_WEB = Account("web", "visitor-zhang")
IN_A_GROUP = Account("telegram", "-100200300:7001")
NOTICE = Reply("chat", "明天上午停水")
MINUTE = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PATIENCE_SECONDS = 10
CLAIM = Claim("telegram", "this process", 10)
postgres_only = pytest.mark.parametrize("store", ["postgresql"])
sqlite_only = pytest.mark.parametrize("store", ["sqlite"])


def texts(turn: Turn) -> list[str]:
    return [reply.text for reply in turn.replies]


@sqlite_only
def test_nothing_stands_above_the_last_words_to_somebody_in_a_crisis(
    sends: Says, database: Database, house: House, clock: Clock
) -> None:
    choices = sends("我不想活了").replies[0].choices
    account = database.write(lambda db: account_of(db, LI.channel, LI.name, clock()))
    database.write(lambda db: house.push(db, account, Pushed(LI, (NOTICE,), "water"), clock()))
    clock.forward(MINUTE)

    turn = sends(choices[0].label)

    assert turn.replies[0].kind == "crisis"
    assert NOTICE.text not in texts(turn)
    assert NOTICE.text in texts(sends("你好"))


@sqlite_only
def test_an_emergency_does_not_wait_behind_a_reply_that_is_tried_again(
    sends: Says, database: Database, clock: Clock
) -> None:
    sends("你好", LI_ON_TELEGRAM)

    def refused(db: Connection) -> None:
        for one in claim_deliveries(db, CLAIM, clock()):
            settle(db, one, RetryAfter(60), clock())

    database.write(refused)
    urgent = sends("救命，我家着火了", LI_ON_TELEGRAM)

    claimed = database.write(lambda db: claim_deliveries(db, CLAIM, clock()))

    assert [one.turn_id for one in claimed] == [urgent.id]


@sqlite_only
def test_a_private_function_is_not_gone_on_with_in_a_group(
    sends: Says, database: Database, clock: Clock
) -> None:
    def waiting(db: Connection) -> None:
        account = account_of(db, IN_A_GROUP.channel, IN_A_GROUP.name, clock())
        state = session_to_json(Session(flow=Flow("human", "message")))
        turns.save_session(db, account, state, clock())

    database.write(waiting)

    sends("我住3栋1202", IN_A_GROUP)

    assert database.read(lambda db: db.execute(select(staff_request.c.id)).all()) == []


@sqlite_only
def test_an_answer_of_staff_waits_for_longer_than_a_day(
    sends: Says, database: Database, clock: Clock
) -> None:
    sends("你好")

    def answered(db: Connection) -> None:
        account = find_account(db, LI.channel, LI.name)
        assert account is not None
        _, code = add_request(db, account, "电梯坏了", clock())
        answer(db, code, "明天修", clock())

    database.write(answered)
    clock.forward(timedelta(days=3))

    assert "明天修" in texts(sends("你好"))


@sqlite_only
def test_the_question_whether_to_link_ends_with_the_link(sends: Says, database: Database) -> None:
    sends("关联")
    found = re.search(r"[0-9]{6}", sends("1").replies[0].text)
    assert found
    sends(f"关联 {found[0]}", ON_THE_WEB)

    asked = database.read(lambda db: db.scalars(select(delivery.c.expires_at)).all())
    ends = database.read(lambda db: db.scalars(select(link.c.expires_at)).all())

    assert asked == ends
    assert len(asked) == 1


@postgres_only
def test_a_late_reply_to_the_longest_id_is_queued(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    said = Utterance(LI, "m" * MAX_ID_CHARACTERS, "你好", clock())

    for _ in range(2):
        talk.send_later(said, talk.receive(said))

    assert len(database.read(lambda db: db.execute(select(delivery.c.id)).all())) == 1


@contextmanager
def standing_still(database: Database) -> Iterator[None]:
    """Let nobody write meanwhile."""
    held, let_go = Flag(), Flag()

    def hold(_db: Connection) -> None:
        held.set()
        let_go.wait(PATIENCE_SECONDS)

    holding = database.submit(hold)
    assert held.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        let_go.set()
        holding.result(PATIENCE_SECONDS)


@sqlite_only
def test_who_left_is_not_remembered_beside_the_store(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    with standing_still(database):
        talk.receive(Utterance(LI, "m1", "救命，我家着火了，我在3栋1202", clock()))
    clock.forward(MINUTE)
    talk.receive(Utterance(LI, "m2", "", clock(), event=Event("left")))
    clock.forward(MINUTE)

    with standing_still(database):
        back = talk.receive(Utterance(LI, "m3", "下一步", clock()))

    assert back.replies[0].kind != "emergency"


@pytest.fixture
def stuck() -> Flag:
    """Set when the function of ``hanging`` may go on."""
    return Flag()


@pytest.fixture
def hanging(database: Database, brain: Brain, clock: Clock, stuck: Flag) -> Conversation:
    """A conversation whose one function hangs as on a disk that does not answer."""

    def look_up(visit: Visit, given: str) -> Outcome:
        stuck.wait(PATIENCE_SECONDS)
        return visit.say("notices_none").booked().outcome()

    functions = Functions((Function("notices", look_up, frozenset({"通知设置"})),))
    return Conversation(database, brain, clock, SHANGHAI, House(Reception(functions)))


@sqlite_only
def test_nobody_waits_for_a_store_that_hangs_within_a_function(
    hanging: Conversation, database: Database, stuck: Flag, clock: Clock
) -> None:
    began = monotonic()

    turn = hanging.receive(Utterance(ON_THE_WEB, "m1", "通知设置", clock()))

    took = monotonic() - began
    stuck.set()
    assert took < STORING_SECONDS + 1
    assert turn.id is None
    # What the function made of it afterwards was withdrawn, as its sender was told.
    assert database.write(lambda db: db.execute(select(turns.turn.c.id)).all()) == []


@sqlite_only
def test_an_emergency_is_still_answered_when_its_person_waits_for_a_function(
    hanging: Conversation, stuck: Flag, clock: Clock
) -> None:
    first = Thread(
        target=partial(hanging.receive, Utterance(ON_THE_WEB, "m1", "通知设置", clock()))
    )
    first.start()
    began = monotonic()

    turn = hanging.receive(Utterance(ON_THE_WEB, "m2", "救命，我家着火了", clock()))

    took = monotonic() - began
    stuck.set()
    first.join(PATIENCE_SECONDS)
    assert turn.replies[0].kind == "emergency"
    assert took < 1


def test_the_installations_key_is_not_shown() -> None:
    assert "secret" not in repr(Premises(("demo",), b"secret"))


def test_every_happening_behind_a_button_is_taken_for_one(
    brain: Brain, sends: Says, database: Database
) -> None:
    """Words behind a choice of the same label would else choose themselves for ever."""
    for language in ("zh", "en"):
        words = brain.function_words(language)
        said = {name: text for name, text in words.items() if name.startswith("say_")}
        urgent = {name for name, text in said.items() if brain.dialogue.urgent(brain.analyse(text))}
        assert urgent == set(said), language
