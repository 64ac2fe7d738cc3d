"""A quiz that Telegram would refuse is found before it is sent."""

from dataclasses import replace

import pytest

from bot.channels.telegram_polls import Quiz, fault_of

SOUND = Quiz("电瓶能拿回家充吗？", ("能", "不能"), (1,), "楼里充电一旦起火会堵住门。")


@pytest.mark.parametrize(
    "quiz",
    [
        SOUND,
        replace(SOUND, question="问" * 300, explanation="解" * 198 + "\n\n"),
        replace(SOUND, options=tuple("一二三四五六七八九十甲乙"), correct=(0, 11)),
    ],
    ids=["plain", "as long as it may be", "twelve options, two correct"],
)
def test_what_telegram_takes(quiz: Quiz) -> None:
    assert fault_of(quiz) is None


@pytest.mark.parametrize(
    ("quiz", "words"),
    [
        (replace(SOUND, question="问" * 301), "question"),
        (replace(SOUND, question=" "), "question"),
        (replace(SOUND, question="🔥" * 151), "question"),
        (replace(SOUND, options=("能",), correct=(0,)), "options"),
        (replace(SOUND, options=tuple("一二三四五六七八九十甲乙丙")), "options"),
        (replace(SOUND, options=("能", "不" * 101)), "option"),
        (replace(SOUND, options=("能", "")), "option"),
        (replace(SOUND, correct=()), "correct"),
        (replace(SOUND, correct=(2,)), "correct"),
        (replace(SOUND, correct=(-1,)), "correct"),
        (replace(SOUND, explanation="解" * 201), "explanation"),
        (replace(SOUND, explanation="一\n二\n三\n四"), "explanation"),
    ],
)
def test_what_it_refuses(quiz: Quiz, words: str) -> None:
    assert words in (fault_of(quiz) or "")
