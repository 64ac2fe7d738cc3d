"""Two processes over one PostgreSQL at the same moment: one effect each, and no deadlock's end."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot import store as turns
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.house import House
from bot.dialogue.turns import Turn
from bot.messages import Account, Event, Utterance
from community.delivery_store import delivery
from community.store import channel_account, resident
from storage import Database, open_database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import house

__all__ = ["house"]

pytestmark = pytest.mark.parametrize("store", ["postgresql"])
SHANGHAI = ZoneInfo("Asia/Shanghai")
LI, ZHANG = Account("wechat", "openid-li"), Account("telegram", "7001")
ROUNDS = 5

At = Callable[..., list[Turn]]


@pytest.fixture
def processes(
    database_url: str, brain: Brain, clock: Clock, house: House
) -> Iterator[tuple[Conversation, Conversation]]:
    with open_database(database_url) as one, open_database(database_url) as other:
        yield (
            Conversation(one, brain, clock, SHANGHAI, house),
            Conversation(other, brain, clock, SHANGHAI, house),
        )


@pytest.fixture
def both(processes: tuple[Conversation, Conversation]) -> Iterator[At]:
    """Hand one message to each process at the same moment, and return the turns."""
    with ThreadPoolExecutor(2) as threads:

        def send(*said: Utterance) -> list[Turn]:
            barrier = Barrier(2)

            def one(conversation: Conversation, utterance: Utterance) -> Turn:
                barrier.wait()
                return conversation.receive(utterance)

            return list(threads.map(one, processes, said))

        yield send


def amount(database: Database, table: object) -> int:
    return database.read(
        lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()
    )  # type: ignore[arg-type]


def test_the_same_message_to_both_has_one_effect(
    both: At, database: Database, clock: Clock
) -> None:
    for number in range(ROUNDS):
        account = Account("telegram", str(number))
        said = Utterance(account, "same", "楼道能给电动车充电吗", clock())
        first, second = both(said, said)
        assert first.id == second.id
        assert first.replies == second.replies

    counts = {table.name: amount(database, table) for table in (turns.turn, delivery, resident)}
    assert counts == {"turn": ROUNDS, "delivery": ROUNDS, "resident": ROUNDS}


def code_shown(turn: Turn) -> str:
    found = re.search(r"[0-9]{6}", turn.replies[0].text)
    assert found
    return found[0]


def test_both_say_yes_at_once(
    both: At, processes: tuple[Conversation, Conversation], database: Database, clock: Clock
) -> None:
    numbers = (f"m{number}" for number in count())
    here, _ = processes

    def say(account: Account, text: str) -> Utterance:
        return Utterance(account, next(numbers), text, clock())

    here.receive(say(LI, "关联"))
    code = code_shown(here.receive(say(LI, "1")))
    here.receive(say(ZHANG, f"关联 {code}"))

    both(say(LI, "是我"), say(ZHANG, "是我"))

    assert amount(database, channel_account) == 2
    assert amount(database, resident) == 1


def test_two_join_the_same_third_at_once(
    both: At, processes: tuple[Conversation, Conversation], database: Database, clock: Clock
) -> None:
    numbers = (f"m{number}" for number in count())
    here, _ = processes
    wang = Account("web", "visitor-wang")

    def say(account: Account, text: str) -> Utterance:
        clock.forward(timedelta(seconds=1))
        return Utterance(account, next(numbers), text, clock())

    for taker in (ZHANG, wang):
        here.receive(say(LI, "关联"))
        code = code_shown(here.receive(say(LI, "1")))
        here.receive(say(taker, f"关联 {code}"))
        here.receive(say(LI, "是我"))

    both(say(ZHANG, "是我"), say(wang, "是我"))

    assert amount(database, resident) == 1


def test_each_types_the_others_code_at_once(
    both: At, processes: tuple[Conversation, Conversation], clock: Clock
) -> None:
    numbers = (f"m{number}" for number in count())
    here, _ = processes
    codes: dict[Account, str] = {}
    for account in (LI, ZHANG):
        here.receive(Utterance(account, next(numbers), "关联", clock()))
        codes[account] = code_shown(here.receive(Utterance(account, next(numbers), "1", clock())))

    told = both(
        Utterance(LI, next(numbers), f"关联 {codes[ZHANG]}", clock()),
        Utterance(ZHANG, next(numbers), f"关联 {codes[LI]}", clock()),
    )

    assert all(turn.id is not None for turn in told), [turn.replies for turn in told]


@pytest.mark.parametrize("words", ["是我", "删除", "你好"])
def test_a_linked_person_erases_both_while_the_other_channel_writes(
    both: At,
    processes: tuple[Conversation, Conversation],
    database: Database,
    clock: Clock,
    words: str,
) -> None:
    numbers = (f"m{number}" for number in count())
    here, _ = processes

    def say(account: Account, text: str) -> Utterance:
        return Utterance(account, next(numbers), text, clock())

    here.receive(say(LI, "关联"))
    code = code_shown(here.receive(say(LI, "1")))
    here.receive(say(ZHANG, f"关联 {code}"))
    for account in (LI, ZHANG):
        here.receive(say(account, "是我"))
    here.receive(say(LI, "删除我的信息"))

    erased, _ = both(say(LI, "1"), say(ZHANG, words))

    assert erased.id is not None
    standing = database.read(lambda db: db.scalars(select(turns.turn.c.said)).all())
    assert set(standing) <= {"1", words}


def test_one_leaves_while_the_other_process_answers_them(
    both: At, processes: tuple[Conversation, Conversation], clock: Clock
) -> None:
    for number in range(ROUNDS):
        account = Account("wechat", f"openid-{number}")
        processes[0].receive(Utterance(account, "m1", "你好", clock()))
        _, turn = both(
            Utterance(account, "m2", "", clock(), event=Event("left")),
            Utterance(account, "m3", "楼道能给电动车充电吗", clock()),
        )
        assert turn.replies
