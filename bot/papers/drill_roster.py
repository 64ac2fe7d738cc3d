"""What is printed for the day of a drill: the roster (点名册) and the assembly point's poster.

Rows are values. They name no one: a door and how many people are called, and whether somebody
there needs help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from pydantic import JsonValue

from bot.papers.dates import moment_text
from bot.papers.squares import code_square
from bot.papers.typesetting import Paper

_SQUARE = "check_in.svg"
NO_FLOOR, NO_ROOM = "—", "房号没登记"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A door to be called.

    Attributes:
        building: by name; rows of one building stand together.
        floor: None when not known.
        room: "" when not known.
        persons: how many are expected.
        needs_help: somebody there needs help with the stairs.
    """

    building: str
    floor: int | None
    room: str
    persons: int
    needs_help: bool = False


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """A roster to be ticked by hand; ``starts_at`` and ``printed_at`` are aware."""

    title: str
    code: str
    assembly_point: str
    starts_at: datetime
    printed_at: datetime
    rows: tuple[RosterRow, ...]


@dataclass(frozen=True, slots=True)
class AssemblyPoster:
    """What hangs at the assembly point.

    Attributes:
        title: of the drill.
        assembly_point: its name.
        starts_at: aware.
        digits: the six-digit code.
        check_in_url: behind the QR code.
        issuer: who holds the drill.
    """

    title: str
    assembly_point: str
    starts_at: datetime
    digits: str
    check_in_url: str
    issuer: str


def roster_paper(sheet: RosterSheet, zone: tzinfo) -> Paper:
    """Return a roster to be typeset, a table for each building; ``zone`` is the district's."""
    rows = sorted(sheet.rows, key=_order)
    buildings: list[JsonValue] = [
        _building(name, list(group)) for name, group in groupby(rows, key=lambda row: row.building)
    ]
    values: dict[str, JsonValue] = {
        "title": sheet.title,
        "code": f"{sheet.code[:4]}-{sheet.code[4:]}",
        "assembly_point": sheet.assembly_point,
        "starts_at": moment_text(sheet.starts_at, zone),
        "printed_at": moment_text(sheet.printed_at, zone),
        "doors": len(rows),
        "persons": sum(row.persons for row in rows),
        "helped": sum(row.needs_help for row in rows),
        "buildings": buildings,
    }
    return Paper("drill_roster", values)


def assembly_poster_paper(poster: AssemblyPoster, zone: tzinfo) -> Paper:
    """Return the poster of an assembly point to be typeset; ``zone`` is the district's.

    Raises:
        ValueError: when the address is too long for a QR code.
    """
    values: dict[str, JsonValue] = {
        "title": poster.title,
        "assembly_point": poster.assembly_point,
        "starts_at": moment_text(poster.starts_at, zone),
        "digits": poster.digits,
        "issuer": poster.issuer,
        "code_picture": _SQUARE,
    }
    return Paper("assembly_poster", values, {_SQUARE: code_square(poster.check_in_url)})


def _building(name: str, rows: Sequence[RosterRow]) -> JsonValue:
    return {
        "name": name,
        "persons": sum(row.persons for row in rows),
        "rows": [_row(row) for row in rows],
    }


def _row(row: RosterRow) -> JsonValue:
    return {
        "floor": NO_FLOOR if row.floor is None else f"{row.floor}层",
        "room": row.room or NO_ROOM,
        "persons": row.persons,
        "needs_help": row.needs_help,
    }


def _order(row: RosterRow) -> tuple[str, bool, int, str]:
    """Sort by building, from the top floor down as helpers sweep; unknown floors come last."""
    return (row.building, row.floor is None, -(row.floor or 0), row.room)
