"""The shipped word tables: traditional characters, pinyin, dialect, synonyms, cues.

They are data that an author edits (``index/lexicon``); here they become look-up tables.
The pinyin and character tables were generated once and are shipped, so that serving needs
neither of the libraries they came from (pypinyin alone costs 65 MB).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LEXICON_FOLDER = Path(__file__).parent / "lexicon"

# Chongqing speech merges n/l and h before u with f, flat and curled tongue, -n and -ng; dictation
# and pinyin keyboards confuse the same pairs.
FUZZY_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
FUZZY_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Phrases with values, found by longest match from each position.

    ``firsts`` holds the first characters of all phrases, ``lengths`` the lengths of those that
    begin with the same two characters, longest first: few places in a text pass both.
    """

    values: Mapping[str, tuple[str, ...]]
    firsts: frozenset[str]
    lengths: Mapping[str, tuple[int, ...]]

    def longest_at(self, text: str, position: int) -> str | None:
        """Return the longest phrase that starts at ``position``, or None."""
        for length in self.lengths.get(text[position : position + 2], ()):
            phrase = text[position : position + length]
            if phrase in self.values:
                return phrase
        single = text[position]
        return single if single in self.values else None

    def replace(self, text: str) -> str:
        """Return ``text`` with each phrase replaced by its first value, left to right."""
        found = [*self._apart(text)]
        if not found:
            return text
        parts: list[str] = []
        end = 0
        for position, phrase in found:
            parts += (text[end:position], self.values[phrase][0])
            end = position + len(phrase)
        return "".join((*parts, text[end:]))

    def outline(self, text: str) -> list[str]:
        """Return ``text`` as a sequence: the first value for each phrase, else the character."""
        parts: list[str] = []
        end = 0
        for position, phrase in self._apart(text):
            parts += text[end:position]
            parts.append(f"={self.values[phrase][0]}")
            end = position + len(phrase)
        parts += text[end:]
        return parts

    def found_in(self, text: str) -> Iterator[str]:
        """Yield the values of the longest phrase at every position (phrases may overlap)."""
        firsts = self.firsts
        for position, character in enumerate(text):
            if character in firsts:
                phrase = self.longest_at(text, position)
                if phrase:
                    yield from self.values[phrase]

    def _apart(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the longest phrases and where they stand, left to right, none over another."""
        firsts, end = self.firsts, 0
        for position, character in enumerate(text):
            if character in firsts and position >= end:
                phrase = self.longest_at(text, position)
                if phrase:
                    yield position, phrase
                    end = position + len(phrase)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every table that ``index.text`` and the detector use."""

    simplified: Mapping[int, str]
    sounds: Mapping[str, str]
    polyphones: PhraseTable
    syllables: Mapping[str, str]
    dialect: PhraseTable
    particles: frozenset[str]
    concepts: PhraseTable
    concept_sounds: PhraseTable
    cues: PhraseTable


def fuzzy_sound(syllable: str) -> str:
    """Return the syllable with the distinctions removed that speakers here do not make."""
    for curled, flat in FUZZY_INITIALS:
        if syllable.startswith(curled):
            syllable = flat + syllable[len(curled) :]
            break
    if syllable.startswith("hu") and len(syllable) > 2:
        syllable = "f" + syllable[2:]
    for back, front in FUZZY_FINALS:
        if syllable.endswith(back):
            return syllable[: -len(back)] + front
    return syllable


def phrase_table(pairs: Iterable[tuple[str, str]]) -> PhraseTable:
    """Return a table of (phrase, value) pairs; a phrase may come with several values."""
    values: dict[str, list[str]] = defaultdict(list)
    for phrase, value in pairs:
        if value not in values[phrase]:
            values[phrase].append(value)
    lengths: dict[str, set[int]] = defaultdict(set)
    for phrase in values:
        lengths[phrase[:2]].add(len(phrase))
    return PhraseTable(
        {phrase: tuple(found) for phrase, found in values.items()},
        frozenset(phrase[0] for phrase in values),
        {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
    )


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("\t")
        yield key, value


def _yaml(path: Path) -> dict[str, Any]:
    # The C loader reads the tables in milliseconds; it is absent from some builds of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = path.read_text(encoding="utf-8")
    tables: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    return tables


def _reversed(groups: Mapping[Any, Iterable[Any]]) -> Iterator[tuple[str, str]]:
    for name, words in groups.items():
        for word in words:
            yield str(word).lower(), str(name)


def _concept_sounds(
    concepts: PhraseTable, sounds: Mapping[str, str], polyphones: Mapping[str, tuple[str, ...]]
) -> PhraseTable:
    """Return concepts by the joined sound of their words, for messages typed in pinyin."""

    def chain(word: str) -> str:
        spoken = polyphones[word][0].split() if word in polyphones else map(sounds.get, word)
        return "".join(f"{sound}'" for sound in spoken)

    return phrase_table(
        (chain(word), concept)
        for word, found in concepts.values.items()
        if len(word) > 1 and all(character in sounds for character in word)
        for concept in found
    )


def load_lexicon(folder: Path) -> Lexicon:
    """Read the tables in ``folder``.

    Raises:
        OSError: when a table is missing.
        yaml.YAMLError: when a YAML table is malformed.
    """
    pinyin = dict(_rows(folder / "pinyin.txt"))
    sounds = {
        character: fuzzy_sound(syllable)
        for syllable, characters in pinyin.items()
        for character in characters
    }
    polyphones = phrase_table(
        (word, " ".join(fuzzy_sound(syllable) for syllable in spoken.split()))
        for word, spoken in _rows(folder / "polyphones.txt")
    )
    dialect = _yaml(folder / "dialect.yaml")
    concepts = phrase_table(_reversed(_yaml(folder / "synonyms.yaml")))
    return Lexicon(
        simplified={
            ord(old): new for new, olds in _rows(folder / "traditional.txt") for old in olds
        },
        sounds=sounds,
        polyphones=polyphones,
        syllables={syllable: fuzzy_sound(syllable) for syllable in pinyin},
        dialect=phrase_table(_reversed(dialect["replace"])),
        particles=frozenset(dialect["particles"]),
        concepts=concepts,
        concept_sounds=_concept_sounds(concepts, sounds, polyphones.values),
        cues=phrase_table(_reversed(_yaml(folder / "cues.yaml"))),
    )


@cache
def shipped_lexicon() -> Lexicon:
    """Return the tables that come with the package, read once a process."""
    return load_lexicon(LEXICON_FOLDER)
