"""A human line for 你好 and 谢谢, which are no questions."""

from bot.dialogue.control import PARTICLES, bare, bare_word
from bot.phrases import SmallTalk


class Chat:
    """Looks a whole message up among the courtesies we know."""

    def __init__(self, talk: tuple[SmallTalk, ...]) -> None:
        self._replies = {bare(said): line.reply for line in talk for said in line.said}

    def reply(self, text: str) -> str | None:
        """Return the line to answer with, or None when ``text`` is no courtesy."""
        said = bare_word(text)
        return self._replies.get(said) or self._replies.get(said.rstrip(PARTICLES))
