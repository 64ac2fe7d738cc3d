"""From a message to features: one road for training and for serving.

``normalise`` never raises and bounds the length; ``analyse`` takes a message apart once,
so that no model has to do it again.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from operator import add

from index.grams import numbers_of
from index.lexicon import Lexicon, shipped_lexicon
from index.values import Question

# A longer message keeps its beginning and its end: people open or close with what they want.
MAX_CHARACTERS = 800

_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\uffff\ud800-\udfff]"
)
_ADDRESSES = re.compile(r"(?:https?://|www\.)[!-~]*")
_BLANKS = re.compile(r"\s+")
# A blank between two words in Latin letters ends no clause.
_CLAUSE_ENDS = re.compile(r"(?:[^\w% ]| (?![a-z])|(?<![a-z]) )+")
_UNITS = re.compile(r"[a-z]+|\d+%?|[^\W_]")


def _bounded(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[: half - 1]} {text[-half:]}"


def normalise(text: str) -> str:
    """Return ``text`` in the one form that the models know.

    Compatibility characters folded (NFKC), traditional characters simplified, lower case,
    no control characters, no web addresses, single spaces, at most ``MAX_CHARACTERS``
    (beginning and end of a longer text). Normalising twice changes nothing.
    """
    text = _CONTROLS.sub("", _bounded(text, 2 * MAX_CHARACTERS))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    text = _CONTROLS.sub("", text).translate(shipped_lexicon().simplified)
    text = _BLANKS.sub(" ", _ADDRESSES.sub(" ", text)).strip()
    return _bounded(text, MAX_CHARACTERS).strip()


def _clauses(text: str, particles: frozenset[str]) -> tuple[str, ...]:
    """Return the parts between punctuation, without the particles that close them."""
    found: list[str] = []
    for part in _CLAUSE_ENDS.split(text):
        end = len(part)
        while end > 1 and part[end - 1] in particles:
            end -= 1
        if end:
            found.append(part[:end])
    return tuple(found)


def _syllables_of(word: str, lexicon: Lexicon) -> list[str] | None:
    """Return the fuzzy syllables of a word typed in toneless pinyin, or None.

    The longest syllable wins, with one step back where that leaves a rest ("xian" + "g").
    """
    if len(word) > 60:  # noise, not pinyin; also bounds the recursion
        return None
    if not word:
        return []
    for length in range(min(6, len(word)), 0, -1):
        sound = lexicon.syllables.get(word[:length])
        if sound is None:
            continue
        rest = _syllables_of(word[length:], lexicon)
        if rest is not None:
            return [sound, *rest]
    return None


def _sounds(units: list[str], lexicon: Lexicon) -> list[str | None]:
    """Return the clause's syllables in order; None marks a break in the chain."""
    joined = "".join(units)
    sounds: list[str | None] = []
    plain, special = lexicon.sounds, lexicon.polyphones.firsts
    if special.isdisjoint(units) and None not in (simple := [*map(plain.get, units)]):
        return simple
    position = settled = 0
    for unit in units:
        if position >= settled:
            if unit in plain and unit not in special:
                sounds.append(plain[unit])
            else:
                spoken, length = _spoken(joined, position, unit, lexicon)
                sounds.extend(spoken)
                settled = position + length
        position += len(unit)
    return sounds


def _spoken(joined: str, at: int, unit: str, lexicon: Lexicon) -> tuple[list[str | None], int]:
    """Return the syllables of what stands at ``at``, and how many characters they cover."""
    if unit in lexicon.polyphones.firsts:
        phrase = lexicon.polyphones.longest_at(joined, at)
        if phrase:
            return list(lexicon.polyphones.values[phrase][0].split()), len(phrase)
    sound = lexicon.sounds.get(unit)
    if sound is None and unit.isascii() and unit.isalpha():
        return [*(_syllables_of(unit, lexicon) or (None,))], len(unit)
    return [sound], len(unit)


def _typed_concepts(units: list[str], lexicon: Lexicon) -> Iterator[str]:
    """Yield the concepts that runs of words typed in pinyin sound like."""
    chain = ""
    for unit in (*units, "0"):
        typed = _syllables_of(unit, lexicon) if unit.isascii() and unit.isalpha() else None
        if typed:
            chain += "".join(f"{sound}'" for sound in typed)
        elif chain:
            yield from lexicon.concept_sounds.found_in(chain)
            chain = ""


def _clause_tokens(clause: str, lexicon: Lexicon) -> list[str]:
    units: list[str] = _UNITS.findall(clause)
    tokens = [*units, *map(add, units, units[1:])]
    sounds = _sounds(units, lexicon)
    tokens += [f"{left}'{right}" for left, right in pairwise(sounds) if left and right]
    tokens += [f"={concept}" for concept in lexicon.concepts.found_in(clause)]
    if any(map(str.isascii, units)):
        tokens += [f"={concept}" for concept in _typed_concepts(units, lexicon)]
    return tokens


def analyse(text: str) -> Question:
    """Return the message taken apart: normal form, clauses, features."""
    lexicon = shipped_lexicon()
    normal = normalise(text)
    plain = lexicon.dialect.replace(normal)
    tokens: list[str] = []
    clauses = plain_clauses = _clauses(plain, lexicon.particles)
    for clause in plain_clauses:
        tokens += _clause_tokens(clause, lexicon)
    if plain != normal:
        clauses = _clauses(normal, lexicon.particles)
    return Question(normal, plain, clauses, tuple(tokens), numbers_of(tokens))


def featurize(text: str) -> list[str]:
    """Return the features of ``text``, each as often as it occurs; none holds a blank.

    Characters, words in Latin letters, numbers, and bigrams of these, after the dialect map;
    bigrams of fuzzy pinyin ("zao'huo"); concepts of the synonym table ("=着火").
    """
    return list(analyse(text).tokens)
