"""Where a hazard is, as residents say it: bound, sent, scanned, or in words looked up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.functions import Visit
from community.bindings import bound_buildings, scene_building
from community.districts import District
from community.placenames import name_key, search_terms
from community.register_store import find_building, find_building_by_code, search_buildings
from community.registers import Building
from community.store import resident_of
from hazards.draft_store import last_where
from hazards.drafts import Draft, Where

MOST_OFFERED = 5
# A name is read up to the building's number: what follows is the floor, or what is wrong.
_BUILDING = re.compile(
    r"(?P<name>\S{0,30}?[0-9a-zA-Z一二三四五六七八九十百]\s*(?:栋|幢|座|号楼|#))"
)
_FLOOR = re.compile(
    r"(?:负|地下|B|b)?(?:[0-9]{1,3}|[一二三四五六七八九十百]{1,4})\s*(?:楼(?![栋幢])|层)|[Bb][0-9]\b"
)
# What stands before a place in a sentence: 我要举报阳光小区3栋.
_LEAD = re.compile(
    r"^(?:你好|您好|我们?|要|想|来|帮忙?|请|麻烦|举报|上报|投诉|反映|报告|报|一下|个|隐患|家|在|住|的"
    r"|就是|这里|是|,|，|:|：|。|\s)+"
)
_CODE = re.compile(r"(?:编号|楼栋码|码)?[:：\s]*([0-9A-Za-z]{8})")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Read:
    """What words say about a place: the buildings that may be meant, and the rest of it."""

    buildings: tuple[Building, ...]
    where: Where


class Places:
    """Finds places in the register of the districts served."""

    def __init__(self, districts: Mapping[str, District]) -> None:
        self._districts = districts
        self._ids = tuple(districts)

    def usual(self, visit: Visit) -> list[Where]:
        """Return the buildings they are bound to, then the place of their last report."""
        resident = resident_of(visit.db, visit.account_id)
        bound = [Where(building_id=one.building.id) for one in bound_buildings(visit.db, resident)]
        last = last_where(visit.db, resident)
        return bound if last is None or last.is_empty or last in bound else [*bound, last]

    def default(self, visit: Visit, said: str) -> Where | None:
        """Return the usual place that fits what was said; None when it has to be asked.

        「3栋2楼」 is another place than the building 5栋 that somebody is bound to.
        """
        found = _BUILDING.search(_LEAD.sub("", said))
        terms = search_terms(found["name"])[-1:] if found else []
        for where in self.usual(visit):
            key = name_key(self.shown(visit, where))
            if all(term in key for term in terms):
                return _on_floor(where, _floor(said))
        return None

    def named(self, visit: Visit, text: str) -> Read:
        """Return what a sentence says about the place, which may be nothing.

        A number without the name of an estate is anybody's.
        """
        found = _BUILDING.search(_LEAD.sub("", text))
        if found is None or len(search_terms(found["name"])) < 2:
            return Read((), Where())
        floor = _floor(text)
        where = Where(words=f"{found['name']}{floor}", floor=floor).cut()
        return Read(self._search(visit, found["name"]), where)

    def answered(self, visit: Visit, text: str) -> Read | None:
        """Return what an answer to 「在哪里」 says; None when it says no place at all."""
        code = _CODE.fullmatch(text.strip())
        if code and (one := find_building_by_code(visit.db, code[1])):
            return Read((one,), Where())
        if not _LETTER.search(text):
            return None
        read = self.named(visit, text)
        buildings = read.buildings or self._search(visit, text)
        return Read(buildings, Where(words=text.strip(), floor=_floor(text)).cut())

    def scanned(self, visit: Visit, scene: str) -> Where | None:
        """Return the building whose code was scanned; None for a code that is none."""
        code = scene_building(scene)
        found = find_building_by_code(visit.db, code) if code else None
        return Where(building_id=found.id) if found else None

    def by_code(self, visit: Visit, code: str) -> Building | None:
        """Return the building behind a choice; None when it is gone."""
        return find_building_by_code(visit.db, code)

    def shown(self, visit: Visit, where: Where) -> str:
        """Return a place as its reporter reads it."""
        building = find_building(visit.db, where.building_id) if where.building_id else None
        if building is None:
            return where.words or where.floor or visit.words["report_at_sent"]
        if where.words.startswith(building.name):
            return where.words
        if not where.words or where.words in building.name:
            return f"{building.name}{where.floor}"
        return f"{building.name}（{where.words}）"

    def placed(self, visit: Visit, draft: Draft, where: Where) -> Draft:
        """Return a draft with its place, and with the district that this lies in."""
        building = find_building(visit.db, where.building_id) if where.building_id else None
        return replace(
            draft,
            where=where.cut(),
            district_id=building.district_id if building else draft.district_id,
        )

    def _search(self, visit: Visit, name: str) -> tuple[Building, ...]:
        rows: Sequence[Building] = search_buildings(visit.db, self._ids, name).rows
        return tuple(rows[:MOST_OFFERED])


def sent_place(visit: Visit) -> Where | None:
    """Return the place that came with a message."""
    place = visit.place
    if place is None:
        return None
    return Where(
        words=place.label,
        latitude=place.latitude,
        longitude=place.longitude,
        datum=place.datum,
    ).cut()


def _on_floor(where: Where, floor: str) -> Where:
    if not floor or floor == where.floor:
        return where
    # Words of another time name another floor.
    return replace(where, floor=floor, words="" if where.building_id else where.words)


def _floor(text: str) -> str:
    """Return the floor in a text as it is said there; a building's number is none."""
    behind = _BUILDING.sub("", text)
    found = _FLOOR.search(behind)
    return re.sub(r"\s", "", found[0]) if found else ""
