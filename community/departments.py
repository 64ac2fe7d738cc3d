"""The departments (部门) of a district and the plan that says who does what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from community.placefiles import Part
from community.placevalues import text_or_empty, whole_number

# Whoever answers for the ground that a building stands on: town, street or platform. Which one
# it is follows from the building.
STREET = "street"

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


class UnknownDepartment(Exception):
    """A district has no such department."""

    permanent = True

    def __init__(self, district: str, department: str, known: Sequence[str]) -> None:
        self.district = district
        self.department = department
        self.known = tuple(known)
        super().__init__(
            f"{district} has no department {department!r}: use one of {', '.join(known)}, "
            "or add it to the district's file"
        )


@dataclass(frozen=True, slots=True)
class Department:
    """One department; ``name`` is what the district's plan calls it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The district's plan that its routes are read from; ``number`` may be empty."""

    title: str
    issuer: str
    number: str
    year: int

    @property
    def cited(self) -> str:
        """As an answer names it: 《某某方案》（2021年）."""
        return f"《{self.title}》（{self.year}年）"


def read_departments(part: Part | None) -> tuple[Department, ...]:
    """Return a district's departments; none for a part that is not there.

    Raises:
        BrokenPlaceFile: when one is broken or stands twice, or the street is missing.
    """
    found: dict[str, Department] = {}
    for item in part.items() if part else ():
        fields = item.fields(("id", "name"))
        one = Department(fields["id"].text(), fields["name"].text())
        if not _ID.fullmatch(one.id):
            raise fields["id"].broken(f"“{one.id}”不能作编号", "只用小写字母、数字和下划线")
        if one.id in found:
            raise item.broken(f"“{one.id}”写了两次", "删掉一个")
        found[one.id] = one
    if part is not None and STREET not in found:
        raise part.broken(f"缺“{STREET}”", "补上属地镇街这一项")
    return tuple(found.values())


def read_plan(part: Part | None) -> Plan | None:
    """Return a district's plan; None for a part that is not there.

    Raises:
        BrokenPlaceFile: when it is broken.
    """
    if part is None:
        return None
    fields = part.fields(("title", "issuer", "year"), ("number",))
    return Plan(
        title=fields["title"].text(),
        issuer=fields["issuer"].text(),
        number=text_or_empty(fields.get("number")),
        year=whole_number(fields["year"], 1949, 2100),
    )
