"""Answers that come too late for the platform, and what it may refuse to deliver.

An offline recogniser makes a turn slow honestly: a recording here holds the seconds that it
takes and the words in it.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection

from bot.app import open_main_database, utc_now
from bot.cli import wechat_menu
from bot.dialogue.house import House, Pushed
from bot.messages import Account, Reply
from bot.settings import Settings
from community.store import find_account
from tests.platforms.loopback import wait_until
from tests.platforms.wechat import WeChatUser
from tests.platforms.wechat_state import Allowance
from tests.talk.conftest import Town
from tests.talk.towns import furnished, rows, standing
from tests.talk.wechat_town import (
    SEND_PATH,
    WECHAT_ALONE,
    at_once,
    busy_store,
    commanded,
    newcomer,
    sent_to,
    turns_of_message,
    without_faults,
)

QUESTION, ANSWER = "楼道能不能停电动车", "不能。高层楼"
FIRE, CALL_119 = "厨房着火了，快来人", "现在打119"
RECOGNISER = """sh -c 'read wait < "$1"; sleep "$wait"; tail -n +2 "$1"' sh {file}"""
LOOKING_SECONDS = 15.0
TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    settings = {**WECHAT_ALONE, "LIFELINE_SPEECH_COMMAND": RECOGNISER}
    with standing(furnished(tmp_path_factory, "late"), **settings) as town:
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


@pytest.fixture
def resident(town: Town) -> WeChatUser:
    return newcomer(town)


def speaks(who: WeChatUser, words: str = QUESTION, seconds: float = 4.0) -> None:
    """Say something that takes longer to read than the platform waits; nothing comes at once."""
    assert who.sends_voice(content=f"{seconds}\n{words}\n".encode()) is None


def states(town: Town, who: WeChatUser) -> list[str]:
    """Return what became of everything that was to be sent to somebody."""
    query = (
        "SELECT state FROM delivery JOIN channel_account a ON a.id = account_id"
        " WHERE name = ? ORDER BY delivery.id"
    )
    return [state for (state,) in rows(town.data_dir, query, who.openid)]


def wait_for_states(town: Town, who: WeChatUser, *expected: str) -> None:
    if not wait_until(lambda: states(town, who) == list(expected), LOOKING_SECONDS):
        raise AssertionError(f"{states(town, who)}, and not {expected}")


def allow(who: WeChatUser, left: int | None) -> None:
    """Let the platform allow so many more messages, or close its window, whatever we counted."""
    until = who._state.clock() + timedelta(hours=1)
    who._person.written = Allowance() if left is None else Allowance(left, until)
    who._person.did = Allowance()


def queue(town: Town, who: WeChatUser, count: int, length: int = 1) -> None:
    """Queue messages as ``lifeline inbox answer`` does, from another process's place."""
    with open_main_database(Settings(data_dir=town.data_dir)) as database:
        account = Account("wechat", who.openid)
        account_id = database.read(lambda db: find_account(db, "wechat", who.openid))
        assert account_id is not None
        for number in range(1, count + 1):
            text = f"第{number}条" + "答" * length
            pushed = Pushed(account, (Reply("chat", text),), f"test:{number}")
            database.write(partial(_push, account_id, pushed))


def _push(account_id: int, pushed: Pushed, db: Connection) -> None:
    House().push(db, account_id, pushed, utc_now())


@pytest.fixture(scope="module")
def late(town: Town) -> dict[str, WeChatUser]:
    """People whose answer came too late, each with another window at the platform by then."""
    people = {name: newcomer(town) for name in ("open", "closed", "used up", "gone")}
    at_once(*(partial(speaks, one) for one in people.values()))
    people["gone"].unfollows()
    allow(people["closed"], None)
    allow(people["used up"], 0)
    wait_for_states(town, people["open"], "sent")
    wait_for_states(town, people["closed"], "held")
    wait_for_states(town, people["used up"], "held")
    return people


def test_what_takes_over_three_seconds_comes_by_customer_service(
    town: Town, late: dict[str, WeChatUser]
) -> None:
    (shown,) = late["open"].received

    assert shown.via == "customer service"
    assert ANSWER in shown.text
    assert len(sent_to(town, late["open"])) == 1
    assert ANSWER not in late["open"].says("谢谢").text


def test_with_the_window_closed_it_is_shown_at_the_next_turn_once(
    town: Town, late: dict[str, WeChatUser]
) -> None:
    resident = late["closed"]
    assert resident.received == []

    assert ANSWER in resident.says("谢谢").text
    assert ANSWER not in resident.says("谢谢").text
    assert states(town, resident) == ["shown"]
    assert len(sent_to(town, resident)) == 1


def test_what_waits_is_never_shown_in_an_emergency(town: Town, late: dict[str, WeChatUser]) -> None:
    resident = late["used up"]

    assert resident.says(FIRE).text.startswith(CALL_119)
    assert ANSWER not in resident.says("1").text
    assert states(town, resident) == ["held"]
    resident.says("安全了")
    resident.says("谢谢")
    told = "\n".join(shown.text for shown in resident.received)
    assert told.count(ANSWER) == 1
    assert told.index(CALL_119) < told.index(ANSWER)


def test_who_left_meanwhile_leaves_nothing(town: Town, late: dict[str, WeChatUser]) -> None:
    """Their answer was still being made when they left, and would be stored after it."""
    known = "SELECT count(*) FROM channel_account WHERE name = ?"

    assert wait_until(lambda: rows(town.data_dir, known, late["gone"].openid) == [(0,)])
    assert late["gone"].received == []


def test_a_busy_store_is_not_waited_for(town: Town) -> None:
    asking, crying = newcomer(town), newcomer(town)

    def timed(who: WeChatUser, text: str, message_id: int) -> tuple[str, float]:
        began = monotonic()
        shown = who.says(text, MsgId=message_id)
        return shown.text if shown else "", monotonic() - began

    with busy_store(town.data_dir, 3.5):
        answer, cry = at_once(
            partial(timed, asking, QUESTION, 201), partial(timed, crying, FIRE, 202)
        )

    assert ANSWER in answer[0]
    assert answer[1] < 3
    assert CALL_119 in cry[0]
    assert cry[1] < 1.5
    for message_id in (201, 202):
        assert wait_until(lambda sought=message_id: turns_of_message(town.data_dir, sought) == 1)
    assert asking.says(QUESTION, MsgId=201).text == answer[0]
    assert sent_to(town, asking) == []


@pytest.fixture(scope="module")
def queued(town: Town) -> dict[str, WeChatUser]:
    """People to whom more, or longer things, were to be sent than their windows let through."""
    people = {name: newcomer(town) for name in ("counted", "stricter", "reached", "waiting")}
    for one in people.values():
        one.says("你好")
    allow(people["stricter"], 2)
    allow(people["waiting"], None)
    queue(town, people["counted"], 8)
    queue(town, people["stricter"], 4)
    queue(town, people["reached"], 1, length=1000)
    queue(town, people["waiting"], 1, length=1000)
    wait_for_states(town, people["counted"], *["sent"] * 5, *["held"] * 3)
    wait_for_states(town, people["stricter"], "sent", "sent", "held", "held")
    wait_for_states(town, people["reached"], "sent")
    wait_for_states(town, people["waiting"], "held")
    return people


def test_no_more_is_sent_than_the_platform_allows(
    town: Town, queued: dict[str, WeChatUser]
) -> None:
    assert len(sent_to(town, queued["counted"])) == 5
    assert len(sent_to(town, queued["stricter"])) == 3  # one was refused, the last not tried

    shown = queued["counted"].says("谢谢").text
    assert re.findall("第[0-9]条", shown) == ["第6条", "第7条", "第8条"]
    assert "第" not in queued["counted"].says("谢谢").text


def test_a_long_answer_of_staff_is_cut_and_its_numbers_stay_true(
    queued: dict[str, WeChatUser],
) -> None:
    pieces = [shown.text for shown in queued["reached"].received[1:]]
    assert len(pieces) == 2
    assert "".join(pieces).count("答") == 1000

    waiting = queued["waiting"]
    parts = [waiting.says(QUESTION).text]
    while parts[-1].endswith("回复“更多”继续"):
        parts.append(waiting.says("更多").text)
    assert "".join(parts).count("答") >= 1000
    assert ANSWER in "".join(parts)
    assert max(len(part.encode()) for part in pieces + parts) <= 1900
    second = re.search(r"^2 (.+)$", parts[-1], re.MULTILINE)
    assert second is not None
    picked = waiting.says("2").text
    assert picked.split("\n")[0] == waiting.says(second[1]).text.split("\n")[0]


def test_an_account_that_may_not_send_shows_it_at_the_next_turn(
    town: Town, resident: WeChatUser
) -> None:
    resident.says("你好")
    town.wechat.account.is_verified = False
    try:
        queue(town, resident, 1)
        wait_for_states(town, resident, "held")
    finally:
        town.wechat.account.is_verified = True

    assert len(sent_to(town, resident)) == 1
    assert "第1条" in resident.says("谢谢").text
    assert "第1条" not in resident.says("谢谢").text


def test_trouble_on_the_way_never_sends_twice(town: Town) -> None:
    people = [newcomer(town) for _ in range(5)]
    town.wechat.faults.slow_seconds = 6
    at_once(*(partial(speaks, one) for one in people), partial(trouble, town))
    for one in people:
        assert wait_until(lambda who=one: states(town, who)[-1:] != ["sending"], LOOKING_SECONDS)
    assert wait_until(lambda: all_settled(town, people), LOOKING_SECONDS)

    ends = sorted(states(town, one)[0] for one in people)
    assert ends == ["sent", *["uncertain"] * 4]
    sleep(1)  # the slow one has its effect after we hung up
    assert sorted(len(one.received) for one in people) == [0, 0, 1, 1, 1]
    assert all(ANSWER not in one.says("谢谢").text for one in people)


def trouble(town: Town) -> None:
    """Let the next five messages fail in five ways; the platform's own "busy" is tried again."""
    for how in ("html", "5xx", "lost", "slow", "busy"):
        town.wechat.fail_next(1, how, SEND_PATH)


def all_settled(town: Town, people: list[WeChatUser]) -> bool:
    found = [states(town, one) for one in people]
    return all(states in (["sent"], ["uncertain"]) for states in found)


def test_a_platform_that_is_down_gets_it_when_it_is_back(town: Town, resident: WeChatUser) -> None:
    resident.says("你好")
    town.wechat.goes_down()
    queue(town, resident, 1)
    tried = (
        "SELECT max(attempts) FROM delivery JOIN channel_account a ON a.id = account_id"
        " WHERE name = ?"
    )
    was_tried = wait_until(lambda: rows(town.data_dir, tried, resident.openid) != [(0,)], 8)
    town.wechat.comes_back()

    assert was_tried
    assert resident.wait_for(2, LOOKING_SECONDS)[-1].text.startswith("第1条")
    wait_for_states(town, resident, "sent")
    assert len(sent_to(town, resident)) == 1


@pytest.mark.parametrize(
    ("spoil", "asked"),
    [
        ("ended", [False]),  # 42001: it is asked for as usual
        ("replaced", [False]),  # 40001: another one is given
        ("kept on", [False, True]),  # 40001, and the same one is given: by force, once
    ],
)
def test_a_token_that_ends_in_the_middle(
    town: Town, resident: WeChatUser, spoil: str, asked: list[bool]
) -> None:
    assert ANSWER in resident.sends_voice(content=f"0\n{QUESTION}\n".encode()).text
    spoil_token(town, spoil)
    before = len(town.wechat.calls_to(TOKEN_PATH))

    spoken = f"0\n{QUESTION}\n".encode()
    shown = at_once(*(partial(newcomer(town).sends_voice, None, spoken) for _ in range(3)))

    assert all(ANSWER in one.text for one in shown)

    calls = town.wechat.calls_to(TOKEN_PATH)[before:]
    assert [call.json()["force_refresh"] for call in calls] == asked


def spoil_token(town: Town, how: str) -> None:
    """Let the platform refuse the token that the service holds."""
    tokens, now = town.wechat.state.tokens, town.wechat.clock()
    if how == "replaced":
        tokens.revoke()
        return
    for token in tokens._all.values():
        token.is_revoked = how == "kept on"
        token.until = token.until if how == "kept on" else now


def test_a_command_takes_the_token_of_the_service(town: Town, resident: WeChatUser) -> None:
    assert ANSWER in resident.sends_voice(content=f"0\n{QUESTION}\n".encode()).text
    before = len(town.wechat.calls_to(TOKEN_PATH))

    assert "已推送" in commanded(town, wechat_menu.app, "push")

    assert len(town.wechat.calls_to(TOKEN_PATH)) == before
