"""A drill's papers from the console: the report and its versions, the roster, the poster."""

from io import BytesIO

import httpx
import openpyxl
import pytest
from sqlalchemy import update

from bot.console.drill_reports import ALREADY, NO_ADDRESS, NO_PAPER, NO_REPORT, SEALED
from drills.drills import Drill
from drills.report_store import versions_of
from drills.store import drill_report
from tests.bot.console.console_service import Visit
from tests.bot.console.drill_office import ONE, DrillOffice, path
from tests.drills.conducted import crowd


def seal(visit: Visit, drill: Drill, token: str = "") -> httpx.Response:
    page = visit.get(path(drill, "report")).text
    operation = token or page.split('name="operation" value="')[1].split('"')[0]
    return visit.post(path(drill, "report", "seal"), operation=operation)


def test_a_report_is_drafted_sealed_and_sealed_again(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("debrief")
    assert "草稿，还没有封存" in zhang.get(path(drill, "report")).text
    answer = seal(zhang, drill)
    assert SEALED in zhang.follow(answer).text
    assert office.now(drill).state == "reported"
    seal(zhang, drill)
    sealed = office.town.database.read(lambda db: versions_of(db, drill.id))
    assert [one.version for one in sealed] == [1, 2]
    first = zhang.get(path(drill, "report?version=1")).text
    assert sealed[0].hash in first
    assert sealed[1].hash not in first
    assert "草稿" in zhang.get(path(drill, "report?version=draft")).text
    assert zhang.get(path(drill, "report?version=9")).status_code == 404


def test_a_report_sealed_by_a_form_sent_twice_has_one_version(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("debrief")
    seal(zhang, drill, "same")
    assert ALREADY in zhang.follow(seal(zhang, drill, "same")).text
    assert len(office.town.database.read(lambda db: versions_of(db, drill.id))) == 1


def test_a_report_is_not_sealed_before_the_debrief_nor_there_before_the_all_clear(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("all_clear")
    answer = zhang.post(path(drill, "report", "seal"), operation="x")
    assert (answer.status_code, "讲评以后才能封存" in answer.text) == (409, True)
    assert "封存报告" not in zhang.get(path(drill, "report")).text


def test_there_is_no_report_of_what_was_not_held(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    answer = zhang.get(path(drill, "report"))
    assert (answer.status_code, NO_REPORT in answer.text) == (409, True)


def test_what_was_tampered_with_is_told(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("debrief")
    seal(zhang, drill)
    office.town.database.write(lambda db: db.execute(update(drill_report).values(hash="0" * 64)))
    assert "报告和封存时不一致" in zhang.get(path(drill, "report")).text


def test_a_report_is_taken_away(office: DrillOffice, zhang: Visit) -> None:
    crowd(office, ONE, 3)  # type: ignore[arg-type]
    drill = office.brought_to("debrief")
    pdf = zhang.get(path(drill, "report.pdf"))
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    book = openpyxl.load_workbook(BytesIO(zhang.get(path(drill, "report.xlsx")).content))
    assert drill.title in [row[1].value for row in book["概况"].iter_rows()]
    assert zhang.get(path(drill, "report", "nothing.svg")).status_code == 404
    chart = zhang.get(path(drill, "report", "funnel.svg"))
    assert chart.headers["content-type"].startswith("image/svg+xml")


def test_roster_and_poster_are_there_once_residents_are_told(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("announced")
    roster = zhang.get(path(drill, "roster.pdf"))
    assert roster.content.startswith(b"%PDF")
    poster = zhang.get(path(drill, "poster.pdf"))
    assert (poster.status_code, NO_ADDRESS in poster.text) == (409, True)


@pytest.mark.parametrize("paper", ["roster.pdf", "poster.pdf"])
def test_before_that_there_is_nothing_to_print(
    office: DrillOffice, zhang: Visit, paper: str
) -> None:
    drill = office.planned()
    answer = zhang.get(path(drill, paper))
    assert (answer.status_code, NO_PAPER in answer.text) == (409, True)
