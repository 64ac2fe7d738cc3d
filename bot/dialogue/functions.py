"""What the bot does besides answering questions: functions with a key, words, a place in the menu.

A function acts within the transaction of its turn, so what it says was done is on disk when it
is said, or nothing is. The menu is made of the functions that are registered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from bot.dialogue.control import SIGNS, bare, bare_word
from bot.dialogue.deciding import Outcome, offers_of
from bot.dialogue.session import Effects, Flow, Session
from bot.messages import Account, Choice, Media, Place, Reply, Wants

# Between a function's key and what it is given: ``building/take/7K3M9QXA``.
SEPARATOR = "/"
# A function key that stands for words: the choice is answered as if they had been written.
SAY = "say"

# Before what was typed behind a function's word.
TYPED = "typed"
# A group's accounts are named after the group and the person.
GROUP_SIGN = ":"

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

    @property
    def is_group(self) -> bool:
        """Whether others read along."""
        return GROUP_SIGN in self.account.name

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
    """A reply in the making: choices, what is waited for next, whether something was written.

    ``asks`` says that its two choices are a yes and a no, and ``woken`` names the channels in
    whose outbox something was queued for somebody else.
    """

    visit: Visit
    text: str
    choices: tuple[Choice, ...] = ()
    flow: Flow | None = None
    wants: Wants = ""
    picture: str = ""
    is_booked: bool = False
    asks: bool = False
    woken: tuple[str, ...] = ()

    def offering(self, choices: Sequence[Choice]) -> "Saying":
        """Offer ``choices``, numbered in their order."""
        return replace(self, choices=tuple(choices))

    def asking(self, yes: Choice, no: Choice) -> "Saying":
        """Offer a yes and a no, so that 「要得」 and 「不是」 answer as well as the numbers."""
        return replace(self, choices=(yes, no), asks=True)

    def waiting(self, flow: Flow, wants: Wants = "") -> "Saying":
        """Let the function read the next message."""
        return replace(self, flow=flow, wants=wants)

    def booked(self) -> "Saying":
        """Note that something was written in the turn's transaction."""
        return replace(self, is_booked=True)

    def waking(self, channel: str) -> "Saying":
        """Note that something was queued in ``channel`` for somebody else."""
        return replace(self, woken=(*self.woken, channel))

    def outcome(self) -> Outcome:
        """Return the turn's outcome."""
        reply = Reply(
            "chat", self.text, choices=self.choices, wants=self.wants, picture=self.picture
        )
        session = replace(
            self.visit.session, offers=offers_of(reply), flow=self.flow, answered="",
            asks=self.asks,
        )  # fmt: skip
        return Outcome(session, (reply,), Effects(is_booked=self.is_booked, woken=self.woken))


@dataclass(frozen=True, slots=True)
class PushedQuestion:
    """A yes-or-no question that reached somebody outside of their turns: when, and both keys."""

    at: datetime
    yes: str
    no: str


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
        recognise: reads a message that is neither a word nor a sure question; None when it is
            not for it.
        reads_known: ``recognise`` also reads what the knowledge holds a sure answer to.
        waits_for_safety: called in an open emergency, it waits until that is over.
        aside: names what is said below an answer that ``step`` left to the knowledge; with it
            the function goes on waiting.
        attend: takes a message that is neither a tap nor a word that always works, before any
            other function; None when it is not for it.
        attend_ends: words that end its attending, whatever they would mean otherwise.
        awaits: whether it waits for words that tell what and where, at that time; what is calm
            among them is heard as the answer, whatever a classifier makes of it.
        pushed: returns its question that was pushed and still waits for an answer, or None.
        labels: the sentences that stand on its choices → the key to open when one is tapped
            that no longer stands; "" where the tap alone does not say what about.
    """

    key: str
    open: Open
    words: frozenset[str] = frozenset()
    step: Step | None = None
    menu: MenuPart = ""
    is_private: bool = True
    takes_words: bool = False
    recognise: Callable[[Visit], Outcome | None] | None = None
    reads_known: bool = False
    waits_for_safety: bool = False
    aside: str = ""
    attend: Callable[[Visit], Outcome | None] | None = None
    attend_ends: frozenset[str] = frozenset()
    awaits: Callable[[Flow, datetime], bool] | None = None
    pushed: Callable[[Visit], PushedQuestion | None] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Functions:
    """The registered functions, in the order of the menu."""

    registered: tuple[Function, ...] = ()
    _by_key: dict[str, Function] = field(init=False, repr=False)
    _by_word: dict[str, Function] = field(init=False, repr=False)
    _taking_words: tuple[tuple[str, Function], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_key = {function.key: function for function in self.registered}
        by_word = {word: function for function in self.registered for word in function.words}
        object.__setattr__(self, "_by_key", by_key)
        object.__setattr__(self, "_by_word", by_word)
        taking = tuple((word, found) for word, found in by_word.items() if found.takes_words)
        object.__setattr__(self, "_taking_words", taking)

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
        if function := self._named(text):
            return function.key
        said = bare_word(text).removeprefix("/")
        for word, function in self._taking_words:
            if not said.startswith(word):
                continue
            rest = said.removeprefix(word)
            if rest[:1].isdigit() or (rest[:1] in {" ", ":"} and (rest := rest.strip(" :"))):
                return f"{function.key}{SEPARATOR}{TYPED}{SEPARATOR}{rest}"
        return ""

    def is_word(self, text: str) -> bool:
        """Whether a whole message is a word of a function, with nothing behind it."""
        return self._named(text) is not None

    def _named(self, text: str) -> Function | None:
        """Return the function of a word; behind a slash also that of a key (/notices)."""
        said = bare_word(text)
        name = said.removeprefix("/")
        if function := self._by_word.get(name):
            return function
        keyed = self._by_key.get(name) if said != name else None
        return keyed if keyed and keyed.words else None

    def labelled(self, text: str, words: Mapping[str, str]) -> tuple[Function, str] | None:
        """Return the function on whose choice ``text`` stands, and the key to open or ""."""
        said = bare_word(text)
        for function in self.registered if said else ():
            titles = {f"title_{function.key}": function.key} if function.menu else {}
            for name, key in (titles | dict(function.labels)).items():
                if _is_label(said, words.get(name, "")):
                    return function, key
        return None

    def menu(self, words: Mapping[str, str]) -> list[tuple[str, list[Function]]]:
        """Return the menu: each part's title and its functions; empty parts do not appear."""
        parts = ((part, self._in(part)) for part in ("ask", "report", "mine"))
        return [(words[f"menu_{part}"], found) for part, found in parts if found]

    def _in(self, part: str) -> list[Function]:
        return [function for function in self.registered if function.menu == part]


def _is_label(said: str, label: str) -> bool:
    """Whether a bare message is a label; what was filled into it may be anything.

    「Remove the battery」 is no 「Remove {building}」: a building's name is Chinese.
    """
    head, filled, tail = label.partition("{")
    if not filled:
        return bool(label) and said == bare(label)
    head, tail = bare(head), bare(tail.partition("}")[2])
    inner = said.removeprefix(head).removesuffix(tail).strip(SIGNS)
    is_plain_english = head.isascii() and inner.isascii()
    return said.startswith(head) and said.endswith(tail) and bool(inner) and not is_plain_english


def given_to(key: str) -> str:
    """Return what stands behind a function's key, or ""."""
    return key.partition(SEPARATOR)[2]


def menu_choices(functions: Iterable[Function], words: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return a choice for each function, labelled with its title."""
    return tuple(Choice(words[f"title_{f.key}"], function=f.key) for f in functions)
