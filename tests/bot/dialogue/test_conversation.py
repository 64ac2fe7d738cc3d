"""Whole conversations on both stores: once each, kept, urgent regardless of storage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot import store
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Account, Utterance, plain_text
from community.store import resident
from knowledge.store import list_unanswered
from storage import Database
from tests.bot.conftest import ANN, Clock

Say = Callable[[str], Turn]


def text_of(turn: Turn) -> str:
    return "\n".join(plain_text(reply) for reply in turn.replies)


def count_turns(database: Database) -> int:
    query = select(func.count()).select_from(store.turn)
    return database.read(lambda db: db.execute(query).scalar_one())


def test_a_question_is_answered_with_its_basis(say: Say) -> None:
    turn = say("电瓶能不能拿回家充")

    reply = turn.replies[0]
    assert reply.kind == "answer"
    assert reply.topics == ("ebike.battery_home",)
    assert reply.citations
    assert reply.basis.startswith("依据：")


def test_an_emergency_is_told_at_once(say: Say) -> None:
    reply = say("我家厨房烧起来了").replies[0]

    assert reply.kind == "emergency"
    assert reply.text.startswith("现在打119（免费）。我是自动回复")
    assert reply.citations == ()


def test_what_is_not_ours_is_declined_with_another_door(say: Say) -> None:
    reply = say("明天天气怎么样").replies[0]

    assert reply.kind == "decline"
    assert "天气预报" in reply.text


def test_a_repeat_gets_the_same_reply_and_no_second_effect(
    conversation: Conversation, database: Database, clock: Clock
) -> None:
    utterance = Utterance(ANN, "same", "电瓶能不能拿回家充", clock())
    first = conversation.receive(utterance)

    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(conversation.receive, [utterance] * 16))

    assert {turn.id for turn in again} == {first.id}
    assert all(turn.replies == first.replies for turn in again)
    assert count_turns(database) == 1


def test_many_first_messages_of_one_account_make_one_resident(
    conversation: Conversation, database: Database, clock: Clock
) -> None:
    said = [Utterance(ANN, f"first-{n}", "你好", clock()) for n in range(12)]

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(conversation.receive, said))

    query = select(func.count()).select_from(resident)
    assert database.read(lambda db: db.execute(query).scalar_one()) == 1
    assert count_turns(database) == 12


def test_choices_can_be_taken_by_number_or_by_words(say: Say) -> None:
    first = say("怎么打119报火警")
    label = first.replies[0].choices[0].label

    by_number = say("1")
    assert by_number.replies[0].kind == "answer"

    say("怎么打119报火警")
    by_words = say(label)
    assert by_words.replies == by_number.replies


def test_a_number_without_choices_is_explained(say: Say) -> None:
    assert "没有要选的" in text_of(say("2"))


def test_the_emergency_keeps_what_they_were_doing(say: Say) -> None:
    offered = say("怎么打119报火警").replies[0].choices

    say("救命啊着火了")
    say("1")
    say("安全了")

    assert say("1").replies[0].topics == (offered[0].topic,)


def test_the_whole_emergency_flow(say: Say) -> None:
    assert "1 已打119" in text_of(say("救命啊着火了"))
    assert "在哪？" in text_of(say("1"))
    assert "照着念给119" in text_of(say("幸福小区3栋2501"))
    assert "下一步" in text_of(say("下一步"))
    assert "人没事最要紧" in text_of(say("安全了"))


def test_not_happening_now_answers_the_question(say: Say) -> None:
    say("楼道全是烟我该往哪跑")
    turn = say("3")

    assert "没有发生就好" in turn.replies[0].text
    assert turn.replies[-1].topics[0] == "escape.smoke_corridor"


def test_a_silent_emergency_is_over_after_two_hours(say: Say, clock: Clock) -> None:
    say("救命啊着火了")
    clock.forward(timedelta(hours=3))

    assert "没有要选的" in text_of(say("1"))


def test_the_hint_comes_once_a_day(say: Say, clock: Clock) -> None:
    assert say("电瓶能不能拿回家充").replies[0].hint == "没答到回“不对”。"
    assert say("湿毛巾有没有用").replies[0].hint == ""
    clock.forward(timedelta(days=1))
    assert say("电瓶能不能拿回家充").replies[0].hint == "没答到回“不对”。"


def test_not_what_i_meant_offers_others_and_is_noted(say: Say, database: Database) -> None:
    answered = say("电瓶能不能拿回家充").replies[0].topics[0]

    other = say("不对").replies[0]

    assert other.kind == "clarify"
    assert answered not in other.topics
    queue = database.read(lambda db: list_unanswered(db, 10))
    assert [(row.question, row.kind) for row in queue] == [("电瓶能不能拿回家充", "disliked")]


def test_unanswered_questions_are_counted_once_each(say: Say, database: Database) -> None:
    for _ in range(3):
        say("明天天气怎么样")

    queue = database.read(lambda db: list_unanswered(db, 10))
    assert [(row.question, row.count) for row in queue] == [("明天天气怎么样", 3)]


def test_basis_on_asking(say: Say) -> None:
    say("电瓶能不能拿回家充")
    assert "高层民用建筑消防安全管理规定" in text_of(say("依据"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "没收到文字"),
        ("  \n ", "没收到文字"),
        ("😭😭😭", "看不懂"),
        ("https://example.com/x", "链接我打不开"),
        ("谢谢", "不客气"),
        ("你好", "我在"),
        ("帮助", "直接打字问"),
        ("退订", "没有给你订过"),
        ("人工", "12345"),
        ("取消", "没有进行到一半"),
        ("依据", "没有带依据"),
        ("不对", "没有我答过"),
    ],
)
def test_what_is_no_question(say: Say, text: str, part: str) -> None:
    turn = say(text)
    assert turn.replies[0].kind == "chat"
    assert part in turn.replies[0].text


@pytest.mark.parametrize(
    "text",
    [
        "火" * 10_000,
        "a" * 10_000,
        "'; DROP TABLE turn; --",
        "<script>alert(1)</script>",
        "\x00\x01\x1b[31m红",
        "樓道全是煙怎麼辦",
        "ｌｏｕｄａｏ ｙｏｕ ｙａｎ",
        "loudao you yan zenme ban",
        "what to do if smell gas at home",
        "うちでガスのにおいがします",
        "\ud800火",
        "🔥" * 500,
    ],
)
def test_strange_input_gets_a_sensible_reply(say: Say, text: str) -> None:
    turn = say(text)
    assert turn.id is not None
    assert all(reply.text.strip() for reply in turn.replies)


def test_history_is_kept_for_a_day(say: Say, conversation: Conversation, clock: Clock) -> None:
    first, second = say("你好"), say("谢谢")

    assert [turn.id for turn in conversation.history(ANN)] == [first.id, second.id]
    assert [turn.said for turn in conversation.history(ANN, first.id or 0)] == ["谢谢"]
    assert conversation.history(Account("web", "somebody-else")) == []
    clock.forward(timedelta(hours=25))
    assert conversation.history(ANN) == []
    conversation.forget_old()


def test_old_turns_are_deleted(
    say: Say, conversation: Conversation, clock: Clock, database: Database
) -> None:
    say("你好")
    clock.forward(timedelta(hours=25))
    say("谢谢")

    conversation.forget_old()

    assert count_turns(database) == 1


def test_rating(say: Say, conversation: Conversation, database: Database) -> None:
    turn = say("电瓶能不能拿回家充")
    assert turn.id is not None

    assert conversation.rate(ANN, turn.id, useful=False)
    assert not conversation.rate(Account("web", "other"), turn.id, useful=True)
    assert not conversation.rate(ANN, 999_999, useful=True)
    queue = database.read(lambda db: list_unanswered(db, 10))
    assert [row.kind for row in queue] == ["disliked"]


def test_a_rating_tapped_again_counts_once(
    say: Say, conversation: Conversation, database: Database
) -> None:
    turn = say("电瓶能不能拿回家充")
    assert turn.id is not None

    for _ in range(5):
        assert conversation.rate(ANN, turn.id, useful=False)

    queue = database.read(lambda db: list_unanswered(db, 10))
    assert [row.count for row in queue] == [1]


def test_limited_senders_still_get_emergencies(conversation: Conversation, clock: Clock) -> None:
    slow = conversation.receive(Utterance(ANN, "a", "湿毛巾有没有用", clock()), limited=True)
    urgent = conversation.receive(Utterance(ANN, "b", "救命啊着火了", clock()), limited=True)

    assert "太快" in slow.replies[0].text
    assert urgent.replies[0].kind == "emergency"


def test_somebody_in_an_emergency_is_never_too_fast(
    conversation: Conversation, clock: Clock
) -> None:
    conversation.receive(Utterance(ANN, "a", "救命啊着火了", clock()))

    called = conversation.receive(Utterance(ANN, "b", "1", clock()), limited=True)
    conversation.receive(Utterance(ANN, "c", "安全了", clock()))
    slow = conversation.receive(Utterance(ANN, "d", "湿毛巾有没有用", clock()), limited=True)

    assert "在哪？" in text_of(called)
    assert "太快" in text_of(slow)


def test_an_unanswered_emergency_is_let_go_after_two_ordinary_questions(say: Say) -> None:
    say("救命啊着火了")
    assert "险情还没过去" in say("电瓶能不能拿回家充").replies[0].text
    let_go = say("湿毛巾有没有用").replies[0]
    assert "先放下" in let_go.text
    assert say("谢谢你").replies[0].kind == "chat"
    assert say("1").replies[0].topics == (let_go.choices[0].topic,)


def test_thanks_in_an_open_emergency_are_taken_as_thanks(say: Say) -> None:
    say("救命啊着火了")
    say("1")
    assert "不客气" in say("谢谢你").replies[0].text
    assert "我还在" in say("下一步").replies[0].text


def test_what_may_be_an_emergency_itself_does_not_let_go_of_the_open_one(say: Say) -> None:
    say("救命啊着火了")
    say("洗澡的时候头昏")
    say("洗澡的时候头昏")

    assert "险情还没过去" in say("电瓶能不能拿回家充").replies[0].text
