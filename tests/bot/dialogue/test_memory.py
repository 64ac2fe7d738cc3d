"""What is remembered beside the store: bounded, in order, forgotten in time."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from bot.dialogue import memory
from bot.dialogue.deciding import Outcome
from bot.dialogue.memory import Memory, Said
from bot.dialogue.session import EMERGENCY_FORGOTTEN_AFTER, EmergencyState, Session
from bot.messages import Account

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ANN = Account("web", "ann")
SECOND = timedelta(seconds=1)
BURNING = Session(emergency=EmergencyState("fire", "asked", "着火了", NOON))


def said(name: str, at: datetime = NOON, session: Session = BURNING, **more: bool) -> Said:
    return Said(name, Outcome(session, ()), at, **more)


def test_the_latest_is_kept_whatever_the_order() -> None:
    kept = Memory()
    kept.keep(ANN, said("later", NOON + SECOND), NOON)
    kept.keep(ANN, said("earlier"), NOON)

    found = kept.of(ANN, NOON)
    assert found is not None
    assert found.utterance_id == "later"


@pytest.mark.parametrize(
    ("is_stored", "session", "is_kept"),
    [(True, BURNING, True), (True, Session(crisis="self_harm"), True), (True, Session(), False),
     (False, Session(), True), (False, BURNING, True)],
    ids=["open", "crisis", "stored and over", "not stored", "open and not stored"],
)  # fmt: skip
def test_what_is_stored_and_over_is_forgotten(
    is_stored: bool, session: Session, is_kept: bool
) -> None:
    kept = Memory()
    kept.keep(ANN, said("a"), NOON)
    kept.keep(ANN, said("b", NOON + SECOND, session, is_stored=is_stored), NOON)

    assert (kept.of(ANN, NOON) is not None) is is_kept


def test_time_forgets() -> None:
    kept = Memory()
    kept.keep(ANN, said("a"), NOON)

    assert kept.of(ANN, NOON + EMERGENCY_FORGOTTEN_AFTER) is not None
    assert kept.of(ANN, NOON + EMERGENCY_FORGOTTEN_AFTER + SECOND) is None


def test_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_REMEMBERED", 3)
    kept = Memory()
    for number in range(5):
        kept.keep(Account("web", str(number)), said("a", NOON + number * SECOND), NOON)

    held = [number for number in range(5) if kept.of(Account("web", str(number)), NOON)]
    assert held == [2, 3, 4]


def test_many_threads_leave_the_latest_of_each() -> None:
    kept = Memory()

    def write(start: int) -> None:
        for number in range(start, 400, 4):
            account = Account("web", str(number % 10))
            kept.keep(account, said(str(number), NOON + number * SECOND), NOON)

    threads = [Thread(target=write, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = [kept.of(Account("web", str(number)), NOON) for number in range(10)]
    assert [one and one.utterance_id for one in found] == [str(n) for n in range(390, 400)]
