"""Which photos may be shown with an entry of the board: masked, looked at, and of its case."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from community.files import StoredFile, stored_file
from hazards.case_store import of_case
from hazards.exposure import Exposure
from hazards.store import hazard_photo

_photo = hazard_photo.c


def shown_photos(db: Connection, entries: Sequence[Exposure]) -> dict[int, tuple[StoredFile, ...]]:
    """Return the masked copies that may be shown with each entry, in its order."""
    return photos_of_entries(db, {one.id: (one.case_id, one.photo_ids) for one in entries})


def photos_of_entries(
    db: Connection, wanted: dict[int, tuple[int, tuple[int, ...]]]
) -> dict[int, tuple[StoredFile, ...]]:
    """Return the masked copies of entry id → (case id, photo ids), if somebody looked at them."""
    found: dict[int, tuple[StoredFile, ...]] = {}
    file = stored_file.c
    for entry, (case_id, ids) in wanted.items():
        rows = db.execute(
            select(_photo.id, file.sha256, file.kind, file.size)
            .join(stored_file, file.id == _photo.masked_file_id)
            .where(_photo.id.in_(ids), of_case(case_id), _photo.looked_at_by.is_not(None))
        )
        files = {row.id: StoredFile(row.sha256, row.kind, row.size) for row in rows}
        found[entry] = tuple(files[id_] for id_ in ids if id_ in files)
    return found
