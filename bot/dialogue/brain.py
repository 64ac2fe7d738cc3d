"""All that answers, as one value; apart from storage, so that asking once never loads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.dialogue.analysis import Analysis
from bot.dialogue.deciding import Dialogue
from bot.dialogue.session import Language


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in another language than Chinese; entries stay Chinese.

    Attributes:
        dialogue: decides the turn in these words.
        general: the wording outside the dialogue.
        functions: what functions say.
    """

    dialogue: Dialogue
    general: Mapping[str, str]
    functions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Brain:
    """What answers, replaced as a whole when the knowledge or the index is renewed.

    Attributes:
        analyse: looks at one text, in memory.
        dialogue: decides the turn.
        general: the wording outside the dialogue (storage failed, slow down).
        functions: what functions say.
        others: the same in other languages.
    """

    analyse: Callable[[str], Analysis]
    dialogue: Dialogue
    general: Mapping[str, str]
    functions: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[Language, Spoken] = field(default_factory=dict)

    def dialogue_in(self, language: Language) -> Dialogue:
        """Return the dialogue in ``language``, the Chinese one where there is none."""
        other = self.others.get(language)
        return other.dialogue if other else self.dialogue

    def general_words(self, language: Language) -> Mapping[str, str]:
        """Return the wording outside the dialogue in ``language``."""
        other = self.others.get(language)
        return other.general if other else self.general

    def function_words(self, language: Language) -> Mapping[str, str]:
        """Return what functions say in ``language``."""
        other = self.others.get(language)
        return other.functions if other else self.functions
