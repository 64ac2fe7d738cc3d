"""The console's templates: one environment, what every page gets, and words for codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.channels.web_assets import Assets
from bot.console.forms import CSRF_FIELD
from community.districts import District
from community.staff import ROLE_NAMES

HERE = Path(__file__).parent
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates; made once.

    Attributes:
        environment: the templates, escaping everything.
        assets: scripts, styles and pictures of the folder ``static``.
    """

    environment: Environment
    assets: Assets

    def render(self, template: str, values: Mapping[str, object]) -> str:
        """Return a page; a template that misses a value raises."""
        return self.environment.get_template(template).render(values)


def load_pages(
    districts: Mapping[str, District], zone: ZoneInfo, actions: Mapping[str, str]
) -> Pages:
    """Return the pages of an installation.

    Args:
        districts: the districts served, by id.
        zone: in which times are shown.
        actions: words for the actions of the audit log.
    """
    assets = Assets(HERE / "static")
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: "/console" + assets.url(name)
    environment.filters |= {
        "moment": lambda at: moment(at, zone),
        "day": lambda at: day(at, zone),
        "district": lambda id_: districts[id_].name if id_ in districts else id_,
        "action": lambda action: actions.get(action, action),
        "role": lambda role: ROLE_NAMES.get(role, role),
    }
    return Pages(environment, assets)


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Return a time as people write it: 2026-11-22 周日 13:05; a dash for none."""
    if at is None:
        return "—"
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d} 周{WEEKDAYS[local.weekday()]} {local:%H:%M}"


def day(at: datetime | None, zone: ZoneInfo) -> str:
    """Return a date: 2026-11-22; a dash for none."""
    return "—" if at is None else f"{at.astimezone(zone):%Y-%m-%d}"


def csrf_field(token: str) -> Markup:
    """Return the hidden field that every form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)
