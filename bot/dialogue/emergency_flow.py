"""The emergency flow: whom to call, the next ten seconds, and staying until it is over.

Values in, values out. Nothing here waits, reads or stores; the first reply depends on the
kind alone, so that it can be sent whatever else has failed.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.control import bare_word
from bot.dialogue.emergency_answers import MAX_READ_CHARACTERS, Answer, answer_in, bare
from bot.dialogue.emergency_places import (
    is_room,
    joined,
    looks_like_place,
    says_where,
    tells_hazard,
)
from bot.dialogue.emergency_tellings import is_weaker
from bot.dialogue.session import EmergencyState, Stage
from bot.messages import Choice, Reply
from bot.phrases import EmergencyWording, Told

_NUMBERS = {
    "ambulance": "120",
    "ambulance_fire": "120",
    "both": "120和119",
    "lift": "物业或119",
}  # fmt: skip

# Kinds whose further steps are their own, but which are told the same things.
_TOLD_AS = {"explosion": "fire"}


@dataclass(frozen=True, slots=True)
class FlowStep:
    """What the flow makes of a message: the state to keep, and what to say.

    Attributes:
        state: None ends the flow.
        reply: None when the flow has no answer of its own.
        ask_again: a text to be answered as an ordinary question after ``reply``.
    """

    state: EmergencyState | None
    reply: Reply | None
    ask_again: str = ""


class EmergencyFlow:
    """The flow in the words of one district: wording and settings are fixed at start."""

    def __init__(
        self,
        wording: EmergencyWording,
        settings: Mapping[str, str],
        labels: Set[str] = frozenset(),
    ) -> None:
        """Take as ``labels`` those of the other languages, whose old buttons may be tapped."""
        self._wording = wording
        self._settings = settings
        self._all_labels = labels_of(wording) | labels

    def first_reply(self, kind: str) -> Reply:
        """Return the reply to send at once: the call, the next ten seconds, what not to do."""
        words = self._wording.kinds[kind]
        lines = [
            self._wording.first_line[words.call],
            *(f"• {step}" for step in words.now),
            words.never,
        ]
        labels = self._wording.choices_by_call.get(words.call, self._wording.choices)
        return self._reply("\n".join(lines), labels)

    def first_aid_above(self, kind: str) -> str:
        """Return the banner shown above a normal answer when it is only perhaps happening."""
        return self._fill(self._wording.perhaps[kind])

    def first_aid(self, kind: str) -> Reply:
        """Return what to do in such a case, for somebody who asks in general."""
        words = self._wording.kinds[kind]
        lines = [self._wording.perhaps[kind], *(f"• {step}" for step in words.now), words.never]
        return Reply("answer", self._fill("\n".join(lines)))

    def busy_note(self) -> str:
        """Return the line under an ordinary answer given while the flow is open."""
        return self._wording.busy_question

    def letting_go_note(self) -> str:
        """Return the line under the answer with which an unanswered flow is let go."""
        return self._wording.letting_go

    def begin(self, kind: str, question: str, now: datetime, place: str = "") -> EmergencyState:
        """Return the state after the first reply; a place told before is kept."""
        return EmergencyState(kind, "asked", question[:MAX_READ_CHARACTERS], now, place=place)

    def hold(self, state: EmergencyState, now: datetime) -> FlowStep:
        """Answer what the flow has no words for: we are still here, and what to do now."""
        state = replace(state, since=now)
        if state.stage == "asked":
            return self._answered(state, "waiting")
        return FlowStep(state, self._reply(self._wording.still_here, self._wording.stay_choices))

    def becomes(self, state: EmergencyState, kind: str) -> bool:
        """Whether ``kind``, said beyond doubt, takes the place of what is open.

        What has the same help does so only until they called: their steps would start over.
        """
        if self._is_same_help(state.kind, kind):
            return state.stage == "asked"
        return not is_weaker(kind, state.kind)

    def is_graver(self, state: EmergencyState, kind: str) -> bool:
        """Whether ``kind`` is the greater danger, and nothing is to be said to it within."""
        return is_weaker(state.kind, kind) and kind not in self._told(state)

    def tells(self, state: EmergencyState, told: Sequence[str]) -> bool:
        """Whether there is something to say to what was told."""
        return self._words_for(state, told) is not None

    def tell(
        self, state: EmergencyState, text: str, told: Sequence[str], now: datetime
    ) -> FlowStep | None:
        """Answer what is told of the open emergency, which stays as it is.

        Args:
            state: the open emergency.
            text: the message; the sender's place in it is kept.
            told: names and kinds found in it, the most urgent first.
            now: the time.
        """
        words = self._words_for(state, told)
        if words is None:
            return None
        is_asked = state.stage == "asked"
        place = joined(state.place, text) if says_where(text) else state.place
        state = replace(state, since=now, place=place, step=0 if is_asked else state.step)
        lines = [words.say, *self._first_steps(words.steps)]
        if says_where(text):
            lines.append(self._about_place(state))
        below = self._wording.told_call.format(number=self._number(state.kind))
        lines.append(below if is_asked else self._wording.stay)
        return FlowStep(state, self._reply("\n".join(filter(None, lines)), self._labels(state)))

    def sent(self, state: EmergencyState, label: str, now: datetime) -> FlowStep:
        """Take a place that was sent; without words it cannot be read out."""
        state = replace(state, since=now)
        if label:
            return self._placed(replace(state, place=joined(state.place, label)))
        return self._say(state, self._wording.place_unread)

    def keep_open(self, state: EmergencyState, now: datetime) -> FlowStep:
        """Answer 「取消」: it is over when they say that they are safe."""
        return self._say(replace(state, since=now), self._wording.cancel_open)

    def put_off(self, state: EmergencyState, now: datetime) -> FlowStep:
        """Say that something else has to wait, and what is to be done now."""
        held = self.hold(state, now)
        below = f"\n{held.reply.text}" if held.reply else ""
        return self._say(replace(state, since=now), self._wording.not_now_busy, below)

    def closed(self, text: str) -> Reply | None:
        """Return the answer to a button of an emergency that is over, or None."""
        is_label = bare_word(text) in self._all_labels
        return Reply("chat", self._wording.closed) if is_label else None

    def is_answer(self, state: EmergencyState, text: str) -> bool:
        """Whether ``text`` is one of the answers the flow waits for, and nothing else."""
        return answer_in(self._said(state, text), state.stage) is not None

    def is_place(self, state: EmergencyState, text: str) -> bool:
        """Whether ``text`` tells a place, as the flow asks for."""
        is_asked_for = state.stage != "asked" or bool(state.place)
        if is_asked_for and is_room(text):
            return True
        # A shout may hold a place; while it is asked who called it is a new emergency, and
        # later 「一楼着火了」 tells where it burns.
        if tells_hazard(text) and (state.stage == "asked" or not says_where(text)):
            return False
        return looks_like_place(text)

    def step(self, state: EmergencyState, text: str, now: datetime) -> FlowStep:
        """Answer a message that comes while the flow is open."""
        state = replace(state, since=now)
        said = self._said(state, text)
        if said == "2" and state.stage == "no_phone" and state.step == 1:
            # Sent twice in haste: the first said "no phone", the second would end the flow.
            return self._stay(state)
        if answer := answer_in(said, state.stage):
            return self._answered(state, answer)
        if self.is_place(state, text):
            return self._placed(replace(state, place=joined(state.place, text)))
        return FlowStep(state, None, ask_again=text)

    def _said(self, state: EmergencyState, text: str) -> str:
        """Return the message bare, or the number of the choice whose label it is."""
        labels = self._labels(state)
        said = text.strip()
        return str(labels.index(said) + 1) if said in labels else bare(text)

    def _answered(self, state: EmergencyState, answer: Answer) -> FlowStep:
        match answer:
            case "called" | "no_phone":
                return self._stay(replace(state, stage=answer))
            case "next":
                return self._further(state)
            case "waiting":
                text = self._wording.waiting.format(number=self._number(state.kind))
                return FlowStep(state, self._reply(text, self._labels(state)))
            case "not_now":
                reply = Reply("chat", self._wording.not_now)
                return FlowStep(None, reply, ask_again=state.question)
            case "over":
                return FlowStep(None, Reply("chat", self._wording.over))

    def _stay(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        text = "\n".join([f"• {steps[0]}", self._about_place(state), self._wording.stay])
        return FlowStep(replace(state, step=1), self._reply(text, self._wording.stay_choices))

    def _further(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        if state.step >= len(steps):
            return FlowStep(state, self._reply(self._wording.more_done, self._wording.stay_choices))
        text = f"• {steps[state.step]}\n{self._wording.stay}"
        after = replace(state, step=state.step + 1)
        return FlowStep(after, self._reply(text, self._wording.stay_choices))

    def _placed(self, state: EmergencyState) -> FlowStep:
        above, below = "", f"\n{self._wording.stay}"
        if state.stage == "asked":
            above = self._wording.place_kept.format(number=self._number(state.kind)) + "\n"
            below = ""
        text = f"{above}{self._about_place(state)}{below}"
        return FlowStep(state, self._reply(text, self._labels(state)))

    def _say(self, state: EmergencyState, text: str, below: str = "") -> FlowStep:
        said = text.format(number=self._number(state.kind))
        return FlowStep(state, self._reply(said + below, self._labels(state)))

    def _is_same_help(self, kind: str, other: str) -> bool:
        return self._wording.kinds[kind].follow == self._wording.kinds[other].follow

    def _told(self, state: EmergencyState) -> Mapping[str, Told]:
        follow = self._wording.kinds[state.kind].follow
        return self._wording.told.get(_TOLD_AS.get(follow, follow), {})

    def _words_for(self, state: EmergencyState, told: Sequence[str]) -> Told | None:
        """Return what to say to the first that has words; another kind has its steps."""
        own = self._told(state)
        for name in told:
            if name in own:
                return own[name]
            is_kind = name in self._wording.kinds
            if is_kind and state.stage != "asked" and self._is_same_help(state.kind, name):
                return Told(say="", steps=name)
        return None

    def _first_steps(self, kind: str) -> list[str]:
        if not kind:
            return []
        words = self._wording.kinds[kind]
        return [*(f"• {step}" for step in words.now), words.never]

    def _about_place(self, state: EmergencyState) -> str:
        """Ask for the place, or give the sentence that holds it."""
        words, is_shown = self._wording, state.stage == "no_phone"
        if state.place:
            template = words.show_out if is_shown else words.read_out
        else:
            template = words.ask_place_to_show if is_shown else words.ask_place
        what = words.kinds[state.kind].what
        return template.format(number=self._number(state.kind), place=state.place, what=what)

    def _steps(self, state: EmergencyState) -> tuple[str, ...]:
        follow = self._wording.follow[self._wording.kinds[state.kind].follow]
        return _of_stage(follow.called, follow.no_phone, state.stage)

    def _number(self, kind: str) -> str:
        return _NUMBERS.get(self._wording.kinds[kind].call, "119")

    def _labels(self, state: EmergencyState) -> tuple[str, ...]:
        if state.stage != "asked":
            return self._wording.stay_choices
        call = self._wording.kinds[state.kind].call
        return self._wording.choices_by_call.get(call, self._wording.choices)

    def _reply(self, text: str, labels: tuple[str, ...]) -> Reply:
        choices = tuple(Choice(label) for label in labels)
        return Reply("emergency", self._fill(text), choices=choices)

    def _fill(self, text: str) -> str:
        for name, value in self._settings.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def labels_of(wording: EmergencyWording) -> frozenset[str]:
    """Return what stands on the buttons of every emergency, as ``bare_word`` leaves it."""
    by_call = wording.choices_by_call.values()
    labels = (*wording.choices, *wording.stay_choices, *(label for row in by_call for label in row))
    return frozenset(map(bare_word, labels))


def _of_stage(called: tuple[str, ...], no_phone: tuple[str, ...], stage: Stage) -> tuple[str, ...]:
    return no_phone if stage == "no_phone" else called
