"""The templates of what residents open in a browser, and their scripts and styles."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.channels.web_assets import Assets

_WEB = Path(__file__).parent.parent / "web"
STATIC = _WEB / "static"


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates, escaping everything; made once."""

    environment: Environment

    def render(self, template: str, values: Mapping[str, object]) -> str:
        """Return a page; a template that misses a value raises."""
        return self.environment.get_template(template).render(values)


def load_pages(assets: Assets) -> Pages:
    """Return the pages; ``static(name)`` in them is the address of a script or a style."""
    environment = Environment(
        loader=FileSystemLoader(_WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = assets.url
    return Pages(environment)
