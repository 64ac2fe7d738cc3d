"""Checking in (签到) and every other word about a line of the list, each one short transaction.

Each change is an event with what stood before and after. Told again nothing changes, and nothing
is written; of two times the earlier holds. Nobody comes to be safe but by somebody's word.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from community.building_posts import named_for
from drills.conduct_store import building_ids_of
from drills.drills import Drill, DrillRefused
from drills.roll_change_store import CheckIn, Telling, change, note
from drills.roll_homes import Home, answer_for_home, correct_home, mark_home, settle, with_line
from drills.rollcall import (
    Line,
    Moment,
    Source,
    Status,
    Teller,
    arrive,
    check_persons,
    correct,
    found,
    mark,
)
from drills.roster_join_store import add_to_list, lives_there, make_household, own_line
from drills.roster_store import NewLine, drill_of_line, hold_building, hold_open, put_room

# What residents may say of themselves; that somebody need not come, or is missing, staff says.
OWN_WORDS: frozenset[Status] = frozenset({"leaving", "needs_help", "at_home", "away"})


@dataclass(frozen=True, slots=True)
class Said:
    """What staff say of a line.

    Attributes:
        status: of those who have not come, or ``arrived``.
        persons: how many have come in all, for ``arrived`` and in a correction; None for all.
        source: ``organiser`` on the spot, ``list`` from a building head's list.
    """

    status: Status
    persons: int | None = None
    source: Source = "organiser"


@dataclass(frozen=True, slots=True)
class Guest:
    """People whom nobody expected: in which building they were, and how many."""

    building_id: int
    persons: int = 1


def check_in_self(
    db: Connection, drill_id: int, resident_id: int, source: Source, moment: Moment
) -> CheckIn:
    """Note that a resident has come to the assembly point (我已到集合点).

    Args:
        db: inside a write.
        drill_id: which drill.
        resident_id: who; somebody of no building of the drill is taken as a guest.
        source: ``button``, ``qr`` or ``code``.
        moment: when.

    Raises:
        DrillRefused: ``not_running`` before the alarm and after the debriefing, ``bad_moment``.
    """
    held = hold_open(db, drill_id, moment)
    line = own_line(db, held, resident_id)
    telling = Telling("arrived", Teller("resident", resident_id, source), moment)
    return change(db, held, line.id, telling, lambda home, own: _come(home, own, 1, telling))


def check_in_household(
    db: Connection, drill_id: int, resident_id: int, persons: int, moment: Moment
) -> CheckIn:
    """Note that a resident has come with others of their home.

    Who lives in one room is counted once, whoever of them says it: the largest number holds, and
    members who check in by themselves are part of it. Without a room (see ``name_room``) a home
    cannot be told from the next, so every line counts its own number.

    Args:
        db: inside a write.
        drill_id: which drill.
        resident_id: who says so.
        persons: how many have come in all, themselves included.
        moment: when.

    Raises:
        DrillRefused: ``bad_persons``, or as ``check_in_self``.
    """
    check_persons(persons)
    held = hold_open(db, drill_id, moment)
    line = own_line(db, held, resident_id)
    make_household(db, held, line)
    telling = Telling("arrived", Teller("resident", resident_id, "proxy"), moment)
    return change(
        db, held, line.id, telling, lambda home, own: _come_with(home, own, persons, telling)
    )


def mark_self(
    db: Connection, drill_id: int, resident_id: int, status: Status, moment: Moment
) -> CheckIn:
    """Note what residents say of themselves: leaving, needs_help, at_home or away.

    A call for help is noted also from a guest, and from somebody who has come: an event tells
    the helpers.

    Raises:
        DrillRefused: ``bad_status``, ``not_on_roster`` for a guest with another word, or as
            ``check_in_self``.
    """
    if status not in OWN_WORDS:
        raise DrillRefused("bad_status")
    held = hold_open(db, drill_id, moment)
    if status != "needs_help" and not lives_there(db, held, resident_id):
        raise DrillRefused("not_on_roster")
    line = own_line(db, held, resident_id)
    telling = Telling(status, Teller("resident", resident_id, "button"), moment)
    done = change(db, held, line.id, telling, lambda home, own: _mark(home, own, status, telling))
    if status == "needs_help" and done.line.status == "arrived":
        note(db, held, done.line, telling)
    return done


def needs_help(db: Connection, drill_id: int, resident_id: int, moment: Moment) -> CheckIn:
    """Note a resident's call for help; whom to tell, ``helpers`` returns. As ``mark_self``."""
    return mark_self(db, drill_id, resident_id, "needs_help", moment)


def check_in_by_staff(
    db: Connection, line_id: int, said: Said, staff_id: int, moment: Moment
) -> CheckIn:
    """Note what staff say of a line; whether they may is the caller's to check.

    Args:
        db: inside a write.
        line_id: of a resident, a household or a guest.
        said: any status but ``unknown``, to which only ``put_right`` leads back.
        staff_id: who.
        moment: when, also hours ago on a phone without network.

    Raises:
        DrillRefused: ``unknown_roster_row``, ``bad_persons``, ``bad_status``, or as
            ``check_in_self``.
    """
    held = hold_open(db, drill_of_line(db, line_id), moment)
    telling = Telling(said.status, Teller("staff", staff_id, said.source), moment)
    if said.status != "arrived":
        return change(
            db, held, line_id, telling, lambda home, line: _mark(home, line, said.status, telling)
        )
    if said.persons is not None:
        check_persons(said.persons)

    def act(home: Home, line: Line) -> Home:
        return _come(home, line, said.persons or max(line.persons, 1), telling)

    return change(db, held, line_id, telling, act)


def mark_found(db: Connection, line_id: int, staff_id: int, moment: Moment) -> CheckIn:
    """Note that a helper found the people of a line and brought them to the assembly point.

    Raises:
        DrillRefused: ``unknown_roster_row``, or as ``check_in_self``.
    """
    held = hold_open(db, drill_of_line(db, line_id), moment)
    telling = Telling("found", Teller("staff", staff_id, "organiser"), moment)

    def act(home: Home, line: Line) -> Home:
        whole = _come(home, line, max(line.persons, 1), telling)
        brought = next(one for one in whole.lines if one.id == line.id)
        return with_line(whole, found(brought, telling.teller, telling.at))

    return change(db, held, line_id, telling, act)


def put_right(db: Connection, line_id: int, said: Said, staff_id: int, moment: Moment) -> CheckIn:
    """Correct a line, a wrong check-in above all; the event keeps what stood before.

    Args:
        db: inside a write.
        line_id: which.
        said: how it really stands, ``persons`` being who has come, none when left out.
        staff_id: who puts it right.
        moment: when.

    Raises:
        DrillRefused: ``bad_persons`` for more than the line has, ``bad_status`` when number and
            status do not fit, or as ``check_in_by_staff``.
    """
    held = hold_open(db, drill_of_line(db, line_id), moment)
    telling = Telling("corrected", Teller("staff", staff_id, said.source), moment)

    def act(home: Home, line: Line) -> Home:
        everybody = line.persons if said.status == "arrived" else 0
        came = everybody if said.persons is None else said.persons
        fixed = correct(line, said.status, came, telling.teller, telling.at)
        return correct_home(home, line, fixed)

    return change(db, held, line_id, telling, act)


def add_guest(
    db: Connection, drill_id: int, guest: Guest, staff_id: int, moment: Moment
) -> CheckIn:
    """Note people at the assembly point who are on no list; their names are not asked.

    Each call adds: a phone that may send twice gives its operation a UUID (``roll_offline``).

    Raises:
        DrillRefused: ``bad_persons``, ``not_allowed`` for a building that takes no part, or as
            ``check_in_self``.
    """
    check_persons(guest.persons)
    held = hold_open(db, drill_id, moment)
    line = add_to_list(db, held, NewLine(guest.building_id, None, "", None, "guest", 1))
    telling = Telling("guest", Teller("staff", staff_id, "organiser"), moment)
    return change(
        db, held, line.id, telling, lambda home, own: _come(home, own, guest.persons, telling)
    )


def name_room(
    db: Connection, drill_id: int, resident_id: int, room: str, moment: Moment
) -> CheckIn:
    """Note the room of a resident who had named none, so that their home is counted once.

    Args:
        db: inside a write.
        drill_id: which drill.
        resident_id: who.
        room: as ``household_lists.room_of_unit`` returned it, not "".
        moment: when.

    Raises:
        DrillRefused: ``not_on_roster`` for a guest, or as ``check_in_self``.
    """
    held = hold_open(db, drill_id, moment)
    if not lives_there(db, held, resident_id):
        raise DrillRefused("not_on_roster")
    line = own_line(db, held, resident_id)
    telling = Telling("room", Teller("resident", resident_id, "button"), moment)
    if not line.room and line.kind == "resident":
        hold_building(db, drill_id, line.building_id)
        put_room(db, line, room)
        note(db, held, line, telling)
    return change(db, held, line.id, telling, lambda home, _own: home)


def helpers(db: Connection, held: Drill) -> list[int]:
    """Return the staff ids of whom a call for help goes to: the organiser first.

    Then come the heads, grid workers and volunteers named for one of the drill's buildings.
    """
    named = [
        one.staff_id
        for building_id in building_ids_of(db, held.id)
        for one in named_for(db, building_id)
    ]
    return list(dict.fromkeys([held.organiser_id, *named]))


def _come(home: Home, line: Line, persons: int, telling: Telling) -> Home:
    teller, at = telling.teller, telling.at
    if line == home.household:
        return answer_for_home(home, persons, teller, at)
    number = persons if line.persons else 0
    return settle(with_line(home, arrive(line, number, teller, at)))


def _come_with(home: Home, line: Line, persons: int, telling: Telling) -> Home:
    """Return a home of which a member has come with others; a line alone takes the number."""
    come = _come(home, line, persons, telling)
    return answer_for_home(come, persons, telling.teller, telling.at)


def _mark(home: Home, line: Line, status: Status, telling: Telling) -> Home:
    teller, at = telling.teller, telling.at
    if line == home.household:
        return mark_home(home, status, teller, at)
    return settle(with_line(home, mark(line, status, teller, at)))
