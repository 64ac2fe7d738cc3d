"""The outbox beside a turn: queued once, shown once, and never before what is urgent."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.dialogue.conversation import Conversation
from bot.dialogue.house import REPLY_EXPIRES, House, Pushed
from bot.dialogue.manners import PLAIN_MANNER
from bot.messages import Account, Choice, Event, Reply, Utterance
from community.delivery_store import delivery
from community.reach import reach
from community.store import account_of
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.test_functions import shown

MINUTE = timedelta(minutes=1)
ZHANG = Account("web", "visitor-zhang")
NOTICE = Reply("chat", "周六上午演练", choices=(Choice("知道了"),), rateable=True)


def queue(
    database: Database, house: House, clock: Clock, account: Account = LI, key: str = "n"
) -> int | None:
    """Queue a notice that nothing has pushed yet."""

    def work(db: object) -> int | None:
        account_id = account_of(db, account.channel, account.name, clock())  # type: ignore[arg-type]
        return house.push(db, account_id, Pushed(account, (NOTICE,), key), clock())  # type: ignore[arg-type]

    return database.write(work)


def states(database: Database) -> list[str]:
    return list(database.read(lambda db: db.scalars(select(delivery.c.state)).all()))


def test_the_same_key_is_queued_once(database: Database, house: House, clock: Clock) -> None:
    assert queue(database, house, clock) is not None
    assert queue(database, house, clock) is None
    assert queue(database, house, clock, key="another") is not None


@pytest.mark.parametrize("account", [LI, ZHANG], ids=["wechat", "web"])
def test_what_was_not_pushed_is_shown_once_without_its_choices(
    sends: Says, database: Database, house: House, clock: Clock, account: Account
) -> None:
    queue(database, house, clock, account)
    clock.forward(MINUTE)

    first = sends("你好", account)
    assert first.replies[0].text == NOTICE.text
    assert first.replies[0].choices == ()
    assert not first.replies[0].rateable
    assert NOTICE.text not in shown(sends("你好", account))
    assert states(database) == ["shown"]


def test_a_repeat_shows_the_same_again(
    talk: Conversation, database: Database, house: House, clock: Clock
) -> None:
    queue(database, house, clock)
    clock.forward(MINUTE)
    said = Utterance(LI, "same", "你好", clock())

    assert talk.receive(said) == talk.receive(said)
    assert NOTICE.text in shown(talk.receive(said))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "said",
    ["救命啊着火了", "我不想活了", "老人噎住了", "家里插座有点烫有糊味怎么办"],
    ids=["emergency", "crisis", "danger", "perhaps"],
)
def test_nothing_stands_before_what_is_urgent(
    sends: Says, database: Database, house: House, clock: Clock, said: str
) -> None:
    """A notice of a drill stood above the reply to somebody who was choking."""
    queue(database, house, clock)
    clock.forward(MINUTE)

    assert NOTICE.text not in shown(sends(said))
    assert states(database) == ["waiting"]


def test_in_an_emergency_it_waits_until_that_is_over(
    sends: Says, database: Database, house: House, clock: Clock
) -> None:
    sends("救命啊着火了")
    queue(database, house, clock)
    clock.forward(MINUTE)

    assert NOTICE.text not in shown(sends("1"))
    assert NOTICE.text not in shown(sends("下一步"))
    sends("安全了")
    sends("你好")
    assert states(database) == ["shown"]


def test_what_has_expired_is_not_shown(
    sends: Says, database: Database, house: House, clock: Clock
) -> None:
    queue(database, house, clock)
    clock.forward(REPLY_EXPIRES + MINUTE)

    assert NOTICE.text not in shown(sends("你好"))


def test_a_reply_to_telegram_is_queued_in_its_turn_and_once(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    said = Utterance(LI_ON_TELEGRAM, "same", "你好", clock())

    turns = [talk.receive(said) for _ in range(3)]

    rows = database.read(lambda db: db.execute(select(delivery.c.turn_id, delivery.c.lane)).all())
    assert [row.turn_id for row in rows] == [turns[0].id]
    assert len({turn.id for turn in turns}) == 1


def test_what_came_too_late_is_queued_once(
    talk: Conversation, database: Database, clock: Clock
) -> None:
    said = Utterance(LI, "late", "你好", clock())
    turn = talk.receive(said)

    for _ in range(2):
        talk.send_later(said, turn)

    assert len(states(database)) == 1


@pytest.mark.parametrize(
    ("event", "account", "windows"),
    [(None, LI, 1), (Event("menu", "phones"), LI, 1), (None, ZHANG, 0)],
    ids=["a message", "a tap", "a page has no window"],
)
def test_a_message_opens_the_platforms_window(
    sends: Says, database: Database, event: Event | None, account: Account, windows: int
) -> None:
    sends("" if event else "你好", account, event=event)

    count = database.read(lambda db: db.scalar(select(func.count(reach.c.account_id))))
    assert count == windows


def test_an_unknown_channel_has_plain_manners(house: House) -> None:
    assert house.manner(Account("terminal", "me")) is PLAIN_MANNER
    assert house.manner(LI).most_bytes == 1900
