"""One turn of the dialogue: what is said, and what is remembered. The order is the safety design.

Values in, values out: no storage, no clock, no channel.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from bot.dialogue.analysis import Analysis
from bot.dialogue.answering import MOST_CHOICES, Answerer
from bot.dialogue.control import (
    Control,
    chosen_number,
    control_word,
    has_words,
    is_link,
)
from bot.dialogue.emergency_flow import EmergencyFlow, FlowStep
from bot.dialogue.emergency_hearing import Hearing
from bot.dialogue.latin import readable
from bot.dialogue.session import (
    NO_EFFECTS,
    Effects,
    EmergencyState,
    Labelled,
    Offer,
    Session,
    UnansweredQuestion,
)
from bot.dialogue.small_talk import Chat
from bot.messages import Choice, Reply
from bot.phrases import CrisisWording, Wording
from index.values import Ranking, Zone

MOST_REMEMBERED_TOPICS = 8
LEAST_PLAUSIBLE_SCORE = 0.01
QUESTIONS_THAT_END_IT = 2
_MOST_QUESTION_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one message leads to: replies in order, the new session, what to note down."""

    session: Session
    replies: tuple[Reply, ...]
    effects: Effects = NO_EFFECTS


class Dialogue:
    """Decides every turn, in the words of one district."""

    def __init__(
        self,
        answerer: Answerer | None,
        wording: Wording,
        flow: EmergencyFlow,
        analyse: Callable[[str], Analysis],
    ) -> None:
        """Take ``answerer`` None while there is no knowledge; emergencies are answered still.

        ``analyse`` looks again at the message that opened a flow which turned out not to be
        happening now.
        """
        self._answerer = answerer
        self._analyse = analyse
        self._general = wording.general
        self._crisis: CrisisWording = wording.crisis
        self._chat = Chat(wording.chat)
        self._flow = flow
        self._hearing = Hearing(flow, wording.certain)

    @property
    def is_ready(self) -> bool:
        """Whether there is knowledge to answer questions from."""
        return self._answerer is not None

    def is_urgent(self, session: Session, analysis: Analysis, now: datetime) -> bool:
        """Whether the turn belongs to an emergency or a crisis, open or new."""
        state = session.emergency
        is_open = (state is not None and not state.is_over(now)) or bool(session.crisis)
        return is_open or self.urgent(analysis) is not None

    def answer(self, session: Session, offer: Offer) -> Outcome:
        """Return the answer behind a choice that was tapped, whatever was asked since."""
        if self._answerer is None or not self._answerer.knows(offer.topic):
            return self._say(session, "unprepared")
        return self._take(session, offer)

    def is_answer(self, session: Session, text: str) -> bool:
        """Whether ``text`` is an answer that the open emergency waits for."""
        return session.emergency is not None and self._flow.is_answer(session.emergency, text)

    def beside(self, session: Session, outcome: Outcome, now: datetime) -> Outcome:
        """Return what was done beside an open emergency, with the word that it is still open.

        What asks for something and has done nothing yet waits: numbers are the emergency's.
        """
        state = session.emergency
        if not (state and outcome.session.emergency and outcome.replies):
            return outcome
        last = outcome.replies[-1]
        asks = bool(last.choices) or outcome.session.flow not in (None, session.flow)
        if asks and outcome.effects == NO_EFFECTS:
            return self.put_off(session, state, now)
        noted = replace(last, text=f"{last.text}\n{self._flow.busy_note()}", choices=())
        after = replace(outcome.session, flow=session.flow, offers=session.offers)
        return replace(outcome, session=after, replies=(*outcome.replies[:-1], noted))

    def put_off(self, session: Session, state: EmergencyState, now: datetime) -> Outcome:
        """Say that what was called waits until the open emergency is over."""
        return self._stepped(session, self._flow.put_off(state, now), now)

    def sent_place(self, session: Session, label: str, now: datetime) -> Outcome | None:
        """Return the turn for a place sent in an open emergency, None when there is none."""
        state = session.emergency
        if state is None or state.is_over(now):
            return None
        return self._stepped(session, self._flow.sent(state, label, now), now)

    def urgent(self, analysis: Analysis) -> Reply | None:
        """Return the reply that must go out even if nothing can be stored, or None."""
        if analysis.crisis:
            return self._crisis_reply(analysis)
        if analysis.emergency and analysis.is_sure:
            return self._flow.first_reply(analysis.emergency)
        if analysis.danger:
            return Reply("decline", analysis.danger)
        return None

    def banner(self, analysis: Analysis) -> str:
        """Return what stands above any reply to what may be an emergency, "" for anything else."""
        return self._flow.first_aid_above(analysis.emergency) if analysis.emergency else ""

    def _crisis_reply(self, analysis: Analysis) -> Reply:
        words = self._crisis.kinds[analysis.crisis]
        text = words.others if analysis.is_of_others and words.others else words.text
        return Reply("crisis", text, choices=tuple(Choice(label) for label in words.choices))

    def decide(self, session: Session, text: str, analysis: Analysis, now: datetime) -> Outcome:
        """Return the turn for ``text``, which ``analysis`` has looked at."""
        state = session.emergency
        if state and state.is_over(now):
            session, state = replace(session, emergency=None), None
        if after := self._chosen_in_crisis(session, text):
            return after
        if state and not self._hearing.opens_anew(state, text, analysis):
            return self._within_flow(session, state, text, analysis, now)
        if urgent := self.urgent(analysis):
            return self._urgent(session, urgent, text, analysis, now)
        for look in (self._controlled, self._chosen, self._courtesy, self._late, self._unreadable):
            if outcome := look(session, text):
                return outcome
        return self._question(session, text, analysis, now)

    def _within_flow(
        self, session: Session, state: EmergencyState, text: str, analysis: Analysis, now: datetime
    ) -> Outcome:
        if step := self._hearing.step(state, text, analysis, now):
            return self._stepped(session, step, now)
        if self._is_answerable(text, analysis):
            return self._aside(session, state, text, analysis, now)
        if courtesy := self._courtesy(session, text):
            return courtesy
        held = self._flow.hold(state, now)
        replies = (held.reply,) if held.reply else ()
        return Outcome(replace(session, emergency=held.state), replies)

    def _aside(
        self, session: Session, state: EmergencyState, text: str, analysis: Analysis, now: datetime
    ) -> Outcome:
        """Answer an ordinary question beside the flow; let go of a flow that nobody answers.

        While it is asked who was called, ``step`` counts the questions that follow; one that
        is itself perhaps an emergency does not count.
        """
        if state.stage != "asked" or analysis.emergency:
            return self._question(session, text, analysis, now)
        if state.step + 1 < QUESTIONS_THAT_END_IT:
            counted = replace(session, emergency=replace(state, step=state.step + 1))
            return self._question(counted, text, analysis, now)
        asked = self._question(replace(session, emergency=None), text, analysis, now)
        reply = asked.replies[-1]
        noted = replace(reply, text=f"{reply.text}\n{self._flow.letting_go_note()}")
        return replace(asked, replies=(noted,))

    def _stepped(self, session: Session, step: FlowStep, now: datetime) -> Outcome:
        session = replace(session, emergency=step.state)
        replies = (step.reply,) if step.reply else ()
        if not step.ask_again:
            return Outcome(session, replies)
        asked = self._question(
            session, step.ask_again, self._analyse(step.ask_again).as_asked(), now
        )
        if asked.replies[-1].kind == "decline":
            return Outcome(session, replies)
        return replace(asked, replies=replies + asked.replies)

    def _is_answerable(self, text: str, analysis: Analysis) -> bool:
        """Whether an ordinary reply may stand beside an emergency: no guess, no bare decline."""
        if self._answerer is None or analysis.ranking is None or not has_words(text):
            return False
        if analysis.ranking.zone is Zone.ANSWER or analysis.aid:
            return True
        # 「明天天气怎么样」 is plainly about something else, so the danger may be over.
        is_elsewhere = self._answerer.other_door(text) is not None
        return analysis.ranking.zone is Zone.DECLINE and is_elsewhere and not analysis.emergency

    def _urgent(
        self, session: Session, reply: Reply, text: str, analysis: Analysis, now: datetime
    ) -> Outcome:
        if analysis.crisis:
            return Outcome(replace(session, crisis=analysis.crisis), (reply,))
        if not analysis.emergency:
            return Outcome(session, (reply,))
        place = session.emergency.place if session.emergency else ""
        state = self._flow.begin(analysis.emergency, text, now, place)
        return Outcome(replace(session, emergency=state, crisis=""), (reply,))

    def _controlled(self, session: Session, text: str) -> Outcome | None:
        control = control_word(text)
        return self._controls[control](self, session) if control else None

    def _help(self, session: Session) -> Outcome:
        return self._say(session, "help")

    def _cancel(self, session: Session) -> Outcome:
        busy = session.offers or session.emergency or session.crisis or session.flow
        return self._say(session.without_flow(), "cancelled" if busy else "nothing_to_cancel")

    def _unsubscribe(self, session: Session) -> Outcome:
        return self._say(session, "unsubscribed")

    def _human(self, session: Session) -> Outcome:
        return self._say(session, "human")

    def _more(self, session: Session) -> Outcome:
        return self._say(session, "no_more")

    def _basis(self, session: Session) -> Outcome:
        if not (self._answerer and session.answered):
            return self._say(session, "no_basis")
        return Outcome(session, (self._answerer.basis(session.answered),))

    def _useful(self, session: Session) -> Outcome:
        return self._say(session, "useful_thanks" if session.answered else "nothing_to_dislike")

    def _dislike(self, session: Session) -> Outcome:
        if not session.question:
            return self._say(session, "nothing_to_dislike")
        rest = self._others(session)
        noted = UnansweredQuestion(session.question, "disliked", rest[:MOST_CHOICES])
        effects = Effects(unanswered=(noted,))
        if not (self._answerer and rest):
            return replace(self._say(session, "disliked_nothing"), effects=effects)
        reply = self._answerer.clarify(rest, self._general["disliked"])
        session = replace(session, offers=offers_of(reply), ranked=rest, answered="")
        return Outcome(session, (reply,), effects)

    def _others(self, session: Session) -> tuple[str, ...]:
        """Return what else may have been meant: the next in rank, then the answer's related."""
        if not (self._answerer and session.answered):
            return ()
        near = (*session.ranked, *self._answerer.related(session.answered))
        return tuple(dict.fromkeys(topic for topic in near if topic != session.answered))

    _controls: dict[Control, Callable[["Dialogue", Session], Outcome]] = {  # noqa: RUF012 - a table, never changed
        Control.HELP: _help,
        Control.CANCEL: _cancel,
        Control.UNSUBSCRIBE: _unsubscribe,
        Control.HUMAN: _human,
        Control.BASIS: _basis,
        Control.DISLIKE: _dislike,
        Control.USEFUL: _useful,
        Control.MORE: _more,
    }

    def _chosen(self, session: Session, text: str) -> Outcome | None:
        number = chosen_number(text)
        if number is None:
            offer = next((o for o in session.offers if o.label == text.strip()), None)
            return self._take(session, offer) if offer else None
        if not session.offers:
            return self._say(session, "no_choices")
        if not 1 <= number <= len(session.offers):
            return self._say(session, "bad_number")
        return self._take(session, session.offers[number - 1])

    def _chosen_in_crisis(self, session: Session, text: str) -> Outcome | None:
        """Answer a choice of the crisis menu, which owns the numbers while it is the last."""
        if not session.crisis:
            return None
        labels = self._crisis.kinds[session.crisis].choices
        number = chosen_number(text) or 0
        label = labels[number - 1] if 1 <= number <= len(labels) else text.strip()
        line = self._crisis.after.get(label)
        if line is None:
            return None
        return Outcome(replace(session, crisis=""), (Reply("crisis", line),))

    def _take(self, session: Session, offer: Offer) -> Outcome:
        if not offer.topic or self._answerer is None:
            noted = UnansweredQuestion(session.question, "clarified", session.ranked)
            session = replace(session, offers=(), answered="")
            outcome = self._say(session, "not_these_reply")
            return replace(outcome, effects=Effects(unanswered=(noted,)))
        clarified = not session.answered and session.question
        label = (Labelled(session.question, offer.topic),) if clarified else ()
        reply = self._answerer.answer(offer.topic, session.elsewhere)
        session = replace(session, offers=offers_of(reply), answered=offer.topic)
        return Outcome(session, (reply,), Effects(labelled=label))

    def _courtesy(self, session: Session, text: str) -> Outcome | None:
        line = self._chat.reply(text)
        return Outcome(session, (Reply("chat", line),)) if line else None

    def _late(self, session: Session, text: str) -> Outcome | None:
        reply = self._flow.closed(text)
        return Outcome(session, (reply,)) if reply else None

    def _unreadable(self, session: Session, text: str) -> Outcome | None:
        if not text.strip():
            return self._say(session, "empty")
        if is_link(text):
            return self._say(session, "only_link")
        return None if has_words(readable(text)) else self._say(session, "only_symbols")

    def _question(self, session: Session, text: str, analysis: Analysis, now: datetime) -> Outcome:
        if self._answerer is None or analysis.ranking is None:
            return self._say(session, "unprepared")
        reply = self._worded(self._answerer, text, analysis)
        ranked = _plausible(analysis.ranking)
        noted = _declined(text, ranked) if reply.kind == "decline" else ()
        session = replace(
            session,
            question=text[:_MOST_QUESTION_CHARACTERS],
            ranked=ranked,
            elsewhere=analysis.elsewhere,
            offers=offers_of(reply),
            answered=reply.topics[0] if reply.rateable else "",
            crisis="",
        )
        session, reply = self._with_notes(session, reply, analysis, now)
        return Outcome(session, (reply,), Effects(unanswered=noted))

    def _worded(self, answerer: Answerer, text: str, analysis: Analysis) -> Reply:
        ranking = analysis.ranking
        topics = ranking.topics if ranking else ()
        known = [*islice((topic for topic, _ in topics if answerer.knows(topic)), MOST_CHOICES)]
        if analysis.aid and (ranking is None or ranking.zone is not Zone.ANSWER):
            return self._flow.first_aid(analysis.aid)
        if ranking is None or not known or ranking.zone is Zone.DECLINE:
            return answerer.decline(text)
        if ranking.zone is Zone.CLARIFY:
            return answerer.clarify(known)
        return answerer.answer(known[0], analysis.elsewhere)

    def _with_notes(
        self, session: Session, reply: Reply, analysis: Analysis, now: datetime
    ) -> tuple[Session, Reply]:
        if session.emergency:
            note = self._flow.busy_note()
            return session, replace(reply, text=f"{reply.text}\n{note}", choices=())
        if reply.kind == "answer" and (only := self._general["chinese_only"]):
            reply = replace(reply, text=f"{only}\n{reply.text}")
        if banner := self.banner(analysis):
            return session, replace(reply, text=f"{banner}\n\n{reply.text}")
        if reply.kind == "answer" and session.hinted_on != now.date():
            session = replace(session, hinted_on=now.date())
            return session, replace(reply, hint=self._general["dislike_hint"])
        return session, reply

    def _say(self, session: Session, name: str) -> Outcome:
        return Outcome(session, (Reply("chat", self._general[name]),))


def _plausible(ranking: Ranking) -> tuple[str, ...]:
    """Return the first topics that have a chance at all; behind them rank is noise."""
    first = ranking.topics[:MOST_REMEMBERED_TOPICS]
    return tuple(topic for topic, score in first if score >= LEAST_PLAUSIBLE_SCORE)


def offers_of(reply: Reply) -> tuple[Offer, ...]:
    """Return the reply's choices as they are remembered."""
    return tuple(Offer(choice.label, choice.topic, choice.function) for choice in reply.choices)


def _declined(text: str, ranked: tuple[str, ...]) -> tuple[UnansweredQuestion, ...]:
    return (UnansweredQuestion(text, "declined", ranked[:MOST_CHOICES]),)
