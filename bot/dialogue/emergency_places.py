"""Where somebody is: recognised in what they write, and put together from pieces.

Values in, values out. People type 「阳光小区」, 「3栋」 and 「1202」 as three messages; what is
read out to 119 has to hold all of them.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from bot.dialogue import emergency_english

Level = Literal["building", "unit", "floor", "room"]

_MOST_PLACE_CHARACTERS = 80
_NUMERAL = r"(?:[A-Za-z]?\d+[A-Za-z]?|[一二两三四五六七八九十百]+)"
_PLACE = re.compile(
    r"\d\s*(?:栋|幢|号楼|号|单元|楼|层|室|座|期|弄|[-－—]\d)"
    r"|[一二两三四五六七八九十百]\s*(?:栋|幢|号楼|单元|楼|层)|[A-Za-z]\s*[栋幢座]"
    r"|小区|花园|家园|大厦|公寓|广场|苑|路口|街道|大道|村|镇|大学|学校|酒店|宾馆"
    r"|[路街巷]\s*\d|[^没有无条的断别出退后回走上下]{2}[路街巷]$"
)
_ASKING = re.compile(
    r"[?？]|[吗么]$|呢$|怎么|如何|能不能|可不可以|要不要|为什么|啷个|咋|哪里|哪个|什么|多久|好久"
)
# 「烟已经到18楼了」 tells of the fire, not of a place.
_NEWS = re.compile(
    r"(?<![着起失])[烟火气味](?:都|就|也|已|从|到|在|往|把|要|快|很|好|越|烧|冒|窜|上|进|来)|烧[到上]"
)
_HAZARD = re.compile(r"[烟火燃烧冒炸漏晕昏倒救]|气味")
_I_AM_AT = re.compile(
    r"^(?:(?:地址|地点|位置)(?:是|在)?[:：]?|(?:我|我们|我家|我和[^在]{1,6}|人)(?:现在|就|都|正|还)*住?在|我家住?|家住|住在|在)\s*"
)
# A number alone is a flat only where the flat was asked for; these are calls.
_ROOM_ALONE = re.compile(r"^(?!(?:119|120|110|999|911|112)$)\d{3,4}[室号房]?$")
_ROAD = re.compile(r"^.{1,12}?[路街巷道]\s*\d+\s*号?(?:附\d+号)?")
_LEVELS = re.compile(
    rf"(?P<all>(?<!\d)\d+(?:[-－—]\d+){{1,3}})"
    rf"|(?P<building>{_NUMERAL}\s*(?:栋|幢|号楼|座)|[A-Za-z][栋幢座]"
    r"|\b(?:building|bldg|block|tower)\W{0,3}(?:no\.?|number)?\W{0,2}\w{1,4}\b)"
    rf"|(?P<unit>{_NUMERAL}\s*(?:单元|梯)|\bunit\W{{0,3}}\w{{1,4}}\b)"
    rf"|(?P<floor>{_NUMERAL}\s*[楼层](?![道梯上下顶])|\bfloor\W{{0,3}}\d+"
    r"|\b\d+(?:st|nd|rd|th)?\s+floor\b)"
    r"|(?P<room>(?<![路街巷道\d])\d+\s*[室号房]|(?<![路街巷道\d])\d{3,4}(?![\d路街巷])"
    r"|\b(?:flat|room|rm|apartment|apt)\W{0,3}\d+\w?\b)",
    re.IGNORECASE,
)
_BETWEEN = " ,，.。;；、:：的"
# Before a storey these tell of somebody else, and are no name of an estate.
_NO_NAME = re.compile(r"[我你他她它咱在有是了还人的到烧燃烟]")
_LATIN = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A place in its parts: the road, the estate's name, levels, and what stands behind them."""

    road: str
    name: str
    levels: Mapping[str, str]
    rest: str

    @property
    def is_whole(self) -> bool:
        has_inside = any(level in self.levels for level in ("building", "room"))
        return bool(self.road or self.name) and has_inside

    def is_another_than(self, other: "_Parts") -> bool:
        """Whether this is a whole address of another house, to which no old piece belongs."""
        mine, old = ((part.name, part.levels.get("building", "")) for part in (self, other))
        differs = any(new and was and new != was for new, was in zip(mine, old, strict=True))
        return self.is_whole and differs

    def text(self) -> str:
        inside = (self.levels.get(level, "") for level in get_args(Level))
        pieces = [piece for piece in (self.road, self.name, *inside) if piece]
        joint = " " if any(map(_LATIN.search, pieces)) else ""
        return joint.join(pieces) + (f"，{self.rest}" if self.rest else "")


def looks_like_place(text: str) -> bool:
    """Whether ``text`` reads like where somebody is, not like a question."""
    short = len(text) <= _MOST_PLACE_CHARACTERS
    tells_more = _ASKING.search(text) or _NEWS.search(text)
    is_chinese = bool(_PLACE.search(text)) and not tells_more
    return short and (is_chinese or emergency_english.looks_like_place(text))


def is_room(text: str) -> bool:
    """Whether ``text`` is the bare number of a flat, as one types it when asked for it."""
    return _ROOM_ALONE.match(_said(text)) is not None


def tells_hazard(text: str) -> bool:
    """Whether ``text`` speaks of the danger, too."""
    return bool(_HAZARD.search(text)) or emergency_english.tells_hazard(text)


def says_where(text: str) -> bool:
    """Whether ``text`` gives the writer's own place beyond doubt, whatever else it tells."""
    said = _bare(text)
    parts = _parts(said)
    return len(text) <= _MOST_PLACE_CHARACTERS and (
        parts.is_whole or (said != " ".join(text.split()) and bool(parts.levels))
    )


def joined(old: str, text: str) -> str:
    """Return the place that ``old`` and a new message make together.

    A piece takes the place of the piece on its own level; a whole address replaces all.
    """
    said = _bare(text)
    new = _parts(said)
    before = _parts(old)
    if not old or new.is_another_than(before):
        return said
    together = replace(
        before,
        road=new.road or before.road,
        name=new.name or before.name,
        levels={**before.levels, **new.levels},
        rest=new.rest or before.rest,
    )
    return together.text()


def _parts(place: str) -> _Parts:
    found = list(_LEVELS.finditer(place))
    levels: dict[str, str] = {}
    for match in found:
        # 「3-18-5」 is building, storey and flat in one; it stands where the building does.
        level = "building" if match.lastgroup == "all" else str(match.lastgroup)
        levels.setdefault(level, match[0].strip())
    before = place[: found[0].start()] if found else place
    rest = place[found[-1].end() :].strip(_BETWEEN) if found else ""
    road, name = _outside(before.strip(_BETWEEN))
    return _Parts(road, name, levels, rest)


def _outside(before: str) -> tuple[str, str]:
    """Return the road and the estate's name that stand before the building."""
    if _NO_NAME.search(before) and not _PLACE.search(before):
        return "", ""
    road = _ROAD.match(before)
    at = road.end() if road else 0
    return before[:at], before[at:].strip(_BETWEEN)


def _bare(text: str) -> str:
    """Return the place in one line, without 「我在」 before it, which the sentence has."""
    said = " ".join(text.split())
    bare = emergency_english.bare_place(_I_AM_AT.sub("", said))
    return bare.rstrip("。.！!，, ") or said


def _said(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(" 。.!！，,")
