"""What the bot does besides answering questions: functions with a key, words, a place in the menu.

A function acts within the transaction of its turn, so what it says was done is on disk when it
is said, or nothing is. The menu is made of the functions that are registered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from bot.dialogue.control import bare_word
from bot.dialogue.deciding import Outcome, offers_of
from bot.dialogue.session import Effects, Flow, Session
from bot.messages import Account, Choice, Media, Place, Reply, Wants

# Between a function's key and what it is given: ``building/take/7K3M9QXA``.
SEPARATOR = "/"
# A function key that stands for words: the choice is answered as if they had been written.
SAY = "say"

# Before what was typed behind a function's word.
TYPED = "typed"

MenuPart = Literal["", "ask", "report", "mine"]


class UnknownFunction(Exception):
    """No function is registered under a key."""

    permanent = True

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"no function is registered as {key!r}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One turn of a function: who came with what, and the transaction to act in.

    Attributes:
        db: the turn's own transaction.
        account_id: the row of ``account``.
        is_question: whether the knowledge holds a sure answer to ``text``.
        now: in the district's zone.
        words: what functions say, in the resident's language.
    """

    db: Connection
    account: Account
    account_id: int
    session: Session
    text: str
    now: datetime
    words: Mapping[str, str]
    place: Place | None = None
    media: tuple[Media, ...] = ()
    is_question: bool = False

    def say(self, name: str, /, **values: object) -> "Saying":
        """Return the sentence ``name`` with ``values`` put in, to be made an outcome."""
        return self.saying(self.words[name].format(**values))

    def saying(self, text: str) -> "Saying":
        """Return ``text`` to be made an outcome."""
        return Saying(self, text)

    def choice(self, name: str, key: str, /, **values: object) -> Choice:
        """Return a choice labelled with the sentence ``name``, which opens ``key``."""
        return Choice(self.words[name].format(**values), function=key)


@dataclass(frozen=True, slots=True)
class Saying:
    """A reply in the making: choices, what is waited for next, whether something was written."""

    visit: Visit
    text: str
    choices: tuple[Choice, ...] = ()
    flow: Flow | None = None
    wants: Wants = ""
    picture: str = ""
    is_booked: bool = False
    session: Session | None = None

    def offering(self, choices: Sequence[Choice]) -> "Saying":
        """Offer ``choices``, numbered in their order."""
        return replace(self, choices=tuple(choices))

    def waiting(self, flow: Flow, wants: Wants = "") -> "Saying":
        """Let the function read the next message."""
        return replace(self, flow=flow, wants=wants)

    def booked(self) -> "Saying":
        """Note that something was written in the turn's transaction."""
        return replace(self, is_booked=True)

    def outcome(self) -> Outcome:
        """Return the turn's outcome."""
        reply = Reply(
            "chat", self.text, choices=self.choices, wants=self.wants, picture=self.picture
        )
        before = self.session or self.visit.session
        session = replace(before, offers=offers_of(reply), flow=self.flow, answered="")
        return Outcome(session, (reply,), Effects(is_booked=self.is_booked))


Open = Callable[[Visit, str], Outcome]
Step = Callable[[Visit, Flow], Outcome | None]


@dataclass(frozen=True, slots=True)
class Function:
    """One thing the bot does.

    Attributes:
        key: stands behind buttons and in deep links; never changes.
        open: starts it with what was given behind the key, "" for nothing.
        words: messages that open it, as :func:`bot.dialogue.control.bare_word` leaves them.
        step: reads the next message while it waits; None when the message is not for it.
        menu: the menu's part that shows it, "" for none.
        is_private: it is refused in a group, where everybody would read along.
        takes_words: what follows one of ``words`` in a message is given to ``open``, behind
            ``TYPED``.
    """

    key: str
    open: Open
    words: frozenset[str] = frozenset()
    step: Step | None = None
    menu: MenuPart = ""
    is_private: bool = True
    takes_words: bool = False


@dataclass(frozen=True, slots=True)
class Functions:
    """The registered functions, in the order of the menu."""

    registered: tuple[Function, ...] = ()
    _by_key: dict[str, Function] = field(init=False, repr=False)
    _by_word: dict[str, Function] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_key = {function.key: function for function in self.registered}
        by_word = {word: function for function in self.registered for word in function.words}
        object.__setattr__(self, "_by_key", by_key)
        object.__setattr__(self, "_by_word", by_word)

    def get(self, key: str) -> Function | None:
        """Return the function under ``key``, whatever is given behind it."""
        return self._by_key.get(key.partition(SEPARATOR)[0])

    def require(self, key: str) -> Function:
        """Return the function under ``key``.

        Raises:
            UnknownFunction: when there is none.
        """
        function = self.get(key)
        if function is None:
            raise UnknownFunction(key)
        return function

    def called(self, text: str) -> str:
        """Return the key of the function that a whole message asks for, or ""."""
        said = bare_word(text).removeprefix("/")
        if function := self._by_word.get(said):
            return function.key
        for word, function in self._by_word.items():
            rest = said.removeprefix(word)
            if not (function.takes_words and said.startswith(word)):
                continue
            if rest[:1].isdigit() or (rest[:1] in {" ", ":"} and (rest := rest.strip(" :"))):
                return f"{function.key}{SEPARATOR}{TYPED}{SEPARATOR}{rest}"
        return ""

    def is_word(self, text: str) -> bool:
        """Whether a whole message is a word of a function, with nothing behind it."""
        return bare_word(text).removeprefix("/") in self._by_word

    def menu(self, words: Mapping[str, str]) -> list[tuple[str, list[Function]]]:
        """Return the menu: each part's title and its functions; empty parts do not appear."""
        parts = ((part, self._in(part)) for part in ("ask", "report", "mine"))
        return [(words[f"menu_{part}"], found) for part, found in parts if found]

    def _in(self, part: str) -> list[Function]:
        return [function for function in self.registered if function.menu == part]


def given_to(key: str) -> str:
    """Return what stands behind a function's key, or ""."""
    return key.partition(SEPARATOR)[2]


def menu_choices(functions: Iterable[Function], words: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return a choice for each function, labelled with its title."""
    return tuple(Choice(words[f"title_{f.key}"], function=f.key) for f in functions)
