"""Text for SQLite's FTS5, whose tokenizers take a Chinese sentence for one word.

Chinese is written as its characters and pairs of neighbours, apart; both the stored text and
the query go through here, so that a stock FTS5 finds it.
"""

import re
import unicodedata
from itertools import pairwise

_RUNS = re.compile(r"[㐀-鿿]+|[0-9a-z]+")


def spaced(text: str) -> str:
    """Return ``text`` as words apart: Latin ones whole, Chinese as characters and bigrams."""
    return " ".join(" ".join(_words(run)) for run in _runs(text))


def match_query(text: str) -> str:
    """Return an FTS5 query for the rows that hold any word of ``text``; "" when it has none."""
    words = dict.fromkeys(word for run in _runs(text) for word in _words(run))
    return " OR ".join(f'"{word}"' for word in words)


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).lower())


def _words(run: str) -> list[str]:
    if run.isascii():
        return [run]
    return [*run, *(first + second for first, second in pairwise(run))]
