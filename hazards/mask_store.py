"""What became of a photo's masks: drawn, looked at and released, or taken back.

Only a masked copy that somebody has looked at ever leaves. Each change names the copy that was
seen, so that nobody releases another one than they looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from community import audit
from hazards.case_reach import require_reach
from hazards.case_store import of_case
from hazards.cases import Actor, Case, NotAllowed
from hazards.masks import Rectangle, packed_masks
from hazards.store import hazard_photo
from hazards.transitions import REVIEW

_photo = hazard_photo.c


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo as somebody saw it on the page of a case.

    Attributes:
        case: whose photo it is.
        photo_id: which.
        masked_file_id: the masked copy that was there; None while there was none.
    """

    case: Case
    photo_id: int
    masked_file_id: int | None


def keep_masks(  # noqa: PLR0913, PLR0917 - what was seen, what came of it, who and when
    db: Connection,
    seen: Seen,
    masks: Sequence[Rectangle],
    file_id: int,
    actor: Actor,
    now: datetime,
) -> bool:
    """Note new masks and the copy made with them; it is released by a second look alone.

    Args:
        db: inside a write.
        seen: the photo.
        masks: drawn on it; none when there is nothing to hide.
        file_id: of the masked copy.
        actor: a reviewer whose post covers the case.
        now: when.

    Returns:
        False when somebody else has masked it meanwhile, or it is not of this case.

    Raises:
        NotAllowed: when the actor may not.
    """
    _require(db, seen.case, actor)
    values = {"masks": packed_masks(masks), "masked_file_id": file_id, "looked_at_by": None}
    if not _changed(db, seen, values):
        return False
    _audit(db, "photo.masked", seen, actor, now)
    return True


def release(db: Connection, seen: Seen, actor: Actor, now: datetime) -> bool:
    """Release the masked copy that somebody has looked at (看过了，可以公开).

    Returns False when there is none, or another one by now; raises as ``keep_masks``.
    """
    _require(db, seen.case, actor)
    if seen.masked_file_id is None or not _changed(db, seen, {"looked_at_by": actor.staff_id}):
        return False
    _audit(db, "photo.released", seen, actor, now)
    return True


def take_back(db: Connection, seen: Seen, actor: Actor, now: datetime) -> bool:
    """Take a released copy back; False and raises as ``release``."""
    _require(db, seen.case, actor)
    if seen.masked_file_id is None or not _changed(db, seen, {"looked_at_by": None}):
        return False
    _audit(db, "photo.taken_back", seen, actor, now)
    return True


def _changed(db: Connection, seen: Seen, values: dict[str, object]) -> bool:
    unchanged = _photo.masked_file_id.is_not_distinct_from(seen.masked_file_id)
    own = update(hazard_photo).where(_photo.id == seen.photo_id, of_case(seen.case.id), unchanged)
    return db.execute(own.values(values)).rowcount == 1


def _require(db: Connection, case: Case, actor: Actor) -> None:
    if actor.role not in REVIEW:
        raise NotAllowed(case, "mask", actor)
    require_reach(db, case, actor, "mask")


def _audit(db: Connection, action: str, seen: Seen, actor: Actor, now: datetime) -> None:
    audit.note(
        db,
        actor=actor.audited,
        action=action,
        subject=f"photo:{seen.photo_id}",
        detail={"case": seen.case.id, "role": actor.role},
        now=now,
        district_id=seen.case.district_id,
    )
