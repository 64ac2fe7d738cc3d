"""The register of hazards (隐患台账) to take away: a row for each case, nobody's name in it.

Read in pages of the order in which cases were opened, so that of however many only a few are in
memory. Places of units are kept; of homes the floor stays and the door goes. What a reporter
said never stands here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from community.departments import STREET
from community.districts import District
from community.tables import Cell, Column, TableRow
from hazards.cases import Case
from hazards.categories import Categories
from hazards.public_words import coarse_floor, veiled
from hazards.queue_store import CaseFilter, CasePage, register
from hazards.transitions import LEVEL_NAMES, STATE_NAMES
from storage import Database

COLUMNS = (
    Column("code", "编号", 11),
    Column("category", "类别", 16),
    Column("district", "区县", 10),
    Column("street", "镇街", 14),
    Column("place", "地点", 30),
    Column("floor", "楼层", 8),
    Column("summary", "情况", 40),
    Column("state", "状态", 14),
    Column("level", "督办", 10),
    Column("is_major", "重大隐患", 9),
    Column("handler", "办理单位", 22),
    Column("lead", "牵头单位", 22),
    Column("reports", "上报次数", 9),
    Column("opened_at", "上报时间", 17),
    Column("due_at", "整改期限", 17),
    Column("is_overdue", "超期", 7),
    Column("verified_at", "复查合格", 17),
    Column("closed_at", "办结时间", 17),
    Column("hours", "用时（小时）", 12),
    Column("external_number", "外部编号", 18),
)
NO_HANDLER = "督办员"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Names:
    """Words for what a case holds as ids.

    Attributes:
        categories: there are.
        districts: those served, by id.
        streets: names by id.
    """

    categories: Categories
    districts: Mapping[str, District]
    streets: Mapping[int, str]

    def unit(self, case: Case, department: str) -> str:
        """Return a department by its name, the street by its own."""
        if not department:
            return NO_HANDLER
        street = self.streets.get(case.street_id or 0)
        if department == STREET and street:
            return street
        district = self.districts.get(case.district_id)
        known = {one.id: one.name for one in district.departments} if district else {}
        return known.get(department, department)


def register_row(case: Case, names: Names, now: datetime) -> TableRow:
    """Return a case as a row of the register."""
    category = names.categories.get(case.category)
    district = names.districts.get(case.district_id)
    return {
        "code": f"{case.code[:4]}-{case.code[4:]}",
        "category": category.name if category else case.category,
        "district": district.name if district else case.district_id,
        "street": names.streets.get(case.street_id or 0, ""),
        "place": veiled(case.place_words),
        "floor": coarse_floor(case.floor),
        "summary": veiled(case.summary),
        "state": STATE_NAMES.get(case.state, case.state),
        "level": LEVEL_NAMES[case.level],
        "is_major": case.is_major,
        "handler": names.unit(case, case.handler),
        "lead": names.unit(case, case.lead),
        "reports": case.report_count,
        **_times(case, now),
        "external_number": case.external_number,
    }


def register_rows(
    database: Database, wanted: CaseFilter, names: Names, now: datetime
) -> Iterator[TableRow]:
    """Yield the register, oldest case first, a page of it in memory at a time.

    Args:
        database: read anew for each page.
        wanted: which cases.
        names: words for ids.
        now: tells what is overdue.
    """
    after = ""
    while True:
        page: CasePage = database.read(partial(register, wanted=wanted, now=now, after=after))
        for case in page.cases:
            yield register_row(case, names, now)
        if not page.after:
            return
        after = page.after


def _times(case: Case, now: datetime) -> dict[str, Cell]:
    took = (case.closed_at - case.opened_at) if case.closed_at else None
    return {
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "is_overdue": case.is_overdue(now),
        "verified_at": case.verified_at,
        "closed_at": case.closed_at,
        "hours": round(took / _HOUR, 1) if took is not None else None,
    }
