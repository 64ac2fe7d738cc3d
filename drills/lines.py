"""Somebody's words, as one line that any store and any page takes."""

import unicodedata


def one_line(text: str, most: int = 300) -> str:
    """Return ``text`` in one line of at most ``most`` characters, without control characters."""
    spaced = "".join(" " if unicodedata.category(mark) in {"Cc", "Cs"} else mark for mark in text)
    return " ".join(spaced.split())[:most]
