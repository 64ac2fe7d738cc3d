"""What everybody can open: the board, the honour roll, and the check of a certificate."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from bot.channels import board, web
from bot.channels.board import Shown
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC, load_pages
from community.districts import load_district
from community.files import FileMissing, StoredFile, note_file
from hazards.cases import Case
from hazards.categories import load_categories
from hazards.commendation_store import (
    Commendation,
    NewCommendation,
    agree_to_roll,
    issue,
    withdraw,
)
from hazards.exposure import NewExposure
from hazards.exposure_store import draft, live_exposure, release
from storage import Database
from tests.bot.channels.web_service import serving
from tests.hazards.casefile import DAY, NOON, Office, add_photo, add_report, case_at, open_office
from tests.hazards.rewarded import new_resident

NAME = "cd" * 32
JPEG = b"\xff\xd8 a picture"


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Stand:
    """The public pages over a database with an office."""

    database: Database
    office: Office
    clock: Clock = field(default_factory=Clock)
    is_disk_whole: bool = True

    def read_photo(self, file: StoredFile) -> bytes:
        if not self.is_disk_whole:
            raise FileMissing(STATIC / file.name)
        return JPEG

    def app(self) -> Starlette:
        assets = Assets(STATIC)
        shown = Shown(
            self.database,
            self.clock,
            {"demo": load_district("demo")},
            load_categories(),
            self.read_photo,
            load_pages(assets),
        )
        return Starlette(routes=board.routes(shown), middleware=web.middleware())

    def exposed(self, title: str = "占用消防车通道", words: str = "已清理") -> Case:
        def work(db: Connection) -> Case:
            case = case_at(db, self.office, "close")
            file_id = note_file(db, StoredFile(NAME, "sealed", 9), NOON)
            looked = {"masked_file_id": file_id, "looked_at_by": 1, "case_id": case.id}
            photo = add_photo(db, "report", **looked)
            by = self.office.staff["reviewer"]
            draft(db, case, NewExposure(title, words, "某商场", (photo,)), by, NOON)
            one = live_exposure(db, case.id)
            assert one
            release(db, one, by, {case.category}, NOON)
            return case

        return self.database.write(work)

    def thanked(self, *, agreed: bool = True) -> Commendation:
        def work(db: Connection) -> Commendation:
            resident = new_resident(db, "ann")
            case = case_at(db, self.office, "close")
            report = add_report(db, case.id, reporter_id=resident)
            new = NewCommendation("demo", report, resident, "<b>谢谢</b>你", NOON + 30 * DAY)
            made = issue(db, new, NOON)
            if agreed:
                agree_to_roll(db, made.id, resident, "东门老李", NOON)
            return made

        return self.database.write(work)


@pytest.fixture
def store() -> str:
    """Pages are tested on SQLite; their queries, beside their stores, on both."""
    return "sqlite"


@pytest.fixture
def stand(database: Database) -> Stand:
    return Stand(database, database.write(open_office))


@pytest.fixture
def client(stand: Stand) -> Iterator[httpx.Client]:
    with serving(stand.app()) as url, httpx.Client(base_url=url) as client:
        yield client


def test_the_board_shows_what_was_released(stand: Stand, client: httpx.Client) -> None:
    assert "现在没有曝光的隐患" in client.get("/board").text
    stand.exposed(words="<script>已清理</script>")

    page = client.get("/board")

    assert "占用消防车通道" in page.text
    assert "&lt;script&gt;已清理" in page.text
    assert "已整改，已销号" in page.text
    assert "2026年11月23日" in page.text
    assert page.headers["cache-control"] == "public, max-age=60"
    assert "set-cookie" not in page.headers
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_a_photo_is_kept_for_a_minute(stand: Stand, client: httpx.Client) -> None:
    stand.exposed()

    photo = client.get(f"/board/photos/{NAME}.jpg")

    assert (photo.content, photo.headers["content-type"]) == (JPEG, "image/jpeg")
    assert photo.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("name", ["ab" * 32, "..%2f..%2fsecret", "x"])
def test_no_other_photo_is_there(stand: Stand, client: httpx.Client, name: str) -> None:
    stand.exposed()

    assert client.get(f"/board/photos/{name}.jpg").status_code == 404


def test_a_photo_that_cannot_be_read_is_told(stand: Stand, client: httpx.Client) -> None:
    stand.exposed()
    stand.is_disk_whole = False

    answer = client.get(f"/board/photos/{NAME}.jpg")

    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert "119" in answer.text


def test_pages_of_the_board_follow_one_another(stand: Stand, client: httpx.Client) -> None:
    for number in range(11):
        stand.exposed(title=f"第{number:02}条")

    first = client.get("/board").text
    assert first.count("<article") == 10
    assert "第10条" in first
    second = client.get("/board?before=2").text
    assert ("第00条" in second, second.count("<article"), "回到最新的" in second) == (True, 1, True)
    assert "没有更早的了" in client.get("/board?before=1").text
    assert client.get("/board?before=x").text.count("<article") == 10


def test_the_honour_roll_shows_who_agreed(stand: Stand, client: httpx.Client) -> None:
    assert "还没有人上榜" in client.get("/honour").text
    stand.thanked(agreed=False)
    assert "还没有人上榜" in client.get("/honour").text
    stand.thanked()

    page = client.get("/honour").text

    assert "东门老李" in page
    assert "&lt;b&gt;谢谢" in page


def test_a_certificate_is_confirmed_as_it_is_typed(stand: Stand, client: httpx.Client) -> None:
    made = stand.thanked()

    page = client.get(f"/certificates/{made.code[:4].lower()}-{made.code[4:]}")

    assert "是真的，现在有效" in page.text
    assert "东门老李" in page.text
    assert page.headers["cache-control"] == "no-store"


def test_an_old_and_a_withdrawn_certificate_say_so(stand: Stand, client: httpx.Client) -> None:
    made = stand.thanked()
    path = f"/certificates/{made.code}"

    stand.clock.now = NOON + timedelta(days=31)
    assert "已经过了有效期" in client.get(path).text
    assert "还没有人上榜" in client.get("/honour").text

    stand.clock.now = NOON
    stand.database.write(lambda db: withdraw(db, made.id, NOON))
    page = client.get(path).text
    assert "已经撤回" in page
    assert "谢谢" not in page


@pytest.mark.parametrize("code", ["K7M39QX2", "nonsense", "%E4%BD%A0"])
def test_an_unknown_code_is_said_to_be_none(stand: Stand, client: httpx.Client, code: str) -> None:
    answer = client.get(f"/certificates/{code}")

    assert (answer.status_code, "不是我们发的" in answer.text) == (404, True)


def test_codes_are_not_tried_fast(stand: Stand, client: httpx.Client) -> None:
    answers = [client.get("/certificates/x").status_code for _ in range(40)]

    assert answers[0] == 404
    assert answers[-1] == 429
