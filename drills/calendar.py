"""Calendars (RFC 5545) of drills and of what is due, for the calendar programs of offices.

Values in, octets out: no clock, no storage. The same values give the same octets, so that an
ETag holds. Lines are folded at 75 octets by the library ``icalendar``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from drills.drills import STATE_NAMES, State
from drills.duties import Period, Rule

PRODUCT = "-//Lifeline//Drills//ZH"
# What a drill's title begins with, so that nobody takes it for a fire.
MARK = "【演练】"
REFRESH = timedelta(hours=1)

Status = Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]
_TENTATIVE: frozenset[State] = frozenset({"planned", "postponed"})
_CANCELLED: frozenset[State] = frozenset({"cancelled", "aborted"})
_PREFIXES: Mapping[State, str] = MappingProxyType(
    {"postponed": "（改期，时间待定）", "cancelled": "（已取消）", "aborted": "（已中止）"}
)


@dataclass(frozen=True, slots=True)
class ListedDrill:
    """A drill as a calendar shows it.

    Attributes:
        code: eight characters, the same for its whole life.
        sequence: rises with every change that a calendar has to show.
        buildings: names of the buildings that take part.
        changed_at: when anything of it last changed, aware.
    """

    code: str
    title: str
    state: State
    sequence: int
    starts_at: datetime
    lasts_minutes: int
    assembly_point: str
    place: str
    buildings: tuple[str, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a duty's period, for everybody in a calendar's area together.

    Attributes:
        rule: the version that the period is judged by.
        period: whose last day it is.
        owed: how many subjects owe it.
        done: how many of them have done it.
        changed_at: when this last changed, aware.
    """

    rule: Rule
    period: Period
    owed: int
    done: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What one calendar shows.

    Attributes:
        name: as calendar programs call it.
        place: tells its deadlines from those of other places: ``qianjiang``, ``street7``.
        zone: in which times are written.
        drills: cancelled ones too, so that they go from calendars that have them.
        deadlines: of duties.
    """

    name: str
    place: str
    zone: ZoneInfo
    drills: tuple[ListedDrill, ...]
    deadlines: tuple[Deadline, ...]


def calendar_text(shown: Shown) -> bytes:
    """Return a calendar as UTF-8 with CRLF, folded by octets."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # Apple, Google and Outlook read the first pair, RFC 7986 names the second.
    calendar.add("x-wr-calname", shown.name)
    calendar.add("x-wr-timezone", shown.zone.key)
    calendar.add("name", shown.name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    calendar.add_component(_timezone(shown))
    for event in _events(shown):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def status_of(state: State) -> Status:
    """Return how a calendar shows a drill in a state."""
    if state in _CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if state in _TENTATIVE else "CONFIRMED"


def _events(shown: Shown) -> Iterable[Event]:
    yield from (_drill(one, shown.zone) for one in shown.drills)
    yield from (_deadline(one, shown.place) for one in shown.deadlines)


def _timezone(shown: Shown) -> Timezone:
    """Return the rules of the zone for the years around what is shown."""
    days = [one.starts_at.astimezone(shown.zone).date() for one in shown.drills]
    days += [one.period.end for one in shown.deadlines]
    first = min(days, default=date(1992, 1, 1))
    return Timezone.from_tzinfo(
        shown.zone, shown.zone.key, date(first.year, 1, 1), date(first.year + 5, 1, 1)
    )


def _drill(one: ListedDrill, zone: ZoneInfo) -> Event:
    starts_at = one.starts_at.astimezone(zone)
    event = _event(
        f"drill-{one.code}", one.changed_at, f"{MARK}{_PREFIXES.get(one.state, '')}{one.title}"
    )
    event.add("sequence", one.sequence)
    event.add("status", status_of(one.state))
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + timedelta(minutes=one.lasts_minutes))
    event.add("location", f"{one.place} {one.assembly_point}".strip())
    lines = [
        "这是演练，不是真的火灾。真着火先打119。",
        f"进展：{STATE_NAMES[one.state]}",
        f"集合点：{one.assembly_point}",
        f"参加的楼：{'、'.join(one.buildings)}",
        f"演练编号：{one.code}",
    ]
    event.add("description", "\n".join(lines))
    return event


def _deadline(one: Deadline, place: str) -> Event:
    rule, left = one.rule, one.owed - one.done
    told = f"还差{left}个" if left else "都完成了"
    uid = f"duty-{rule.id}-{one.period.code}-{place}"
    event = _event(uid, one.changed_at, f"【到期】{rule.title}（{told}）")
    event.add("sequence", 0)
    event.add("status", "CONFIRMED")
    event.add("dtstart", one.period.end)
    event.add("dtend", one.period.end + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    lines = [
        f"{one.period.name}：应完成{one.owed}个，已完成{one.done}个。",
        f"谁来做：{rule.who}",
        f"依据：{rule.source.title} {rule.source.article}",
        *(f"待本地确认：{words}" for words in rule.confirm),
    ]
    event.add("description", "\n".join(lines))
    return event


def _event(uid: str, changed_at: datetime, summary: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@lifeline")
    # Both say when it last changed: a calendar without requests has no later moment.
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("summary", summary)
    return event
