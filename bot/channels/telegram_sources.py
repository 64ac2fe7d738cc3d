"""The sources of an answer, for whoever taps 依据 below it, however old it is."""

from bot.channels.telegram_words import words_in
from bot.dialogue.answering import MOST_ARTICLE_CHARACTERS
from bot.dialogue.turns import Turn
from bot.messages import CitedArticle, Reply


def sources_in(turn: Turn) -> Reply | None:
    """Return what the answer of a turn stands on; None when it names no sources."""
    answer = next((reply for reply in turn.replies if reply.citations), None)
    if answer is None:
        return None
    lines = [words_in(answer.language).sources, *map(_line, answer.citations)]
    return Reply("chat", "\n".join(lines), language=answer.language)


def _line(cited: CitedArticle) -> str:
    """Return a source with its text; a practice has none, only what it says."""
    text = cited.text or cited.supports
    if len(text) > MOST_ARTICLE_CHARACTERS:
        text = f"{text[:MOST_ARTICLE_CHARACTERS]}……"
    return f"{cited.name}：{text}"
