"""Calendar feeds over a server that really listens, read by a client library of other people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import sleep

import httpx
import icalendar
import pytest
import uvicorn
import vobject
from sqlalchemy import update
from starlette.applications import Starlette

from bot.channels import web
from bot.channels.calendar import BURST, CalendarParts, calendar_routes
from community.staff import Area
from drills.feed_store import FeedMaker, Scope, add_feed, end_feed
from drills.store import drill
from storage import Database
from tests.drills.duty_town import NOON, QIANJIANG_AREA, DutyTown, duty_town

KEY = b"only for tests, thirty-two bytes"
LATER = NOON + timedelta(hours=1)


@dataclass(frozen=True)
class Feeds:
    """Feeds on a port, and the town that they are of."""

    town: DutyTown
    url: str
    client: httpx.Client
    feed_id: int
    secret: str

    @property
    def path(self) -> str:
        return f"/calendar/{self.secret}.ics"

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        return self.client.get(path or self.path, headers=headers)

    def change(self, drill_id: int, **values: object) -> None:
        """Change a drill as its planner would."""
        self.town.database.write(
            lambda db: db.execute(
                update(drill)
                .where(drill.c.id == drill_id)
                .values(sequence=drill.c.sequence + 1, changed_at=LATER, **values)
            )
        )

    def events(self) -> dict[str, icalendar.Event]:
        calendar = icalendar.Calendar.from_ical(self.get().content)
        return {str(one["UID"]): one for one in calendar.walk("VEVENT")}

    def drill(self) -> icalendar.Event:
        [found] = [one for uid, one in self.events().items() if uid.startswith("drill-")]
        return found


@pytest.fixture
def store() -> str:
    """What is read is tested on both stores beside ``drills.feed_store``."""
    return "sqlite"


@pytest.fixture
def town(database: Database) -> DutyTown:
    return duty_town(database)


@pytest.fixture
def feeds(town: DutyTown) -> Iterator[Feeds]:
    made = town.database.write(
        lambda db: add_feed(db, Scope("qianjiang"), "演练", _maker(town), NOON)
    )
    parts = CalendarParts(town.database, lambda: NOON, town.duties, KEY)
    with _listening(parts) as url, httpx.Client(base_url=url) as client:
        yield Feeds(town, url, client, *made)


@pytest.fixture
def drill_id(town: DutyTown) -> int:
    return town.database.write(lambda db: town.drill(db, "滨江花园1栋", state="announced"))


def test_a_client_of_other_people_reads_the_feed(feeds: Feeds, drill_id: int) -> None:
    answer = feeds.get()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    calendar = vobject.readOne(answer.content.decode())
    [event] = [one for one in calendar.vevent_list if one.uid.value.startswith("drill-")]
    assert event.summary.value == "【演练】冬季疏散演练"
    assert event.dtstart.value.astimezone(UTC) == datetime(2026, 12, 5, 2, tzinfo=UTC)
    assert len(calendar.vevent_list) > 1


def test_a_moved_drill_stays_the_same_event(feeds: Feeds, drill_id: int) -> None:
    before = feeds.drill()
    feeds.change(drill_id, starts_at=datetime(2026, 12, 12, 2, tzinfo=UTC))
    after = feeds.drill()

    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.start - before.start == timedelta(days=7)
    assert after["LAST-MODIFIED"].dt == LATER


def test_a_cancelled_drill_stays_as_cancelled(feeds: Feeds, drill_id: int) -> None:
    before = feeds.drill()
    feeds.change(drill_id, state="cancelled", reason="高温")
    after = feeds.drill()

    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert (after["UID"], after.start) == (before["UID"], before.start)
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert "高温" not in feeds.get().text


def test_what_did_not_change_is_not_sent_again(feeds: Feeds, drill_id: int) -> None:
    first = feeds.get()
    etag = first.headers["etag"]

    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = feeds.get(**{"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    feeds.change(drill_id, title="改了名字的演练")
    changed = feeds.get(**{"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_head_answers_without_a_body(feeds: Feeds) -> None:
    head, got = feeds.client.head(feeds.path), feeds.get()

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == got.headers["content-length"]
    assert feeds.client.post(feeds.path).status_code == 405


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-5] + ("A" if path[-5] != "A" else "B") + ".ics",
        lambda path: path.swapcase().replace(".ICS", ".ics").replace("/CALENDAR", "/calendar"),
        lambda _: "/calendar/x.ics",
        lambda _: "/calendar/%E6%BC%94%E7%BB%83.ics",
        lambda _: "/calendar/%00.ics",
        lambda path: path.replace(".ics", ""),
    ],
)
def test_another_secret_leads_nowhere(feeds: Feeds, change: Callable[[str], str]) -> None:
    assert feeds.get(change(feeds.path)).status_code == 404


def test_an_ended_feed_is_like_one_that_never_was(feeds: Feeds) -> None:
    ended = feeds.town.database.write(
        lambda db: end_feed(db, feeds.feed_id, _maker(feeds.town), LATER)
    )
    gone, never = feeds.get(), feeds.get(f"/calendar/{'x' * 43}.ics")

    assert ended
    assert gone.status_code == never.status_code == 404
    assert gone.content == never.content
    assert gone.headers["cache-control"] == "no-store"


def test_guessing_is_slow(feeds: Feeds) -> None:
    answers = [feeds.get("/calendar/guess.ics").status_code for _ in range(int(BURST) + 20)]

    assert answers[0] == 404
    assert answers[-1] == 429
    # Also with the right secret: whoever guesses learns nothing.
    assert feeds.get().status_code == 429


def test_a_database_that_is_gone_is_told(town: DutyTown) -> None:
    parts = CalendarParts(town.database, lambda: NOON, town.duties, KEY)
    with _listening(replace(parts)) as url:
        town.database.close()
        answer = httpx.get(f"{url}/calendar/{'x' * 43}.ics")

    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_the_key_is_not_shown() -> None:
    assert "thirty-two" not in repr(CalendarParts(None, lambda: NOON, None, KEY))  # type: ignore[arg-type]  # only its words count


def _maker(town: DutyTown, area: Area = QIANJIANG_AREA) -> FeedMaker:
    return FeedMaker(town.staff_id, area, KEY)


@contextmanager
def _listening(parts: CalendarParts) -> Iterator[str]:
    app = Starlette(routes=calendar_routes(parts), middleware=web.middleware())
    config = uvicorn.Config(
        app, port=0, ws="none", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
