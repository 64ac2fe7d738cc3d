"""Cases as anybody may read them (开放数据): moderated, nobody's name, places made coarse.

Values alone. What leaves is the text that a reviewer wrote for the public, never what a reporter
said or where their phone stood; ``hazards.open_store`` finds the cases.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from community.coordinates import Point, coarsened
from hazards.categories import Categories
from hazards.transitions import ENDED, OPEN, STATE_NAMES, State

# A cell this wide holds several buildings, so that no home is pointed at.
PLACE_METRES = 100.0
# About ten centimetres: the centre of a cell needs no more.
_DECIMALS = 6

Status = Literal["open", "closed"]
STATES_OF: Mapping[Status, frozenset[State]] = MappingProxyType({"open": OPEN, "closed": ENDED})


@dataclass(frozen=True, slots=True)
class PublicCase:
    """What anybody may know of a case.

    Attributes:
        id: internal, to find what belongs to it; never shown.
        code: its public number.
        state: as the table of transitions has it.
        text: what a reviewer wrote for the public.
        handler: department id; "" while it is with the supervisors.
        lead: department id.
        street: its name; "" where it is not known.
        community: of the building's neighbourhood, never the building; "" likewise.
        point: the centre of a cell ``PLACE_METRES`` wide, WGS-84; None where only words are known.
        kept: code of the case that took it in, if that one is public; "" otherwise.
        photo: name of its first released photo (``hazards.open_store.released_photo``), or "".
    """

    id: int
    code: str
    district_id: str
    category: str
    state: State
    level: int
    text: str
    handler: str
    lead: str
    street: str
    community: str
    point: Point | None
    opened_at: datetime
    due_at: datetime | None
    changed_at: datetime
    closed_at: datetime | None
    kept: str = ""
    photo: str = ""

    @property
    def status(self) -> Status:
        """Open until it has come to an end, whichever."""
        return "closed" if self.state in ENDED else "open"

    @property
    def notes(self) -> str:
        """How it stands, in words; why it was closed when it was not put right."""
        if self.state == "duplicate" and self.kept:
            return f"和{self.kept}是同一处隐患，办理情况看{self.kept}"
        return STATE_NAMES[self.state]

    @property
    def updated_at(self) -> datetime:
        """When it last changed; when it came to an end, once it has."""
        return self.closed_at or self.changed_at


def public_categories(categories: Categories) -> frozenset[str]:
    """Return the ids of the categories that may be shown outside at all."""
    return frozenset(one.id for one in categories.all if one.is_public)


def states_of(statuses: Collection[Status]) -> frozenset[State]:
    """Return the states that any of ``statuses`` stands for."""
    return frozenset(state for status in statuses for state in STATES_OF[status])


def coarse_place(latitude: float | None, longitude: float | None) -> Point | None:
    """Return the place that is published for one in WGS-84; None for none."""
    if latitude is None or longitude is None:
        return None
    centre = coarsened(Point(latitude, longitude), PLACE_METRES)
    return Point(round(centre.latitude, _DECIMALS), round(centre.longitude, _DECIMALS))
