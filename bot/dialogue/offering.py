"""One choice more below an answer about a hazard: to report it."""

from collections.abc import Mapping
from dataclasses import replace

from bot.dialogue.deciding import Outcome
from bot.dialogue.session import Offer
from bot.dialogue.underway import Underway
from bot.messages import Choice

LABEL = "report_this"


def with_report(turn: Underway, outcome: Outcome, reports: Mapping[str, str]) -> Outcome:
    """Return an answer with the choice to report, behind its others, so that these keep numbers.

    Not in a group, nor in an emergency, nor while a report is being made.

    Args:
        turn: which was answered.
        outcome: its answer.
        reports: topic → the key of the function that reports what it is about.
    """
    session = outcome.session
    is_urgent = session.is_urgent or bool(turn.heard.analysis.emergency)
    if turn.is_group or is_urgent or not outcome.replies or turn.session.flow:
        return outcome
    *before, answer = outcome.replies
    key = reports.get(answer.topics[0], "") if answer.kind == "answer" and answer.topics else ""
    if not key:
        return outcome
    choice = Choice(turn.word(LABEL), function=key)
    offers = (*session.offers, Offer(choice.label, function=key))
    shown = replace(answer, choices=(*answer.choices, choice))
    return replace(outcome, session=replace(session, offers=offers), replies=(*before, shown))
