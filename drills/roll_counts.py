"""The roll call in numbers: who was expected, who has come, and how the others stand."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from drills.rollcall import Status


@dataclass(frozen=True, slots=True)
class Counts:
    """People of a list; all but ``guests`` add up to ``expected``.

    Attributes:
        expected: who stands on the list.
        arrived: who came before the roll was closed.
        late: who came after it; a home counts by the first of it.
        leaving: who said that they were on their way.
        needs_help: who called for help.
        at_home: who stays at home, knowingly.
        away: who is somewhere else.
        excused: who need not come.
        missing: who was under way or needed help, and was not there at the end.
        unknown: from whom there was no answer.
        guests: who came without being expected.
    """

    expected: int = 0
    arrived: int = 0
    late: int = 0
    leaving: int = 0
    needs_help: int = 0
    at_home: int = 0
    away: int = 0
    excused: int = 0
    missing: int = 0
    unknown: int = 0
    guests: int = 0

    @property
    def present(self) -> int:
        """Who of the list is at the assembly point."""
        return self.arrived + self.late

    @property
    def sought(self) -> int:
        """Who has not come and of whom nobody has said where they are."""
        return self.needs_help + self.missing + self.leaving + self.unknown


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one floor that stand alike, summed."""

    building_id: int
    floor: int | None
    status: Status
    is_guest: bool
    is_late: bool
    persons: int
    arrived: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the roll call stands: all, by building, and by building and floor (None: not known)."""

    total: Counts
    buildings: dict[int, Counts]
    floors: dict[tuple[int, int | None], Counts]


def stand(groups: Iterable[Group]) -> Standing:
    """Return how the roll call stands."""
    total = Counts()
    buildings: dict[int, Counts] = {}
    floors: dict[tuple[int, int | None], Counts] = {}
    for group in groups:
        place = (group.building_id, group.floor)
        total = _add(total, group)
        buildings[place[0]] = _add(buildings.get(place[0], Counts()), group)
        floors[place] = _add(floors.get(place, Counts()), group)
    return Standing(total, buildings, floors)


def _add(counts: Counts, group: Group) -> Counts:
    if group.is_guest:
        return replace(counts, guests=counts.guests + group.arrived)
    came = "late" if group.is_late else "arrived"
    # Of a home that came in part nothing is known of the others.
    rest = "unknown" if group.status == "arrived" else group.status
    summed = {came: getattr(counts, came) + group.arrived}
    summed[rest] = getattr(counts, rest) + group.persons - group.arrived
    return replace(counts, expected=counts.expected + group.persons, **summed)
