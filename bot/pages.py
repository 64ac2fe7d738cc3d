"""Joins every page: the web chat, the forms and boards for everybody, Open311, the console."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.routing import BaseRoute

from bot.assembly import speaker_of
from bot.channels import board, building_page, calendar, open311, report_pages, web
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC, load_pages
from bot.channels.web_photos import WebPhotos
from bot.charts.studio import Studio
from bot.console import console_routes, webhooks
from bot.console.blocks import BlockPages
from bot.console.broadcasts import BroadcastPages
from bot.console.building_desk import BuildingDesk
from bot.console.buildings import BuildingPages
from bot.console.case_desk import CaseDesk
from bot.console.cases import CasePages
from bot.console.drill_desk import DrillDesk
from bot.console.drills import DrillPages
from bot.console.duties import DutyPages
from bot.console.duty_desk import DutyDesk
from bot.console.exports import ExportPages
from bot.console.exposure import ExposurePages
from bot.console.field import FieldPages
from bot.console.field_desk import FieldDesk
from bot.console.inbox import InboxPages
from bot.console.inbox_desk import InboxDesk
from bot.console.rewards import RewardPages
from bot.console.roll import RollPages
from bot.console.shell import Console
from bot.console.statistics import StatisticsPages
from bot.console.tiles import TileSetting
from bot.desk import Safe, desk_hours
from bot.dialogue.conversation import Conversation
from bot.drill_parts import DrillParts
from bot.hazard_parts import HazardParts
from bot.papers.typesetting import Typesetter
from bot.settings import Settings
from community.files import FILES_FOLDER
from community.keys import derived_key
from drills.drill_store import next_announced
from hazards.inspections import load_guide
from hazards.photos import Photos
from storage import Database

BOARD_LINK = web.PageLink(board.BOARD, "曝光台")


@dataclass(frozen=True, slots=True)
class Around:
    """What the pages stand on.

    Attributes:
        settings: of the operator.
        database: the main database.
        key: the installation's.
        clock: the time, aware.
        conversation: answers in the web chat.
        parts: of hazards.
        drills: what drills are worked with.
        photos: of hazards.
        web_photos: of the web, in the same folder.
        wake: has the outbox look at a channel; from any thread.
    """

    settings: Settings
    database: Database
    key: bytes = field(repr=False)
    clock: Callable[[], datetime]
    conversation: Conversation
    parts: HazardParts
    drills: DrillParts
    photos: Photos
    web_photos: WebPhotos
    wake: Callable[[str], None]


class Pages:
    """All pages, and the two processes that set papers and draw charts for them.

    ``typesetter`` serves what else sets papers, too; ``close`` ends it.
    """

    def __init__(self, around: Around) -> None:
        self._around = around
        self.typesetter = Typesetter()
        self._studio = Studio()

    def close(self) -> None:
        """End what sets and draws; nothing was started that was never asked for."""
        self.typesetter.close()
        self._studio.close()

    def routes(self) -> list[BaseRoute]:
        """Return every route, of staff and of everybody.

        Raises:
            BadTileSetting: when the address of map tiles is none.
            BrokenPlaceFile: when a district's file cannot be used.
        """
        shown = self._shown()
        return [*self._public(shown), *self._console(shown)]

    def _public(self, shown: board.Shown) -> list[BaseRoute]:
        given, parts = self._around, self._around.parts
        site = report_pages.Site(
            given.database, given.key, parts.intake, parts.days, given.web_photos,
            given.conversation.urgent, given.clock, given.settings.public_url,
        )  # fmt: skip
        return [
            *web.routes(
                given.conversation,
                cookie_key=derived_key(given.key, report_pages.VISITOR_PURPOSE),
                public_url=given.settings.public_url or None,
                around=web.Around(given.web_photos, (*report_pages.LINKS, BOARD_LINK)),
            ),
            *report_pages.routes(site),
            *board.routes(shown),
            *open311.routes(self._open311()),
            *building_page.building_page_routes(self._buildings()),
            *calendar.calendar_routes(
                calendar.CalendarParts(given.database, given.clock, given.drills.duties, given.key)
            ),
        ]

    def _buildings(self) -> building_page.BuildingSite:
        given = self._around
        return building_page.BuildingSite(
            given.database, given.clock, given.parts.districts, load_pages(Assets(STATIC)),
            given.settings.public_url, next_announced,
        )  # fmt: skip

    def _open311(self) -> open311.Around:
        given = self._around
        return open311.Around(
            given.database,
            given.parts.intake,
            given.settings.data_dir / FILES_FOLDER,
            given.clock,
            given.settings.public_url,
            is_trial=given.settings.districts == ("demo",),
        )

    def _shown(self) -> board.Shown:
        given, parts = self._around, self._around.parts
        return board.Shown(
            given.database, given.clock, parts.districts, parts.categories, given.photos.read,
            load_pages(Assets(STATIC)),
        )  # fmt: skip

    def _console(self, shown: board.Shown) -> list[BaseRoute]:
        given, parts = self._around, self._around.parts
        cases = CaseDesk(
            parts.rules, parts.districts, parts.categories, given.photos, self.typesetter
        )
        field_desk = FieldDesk(parts.intake, given.photos, load_guide())
        return console_routes(
            self._shell(),
            CasePages(cases),
            InboxPages(self._inbox()),
            FieldPages(field_desk),
            RewardPages(cases),
            StatisticsPages(cases, self._studio),
            ExportPages(cases),
            ExposurePages(cases, shown),
            BlockPages(cases),
            BroadcastPages(parts.districts),
            BuildingPages(BuildingDesk(self.typesetter)),
            RollPages(given.drills),
            DrillPages(DrillDesk(given.drills, self.typesetter, self._studio)),
            DutyPages(DutyDesk(given.drills.duties)),
            webhooks,
        )

    def _inbox(self) -> InboxDesk:
        given = self._around
        safe = Safe(given.settings.data_dir / FILES_FOLDER, given.key)
        hours = desk_hours(given.settings.districts)
        return InboxDesk(hours, speaker_of(), safe, self.typesetter, given.wake)

    def _shell(self) -> Console:
        given, settings = self._around, self._around.settings
        return Console(
            database=given.database,
            clock=given.clock,
            key=given.key,
            districts=settings.districts,
            public_url=settings.public_url,
            data_dir=settings.data_dir,
            tiles=TileSetting(settings.map_tiles, settings.map_datum, settings.map_attribution),
            is_secure=settings.public_url.lower().startswith("https://"),
        )
