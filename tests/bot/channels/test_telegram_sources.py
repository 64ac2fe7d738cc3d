"""What an answer stands on, as the button below it shows it."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.channels.telegram_rendering import MOST_TEXT, render, units
from bot.channels.telegram_sources import sources_in
from bot.dialogue.answering import MOST_ARTICLE_CHARACTERS
from bot.dialogue.turns import Turn
from bot.messages import CitedArticle, Reply

LAW = CitedArticle("《规定》第三十七条", "不准停放", "禁止在公共门厅停放电动自行车。")
PRACTICE = CitedArticle("消防科普", "先关火")
ANSWER = Reply("answer", "不能停。", citations=(LAW, PRACTICE), rateable=True)


def shown(*replies: Reply) -> Reply | None:
    return sources_in(Turn(7, "楼道能停车吗", replies, datetime(2026, 11, 22, tzinfo=UTC)))


def test_an_article_comes_with_its_text_and_a_practice_with_what_it_says() -> None:
    assert shown(ANSWER) == Reply(
        "chat",
        "这条回答的依据：\n《规定》第三十七条：禁止在公共门厅停放电动自行车。\n消防科普：先关火",
    )


def test_the_answer_is_found_among_the_replies_and_its_language_kept() -> None:
    found = shown(Reply("chat", "我只记问答。"), replace(ANSWER, language="en"))

    assert found is not None
    assert found.language == "en"
    assert found.text.startswith("Sources of this answer (in Chinese):\n《规定》")


def test_a_turn_without_sources_has_none_to_show() -> None:
    assert shown(Reply("emergency", "现在打119。")) is None
    assert shown() is None


def test_long_articles_are_cut_and_many_fit_into_messages() -> None:
    long = replace(LAW, text="条" * (MOST_ARTICLE_CHARACTERS + 1))
    found = shown(replace(ANSWER, citations=(long,) * 12))

    assert found is not None
    assert found.text.count("条……") == 12
    messages = render(found, None, in_group=False)
    assert len(messages) > 1
    assert all(units(message.text) <= MOST_TEXT for message in messages)
