"""How names of places are compared: 三栋, 3幢 and ３号楼 are one building, 13栋 is another.

A key keeps letters and digits alone and sets every number between bars (``双福花园|3|栋``), so
that a part of a key never matches a part of a number.
"""

import re
import unicodedata

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
_UNITS = {"十": 10, "百": 100}
# 千 and 万 stand in names (万达) far more often than in numbers of buildings.
_CHINESE_NUMBER = re.compile(
    r"[零〇一二三四五六七八九][零〇一二三四五六七八九十百]*|十[一二三四五六七八九]?"
)
_NUMBER = re.compile(r"0*([0-9]+)")
_ORDINAL = re.compile(r"第(?=[0-9])")
_GAP = re.compile(r"(?<=[0-9a-z])\s+(?=[号栋幢座#])")
# Every way to say "building 3": 3栋, 3幢, 3座, 3号楼, 3#楼, 3#; also A座.
_BUILDING = re.compile(r"([0-9]+|(?<![a-z])[a-z])(?:[#号]楼|号?[栋幢座]楼?|#)")
_WORDS = re.compile(r"\|[0-9]+\|栋?|[^|]+")
# What stands inside a building says nothing about which one it is.
_INSIDE = re.compile(r"\|[0-9]+\|(?:单元|梯|层|楼|室|房).*")
MOST_NAME_CHARACTERS = 200


def name_key(name: str) -> str:
    """Return what makes two names the same; "" when there is neither letter nor digit."""
    spaced = _unified(name)
    letters = "".join(sign for sign in spaced if sign.isalnum())
    return re.sub(r"[0-9]+", r"|\g<0>|", letters)


def sort_key(name: str) -> str:
    """Return a text by which 2栋 stands before 10栋."""
    return re.sub(r"[0-9]+", lambda number: number[0].zfill(6), name_key(name).replace("|", ""))


def search_terms(text: str) -> list[str]:
    """Return the parts of keys that a place must hold to be what ``text`` asks for.

    Unit, floor and room are left out; the list is empty when nothing to look for is left.
    """
    terms: list[str] = []
    for word in _GAP.sub("", _unified(text)).split():
        terms += _WORDS.findall(_INSIDE.sub("", name_key(word)))
    return list(dict.fromkeys(terms))


def _unified(name: str) -> str:
    """Return a name in one writing: width, case, numerals, and one word for a building."""
    text = unicodedata.normalize("NFKC", name[:MOST_NAME_CHARACTERS]).casefold()
    text = _CHINESE_NUMBER.sub(lambda found: _arabic(found[0]), text)
    text = _ORDINAL.sub("", _NUMBER.sub(r"\1", text))
    return _BUILDING.sub(r"\1栋", _GAP.sub("", text))


def _arabic(run: str) -> str:
    """Return 123 for 一二三 and for 一百二十三."""
    if not any(sign in _UNITS for sign in run):
        return "".join(str(_DIGITS[sign]) for sign in run)
    total = digit = 0
    for sign in run:
        if sign in _UNITS:
            total += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return str(total + digit)
