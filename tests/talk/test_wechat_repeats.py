"""What the platform sends again: the same answer, or silence, and one effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from os import kill
from signal import SIGCONT, SIGSTOP
from threading import Timer

import pytest

from tests.platforms.wechat import Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import building_code, furnished, rows, standing
from tests.talk.wechat_town import (
    WECHAT_ALONE,
    at_once,
    busy_store,
    newcomer,
    sent_to,
    stored,
    turns_of_message,
    without_faults,
)

QUESTION, ANSWER = "楼道能不能停电动车", "不能。高层楼"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "repeats"), **WECHAT_ALONE) as town:
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


@pytest.fixture
def resident(town: Town) -> WeChatUser:
    return newcomer(town)


@pytest.fixture
def hurried(town: Town) -> Iterator[None]:
    """Let the platform hang up after one second and come again, so that a test need not wait."""
    usual = town.wechat.cut_off_seconds
    town.wechat.cut_off_seconds = 1.0
    yield
    town.wechat.cut_off_seconds = usual


@contextmanager
def frozen(town: Town, seconds: float) -> Iterator[None]:
    """Stop the service as a whole for so long: it neither answers nor hears."""
    assert town.service is not None
    pid = town.service.process.pid
    kill(pid, SIGSTOP)
    waking = Timer(seconds, kill, (pid, SIGCONT))
    waking.start()
    try:
        yield
    finally:
        waking.join()


def asking(who: WeChatUser, message_id: int, text: str = QUESTION) -> Callable[[], Shown | None]:
    return partial(who.says, text, MsgId=message_id)


def texts(shown: list[Shown | None]) -> set[str]:
    return {one.text for one in shown if one is not None}


def test_three_times_the_same_message_is_one_turn(town: Town, resident: WeChatUser) -> None:
    shown = [resident.says(QUESTION, MsgId=101) for _ in range(3)]

    assert len(texts(shown)) == 1
    assert None not in shown
    assert turns_of_message(town.data_dir, 101) == 1


def test_repeats_at_the_same_time_are_one_turn(town: Town, resident: WeChatUser) -> None:
    shown = at_once(*[asking(resident, 102)] * 3)

    assert len(texts(shown)) == 1
    assert turns_of_message(town.data_dir, 102) == 1


def test_a_second_effect_would_show_in_the_register(town: Town, resident: WeChatUser) -> None:
    resident.says("人工")
    shown = at_once(*[asking(resident, 103, "3栋消防栓没有水，请人看看")] * 3)

    assert len(texts(shown)) == 1
    asked = "SELECT count(*) FROM staff_request WHERE said = ?"
    assert rows(town.data_dir, asked, "3栋消防栓没有水，请人看看") == [(1,)]


def test_the_same_number_from_two_people_is_two_messages(town: Town) -> None:
    people = [newcomer(town), newcomer(town)]

    shown = [one.says(QUESTION, MsgId=104) for one in people]

    assert all(ANSWER in one.text for one in shown)
    assert turns_of_message(town.data_dir, 104) == 2


@pytest.mark.usefixtures("hurried")
def test_a_second_try_joins_the_first_that_still_works(town: Town, resident: WeChatUser) -> None:
    tries = len(town.wechat.attempts)
    with busy_store(town.data_dir, 1.7):
        shown = resident.says(QUESTION, MsgId=105)

    assert shown is not None
    assert ANSWER in shown.text
    assert len(town.wechat.attempts) - tries == 2
    assert turns_of_message(town.data_dir, 105) == 1
    assert sent_to(town, resident) == []


def test_a_first_try_that_nobody_heard_in_five_seconds(town: Town, resident: WeChatUser) -> None:
    tries = len(town.wechat.attempts)
    with frozen(town, 5.6):
        shown = resident.says(QUESTION, MsgId=106)

    assert shown is not None
    assert ANSWER in shown.text
    assert [one.failure for one in town.wechat.attempts[tries:]] == ["ReadTimeout", ""]
    assert turns_of_message(town.data_dir, 106) == 1
    assert sent_to(town, resident) == []


def test_an_event_that_comes_again_is_one_event(town: Town, resident: WeChatUser) -> None:
    second = int(town.wechat.clock().timestamp())
    scene = f"building:{building_code(town.data_dir)}"
    before = stored(town.data_dir)["turn"]
    scanned = {"EventKey": f"qrscene_{scene}", "Ticket": "t", "CreateTime": second}

    shown = at_once(*[partial(resident.does, "subscribe", **scanned)] * 3)
    shown += [resident.does("subscribe", **scanned)]

    assert len(texts(shown)) == 1
    assert stored(town.data_dir)["turn"] == before + 1


def test_two_taps_in_one_second_are_two(resident: WeChatUser, town: Town) -> None:
    second = int(town.wechat.clock().timestamp())

    phones = resident.does("CLICK", EventKey="phones", CreateTime=second)
    mine = resident.does("CLICK", EventKey="building", CreateTime=second)

    assert "火警：119" in phones.text
    assert "还没绑定楼栋" in mine.text


def test_a_message_written_before_is_answered_in_its_place(
    town: Town, resident: WeChatUser
) -> None:
    first = resident.says("人工", MsgId=107)
    booked = resident.says("3栋门禁坏了", MsgId=108)

    assert resident.says("人工", MsgId=107).text == first.text
    assert resident.says("3栋门禁坏了", MsgId=108).text == booked.text
    assert ANSWER in resident.says(QUESTION).text
