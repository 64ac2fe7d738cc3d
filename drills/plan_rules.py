"""What a plan of a drill must and should be: rules over values, without clock or storage."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from community.registers import Building
from drills.drills import KINDS, Drill, Kind
from drills.faults import Fault, warning
from drills.templates import LEAST_MINUTES, MOST_MINUTES, Template

MOST_BUILDINGS = 50
LEAST_TITLE_CHARACTERS, MOST_TITLE_CHARACTERS = 4, 40
MOST_SCENARIO_CHARACTERS = 500
MOST_ASSEMBLY_CHARACTERS = 100
# Whoever reads "drill" in a title does not take it for the real thing.
DRILL_WORDS = ("演练", "演习")

# Residents have to be told, and the checklist has to be seen to.
LEAST_NOTICE = timedelta(hours=24)
GOOD_NOTICE = timedelta(days=7)
FURTHEST = timedelta(days=366)
# Between two drills of one building: to go home, and to meet again.
MARGIN = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants to hold; "" stands for what register and template say.

    Attributes:
        kind: of drill.
        building_ids: who takes part; of one community.
        starts_at: aware.
        lasts_minutes: from the alarm to the end of the roll call.
        assembly_point: where everybody gathers.
        scenario: what is assumed to have happened.
        title: with 演练 in it.
    """

    kind: Kind
    building_ids: tuple[int, ...]
    starts_at: datetime
    lasts_minutes: int
    assembly_point: str = ""
    scenario: str = ""
    title: str = ""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.lasts_minutes)


def time_faults(plan: Plan, now: datetime) -> Iterator[Fault]:
    """Yield what is wrong with when it starts and how long it lasts."""
    if not LEAST_MINUTES <= plan.lasts_minutes <= MOST_MINUTES:
        yield Fault(
            "bad_length", f"演练时长要在{LEAST_MINUTES}到{MOST_MINUTES}分钟之间，请改一下。"
        )
    ahead = plan.starts_at - now
    if ahead <= timedelta():
        yield Fault("in_past", "开始时间已经过去了，请选以后的时间。")
    elif ahead < LEAST_NOTICE:
        yield Fault("too_soon", "离开始不到24小时，来不及通知居民，请往后排。")
    elif ahead > FURTHEST:
        yield Fault("too_far", "开始时间在一年以后，请排在一年以内。")
    elif ahead < GOOD_NOTICE:
        yield warning("short_notice", "离开始不到7天，提前一周的通知发不出，批准后请尽快通知。")


def word_faults(plan: Plan) -> Iterator[Fault]:
    """Yield what is wrong with its kind and its words; words left out are not."""
    if plan.kind not in KINDS:
        yield Fault("unknown_kind", "没有这种演练，请从列出的几种里选。")
    yield from _title_faults(plan.title.strip())
    if len(plan.scenario.strip()) > MOST_SCENARIO_CHARACTERS:
        yield Fault("scenario_long", f"假设情况太长，请写在{MOST_SCENARIO_CHARACTERS}字以内。")
    if len(plan.assembly_point.strip()) > MOST_ASSEMBLY_CHARACTERS:
        yield Fault("assembly_long", f"集合点太长，请写在{MOST_ASSEMBLY_CHARACTERS}字以内。")


def building_faults(plan: Plan, found: Sequence[Building]) -> Iterator[Fault]:
    """Yield what is wrong with its buildings; ``found`` are those of them that there are."""
    if not plan.building_ids:
        yield Fault("no_building", "还没有选楼栋，请至少选一栋。")
        return
    if len(set(plan.building_ids)) > MOST_BUILDINGS:
        yield Fault("too_many_buildings", f"一次最多{MOST_BUILDINGS}栋楼，请分几次办。")
        return
    if len(found) < len(set(plan.building_ids)):
        yield Fault("unknown_building", "有的楼栋查不到，请重新从列表里选。")
    for one in found:
        if one.archived_at is not None:
            yield Fault("archived_building", f"{one.name}已经停用，请去掉这一栋。")
    if len({one.community_id for one in found}) > 1:
        names = "、".join(dict.fromkeys(one.community for one in found))
        yield Fault("communities_differ", f"所选楼栋分属{names}，请按社区分开排。")
    if found and not plan.assembly_point.strip():
        yield from _assembly_faults(found)


def conflict_faults(
    plan: Plan, others: Collection[Drill], zone: ZoneInfo, besides: int | None = None
) -> Iterator[Fault]:
    """Yield the drills of the same buildings that are too near; ``besides`` is its own id."""
    for one in others:
        is_near = one.starts_at < plan.ends_at + MARGIN and plan.starts_at < one.ends_at + MARGIN
        if is_near and one.id != besides:
            yield Fault(
                "conflict",
                f"和“{one.title}”（{day_and_clock(one.starts_at, zone)}开始）时间太近，"
                f"两场之间至少隔{MARGIN.seconds // 60}分钟，请换个时间。",
            )


def assembly_point(plan: Plan, buildings: Sequence[Building]) -> str:
    """Return where people gather: as planned, else the first point that all buildings share."""
    return plan.assembly_point.strip() or next(iter(_shared_points(buildings)), "")


def title_of(plan: Plan, template: Template, buildings: Sequence[Building]) -> str:
    """Return the title as planned, else the template's with the building's name before it."""
    name = buildings[0].name if buildings else ""
    more = f"等{len(buildings)}栋" if len(buildings) > 1 else ""
    return plan.title.strip() or f"{name}{more}{template.title}"


def day_and_clock(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people write it: 11月30日10:00."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def _title_faults(title: str) -> Iterator[Fault]:
    if not title:
        return
    if not LEAST_TITLE_CHARACTERS <= len(title) <= MOST_TITLE_CHARACTERS or not title.isprintable():
        yield Fault(
            "bad_title",
            f"名称要写成一行，{LEAST_TITLE_CHARACTERS}到{MOST_TITLE_CHARACTERS}个字。",
        )
    if not any(word in title for word in DRILL_WORDS):
        yield Fault("title_without_drill", "名称里要有“演练”两个字，免得有人当成真事。")


def _assembly_faults(buildings: Sequence[Building]) -> Iterator[Fault]:
    without = [one.name for one in buildings if not one.facts.assembly_points]
    if without:
        yield Fault("no_assembly_point", f"{'、'.join(without)}没有登记集合点，请写明在哪里集合。")
    elif not _shared_points(buildings):
        yield Fault("assembly_points_differ", "几栋楼登记的集合点不一样，请写明这次在哪里集合。")


def _shared_points(buildings: Sequence[Building]) -> list[str]:
    if not buildings:
        return []
    first, *rest = (one.facts.assembly_points for one in buildings)
    return [point for point in first if all(point in points for points in rest)]
