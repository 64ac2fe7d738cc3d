"""Statistics (统计): how many hazards, where, of which kind, with whom, and how long they took.

``StatisticsPages(desk, studio)`` is the page module.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.charts.studio import MEDIA_TYPES, Studio
from bot.console.case_desk import ROLES, CaseDesk, area_of
from bot.console.case_filters import Typed, midnight, narrowed, typed_in
from bot.console.downloads import Table, download, form_in
from bot.console.figures import (
    HEADINGS,
    TITLES,
    Figures,
    Kind,
    Names,
    Recent,
    chart_of,
    columns_of,
    months_between,
    read_figures,
    row_of,
    share_text,
    span_text,
)
from bot.console.posts import Places, read_places
from bot.console.shell import Refused, Section, Signed, page, render, shell_of
from bot.papers.child import ChildError
from community.staff import Area
from hazards.statistics_store import Scope

PATH = "/console/statistics"
DEFAULT_MONTHS = 12
MOST_MONTHS = 60
NO_TABLE = "没有这张表。"
NO_CHART = "图没有画出来，数字看表。"
TOO_LONG = f"一次最多统计{MOST_MONTHS}个月，请缩短日期。"
BACKWARDS = "结束日期比开始日期早，请重新选。"
SECTION_TITLE = "统计"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted, as an address has it, and its months."""

    typed: Typed
    scope: Scope
    starts: tuple[datetime, ...]

    @property
    def key(self) -> object:
        """Tells it from what else is kept: the same for everybody who may see the same."""
        return (self.scope, self.starts)


@dataclass(frozen=True)
class StatisticsPages:
    """The pages of statistics; given to ``console_routes``."""

    desk: CaseDesk
    studio: Studio
    figures: Recent[Figures] = field(default_factory=Recent, repr=False)
    pictures: Recent[bytes] = field(default_factory=Recent, repr=False)

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section(SECTION_TITLE, PATH, ROLES)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            page(PATH, partial(show, self), *ROLES),
            page(f"{PATH}/{{kind}}.svg", partial(draw, self), *ROLES),
            page(f"{PATH}/{{kind}}.{{form}}", partial(take_away, self), *ROLES),
        ]


async def show(pages: StatisticsPages, signed: Signed) -> Response:
    """Show all tables, each with its chart."""
    places = await _places(pages, signed)
    asked = _asked(signed, places)
    figures = await _figures(pages, signed, asked, places)
    area = area_of(signed.staff)
    query = asked.typed.query
    return render(
        signed,
        "statistics/show.html",
        typed=asked.typed,
        query=f"?{query}" if query else "",
        all=figures.all,
        groups=[(kind, TITLES[kind], HEADINGS[kind], figures.groups[kind]) for kind in TITLES],
        span=span_text,
        share=share_text,
        districts=_districts(pages, signed),
        streets=_streets(area, places),
    )


async def draw(pages: StatisticsPages, signed: Signed) -> Response:
    """Answer with the chart of one table, as SVG."""
    kind = _kind(signed)
    places = await _places(pages, signed)
    asked = _asked(signed, places)
    key = (kind, asked.key)
    picture = pages.pictures.get(key, signed.now)
    if picture is None:
        figures = await _figures(pages, signed, asked, places)
        chart = chart_of(kind, figures.groups[kind])
        if chart is None:
            raise Refused(NO_CHART, 404)
        try:
            drawn = await run_in_threadpool(pages.studio.draw, chart)
        except ChildError as error:
            raise Refused(NO_CHART, 503) from error
        picture = pages.pictures.keep(key, drawn, signed.now)
    return Response(picture, media_type=MEDIA_TYPES["svg"])


async def take_away(pages: StatisticsPages, signed: Signed) -> Response:
    """Answer with one table as CSV or XLSX."""
    kind, form = _kind(signed), form_in(signed.request.path_params["form"])
    places = await _places(pages, signed)
    asked = _asked(signed, places)
    figures = await _figures(pages, signed, asked, places)
    rows = [row_of(one) for one in figures.groups[kind]]
    zone = shell_of(signed.request).zone
    name = f"statistics-{kind}-{signed.now.astimezone(zone):%Y%m%d}"
    return await download(Table(name, columns_of(kind), lambda: rows, zone), form)


async def _figures(pages: StatisticsPages, signed: Signed, asked: Asked, places: Places) -> Figures:
    now = signed.now
    kept = pages.figures.get(asked.key, now)
    if kept is not None:
        return kept
    names = Names(pages.desk.categories, places)

    def read(db: Connection) -> Figures:
        return read_figures(db, asked.scope, names, asked.starts, now)

    return pages.figures.keep(asked.key, await signed.read(read), now)


async def _places(pages: StatisticsPages, signed: Signed) -> Places:
    return await signed.read(lambda db: read_places(db, pages.desk.districts))


def _asked(signed: Signed, places: Places) -> Asked:
    """Return what an address asks for: by default the last twelve months of one's whole area.

    Raises:
        Refused: for days that are none, or too many.
    """
    typed, zone = typed_in(signed.request.query_params), shell_of(signed.request).zone
    today = signed.now.astimezone(zone)
    until = midnight(typed.until, zone, days=1)
    last = (until or today) - timedelta(microseconds=1)
    since = midnight(typed.since, zone) or _months_before(last.astimezone(zone), DEFAULT_MONTHS - 1)
    if since > last:
        raise Refused(BACKWARDS)
    if (last - since).days > MOST_MONTHS * 31:
        raise Refused(TOO_LONG)
    starts = months_between(since, last, zone)
    scope = Scope(_area(area_of(signed.staff), typed, places), since, until or starts[-1])
    kept = replace(Typed(), **{name: getattr(typed, name) for name in _FIELDS})
    return Asked(kept, scope, (since, *starts[1:-1], scope.opened_until or starts[-1]))


_FIELDS = ("district", "street", "since", "until")


def _area(area: Area, typed: Typed, places: Places) -> Area:
    """Return the part of somebody's area that is asked for; an empty one for what is not theirs."""
    part = narrowed(area, typed.district, places.of_street) if typed.district else area
    if not typed.street:
        return part
    street = int(typed.street) if typed.street.isascii() and typed.street.isdigit() else 0
    is_own = part.holds(places.of_street.get(street, ""), street)
    return Area(streets=frozenset({street})) if is_own else Area()


def _streets(area: Area, places: Places) -> list[tuple[int, str]]:
    """Return the streets that somebody may count alone: those they see all cases of."""
    return [
        (id_, name)
        for id_, name in places.streets.items()
        if area.holds(places.of_street[id_], id_)
    ]


def _districts(pages: StatisticsPages, signed: Signed) -> Sequence[tuple[str, str]]:
    """Return the districts to choose among; none where there is but one."""
    known = pages.desk.districts.items()
    own = [(id_, one.name) for id_, one in known if id_ in signed.staff.districts]
    return own if len(own) > 1 else []


def _months_before(day: datetime, months: int) -> datetime:
    """Return the first moment of the month that lies some months before a day."""
    count = day.year * 12 + day.month - 1 - months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=day.tzinfo)


def _kind(signed: Signed) -> Kind:
    """Return which table an address names."""
    named = signed.request.path_params["kind"]
    for kind in TITLES:
        if kind == named:
            return kind
    raise Refused(NO_TABLE, 404)
