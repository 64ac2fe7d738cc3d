"""Districts: names, time zone and hours, departments, and the numbers that answers name.

Which settings exist is declared in ``community/settings.yaml``; a district's file sets some. What
other packages keep in a district's file they read themselves, from ``District.part``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from community.coordinates import Bounds, Point
from community.departments import (
    Department,
    Plan,
    UnknownDepartment,
    read_departments,
    read_plan,
)
from community.placefiles import Part, read_place_file
from community.placevalues import decimal, text_or_empty
from community.workdays import OFFICE_HOURS, WeekHours, WorkCalendar, WorkDays, read_hours

COMMUNITY_ROOT = Path(__file__).parent

# Kept in a district's file, read by the package whose rules they are.
FOREIGN_PARTS = ("routes", "deadlines", "rewards", "exposure", "blackouts")
PLATFORM_WORD = "镇街"

_ID = re.compile(r"[a-z][a-z0-9_]*")
_OWN_PARTS = ("settings", "plan", "platform_word", "departments", "working_hours", "bounds")


class UnknownDistrict(Exception):
    """There is no file for a district that was asked for."""

    permanent = True

    def __init__(self, district: str, known: Sequence[str]) -> None:
        self.district = district
        self.known = tuple(known)
        super().__init__(
            f"there is no district {district!r}: use one of {', '.join(known)}, "
            f"or write its file in community/districts/"
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting: ``unset`` is read where a district has no value."""

    name: str
    description: str
    unset: str


@dataclass(frozen=True, slots=True)
class District:
    """One district served.

    Attributes:
        id: the file's name.
        name: as residents call it.
        city: the city above it.
        timezone: an IANA name; dates, quiet hours and daily caps are counted in it.
        values: setting → value, where this district has one.
        declared: every setting there is.
        plan: the plan that says which department does what; None where there is none.
        platform_word: what towns, streets and platforms together are called here.
        departments: those that hazards may be sent to.
        hours: when offices are open.
        bounds: a generous box around the district; None where it is not known.
        parts: what other packages keep in the district's file.
    """

    id: str
    name: str
    city: str
    timezone: str
    values: Mapping[str, str]
    declared: tuple[Setting, ...]
    plan: Plan | None = None
    platform_word: str = PLATFORM_WORD
    departments: tuple[Department, ...] = ()
    hours: WeekHours = OFFICE_HOURS
    bounds: Bounds | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)

    def settings_text(self) -> Mapping[str, str]:
        """Return each setting's value, or its general wording where it is not set."""
        return {**self.general_text(), **self.values}

    def general_text(self) -> Mapping[str, str]:
        """Return the general wording of every setting, for residents of somewhere else."""
        return {setting.name: setting.unset for setting in self.declared}

    def unset(self) -> list[Setting]:
        """Return the settings that this district still lacks."""
        return [setting for setting in self.declared if setting.name not in self.values]

    def department(self, department: str) -> Department:
        """Return a department by its id.

        Raises:
            UnknownDepartment: naming those there are.
        """
        for one in self.departments:
            if one.id == department:
                return one
        raise UnknownDepartment(self.id, department, [one.id for one in self.departments])

    def part(self, name: str) -> Part | None:
        """Return what another package keeps in the file, as it stands; None when nothing.

        ``name`` is one of ``FOREIGN_PARTS``.
        """
        return self.parts.get(name)

    def calendar(self, days: WorkDays) -> WorkCalendar:
        """Return when this district's offices work, the holidays being ``days``."""
        return WorkCalendar(ZoneInfo(self.timezone), self.hours, days)

    def may_hold(self, point: Point) -> bool:
        """Return whether a place may lie in the district; all may where the box is not known."""
        return self.bounds is None or self.bounds.contains(point)


def declared_settings(root: Path = COMMUNITY_ROOT) -> tuple[Setting, ...]:
    """Return every setting that a district may set and an answer may name.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when ``settings.yaml`` cannot be read.
    """
    found: dict[str, Setting] = {}
    for part in read_place_file(root / "settings.yaml").items():
        setting = Setting(**part.texts(("name", "description", "unset")))
        if setting.name in found:
            raise part.broken(f"设置“{setting.name}”写了两次", "删掉一个")
        found[setting.name] = setting
    return tuple(found.values())


def district_ids(root: Path = COMMUNITY_ROOT) -> list[str]:
    """Return the ids of the districts that have a file, sorted."""
    return sorted(path.stem for path in (root / "districts").glob("*.yaml"))


def load_district(district: str, root: Path = COMMUNITY_ROOT) -> District:
    """Return a district by its id.

    Raises:
        UnknownDistrict: when it has no file.
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when its file cannot be read.
    """
    known = district_ids(root)
    if district not in known:
        raise UnknownDistrict(district, known)
    part = read_place_file(root / "districts" / f"{district}.yaml")
    fields = part.fields(("id", "name", "city", "timezone"), (*_OWN_PARTS, *FOREIGN_PARTS))
    _require_id(fields["id"], district)
    declared = declared_settings(root)
    return District(
        id=district,
        name=fields["name"].text(),
        city=fields["city"].text(),
        timezone=_timezone(fields["timezone"]),
        values=_values(fields.get("settings"), declared),
        declared=declared,
        plan=read_plan(fields.get("plan")),
        platform_word=text_or_empty(fields.get("platform_word")) or PLATFORM_WORD,
        departments=read_departments(fields.get("departments")),
        hours=read_hours(fields.get("working_hours")),
        bounds=_bounds(fields.get("bounds")),
        parts=MappingProxyType({name: fields[name] for name in FOREIGN_PARTS if name in fields}),
    )


def _require_id(part: Part, file_name: str) -> None:
    if part.text() != file_name or not _ID.fullmatch(file_name):
        raise part.broken(
            f"id“{part.text()}”和文件名“{file_name}”要一样，只用小写字母、数字和下划线",
            f"改成“id: {file_name}”，或者改文件名",
        )


def _timezone(part: Part) -> str:
    name = part.text()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise part.broken(f"没有“{name}”这个时区", "国内写Asia/Shanghai") from error
    return name


def _bounds(part: Part | None) -> Bounds | None:
    if part is None:
        return None
    items = part.items()
    if len(items) != 4:
        raise part.broken("要写四个数", "依次写[南, 西, 北, 东]，单位是度")
    limits = (90, 180, 90, 180)
    south, west, north, east = (
        decimal(item, -most, most) for item, most in zip(items, limits, strict=True)
    )
    if south >= north or west >= east:
        raise part.broken("南要小于北，西要小于东", "依次写[南, 西, 北, 东]，单位是度")
    return Bounds(south, west, north, east)


def _values(part: Part | None, declared: Sequence[Setting]) -> dict[str, str]:
    if part is None:
        return {}
    fields = part.fields((), [setting.name for setting in declared])
    return {name: value.text() for name, value in fields.items()}
