"""The emergency flow: whom to call, the next ten seconds, and staying until it is over.

Values in, values out. Nothing here waits, reads or stores; the first reply depends on the
kind alone, so that it can be sent whatever else has failed.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.session import EmergencyState, Stage
from bot.messages import Choice, Reply
from bot.phrases import EmergencyWording

_CALLED = re.compile(r"^(1|已?经?(打|拨|报)(了|过|完|通)?(119|120|警|电话)*了?|已有人来救)$")
_NO_PHONE = re.compile(
    r"^(2|.{0,4}(打不了|打不通|没电|没信号|没有?手机|没话费|不能打|欠费).{0,6})$"
)
_NOT_NOW = re.compile(
    r"^(3|.{0,3}不是现在.{0,6}|.{0,3}没有?(真的?)?发生.{0,3}|(我)?(只是|就是)?问问(而已)?)$"
)
_NEXT = re.compile(r"^(1|下一步|然后呢?|继续|接下来呢?|还有呢?|接着呢?|再呢|怎么办)$")
_OVER = re.compile(
    r"^(2|结束|解除|取消|好了)$|^(我们?|人|都|全|现在|已经|火|大家|家人)*"
    r"(安全|没事|灭|扑灭|出来|得救|获救|救出来|救下来|处理好|修好)了?$"
)
_PLACE = re.compile(
    r"\d\s*(栋|幢|号楼|号|单元|楼|层|室|座|期|弄)|(小区|花园|家园|大厦|公寓|广场|苑|路口|街道|大道|村|镇)"
    r"|[路街巷]\d*"
)
_ASKING = re.compile(r"[?？]|吗|么$|呢$|怎么|如何|能不能|可不可以|为什么|啷个|咋")
_PUNCTUATION = re.compile(r"[\s，。！!、,.~～…]+")
_MOST_PLACE_CHARACTERS = 80


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

    def __init__(self, wording: EmergencyWording, settings: Mapping[str, str]) -> None:
        self._wording = wording
        self._settings = settings

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

    def busy_note(self) -> str:
        """Return the line under an ordinary answer given while the flow is open."""
        return self._wording.busy_question

    def begin(self, kind: str, question: str, now: datetime) -> EmergencyState:
        """Return the state after the first reply."""
        return EmergencyState(kind, "asked", question, now)

    def is_same_help(self, kind: str, other: str) -> bool:
        """Whether two kinds lead to the same further steps."""
        return self._wording.kinds[kind].follow == self._wording.kinds[other].follow

    def takes(self, state: EmergencyState, text: str) -> bool:
        """Whether ``text`` is an answer within the flow, or a place told in it."""
        said = _bare(text)
        if state.stage == "asked":
            return any(p.match(said) for p in (_CALLED, _NO_PHONE, _NOT_NOW)) or _is_over(said)
        return bool(_NEXT.match(said)) or _is_over(said) or looks_like_place(text)

    def step(self, state: EmergencyState, text: str, now: datetime) -> FlowStep:
        """Answer a message that comes while the flow is open."""
        said = _bare(text)
        state = replace(state, since=now)
        if state.stage == "asked":
            return self._answered(state, said)
        if _is_over(said):
            return FlowStep(None, Reply("chat", self._wording.over))
        if _NEXT.match(said):
            return self._further(state)
        if looks_like_place(text):
            return self._placed(replace(state, place=" ".join(text.split())))
        return FlowStep(state, None, ask_again=text)

    def _answered(self, state: EmergencyState, said: str) -> FlowStep:
        if _CALLED.match(said):
            return self._stay(replace(state, stage="called"))
        if _NO_PHONE.match(said):
            return self._stay(replace(state, stage="no_phone"))
        if _NOT_NOW.match(said):
            reply = Reply("chat", self._wording.not_now)
            return FlowStep(None, reply, ask_again=state.question)
        if _is_over(said):
            return FlowStep(None, Reply("chat", self._wording.over))
        return FlowStep(state, None, ask_again=said)

    def _stay(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        ask = self._wording.ask_place.format(number=self._number(state.kind))
        text = "\n".join([f"• {steps[0]}", ask, self._wording.stay])
        return FlowStep(replace(state, step=1), self._reply(text, self._wording.stay_choices))

    def _further(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        if state.step >= len(steps):
            return FlowStep(state, self._reply(self._wording.more_done, self._wording.stay_choices))
        text = f"• {steps[state.step]}\n{self._wording.stay}"
        after = replace(state, step=state.step + 1)
        return FlowStep(after, self._reply(text, self._wording.stay_choices))

    def _placed(self, state: EmergencyState) -> FlowStep:
        template = self._wording.show_out if state.stage == "no_phone" else self._wording.read_out
        what = self._wording.kinds[state.kind].what
        number = self._number(state.kind)
        text = template.format(number=number, place=state.place, what=what)
        reply = self._reply(f"{text}\n{self._wording.stay}", self._wording.stay_choices)
        return FlowStep(state, reply)

    def _steps(self, state: EmergencyState) -> tuple[str, ...]:
        follow = self._wording.follow[self._wording.kinds[state.kind].follow]
        return _of_stage(follow.called, follow.no_phone, state.stage)

    def _number(self, kind: str) -> str:
        ambulance = {"ambulance", "ambulance_fire"}
        return "120" if self._wording.kinds[kind].call in ambulance else "119"

    def _reply(self, text: str, labels: tuple[str, ...]) -> Reply:
        choices = tuple(Choice(label) for label in labels)
        return Reply("emergency", self._fill(text), choices=choices)

    def _fill(self, text: str) -> str:
        for name, value in self._settings.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def looks_like_place(text: str) -> bool:
    """Whether ``text`` reads like where somebody is, not like a question."""
    short = len(text) <= _MOST_PLACE_CHARACTERS
    return short and bool(_PLACE.search(text)) and not _ASKING.search(text)


def _of_stage(called: tuple[str, ...], no_phone: tuple[str, ...], stage: Stage) -> tuple[str, ...]:
    return no_phone if stage == "no_phone" else called


def _is_over(said: str) -> bool:
    return bool(_OVER.match(said))


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
