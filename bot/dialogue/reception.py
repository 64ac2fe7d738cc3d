"""Where every message arrives. The order is the safety design.

What is urgent goes to the dialogue at once. The rest is looked at for a button or a choice, a
word that always works, the function somebody is in, and is then a question.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from bot.dialogue.brain import Brain
from bot.dialogue.choosing import chosen, picked_number, with_standing_choices
from bot.dialogue.control import Control, control_word
from bot.dialogue.deciding import Dialogue, Outcome
from bot.dialogue.functions import (
    GROUP_SIGN,
    SAY,
    Function,
    Functions,
    PushedQuestion,
    Visit,
    given_to,
    menu_choices,
)
from bot.dialogue.groups import Discretion
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.session import Effects, Language, Offer, Session
from bot.messages import Choice, Reply

# Keys of functions that the reception itself calls; app.py registers them.
HUMAN, NOTICES, BUILDING, VOICE = "human", "notices", "building", "voice"
PHONES = "phones"
# What a channel gives as key when somebody lets us write again.
UNBLOCKED = "unblocked"
_OF_CONTROLS = {Control.HUMAN: HUMAN, Control.UNSUBSCRIBE: f"{NOTICES}/off"}
_CHINESE_APPS = ("zh", "yue")
_WORK_IN_AN_EMERGENCY = (Control.HELP, Control.HUMAN, Control.UNSUBSCRIBE, Control.MORE)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One turn on its way through the reception.

    ``asks`` says that the last thing said asked for a yes or a no; the session has forgotten it.
    """

    brain: Brain
    session: Session
    heard: Heard
    desk: Desk | None
    now: datetime
    asks: bool = False

    @property
    def dialogue(self) -> Dialogue:
        return self.brain.dialogue_in(self.session.language)

    def word(self, name: str) -> str:
        return self.brain.function_words(self.session.language)[name]

    def say(self, name: str) -> Outcome:
        return Outcome(self.session, (Reply("chat", self.word(name)),))

    def not_stored(self) -> Outcome:
        """Ask to send it again; it is not stored later, or the repeat would do nothing."""
        return replace(self.general("storage_failed"), effects=Effects(is_refused=True))

    def general(self, name: str) -> Outcome:
        text = self.brain.general_words(self.session.language)[name]
        return Outcome(self.session, (Reply("chat", text),))


class Reception:
    """Decides every turn; functions act through the desk, all else is left to the dialogue."""

    def __init__(
        self, functions: Functions | None = None, discretion: Discretion | None = None
    ) -> None:
        self.functions = functions or Functions()
        self._discretion = discretion or Discretion()

    def decide(
        self, brain: Brain, session: Session, heard: Heard, at: tuple[Desk | None, datetime]
    ) -> Outcome:
        """Return the turn.

        Args:
            brain: what answers.
            session: the sender's.
            heard: the message.
            at: the desk, None when nothing can be stored now, and the time in the district.
        """
        turn = _Turn(brain, replace(session, asks=False), heard, *at, asks=session.asks)
        outcome = self._decide(turn)
        if not _is_group(turn):
            return outcome
        words = brain.function_words(outcome.session.language)
        return replace(outcome, replies=self._discretion.kept(outcome.replies, words))

    def _decide(self, turn: _Turn) -> Outcome:
        if turn.dialogue.is_urgent(turn.session, turn.heard.analysis, turn.now):
            return self._urgent(turn)
        for look in self._looks:
            if outcome := look(self, turn):
                return outcome
        return self._asked(turn)

    def _urgent(self, turn: _Turn) -> Outcome:
        """Leave it to the dialogue; what is tapped or called in an open one is opened beside it."""
        event = turn.heard.utterance.event
        if turn.dialogue.urgent(turn.heard.analysis) is None:
            if event is not None and event.kind != "menu":
                return self._event_beside(turn, event.kind)
            if sent := self._place_beside(turn):
                return sent
            if beside := self._beside(turn):
                spoken = turn.brain.dialogue_in(beside.session.language)
                return spoken.beside(turn.session, beside, turn.now)
        return turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)

    def _event_beside(self, turn: _Turn, kind: str) -> Outcome:
        """Say that the emergency is still open; a welcome or a building would hide it."""
        if kind == "left":
            return Outcome(Session(), ())
        if turn.session.emergency:
            return turn.dialogue.decide(turn.session, "", turn.heard.analysis, turn.now)
        return turn.say("unread") if kind == "unread" else Outcome(turn.session, ())

    def _place_beside(self, turn: _Turn) -> Outcome | None:
        """Take a place sent in an open emergency for the one that is read out."""
        place = turn.heard.utterance.place
        if place is None or turn.heard.utterance.text:
            return None
        return turn.dialogue.sent_place(turn.session, place.label, turn.now)

    def _beside(self, turn: _Turn) -> Outcome | None:
        """Open what works in the middle of an emergency, too; its numbers stay the flow's."""
        opened = self._opened_beside(turn)
        called = turn.heard.function or self.functions.called(turn.heard.text)
        if opened and (called == PHONES or not called):  # they tell enough without choices
            return replace(opened, replies=tuple(map(_plain, opened.replies)))
        return opened

    def _opened_beside(self, turn: _Turn) -> Outcome | None:
        if turn.heard.function and not turn.heard.function.startswith(SAY):
            return self._open(turn, turn.heard.function)
        text = turn.heard.text
        if turn.dialogue.is_answer(turn.session, text):
            return None  # 「help」 is a cry there, not the menu
        control = control_word(text)
        if self.functions.called(text) or control in _WORK_IN_AN_EMERGENCY:
            return self._worded(turn)
        return None

    def _event(self, turn: _Turn) -> Outcome | None:
        event = turn.heard.utterance.event
        if event is None or event.kind == "menu":
            return None
        return self._events[event.kind](self, turn, event.key)

    def _followed(self, turn: _Turn, key: str) -> Outcome:
        if key == UNBLOCKED:
            return Outcome(turn.session, ())  # /start follows, and is answered
        if _is_group(turn):
            return turn.say("group_greeting")
        welcome = _for_other_languages(turn, self._menu(turn, "welcome"))
        if not key:
            return welcome
        scanned = self._code(replace(turn, session=welcome.session), key)
        return replace(scanned, replies=(*(_plain(r) for r in welcome.replies), *scanned.replies))

    def _scanned(self, turn: _Turn, key: str) -> Outcome:
        """Open what the code leads to; who comes for the first time is welcomed, too."""
        if turn.session == Session() and not _is_group(turn):
            return self._followed(turn, key)
        return self._code(turn, key)

    def _code(self, turn: _Turn, key: str) -> Outcome:
        return self._open(turn, f"{BUILDING}/scan/{key}")

    def _left(self, turn: _Turn, key: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return Outcome(Session(), ())

    def _unread(self, turn: _Turn, key: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return turn.say("group_greeting" if _is_group(turn) else "unread")

    _events = {  # noqa: RUF012 - a table, never changed
        "followed": _followed, "scanned": _scanned, "left": _left, "unread": _unread,
    }  # fmt: skip

    def _menu(self, turn: _Turn, name: str) -> Outcome:
        """Say ``name`` of the general words, with the menu's functions to tap.

        A group is told what works there.
        """
        if _is_group(turn):
            return turn.say("group_greeting")
        words = turn.brain.function_words(turn.session.language)
        shown = [f for _, part in self.functions.menu(words) for f in part]
        reply = Reply(
            "chat",
            turn.brain.general_words(turn.session.language)[name],
            choices=menu_choices(shown, words),
        )
        offers = tuple(Offer(c.label, c.topic, c.function) for c in reply.choices)
        return Outcome(replace(turn.session, offers=offers, flow=None), (reply,))

    def _tapped(self, turn: _Turn) -> Outcome | None:
        """Open what a button, or the number or words of a choice that stands, leads to."""
        if turn.heard.function:
            return self._open(turn, turn.heard.function)
        tapped = turn.heard.utterance.tapped
        if tapped and tapped.topic:
            return turn.dialogue.answer(turn.session, Offer(tapped.label, tapped.topic))
        if pushed := self._pushed(turn):
            return pushed
        offer = chosen(turn.session, turn.heard.text, asks=turn.asks)
        return self._open(turn, offer.function) if offer else None

    def _pushed(self, turn: _Turn) -> Outcome | None:
        """Take a number, a yes or a no as the answer to a question that was pushed to them."""
        number = picked_number(turn.heard.text, asks=True)
        visit = self._visit(turn) if number in {1, 2} and not _is_group(turn) else None
        for function in self.functions.registered if visit else ():
            question = function.pushed(visit) if function.pushed and visit else None
            if question and _is_last(turn, question):
                return self._open(turn, question.yes if number == 1 else question.no)
        return None

    def _worded(self, turn: _Turn) -> Outcome | None:
        """Answer a word that always works."""
        text = turn.heard.text
        if key := self.functions.called(text):
            return self._open(turn, key)
        control = control_word(text)
        if control is Control.HELP:
            return self._menu(turn, "help")
        if control is Control.MORE:
            return self._more(turn)
        key = _OF_CONTROLS.get(control, "") if control else ""
        if key and self._has(key):
            return self._open(turn, key)
        if control is None:
            return None
        return turn.dialogue.decide(turn.session, text, turn.heard.analysis, turn.now)

    def _stale(self, turn: _Turn) -> Outcome | None:
        """Say where to start again for a choice of ours that no longer stands."""
        text = turn.heard.text
        for language in get_args(Language):
            words = turn.brain.function_words(language)
            if found := self.functions.labelled(text, words):
                function, key = found
                return self._open(turn, key) if key else self._restart(turn, function)
        none = {turn.brain.general_words(one).get("not_these") for one in get_args(Language)}
        is_none = text.strip() in none and not turn.session.offers
        return turn.general("no_choices") if is_none else None

    def _restart(self, turn: _Turn, function: Function) -> Outcome:
        if function.is_private and _is_group(turn):
            return turn.say("private_only")
        words = turn.brain.function_words(turn.session.language)
        named = "title" if function.menu else "start"
        choice = Choice(words[f"{named}_{function.key}"], function=function.key)
        reply = Reply("chat", words["stale_choice"], choices=(choice,))
        offers = (Offer(choice.label, function=function.key),)
        return Outcome(replace(turn.session, offers=offers), (reply,))

    def _more(self, turn: _Turn) -> Outcome:
        if not turn.session.more:
            return turn.general("no_more")
        text = "\n".join(turn.session.more)
        return Outcome(replace(turn.session, more=()), (Reply("chat", text),))

    def _sent(self, turn: _Turn) -> Outcome | None:
        """Answer what is no text, unless the function they are in takes it."""
        said = turn.heard.utterance
        if not (said.media or said.place):
            return None
        if outcome := self._in_flow(turn):
            return outcome
        if said.text:
            return None  # recognised speech, or a caption
        if said.place:
            return self._open(turn, f"{BUILDING}/near") if self._has(BUILDING) else None
        kind = said.media[0].kind
        if kind == "voice" and self._has(VOICE):
            return self._open(turn, VOICE)
        return turn.say(f"sent_{kind}")

    def _has(self, key: str) -> bool:
        return self.functions.get(key) is not None

    def _in_flow(self, turn: _Turn) -> Outcome | None:
        flow = turn.session.flow
        function = self.functions.get(flow.function) if flow else None
        if flow is None or function is None or function.step is None:
            return None
        if turn.heard.utterance.tapped:
            return None  # on something older; it was not written for this
        if function.is_private and _is_group(turn):
            return None
        visit = self._visit(turn)
        return function.step(visit, flow) if visit else turn.not_stored()

    def _open(self, turn: _Turn, key: str) -> Outcome:
        """Open a function; words behind ``say`` are answered as if they had been written."""
        given = given_to(key)
        if key.startswith(f"{SAY}/"):
            heard = turn.heard.saying(given, turn.brain.analyse(given))
            return self._decide(replace(turn, heard=heard))
        function = self.functions.get(key)
        if function is None:
            return self._menu(turn, "help")
        return self._run(turn, function, given)

    def _run(self, turn: _Turn, function: Function, given: str) -> Outcome:
        if function.is_private and _is_group(turn):
            return turn.say("private_only")
        visit = self._visit(turn)
        return function.open(visit, given) if visit else turn.not_stored()

    def _visit(self, turn: _Turn) -> Visit | None:
        if turn.desk is None:
            return None
        said = turn.heard.utterance
        return Visit(
            turn.desk.db, said.account, turn.desk.account_id, turn.session, turn.heard.text,
            turn.now, turn.brain.function_words(turn.session.language),
            place=said.place, media=said.media, is_question=turn.heard.is_question,
        )  # fmt: skip

    def _recognised(self, turn: _Turn) -> Outcome | None:
        """Let a function read what is no question that the knowledge surely answers."""
        if turn.heard.is_question or not turn.heard.text or (visit := self._visit(turn)) is None:
            return None
        for function in self.functions.registered:
            is_kept = function.is_private and visit.is_group
            if function.recognise and not is_kept and (outcome := function.recognise(visit)):
                return outcome
        return None

    _looks = (_event, _tapped, _worded, _stale, _sent, _in_flow, _recognised)

    def _asked(self, turn: _Turn) -> Outcome:
        outcome = turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)
        kinds = {reply.kind for reply in outcome.replies}
        if kinds == {"decline"}:
            outcome = with_standing_choices(turn.session, outcome)
        elif kinds - {"chat"}:  # a question was answered, so the function they were in is over
            outcome = self._with_aside(turn, outcome)
        session = outcome.session
        if kinds != {"answer"} or session.told_privacy or _is_group(turn):
            return outcome
        told = Reply("chat", turn.word("privacy_line"))
        session = replace(session, told_privacy=True)
        return replace(outcome, session=session, replies=(*outcome.replies, told))

    def _with_aside(self, turn: _Turn, outcome: Outcome) -> Outcome:
        """End the function they were in, unless it waits on beside an answer and says so."""
        flow = turn.session.flow
        function = self.functions.get(flow.function) if flow else None
        session = replace(outcome.session, more=())
        if not (function and function.aside) or _is_group(turn):
            return replace(outcome, session=replace(session, flow=None))
        aside = Reply("chat", turn.word(function.aside))
        return replace(outcome, session=session, replies=(*outcome.replies, aside))


def _is_last(turn: _Turn, question: PushedQuestion) -> bool:
    """Whether nothing that offers choices was said since a question was pushed."""
    last_at = turn.desk.last_at if turn.desk else None
    if last_at is None or last_at <= question.at:
        return True
    is_number = picked_number(turn.heard.text, asks=False) is not None
    return is_number and not turn.session.offers


def _for_other_languages(turn: _Turn, welcome: Outcome) -> Outcome:
    """Say to newcomers whose app speaks no Chinese how they get English."""
    language = turn.heard.utterance.language.partition("-")[0].lower()
    if turn.session != Session() or not language or language in _CHINESE_APPS:
        return welcome
    first, *rest = welcome.replies
    told = replace(first, text=f"{first.text}\n{turn.word('welcome_english')}")
    return replace(welcome, replies=(told, *rest))


def _plain(reply: Reply) -> Reply:
    return replace(reply, choices=())


def _is_group(turn: _Turn) -> bool:
    """Whether others read along: a group's accounts are named after the group and the person."""
    return GROUP_SIGN in turn.heard.utterance.account.name
