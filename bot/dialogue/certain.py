"""Phrases that need no classifier: shouts for help, and what still works without an index."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from bot.phrases import CertainWording

MOST_SHOUT_CHARACTERS = 40
# 「不是演练，真的着火了」: the word says that it is none.
_NO_DRILL = re.compile(r"(?:不是|并非|不像)(?:消防)?(?:演练|演习)")
MOST_CRISIS_CHARACTERS = 60
# Longer texts are left to the classifiers; a pattern would find two words far apart.
MOST_READ_CHARACTERS = 300
_OURS = frozenset({"fire", "smoke", "gas", "explosion", "co", "battery", "ebike", "electric"})


class CertainPhrases:
    """Recognises an emergency by phrases alone."""

    def __init__(self, wording: CertainWording) -> None:
        self._wording = wording
        shouts = [word for words in wording.shouts.values() for word in words]
        # Longest first, so that a shout is not broken up by a filler inside it.
        self._pieces = sorted({*shouts, *wording.fillers}, key=len, reverse=True)
        held = {word for words in wording.holds.values() for word in words}
        self._signs = tuple({*shouts, *held})
        self._calm = re.compile("|".join(map(re.escape, sorted(wording.calm, key=len)[::-1])))

    def shouted(self, text: str) -> str:
        """Return the kind when ``text`` is an emergency beyond doubt, else ""."""
        said = _NO_DRILL.sub("", _plain(text))
        if loud := self._loud(said):
            return loud
        if len(said) > MOST_SHOUT_CHARACTERS:
            return ""
        kind = _first_kind(self._wording.shouts, said)
        return kind if kind and self._is_all_pieces(said) else ""

    def held(self, text: str) -> str:
        """Return the kind of the first certain phrase in ``text``, for want of an index."""
        said = _plain(text)
        return "" if self._is_undone(said) else _first_kind(self._wording.holds, said)

    def has_tell(self, text: str) -> bool:
        """Whether ``text`` holds a sign of something happening now, apart from names of things."""
        said = self._calm.sub(" ", _plain(text))
        return any(word in said for word in self._signs) or any(
            pattern.search(said) for pattern in self._wording.tells
        )

    def is_place(self, text: str) -> bool:
        """Whether ``text`` says a place and nothing else."""
        return self._wording.places.search(_plain(text)) is not None

    def crisis(self, text: str) -> str:
        """Return the kind of crisis that ``text`` speaks of beyond doubt, else ""."""
        said = _plain(text)
        if len(said) > MOST_CRISIS_CHARACTERS:
            return ""
        if any(word in said for word in self._wording.crisis_unless):
            return ""
        for kind, patterns in self._wording.crisis.items():
            if any(pattern.search(said) for pattern in patterns):
                return kind
        return ""

    def is_of_others(self, text: str) -> bool:
        """Whether a crisis that ``text`` speaks of is somebody else's."""
        said = _plain(text)
        return any(pattern.search(said) for pattern in self._wording.crisis_others)

    def danger(self, text: str) -> str:
        """Return what to say of a danger that is not ours (choking, a burglar), else ""."""
        said = _plain(text)
        if _first_kind(self._wording.holds, said) in _OURS or self._is_undone(said):
            return ""
        found = (danger.say for danger in self._wording.dangers if danger.words.search(said))
        return next(found, "")

    def aid(self, text: str) -> str:
        """Return the kind whose first aid ``text`` asks for in general, else ""."""
        said = _plain(text)
        if self._is_undone(said):
            return ""
        asked = (kind for kind, words in self._wording.aid.items() if words.search(said))
        return next(asked, "")

    def _loud(self, said: str) -> str:
        if self._is_undone(said):
            return ""
        for kind, patterns in self._wording.loud.items():
            if any(pattern.search(said) for pattern in patterns):
                return kind
        return ""

    def _is_undone(self, said: str) -> bool:
        return any(word in _NO_DRILL.sub("", said) for word in self._wording.unless)

    def _is_all_pieces(self, said: str) -> bool:
        while said:
            piece = next((piece for piece in self._pieces if said.startswith(piece)), None)
            if piece is None:
                return False
            said = said[len(piece) :]
        return True


def _first_kind(phrases: Mapping[str, tuple[str, ...]], said: str) -> str:
    return next((kind for kind, words in phrases.items() if any(w in said for w in words)), "")


@lru_cache(maxsize=64)  # every phrase is looked for in the same text, one after another
def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:MOST_READ_CHARACTERS]).lower().strip()
