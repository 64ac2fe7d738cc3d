"""The inbox as a console's pages: staff of a district, a street and another district."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from bot.console.inbox import InboxPages
from bot.console.inbox_desk import InboxDesk
from bot.desk import Safe
from bot.desk_store import note_media
from bot.messages import Media
from bot.papers.typesetting import Typesetter
from community.files import full_hour, keep_sealed, note_file
from storage import Database
from tests.bot.console.console_service import KEY, Town, post
from tests.bot.desk_town import (
    code_of,
    hours,
    settle_in,
    speaker,
    street_with_building,
    writes,
)


@dataclass
class InboxOffice:
    """An inbox and its people.

    ``zhi`` is on duty, ``du`` supervises, ``wang`` is of the street in the east, ``wei`` of that
    in the west, ``yuan`` of another district; ``shu`` reviews and has no business here.
    """

    town: Town
    typesetter: Typesetter
    staff: dict[str, int] = field(default_factory=dict)
    woken: list[str] = field(default_factory=list)
    streets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def work(db: Connection) -> None:
            for name, login in (("城东街道", "li"), ("城西街道", "he")):
                self.streets[name], tower = street_with_building(db, name)
                settle_in(db, login, tower)

        self.database.write(work)
        hired = {
            "zhi": post("duty_officer"),
            "du": post("supervisor"),
            "wang": post("grid_worker", street_id=self.streets["城东街道"]),
            "wei": post("grid_worker", street_id=self.streets["城西街道"]),
            "yuan": post("duty_officer", "jiangjin"),
            "shu": post("reviewer"),
        }
        for login, one in hired.items():
            self.staff[login] = self.town.hire(login, one)

    @property
    def database(self) -> Database:
        return self.town.database

    @property
    def safe(self) -> Safe:
        return Safe(self.town.data_dir / "files", KEY)

    @property
    def pages(self) -> InboxPages:
        desk = InboxDesk(hours(), speaker(), self.safe, self.typesetter, self.woken.append)
        return InboxPages(desk)

    def writes(self, name: str, said: str, **more: object) -> str:
        """Have a resident leave a message, and return the code of their conversation."""
        now = self.town.clock()

        def work(db: Connection) -> str:
            writes(db, name, said, now, **more)  # type: ignore[arg-type]
            return code_of(db, name, str(more.get("channel", "wechat")))

        return self.database.write(work)

    def sends(self, name: str, kind: str, data: bytes) -> tuple[str, int]:
        """Have a resident send something that is kept; return conversation and message."""
        now = self.town.clock()
        file = keep_sealed(self.safe.folder, KEY, data)

        def work(db: Connection) -> tuple[str, int]:
            booked = writes(db, name, "", now, sent=Media(kind, "ref"))  # type: ignore[arg-type]
            assert note_media(db, booked.id, note_file(db, file, full_hour(now)), file.name)
            return code_of(db, name), booked.id

        return self.database.write(work)
