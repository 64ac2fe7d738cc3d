"""Putting a case to a building or a street: offered, done once, and seen by the street then."""

import re

import pytest
from sqlalchemy import select, update

from bot.console.case_desk import PATH
from bot.console.case_place import NO_CHOICE
from bot.console.case_problems import NOT_ALLOWED, NOT_HERE, STALE
from community.register_store import building, building_facts
from hazards.cases import Case
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Visit, post
from tests.bot.console.office import DISTRICT, HERE, Office, do, fields, path
from tests.bot.desk_town import street_with_building

UNPLACED = "还没有定到街道，街道看不到这件"
TITLE = "定位：楼栋或街道"
TASK = "没有定到街道的隐患"


@pytest.fixture
def case(office: Office) -> Case:
    return office.case(street_id=None, place_words="老粮站对面巷子", floor="")


def standing(
    office: Office, name: str, metres: int, district: str = DISTRICT
) -> tuple[str, int, int]:
    """Return the field's value, the street and the id of a building so far north of ``HERE``."""

    def work(db: object) -> tuple[str, int, int]:
        street_id, id_ = street_with_building(db, name, district)
        there = {"latitude": HERE.latitude + metres / 111_320, "longitude": HERE.longitude}
        db.execute(update(building_facts).where(building_facts.c.building_id == id_).values(there))
        code = db.execute(select(building.c.code).where(building.c.id == id_)).scalar_one()
        return f"building:{code}", street_id, id_

    return office.town.database.write(work)


def offered(visit: Visit, case: Case, query: str = "") -> dict[str, list[str]]:
    """Return the values of the form by the headings they stand under."""
    form = visit.get(path(case) + query).text.partition('id="place"')[2].partition("</select>")[0]
    return {
        name: re.findall(r'value="([^"]+)"', rest)
        for name, rest in re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', form)
    }


def test_a_street_is_chosen_and_its_staff_see_the_case(
    office: Office, opened: Opened, case: Case
) -> None:
    shen, ban = opened("shen"), opened("ban")
    page = shen.get(path(case)).text
    assert UNPLACED in page
    assert TITLE in page
    assert ban.get(path(case)).status_code == 404

    value = f"street:{office.street_id}"
    done = shen.follow(do(shen, case, "place", value=value, text="老粮站对面", floor="1楼"))

    placed = office.now(case)
    assert (placed.street_id, placed.building_id) == (office.street_id, None)
    assert "城东街道 老粮站对面 1楼" in done.text
    assert UNPLACED not in done.text
    assert ban.get(path(case)).status_code == 200
    assert office.events(case)[-1] == ("noted", "定位到街道：老粮站对面")
    assert "<b>定位</b>" in done.text


def test_the_buildings_nearby_are_offered_first(office: Office, opened: Opened, case: Case) -> None:
    next_door, _, _ = standing(office, "新华街道", 40)
    near, street_id, near_id = standing(office, "正阳街道", 250)
    far, _, _ = standing(office, "冯家街道", 400)
    visit = opened("zhi")

    choices = offered(visit, case)

    assert list(choices) == ["附近的楼栋", "不知道楼栋，只定街道", "登记的楼栋"]
    assert choices["附近的楼栋"] == [next_door, near]
    assert choices["登记的楼栋"] == [far]
    assert "（约40米）" in visit.get(path(case)).text
    do(visit, case, "place", value=near, text="2单元")
    placed = office.now(case)
    assert (placed.street_id, placed.building_id) == (street_id, near_id)
    assert placed.place_words.endswith("3栋 2单元")


def test_without_coordinates_none_is_near(office: Office, opened: Opened) -> None:
    standing(office, "新华街道", 40)

    choices = offered(opened("shen"), office.case(street_id=None, point=None))

    assert "附近的楼栋" not in choices
    assert len(choices["登记的楼栋"]) == 1


def test_other_districts_are_neither_offered_nor_taken(
    office: Office, opened: Opened, case: Case
) -> None:
    away, street_id, _ = standing(office, "几江街道", 30, "jiangjin")
    visit = opened("shen")
    assert away not in str(offered(visit, case))

    for value, words in (
        (away, NO_CHOICE),
        (f"street:{street_id}", NOT_HERE),
        ("street:x", NO_CHOICE),
        ("", NO_CHOICE),
    ):
        answer = do(visit, case, "place", value=value)
        assert answer.status_code in {409, 422}
        assert words in answer.text
    assert office.now(case) == case


def test_what_changed_meanwhile_is_told(office: Office, opened: Opened, case: Case) -> None:
    shen, du = opened("shen"), opened("du")
    form = fields(shen, case, "place") | {"value": f"street:{office.street_id}"}
    do(du, case, "place", value=f"street:{office.street_id + 1}")

    answer = shen.client.post(path(case, "do"), data=form)

    assert answer.status_code == 409
    assert STALE in answer.text
    assert office.now(case).street_id == office.street_id + 1


def test_who_only_handles_reads_that_it_has_no_street(
    office: Office, opened: Opened, case: Case
) -> None:
    form = fields(opened("shen"), case, "place") | {"value": f"street:{office.street_id}"}
    visit = opened("xiao")
    page = visit.get(path(case)).text
    assert UNPLACED in page
    assert TITLE not in page

    form |= {"csrf": visit.token(), "operation": "mine-place"}
    answer = visit.client.post(path(case, "do"), data=form)

    assert NOT_ALLOWED in answer.text
    assert office.now(case) == case


def test_a_wrong_place_is_put_right(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    assert "?place=1#placing" in visit.get(path(case)).text
    assert offered(visit, case) == {}

    page = visit.get(path(case) + "?place=1").text
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if 'value="place"' in one)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    value = f"street:{office.street_id + 1}"
    visit.client.post(path(case, "do"), data=hidden | {"value": value})

    assert office.now(case).street_id == office.street_id + 1


def test_a_case_that_has_ended_has_no_form(office: Office, opened: Opened, case: Case) -> None:
    office.move(case, "shen", "reject")

    page = opened("shen").get(path(case) + "?place=1").text

    assert UNPLACED not in page
    assert TITLE not in page


def test_they_wait_on_the_first_page_and_in_the_queue(
    office: Office, opened: Opened, case: Case
) -> None:
    other = office.case()
    visit = opened("shen")

    assert TASK in visit.get("/console").text
    page = visit.get(f"{PATH}?unplaced=1").text
    assert case.code in page
    assert other.code not in page
    do(visit, case, "place", value=f"street:{office.street_id}")
    assert TASK not in visit.get("/console").text


@pytest.mark.parametrize("login", ["xiao", "ban", "jie"])
def test_only_the_whole_district_s_are_asked(
    office: Office, opened: Opened, case: Case, login: str
) -> None:
    office.town.hire("jie", post("reviewer", DISTRICT, street_id=office.street_id))

    assert TASK not in opened(login).get("/console").text
    assert office.now(case) == case
