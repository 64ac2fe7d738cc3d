"""All that answers, as one value; apart from storage, so that asking once never loads it."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue.analysis import Analysis
from bot.dialogue.deciding import Dialogue


@dataclass(frozen=True, slots=True)
class Brain:
    """What answers, replaced as a whole when the knowledge or the index is renewed.

    Attributes:
        analyse: looks at one text, in memory.
        dialogue: decides the turn.
        general: the wording outside the dialogue (storage failed, slow down).
    """

    analyse: Callable[[str], Analysis]
    dialogue: Dialogue
    general: dict[str, str]
