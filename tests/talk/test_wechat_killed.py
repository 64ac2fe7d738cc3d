"""The service is killed as by a power cut; the platform's tries then reach the next one."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from time import sleep

import pytest

from bot.cli import inbox
from tests.platforms.loopback import wait_until
from tests.platforms.wechat import ServiceUnavailable, Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import furnished, kept_media, standing
from tests.talk.wechat_town import (
    WECHAT_ALONE,
    at_once,
    commanded,
    newcomer,
    stored,
    turns_of_message,
    without_faults,
)

PEOPLE = 30
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
    asked = [first + number for first in ids.values() for number in range(len(QUESTIONS))]
    assert {turns_of_message(town.data_dir, message_id) for message_id in asked} == {1}
    assert any(attempt.failure for attempt in town.wechat.attempts), "nobody noticed the kill"


def request_code(shown: Shown | None) -> str:
    """Return the code of a request as the resident was told it."""
    found = re.search(r"留言编号([0-9A-Z]{8})", shown.text if shown else "")
    assert found is not None
    return found[1]


def test_what_was_booked_is_done_by_the_next_one(town: Town) -> None:
    """A recording that nobody has fetched, and an answer that staff gave while nothing ran."""
    speaker, writer = newcomer(town), newcomer(town)
    recording = b"#!AMR\n" + bytes(range(256)) * 100
    speaker.sends_voice(content=recording)
    writer.says("人工")
    written = request_code(writer.says("3栋消防栓没有水"))
    town.wechat.goes_down()
    spoken = request_code(speaker.says("4"))
    town.stop()
    town.wechat.comes_back()
    assert kept_media(town.data_dir, spoken) is None
    assert "已回" in commanded(town, inbox.app, "answer", written, "明天来修。")

    town.start()

    assert writer.wait_for(3, PATIENCE)[-1].text.endswith("明天来修。")
    assert wait_until(lambda: kept_media(town.data_dir, spoken) == recording, PATIENCE)
    assert len(writer.received) == 3
