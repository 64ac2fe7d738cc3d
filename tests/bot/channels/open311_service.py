"""Open311 that really listens, over a town with cases of every kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep

import uvicorn
from sqlalchemy import Connection, update
from starlette.applications import Starlette

from bot.channels import open311, web
from community.coordinates import Point
from community.files import StoredFile, keep_sealed, note_file
from hazards.case_store import find_case
from hazards.cases import Act, Case
from hazards.casework import set_public
from hazards.intake import Intake
from hazards.open_key_store import add_key
from hazards.store import hazard_photo
from storage import Database
from tests.hazards import casefile
from tests.hazards.casefile import NOON, Office
from tests.hazards.taken import KEY, intake

HERE = Point(29.25, 106.25)
TEXT = "消防车道被堵，已通知挪车"


@dataclass
class City:
    """A database with an office, and Open311 around it."""

    database: Database
    folder: Path
    office: Office
    now: datetime = NOON + timedelta(hours=1)
    public_url: str = ""
    intake: Intake = field(default_factory=intake)

    def around(self) -> open311.Around:
        return open311.Around(
            self.database, self.intake, self.folder, lambda: self.now, self.public_url
        )

    def case(self, last: str = "", text: str = TEXT, **values: object) -> Case:
        """Return a case, moved along the path up to ``last``, and public unless without a text."""

        def work(db: Connection) -> Case:
            at = values.pop("now", NOON)
            known = {"point": HERE, "category": "lane_blocked", **values}
            case = casefile.new_case(db, self.office, at, **known)
            names = casefile.PATH[: casefile.PATH.index(last) + 1] if last else ()
            case = casefile.walk(db, self.office, case, *names)
            return self._published(db, case, text) if text else case

        return self.database.write(work)

    def published(self, case: Case, text: str = TEXT) -> Case:
        """Release a case, or with an empty text take it back."""
        return self.database.write(lambda db: self._published(db, case, text))

    def moved(self, case: Case, name: str) -> Case:
        return self.database.write(lambda db: casefile.make(db, self.office, case, name))

    def photo(self, case: Case, data: bytes, *, is_looked_at: bool = True) -> StoredFile:
        """Give a case a photo with a masked copy."""
        file = keep_sealed(self.folder, KEY, data)

        def work(db: Connection) -> None:
            photo_id = casefile.add_photo(db, "report", case_id=case.id)
            values = {
                "masked_file_id": note_file(db, file, NOON),
                "looked_at_by": 1 if is_looked_at else None,
            }
            own = update(hazard_photo).where(hazard_photo.c.id == photo_id)
            db.execute(own.values(values))

        self.database.write(work)
        return file

    def key(self, name: str = "区政务热线", **values: int) -> str:
        return self.database.write(lambda db: add_key(db, name, KEY, NOON, **values)[1])

    def _published(self, db: Connection, case: Case, text: str) -> Case:
        current = find_case(db, case.id)
        assert current is not None
        act = Act(self.office.staff["reviewer"], current.version)
        return set_public(db, case.id, text, act, self.office.rules, NOON)


def open_city(database: Database, folder: Path) -> City:
    return City(database, folder, database.write(casefile.open_office))


@contextmanager
def listening(city: City) -> Iterator[str]:
    """Serve Open311 and yield its address, up to the version."""
    app = Starlette(routes=open311.routes(city.around()), middleware=web.middleware())
    config = uvicorn.Config(
        app, port=0, ws="none", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{open311.PATH}"
    finally:
        server.should_exit = True
        thread.join()
