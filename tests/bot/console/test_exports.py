"""The register taken away: filtered, within one's area, harmless in a spreadsheet, noted."""

import csv
import io
from collections.abc import Iterator

import openpyxl
import pytest

from bot.console.downloads import Table, download
from bot.console.exports import PATH, ExportPages
from bot.console.shell import Refused
from bot.papers.typesetting import Typesetter
from community.audit import entries
from community.tables import Column
from tests.bot.console.bureau import Opened, closed, desk_of, opening
from tests.bot.console.console_service import Town, post
from tests.bot.console.office import DISTRICT, Office
from tests.hazards.rewarded import ZONE


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@pytest.fixture
def opened(office: Office) -> Iterator[Opened]:
    with opening(office, ExportPages(desk_of(office))) as opened:
        yield opened


def register(opened: Opened, login: str, query: str = "") -> list[dict[str, str]]:
    answer = opened(login).get(f"{PATH}/register.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_register_has_every_case_and_nobodys_name(office: Office, opened: Opened) -> None:
    closed(office, place_words="翠湖苑3栋501室", summary="=HYPERLINK(1) 张先生堆物")
    office.case()

    rows = register(opened, "shen")

    assert [row["状态"] for row in rows] == ["已销号", "待初审"]
    assert rows[0]["地点"] == "翠湖苑3栋5楼"
    assert rows[0]["情况"] == "'=HYPERLINK(1) 住户堆物"
    assert "13800000000" not in str(rows)
    (noted,) = office.town.database.read(lambda db: entries(db, [""], most=1))
    assert (noted.action, noted.detail["form"]) == ("register.exported", "csv")


def test_an_xlsx_is_a_workbook_whose_text_stays_text(office: Office, opened: Opened) -> None:
    office.case(summary="=1+1")

    answer = opened("shen").get(f"{PATH}/register.xlsx?district={DISTRICT}")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    (cell,) = [one for one in sheet[2] if one.value == "=1+1"]
    assert cell.data_type == "s"
    assert 'filename="hazards-20261120.xlsx"' in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("login", "query", "count"),
    [
        ("shen", "?state=open", 1),
        ("shen", "?state=closed", 1),
        ("shen", "?category=lane_blocked", 0),
        ("shen", "?district=jiangjin", 0),
        ("shen", "?text=翠湖苑", 2),
        ("ban", "", 2),
        ("yuan", "", 0),
    ],
)
def test_filters_and_areas_narrow(
    office: Office, opened: Opened, login: str, query: str, count: int
) -> None:
    closed(office)
    office.case()

    assert len(register(opened, login, query)) == count
    page = opened(login).get(f"{PATH}{query}").text
    assert f"符合的有<strong>{count}</strong>件" in page


def test_the_address_of_the_file_keeps_the_filter(office: Office, opened: Opened) -> None:
    office.case()

    page = opened("shen").get(f"{PATH}?state=open&category=corridor_blocked").text

    assert f"{PATH}/register.csv?state=open&amp;category=corridor_blocked" in page


def test_whatever_stands_in_an_address_is_taken(office: Office, opened: Opened) -> None:
    assert register(opened, "shen", "?district=江 津&street=x&handler=<b>") == []


@pytest.mark.parametrize("login", ["wang"])
def test_grid_workers_take_nothing_away(office: Office, opened: Opened, login: str) -> None:
    assert opened(login).get(PATH).status_code == 403
    assert opened(login).get(f"{PATH}/register.csv").status_code == 403


def test_who_walks_one_place_and_handles_in_another_takes_away_the_other_alone(
    office: Office, opened: Opened
) -> None:
    posts = (
        post("grid_worker", DISTRICT),
        post("department", "jiangjin", department="fire_rescue"),
    )
    office.town.hire("ling", *posts)
    office.case()

    assert register(opened, "ling") == []


def test_another_form_is_none(office: Office, opened: Opened) -> None:
    assert opened("shen").get(f"{PATH}/register.pdf").status_code == 404


@pytest.mark.anyio
async def test_too_many_rows_for_a_sheet_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community.tables.MOST_XLSX_ROWS", 1)
    table = Table("t", (Column("a", "甲"),), lambda: [{"a": 1}, {"a": 2}], ZONE)

    with pytest.raises(Refused, match="422"):
        await download(table, "xlsx")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
