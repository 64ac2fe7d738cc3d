"""What is wrong with the plan of a drill, or to be thought about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing about a plan.

    Attributes:
        code: for programs and tests.
        words: for whoever plans, in Chinese: what it is and how to mend it.
        is_refusal: whether the drill cannot be planned so; otherwise it is a warning.
    """

    code: str
    words: str
    is_refusal: bool = True


def warning(code: str, words: str) -> Fault:
    """Return something to be thought about, with which the drill may be planned."""
    return Fault(code, words, is_refusal=False)
