"""The service is killed with -9 while people write, and started again over the same data."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.platforms.loopback import wait_until
from tests.talk.conftest import Town
from tests.talk.towns import (
    CALL_119,
    FIRE,
    PATIENCE,
    Resident,
    a_minute_passes,
    deliveries_of,
    furnished,
    rows,
    standing,
    turns_of,
)

PEOPLE = 20
# Each opens with words of its own, so that the order can be seen.
ASKED = {"/first": "正在发生", "/phones": "常用电话", "/privacy": "我记什么"}
# While calls take so long, some are on their way at any moment.
SENDING_SECONDS = 0.5


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "telegram-crash")) as town:
        Resident.of(town, 1).asks("/phones")
        yield town
        assert "Traceback" not in town.log


def test_killed_between_the_commit_and_the_confirmation(town: Town) -> None:
    """The turn is stored and answered, but Telegram never heard that the update was taken."""
    who = Resident.of(town, 400)
    town.telegram.faults.slow_seconds = 60
    town.telegram.fail_next(1, "slow", "getUpdates")
    who.asks("/first")
    assert wait_until(lambda: deliveries_of(town.data_dir, "400") == ["sent"], PATIENCE)
    town.stop()
    town.telegram.faults.clear()
    pending = [one["update_id"] for one in town.telegram.state.pending()]
    town.start()

    assert pending == [who.user.sent[0].update_id]
    assert town.telegram.settle(PATIENCE)
    assert who.asks("/phones").text.startswith("常用电话")
    who.reads_nothing()
    assert turns_of(town.data_dir, "400") == ["/first", "/phones"]


def test_after_a_kill_nobody_in_danger_waits_for_what_was_on_its_way(town: Town) -> None:
    """What a dead process was sending is held for a minute; an emergency goes past it."""
    who = Resident.of(town, 410)
    town.telegram.faults.slow_seconds = 60
    town.telegram.fail_next(1, "slow", "sendMessage")
    who.user.says("/phones")
    assert wait_until(lambda: deliveries_of(town.data_dir, "410") == ["sending"], PATIENCE)
    town.stop()
    town.telegram.faults.clear()
    town.start()

    assert who.asks(FIRE).text.startswith(CALL_119)
    assert who.taps("1 已打119").text.startswith("• 手机别挂")
    assert deliveries_of(town.data_dir, "410")[0] == "sending"


def test_twenty_people_write_and_the_service_is_killed_among_them(town: Town) -> None:
    people = [Resident.of(town, 420 + n) for n in range(PEOPLE)]
    town.telegram.faults.slow_seconds = SENDING_SECONDS
    town.telegram.fail_next(len(ASKED) * PEOPLE, "slow", "sendMessage")
    for text in ASKED:
        for who in people:
            who.user.says(text)
    told = sum(len(who.user.journal) for who in people)
    assert wait_until(lambda: sum(len(who.user.journal) for who in people) > told, PATIENCE)
    town.stop()
    town.telegram.faults.clear()
    sending = "SELECT count(*) FROM delivery WHERE state = 'sending'"
    begun = rows(town.data_dir, sending)[0][0]
    a_minute_passes(town.data_dir)
    town.start()

    assert begun > 0
    for who in people:
        _wait_for_all(who)
        assert turns_of(town.data_dir, str(who.user.id)) == [*ASKED]
        _check_order(who)
    assert wait_until(lambda: not rows(town.data_dir, _OPEN), PATIENCE)
    repeated = sum(len(who.user.journal) - len(ASKED) for who in people)
    assert 0 <= repeated <= begun, f"{repeated} repeats of {begun} that were on their way"


_OPEN = "SELECT id FROM delivery WHERE settled_at IS NULL"


def _kind(text: str) -> str:
    """Return what was asked for, by the beginning of the answer."""
    return next(asked for asked, start in ASKED.items() if text.startswith(start))


def _wait_for_all(who: Resident) -> None:
    is_whole = wait_until(
        lambda: {_kind(one.text) for one in who.user.journal} == {*ASKED}, PATIENCE
    )
    assert is_whole, [shown.text[:8] for shown in who.user.journal]


def _check_order(who: Resident) -> None:
    """A repeat comes before what is behind it; nothing overtakes, and nothing comes thrice."""
    came = [_kind(shown.text) for shown in who.user.journal]
    assert came == sorted(came, key=[*ASKED].index)
    assert max(Counter(came).values()) <= 2
