"""Which of the standing choices a message picks, and how long they stand.

Choices stand until others take their place: a sentence that nobody understood takes nothing
away. A yes or a no in words counts only right after the question.
"""

from dataclasses import replace

from bot.dialogue.control import chosen_number, yes_or_no
from bot.dialogue.deciding import Outcome
from bot.dialogue.session import Offer, Session

_NUMBERS = {True: 1, False: 2}


def picked_number(text: str, *, asks: bool) -> int | None:
    """Return the number a message picks; ``asks``: the last thing said asks for a yes or a no."""
    number = chosen_number(text)
    if number is None and asks and (answer := yes_or_no(text)) is not None:
        return _NUMBERS[answer]
    return number


def chosen(session: Session, text: str, *, asks: bool) -> Offer | None:
    """Return the choice with a function that a number, a label, a yes or a no picks."""
    number = picked_number(text, asks=asks)
    if number is not None:
        offers = session.offers[number - 1 : number] if number else ()
    else:
        offers = tuple(offer for offer in session.offers if offer.label == text.strip())
    return offers[0] if offers and offers[0].function else None


def with_standing_choices(before: Session, outcome: Outcome) -> Outcome:
    """Return a turn that offers nothing new with the choices of ``before``, and their question.

    A topic picked later belongs to the question for which it was offered.
    """
    after = outcome.session
    if after.offers or not before.offers:
        return outcome
    kept = replace(
        after, offers=before.offers, question=before.question, answered=before.answered,
        ranked=before.ranked, elsewhere=before.elsewhere,
    )  # fmt: skip
    return replace(outcome, session=kept)
