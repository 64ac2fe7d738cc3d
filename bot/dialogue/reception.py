"""Where every message arrives. The order is the safety design.

What is urgent goes to the dialogue at once. The rest is looked at for a button or a choice, a
word that always works, the function somebody is in, and is then a question.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import get_args

from bot.dialogue.brain import Brain
from bot.dialogue.calm import answering, with_banner, with_warning
from bot.dialogue.choosing import chosen, picked_number, with_standing_choices
from bot.dialogue.control import Control, asks_something, bare_word, control_word
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import (
    SAY,
    Function,
    Functions,
    given_to,
    menu_choices,
)
from bot.dialogue.groups import Discretion
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.offering import with_report
from bot.dialogue.session import Language, Offer, Session
from bot.dialogue.underway import Underway, for_other_languages, is_last, plain
from bot.messages import Choice, Reply
from drills.scenes import scene_token

# Keys of functions that the reception itself calls; app.py registers them.
HUMAN, NOTICES, BUILDING, VOICE, DRILL = "human", "notices", "building", "voice", "drill"
PHONES, REPORT = "phones", "report"
# What a channel gives as key when somebody lets us write again.
UNBLOCKED = "unblocked"
_OF_CONTROLS = {Control.HUMAN: HUMAN, Control.UNSUBSCRIBE: f"{NOTICES}/off"}
_ALWAYS_WORK = (Control.HELP, Control.CANCEL, Control.HUMAN, Control.UNSUBSCRIBE)
_WORK_IN_AN_EMERGENCY = (Control.HELP, Control.HUMAN, Control.UNSUBSCRIBE, Control.MORE)


class Reception:
    """Decides every turn; functions act through the desk, all else is left to the dialogue."""

    def __init__(
        self,
        functions: Functions | None = None,
        discretion: Discretion | None = None,
        reports: Mapping[str, str] | None = None,
    ) -> None:
        """Take ``reports``: topic → the key of what reports the hazard that its answer is about."""
        self.functions = functions or Functions()
        self._discretion = discretion or Discretion()
        self._reports = reports or {}

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
        turn = Underway(brain, replace(session, asks=False), heard, *at, asks=session.asks)
        outcome = self._decide(turn)
        if turn.asks and not outcome.replies:  # nothing was said since the question
            outcome = replace(outcome, session=replace(outcome.session, asks=True))
        if not turn.is_group:
            return outcome
        words = brain.function_words(outcome.session.language)
        return replace(outcome, replies=self._discretion.kept(outcome.replies, words))

    def _decide(self, turn: Underway) -> Outcome:
        if ended := self._ended(turn):
            return ended
        turn = answering(turn, self.functions)
        if turn.dialogue.is_urgent(turn.session, turn.heard.analysis, turn.now):
            return self._urgent(turn)
        for look in self._looks:
            if outcome := look(self, turn):
                return outcome
        return self._asked(turn)

    def _urgent(self, turn: Underway) -> Outcome:
        """Leave it to the dialogue; what is tapped or called in an open one is opened beside it."""
        event = turn.heard.utterance.event
        if turn.dialogue.urgent(turn.heard.analysis) is None:
            if event is not None and event.kind != "menu":
                return self._event_beside(turn, event.kind)
            if not _is_emergency(turn) and (said := self._attended(turn)):
                return said  # somebody in a crisis talks with staff
            if sent := self._place_beside(turn):
                return sent
            if beside := self._beside(turn):
                spoken = turn.brain.dialogue_in(beside.session.language)
                return spoken.beside(turn.session, beside, turn.now)
        return turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)

    def _event_beside(self, turn: Underway, kind: str) -> Outcome:
        """Say that the emergency is still open; a welcome or a building would hide it."""
        if kind == "left":
            return Outcome(Session(), ())
        if turn.session.emergency:
            return turn.dialogue.decide(turn.session, "", turn.heard.analysis, turn.now)
        return turn.say("unread") if kind == "unread" else Outcome(turn.session, ())

    def _place_beside(self, turn: Underway) -> Outcome | None:
        """Take a place sent in an open emergency for the one that is read out."""
        place = turn.heard.utterance.place
        if place is None or turn.heard.utterance.text:
            return None
        return turn.dialogue.sent_place(turn.session, place.label, turn.now)

    def _beside(self, turn: Underway) -> Outcome | None:
        """Open what works in the middle of an emergency, too; its numbers stay the flow's."""
        if waiting := self._put_off(turn):
            return waiting
        opened = self._opened_beside(turn)
        called = turn.heard.function or self.functions.called(turn.heard.text)
        if opened and (called == PHONES or not called):  # they tell enough without choices
            return replace(opened, replies=tuple(map(plain, opened.replies)))
        return opened

    def _put_off(self, turn: Underway) -> Outcome | None:
        """Let what takes several messages wait until the danger is over."""
        called = turn.heard.function or self.functions.called(turn.heard.text)
        function = self.functions.get(called) if called else None
        state = turn.session.emergency
        if function is None or state is None or not function.waits_for_safety:
            return None
        return turn.dialogue.put_off(turn.session, state, turn.now)

    def _opened_beside(self, turn: Underway) -> Outcome | None:
        if turn.heard.function and not turn.heard.function.startswith(SAY):
            return self._open(turn, turn.heard.function)
        text = turn.heard.text
        if turn.dialogue.is_answer(turn.session, text):
            return None  # 「help」 is a cry there, not the menu
        control = control_word(text)
        if self.functions.called(text) or control in _WORK_IN_AN_EMERGENCY:
            return self._worded(turn)
        return None

    def _event(self, turn: Underway) -> Outcome | None:
        event = turn.heard.utterance.event
        if event is None or event.kind == "menu":
            return None
        return self._events[event.kind](self, turn, event.key)

    def _followed(self, turn: Underway, key: str) -> Outcome:
        if key == UNBLOCKED:
            return Outcome(turn.session, ())  # /start follows, and is answered
        if turn.is_group:
            return turn.say("group_greeting")
        welcome = for_other_languages(turn, self._menu(turn, "welcome"))
        if not key:
            return welcome
        scanned = self._code(replace(turn, session=welcome.session), key)
        return replace(scanned, replies=(*(plain(r) for r in welcome.replies), *scanned.replies))

    def _scanned(self, turn: Underway, key: str) -> Outcome:
        """Open what the code leads to; who comes for the first time is welcomed, too."""
        if turn.session == Session() and not turn.is_group:
            return self._followed(turn, key)
        return self._code(turn, key)

    def _code(self, turn: Underway, key: str) -> Outcome:
        flow = turn.session.flow
        if flow and flow.function == REPORT:  # the place of what they are reporting
            return self._open(turn, f"{REPORT}/scan/{key}")
        return self._open(turn, f"{DRILL if scene_token(key) else BUILDING}/scan/{key}")

    def _left(self, turn: Underway, key: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return Outcome(Session(), ())

    def _unread(self, turn: Underway, key: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return turn.say("group_greeting" if turn.is_group else "unread")

    _events = {  # noqa: RUF012 - a table, never changed
        "followed": _followed, "scanned": _scanned, "left": _left, "unread": _unread,
    }  # fmt: skip

    def _menu(self, turn: Underway, name: str) -> Outcome:
        """Say ``name`` of the general words, with the menu's functions to tap.

        A group is told what works there.
        """
        if turn.is_group:
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

    def _ended(self, turn: Underway) -> Outcome | None:
        """Take the word that ends a talk with staff, which sounds like despair elsewhere."""
        said = bare_word(turn.heard.text)
        is_end = any(said in one.attend_ends for one in self.functions.registered)
        return self._attended(turn) if is_end and not _is_emergency(turn) else None

    def _attended(self, turn: Underway) -> Outcome | None:
        """Leave to a function that attends what is neither a tap nor a word that always works.

        Somebody who talks with staff says 「1」, 「不是」 and 「有用」 to them.
        """
        text = turn.heard.text
        is_ours = control_word(text) in _ALWAYS_WORK or bool(self.functions.called(text))
        is_tap = bool(turn.heard.function) or turn.heard.utterance.tapped is not None
        if turn.is_group or is_ours or is_tap or (visit := turn.visit()) is None:
            return None
        attending = (one.attend for one in self.functions.registered if one.attend)
        return next((said for attend in attending if (said := attend(visit))), None)

    def _tapped(self, turn: Underway) -> Outcome | None:
        """Open what a button, or the number or words of a choice that stands, leads to."""
        if turn.heard.function:
            return self._open(turn, turn.heard.function)
        tapped = turn.heard.utterance.tapped
        if tapped and tapped.topic:
            answered = turn.dialogue.answer(turn.session, Offer(tapped.label, tapped.topic))
            return with_report(turn, answered, self._reports)
        if pushed := self._pushed(turn):
            return pushed
        offer = chosen(turn.session, turn.heard.text, asks=turn.asks)
        return self._open(turn, offer.function) if offer else None

    def _pushed(self, turn: Underway) -> Outcome | None:
        """Take a number, a yes or a no as the answer to a question that was pushed to them."""
        number = picked_number(turn.heard.text, asks=True)
        visit = turn.visit() if number in {1, 2} and not turn.is_group else None
        for function in self.functions.registered if visit else ():
            question = function.pushed(visit) if function.pushed and visit else None
            if question and is_last(turn, question):
                return self._open(turn, question.yes if number == 1 else question.no)
        return None

    def _worded(self, turn: Underway) -> Outcome | None:
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

    def _stale(self, turn: Underway) -> Outcome | None:
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

    def _restart(self, turn: Underway, function: Function) -> Outcome:
        if function.is_private and turn.is_group:
            return turn.say("private_only")
        words = turn.brain.function_words(turn.session.language)
        named = "title" if function.menu else "start"
        choice = Choice(words[f"{named}_{function.key}"], function=function.key)
        reply = Reply("chat", words["stale_choice"], choices=(choice,))
        offers = (Offer(choice.label, function=function.key),)
        return Outcome(replace(turn.session, offers=offers), (reply,))

    def _more(self, turn: Underway) -> Outcome:
        if not turn.session.more:
            return turn.general("no_more")
        text = "\n".join(turn.session.more)
        return Outcome(replace(turn.session, more=()), (Reply("chat", text),))

    def _sent(self, turn: Underway) -> Outcome | None:
        """Answer what is no text, unless the function they are in takes it."""
        said = turn.heard.utterance
        if not (said.media or said.place):
            return None
        if outcome := self._in_flow(turn):
            return outcome
        if self._begins_report(turn):
            return self._open(turn, f"{REPORT}/photo")
        return None if said.text else self._sent_alone(turn)  # recognised speech, or a caption

    def _sent_alone(self, turn: Underway) -> Outcome | None:
        said = turn.heard.utterance
        if said.place:
            return self._open(turn, f"{BUILDING}/near") if self._has(BUILDING) else None
        kind = said.media[0].kind
        if kind == "voice" and self._has(VOICE):
            return self._open(turn, VOICE)
        return turn.say(f"sent_{kind}")

    def _begins_report(self, turn: Underway) -> bool:
        """Whether a photo came that is to be reported, and asks nothing that is known."""
        said = turn.heard.utterance
        if not said.media or said.media[0].kind != "photo" or not self._has(REPORT):
            return False
        is_asked = turn.heard.is_question and asks_something(said.text)
        return not said.text or not (is_asked or turn.is_group)

    def _has(self, key: str) -> bool:
        return self.functions.get(key) is not None

    def _in_flow(self, turn: Underway) -> Outcome | None:
        flow = turn.session.flow
        function = self.functions.get(flow.function) if flow else None
        if flow is None or function is None or function.step is None:
            return None
        if turn.heard.utterance.tapped:
            return None  # on something older; it was not written for this
        if function.is_private and turn.is_group:
            return None
        visit = turn.visit()
        return with_warning(turn, function.step(visit, flow)) if visit else turn.not_stored()

    def _open(self, turn: Underway, key: str) -> Outcome:
        """Open a function; words behind ``say`` are answered as if they had been written."""
        given = given_to(key)
        if key.startswith(f"{SAY}/"):
            heard = turn.heard.saying(given, turn.brain.analyse(given))
            return self._decide(replace(turn, heard=heard))
        function = self.functions.get(key)
        if function is None:
            return self._menu(turn, "help")
        return self._run(turn, function, given)

    def _run(self, turn: Underway, function: Function, given: str) -> Outcome:
        if function.is_private and turn.is_group:
            return turn.say("private_only")
        visit = turn.visit()
        return function.open(visit, given) if visit else turn.not_stored()

    def _recognised(self, turn: Underway) -> Outcome | None:
        """Let a function read what is no question that the knowledge surely answers."""
        if not turn.heard.text or (visit := turn.visit()) is None:
            return None
        is_known = turn.heard.is_question
        for function in self.functions.registered:
            is_kept = function.is_private and visit.is_group
            is_left = is_known and not function.reads_known
            if function.recognise is None or is_kept or is_left:
                continue
            if outcome := function.recognise(visit):
                return with_banner(turn, outcome) if function.awaits else outcome
        return None

    _looks = (_event, _attended, _tapped, _worded, _stale, _sent, _in_flow, _recognised)

    def _asked(self, turn: Underway) -> Outcome:
        outcome = turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)
        kinds = {reply.kind for reply in outcome.replies}
        if kinds == {"answer"}:
            outcome = with_report(turn, outcome, self._reports)
        if kinds == {"decline"}:
            outcome = with_standing_choices(turn.session, outcome)
        elif kinds - {"chat"}:  # a question was answered, so the function they were in is over
            outcome = self._with_aside(turn, outcome)
        session = outcome.session
        if kinds != {"answer"} or session.told_privacy or turn.is_group:
            return outcome
        told = Reply("chat", turn.word("privacy_line"))
        session = replace(session, told_privacy=True)
        return replace(outcome, session=session, replies=(*outcome.replies, told))

    def _with_aside(self, turn: Underway, outcome: Outcome) -> Outcome:
        """End the function they were in, unless it waits on beside an answer and says so."""
        flow = turn.session.flow
        function = self.functions.get(flow.function) if flow else None
        session = replace(outcome.session, more=())
        if not (function and function.aside) or turn.is_group:
            return replace(outcome, session=replace(session, flow=None))
        aside = Reply("chat", turn.word(function.aside))
        return replace(outcome, session=session, replies=(*outcome.replies, aside))


def _is_emergency(turn: Underway) -> bool:
    """Whether an emergency is open, whose answers are the flow's."""
    state = turn.session.emergency
    return state is not None and not state.is_over(turn.now)
