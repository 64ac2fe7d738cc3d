"""Conversations while storage fails, hangs, or holds what cannot be read, on both stores."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from bot import store
from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import URGENT_STORING_SECONDS, Conversation
from bot.dialogue.deciding import Dialogue, Outcome
from bot.dialogue.session import Session
from bot.dialogue.turns import Turn
from bot.messages import Account, Reply, Utterance, plain_text
from knowledge.store import list_unanswered
from storage import Database, open_database
from tests.bot.conftest import ANN, NOON, Clock

Say = Callable[[str], Turn]
Failure = Callable[[Database], AbstractContextManager[None]]
BOB = Account("web", "visitor-two")
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRE = "救命啊着火了"
PATIENCE_SECONDS = 10


def text_of(turn: Turn) -> str:
    return "\n".join(plain_text(reply) for reply in turn.replies)


def count_turns(database: Database) -> int:
    query = select(func.count()).select_from(store.turn)
    return database.read(lambda db: db.execute(query).scalar_one())


def execute(database: Database, statement: str) -> None:
    database.write(lambda db: db.execute(text(statement)))


@contextmanager
def hanging(database: Database) -> Iterator[None]:
    """Let nobody else store a turn: SQLite has one writer, PostgreSQL a lock on the table."""
    held, let_go = Event(), Event()

    def hold(db: Connection) -> None:
        if not database.is_embedded:
            db.execute(text("LOCK TABLE turn IN EXCLUSIVE MODE"))
        held.set()
        let_go.wait(PATIENCE_SECONDS)

    holding = database.submit(hold)
    assert held.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        let_go.set()
        holding.result(PATIENCE_SECONDS)


@contextmanager
def full(database: Database) -> Iterator[None]:
    """Let SQLite grow no more, and use up what room its pages have."""

    def limit(db: Connection) -> None:
        db.exec_driver_sql("CREATE TABLE filler (text)")
        used = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {used}")

    execute(database, "CREATE TRIGGER grow BEFORE INSERT ON turn BEGIN"
            " INSERT INTO filler VALUES (zeroblob(1000000)); END")  # fmt: skip
    database.write(limit)
    yield
    execute(database, "PRAGMA max_page_count = 1000000")
    execute(database, "DROP TRIGGER grow")


@contextmanager
def without_table(database: Database) -> Iterator[None]:
    """Take away a table: what is raised then is no StorageError."""
    execute(database, "ALTER TABLE turn RENAME TO gone")
    yield
    execute(database, "ALTER TABLE gone RENAME TO turn")


FAILURES = pytest.mark.parametrize(
    ("store", "failing"),
    [
        ("sqlite", hanging),
        ("sqlite", full),
        ("sqlite", without_table),
        ("postgresql", hanging),
        ("postgresql", without_table),
    ],
)


@pytest.fixture
def flow(brain: Brain, clock: Clock, database: Database) -> dict[str, str]:
    """What somebody reads in the emergency flow while all is well, by what they wrote."""
    whole = Conversation(database, brain, clock, SHANGHAI)
    said = [FIRE, "2", "幸福小区3栋2501", "下一步"]
    return {
        line: text_of(whole.receive(Utterance(BOB, f"well {line}", line, clock()))) for line in said
    }


@FAILURES
def test_the_flow_goes_on_when_storing_fails_in_the_midst_of_it(
    say: Say, database: Database, failing: Failure, flow: dict[str, str]
) -> None:
    """「2」 was answered with 「没有要选的」: only what had failed to be stored was remembered."""
    assert say(FIRE).id is not None

    with failing(database):
        began = monotonic()
        unstored = say("2")
        placed = say("幸福小区3栋2501")
        assert monotonic() - began < 4 * URGENT_STORING_SECONDS

    assert unstored.id is None
    assert text_of(unstored) == flow["2"]
    assert text_of(placed) == flow["幸福小区3栋2501"]
    assert text_of(say("下一步")) == flow["下一步"]


@FAILURES
def test_the_flow_begins_while_nothing_can_be_stored(
    say: Say, database: Database, failing: Failure, flow: dict[str, str]
) -> None:
    with failing(database):
        assert text_of(say(FIRE)) == flow[FIRE]
        assert text_of(say("2")) == flow["2"]

    assert say("幸福小区3栋2501").replies[0].kind == "emergency"


@pytest.fixture
def restarted(database: Database, brain: Brain, clock: Clock) -> Conversation:
    """Another process over the same database, which remembers nobody."""
    return Conversation(database, brain, clock, SHANGHAI)


@FAILURES
def test_the_flow_goes_on_in_another_process(
    say: Say, restarted: Conversation, database: Database, failing: Failure, flow: dict[str, str]
) -> None:
    say(FIRE)

    with failing(database):
        turn = restarted.receive(Utterance(ANN, "later", "2", NOON))

    assert text_of(turn) == flow["2"]


def test_a_question_is_not_answered_over_a_fault_of_our_own(say: Say, database: Database) -> None:
    with without_table(database), pytest.raises(Exception, match="turn"):
        say("电瓶能不能拿回家充")


def test_a_repeat_of_what_was_not_stored_has_no_second_effect(
    conversation: Conversation, clock: Clock, database: Database
) -> None:
    def send(name: str, said: str) -> Turn:
        return conversation.receive(Utterance(ANN, name, said, clock()))

    send("a", FIRE)
    with without_table(database):
        first, again = send("b", "1"), send("b", "1")
    stored = send("b", "1")

    assert first.replies == again.replies == stored.replies
    assert (first.id, stored.id is None) == (None, False)


def wait_for(is_so: Callable[[], bool]) -> bool:
    """Wait for what the writer still has queued."""
    end = monotonic() + PATIENCE_SECONDS
    while not is_so() and monotonic() < end:
        Event().wait(0.01)
    return is_so()


def test_a_late_commit_stores_what_was_said(
    say: Say,
    conversation: Conversation,
    restarted: Conversation,
    database: Database,
    clock: Clock,
) -> None:
    """The queued turns were decided again, on the session that came after them."""
    with hanging(database):
        said = [say(FIRE), say("1"), say("下一步")]

    assert wait_for(lambda: count_turns(database) == 3)
    stored = {turn.said: turn.replies for turn in conversation.history(ANN)}
    assert stored == {turn.said: turn.replies for turn in said}
    assert restarted.receive(Utterance(ANN, "last", "安全了", clock())).id is not None
    assert "没有要选的" in text_of(say("1"))


def test_what_was_not_promised_is_not_kept_later(say: Say, database: Database) -> None:
    say("电瓶能不能拿回家充")

    with hanging(database):
        assert "没存下来" in text_of(say("不对"))

    assert say("你好").id is not None
    assert database.read(lambda db: list_unanswered(db, 10)) == []
    assert count_turns(database) == 2


def test_an_older_memory_does_not_beat_what_another_host_stored(
    say: Say, database: Database, brain: Brain, clock: Clock
) -> None:
    with without_table(database):
        say(FIRE)
    clock.forward(timedelta(minutes=1))
    other = Conversation(database, brain, clock, SHANGHAI)
    for line in (FIRE, "1", "安全了"):
        other.receive(Utterance(ANN, f"other {line}", line, clock()))

    assert "没有要选的" in text_of(say("1"))


def test_what_is_remembered_is_forgotten_in_time(
    say: Say, conversation: Conversation, database: Database, clock: Clock
) -> None:
    with without_table(database):
        say(FIRE)
    clock.forward(timedelta(hours=3))

    slow = conversation.receive(Utterance(ANN, "slow", "1", clock()), limited=True)

    assert "太快" in text_of(slow)
    assert "没有要选的" in text_of(say("1"))


class Undecided(Dialogue):
    """A dialogue with a fault in it: it knows what is urgent and can decide no turn."""

    def __init__(self, whole: Dialogue) -> None:
        self._whole = whole

    def urgent(self, analysis: Analysis) -> Reply | None:
        return self._whole.urgent(analysis)

    def decide(self, session: Session, text: str, analysis: Analysis, now: datetime) -> Outcome:
        raise KeyError(text, session, analysis, now)


@pytest.fixture
def faulty(database: Database, brain: Brain, clock: Clock) -> Conversation:
    """A conversation that can decide nothing."""
    undecided = replace(brain, dialogue=Undecided(brain.dialogue))
    return Conversation(database, undecided, clock, SHANGHAI)


@pytest.mark.parametrize("said", [FIRE, "我不想活了"])
def test_what_is_urgent_is_said_even_when_nothing_can_be_decided(
    faulty: Conversation, clock: Clock, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    turn = faulty.receive(Utterance(ANN, "a", said, clock()))

    assert turn.replies[0].kind in {"emergency", "crisis"}
    assert "KeyError" in caplog.text
    with pytest.raises(KeyError):
        faulty.receive(Utterance(BOB, "b", "电瓶能不能拿回家充", clock()))


def test_who_is_in_an_emergency_reads_its_first_words_again(
    say: Say, faulty: Conversation, clock: Clock
) -> None:
    first = say(FIRE)
    turn = faulty.receive(Utterance(ANN, "2", "2", clock()))
    assert turn.replies[0].text.splitlines()[0] == first.replies[0].text.splitlines()[0]


@pytest.mark.parametrize(
    "state",
    [[], 7, "x", {"emergency": {"kind": "flood"}}, {"crisis": "later"}, {"offers": [1]}],
    ids=str,
)
def test_a_session_that_cannot_be_read_costs_no_reply(
    say: Say, database: Database, state: object, caplog: pytest.LogCaptureFixture
) -> None:
    say("你好")
    database.write(lambda db: db.execute(update(store.session).values(state=state)))

    with caplog.at_level(logging.WARNING):
        assert say("电瓶能不能拿回家充").replies[0].kind == "answer"
    database.write(lambda db: db.execute(update(store.session).values(state=state)))
    assert say(FIRE).id is not None


def test_a_stored_reply_that_cannot_be_read_is_left_out(
    say: Say, conversation: Conversation, database: Database
) -> None:
    say("你好")
    odd = [{"kind": "song"}, {"kind": "chat", "text": "在", "later": [1]}]
    database.write(lambda db: db.execute(update(store.turn).values(replies=odd)))

    (turn,) = conversation.history(ANN)
    assert [reply.text for reply in turn.replies] == ["在"]


@pytest.fixture
def two_hosts(
    database: Database, database_url: str, brain: Brain, clock: Clock
) -> Iterator[list[Conversation]]:
    """Two processes over one database."""
    with open_database(database_url) as second:
        yield [Conversation(db, brain, clock, SHANGHAI) for db in (database, second)]


def forget_sessions(database: Database) -> None:
    database.write(lambda db: db.execute(delete(store.session)))


def test_copies_of_one_emergency_to_two_hosts_are_one_turn(
    two_hosts: list[Conversation], database: Database, clock: Clock
) -> None:
    """Without a session's row PostgreSQL held nothing: IntegrityErrors went to the sender."""
    for number in range(5):
        account = Account("web", f"d{number}")
        two_hosts[0].receive(Utterance(account, "0", "你好", clock()))
        forget_sessions(database)
        same = Utterance(account, "same", FIRE, clock())
        with ThreadPoolExecutor(8) as pool:
            turns = list(pool.map(lambda host, said=same: host.receive(said), two_hosts * 4))

        assert len({turn.id for turn in turns}) == 1
        assert turns[0].id is not None


def test_an_emergency_and_a_question_at_once_keep_the_emergency(
    two_hosts: list[Conversation], database: Database, clock: Clock
) -> None:
    for number in range(5):
        account = Account("web", f"e{number}")
        two_hosts[0].receive(Utterance(account, "0", "你好", clock()))
        forget_sessions(database)
        said = [Utterance(account, "a", FIRE, clock())]
        said.append(Utterance(account, "b", "电瓶能不能拿回家充", clock()))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda host, one: host.receive(one), two_hosts, said))

        states = database.read(lambda db: db.execute(select(store.session.c.state)).scalars().all())
        assert [state["emergency"]["kind"] for state in states] == ["fire"]


@pytest.fixture
def closed(brain: Brain, clock: Clock, database: Database) -> Conversation:
    """A conversation whose database fails every write."""
    conversation = Conversation(database, brain, clock, SHANGHAI)
    database.close()
    return conversation


def test_an_emergency_is_answered_when_nothing_can_be_stored(
    closed: Conversation, clock: Clock
) -> None:
    def send(text: str) -> Turn:
        return closed.receive(Utterance(ANN, text, text, clock()))

    first = send("救命啊着火了")
    assert first.id is None
    assert first.replies[0].kind == "emergency"
    assert "在哪？" in text_of(send("1"))
    assert "照着念给119" in text_of(send("幸福小区3栋2501"))


def test_a_question_is_answered_but_nothing_is_promised(closed: Conversation, clock: Clock) -> None:
    answer = closed.receive(Utterance(ANN, "a", "电瓶能不能拿回家充", clock()))
    assert answer.replies[0].kind == "answer"

    noted = closed.receive(Utterance(ANN, "b", "不对", clock()))
    assert "没存下来" in noted.replies[0].text
