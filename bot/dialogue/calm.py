"""Answers to a question of ours, which sound like cries to a classifier made for messages.

「东门旁边楼道」 says where a hazard is. Within a question that asks for it, a classifier alone is
believed only where a word bears it out; every cry that is one by its words stays one.
"""

from dataclasses import replace

from bot.dialogue.analysis import Analysis
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Functions
from bot.dialogue.underway import Underway
from bot.messages import Reply

# So sure of a danger no classifier was of 300 places and hazards; of cries it mostly is.
BEYOND_DOUBT = 0.95
# Stands above what was taken as an answer in doubt.
WARNING = "report_warning"
# Neither is spoken of in such words; despair is quiet, and always heard.
_NAMED_BY_WORDS = frozenset({"arson", "recipe"})


def as_answer(analysis: Analysis) -> Analysis:
    """Return what a message is when it answers our question: without an alarm nothing bears out."""
    if analysis.is_certain or analysis.has_tell:
        return analysis
    if analysis.crisis in _NAMED_BY_WORDS:
        return replace(analysis, crisis="")
    is_doubted = analysis.is_sure and analysis.now < BEYOND_DOUBT
    return replace(analysis, is_sure=False) if is_doubted else analysis


def is_doubtful(analysis: Analysis) -> bool:
    """Whether an answer may be an alarm: a classifier is sure, or a word sounds like one."""
    if analysis.crisis or not analysis.emergency or as_answer(analysis).is_sure:
        return False
    return analysis.is_sure or analysis.has_tell


def answering(turn: Underway, functions: Functions) -> Underway:
    """Return a turn with its words heard as the answer that a function waits for, if one does.

    Not where nothing can be stored: an answer that is lost would be a cry nobody heard.
    """
    if turn.desk is None or turn.is_group or not _awaits(turn, functions):
        return turn
    if turn.dialogue.is_urgent(turn.session, Analysis(), turn.now):
        return turn
    said = turn.heard.analysis
    if any(offer.label == turn.heard.text.strip() for offer in turn.session.offers):
        said = replace(said, emergency="", is_sure=False, crisis="", danger="")  # our own words
    heard = replace(turn.heard, analysis=as_answer(said))
    return replace(turn, heard=heard, is_doubtful=is_doubtful(said))


def with_banner(turn: Underway, outcome: Outcome) -> Outcome:
    """Return an offer to report, below the first steps where it may be an emergency."""
    banner = turn.dialogue.banner(turn.heard.analysis)
    return _below(banner, outcome) if banner else outcome


def with_warning(turn: Underway, outcome: Outcome | None) -> Outcome | None:
    """Return what is said to an answer; to one in doubt with a line above it, whom to call."""
    if outcome is None or not turn.is_doubtful:
        return outcome
    return _below(turn.word(WARNING), outcome)


def _below(line: str, outcome: Outcome) -> Outcome:
    if not outcome.replies:
        return replace(outcome, replies=(Reply("chat", line),))
    first, *rest = outcome.replies
    return replace(outcome, replies=(replace(first, text=f"{line}\n{first.text}"), *rest))


def _awaits(turn: Underway, functions: Functions) -> bool:
    flow = turn.session.flow
    function = functions.get(flow.function) if flow else None
    if flow is None or function is None or function.awaits is None:
        return False
    return function.awaits(flow, turn.now)
