"""The channel's own words: whole in each language, and short enough for a notice."""

from dataclasses import fields
from typing import get_args

import pytest

from bot.channels.telegram_words import words_for_app, words_in
from bot.messages import ReplyLanguage

MOST_NOTICE_CHARACTERS = 200  # Bot API, answerCallbackQuery


@pytest.mark.parametrize("language", get_args(ReplyLanguage))
def test_everything_is_said_in_each_language(language: ReplyLanguage) -> None:
    words = words_in(language)
    said = [getattr(words, field.name) for field in fields(words)]

    assert all(said)
    assert len(set(said)) == len(said)
    notices = (words.stale, words.not_yours, words.rated, words.too_fast)
    assert all(len(notice) <= MOST_NOTICE_CHARACTERS for notice in notices)


@pytest.mark.parametrize("language", get_args(ReplyLanguage))
def test_who_taps_a_button_of_somebody_else_is_told_whom_to_call(language: ReplyLanguage) -> None:
    notice = words_in(language).not_yours

    assert "119" in notice
    assert "@" in notice


@pytest.mark.parametrize(
    ("code", "language"),
    [("", "zh"), ("zh", "zh"), ("zh-hans", "zh"), ("ZH-TW", "zh"), ("en", "en"), ("de", "en")],
)
def test_of_a_stranger_the_app_tells_the_language(code: str, language: ReplyLanguage) -> None:
    assert words_for_app(code) == words_in(language)
