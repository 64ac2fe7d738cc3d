"""The pages for those without WeChat, joined: the report form and public progress."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.routing import BaseRoute

from bot.channels import report_form, report_progress
from bot.channels.page_answers import Answers
from bot.channels.report_form import Backing, Urgent
from bot.channels.report_progress import Records
from bot.channels.report_taking import Taker
from bot.channels.web import PageLink
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC, load_pages
from bot.channels.web_photos import WebPhotos
from bot.channels.web_visitor import Visitors
from community.keys import derived_key
from community.workdays import WorkDays
from hazards.intake import Intake
from storage import Database

# What the web chat's first page leads to.
LINKS = (
    PageLink(report_form.PATH, "填表报隐患"),
    PageLink(report_progress.PATH, "查进度"),
)
# As the web chat's cookies are signed, so that a report can be asked after there.
VISITOR_PURPOSE = "web visitor"
_STATE_PURPOSE = "report form"


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages stand on.

    Attributes:
        database: the main database.
        key: the installation's.
        intake: takes reports in.
        days: the holidays, for deadlines in words.
        photos: keeps photos.
        urgent: returns what has to be said at once to whoever writes this, in memory.
        clock: the time, aware.
        public_url: the address people use, or empty.
    """

    database: Database
    key: bytes = field(repr=False)
    intake: Intake
    days: WorkDays
    photos: WebPhotos
    urgent: Urgent
    clock: Callable[[], datetime]
    public_url: str = ""


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes of the pages."""
    answers = Answers(load_pages(Assets(STATIC)), site.public_url or None)
    taker = Taker(site.intake, site.days)
    secure = site.public_url.lower().startswith("https://")
    visitors = Visitors(derived_key(site.key, VISITOR_PURPOSE), secure=secure)
    backing = Backing(site.database, taker, site.photos, site.urgent, site.clock)
    zone = ZoneInfo(site.intake.districts[taker.home].timezone)
    records = Records(site.database, site.key, site.clock, zone)
    state_key = derived_key(site.key, _STATE_PURPOSE)
    return [
        *report_form.routes(backing, answers, visitors, state_key),
        *report_progress.routes(records, answers),
    ]
