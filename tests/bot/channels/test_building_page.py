"""A building's notice page: facts of the register, duty phones, a QR code, and nobody's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert, select

from bot.channels.building_page import (
    DutyPhone,
    duty_phones,
    floors_words,
    page_address,
)
from community.register_store import archive_building, community
from community.registers import BuildingFacts
from community.staff import Post
from hazards.inspection_store import inspection
from storage import Database
from tests.bot.channels.building_service import PUBLIC_URL, Notices
from tests.bot.channels.web_service import serving
from tests.community.registered import NOON
from tests.community.staffed import employed


@pytest.fixture
def store() -> str:
    """Pages are tested on SQLite; their queries, beside their stores, on both."""
    return "sqlite"


@pytest.fixture
def notices(database: Database) -> Notices:
    return Notices(database)


@contextmanager
def asking(notices: Notices) -> Iterator[httpx.Client]:
    with serving(notices.app()) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def client(notices: Notices) -> Iterator[httpx.Client]:
    with asking(notices) as client:
        yield client


def test_the_page_tells_what_the_register_knows(notices: Notices, client: httpx.Client) -> None:
    found = client.get(f"/building/{notices.building().code}")
    assert found.status_code == 200
    for words in (
        "双福花园3栋", "双福街道幸福社区", "滨江路8号&lt;b&gt;", "地上33层，地下2层", "2个单元",
        "15楼、30楼", "小区北门广场", "某某物业", "北门微站", "某某维保", "2026年10月1日",
        'href="tel:02347521234"', "还没有安排", 'href="tel:119"', 'href="/"',
    ):  # fmt: skip
        assert words in found.text, words
    assert "<b>" not in found.text
    assert found.headers["cache-control"] == "public, max-age=60"
    assert "default-src 'self'" in found.headers["content-security-policy"]
    assert "style=" not in found.text
    assert "<script>" not in found.text


def test_no_mobile_phone_is_ever_shown(notices: Notices, client: httpx.Client) -> None:
    for name, mobile in (("3栋", "13800000000"), ("A座", "13900000000")):
        page = client.get(f"/building/{notices.building(name).code}").text
        assert mobile not in page
    assert "还没有登记值班电话" in page


def test_a_building_of_which_nothing_is_known_says_so(
    notices: Notices, client: httpx.Client
) -> None:
    page = client.get(f"/building/{notices.building('A座').code}").text
    assert "还没有登记。请问物业或社区。" in page
    assert "集合</p>" not in page


def test_the_code_is_read_as_people_type_it(notices: Notices, client: httpx.Client) -> None:
    code = notices.building().code
    assert client.get(f"/building/{code[:4].lower()}-{code[4:].lower()}").status_code == 200


@pytest.mark.parametrize("code", ["AAAAAAAA", "x", "%00", "双福", "1" * 500])
def test_an_unknown_code_is_told_how_to_be_found(client: httpx.Client, code: str) -> None:
    found = client.get(f"/building/{code}")
    assert found.status_code == 404
    assert "没有这栋楼" in found.text
    assert "先打119" in found.text
    assert found.headers["cache-control"] == "no-store"
    for picture in ("code.svg", "code.png"):
        assert client.get(f"/building/{code}/{picture}").status_code == 404


def test_an_archived_building_is_gone(notices: Notices, client: httpx.Client) -> None:
    found = notices.building()
    notices.database.write(lambda db: archive_building(db, found.id, NOON))
    assert client.get(f"/building/{found.code}").status_code == 404


def test_the_next_drill_is_announced(notices: Notices, client: httpx.Client) -> None:
    found = notices.building()
    path = f"/building/{found.code}"
    notices.drills[found.id] = NOON + timedelta(days=3)
    assert "2026年11月25日12时" in client.get(path).text
    notices.drills[found.id] = NOON - timedelta(days=3)
    assert "还没有安排" in client.get(path).text


def test_the_latest_inspection_counts_ours_too(notices: Notices, client: httpx.Client) -> None:
    found = notices.building()
    worker = employed(notices.database, "worker", Post("grid_worker", "demo"))
    street = select(community.c.street_id).where(community.c.id == found.community_id)
    row = {
        "operation": "1", "district_id": "demo", "street_id": street.scalar_subquery(),
        "building_id": found.id, "staff_id": worker.id, "guide": "1", "started_at": NOON,
        "finished_at": NOON,
    }  # fmt: skip
    notices.database.write(lambda db: db.execute(insert(inspection).values(row)))
    assert "2026年11月22日" in client.get(f"/building/{found.code}").text


def test_the_code_leads_to_the_page(notices: Notices, client: httpx.Client) -> None:
    path = f"/building/{notices.building().code}"
    svg, png = client.get(f"{path}/code.svg"), client.get(f"{path}/code.png")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.startswith("<svg")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    assert len(png.content) < 100_000
    other = client.get(f"/building/{notices.building('A座').code}/code.svg")
    assert other.text != svg.text


def test_without_a_public_address_there_is_no_code(notices: Notices) -> None:
    notices.public_url = ""
    path = f"/building/{notices.building().code}"
    with asking(notices) as client:
        assert "二维码" not in client.get(path).text
        assert client.get(f"{path}/code.svg").status_code == 404


def test_a_store_that_fails_says_whom_to_call(notices: Notices) -> None:
    code = notices.building().code
    notices.database.close()
    with asking(notices) as client:
        for path in (f"/building/{code}", f"/building/{code}/code.svg"):
            found = client.get(path)
            assert found.status_code == 503
            assert "119" in found.text


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("023-47521234", "02347521234"), ("023-47521234-801", "02347521234,801"),
        ("47521234", "47521234"), ("47521234-12", "47521234,12"), ("400-820-8820", "4008208820"),
        ("12345", "12345"),
    ],
)  # fmt: skip
def test_a_number_is_dialled(number: str, dialled: str) -> None:
    assert DutyPhone("物业值班", number).dialled == dialled


def test_a_number_stands_once_for_all_its_posts() -> None:
    facts = BuildingFacts(
        "3栋", property_phone="023-47521234/13800000000", control_room_phone="023-47521234",
        community_phone="023-47525555", head_phone="13800000001",
    )  # fmt: skip
    assert [(one.name, one.number) for one in duty_phones(facts)] == [
        ("物业值班、消防控制室", "023-47521234"),
        ("社区", "023-47525555"),
    ]


@pytest.mark.parametrize(
    ("above", "below", "words"),
    [(33, 2, "地上33层，地下2层"), (33, None, "地上33层"), (None, None, ""), (7, 0, "地上7层")],
)
def test_floors_in_words(above: int | None, below: int | None, words: str) -> None:
    assert floors_words(BuildingFacts("3栋", floors_above=above, floors_below=below)) == words


def test_an_address_has_one_slash() -> None:
    assert page_address(f"{PUBLIC_URL}/", "ABC") == f"{PUBLIC_URL}/building/ABC"
    assert page_address("", "ABC") == ""
