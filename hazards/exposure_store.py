"""The entries of the exposure board: drafted, released and taken down, each noted in the audit."""

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    exists,
    or_,
    select,
    update,
)

from community import audit
from community.staff import Area
from hazards.case_reach import require_reach
from hazards.case_store import find_case, of_case
from hazards.cases import Actor, Case, NotAllowed, UnknownCase
from hazards.exposure import (
    EXPOSABLE,
    MOST_PLACE,
    MOST_REASON,
    MOST_TITLE,
    Exposure,
    NewExposure,
    NotExposable,
    checked,
    checked_reason,
)
from hazards.exposure_photo_store import shown_photos
from hazards.queue_store import in_area
from hazards.store import hazard_case, hazard_photo
from hazards.transitions import REVIEW
from storage import JsonText, RowId, UtcDateTime, inserted_id, metadata

hazard_exposure = Table(
    "hazard_exposure",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    # The same id until it is taken down, then NULL: a case stands on the board once.
    Column("live_case_id", RowId, unique=True),
    Column("title", String(MOST_TITLE), nullable=False),
    Column("words", Text, nullable=False),
    Column("place", String(MOST_PLACE), nullable=False),
    Column("photo_ids", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_by", RowId),
    Column("made_at", UtcDateTime, nullable=False),
    Column("released_by", RowId),
    Column("released_at", UtcDateTime),
    Column("taken_down_by", RowId),
    Column("taken_down_at", UtcDateTime),
    Column("reason", String(MOST_REASON), nullable=False),
    Index("ix_hazard_exposure_case_id", "case_id"),
    Index("ix_hazard_exposure_board", "district_id", "released_at"),
    sqlite_autoincrement=True,
)

_own = hazard_exposure.c
_case = hazard_case.c
_photo = hazard_photo.c
_COLUMNS = tuple(field.name for field in fields(Exposure))


def draft(db: Connection, case: Case, new: NewExposure, actor: Actor, now: datetime) -> int:
    """Keep a draft for the board and return its id.

    Raises:
        NotExposable: as ``checked``; when the case is not put right, its photos are not looked
            at, or it stands on the board already.
        NotAllowed: when the actor is no reviewer whose post covers the case.
    """
    _require(db, case, actor)
    if case.state not in EXPOSABLE:
        raise NotExposable("state")
    written = _written(db, case.id, new)
    values = {
        **written,
        "district_id": case.district_id,
        "case_id": case.id,
        "live_case_id": case.id,
        "version": 1,
        "made_by": actor.staff_id,
        "made_at": now,
        "reason": "",
    }
    made: int | None = inserted_id(db, hazard_exposure, values, keys=["live_case_id"])
    if made is None:
        raise NotExposable("twice")
    _audit(db, "exposure.drafted", made, case, (actor, now))
    return made


def redraft(db: Connection, seen: Exposure, new: NewExposure, actor: Actor, now: datetime) -> None:
    """Write a draft anew, as somebody saw it.

    Raises:
        NotExposable, NotAllowed: as ``draft``; ``changed`` when it was released, taken down or
            changed meanwhile.
    """
    case = _case_of(db, seen, actor)
    written = _written(db, case.id, new)
    _change(db, seen, written, _own.released_at.is_(None))
    _audit(db, "exposure.changed", seen.id, case, (actor, now))


def release(
    db: Connection, seen: Exposure, actor: Actor, categories: Collection[str], now: datetime
) -> None:
    """Put a draft on the board, as somebody saw it in the preview.

    Args:
        db: inside a write.
        seen: the draft.
        actor: a reviewer whose post covers the case.
        categories: those that may be public.
        now: when.

    Raises:
        NotExposable: when the case is not put right any more or of a category that is never
            public, a photo is not released, or the draft was changed meanwhile.
        NotAllowed: as ``draft``.
    """
    case = _case_of(db, seen, actor)
    if case.category not in categories:
        raise NotExposable("category")
    if case.state not in EXPOSABLE:
        raise NotExposable("state")
    if len(shown_photos(db, [seen]).get(seen.id, ())) != len(seen.photo_ids):
        raise NotExposable("photo")
    values = {"released_by": actor.staff_id, "released_at": now}
    # The case may move on in another transaction: looked at once more with the change itself.
    stands = exists().where(_case.id == seen.case_id, _case.state.in_(EXPOSABLE))
    _change(db, seen, values, _own.released_at.is_(None), stands)
    _audit(db, "exposure.released", seen.id, case, (actor, now))


def take_down(db: Connection, seen: Exposure, reason: str, actor: Actor, now: datetime) -> None:
    """Take an entry off the board, or drop a draft, for a reason; whatever was changed meanwhile.

    Raises:
        NotExposable: without a reason, or when it was taken down before.
        NotAllowed: as ``draft``.
    """
    said = checked_reason(reason)
    case = _case_of(db, seen, actor)
    values = {
        "taken_down_by": actor.staff_id,
        "taken_down_at": now,
        "reason": said,
        "live_case_id": None,
    }
    down = update(hazard_exposure).where(_own.id == seen.id, _own.taken_down_at.is_(None))
    if db.execute(down.values(values)).rowcount != 1:
        raise NotExposable("changed")
    _audit(db, "exposure.taken_down", seen.id, case, (actor, now))


def visible_exposure(db: Connection, area: Area, exposure_id: int) -> Exposure | None:
    """Return an entry whose case lies in an area."""
    found = _exposures(db, _within(area), _own.id == exposure_id, most=1)
    return found[0] if found else None


def live_exposure(db: Connection, case_id: int) -> Exposure | None:
    """Return the draft or entry of a case that was not taken down."""
    found = _exposures(db, _own.live_case_id == case_id, most=1)
    return found[0] if found else None


def exposures_in(
    db: Connection, area: Area, *, before: int | None = None, most: int = 50
) -> list[Exposure]:
    """Return the entries of an area, the latest first, taken down ones included."""
    later = (_own.id < before,) if before is not None else ()
    return _exposures(db, _within(area), *later, most=most)


def count_drafts(db: Connection, area: Area) -> int:
    """Return how many drafts of an area wait to be released."""
    waiting = (_own.released_at.is_(None), _own.taken_down_at.is_(None))
    rows = db.execute(select(_own.id).where(_within(area), *waiting).limit(100))
    return len(rows.all())


def _within(area: Area) -> ColumnElement[bool]:
    return exists().where(and_(_case.id == _own.case_id, in_area(area)))


def _exposures(db: Connection, *conditions: ColumnElement[bool], most: int) -> list[Exposure]:
    columns = [_own[name] for name in _COLUMNS]
    rows = db.execute(select(*columns).where(*conditions).order_by(_own.id.desc()).limit(most))
    return [replace(Exposure(*row), photo_ids=tuple(row.photo_ids)) for row in rows]


def _written(db: Connection, case_id: int, new: NewExposure) -> dict[str, Any]:
    """Return the columns that hold what was written, once it may stand on the board."""
    fit = checked(new)
    ready = or_(_photo.masked_file_id.is_(None), _photo.looked_at_by.is_(None))
    known = select(_photo.id).where(_photo.id.in_(fit.photo_ids), of_case(case_id), ~ready)
    if len(db.scalars(known).all()) != len(fit.photo_ids):
        raise NotExposable("photo")
    return {
        "title": fit.title,
        "words": fit.words,
        "place": fit.place,
        "photo_ids": list(fit.photo_ids),
    }


def _change(
    db: Connection, seen: Exposure, values: dict[str, Any], *conditions: ColumnElement[bool]
) -> None:
    changed = db.execute(
        update(hazard_exposure)
        .where(
            _own.id == seen.id,
            _own.version == seen.version,
            _own.taken_down_at.is_(None),
            *conditions,
        )
        .values(version=_own.version + 1, **values)
    )
    if changed.rowcount != 1:
        raise NotExposable("changed")


def _case_of(db: Connection, seen: Exposure, actor: Actor) -> Case:
    case = find_case(db, seen.case_id)
    if case is None:
        raise UnknownCase(seen.case_id)
    _require(db, case, actor)
    return case


def _require(db: Connection, case: Case, actor: Actor) -> None:
    if actor.role not in REVIEW:
        raise NotAllowed(case, "expose", actor)
    require_reach(db, case, actor, "expose")


def _audit(
    db: Connection, action: str, exposure_id: int, case: Case, by: tuple[Actor, datetime]
) -> None:
    actor, now = by
    audit.note(
        db,
        actor=actor.audited,
        action=action,
        subject=f"exposure:{exposure_id}",
        detail={"case": case.id, "role": actor.role},
        now=now,
        district_id=case.district_id,
    )
