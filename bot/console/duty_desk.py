"""What the pages about duties share: who may see and enter what, words, and the place asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from bot.console.case_filters import narrowed, streets_in
from bot.console.figures import Recent
from bot.console.posts import Places
from bot.console.shell import Refused, Signed
from community.staff import Area, Role, Staff
from drills.duties import Duties as Rules
from drills.duties import DutyState, SubjectKind
from drills.duty_judging import Missing
from drills.duty_store import DutyFilter
from drills.feed_store import Scope

PATH = "/console/duties"
VIEWERS: tuple[Role, ...] = (
    "supervisor",
    "duty_officer",
    "administrator",
    "department",
    "grid_worker",
    "building_head",
    "volunteer",
)
# Who may say that something was done, and give calendars away.
KEEPERS: tuple[Role, ...] = ("supervisor", "duty_officer", "administrator", "department")

NO_DUTY = "没有这一项任务，或者不在你的范围里。"
NO_PLACE = "没有这个区县或镇街，或者不在你的范围里，请从列表里选。"
BAD_DAY = "日期没看懂，请从日历里选。"

STATE_NAMES: Mapping[DutyState, str] = MappingProxyType(
    {
        "overdue": "已逾期",
        "due_soon": "快到期",
        "open": "未完成",
        "planned": "已安排",
        "done": "已完成",
    }
)
KIND_NAMES: Mapping[SubjectKind, str] = MappingProxyType(
    {"community": "社区", "building": "楼", "street": "镇街"}
)
MISSING_NAMES: Mapping[Missing, str] = MappingProxyType(
    {
        "height": "名册里没有高度",
        "use": "名册里没有用途",
        "meaning": "这种用途算不算，条文没有写",
    }
)
# What is shown first: what has to be done now.
PRESSING: frozenset[DutyState] = frozenset({"overdue", "due_soon"})


@dataclass(frozen=True, slots=True)
class DutyDesk:
    """What every page about duties works with.

    Attributes:
        rules: of duties, and the zone in which days are counted.
        counts: of the home page, kept for a minute: a whole district takes a while.
    """

    rules: Rules
    counts: Recent[Mapping[DutyState, int]] = field(default_factory=Recent, repr=False)

    def today(self, signed: Signed) -> date:
        """Return the day, by the clock of the place."""
        return signed.now.astimezone(self.rules.zone).date()


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: a filter within an area, as it was typed."""

    area: Area
    district: str
    street: str
    state: str
    filter: DutyFilter


def area_of(staff: Staff) -> Area:
    """Return where somebody may see duties."""
    return staff.area(*VIEWERS)


def asked_by(signed: Signed, places: Places) -> Asked:
    """Return what an address asks for; what no form of ours writes is left out."""
    given = signed.request.query_params
    district, street, state = (given.get(name, "") for name in ("district", "street", "state"))
    area = area_of(signed.staff)
    if district in places.districts:
        area = narrowed(area, district, places.of_street)
    known = dict(streets_in(area, places))
    street_id = number(street)
    states = {"pressing": PRESSING, "all": frozenset[DutyState]()}
    states |= {name: frozenset({name}) for name in STATE_NAMES}
    state = state if state in states else "pressing"
    wanted = DutyFilter(
        states=states[state],
        street_id=street_id if street_id in known else None,
        rule=given.get("rule", "")[:60],
        page=min(number(given.get("page", "")) or 0, 10_000),
    )
    return Asked(area, district if district in places.districts else "", street, state, wanted)


def scopes_in(area: Area, places: Places) -> dict[str, tuple[Scope, str]]:
    """Return the districts and streets within an area: value in a form → scope and name."""
    found: dict[str, tuple[Scope, str]] = {}
    for id_, district in places.districts.items():
        if id_ in area.districts:
            found[id_] = Scope(id_), f"{district.name}（全区）"
        for street_id, name in places.streets.items():
            if places.of_street[street_id] == id_ and area.holds(id_, street_id):
                found[f"{id_}/{street_id}"] = Scope(id_, street_id), f"{district.name} {name}"
    return found


def number(typed: str) -> int | None:
    """Return a typed id; None for none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def day_in(typed: str) -> date:
    """Return a typed day.

    Raises:
        Refused: for a day that is none.
    """
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refused(BAD_DAY) from None
