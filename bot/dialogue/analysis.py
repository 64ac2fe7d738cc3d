"""What one text is: an emergency, a crisis, and which topics it asks for. In memory, no storage."""

from dataclasses import dataclass, replace
from typing import Self

from index.values import Ranking


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was found in one text before anything was read from storage.

    Attributes:
        emergency: one of the emergency kinds, or "" when there is none.
        is_sure: whether it is happening now beyond doubt; False shows the banner only.
        crisis: one of the crisis kinds, or "".
        ranking: topics best first with the zone; None while the index is missing.
        elsewhere: another district or city that the text names, or "".
        now: how likely it is that an emergency is happening now, in [0, 1].
        is_certain: whether emergency or crisis were known by their words alone.
        is_of_others: whether the crisis is somebody else's.
        danger: what to say of a danger that is not ours, or "".
        aid: the emergency kind whose first aid is asked for in general, or "".
        has_tell: whether a word in it bears out what a classifier hears.
    """

    emergency: str = ""
    is_sure: bool = False
    crisis: str = ""
    ranking: Ranking | None = None
    elsewhere: str = ""
    now: float = 0.0
    is_certain: bool = False
    is_of_others: bool = False
    danger: str = ""
    aid: str = ""
    has_tell: bool = False

    @property
    def is_pressing(self) -> bool:
        """Whether there may be danger, so that nothing may stand before the reply."""
        return bool(self.emergency or self.crisis or self.danger)

    def as_asked(self) -> Self:
        """Return the same without its emergency, for one who said it is not happening now."""
        return replace(self, emergency="", is_sure=False)
