"""What a drill shows in figures (演练评估): reached, moved, arrived, cleared, missed, helped.

Values in, values out (``drills.measured``): no clock, no storage. Seconds are whole and count
from the alarm; what happened before it counts as 0. An unknown is shown as an unknown, never as
a success.

Persons and households. A line of the roster stands for ``persons`` people. Lines with the same
building and room are one household; a line without a room is a household of its own. Where a
household has a line, its members' lines stand for nobody, so nobody is counted twice. Guests
were never expected: they are counted apart and stand in no denominator.

Funnel. Each step is out of all registered persons and households (the denominators):

- registered: sum of ``persons``.
- reachable: residents with an account that could be written to.
- delivered: residents to whom a notice went out; those of whom nobody knows it are
  ``unknown_persons`` and not counted.
- acknowledged: residents who tapped a notice.
- left: in each household the most of: those who came, those who said that they were leaving.
- arrived: sum of ``arrived``. At home, away and excused never count as arrived.

A line that was told is one person, the owner of the account, and no household has more of them
than persons. ``unknown_persons`` of left and arrived: those of whom nobody has heard anything.
A household has reached a step of being told with one of its lines, and a step of moving only
with all of its persons.

Times. ``t(i)`` is when the i-th person arrived, ordered. The quantile q of n arrived persons is
``t(ceil(q × n))`` (nearest rank); None when nobody arrived. When people of a household came in
parts, each part has its own time, as it was told; where that does not add up, the time on its
line holds for all.

Clear time. Of a floor: when its sweep was done. Of a stair: its last floor's, and only when as
many floors were swept as it has; None while floors are missing or their number is unknown.

Unaccounted. Registered persons less those who had arrived, and less the rest of lines settled
otherwise (at home, away, excused), at each moment until the roll closed.

Assistance. Households of which somebody needs help: registered beforehand, or asked for it. The
wait runs from the request, or from the alarm where nobody asked, until help had come.

Participation is arrived ÷ registered; of the expected it is arrived ÷ (registered − away −
excused). None where the denominator is 0.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, groupby

from drills.measured import (
    SETTLED,
    STATUSES,
    Assistance,
    Change,
    Facts,
    FloorTime,
    Home,
    Line,
    Measures,
    Point,
    StairTime,
    Step,
    StepName,
)

_SECOND = timedelta(seconds=1)


def measure(facts: Facts) -> Measures:
    """Return the figures of a drill."""
    lines = [line for line in facts.lines if not line.is_guest]
    homes = homes_of(lines)
    times = _arrival_times(homes, facts.alarm_at)
    persons, arrived = sum(one.persons for one in homes), sum(one.arrived for one in homes)
    absent = sum(one.persons - one.arrived for one in lines if one.status in {"away", "excused"})
    closed = _seconds(facts.roll_closed_at, facts.alarm_at)
    return Measures(
        persons=persons,
        households=len(homes),
        arrived=arrived,
        late=0 if closed is None else sum(time > closed for time in times),
        guests=sum(line.arrived for line in facts.lines if line.is_guest),
        funnel=funnel(homes),
        statuses=_statuses(lines),
        arrivals=_cumulative(times),
        median=nearest_rank(times, 0.5),
        p90=nearest_rank(times, 0.9),
        p95=nearest_rank(times, 0.95),
        floors=floor_times(facts),
        stairs=stair_times(facts),
        unaccounted=unaccounted(homes, facts.alarm_at, facts.roll_closed_at),
        assistance=assistance(homes, facts.alarm_at),
        notices=facts.notices,
        participation=_share(arrived, persons),
        participation_expected=_share(arrived, persons - absent),
        roll_closed=closed,
    )


def homes_of(lines: Iterable[Line]) -> list[Home]:
    """Return lines put together by building and room, in the order of their first lines."""
    together: dict[tuple[int, str, int], list[Line]] = defaultdict(list)
    for line in lines:
        together[line.building_id, line.room, 0 if line.room else line.id].append(line)
    return [Home(tuple(members)) for members in together.values()]


def nearest_rank(times: Sequence[int], share: float) -> int | None:
    """Return the quantile of ordered times by nearest rank; None of none.

    Args:
        times: rising.
        share: above 0, at most 1.

    Source: the value at rank ⌈share × n⌉ (Hyndman and Fan, 1996, type 1).
    """
    if not times:
        return None
    # 0.95 × 20 is a hair above 19 in binary: the rank must not jump for it.
    return times[max(1, math.ceil(round(share * len(times), 9))) - 1]


def funnel(homes: Sequence[Home]) -> tuple[Step, ...]:
    """Return the six steps over homes without guests."""
    unheard = sum(home.unheard for home in homes)
    persons = sum(home.persons for home in homes)
    return (
        Step("registered", persons, len(homes)),
        _told("reachable", homes, lambda line: line.is_reachable),
        _told("delivered", homes, lambda line: line.is_delivered),
        _told("acknowledged", homes, lambda line: line.is_acknowledged),
        _moved("left", homes, lambda home: home.left, unheard),
        _moved("arrived", homes, lambda home: home.arrived, unheard),
    )


def unaccounted(
    homes: Sequence[Home], alarm_at: datetime | None, closed_at: datetime | None
) -> tuple[Point, ...]:
    """Return how many persons were not accounted for from each moment on.

    The first point is the alarm, the last the closing of the roll once it has closed.
    """
    if alarm_at is None:
        return ()
    found = _found(homes, alarm_at)
    end = _seconds(closed_at, alarm_at)
    points = [Point(0, sum(home.persons for home in homes) - found.pop(0, 0))]
    for moment in sorted(found):
        if end is None or moment <= end:
            points.append(Point(moment, points[-1].persons - found[moment]))
    if end is not None and end > points[-1].seconds:
        points.append(Point(end, points[-1].persons))
    return tuple(points)


def floor_times(facts: Facts) -> tuple[FloorTime, ...]:
    """Return the clear time of each floor swept, by building, stair and floor."""
    names = {house.id: house.name for house in facts.houses}
    alarm = facts.alarm_at
    if alarm is None:
        return ()
    swept = sorted(facts.sweeps, key=lambda one: (one.building_id, one.stair, one.floor))
    return tuple(
        FloorTime(
            names.get(one.building_id, ""), one.stair, one.floor, _after(one.cleared_at, alarm)
        )
        for one in swept
    )


def stair_times(facts: Facts) -> tuple[StairTime, ...]:
    """Return how far each stair was swept, and when it was clear."""
    floors = {house.name: house.floors for house in facts.houses}
    stairs = groupby(floor_times(facts), key=lambda one: (one.building, one.stair))
    return tuple(
        _stair(name, stair, [one.seconds for one in group], floors.get(name))
        for (name, stair), group in stairs
    )


def assistance(homes: Iterable[Home], alarm_at: datetime | None) -> Assistance:
    """Return which homes needed help, and which got it."""
    needing = [home for home in homes if any(map(_needs_help, home.lines))]
    helped = [home for home in needing if _is_helped(home)]
    came = [home for home in needing if home not in helped and home.arrived == home.persons]
    lines = [line for home in helped for line in home.lines]
    waits = sorted(wait for line in lines if (wait := _wait(line, alarm_at)) is not None)
    return Assistance(
        homes=len(needing),
        registered=sum(any(line.needs_assistance for line in home.lines) for home in needing),
        asked=sum(any(line.asked_at for line in home.lines) for home in needing),
        helped=len(helped),
        came=len(came),
        open=len(needing) - len(helped) - len(came),
        median_wait=nearest_rank(waits, 0.5),
        longest_wait=waits[-1] if waits else None,
    )


def compare(before: Measures, now: Measures) -> tuple[Change, ...]:
    """Return this drill's main figures beside the last one's."""
    return (
        Change("registered", "persons", before.persons, now.persons),
        Change("arrived", "persons", before.arrived, now.arrived),
        Change("participation", "share", before.participation, now.participation),
        Change("median", "seconds", before.median, now.median),
        Change("p90", "seconds", before.p90, now.p90),
        Change("p95", "seconds", before.p95, now.p95),
        Change("roll_closed", "seconds", before.roll_closed, now.roll_closed),
        Change("unaccounted", "persons", before.still_unaccounted, now.still_unaccounted),
    )


def _told(name: StepName, homes: Sequence[Home], is_told: Callable[[Line], bool | None]) -> Step:
    """Return a step of being told; None of ``is_told`` is an unknown."""
    persons = households = unknown = 0
    for home in homes:
        answers = [is_told(line) for line in home.lines]
        told = min(home.persons, answers.count(True))
        persons, households = persons + told, households + (True in answers)
        unknown += min(home.persons - told, answers.count(None))
    return Step(name, persons, households, unknown)


def _moved(
    name: StepName, homes: Sequence[Home], count: Callable[[Home], int], unknown: int
) -> Step:
    whole = sum(count(home) == home.persons for home in homes if home.persons)
    return Step(name, sum(map(count, homes)), whole, unknown)


def _found(homes: Iterable[Home], alarm_at: datetime) -> dict[int, int]:
    """Return by second how many persons were accounted for."""
    found = Counter(_arrival_times(homes, alarm_at))
    for line in (line for home in homes for line in home.lines):
        if line.status in SETTLED and line.settled_at:
            found[_after(line.settled_at, alarm_at)] += line.persons - line.arrived
    return found


def _arrival_times(homes: Iterable[Home], alarm_at: datetime | None) -> list[int]:
    if alarm_at is None:
        return []
    return sorted(_after(at, alarm_at) for home in homes for at in _arrivals(home))


def _arrivals(home: Home) -> list[datetime]:
    """Return when each person of a home came, as far as it is known."""
    told = _told_arrivals(home)
    if len(told) == home.arrived:
        return told
    return sorted(at for line in home.lines if (at := line.arrived_at) for _ in range(line.arrived))


def _told_arrivals(home: Home) -> list[datetime]:
    """Return when people of a home came, as it was told; a correction takes the last ones back."""
    times: list[datetime] = []
    for at, number in sorted(one for line in home.lines for one in line.came):
        times = times[:number] if number < 0 else [*times, *[at] * number]
    return times


def _cumulative(times: Sequence[int]) -> tuple[Point, ...]:
    counts = Counter(times)
    moments = sorted(counts)
    sums = accumulate(counts[moment] for moment in moments)
    return tuple(Point(moment, total) for moment, total in zip(moments, sums, strict=True))


def _stair(name: str, stair: int, seconds: Sequence[int], floors: int | None) -> StairTime:
    is_whole = floors is not None and len(seconds) >= floors
    return StairTime(name, stair, len(seconds), floors, max(seconds) if is_whole else None)


def _needs_help(line: Line) -> bool:
    return line.needs_assistance or line.asked_at is not None or line.helped_at is not None


def _is_helped(home: Home) -> bool:
    calling = any(line.status == "needs_help" for line in home.lines)
    return not calling and any(line.helped_at for line in home.lines)


def _wait(line: Line, alarm_at: datetime | None) -> int | None:
    begun = line.asked_at or alarm_at
    return _after(line.helped_at, begun) if line.helped_at and begun else None


def _statuses(lines: Iterable[Line]) -> Mapping[str, int]:
    rest: Counter[str] = Counter()
    for line in lines:
        status = "unknown" if line.status == "arrived" else line.status
        rest[status] += line.persons - line.arrived
    return {status: rest[status] for status in STATUSES if rest[status]}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None


def _seconds(moment: datetime | None, alarm_at: datetime | None) -> int | None:
    return _after(moment, alarm_at) if moment and alarm_at else None


def _after(moment: datetime, alarm_at: datetime) -> int:
    return max(0, (moment - alarm_at) // _SECOND)
