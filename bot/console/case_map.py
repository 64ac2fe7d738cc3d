"""Cases on a map: markers in the datum of the tiles, and the same as a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.case_desk import PATH, CaseDesk, area_of
from bot.console.case_filters import filter_of, typed_in
from bot.console.case_words import CaseWords, due_words, spaced, state_name
from bot.console.posts import read_places
from bot.console.shell import Signed, render, shell_of
from community.coordinates import Point, to_gcj02
from hazards.cases import Case
from hazards.queue_store import MOST_A_PAGE, CasePage, queue


@dataclass(frozen=True, slots=True)
class Marker:
    """A case on the map.

    Attributes:
        latitude: degrees in the tiles' datum.
        longitude: likewise.
        path: of the case's page.
        title: its category and code.
        note: its place, state and deadline.
        is_overdue: marked red.
    """

    latitude: float
    longitude: float
    path: str
    title: str
    note: str
    is_overdue: bool


async def show_map(desk: CaseDesk, signed: Signed) -> Response:
    """Show the cases of the queue's filter on a map, the first of them where they are many."""
    typed, now = typed_in(signed.request.query_params), signed.now
    zone = shell_of(signed.request).zone

    def read(db: Connection) -> tuple[CasePage, CaseWords]:
        places = read_places(db, desk.districts)
        wanted = filter_of(typed, area_of(signed.staff), places, zone)
        found = queue(db, wanted, now, most=MOST_A_PAGE)
        return found, CaseWords(desk.categories, places)

    found, words = await signed.read(read)
    return render(
        signed,
        "cases/map.html",
        typed=typed,
        markers=markers_of(found.cases, words, signed.console.tiles.datum, now),
        without=sum(case.point is None for case in found.cases),
        is_cut=found.after != "",
        most=MOST_A_PAGE,
        tiles=signed.console.tiles,
    )


def markers_of(
    cases: Iterable[Case], words: CaseWords, datum: Literal["wgs84", "gcj02"], now: datetime
) -> list[Marker]:
    """Return the markers of those cases whose place is known."""
    return [_marker(case, case.point, words, datum, now) for case in cases if case.point]


def _marker(
    case: Case, point: Point, words: CaseWords, datum: Literal["wgs84", "gcj02"], now: datetime
) -> Marker:
    latitude, longitude = (point.latitude, point.longitude)
    if datum == "gcj02":
        latitude, longitude = to_gcj02(point)
    noted = (words.place(case), state_name(case.state), due_words(case, now))
    return Marker(
        round(latitude, 6),
        round(longitude, 6),
        f"{PATH}/{case.code}",
        f"{words.category(case.category)} {spaced(case.code)}",
        "，".join(part for part in noted if part),
        case.is_overdue(now),
    )
