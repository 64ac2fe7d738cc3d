"""What a drill's report holds (演练评估报告), as values that become JSON and come back.

The body is what is sealed: pages, papers and workbooks are made from it alone, so that whatever
is printed is what was sealed. Nobody is named in it; a room stands only in the words of a
problem. Times are in UTC; the sections are written in the zone of the district.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from drills.measured import Change, Measures

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Subject:
    """Which drill it was.

    Attributes:
        code: as people read it.
        kind: of drills.drills.Kind.
        street: by name; so the community and the buildings.
    """

    code: str
    title: str
    kind: str
    scenario: str
    district_id: str
    street: str
    community: str
    buildings: tuple[str, ...]
    assembly_point: str
    starts_at: datetime
    lasts_minutes: int
    alarm_at: datetime | None
    roll_closed_at: datetime | None
    all_clear_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the course of the drill."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem (问题): who puts it right and by which day; ``solved_at`` is None while open."""

    kind: str
    building: str
    words: str
    owner: str
    due_on: str
    noted_at: datetime
    solved_at: datetime | None = None
    solution: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the report with its paragraphs."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The community's last sealed drill, and how this one compares."""

    code: str
    held_at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ReportBody:
    """A report as it is sealed.

    Attributes:
        subject: the drill.
        measures: its figures.
        checks: what was prepared, by name, in the order it was done.
        course: what happened, in order.
        findings: its problems, and those that earlier drills left open.
        earlier: None for the community's first sealed drill.
        sections: the words, under the eight headings.
        before: hash of the version before; "" for the first.
        format: of this structure.
    """

    subject: Subject
    measures: Measures
    checks: tuple[str, ...]
    course: tuple[Happening, ...]
    findings: tuple[Finding, ...]
    earlier: Earlier | None
    sections: tuple[Section, ...]
    before: str = ""
    format: int = FORMAT


_BODY = TypeAdapter(ReportBody)


def body_json(body: ReportBody) -> dict[str, Any]:
    """Return a body as JSON values."""
    values: dict[str, Any] = _BODY.dump_python(body, mode="json")
    return values


def body_from(values: object) -> ReportBody:
    """Return the body that JSON values hold.

    Raises:
        pydantic.ValidationError: when they are none, such as of another format.
    """
    return _BODY.validate_python(values)
