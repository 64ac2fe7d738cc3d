"""The service is killed as by a power cut; the platform's tries then reach the next one."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from time import sleep

import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.wechat import ServiceUnavailable, Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import furnished, rows, run_lifeline, standing
from tests.talk.wechat_town import (
    WECHAT_ALONE,
    at_once,
    newcomer,
    stored,
    turns_of_message,
    without_faults,
)

PEOPLE, MESSAGES = 30, 3
QUESTIONS = ("楼道能不能停电动车", "依据", "怎么打119说得清楚")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "killed"), **WECHAT_ALONE) as town:
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


def until_answered(act: Callable[[], Shown | None]) -> Shown:
    """Do it again as the platform would, whose tries lie further apart than the stand-in's."""
    answers: list[Shown] = []

    def is_answered() -> bool:
        try:
            shown = act()
        except ServiceUnavailable:
            sleep(0.1)
            return False
        answers.extend([shown] if shown else [])
        return True

    assert wait_until(is_answered, PATIENCE)
    assert answers, "a question was met with silence"
    return answers[0]


def asks_all(who: WeChatUser, first_id: int) -> list[str]:
    asked = [partial(who.says, text, MsgId=first_id + n) for n, text in enumerate(QUESTIONS)]
    return [until_answered(act).text for act in asked]


def test_thirty_people_are_answered_over_a_kill(town: Town) -> None:
    people = [newcomer(town) for _ in range(PEOPLE)]
    ids = {one.openid: 9000 + 10 * number for number, one in enumerate(people)}

    def power_cut() -> None:
        assert wait_until(lambda: stored(town.data_dir)["turn"] >= PEOPLE)
        town.restart()

    cut = Thread(target=power_cut)
    cut.start()
    told = at_once(*(partial(asks_all, one, ids[one.openid]) for one in people))
    cut.join()

    answers = {tuple(texts) for texts in told}
    assert len(answers) == 1, "everybody asked the same, in the same order"
    assert all("不能。高层楼" in texts[0] for texts in told)
    assert all(texts[1].startswith("刚才那条的依据") for texts in told)
    counts = {turns_of_message(town.data_dir, first + n) for first in ids.values() for n in range(3)}
    assert counts == {1}
    assert any(attempt.failure for attempt in town.wechat.attempts), "nobody noticed the kill"


def test_a_recording_that_was_booked_is_fetched_by_the_next_one(town: Town) -> None:
    resident = newcomer(town)
    recording = b"#!AMR\n" + bytes(range(256)) * 100
    resident.sends_voice(content=recording)
    town.wechat.goes_down()
    booked = resident.says("4")
    town.stop()
    town.wechat.comes_back()
    code = re.search(r"编号([0-9A-Z]{8})", booked.text)
    assert code is not None
    file = town.data_dir / "recordings" / f"{code[1]}.bin"
    assert not file.exists()

    town.start()

    noted = "SELECT media_file FROM staff_request WHERE code = ?"
    assert wait_until(lambda: rows(town.data_dir, noted, code[1]) == [(file.name,)], PATIENCE)
    assert file.read_bytes() == recording
    assert resident.says("4", MsgId=9999) is not None


def test_what_is_open_stays_open_over_a_kill(town: Town) -> None:
    resident = newcomer(town)
    resident.says("厨房着火了，快来人")
    resident.says("1")
    waiting = resident.says("阳光小区3栋1单元1201").text

    town.restart()

    assert "照着念给119" in waiting
    assert "下一步" in resident.says("下一步").text
    town.restart()
    assert "好，人没事最要紧" in resident.says("安全了").text


def test_a_late_answer_is_sent_by_the_next_one(town: Town) -> None:
    """Booked in the outbox, and the platform does not answer while the service lives."""
    resident = newcomer(town)
    resident.says("人工")
    code = re.search(r"编号([0-9A-Z]{8})", resident.says("3栋消防栓没有水").text)
    assert code is not None
    town.stop()
    assert "已回" in run_lifeline(town.data_dir, "inbox", "answer", code[1], "明天来修。")
    seen = len(resident.received)
    town.start()

    assert resident.wait_for(seen + 1)[-1].text.endswith("明天来修。")
    assert len(resident.received) == seen + 1
