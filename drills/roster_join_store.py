"""Coming onto the list on the day: residents bound since, guests, and a home's household."""

from sqlalchemy import Connection, select

from community.bindings import binding
from community.register_store import find_building
from drills.conduct_store import building_ids_of
from drills.drills import Drill, DrillRefused
from drills.household_lists import floor_of_room, room_of_unit
from drills.rollcall import Line, LineKind
from drills.roster_store import NewLine, add_line, hold_building, hold_home, line_of_resident


def own_line(db: Connection, held: Drill, resident_id: int) -> Line:
    """Return a resident's line; who has none is added, as a guest when no building is theirs.

    Raises:
        DrillRefused: ``unknown_drill``, when the drill has no building.
    """
    return line_of_resident(db, held.id, resident_id) or _added(db, held, resident_id)


def lives_there(db: Connection, held: Drill, resident_id: int) -> bool:
    """Tell whether a resident stands on the list, or is bound to a building of the drill."""
    standing = line_of_resident(db, held.id, resident_id)
    return standing is not None or _home_of(db, held, resident_id) is not None


def make_household(db: Connection, held: Drill, line: Line) -> Line:
    """Have a line's home counted by a household, so that its phones count nobody twice.

    Returns:
        The household's line; the line itself when it names no room, and for a guest.
    """
    if not line.room or line.kind != "resident":
        return line
    # Held, so that of two phones of one home the second finds the household of the first.
    hold_building(db, held.id, line.building_id)
    standing = hold_home(db, line.id).household
    if standing is not None:
        return standing
    return add_to_list(
        db, held, NewLine(line.building_id, None, line.room, line.floor, "household", 1)
    )


def add_to_list(db: Connection, held: Drill, new: NewLine) -> Line:
    """Add a line and return it.

    Raises:
        DrillRefused: ``not_allowed``, when its building takes no part.
    """
    if not hold_building(db, held.id, new.building_id):
        raise DrillRefused("not_allowed", "这栋楼不参加这场演练。")
    line_id = add_line(db, held, new)
    if line_id is None:
        raise DrillRefused("stale")
    home = hold_home(db, line_id)
    return next(line for line in home.lines if line.id == line_id)


def _added(db: Connection, held: Drill, resident_id: int) -> Line:
    """Add a resident's line; of two phones of one person the second finds the first one's."""
    add_line(db, held, _new_line(db, held, resident_id))
    found = line_of_resident(db, held.id, resident_id)
    if found is None:  # pragma: no cover - it was just added or stood there
        raise DrillRefused("not_on_roster")
    return found


def _new_line(db: Connection, held: Drill, resident_id: int) -> NewLine:
    home = _home_of(db, held, resident_id)
    if home is not None:
        return home
    buildings = building_ids_of(db, held.id)
    if not buildings:
        raise DrillRefused("unknown_drill")
    kind: LineKind = "guest"
    return NewLine(buildings[0], resident_id, "", None, kind, 1)


def _home_of(db: Connection, held: Drill, resident_id: int) -> NewLine | None:
    """Return a line for where a resident was bound last of the drill's buildings."""
    own = binding.c
    row = db.execute(
        select(own.building_id, own.unit, own.floor)
        .where(own.resident_id == resident_id)
        .where(own.building_id.in_(building_ids_of(db, held.id)))
        .order_by(own.bound_at.desc(), own.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    place = find_building(db, row.building_id)
    room = room_of_unit(row.unit, place.facts.stairs if place else None)
    floor = floor_of_room(room) if row.floor is None else row.floor
    return NewLine(row.building_id, resident_id, room, floor, "resident", 1)
