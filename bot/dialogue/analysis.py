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
    """

    emergency: str = ""
    is_sure: bool = False
    crisis: str = ""
    ranking: Ranking | None = None
    elsewhere: str = ""

    def as_asked(self) -> Self:
        """Return the same without its emergency, for one who said it is not happening now."""
        return replace(self, emergency="", is_sure=False)
