"""The list of who needs help to leave a building, opened in an incident, to take upstairs."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from pydantic import JsonValue

from bot.papers.dates import moment_text
from bot.papers.typesetting import Paper
from community.assistance import Household

NO_PHONE = "没留电话"


@dataclass(frozen=True, slots=True)
class AssistanceList:
    """What stands on the paper.

    Attributes:
        building: its full name, street and community included.
        opened_by: who opened the list, by name.
        opened_at: when; aware.
        reason: why, in their words.
        households: one line each, in the order they are walked.
        unreadable: how many registrations could not be read and are missing here.
    """

    building: str
    opened_by: str
    opened_at: datetime
    reason: str
    households: tuple[Household, ...]
    unreadable: int = 0


def assistance_paper(listed: AssistanceList, zone: tzinfo) -> Paper:
    """Return an opened list to be typeset; ``zone`` is the district's."""
    lines: list[JsonValue] = [_line(one) for one in listed.households]
    values: dict[str, JsonValue] = {
        "building": listed.building,
        "opened_by": listed.opened_by,
        "opened_at": moment_text(listed.opened_at, zone),
        "reason": listed.reason,
        "lines": lines,
        "unreadable": listed.unreadable,
    }
    return Paper("assistance_list", values)


def floor_words(floor: int | None) -> str:
    """Return 12楼, 负1楼, or 不详 where the room does not tell."""
    if floor is None:
        return "不详"
    return f"{floor}楼" if floor > 0 else f"负{-floor}楼"


def _line(one: Household) -> JsonValue:
    return {
        "floor": floor_words(one.floor),
        "room": one.room,
        "kinds": "；".join(one.kind_names),
        "phones": "\n".join(one.phones) or NO_PHONE,
    }
