"""Working days and hours: the State Council's holidays, and when a district's offices are open.

The holidays of a year are announced late in the year before; a year without them in
``workdays.yaml`` counts by weekdays alone, and ``WorkCalendar.has_year`` says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from community.placefiles import Part, read_place_file
from community.placevalues import day, span, text_or_empty, whole_number

WORKDAYS_FILE = Path(__file__).parent / "workdays.yaml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
# 国庆 and 中秋 together once made eight days, 春节 nine; more is a slip of the pen.
_LONGEST_HOLIDAY_DAYS = 15
# The longest stretch without a working day that a search may cross.
_MOST_CLOSED_DAYS = 60

Span = tuple[time, time]
# The spans in which offices are open, in order, for Monday to Sunday.
WeekHours = tuple[tuple[Span, ...], ...]

_OFFICE_DAY = ((time(9), time(12)), (time(13, 30), time(17, 30)))
OFFICE_HOURS: WeekHours = (*[_OFFICE_DAY] * 5, (), ())


class NeverOpen(Exception):
    """A calendar on which no moment is working time."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("no weekday has working hours: give at least one a span")


@dataclass(frozen=True, slots=True)
class WorkDays:
    """What differs from weekdays and weekends.

    Attributes:
        years: year → the arrangement it is known by.
        off: holidays.
        extra: days at a weekend that are worked (调休上班).
    """

    years: Mapping[int, str]
    off: frozenset[date]
    extra: frozenset[date]


@dataclass(frozen=True)
class WorkCalendar:
    """When somebody works in one district. Moments are aware; those returned are in its zone.

    Raises:
        NeverOpen: when no weekday has hours.
    """

    zone: ZoneInfo
    hours: WeekHours
    days: WorkDays

    def __post_init__(self) -> None:
        if not any(self.hours):
            raise NeverOpen

    def has_year(self, year: int) -> bool:
        """Return whether the holidays of ``year`` are known."""
        return year in self.days.years

    def is_working_day(self, on: date) -> bool:
        """Return whether offices open on a day."""
        return bool(self._spans_of(on))

    def is_open(self, moment: datetime) -> bool:
        """Return whether a moment is working time; closing time is no longer."""
        return any(opens <= moment < closes for opens, closes in self._spans(self._date(moment)))

    def next_opening(self, moment: datetime) -> datetime:
        """Return ``moment`` when offices are open then, else when they open next."""
        opens, _ = next(self._open_from(moment))
        return opens.astimezone(self.zone)

    def add_working_days(self, moment: datetime, number: int) -> datetime:
        """Return closing time of the ``number``-th working day after the day of ``moment``.

        The day of ``moment`` itself is not counted; no days lead to ``moment`` itself.

        Raises:
            ValueError: when ``number`` is negative.
        """
        if number < 0:
            raise ValueError(f"{number} working days cannot be added")
        on = self._date(moment)
        for _ in range(number):
            on = self._next_working_day(on)
        return self._spans(on)[-1][1].astimezone(self.zone) if number else moment

    def add_working_hours(self, moment: datetime, hours: float) -> datetime:
        """Return the first moment by which ``hours`` of working time have passed.

        Raises:
            ValueError: when ``hours`` is negative.
        """
        return self.add_working_time(moment, timedelta(hours=hours))

    def add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """Return the first moment by which ``length`` of working time has passed.

        Raises:
            ValueError: when ``length`` is negative.
        """
        if length < timedelta():
            raise ValueError(f"{length} of working time cannot be added")
        if not length:
            return moment
        spans = self._open_from(moment)
        opens, closes = next(spans)
        while length > closes - opens:
            length -= closes - opens
            opens, closes = next(spans)
        return (opens + length).astimezone(self.zone)

    def working_time_between(self, first: datetime, last: datetime) -> timedelta:
        """Return the working time from ``first`` to ``last``; below zero when last is earlier."""
        if last < first:
            return -self.working_time_between(last, first)
        # In UTC: Python takes the difference of two moments of one zone by the wall clock.
        start, end = first.astimezone(UTC), last.astimezone(UTC)
        total = timedelta()
        on = self._date(first)
        while on <= self._date(last):
            for opens, closes in self._spans(on):
                total += max(timedelta(), min(closes, end) - max(opens, start))
            on += _DAY
        return total

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _next_working_day(self, on: date) -> date:
        for ahead in range(1, _MOST_CLOSED_DAYS):
            if self.is_working_day(on + ahead * _DAY):
                return on + ahead * _DAY
        raise NeverOpen

    def _spans_of(self, on: date) -> tuple[Span, ...]:
        if on in self.days.off:
            return ()
        spans = self.hours[on.weekday()]
        if spans or on not in self.days.extra:
            return spans
        # A weekend day that is worked has the hours of an ordinary day.
        return next(filter(None, self.hours))

    def _spans(self, on: date) -> list[tuple[datetime, datetime]]:
        """Return the spans of a day in UTC, where the difference of two moments is true time."""
        return [
            (self._utc(on, opens), self._utc(on, closes)) for opens, closes in self._spans_of(on)
        ]

    def _utc(self, on: date, at: time) -> datetime:
        return datetime.combine(on, at, self.zone).astimezone(UTC)

    def _open_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working time after ``moment``, span by span, without end."""
        on = self._date(moment)
        while True:
            for opens, closes in self._spans(on):
                if moment < closes:
                    yield max(opens, moment.astimezone(UTC)), closes
            on = self._next_working_day(on)


def read_hours(part: Part | None) -> WeekHours:
    """Return a district's working hours; ordinary office hours for a part that is not there.

    Raises:
        BrokenPlaceFile: when a weekday is unknown, spans overlap, or no weekday has any.
    """
    if part is None:
        return OFFICE_HOURS
    fields = part.fields((), WEEKDAYS)
    found = tuple(_day_hours(fields.get(weekday)) for weekday in WEEKDAYS)
    if not any(found):
        raise part.broken("没有一天有工作时间", "至少写一天，例如 mon: [09:00-12:00]")
    return found


def _day_hours(part: Part | None) -> tuple[Span, ...]:
    found: list[Span] = []
    for item in part.items() if part else ():
        opens, closes = span(item)
        if found and opens < found[-1][1]:
            raise item.broken(f"“{item.text()}”和前一段重叠", "按先后写，不要重叠")
        found.append((opens, closes))
    return tuple(found)


@lru_cache(maxsize=4)
def load_workdays(file: Path = WORKDAYS_FILE) -> WorkDays:
    """Read the holidays, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    years: dict[int, str] = {}
    off: set[date] = set()
    extra: set[date] = set()
    for part in read_place_file(file).items():
        fields = part.fields(("year", "source", "holidays", "work"))
        year = whole_number(fields["year"], 2000, 2100)
        if year in years:
            raise part.broken(f"{year}年写了两次", "删掉一个")
        years[year] = text_or_empty(fields["source"])
        for holiday in fields["holidays"].items():
            off.update(_holiday(holiday))
        for item in fields["work"].items():
            extra.add(_worked(item, off))
    return WorkDays(years, frozenset(off), frozenset(extra))


def _holiday(part: Part) -> Iterator[date]:
    fields = part.fields(("name", "from", "to"))
    first, last = day(fields["from"]), day(fields["to"])
    length = (last - first).days + 1
    if not 1 <= length <= _LONGEST_HOLIDAY_DAYS:
        problem = f"“{fields['name'].text()}”从{first}到{last}不对"
        raise part.broken(problem, f"先写头一天，再写最后一天，最多{_LONGEST_HOLIDAY_DAYS}天")
    return (first + ahead * _DAY for ahead in range(length))


def _worked(part: Part, off: set[date]) -> date:
    found = day(part)
    if found in off or found.weekday() < 5:
        raise part.broken(f"{found}不是调休上班的周末", "只写放假安排里要上班的周六、周日")
    return found
