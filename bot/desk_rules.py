"""Rules of the staff's inbox (人工): when somebody is there, and by when an answer is due.

Values in, values out: no clock, no storage, no channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from community.workdays import WorkCalendar

# Whoever takes a conversation over and goes home must not leave the resident without the bot.
HOLD_LASTS = timedelta(hours=4)
# Somebody who has just written is plainly there, whatever the hours say.
SPOKE_LATELY = timedelta(minutes=30)
# A message without an answer at the end of the next working day goes to the supervisor.
ANSWER_WITHIN_WORKING_DAYS = 1
SHOWN_OF_CODE = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resident belongs: the street of their building, else the district alone."""

    district_id: str
    street_id: int | None = None


@dataclass(frozen=True, slots=True)
class DeskHours:
    """When staff are there, by district; ``default`` is for residents without a building."""

    calendars: Mapping[str, WorkCalendar]
    default: str

    def of(self, district_id: str) -> WorkCalendar:
        """Return a district's calendar; the default's for one that is not served any more."""
        return self.calendars.get(district_id) or self.calendars[self.default]

    def answer_due(self, district_id: str, now: datetime) -> datetime:
        """Return by when a message of now is to be answered."""
        return self.of(district_id).add_working_days(now, ANSWER_WITHIN_WORKING_DAYS)


def is_attended(calendar: WorkCalendar, now: datetime, spoken_at: datetime | None) -> bool:
    """Tell whether a resident may expect somebody: within hours, or when staff just wrote."""
    is_there = spoken_at is not None and now - spoken_at <= SPOKE_LATELY
    return is_there or calendar.is_open(now)


def opening_words(calendar: WorkCalendar, now: datetime, words: Mapping[str, str]) -> str:
    """Return when offices open next, in the words of one language.

    Args:
        calendar: of the resident's district.
        now: aware.
        words: what functions say; the sentences ``human_opens_*``.
    """
    opens = calendar.next_opening(now)
    days = (opens.date() - now.astimezone(calendar.zone).date()).days
    name = {0: "human_opens_today", 1: "human_opens_tomorrow"}.get(days, "human_opens_later")
    time = words["human_opens_half" if opens.minute else "human_opens_full"].format(
        hour=opens.hour, minute=f"{opens.minute:02}"
    )
    return words[name].format(time=time, month=opens.month, day=opens.day)


def closed_words(calendar: WorkCalendar, now: datetime, words: Mapping[str, str]) -> str:
    """Return what a resident reads at once outside the working hours, "" within them."""
    if calendar.is_open(now):
        return ""
    return words["human_closed"].format(when=opening_words(calendar, now, words))


def resident_name(thread_code: str) -> str:
    """Return how staff call somebody whom they do not know: 居民 #K7M3."""
    return f"居民 #{thread_code[:SHOWN_OF_CODE]}"
