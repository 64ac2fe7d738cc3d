"""Long texts in pieces that a channel carries, cut where a reader would pause.

Pure: text in, pieces out. Channels count bytes, so the limit is in UTF-8 bytes.
"""

import re
import unicodedata
from collections.abc import Iterator

LEAST_BYTES = 4  # the longest single character

# Best place first: between paragraphs, after a sentence, after a clause or word.
_CUTS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n|[。！？；!?;…]+[”’」』）)》】]*|\.(?=\s)"),
    re.compile(r"[，、：,:]|[ \t]"),
)
# A telephone number with its spaces or hyphens, an address of a page, a Latin word.
_WHOLE = re.compile(r"(?:\d(?:[ -]?\d)*|[!-~])+")
# No line of Chinese begins with these.
_CLOSING = frozenset("。！？；，、：…”’」』）)》】")
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# Trailing and leading blanks at a cut; the ideographic space stays, it indents a paragraph.
_BLANKS = " \t\n"


def split_text(text: str, most_bytes: int) -> list[str]:
    """Return ``text`` in pieces of at most ``most_bytes`` bytes of UTF-8, in order.

    Cut at the last paragraph, sentence, clause or word that leaves a piece at least a third
    full; telephone numbers, addresses of pages and composed characters stay whole unless one
    alone is longer than a piece. Only blanks and line ends at the cuts are dropped, so a text
    of nothing else has no pieces.

    Raises:
        ValueError: when ``most_bytes`` is below 4, the longest single character.
    """
    if most_bytes < LEAST_BYTES:
        raise ValueError(f"most_bytes must be at least {LEAST_BYTES}, not {most_bytes}")
    pieces = (piece.strip(_BLANKS) for piece in _pieces(text.strip(_BLANKS), most_bytes))
    return [piece for piece in pieces if piece]


def _pieces(text: str, most_bytes: int) -> Iterator[str]:
    whole, composed = _inside_whole(text), _inside_composed(text)
    start = 0
    while start < len(text):
        fits = start + _characters_within(text[start : start + most_bytes], most_bytes)
        end = len(text) if fits == len(text) else _cut(text, start, fits, (whole, composed))
        yield text[start:end]
        start = end
        while start < len(text) and text[start] in _BLANKS:
            start += 1


def _characters_within(window: str, most_bytes: int) -> int:
    """Return how many characters of ``window`` take at most ``most_bytes`` bytes."""
    encoded = window.encode("utf-8", "surrogatepass")
    if len(encoded) <= most_bytes:
        return len(window)
    end = most_bytes
    while encoded[end] & 0xC0 == 0x80:  # a byte that goes on with the character before it
        end -= 1
    return len(encoded[:end].decode("utf-8", "surrogatepass"))


def _cut(text: str, start: int, fits: int, inside: tuple[bytearray, bytearray]) -> int:
    """Return where the piece that begins at ``start`` ends; at most ``fits``."""
    whole, composed = inside
    least = start + (fits - start) // 3
    for kind in _CUTS:
        ends = [found.end() for found in kind.finditer(text, start, fits)]
        good = [end for end in ends if end > least and not whole[end] and not composed[end]]
        if good:
            return good[-1]
    for end in range(fits, start, -1):
        if not whole[end] and not composed[end]:
            return end
    for end in range(fits, start, -1):
        if not composed[end]:
            return end
    return fits


def _inside_whole(text: str) -> bytearray:
    """Mark each place before a character where a number, an address or a word would be cut."""
    inside = bytearray(len(text) + 1)
    for found in _WHOLE.finditer(text):
        inside[found.start() + 1 : found.end()] = b"\1" * (found.end() - found.start() - 1)
    for place, character in enumerate(text):
        if place and character in _CLOSING:
            inside[place] = 1
    return inside


def _inside_composed(text: str) -> bytearray:
    """Mark each place where a character made of several code points would be cut."""
    inside = bytearray(len(text) + 1)
    flag_letters = 0
    for place in range(1, len(text)):
        before, after = text[place - 1], text[place]
        flag_letters = flag_letters + 1 if ord(before) in _FLAG_LETTERS else 0
        second_of_flag = ord(after) in _FLAG_LETTERS and flag_letters % 2 == 1
        if second_of_flag or before == _JOINER or _extends(after):
            inside[place] = 1
    return inside


def _extends(character: str) -> bool:
    """Whether a character is drawn onto the one before it: marks, joiners, skin tones."""
    if character < "\u0300":
        return False
    return (
        character == _JOINER
        or ord(character) in _SKIN_TONES
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
    )
