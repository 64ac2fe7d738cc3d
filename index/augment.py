"""Variants of authored utterances: other words, wrong characters, pinyin, noise around them.

Each authored line stands for many that nobody wrote. Variants train the encoder and the
classifier; they never enter BM25 or the vectors.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from index.lexicon import Lexicon

Change = Callable[[str, Random], str]


@dataclass(frozen=True, slots=True)
class Augmenter:
    """Makes variants with the words of a lexicon and clauses that say nothing to the point."""

    lexicon: Lexicon
    synonyms: Mapping[str, tuple[str, ...]]
    alike: Mapping[str, str]
    fillers: tuple[str, ...]

    def variant(self, text: str, rng: Random) -> str:
        """Return a changed copy of ``text``; each kind of change comes or not by chance."""
        steps = (
            (0.25, self._drop_clause),
            (0.6, self._swap_words),
            (0.35, self._mistype),
            (0.1, self._spell_out),
            (0.25, self._surround),
        )
        return _changed(text, steps, rng)

    def close_variant(self, text: str, rng: Random) -> str:
        """Return a copy that says the same: no clause is lost or added."""
        steps = ((0.8, self._swap_words), (0.4, self._mistype), (0.1, self._spell_out))
        return _changed(text, steps, rng)

    def _drop_clause(self, text: str, rng: Random) -> str:
        clauses = text.replace("。", "，").replace("？", "，").split("，")
        if len(clauses) > 1:
            clauses.pop(rng.randrange(len(clauses)))
        return "，".join(clauses)

    def _swap_words(self, text: str, rng: Random) -> str:
        """Replace words by others of their concept, each with an even chance."""
        parts: list[str] = []
        position = 0
        while position < len(text):
            word = self.lexicon.concepts.longest_at(text, position)
            others = self.synonyms.get(word or "", ())
            parts.append(
                rng.choice(others) if others and rng.random() < 0.5 else word or text[position]
            )
            position += len(word) if word else 1
        return "".join(parts)

    def _mistype(self, text: str, rng: Random) -> str:
        """Replace about one character in eight by another of the same sound."""
        return "".join(
            rng.choice(self.alike.get(character, character)) if rng.random() < 0.12 else character
            for character in text
        )

    def _spell_out(self, text: str, rng: Random) -> str:
        """Write two or three neighbouring characters in pinyin."""
        start = rng.randrange(max(len(text), 1))
        end = start + rng.choice((2, 3))
        spelt = "".join(
            self.lexicon.sounds.get(character, character) for character in text[start:end]
        )
        return text[:start] + spelt + text[end:]

    def _surround(self, text: str, rng: Random) -> str:
        if not self.fillers:
            return text
        filler = rng.choice(self.fillers)
        return f"{filler}，{text}" if rng.random() < 0.6 else f"{text}，{filler}"


def _changed(text: str, steps: Sequence[tuple[float, Change]], rng: Random) -> str:
    for chance, change in steps:
        if rng.random() < chance:
            text = change(text, rng)
    return text


def make_augmenter(lexicon: Lexicon, fillers: Sequence[str]) -> Augmenter:
    """Return an augmenter; ``fillers`` are clauses that belong to no topic."""
    members: dict[str, list[str]] = defaultdict(list)
    for word, concepts in lexicon.concepts.values.items():
        for concept in concepts:
            members[concept].append(word)
    # A word of several concepts means too much to be swapped.
    synonyms = {
        word: tuple(members[concepts[0]])
        for word, concepts in lexicon.concepts.values.items()
        if len(concepts) == 1 and len(word) > 1
    }
    alike: dict[str, list[str]] = defaultdict(list)
    for character, sound in lexicon.sounds.items():
        alike[sound].append(character)
    same_sound = {character: "".join(alike[sound]) for character, sound in lexicon.sounds.items()}
    return Augmenter(lexicon, synonyms, same_sound, tuple(fillers))
