"""Drills in the console: the list, a drill's page, its acts, refusals and problems."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.console.drill_acts import ALREADY, NO_WAY
from bot.console.drill_desk import NO_DRILL
from bot.console.drill_words import DONE
from community.audit import entries
from community.broadcast_store import broadcast
from drills.drills import REFUSALS, Drill, Refusal, State
from drills.problem_store import problems_of
from drills.problems import Problem
from drills.step_store import find_step
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Visit
from tests.bot.console.drill_office import (
    ONE,
    DrillOffice,
    fields,
    offers,
    path,
)
from tests.drills.conducted import REQUIRED
from tests.drills.estate import HERE, MINUTE, STARTS

PATH = "/console/drills"


def act(visit: Visit, drill: Drill, do: str, **more: str) -> httpx.Response:
    return visit.client.post(path(drill, "do"), data=fields(visit, drill, do) | more)


def test_the_list_shows_what_waits_first_and_only_ones_area(
    office: DrillOffice, signed_in: SignedIn, zhang: Visit
) -> None:
    drill = office.planned()
    page = signed_in("du").get(PATH).text
    assert page.index("等我批准") < page.index(drill.title) < page.index("全部演练")
    assert "等我批准" not in zhang.get(PATH).text
    assert drill.title in zhang.get(PATH).text
    assert drill.title not in signed_in("wai").get(PATH).text
    assert signed_in("ban").get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("year=2026", True),
        ("year=2025", False),
        ("state=planned", True),
        ("year=2026&state=closed", False),
        ("group=after", False),
        ("year=abc&page=-1&state=x&group=y", True),
        ("year=2026&page=1", False),
    ],
)
def test_the_list_is_narrowed_by_year_and_state(
    office: DrillOffice, zhang: Visit, query: str, is_found: bool
) -> None:
    drill = office.planned()
    whole = zhang.get(f"{PATH}?{query}").text
    assert (drill.title in whole[whole.index("全部演练") :]) is is_found


def test_the_home_page_counts_what_waits(office: DrillOffice, signed_in: SignedIn) -> None:
    office.planned()
    du = office.visits["du"] = signed_in("du")
    assert "等我批准的演练" in du.get("/console").text
    office.wait_until(STARTS)
    assert "今天的演练" in du.get("/console").text


def test_another_area_finds_no_drill(office: DrillOffice, signed_in: SignedIn) -> None:
    drill = office.planned()
    wai = signed_in("wai")
    for more in ((), ("counts",), ("abort",), ("change",), ("report",), ("roster.pdf",)):
        answer = wai.get(path(drill, *more))
        assert answer.status_code == 404
        assert NO_DRILL in answer.text
    form = {"do": "approve", "operation": "x"}
    assert wai.post(path(drill, "do"), **form).status_code == 404
    assert office.now(drill).state == "planned"


def test_the_organiser_waits_for_somebody_else_to_approve(
    office: DrillOffice, zhang: Visit, signed_in: SignedIn
) -> None:
    drill = office.planned()
    assert "approve" not in offers(zhang, drill)
    forged = zhang.post(path(drill, "do"), do="approve", operation="forged")
    assert forged.status_code == 409
    du = signed_in("du")
    answer = act(du, drill, "approve")
    assert DONE["approve"] in du.follow(answer).text
    assert office.now(drill).approver_id == office.staff["du"]


def test_a_whole_drill_is_conducted_from_its_page(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("approved")
    assert act(zhang, drill, "announce").status_code == 409
    for item in REQUIRED:
        form = fields(zhang, drill, "tick", item=item) | {"note": "找了值班员"}
        assert zhang.client.post(path(drill, "do"), data=form).status_code == 303
    page = zhang.get(path(drill)).text
    assert page.count("找了值班员") == len(REQUIRED)
    acts = (
        "announce", "stand_by", "sound_alarm", "muster", "close_roll", "all_clear", "debrief",
    )  # fmt: skip
    reached = []
    for name in acts:
        if name == "stand_by":
            office.wait_until(STARTS - 10 * MINUTE)
        answer = act(zhang, drill, name)
        assert DONE[name] in zhang.follow(answer).text, name
        reached.append(office.now(drill).state)
    assert reached == [
        "announced", "standby", "alarm", "mustering", "roll_closed", "all_clear", "debrief",
    ]  # fmt: skip


def test_what_is_refused_names_what_is_missing_on_the_page_as_it_is(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("approved")
    answer = act(zhang, drill, "announce")
    assert answer.status_code == 409
    assert REFUSALS["checks_missing"] in answer.text
    assert "已批准，待通知" in answer.text
    assert office.now(drill).state == "approved"


def test_a_form_sent_twice_has_one_effect(office: DrillOffice, signed_in: SignedIn) -> None:
    drill, du = office.planned(), signed_in("du")
    form = fields(du, drill, "approve")
    first, second = (du.client.post(path(drill, "do"), data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert ALREADY in du.follow(second).text
    assert office.now(drill).version == drill.version + 1


def test_of_two_who_press_at_once_the_second_reads_what_it_is(
    office: DrillOffice, signed_in: SignedIn
) -> None:
    drill, du, shen = office.planned(), signed_in("du"), signed_in("shen")
    late = fields(shen, drill, "approve")
    act(du, drill, "approve")
    answer = shen.client.post(path(drill, "do"), data=late)
    assert answer.status_code == 409
    assert "现在：已批准，待通知" in answer.text


def test_an_act_that_there_is_not_is_refused(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    answer = zhang.post(path(drill, "do"), do="explode", operation="1")
    assert (answer.status_code, NO_WAY in answer.text) == (400, True)
    assert zhang.post(path(drill, "do"), do="cancel", reason="雨").status_code == 400


def test_a_tick_is_taken_back(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    form = fields(zhang, drill, "tick", item="signs")
    zhang.client.post(path(drill, "do"), data=form)
    assert "untick" in offers(zhang, drill)
    act(zhang, drill, "untick")
    assert "untick" not in offers(zhang, drill)


def test_postponing_wants_a_reason_and_a_time_that_is_good(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("announced")
    assert act(zhang, drill, "postpone", reason=" ").status_code == 409
    unreadable = act(zhang, drill, "postpone", reason="有雨", day="2026-13-01", time="10:00")
    assert (unreadable.status_code, "有雨" in unreadable.text) == (409, True)
    past = act(zhang, drill, "postpone", reason="有雨", day="2026-11-01", time="10:00")
    assert "开始时间已经过去了" in past.text
    assert office.now(drill).starts_at == STARTS
    answer = act(zhang, drill, "postpone", reason="有雨", day="2026-12-12", time="10:00")
    assert answer.status_code == 303
    found = office.now(drill)
    assert (found.state, found.starts_at) == ("planned", STARTS + timedelta(days=7, hours=1))


def test_a_drill_does_not_stand_in_its_own_way(office: DrillOffice, zhang: Visit) -> None:
    drill = office.planned()
    answer = act(zhang, drill, "postpone", reason="晚半小时", day="2026-12-05", time="09:30")
    assert answer.status_code == 303
    assert office.now(drill).starts_at == STARTS + 30 * MINUTE


def test_a_drill_put_off_without_a_time_is_dated_later(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("approved")
    act(zhang, drill, "postpone", reason="停电")
    page = zhang.get(path(drill)).text
    assert "定新时间" in page
    assert "停电" in page


def test_a_drill_is_called_off(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("announced")
    act(zhang, drill, "cancel", reason="集合点在施工")
    assert office.now(drill).state == "cancelled"
    assert offers(zhang, drill) == set()
    assert "集合点在施工" in zhang.get(path(drill)).text


def test_a_real_incident_stops_a_running_drill_by_one_tap(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("alarm")
    page = zhang.get(path(drill)).text
    assert page.index("真的出事了：中止演练") < page.index("下一步")
    act(zhang, drill, "abort")
    assert office.now(drill).state == "aborted"
    live = office.town.database.read(
        lambda db: db.scalars(select(broadcast.c.lane).where(broadcast.c.mode == "live")).all()
    )
    assert live == ["incident"]


def test_before_the_alarm_stopping_is_asked_once_more(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("standby")
    assert "abort" not in offers(zhang, drill)
    asked = zhang.get(path(drill, "abort"))
    assert "确认：真的出事了" in asked.text
    act(zhang, drill, "cancel", reason="下雨")
    assert "不用中止" in zhang.get(path(drill, "abort")).text


@pytest.mark.parametrize(
    ("state", "is_linked"),
    [("approved", False), ("announced", True), ("alarm", True), ("debrief", True)],
)
def test_the_roll_call_is_linked_while_there_is_one(
    office: DrillOffice, zhang: Visit, state: State, is_linked: bool
) -> None:
    drill = office.brought_to(state)
    assert (f'href="{path(drill, "roll")}"' in zhang.get(path(drill)).text) is is_linked


def test_counts_come_by_themselves_while_it_runs(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("alarm")
    page = zhang.get(path(drill)).text
    assert f'hx-get="{path(drill, "counts")}"' in page
    counts = zhang.get(path(drill, "counts"), **{"HX-Request": "true"}).text
    assert counts.index("需要帮助") < counts.index("还没有下落") < counts.index("到了集合点")
    assert "<html" not in counts


def test_the_page_tells_what_residents_read_and_what_happened(
    office: DrillOffice, zhang: Visit
) -> None:
    drill = office.brought_to("announced")
    page = zhang.get(path(drill)).text
    assert page.count("【演练】") > 10
    assert "张楼长：已通知居民" in page
    assert "杜督办：已批准，待通知" in page
    step = office.town.database.read(lambda db: find_step(db, drill.id, "notice_week"))
    assert step is not None
    assert "提前一周的通知" in page
    assert drill.check_in_code in page


def test_somebody_who_cannot_conduct_sees_no_code_and_no_buttons(
    office: DrillOffice, signed_in: SignedIn
) -> None:
    office.town.hire("he", *office.estate.head.posts)
    drill = office.brought_to("announced")
    he = signed_in("he")
    assert drill.check_in_code not in he.get(path(drill)).text
    assert offers(he, drill) == set()
    assert he.get(path(drill, "roster.pdf")).status_code == 403


def test_a_problem_is_noted_solved_and_brought_back(office: DrillOffice, zhang: Visit) -> None:
    drill = office.brought_to("debrief")
    answer = act(
        zhang, drill, "problem", kind="lighting", words="7层应急灯不亮", owner="物业",
        due_on="2026-12-20", building=str(office.estate.buildings[ONE]),
    )  # fmt: skip
    assert DONE["problem"] in zhang.follow(answer).text
    found = problems(office, drill)
    assert [(one.kind, one.words, one.building_id) for one in found] == [
        ("lighting", "7层应急灯不亮", office.estate.buildings[ONE])
    ]
    act(zhang, drill, "solve", words="换了新灯")
    assert problems(office, drill)[0].solution == "换了新灯"
    log = office.town.database.read(lambda db: entries(db, {HERE}))
    actions = {one.action for one in log}
    assert {"drill.problem_noted", "drill.problem_solved"} <= actions


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"words": " "}, "problem_words_missing"),
        ({"owner": ""}, "owner_missing"),
        ({"due_on": "2026-01-01"}, "bad_day"),
        ({"due_on": "soon"}, "bad_day"),
        ({"building": "999999"}, "unknown_problem"),
    ],
)
def test_a_problem_that_lacks_something_is_refused_and_not_lost(
    office: DrillOffice, zhang: Visit, wrong: dict[str, str], code: Refusal
) -> None:
    drill = office.brought_to("debrief")
    good = {"kind": "door", "words": "防火门关不上", "owner": "物业", "due_on": "2026-12-20"}
    answer = act(zhang, drill, "problem", **good | wrong)
    assert answer.status_code == 409
    assert REFUSALS[code] in answer.text
    assert ("防火门关不上" in answer.text) is ("words" not in wrong)
    assert problems(office, drill) == []


def problems(office: DrillOffice, drill: Drill) -> list[Problem]:
    return office.town.database.read(lambda db: problems_of(db, drill.id))
