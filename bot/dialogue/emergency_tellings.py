"""What is told in the midst of an emergency: somebody inside, the door hot, may I jump.

Values in, values out. A short sentence such as 「门打不开」 means the danger that is open, and
not whatever a classifier makes of it alone. What is said to it stands in ``emergency.yaml``.
"""

import unicodedata

from bot.phrases import EMERGENCY_KINDS, CertainWording

# A longer message is a story, and looked at as one of its own. A Chinese character counts twice.
MOST_WIDTH = 64

# Told in the same breath, these come before what burns: they cannot be taken back.
JUMPS = frozenset({"jumped", "jump"})
_BEFORE_ALL = JUMPS | frozenset({"clothes", "unconscious", "choking", "inside"})
# Kinds with steps of their own, which 「冒烟」 and 「烧起来」 would hide.
_PRECISE = frozenset({"battery", "ebike", "electric", "explosion", "shock"})
_STRENGTH = (
    dict.fromkeys(EMERGENCY_KINDS, 3)
    | {"explosion": 4, "gas": 2, "co": 2}
    | dict.fromkeys(("clothes", "shock", "burn", "unconscious", "elevator"), 1)
)


class Tellings:
    """Finds what a sentence tells, and whether it names a kind of emergency."""

    def __init__(self, wording: CertainWording) -> None:
        self._told = wording.told
        self._signs = wording.signs

    def within(self, text: str, kind: str) -> tuple[str, ...]:
        """Return what ``text`` tells, the most urgent first.

        Args:
            text: a message in an open emergency.
            kind: the emergency that ``text`` names beyond doubt, or "".
        """
        told = self._names(text)
        if not kind:
            return told
        if kind in _PRECISE and not _BEFORE_ALL.intersection(told):
            return (kind, *told)
        return tuple(dict.fromkeys((*told, kind)))

    def is_named(self, kind: str, text: str) -> bool:
        """Whether the words of ``text`` themselves name this kind of emergency."""
        return self._signs[kind].search(_plain(text[: 4 * MOST_WIDTH])) is not None

    def _names(self, text: str) -> tuple[str, ...]:
        said = _plain(text) if _width(text) <= MOST_WIDTH else ""
        return tuple(
            name
            for name, patterns in self._told.items()
            if any(pattern.search(said) for pattern in patterns)
        )


def is_weaker(kind: str, other: str) -> bool:
    """Whether ``kind`` is the lesser danger of the two, so that the other stays open."""
    return _STRENGTH[kind] < _STRENGTH[other]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'").strip()


def _width(text: str) -> int:
    return len(text) + sum(not character.isascii() for character in text[: MOST_WIDTH + 1])
