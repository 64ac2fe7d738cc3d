"""Functions while storage hangs, is full or closed: what is not on disk is not said to be done."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, func, select

from bot import store
from bot.desk_store import staff_request
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import STORING_SECONDS, URGENT_STORING_SECONDS, Conversation
from bot.dialogue.house import House
from bot.dialogue.turns import Turn
from bot.messages import Choice, Event, Media, Utterance
from community.delivery_store import delivery
from community.link_store import link
from community.store import channel_account, resident
from storage import Database
from storage.work_rows import due
from tests.bot.conftest import Clock
from tests.bot.dialogue.test_conversation_failing import Failure, full, hanging, wait_for
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.test_functions import shown

FAILURES = pytest.mark.parametrize(
    ("store", "failing"),
    [("sqlite", hanging), ("sqlite", full), ("postgresql", hanging)],
    ids=["sqlite hangs", "sqlite is full", "postgresql hangs"],
)
NOT_STORED = "没存下来"
FIRE = "救命啊着火了"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def count(database: Database, table: Table) -> int:
    return database.read(lambda db: db.scalar(select(func.count()).select_from(table))) or 0


@FAILURES
@pytest.mark.parametrize(
    "case",
    [("人工", "3栋消防栓没水", staff_request), ("关联", "1", link)],
    ids=["a message for staff", "a code"],
)
def test_nothing_is_booked_that_was_not_stored(
    sends: Says, database: Database, failing: Failure, case: tuple[str, str, Table]
) -> None:
    before, said, table = case
    sends(before)

    with failing(database):
        began = monotonic()
        unstored = sends(said)
        assert monotonic() - began < STORING_SECONDS + 1

    assert unstored.id is None
    assert NOT_STORED in shown(unstored)
    assert sends("帮助").id is not None
    assert count(database, table) == 0


@FAILURES
def test_the_same_message_sent_again_is_booked_once(
    sends: Says, talk: Conversation, clock: Clock, database: Database, failing: Failure
) -> None:
    sends("人工")
    first = Utterance(LI, "again", "3栋消防栓没水", clock())
    with failing(database):
        assert NOT_STORED in shown(talk.receive(first))

    booked = talk.receive(first)

    assert "留言编号" in shown(booked)
    assert talk.receive(first) == booked
    assert count(database, staff_request) == 1


@FAILURES
def test_a_recording_that_was_not_booked_is_not_fetched(
    sends: Says, database: Database, failing: Failure
) -> None:
    sends(media=(Media("voice", "voice-media-id"),))

    with failing(database):
        assert NOT_STORED in shown(sends("4"))

    assert sends("帮助").id is not None
    assert (count(database, staff_request), count(database, due)) == (0, 0)


@FAILURES
def test_nobody_is_forgotten_by_half(sends: Says, database: Database, failing: Failure) -> None:
    sends("删除我的信息")

    with failing(database):
        assert NOT_STORED in shown(sends("1"))

    assert sends("你好").id is not None
    assert count(database, channel_account) == 1
    assert count(database, store.turn) == 2


@FAILURES
def test_an_emergency_in_the_middle_of_a_function_is_answered_at_once(
    sends: Says, database: Database, failing: Failure
) -> None:
    sends("人工")

    with failing(database):
        began = monotonic()
        assert sends(FIRE).replies[0].kind == "emergency"
        assert "在哪？" in shown(sends("1"))
        assert monotonic() - began < 4 * URGENT_STORING_SECONDS

    assert count(database, staff_request) == 0


@pytest.mark.parametrize(
    "key", ["phones", "human", "building", "notices", "privacy", "forget", "link", "language"]
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_closed_database_opens_no_function_and_says_so(
    talk: Conversation, database: Database, clock: Clock, key: str
) -> None:
    database.close()

    turn = talk.receive(Utterance(LI, "m", "", clock(), event=Event("menu", key)))

    assert NOT_STORED in shown(turn)
    assert "119" in shown(turn)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_tapped_emergency_is_answered_by_a_closed_database(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    database.close()
    tapped = Choice("着火了", function="say/着火了")

    turn = talk.receive(Utterance(LI, "m", "着火了", clock(), tapped=tapped))

    assert turn.replies[0].kind == "emergency"


def test_a_late_write_leaves_nothing_of_what_was_not_promised(
    sends: Says, database: Database
) -> None:
    sends("人工")
    before = count(database, store.turn)
    with hanging(database):
        assert NOT_STORED in shown(sends("3栋消防栓没水"))

    assert sends("帮助").id is not None
    assert count(database, store.turn) == before + 1
    assert count(database, staff_request) == 0


def test_a_late_write_keeps_the_turn_that_the_channel_has_sent_by_itself(
    sends: Says, database: Database
) -> None:
    sends("你好", LI_ON_TELEGRAM)
    with hanging(database):
        late = sends(FIRE, LI_ON_TELEGRAM)

    assert late.id is None
    assert late.replies[0].kind == "emergency"
    assert wait_for(lambda: count(database, store.turn) == 2)
    assert count(database, delivery) == 1


def repeated(send: Callable[[], Turn]) -> Turn:
    """Send the same three times, as a platform does, and return what all of them got."""
    turns = [send() for _ in range(3)]
    assert turns[0] == turns[1] == turns[2]
    return turns[0]


def test_a_repeat_of_the_last_yes_forgets_once(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    sends("你好")
    sends("删除我的信息")
    yes = Utterance(LI, "yes", "1", clock())

    gone = repeated(lambda: talk.receive(yes))

    assert "删好了" in shown(gone)
    assert count(database, channel_account) == 1
    assert count(database, resident) == 1
    assert count(database, store.turn) == 1
    kept = database.read(lambda db: db.scalars(select(channel_account.c.id)).one())
    repeated(lambda: talk.receive(yes))
    assert database.read(lambda db: db.scalars(select(channel_account.c.id)).one()) == kept


def test_after_forgetting_nothing_of_the_old_conversation_stands(sends: Says) -> None:
    sends("english")
    sends("人工")
    sends("delete my data")
    assert "Deleted" in shown(sends("yes"))

    anew = sends("你好")

    assert "你好" in shown(anew)
    assert "没有要选的" in shown(sends("1"))


@pytest.mark.parametrize("line", ["3栋消防栓没水", "人工"])
def test_a_repeat_in_a_function_has_no_second_effect(
    sends: Says, talk: Conversation, database: Database, clock: Clock, line: str
) -> None:
    sends("人工")
    said = Utterance(LI, "same", line, clock())

    repeated(lambda: talk.receive(said))

    assert count(database, staff_request) == (line != "人工")


def test_what_is_pushed_is_queued_once_however_often_it_comes(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    for name, line in (("a", "人工"), ("b", "3栋消防栓没水")):
        said = Utterance(LI_ON_TELEGRAM, name, line, clock())
        repeated(lambda said=said: talk.receive(said))

    assert count(database, delivery) == 2
    assert count(database, staff_request) == 1


def test_another_process_goes_on_with_the_function(
    sends: Says, database: Database, brain: Brain, clock: Clock, house: House
) -> None:
    sends("人工")
    other = Conversation(database, brain, clock, SHANGHAI, house)

    booked = other.receive(Utterance(LI, "there", "3栋消防栓没水", clock()))

    assert "留言编号" in shown(booked)


def test_leaving_in_the_middle_of_a_function_deletes_it(
    sends: Says, database: Database, clock: Clock
) -> None:
    sends("人工")
    sends("3栋消防栓没水")
    clock.forward(timedelta(minutes=1))
    assert sends(event=Event("left")).replies == ()

    tables = (staff_request, store.turn, store.session, channel_account, resident)
    assert [count(database, table) for table in tables] == [0, 0, 0, 0, 0]
    assert "生命通道" in shown(sends(event=Event("followed")))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_was_not_stored_is_said_in_the_senders_language(
    sends: Says, database: Database
) -> None:
    sends("english")
    sends("human")

    with hanging(database):
        assert "was not saved" in shown(sends("3栋消防栓没水"))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_replies_carry_the_language_of_their_conversation(sends: Says, talk: Conversation) -> None:
    """What a channel says beside them, on buttons of its own, must be in the same."""
    first = sends("电瓶能不能拿回家充")
    changed = sends("english")
    answer = sends("电瓶能不能拿回家充")
    urgent = sends("help, my kitchen is on fire")

    turns = (first, changed, answer, urgent)
    assert [{reply.language for reply in turn.replies} for turn in turns] == [
        {"zh"}, {"en"}, {"en"}, {"en"},
    ]  # fmt: skip
    assert urgent.replies[0].kind == "emergency"
    kept = talk.turn(LI, answer.id or 0)
    assert kept is not None
    assert kept.replies == answer.replies
