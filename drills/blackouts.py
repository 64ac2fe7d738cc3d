"""Days and hours on which no drill is held, or which give pause: exams, holidays, noise, heat.

``blackouts.yaml`` holds what is so everywhere, the part ``blackouts`` of a district's file its
own days (中考), ``community.workdays`` the holidays. Values in, values out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from community.districts import District
from community.placefiles import Part, read_place_file
from community.placevalues import day, span, texts, truth
from community.workdays import Span, WorkDays
from drills.drills import Kind
from drills.faults import Fault, warning

BLACKOUTS_FILE = Path(__file__).parent / "blackouts.yaml"
# Of a district's file; community.districts.FOREIGN_PARTS has to name it.
DISTRICT_PART = "blackouts"

_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LEAP_YEAR = 2028
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class When:
    """A drill's kind and its span, in the time zone of its district."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime

    @property
    def days(self) -> Iterator[date]:
        """Yield each day that it touches."""
        on = self.starts_at.date()
        while on <= self.ends_at.date():
            yield on
            on += _DAY

    def touches(self, opens: time, closes: time) -> bool:
        """Tell whether it touches these hours on a day of its own; ``closes`` is the later."""
        zone = self.starts_at.tzinfo
        return any(
            datetime.combine(on, opens, zone) < self.ends_at
            and self.starts_at < datetime.combine(on, closes, zone)
            for on in self.days
        )


@dataclass(frozen=True, slots=True)
class Days:
    """Some days of every year, from and to as (month, day), both included."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    is_refused: bool
    why: str

    def holds(self, on: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= (on.month, on.day) <= self.last


@dataclass(frozen=True, slots=True)
class DatedDays:
    """Some days of one year, both included, as a district sets them."""

    name: str
    first: date
    last: date
    is_refused: bool
    why: str

    def holds(self, on: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= on <= self.last


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of every day, in some months or in all."""

    name: str
    months: frozenset[int]
    span: Span
    is_refused: bool
    why: str

    def holds(self, when: When) -> bool:
        """Tell whether a drill touches it."""
        is_month = not self.months or when.starts_at.month in self.months
        return is_month and when.touches(*self.span)


@dataclass(frozen=True, slots=True)
class Night:
    """When there is to be quiet, and when a night drill may begin all the same.

    Attributes:
        begins: in the evening.
        ends: in the morning after.
        drill_from: before it, a night drill is not in the dark.
        drill_until: the latest that a night drill may begin.
    """

    begins: time
    ends: time
    drill_from: time
    drill_until: time

    def faults(self, when: When) -> Iterator[Fault]:
        """Yield what is wrong with a drill's hours."""
        if when.kind == "night":
            yield from self._of_night_drill(when.starts_at.time())
            if when.ends_at.date() > when.starts_at.date():
                yield Fault("after_midnight", "夜间演练要在零点以前结束，请提早开始或缩短时间。")
        elif when.touches(self.begins, time.max) or when.touches(time.min, self.ends):
            yield Fault(
                "night",
                f"{_clock(self.begins)}到早上{_clock(self.ends)}是休息时间，请换到白天或傍晚。",
            )

    def _of_night_drill(self, at: time) -> Iterator[Fault]:
        if at > self.drill_until or at < self.ends:
            yield Fault(
                "night", f"夜间演练最晚{_clock(self.drill_until)}开始，再晚会影响休息，请提前。"
            )
        elif at < self.drill_from:
            yield warning("not_dark", "这个钟点天还亮着，练不到摸黑下楼，可以再晚一点。")
        else:
            yield warning("control_room", "夜间演练要先得到消防控制室值班员同意。")


@dataclass(frozen=True, slots=True)
class Blackouts:
    """What is so in every district."""

    version: str
    days: tuple[Days, ...]
    night: Night
    hours: tuple[Hours, ...]

    def faults(self, when: When, days: WorkDays, own: tuple[DatedDays, ...]) -> list[Fault]:
        """Return what speaks against a time, refusals first.

        Args:
            when: kind and span, in the district's time zone.
            days: the holidays.
            own: the district's own days, see ``district_days``.
        """
        found = [
            *self._of_days(when, own),
            *self.night.faults(when),
            *(_fault("hours", one) for one in self.hours if one.holds(when)),
            *_of_holidays(when, days),
        ]
        return sorted(found, key=lambda fault: not fault.is_refusal)

    def _of_days(self, when: When, own: tuple[DatedDays, ...]) -> Iterator[Fault]:
        every: tuple[Days | DatedDays, ...] = (*self.days, *own)
        for one in every:
            if any(map(one.holds, when.days)):
                yield _fault("blackout_day", one)


def district_days(district: District) -> tuple[DatedDays, ...]:
    """Return the days that a district keeps free of drills; none where its file has no part.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
    """
    part = district.part(DISTRICT_PART)
    return tuple(_dated(item) for item in part.items()) if part else ()


@lru_cache(maxsize=4)
def load_blackouts(file: Path = BLACKOUTS_FILE) -> Blackouts:
    """Read what is so everywhere, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    fields = read_place_file(file).fields(("version", "days", "night", "hours"))
    return Blackouts(
        fields["version"].text(),
        tuple(_yearly(item) for item in fields["days"].items()),
        _night(fields["night"]),
        tuple(_hours(item) for item in fields["hours"].items()),
    )


def _fault(code: str, one: Days | DatedDays | Hours) -> Fault:
    if one.is_refused:
        return Fault(code, f"这个时间赶上{one.name}：{one.why}。请换个时间。")
    return warning(code, f"这个时间赶上{one.name}：{one.why}。")


def _of_holidays(when: When, days: WorkDays) -> Iterator[Fault]:
    if any(on in days.off for on in when.days):
        yield warning("holiday", "这天是法定节假日，很多人不在家，参加的人会少。")
    if when.starts_at.year not in days.years:
        yield warning(
            "holidays_unknown",
            f"{when.starts_at.year}年的放假安排还没有公布，公布以后再核对一次日期。",
        )


def _yearly(part: Part) -> Days:
    fields = part.fields(("name", "from", "to", "refused", "why"))
    first, last = _month_day(fields["from"]), _month_day(fields["to"])
    if last < first:
        raise fields["to"].broken("比开始的日子还早", "跨年的写成两段")
    refused, why = truth(fields["refused"]), fields["why"].text()
    return Days(fields["name"].text(), first, last, refused, why)


def _dated(part: Part) -> DatedDays:
    fields = part.fields(("name", "from", "to", "refused", "why"))
    first, last = day(fields["from"]), day(fields["to"])
    if last < first:
        raise fields["to"].broken("比开始的日子还早", "把两个日子换过来")
    refused, why = truth(fields["refused"]), fields["why"].text()
    return DatedDays(fields["name"].text(), first, last, refused, why)


def _hours(part: Part) -> Hours:
    fields = part.fields(("name", "span", "refused", "why"), ("months",))
    months = texts(fields.get("months"))
    for month in months:
        if not month.isdecimal() or not 1 <= int(month) <= 12:
            raise fields["months"].broken(f"没有{month}月", "写1到12")
    return Hours(
        fields["name"].text(),
        frozenset(map(int, months)),
        span(fields["span"]),
        truth(fields["refused"]),
        fields["why"].text(),
    )


def _night(part: Part) -> Night:
    fields = part.fields(("from", "to", "night_drill_from", "night_drill_until"))
    return Night(
        begins=_time(fields["from"]),
        ends=_time(fields["to"]),
        drill_from=_time(fields["night_drill_from"]),
        drill_until=_time(fields["night_drill_until"]),
    )


def _time(part: Part) -> time:
    if not _CLOCK.fullmatch(part.text()):
        raise part.broken(f"“{part.text()}”不是钟点", "写成22:00这样")
    return time.fromisoformat(part.text())


def _month_day(part: Part) -> tuple[int, int]:
    try:
        if found := _MONTH_DAY.fullmatch(part.text()):
            on = date(_LEAP_YEAR, int(found[1]), int(found[2]))
            return on.month, on.day
        problem: Exception | None = None
    except ValueError as error:
        problem = error
    raise part.broken(f"没有“{part.text()}”这一天", "写成06-07这样") from problem


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
