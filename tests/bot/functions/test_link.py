"""关联: both sides are asked and told, at once, and whatever they answer with is understood."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot.assembly import Premises, house_of
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.dialogue.house import House
from bot.messages import Account
from community.delivery_store import delivery
from community.store import find_account, resident_of
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.test_functions import labels, shown

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

# On Telegram, so that nothing is shown at the next turn in place of being pushed.
WANG = Account("telegram", "7002")


@pytest.fixture
def woken() -> list[str]:
    """The channels whose outbox was woken, in turn."""
    return []


@pytest.fixture
def house(clock: Clock, woken: list[str]) -> House:
    return house_of(Premises(("demo",), b"k" * 32), clock, woken.append)


@pytest.fixture
def talk(database: Database, brain: Brain, clock: Clock, house: House) -> Conversation:
    return Conversation(database, brain, clock, ZoneInfo("Asia/Shanghai"), house)


def code_for(sends: Says, giver: Account) -> str:
    sends("关联", giver)
    return shown(sends("1", giver)).split("：")[1].split("。")[0]


def push_all(database: Database, clock: Clock) -> list[str]:
    """Let everything queued reach its people now; return the texts of what was not a reply."""
    clock.forward(timedelta(seconds=1))

    def work(db: object) -> list[str]:
        columns = delivery.c
        waiting = columns.state == "waiting"
        found = db.execute(select(columns.body, columns.turn_id).where(waiting)).all()  # type: ignore[attr-defined]
        sent = update(delivery).where(waiting).values(state="sent", settled_at=clock())
        db.execute(sent)  # type: ignore[attr-defined]
        return [row.body[0]["text"] for row in found if row.turn_id is None]

    texts = database.write(work)
    clock.forward(timedelta(seconds=1))
    return texts


def is_one_person(database: Database, accounts: Sequence[Account]) -> bool:
    def work(db: object) -> set[int]:
        ids = [find_account(db, one.channel, one.name) for one in accounts]  # type: ignore[arg-type]
        return {resident_of(db, one) for one in ids if one is not None}  # type: ignore[arg-type]

    return len(database.read(work)) == 1


@pytest.mark.parametrize("yes", ["1", "嗯", "要得", "好", "是我", "是的嘛", "OK"])
def test_the_one_who_gave_the_code_answers_what_was_pushed(
    sends: Says, database: Database, clock: Clock, yes: str
) -> None:
    sends(f"关联 {code_for(sends, WANG)}", LI)
    assert "另一边" in shown(sends("1", LI))
    assert any("是你本人吗" in text for text in push_all(database, clock))

    assert "关联好了" in shown(sends(yes, WANG))

    assert is_one_person(database, (WANG, LI))


@pytest.mark.parametrize("no", ["2", "不", "不是", "不是我", "莫", "n"])
def test_a_no_is_understood_and_the_other_side_hears_of_it(
    sends: Says, database: Database, clock: Clock, no: str
) -> None:
    sends(f"关联 {code_for(sends, WANG)}", LI_ON_TELEGRAM)
    push_all(database, clock)

    assert "作废" in shown(sends(no, WANG))

    assert any("那边说不是本人" in text for text in push_all(database, clock))
    assert not is_one_person(database, (WANG, LI_ON_TELEGRAM))


def test_both_sides_are_told_when_they_are_joined(
    sends: Says, database: Database, clock: Clock, woken: list[str]
) -> None:
    sends(f"关联 {code_for(sends, WANG)}", LI_ON_TELEGRAM)
    assert woken == ["telegram"]
    push_all(database, clock)
    sends("1", LI_ON_TELEGRAM)
    push_all(database, clock)
    sends("1", WANG)

    assert any("关联好了" in text for text in push_all(database, clock))
    assert woken == ["telegram", "telegram"]


def test_what_was_pushed_comes_before_an_older_list(
    sends: Says, database: Database, clock: Clock
) -> None:
    code = code_for(sends, WANG)
    sends("楼道能停电动车吗", WANG)
    push_all(database, clock)
    sends(f"关联 {code}", LI)
    push_all(database, clock)

    assert "同意了" in shown(sends("1", WANG))


def test_a_newer_list_keeps_its_numbers(sends: Says, database: Database, clock: Clock) -> None:
    code = code_for(sends, WANG)
    sends(f"关联 {code}", LI)
    push_all(database, clock)
    sends("楼道能停电动车吗", WANG)

    assert sends("1", WANG).replies[0].kind == "answer"
    assert "同意了" in shown(sends("是我", WANG))


def test_a_late_number_still_answers_where_nothing_else_is_offered(
    sends: Says, database: Database, clock: Clock
) -> None:
    sends(f"关联 {code_for(sends, WANG)}", LI)
    push_all(database, clock)
    sends("谢谢", WANG)
    push_all(database, clock)

    assert "不客气" not in shown(sends("好", WANG))
    assert "同意了" in shown(sends("1", WANG))


def test_what_has_not_reached_them_is_not_answered(
    sends: Says, database: Database, clock: Clock
) -> None:
    """Else a number meant for a list would link them with somebody they never heard of."""
    code = code_for(sends, WANG)
    sends("楼道能停电动车吗", WANG)
    sends(f"关联 {code}", LI)

    assert sends("1", WANG).replies[0].kind == "answer"
    assert not is_one_person(database, (WANG, LI))


def test_an_answered_question_is_not_asked_for_again(
    sends: Says, database: Database, clock: Clock
) -> None:
    sends(f"关联 {code_for(sends, WANG)}", LI)
    push_all(database, clock)
    sends("1", WANG)
    push_all(database, clock)

    assert "没有要选的" in shown(sends("1", WANG))


@pytest.mark.parametrize("before", ["关联 ", ""], ids=["with the word", "alone"])
def test_wrong_tries_count_down(sends: Says, before: str) -> None:
    sends("关联")
    told = [shown(sends(f"{before}00000{number}")) for number in range(6)]

    for text, left in zip(told[:4], (4, 3, 2, 1), strict=True):
        assert f"还能试{left}次" in text
    assert "不能再试了" in told[4]
    assert "试得太多" in told[5]


def test_tries_come_back_with_time(sends: Says, clock: Clock) -> None:
    for number in range(6):
        sends(f"关联 00000{number}")
    clock.forward(timedelta(minutes=11))

    assert "还能试4次" in shown(sends("关联 000009"))


@pytest.mark.parametrize(
    "text", ["关联我的另一个账号", "怎么关联", "/link", "link my other account"]
)
def test_words_that_open_it(sends: Says, text: str) -> None:
    assert labels(sends(text)) == ["给我一个码", "我有码，要输入"]
