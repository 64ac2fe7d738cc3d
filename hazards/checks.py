"""Checks of the files that hazards live by, for ``lifeline check`` and ``lifeline doctor``."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from community.districts import COMMUNITY_ROOT, District, district_ids, load_district
from community.placefiles import BrokenPlaceFile
from community.workdays import load_workdays
from hazards.categories import CATEGORIES_FILE, Categories, load_categories
from hazards.deadline_rules import NoDeadlines, read_deadlines, rules_at
from hazards.inspections import load_guide
from hazards.reward_files import scheme_of
from hazards.routing import routes, to_confirm

_MOST_NAMED = 6
# The next year's holidays are announced in November; deadlines reach into it from then on.
_AHEAD = timedelta(days=30)


def hazard_faults(
    root: Path = COMMUNITY_ROOT, categories_file: Path = CATEGORIES_FILE
) -> Iterator[BrokenPlaceFile]:
    """Yield the first fault of the categories, the holidays, and each district's rules.

    A district that cannot be read at all is told of by ``community.checks``, not here.

    Raises:
        OSError: when a file cannot be read.
    """
    loads: list[Callable[[], object]] = [
        partial(load_categories, categories_file),
        partial(load_workdays, root / "workdays.yaml"),
        load_guide,
    ]
    faults = [fault for fault in map(_fault, loads) if fault]
    yield from faults
    if not any(fault.file == categories_file for fault in faults):
        categories = load_categories(categories_file)
        yield from _district_faults(root, categories)


def unrewarded(district: District, now: datetime) -> list[str]:
    """Return in Chinese what a district has yet to decide about rewards.

    Raises:
        BrokenPlaceFile: when its rules cannot be used.
    """
    return scheme_of(district).gaps(now)


def unconfirmed(district: District, on: date) -> list[str]:
    """Return in Chinese what a district has yet to confirm about routes and times.

    ``on`` is the day whose deadlines are meant. Empty when all is settled.

    Raises:
        BrokenPlaceFile: when its rules cannot be used.
    """
    categories = load_categories()
    found: list[str] = []
    if open_ones := to_confirm(district, categories):
        names = [categories.require(id_).name for id_ in open_ones]
        found.append(f"{_named(names)}由谁办理、谁牵头，待本地确认")
    try:
        rules = rules_at(district, on)
    except NoDeadlines:
        found.append("没有写处理时限（deadlines）")
    else:
        if rules.is_to_confirm:
            text = f"急的{rules.urgent.text}，其他{rules.others.text}"
            found.append(f"处理时限待本地确认：{text}")
    unknown = sorted({on.year, (on + _AHEAD).year} - set(load_workdays().years))
    years = (
        f"没有{year}年的放假安排，只按周一到周五算（community/workdays.yaml）" for year in unknown
    )
    return [*found, *years]


def _named(names: Sequence[str]) -> str:
    shown = "、".join(names[:_MOST_NAMED])
    return f"{shown}等{len(names)}类隐患" if len(names) > _MOST_NAMED else shown


def _district_faults(root: Path, categories: Categories) -> Iterator[BrokenPlaceFile]:
    for id_ in district_ids(root):
        try:
            district = load_district(id_, root)
        except BrokenPlaceFile:
            continue
        if part := district.part("routes"):
            yield from filter(None, [_fault(partial(routes, district, part, categories))])
        if part := district.part("deadlines"):
            yield from filter(None, [_fault(partial(read_deadlines, part))])
        ids = [category.id for category in categories.all]
        yield from filter(None, [_fault(partial(scheme_of, district, ids))])


def _fault(load: Callable[[], object]) -> BrokenPlaceFile | None:
    try:
        load()
    except BrokenPlaceFile as fault:
        return fault
    return None
