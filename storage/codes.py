"""Public codes: what people read aloud, write on paper and type, in place of row ids.

Seven random characters of Crockford's alphabet and one that checks them. The check is a
weighted sum over GF(32), a different weight for each place, so any one wrong character
and any two swapped ones are noticed. 35 random bits: insert under a unique constraint,
and draw again when a code is taken.
"""

from __future__ import annotations

import secrets
import unicodedata

# https://www.crockford.com/base32.html: no I, L, O (read as 1 and 0) and no U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
LENGTH = 8
MISREAD = str.maketrans("ILO", "110")
# x^5 + x^2 + 1, primitive over GF(2): doubling walks through all 31 non-zero values.
POLYNOMIAL = 0b100101


def new_code() -> str:
    """Return a random code of eight characters, upper case."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return drawn + check_character(drawn)


def check_character(characters: str) -> str:
    """Return the check for up to 30 characters of the alphabet.

    Raises:
        KeyError: for a character outside it.
    """
    total = 1  # not 0, or a row of zeros would be a code
    for character in characters:
        total = _double(total ^ VALUES[character])
    return ALPHABET[total]


def is_valid(code: str) -> bool:
    """Tell whether ``code`` is written exactly as ``new_code`` writes, check included."""
    return (
        len(code) == LENGTH
        and all(character in VALUES for character in code)
        and check_character(code[:-1]) == code[-1]
    )


def read_code(text: str) -> str | None:
    """Return the code somebody typed, or None when it is none or has a slip in it.

    Takes lower case, full width, spaces, hyphens, and I, L, O for 1 and 0.
    """
    typed = unicodedata.normalize("NFKC", text).upper()
    code = "".join(c for c in typed if not c.isspace() and c not in "-‐‑–—").translate(MISREAD)
    return code if is_valid(code) else None


def _double(value: int) -> int:
    """Multiply by x in GF(32)."""
    doubled = value << 1
    return doubled ^ POLYNOMIAL if doubled & 0b100000 else doubled
