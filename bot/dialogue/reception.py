"""Where every message arrives. The order is the safety design.

What is urgent goes to the dialogue at once. The rest is looked at for a button or a choice, a
word that always works, the function somebody is in, and is then a question.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.brain import Brain
from bot.dialogue.control import Control, bare_word, chosen_number, control_word
from bot.dialogue.deciding import Dialogue, Outcome
from bot.dialogue.functions import SAY, Function, Functions, Visit, given_to, menu_choices
from bot.dialogue.heard import Desk, Heard
from bot.dialogue.session import Effects, Offer, Session
from bot.messages import Reply

# Keys of functions that the reception itself calls; app.py registers them.
HUMAN, NOTICES, BUILDING, VOICE = "human", "notices", "building", "voice"
GROUP_SIGN = ":"
# What a channel gives as key when somebody lets us write again.
UNBLOCKED = "unblocked"
_OF_CONTROLS = {Control.HUMAN: HUMAN, Control.UNSUBSCRIBE: f"{NOTICES}/off"}
# To two choices of a function, which ask for a yes or a no.
_YES = dict.fromkeys(("是", "是的", "对", "对的", "确认", "同意", "yes"), 1)
_NO = dict.fromkeys(("不是", "不", "不对", "否", "不同意", "no"), 2)
_YES_OR_NO = _YES | _NO
_WORK_IN_AN_EMERGENCY = (Control.HELP, Control.HUMAN, Control.UNSUBSCRIBE, Control.MORE)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One turn on its way through the reception."""

    brain: Brain
    session: Session
    heard: Heard
    desk: Desk | None
    now: datetime

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

    def __init__(self, functions: Functions | None = None) -> None:
        self.functions = functions or Functions()

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
        return self._decide(_Turn(brain, session, heard, *at))

    def _decide(self, turn: _Turn) -> Outcome:
        if turn.dialogue.is_urgent(turn.session, turn.heard.analysis, turn.now):
            return self._urgent(turn)
        for look in (self._event, self._tapped, self._worded, self._sent, self._in_flow):
            if outcome := look(turn):
                return outcome
        return self._asked(turn)

    def _urgent(self, turn: _Turn) -> Outcome:
        """Leave it to the dialogue; what is tapped or called in an open one is opened beside it."""
        event = turn.heard.utterance.event
        if turn.dialogue.urgent(turn.heard.analysis) is None:
            if event is not None and event.kind != "menu":
                return self._event_beside(turn, event.kind)
            if beside := self._beside(turn):
                return turn.dialogue.beside(beside)
        return turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)

    def _event_beside(self, turn: _Turn, kind: str) -> Outcome:
        """Say that the emergency is still open; a welcome or a building would hide it."""
        if kind == "left":
            return Outcome(Session(), ())
        if turn.session.emergency:
            return turn.dialogue.decide(turn.session, "", turn.heard.analysis, turn.now)
        return turn.say("unread") if kind == "unread" else Outcome(turn.session, ())

    def _beside(self, turn: _Turn) -> Outcome | None:
        """Open what works in the middle of an emergency, too; its numbers stay the flow's."""
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
        welcome = self._menu(turn, "welcome")
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
        return turn.say("unread")

    _events = {  # noqa: RUF012 - a table, never changed
        "followed": _followed, "scanned": _scanned, "left": _left, "unread": _unread,
    }  # fmt: skip

    def _menu(self, turn: _Turn, name: str) -> Outcome:
        """Say ``name`` of the general words, with the menu's functions to tap."""
        words = turn.brain.function_words(turn.session.language)
        shown = [f for _, part in self.functions.menu(words) for f in part]
        reply = Reply(
            "chat",
            turn.brain.general_words(turn.session.language)[name],
            choices=() if _is_group(turn) else menu_choices(shown, words),
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
        offer = _chosen(turn.session, turn.heard.text)
        return self._open(turn, offer.function) if offer else None

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

    def _asked(self, turn: _Turn) -> Outcome:
        outcome = turn.dialogue.decide(turn.session, turn.heard.text, turn.heard.analysis, turn.now)
        kinds = {reply.kind for reply in outcome.replies}
        session = outcome.session
        if kinds - {"chat"}:  # a question was asked, so the function they were in is over
            session = replace(session, flow=None, more=())
        if kinds != {"answer"} or session.told_privacy or _is_group(turn):
            return replace(outcome, session=session)
        told = Reply("chat", turn.word("privacy_line"))
        session = replace(session, told_privacy=True)
        return replace(outcome, session=session, replies=(*outcome.replies, told))


def _chosen(session: Session, text: str) -> Offer | None:
    """Return the choice with a function that a number or a label picks."""
    number = chosen_number(text)
    if number is None and len(session.offers) == 2:
        number = _YES_OR_NO.get(bare_word(text))
    if number is not None:
        offers = session.offers[number - 1 : number] if number else ()
    else:
        offers = tuple(offer for offer in session.offers if offer.label == text.strip())
    return offers[0] if offers and offers[0].function else None


def _plain(reply: Reply) -> Reply:
    return replace(reply, choices=())


def _is_group(turn: _Turn) -> bool:
    """Whether others read along: a group's accounts are named after the group and the person."""
    return GROUP_SIGN in turn.heard.utterance.account.name
