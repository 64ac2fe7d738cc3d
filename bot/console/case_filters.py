"""The queue's filter: as an address carries it, as a form shows it, as the store is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from bot.console.posts import Places
from bot.console.shell import Refused
from bot.messages import clean_text
from community.staff import Area
from hazards.queue_store import CaseFilter
from hazards.transitions import OPEN, STATES, State

BAD_DAY = "日期没看懂，请从日历里选。"
MOST_CHARACTERS = 100
_TEXTS = ("district", "category", "street", "handler", "level", "text", "number", "since", "until")
_TICKS = ("overdue", "paused", "unplaced")


@dataclass(frozen=True, slots=True)
class Typed:
    """The filter as it was typed; "" and no states ask for all open cases."""

    states: tuple[State, ...] = ()
    district: str = ""
    category: str = ""
    street: str = ""
    handler: str = ""
    level: str = ""
    text: str = ""
    number: str = ""
    since: str = ""
    until: str = ""
    overdue: str = ""
    paused: str = ""
    unplaced: str = ""

    @property
    def query(self) -> str:
        """What stands behind the ``?`` of its address; "" when it narrows nothing."""
        pairs = [("state", state) for state in self.states]
        names = (*_TEXTS, *_TICKS)
        pairs += [(name, value) for name in names if (value := getattr(self, name))]
        return urlencode(pairs)

    def of_state(self, state: State) -> str:
        """Return the query of the same filter for one state alone."""
        return replace(self, states=(state,)).query


def typed_in(given: QueryParams) -> Typed:
    """Return the filter of an address; what no form of ours writes is left out."""
    texts = {name: clean_text(given.get(name, ""))[:MOST_CHARACTERS].strip() for name in _TEXTS}
    states = tuple(state for state in STATES if state in given.getlist("state"))
    ticks = {name: "1" if given.get(name) else "" for name in _TICKS}
    return Typed(states=states, **texts, **ticks)


def filter_of(typed: Typed, area: Area, places: Places, zone: ZoneInfo) -> CaseFilter:
    """Return what the store is asked for.

    Args:
        typed: the filter.
        area: of whoever asks; a district that is chosen narrows it.
        places: of the districts served.
        zone: in which days begin.

    Raises:
        Refused: for a day that is none.
    """
    return CaseFilter(
        narrowed(area, typed.district, places.of_street) if typed.district else area,
        states=frozenset(typed.states) or OPEN,
        category=typed.category,
        street_id=_number(typed.street),
        handler=typed.handler,
        is_overdue=bool(typed.overdue),
        is_paused=bool(typed.paused),
        is_unplaced=bool(typed.unplaced),
        level=min(_number(typed.level) or 0, 3),
        text=typed.text,
        opened_from=midnight(typed.since, zone),
        opened_until=midnight(typed.until, zone, days=1),
        external_number=typed.number,
    )


def narrowed(area: Area, district: str, of_street: Mapping[int, str]) -> Area:
    """Return the part of an area that lies in one district."""
    return Area(
        area.districts & {district},
        frozenset(one for one in area.streets if of_street.get(one) == district),
        frozenset(one for one in area.departments if one[0] == district),
    )


def streets_in(area: Area, places: Places) -> list[tuple[int, str]]:
    """Return the streets that somebody may narrow the queue to."""
    districts = area.districts | {district for district, _ in area.departments}
    return [
        (id_, name)
        for id_, name in places.streets.items()
        if id_ in area.streets or places.of_street[id_] in districts
    ]


def units_in(area: Area, places: Places) -> list[tuple[str, str]]:
    """Return the departments of the districts that an area touches, each once."""
    touched = area.districts | {places.of_street.get(one, "") for one in area.streets}
    touched |= {district for district, _ in area.departments}
    found: dict[str, str] = {}
    for id_, district in places.districts.items():
        for one in district.departments if id_ in touched else ():
            found.setdefault(one.id, one.name)
    return list(found.items())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def midnight(typed: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """Return the beginning of a typed day, or of the day ``days`` after it; None for no day.

    Raises:
        Refused: for a day that is none.
    """
    if not typed:
        return None
    try:
        first = date.fromisoformat(typed) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Refused(BAD_DAY) from None
    return datetime.combine(first, time(), zone)
