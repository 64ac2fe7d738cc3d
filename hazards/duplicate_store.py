"""Finding the cases that may be the same as another, by indexes alone.

By building and kind, by a box around the place and kind, and by the very same photo.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from community.coordinates import METRES_A_DEGREE, Point
from hazards.duplicates import (
    CLOSED_SINCE,
    FAR_METRES,
    NEAR_METRES,
    Looked,
    Suggestion,
    best,
    kindred,
)
from hazards.store import hazard_case, hazard_photo

# Of one building and kind, or around one place: far more than staff could look at.
MOST_CANDIDATES = 100
_case = hazard_case.c
_photo = hazard_photo.c
# By a term instead of the column: else both stores walk all cases by their id until enough fit.
_NEWEST = (_case.id + 0).desc()


def suggest(db: Connection, case_id: int, now: datetime, most: int = 5) -> list[Suggestion]:
    """Return the cases that may be the same thing as this one, the surest first.

    Open ones, and those closed within 30 days; never what was turned down or merged already.

    Args:
        db: for reading.
        case_id: the case that is looked at; without one nothing is found.
        now: aware.
        most: how many.
    """
    row = db.execute(_looks().where(_case.id == case_id)).one_or_none()
    if row is None:
        return []
    case = _with_photos(db, [_looked(row)])[0]
    found = {other.id: other for query in _queries(case, now) for other in _run(db, query)}
    return best(case, _with_photos(db, list(found.values())), most)


def _queries(case: Looked, now: datetime) -> Iterable[Select[Any]]:
    """Yield what may be asked of a case: by its building, its place, its photos."""
    wanted = and_(_case.id != case.id, *_may_be_same(now))
    kinds = _case.category.in_(sorted(kindred(case.category)))
    latest = _looks().where(wanted).order_by(_NEWEST).limit(MOST_CANDIDATES)
    if case.building_id is not None:
        yield latest.where(_case.building_id == case.building_id, kinds)
    if case.point is not None:
        metres = FAR_METRES if case.building_id is None else NEAR_METRES
        yield latest.where(kinds, *_box(case.point, metres))
        if case.building_id is not None:
            around = _box(case.point, FAR_METRES)
            yield latest.where(kinds, _case.building_id.is_(None), *around)
    if case.phashes:
        same = select(_photo.case_id).where(_photo.phash.in_(case.phashes))
        yield latest.where(_case.id.in_(same))


def _may_be_same(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # What an index holds comes first: most cases were closed long ago. What was merged or turned
    # down has come to an end in another state; asking for ``merged_into`` as well would lead
    # SQLite to the index of that column, which is NULL in nearly every row.
    lately = or_(_case.closed_at.is_(None), _case.closed_at >= now - CLOSED_SINCE)
    is_one = or_(_case.closed_at.is_(None), _case.state == "closed")
    return (lately, is_one)


def _box(point: Point, metres: float) -> tuple[ColumnElement[bool], ...]:
    """Return what holds within ``metres`` of a place, and in the corners of the box around it."""
    north = metres / METRES_A_DEGREE
    east = north / max(cos(radians(point.latitude)), 0.01)
    return (
        _case.latitude.between(point.latitude - north, point.latitude + north),
        _case.longitude.between(point.longitude - east, point.longitude + east),
    )


def _looks() -> Select[Any]:
    return select(
        _case.id, _case.category, _case.building_id, _case.floor, _case.latitude,
        _case.longitude, _case.opened_at,
    )  # fmt: skip


def _run(db: Connection, query: Select[Any]) -> list[Looked]:
    return [_looked(row) for row in db.execute(query)]


def _looked(row: Row[Any]) -> Looked:
    has_point = row.latitude is not None and row.longitude is not None
    point = Point(row.latitude, row.longitude) if has_point else None
    return Looked(row.id, row.category, row.building_id, row.floor, point, row.opened_at)


def _with_photos(db: Connection, cases: list[Looked]) -> list[Looked]:
    """Return the same cases with the hashes of their photos, asked for at once."""
    ids = [case.id for case in cases]
    query = select(_photo.case_id, _photo.phash).where(_photo.case_id.in_(ids), _photo.phash != "")
    hashes: dict[int, list[str]] = {}
    for case_id, phash in db.execute(query):
        hashes.setdefault(case_id, []).append(phash)
    return [replace(case, phashes=tuple(hashes.get(case.id, ()))) for case in cases]
