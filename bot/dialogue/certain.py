"""Phrases that need no classifier: shouts for help, and what still works without an index."""

import unicodedata
from collections.abc import Mapping

from bot.phrases import CertainWording

MOST_SHOUT_CHARACTERS = 40


class CertainPhrases:
    """Recognises an emergency by phrases alone."""

    def __init__(self, wording: CertainWording) -> None:
        self._wording = wording
        shouts = [word for words in wording.shouts.values() for word in words]
        # Longest first, so that a shout is not broken up by a filler inside it.
        self._pieces = sorted({*shouts, *wording.fillers}, key=len, reverse=True)

    def shouted(self, text: str) -> str:
        """Return the kind when ``text`` is nothing but shouts for help, else ""."""
        said = _plain(text)
        if len(said) > MOST_SHOUT_CHARACTERS:
            return ""
        kind = _first_kind(self._wording.shouts, said)
        return kind if kind and self._is_all_pieces(said) else ""

    def held(self, text: str) -> str:
        """Return the kind of the first certain phrase in ``text``, for want of an index."""
        said = _plain(text)
        if any(word in said for word in self._wording.unless):
            return ""
        return _first_kind(self._wording.holds, said)

    def crisis(self, text: str) -> str:
        """Return the kind of crisis that ``text`` speaks of beyond doubt, else ""."""
        said = _plain(text)
        if any(word in said for word in self._wording.crisis_unless):
            return ""
        for kind, patterns in self._wording.crisis.items():
            if any(pattern.search(said) for pattern in patterns):
                return kind
        return ""

    def _is_all_pieces(self, said: str) -> bool:
        while said:
            piece = next((piece for piece in self._pieces if said.startswith(piece)), None)
            if piece is None:
                return False
            said = said[len(piece) :]
        return True


def _first_kind(phrases: Mapping[str, tuple[str, ...]], said: str) -> str:
    return next((kind for kind, words in phrases.items() if any(w in said for w in words)), "")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip()
