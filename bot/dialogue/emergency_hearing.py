"""What a message means while an emergency is open: an answer to it, news of it, or another one."""

from datetime import datetime

from bot.dialogue.analysis import Analysis
from bot.dialogue.control import Control, control_word
from bot.dialogue.emergency_flow import EmergencyFlow, FlowStep
from bot.dialogue.emergency_tellings import JUMPS, Tellings
from bot.dialogue.session import EmergencyState
from bot.phrases import CertainWording

# In an open emergency a sentence must be this likely a new one before the steps start over.
STRONG_EVIDENCE = 0.5


class Hearing:
    """Listens within an open emergency, with the words of one district."""

    def __init__(self, flow: EmergencyFlow, wording: CertainWording) -> None:
        self._flow = flow
        self._tellings = Tellings(wording)

    def opens_anew(self, state: EmergencyState, text: str, analysis: Analysis) -> bool:
        """Whether a message is another emergency than the open one, or a crisis.

        The flow's own words come first: 「出来了」 is an answer there, and an alarm elsewhere.
        """
        told, kind = self._told(state, text, analysis), self._named(text, analysis)
        if analysis.danger or (analysis.crisis and analysis.is_certain):
            return not JUMPS.intersection(told)  # 「要不要跳」 in a fire
        if self._flow.is_answer(state, text) or not kind:
            return False
        if told:
            return self._flow.is_graver(state, kind)
        return self._flow.becomes(state, kind) and not self._flow.is_place(state, text)

    def step(
        self, state: EmergencyState, text: str, analysis: Analysis, now: datetime
    ) -> FlowStep | None:
        """Return what the flow says to a message, None when it has no words for it."""
        if not self._flow.is_answer(state, text):
            if told := self._flow.tell(state, text, self._told(state, text, analysis), now):
                return told
            if control_word(text) is Control.CANCEL:
                return self._flow.keep_open(state, now)
            if not self._flow.is_place(state, text):
                return None
        return self._flow.step(state, text, now)

    def _named(self, text: str, analysis: Analysis) -> str:
        """Return the kind that ``text`` tells of beyond doubt and by its own words, or ""."""
        is_strong = analysis.is_certain or analysis.now >= STRONG_EVIDENCE
        kind = analysis.emergency if analysis.is_sure and is_strong else ""
        return kind if kind and self._tellings.is_named(kind, text) else ""

    def _told(self, state: EmergencyState, text: str, analysis: Analysis) -> tuple[str, ...]:
        """Return what ``text`` tells of the open emergency, when there are words for it."""
        told = self._tellings.within(text, self._named(text, analysis))
        if told[:1] == ("here",) and self._flow.is_place(state, text):
            return ()  # 「3栋2501，我和娃儿在屋里」: the sentence for 119 comes first
        return told if self._flow.tells(state, told) else ()
