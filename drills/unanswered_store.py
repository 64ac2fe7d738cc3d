"""Which residents of a drill have not been heard from, for the reminder."""

from sqlalchemy import Connection, and_, exists, select

from drills.store import drill_roster


def unanswered_residents(db: Connection, drill_id: int) -> list[int]:
    """Return ids of the residents who, and whose household, have not been heard from, by id.

    The line of a household's member stands for nobody: the household's line tells.
    """
    own, home = drill_roster.c, drill_roster.alias()
    answered = exists().where(
        home.c.drill_id == own.drill_id,
        home.c.building_id == own.building_id,
        home.c.room == own.room,
        home.c.kind == "household",
        home.c.status != "unknown",
    )
    query = select(own.resident_id).where(
        own.drill_id == drill_id,
        own.resident_id.is_not(None),
        own.status == "unknown",
        ~and_(own.room != "", answered),
    )
    return sorted(set(db.scalars(query)))
