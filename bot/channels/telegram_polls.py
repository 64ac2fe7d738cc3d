"""Native quiz polls, within Telegram's limits."""

from dataclasses import dataclass

from bot.channels.telegram_rendering import units

# Bot API, sendPoll and InputPollOption.
MOST_QUESTION, MOST_OPTION, MOST_EXPLANATION = 300, 100, 200
LEAST_OPTIONS, MOST_OPTIONS = 2, 12
MOST_LINE_FEEDS = 2


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question to vote on in a group (题目): ``correct`` counts the options from 0."""

    question: str
    options: tuple[str, ...]
    correct: tuple[int, ...]
    explanation: str = ""


def fault_of(quiz: Quiz) -> str | None:
    """Return why Telegram would refuse ``quiz``, or None when it would take it."""
    checks = (
        (_fits(quiz.question, MOST_QUESTION), "the question is empty or too long"),
        (LEAST_OPTIONS <= len(quiz.options) <= MOST_OPTIONS, "too few or too many options"),
        (
            all(_fits(option, MOST_OPTION) for option in quiz.options),
            "an option is empty or too long",
        ),
        (
            bool(quiz.correct) and set(quiz.correct) <= set(range(len(quiz.options))),
            "no option is correct, or one that is not there",
        ),
        (
            units(quiz.explanation) <= MOST_EXPLANATION
            and quiz.explanation.count("\n") <= MOST_LINE_FEEDS,
            "the explanation is too long or has too many lines",
        ),
    )
    return next((fault for is_sound, fault in checks if not is_sound), None)


def _fits(text: str, most: int) -> bool:
    return bool(text.strip()) and units(text) <= most
