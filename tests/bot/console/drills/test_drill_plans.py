"""Planning a drill by the console's form: all faults at once, nothing lost, warnings apart."""

from datetime import timedelta

import pytest

from bot.console.drill_plans import ALREADY, CHANGED, NO_PLACE, PLANNED
from drills.drill_store import buildings_of, drills_in
from drills.drills import REFUSALS, Drill
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Visit, csrf_in, post
from tests.bot.console.drill_office import ONE, THREE, TWO, DrillOffice, path
from tests.drills.estate import HERE, NOON, STARTS

PATH = "/console/drills"


def form(visit: Visit, address: str, **more: object) -> dict[str, object]:
    """Return a good plan's form, as the page at an address holds it."""
    page = visit.get(address).text
    operation = page.split('name="operation" value="')[1].split('"')[0]
    good = {
        "csrf": csrf_in(page), "operation": operation, "kind": "evacuation", "day": "2026-12-19",
        "time": "09:00", "minutes": "40", "assembly_point": "", "scenario": "", "title": "",
    }  # fmt: skip
    return good | more


def drills(office: DrillOffice) -> list[Drill]:
    area = office.estate.officer.area()
    return list(office.town.database.read(lambda db: drills_in(db, area)).rows)


@pytest.fixture
def address(office: DrillOffice, zhang: Visit) -> str:
    """Where the head of one community's buildings plans."""
    answer = zhang.get(f"{PATH}/plan")
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_head_plans_for_their_own_buildings(
    office: DrillOffice, zhang: Visit, address: str
) -> None:
    page = zhang.get(address).text
    assert ONE in page
    assert THREE not in page
    ids = [str(office.estate.buildings[name]) for name in (ONE, TWO)]
    answer = zhang.client.post(address, data=form(zhang, address, building=ids))
    assert answer.status_code == 303, answer.text
    assert PLANNED in zhang.follow(answer).text
    (made,) = drills(office)
    assert made.starts_at == STARTS + timedelta(days=14)
    assert made.assembly_point == "东门广场"
    assert made.organiser_id == office.staff["zhang"]
    named = office.town.database.read(lambda db: buildings_of(db, made.id))
    assert [one.name for one in named] == [ONE, TWO]


def test_who_has_several_communities_chooses(office: DrillOffice, signed_in: SignedIn) -> None:
    page = signed_in("du").get(f"{PATH}/plan").text
    assert "幸福社区" in page
    assert "东门社区" in page
    foreign = signed_in("wai").get(f"{PATH}/plan/999999")
    assert (foreign.status_code, NO_PLACE in foreign.text) == (404, True)


def test_every_fault_is_shown_at_once_and_nothing_is_lost(
    office: DrillOffice, zhang: Visit, address: str
) -> None:
    wrong = form(
        zhang, address, kind="x", day="2026-13-40", minutes="many", title="不叫那个的活动",
        scenario="假设三楼起火", assembly_point="西门",
    )  # fmt: skip
    answer = zhang.client.post(address, data=wrong)
    assert answer.status_code == 422
    for words in ("还没有选哪种演练", "日期没看懂", "演练时长要写成", "名称里要有", "还没有选楼栋"):
        assert words in answer.text, words
    for kept in ("不叫那个的活动", "假设三楼起火", "西门", "2026-13-40"):
        assert kept in answer.text, kept
    assert drills(office) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"time": "早上"}, "开始时间没看懂"),
        ({"day": "2026-11-01"}, "已经过去了"),
        ({"minutes": "5"}, "演练时长要在"),
        ({"scenario": "长" * 501}, "假设情况太长"),
        ({"assembly_point": "长" * 101}, "集合点太长"),
    ],
)
def test_a_fault_is_said_in_words(
    office: DrillOffice, zhang: Visit, address: str, values: dict[str, str], words: str
) -> None:
    chosen = str(office.estate.buildings[ONE])
    answer = zhang.client.post(address, data=form(zhang, address, building=chosen) | values)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert f'value="{chosen}" checked' in answer.text
    assert drills(office) == []


def test_a_building_of_others_is_refused(office: DrillOffice, zhang: Visit, address: str) -> None:
    others = str(office.estate.buildings[THREE])
    sent = form(zhang, address, building=others, assembly_point="东门")
    assert "不在你负责的范围内" in zhang.client.post(address, data=sent).text
    assert drills(office) == []


def test_a_warning_is_read_before_it_is_planned_anyway(
    office: DrillOffice, zhang: Visit, address: str
) -> None:
    soon = {"day": "2026-11-26", "building": str(office.estate.buildings[ONE])}
    asked = zhang.client.post(address, data=form(zhang, address, **soon))
    assert asked.status_code == 422
    assert "知道了，就这样计划" in asked.text
    accepted = asked.text.split('name="accept" value="')[1].split('"')[0]
    assert "short_notice" in accepted.split(",")
    some = zhang.client.post(address, data=form(zhang, address, **soon, accept="other"))
    assert some.status_code == 422
    answer = zhang.client.post(address, data=form(zhang, address, **soon, accept=accepted))
    assert answer.status_code == 303
    assert len(drills(office)) == 1


def test_a_plan_sent_twice_is_one_drill(office: DrillOffice, zhang: Visit, address: str) -> None:
    sent = form(zhang, address, building=str(office.estate.buildings[ONE]))
    answers = [zhang.client.post(address, data=sent) for _ in range(2)]
    assert len(drills(office)) == 1
    # The drill itself now stands at its time.
    assert "时间太近" in answers[1].text or ALREADY in zhang.follow(answers[1]).text


def test_a_plan_is_changed_until_it_is_approved(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    address = path(drill, "change")
    page = zhang.get(address).text
    assert f'value="{drill.title}"' in page
    assert 'value="2026-12-05"' in page
    ids = [str(office.estate.buildings[ONE])]
    changing = form(zhang, address, building=ids, day="2026-12-05", time="09:30", minutes="60")
    stale = zhang.client.post(address, data=changing | {"version": "7"})
    assert (stale.status_code, REFUSALS["stale"] in stale.text) == (409, True)
    answer = zhang.client.post(address, data=changing | {"version": str(drill.version)})
    assert CHANGED in zhang.follow(answer).text
    found = office.now(drill)
    assert (found.lasts_minutes, found.version) == (60, drill.version + 1)


def test_what_is_approved_is_not_changed(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("approved")
    address = path(drill, "change")
    sent = form(zhang, address, building=str(office.estate.buildings[ONE]))
    answer = zhang.client.post(address, data=sent | {"version": str(drill.version)})
    assert (answer.status_code, REFUSALS["not_planned"] in answer.text) == (409, True)


def test_a_change_shows_its_faults(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    address = path(drill, "change")
    sent = form(zhang, address) | {"version": str(drill.version)}
    assert "还没有选楼栋" in zhang.client.post(address, data=sent).text
    assert office.now(drill) == drill


def test_a_named_head_without_buildings_reads_whom_to_ask(
    office: DrillOffice, signed_in: SignedIn
) -> None:
    office.town.hire("kong", post("building_head", HERE))
    assert "还没有你能排演练的楼栋" in signed_in("kong").get(f"{PATH}/plan").text
    assert office.clock.now == NOON
