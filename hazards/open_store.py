"""Finding what the public may see: moderated cases of public categories, and released photos."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Index, Row, Select, and_, or_, select

from community.files import StoredFile, stored_file
from community.register_store import building, community, street
from hazards.opendata import PublicCase, coarse_place
from hazards.store import hazard_case, hazard_event, hazard_photo, hazard_report
from hazards.transitions import STATES, State
from storage import read_code

# Of hundreds of thousands of cases a few thousand are public. Not a partial index: beside the one
# by district and opening SQLite would not take it.
Index(
    "ix_hazard_case_public",
    hazard_case.c.district_id,
    hazard_case.c.is_public,
    hazard_case.c.opened_at,
)

OPEN311 = "open311"

_case, _photo, _report = hazard_case.c, hazard_photo.c, hazard_report.c
_kept = hazard_case.alias("kept")
# Each at most as precise as the public may have it; reasons and notes are for staff.
_EVENT_KINDS = ("moved", "merged", "split", "reminded", "escalated", "paused", "resumed")


@dataclass(frozen=True, slots=True)
class OpenFilter:
    """Which public cases are asked for.

    Attributes:
        districts: of these alone.
        categories: of these alone; all must be public ones.
        states: those wanted.
        opened_from: the first moment; None from the beginning.
        opened_until: the last moment; None to the end.
        codes: of these alone; None does not narrow.
    """

    districts: frozenset[str]
    categories: frozenset[str]
    states: frozenset[State] = frozenset(STATES)
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    codes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """One line of a public case's timeline: when and what, never who or why."""

    id: int
    case_id: int
    kind: str
    from_state: State
    to_state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A report that came with a key; ``case_code`` is "" until its case is public."""

    code: str
    case_code: str


def open_cases(
    db: Connection, wanted: OpenFilter, *, most: int, offset: int = 0
) -> list[PublicCase]:
    """Return public cases, the latest first.

    Args:
        db: for reading.
        wanted: which.
        most: how many.
        offset: how many of the latest to leave out.
    """
    order = (_case.opened_at.desc(), _case.id.desc())
    query = _public(wanted).order_by(*order).limit(most).offset(offset)
    return _with_photos(db, db.execute(query).all())


def open_cases_after(
    db: Connection, wanted: OpenFilter, after: int, *, most: int = 500
) -> list[PublicCase]:
    """Return the public cases with an id above ``after``, lowest first: for going through all."""
    query = _public(wanted).where(_case.id > after).order_by(_case.id).limit(most)
    return _with_photos(db, db.execute(query).all())


def public_events(db: Connection, case_ids: Collection[int]) -> list[PublicEvent]:
    """Return the timelines of up to 500 public cases, in the order things happened."""
    own = hazard_event.c
    wanted = (own.id, own.case_id, own.kind, own.from_state, own.to_state, own.at)
    rows = db.execute(
        select(*wanted)
        .where(own.case_id.in_(case_ids), own.kind.in_(_EVENT_KINDS))
        .order_by(own.id)
    )
    return [PublicEvent(*row) for row in rows]


def holder_of_token(
    db: Connection, typed: str, districts: Collection[str], categories: Collection[str]
) -> TokenHolder | None:
    """Return the report that a token was given for; None when it was given for none.

    A token is the code of a report that came with a key. Codes of residents' own reports are no
    tokens: whoever knows one may ask how it goes on, not which case it is.
    """
    code = read_code(typed)
    query = (
        select(_report.code, _case.code.label("case_code"), _is_public(districts, categories))
        .select_from(hazard_report.join(hazard_case, _case.id == _report.case_id))
        .where(_report.code == code, _report.source == OPEN311)
    )
    row = db.execute(query).first() if code else None
    if row is None:
        return None
    return TokenHolder(row.code, row.case_code if row[2] else "")


def released_photo(
    db: Connection, sha256: str, districts: Collection[str], categories: Collection[str]
) -> StoredFile | None:
    """Return a masked copy that was looked at and whose case is public, by its name.

    The name is the hash of the encrypted copy: nobody can guess it, and a new mask has a new one.
    """
    file = stored_file.c
    shown = select(_case.id).where(
        or_(_case.id == _photo.case_id, _case.id == _report.case_id),
        _is_public(districts, categories),
    )
    query = (
        select(file.sha256, file.kind, file.size)
        .select_from(_released())
        .where(file.sha256 == sha256, _photo.looked_at_by.is_not(None), shown.exists())
    )
    row = db.execute(query.limit(1)).first()
    return None if row is None else StoredFile(row.sha256, row.kind, row.size)


def _is_public(districts: Collection[str], categories: Collection[str]) -> ColumnElement[bool]:
    return and_(
        _case.is_public,
        _case.district_id.in_(sorted(districts)),
        _case.category.in_(sorted(categories)),
    )


def _public(wanted: OpenFilter) -> Select[Any]:
    named = (
        "id", "code", "district_id", "category", "state", "level", "handler", "lead", "latitude",
        "longitude", "opened_at", "due_at", "changed_at", "closed_at",
    )  # fmt: skip
    places = (
        hazard_case.outerjoin(street, street.c.id == _case.street_id)
        .outerjoin(building, building.c.id == _case.building_id)
        .outerjoin(community, community.c.id == building.c.community_id)
        .outerjoin(_kept, _is_kept(wanted))
    )
    columns = (
        *(_case[name] for name in named),
        _case.public_text.label("text"),
        street.c.name.label("street"),
        community.c.name.label("community"),
        _kept.c.code.label("kept"),
    )
    query = select(*columns).select_from(places)
    return query.where(_is_public(wanted.districts, wanted.categories), *_narrowed(wanted))


def _is_kept(wanted: OpenFilter) -> ColumnElement[bool]:
    """Return the condition that ``kept`` took a case in and is public itself."""
    own = _kept.c
    return and_(
        own.id == _case.merged_into, own.is_public, own.category.in_(sorted(wanted.categories))
    )


def _narrowed(wanted: OpenFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states != frozenset(STATES):
        conditions.append(_case.state.in_(sorted(wanted.states)))
    if wanted.opened_from:
        conditions.append(_case.opened_at >= wanted.opened_from)
    if wanted.opened_until:
        conditions.append(_case.opened_at <= wanted.opened_until)
    if wanted.codes is not None:
        conditions.append(_case.code.in_(sorted(wanted.codes)))
    return conditions


def _with_photos(db: Connection, rows: Sequence[Row[Any]]) -> list[PublicCase]:
    photos = _photo_names(db, [row.id for row in rows])
    return [_public_case(row, photos.get(row.id, "")) for row in rows]


def _public_case(row: Row[Any], photo: str) -> PublicCase:
    named = row._asdict()
    point = coarse_place(named.pop("latitude"), named.pop("longitude"))
    named |= {name: named[name] or "" for name in ("street", "community", "kept")}
    return PublicCase(**named, point=point, photo=photo)


def _photo_names(db: Connection, case_ids: Sequence[int]) -> dict[int, str]:
    """Return the name of the first released photo of each case that has one."""
    found: dict[int, tuple[int, str]] = {}
    for owner in (_photo.case_id, _report.case_id):
        rows = db.execute(
            select(owner, _photo.id, stored_file.c.sha256)
            .select_from(_released())
            .where(owner.in_(case_ids), _photo.looked_at_by.is_not(None))
        )
        for case_id, photo_id, name in rows:
            found[case_id] = min(found.get(case_id, (photo_id, name)), (photo_id, name))
    return {case_id: name for case_id, (_, name) in found.items()}


def _released() -> Any:  # noqa: ANN401 - a join, whose type is SQLAlchemy's own
    """Return photos joined to their masked copies, and to their reports where they have one."""
    copies = hazard_photo.join(stored_file, stored_file.c.id == _photo.masked_file_id)
    return copies.outerjoin(hazard_report, _report.id == _photo.report_id)
