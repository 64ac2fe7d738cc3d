"""Two questions about staff that only the console asks."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from community.staff_store import staff_member


def has_staff(db: Connection) -> bool:
    """Whether anybody was ever added, so that somebody can sign in."""
    return db.execute(select(staff_member.c.id).limit(1)).one_or_none() is not None


def staff_names(db: Connection, ids: Collection[int]) -> dict[int, str]:
    """Return the names of the staff with these ids, as colleagues read them."""
    rows = db.execute(
        select(staff_member.c.id, staff_member.c.name).where(staff_member.c.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def staff_id_of(db: Connection, login: str) -> int | None:
    """Return the id of whoever has a login, None when nobody does."""
    found: int | None = db.scalar(select(staff_member.c.id).where(staff_member.c.login == login))
    return found
