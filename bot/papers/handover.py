"""The note that one shift leaves to the next (交接班记录)."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from pydantic import JsonValue

from bot.papers.dates import moment_text, span_text
from bot.papers.typesetting import Paper


@dataclass(frozen=True, slots=True)
class Count:
    """A figure at the head of the note, such as how many residents wait for an answer."""

    name: str
    number: int
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something left to do: its code, what it is, what comes next, and by when (aware)."""

    code: str
    what: str
    next: str
    due: datetime
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class HandoverNote:
    """What the next shift must know; times are aware, ``to_person`` may be empty."""

    place: str
    begin: datetime
    end: datetime
    from_person: str
    to_person: str = ""
    counts: tuple[Count, ...] = ()
    items: tuple[OpenItem, ...] = ()
    notes: str = ""


def handover_paper(note: HandoverNote, zone: tzinfo) -> Paper:
    """Return a handover note to be typeset; ``zone`` is the district's."""
    counts: list[JsonValue] = [
        {"name": count.name, "number": count.number, "is_urgent": count.is_urgent}
        for count in note.counts
    ]
    values: dict[str, JsonValue] = {
        "place": note.place,
        "shift": span_text(note.begin, note.end, zone),
        "from_person": note.from_person,
        "to_person": note.to_person,
        "counts": counts,
        "items": [_item_values(item, zone) for item in note.items],
        "notes": note.notes,
    }
    return Paper("handover_note", values)


def _item_values(item: OpenItem, zone: tzinfo) -> JsonValue:
    return {
        "code": item.code,
        "what": item.what,
        "next": item.next,
        "due": moment_text(item.due, zone),
        "is_overdue": item.is_overdue,
    }
