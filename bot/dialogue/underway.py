"""One turn on its way through the reception, and what can be said of it alone."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.brain import Brain
from bot.dialogue.choosing import picked_number
from bot.dialogue.deciding import Dialogue, Outcome
from bot.dialogue.functions import GROUP_SIGN, PushedQuestion, Visit
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.session import Effects, Session
from bot.messages import Reply

_CHINESE_APPS = ("zh", "yue")


@dataclass(frozen=True, slots=True)
class Underway:
    """One turn on its way through the reception.

    ``asks`` says that the last thing said asked for a yes or a no; the session has forgotten it.
    ``is_doubtful``: the words are taken as an answer, but may be an alarm.
    """

    brain: Brain
    session: Session
    heard: Heard
    desk: Desk | None
    now: datetime
    asks: bool = False
    is_doubtful: bool = False

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue in the language of the session."""
        return self.brain.dialogue_in(self.session.language)

    @property
    def is_group(self) -> bool:
        """Whether others read along: a group's accounts are named after group and person."""
        return GROUP_SIGN in self.heard.utterance.account.name

    def word(self, name: str) -> str:
        """Return one sentence of what functions say."""
        return self.brain.function_words(self.session.language)[name]

    def say(self, name: str) -> Outcome:
        """Say one sentence of what functions say; the session stays as it is."""
        return Outcome(self.session, (Reply("chat", self.word(name)),))

    def not_stored(self) -> Outcome:
        """Ask to send it again; it is not stored later, or the repeat would do nothing."""
        return replace(self.general("storage_failed"), effects=Effects(is_refused=True))

    def general(self, name: str) -> Outcome:
        """Say one sentence of the general wording."""
        text = self.brain.general_words(self.session.language)[name]
        return Outcome(self.session, (Reply("chat", text),))

    def visit(self) -> Visit | None:
        """Return the turn as a function reads it; None when nothing can be stored now."""
        if self.desk is None:
            return None
        said = self.heard.utterance
        return Visit(
            self.desk.db, said.account, self.desk.account_id, self.session, self.heard.text,
            self.now, self.brain.function_words(self.session.language),
            place=said.place, media=said.media, is_question=self.heard.is_question,
        )  # fmt: skip


def is_last(turn: Underway, question: PushedQuestion) -> bool:
    """Whether nothing that offers choices was said since a question was pushed."""
    last_at = turn.desk.last_at if turn.desk else None
    if last_at is None or last_at <= question.at:
        return True
    is_number = picked_number(turn.heard.text, asks=False) is not None
    return is_number and not turn.session.offers


def for_other_languages(turn: Underway, welcome: Outcome) -> Outcome:
    """Say to newcomers whose app speaks no Chinese how they get English."""
    language = turn.heard.utterance.language.partition("-")[0].lower()
    if turn.session != Session() or not language or language in _CHINESE_APPS:
        return welcome
    first, *rest = welcome.replies
    told = replace(first, text=f"{first.text}\n{turn.word('welcome_english')}")
    return replace(welcome, replies=(told, *rest))


def plain(reply: Reply) -> Reply:
    """Return a reply without its choices."""
    return replace(reply, choices=())
