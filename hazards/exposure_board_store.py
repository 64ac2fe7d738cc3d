"""The exposure board as everybody reads it: what was released, and masked photos alone."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from community.files import StoredFile, stored_file
from community.register_store import street
from hazards.cases import UnknownCase
from hazards.exposure import EXPOSABLE, Exposure, PublicExposure
from hazards.exposure_photo_store import photos_of_entries, shown_photos
from hazards.exposure_store import hazard_exposure
from hazards.store import hazard_case, hazard_photo, hazard_report

A_PAGE = 10

_own = hazard_exposure.c
_case = hazard_case.c
_photo = hazard_photo.c


def public_exposures(
    db: Connection,
    districts: Collection[str],
    categories: Collection[str],
    *,
    before: int | None = None,
    most: int = A_PAGE,
) -> list[PublicExposure]:
    """Return what stands on the board, the latest entry first.

    Args:
        db: for reading.
        districts: of these alone.
        categories: those that may be public.
        before: only entries before this id, to go on from a page.
        most: how many.
    """
    later = (_own.id < before,) if before is not None else ()
    shown = (*_is_shown(districts, categories), *later)
    rows = db.execute(_public().where(*shown).order_by(_own.id.desc()).limit(most)).all()
    photos = photos_of_entries(db, {row.id: (row.case_id, tuple(row.photo_ids)) for row in rows})
    return [_entry(row, photos.get(row.id, ())) for row in rows]


def preview_of(db: Connection, seen: Exposure) -> PublicExposure:
    """Return an entry as everybody would see it; only photos that may be shown stand in it.

    Raises:
        UnknownCase: when its case is gone.
    """
    row = db.execute(_public().where(_own.id == seen.id)).one_or_none()
    if row is None:
        raise UnknownCase(seen.case_id)
    return _entry(row, shown_photos(db, [seen]).get(seen.id, ()))


def public_photo(
    db: Connection, sha256: str, districts: Collection[str], categories: Collection[str]
) -> StoredFile | None:
    """Return a masked copy that stands on the board now, by its hash."""
    entries = (
        select(_own.id, _own.case_id, _own.photo_ids)
        .join(hazard_case, _case.id == _own.case_id)
        .where(
            *_is_shown(districts, categories),
            _own.case_id.in_(
                select(hazard_report.c.case_id)
                .join(hazard_photo, _photo.report_id == hazard_report.c.id)
                .join(stored_file, stored_file.c.id == _photo.masked_file_id)
                .where(stored_file.c.sha256 == sha256)
                .union(
                    select(_photo.case_id)
                    .join(stored_file, stored_file.c.id == _photo.masked_file_id)
                    .where(stored_file.c.sha256 == sha256, _photo.case_id.is_not(None))
                )
            ),
        )
    )
    rows = db.execute(entries).all()
    photos = photos_of_entries(db, {row.id: (row.case_id, tuple(row.photo_ids)) for row in rows})
    files = (file for each in photos.values() for file in each)
    return next((file for file in files if file.sha256 == sha256), None)


def _entry(row: Row[Any], photos: tuple[StoredFile, ...]) -> PublicExposure:
    """Return the entry of a row."""
    named = row._asdict()
    for name in ("case_id", "photo_ids", "made_at"):
        del named[name]
    named["street"] = named["street"] or ""
    # A draft is previewed as if it were released now.
    named["released_at"] = named["released_at"] or row.made_at
    return PublicExposure(**named, photos=photos)


def _public() -> Select[Any]:
    columns = (
        _own.id, _own.district_id, _own.case_id, _own.title, _own.words, _own.place,
        _own.photo_ids, _own.made_at, _own.released_at, _case.category, _case.state,
        _case.opened_at.label("found_at"), street.c.name.label("street"),
    )  # fmt: skip
    places = hazard_exposure.join(hazard_case, _case.id == _own.case_id)
    return select(*columns).select_from(places.outerjoin(street, street.c.id == _case.street_id))


def _is_shown(
    districts: Collection[str], categories: Collection[str]
) -> tuple[ColumnElement[bool], ...]:
    return (
        _own.district_id.in_(sorted(districts)),
        _own.released_at.is_not(None),
        _own.taken_down_at.is_(None),
        _case.state.in_(EXPOSABLE),
        _case.category.in_(sorted(categories)),
    )
