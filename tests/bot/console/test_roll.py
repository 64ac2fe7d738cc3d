"""The organiser's page on the day: each tap once, two organisers, and nobody from outside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.console.roll import NO_DRILL, NO_SUCH_ACT, USED_BEFORE
from drills.drill_store import events_of
from drills.drills import REFUSALS, Event
from drills.sweep_store import floors_left
from storage import Database
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Visit, listening
from tests.bot.console.mustering import Day, alarmed_day, roll_pages
from tests.drills.gathered import ALARM, MINUTE, ONE, TWO


@pytest.fixture
def day(database: Database, tmp_path: Path) -> Day:
    return alarmed_day(database, tmp_path)


@pytest.fixture
def url(day: Day) -> Iterator[str]:
    with listening(day.town, roll_pages()) as address:
        yield address


@pytest.fixture
def wang(signed_in: SignedIn) -> Visit:
    return signed_in("wang")


@pytest.fixture
def boss(signed_in: SignedIn) -> Visit:
    return signed_in("du")


def events_of_day(day: Day) -> list[Event]:
    return day.town.database.read(lambda db: events_of(db, day.muster.drill_id))


def test_the_page_shows_the_code_and_marks_every_heading(day: Day, wang: Visit) -> None:
    page = wang.get(day.path).text

    digits = day.drill.check_in_code
    assert f"{digits[:3]} {digits[3:]}" in page
    assert page.count("【演练】") >= page.count("<h1") + page.count("<h2")
    assert "真的出事了：中止演练" in page
    assert "<script>" not in page
    assert "style=" not in page


def test_the_list_has_rooms_and_numbers_but_no_persons(day: Day, wang: Visit) -> None:
    found = day.shown(wang)

    assert [(one["room"], one["floor"], one["persons"]) for one in found["lines"]] == [
        ("101", 1, 3),
        ("102", 1, 1),
        ("301", 3, 4),
    ]
    assert [one["helped"] for one in found["lines"]] == [False, False, True]
    assert found["counts"]["expected"] == found["counts"]["unknown"] == 8
    assert [(one["stairs"], one["floors"]) for one in found["buildings"]] == [(1, 6), (2, 3)]
    assert set(found["lines"][0]) == {
        "id", "building", "floor", "room", "kind", "persons", "arrived", "status", "helped",
    }  # fmt: skip


def test_members_whom_their_household_counts_are_left_out(day: Day, wang: Visit) -> None:
    someone = day.muster.resident(floor=1, unit="")
    day.muster.comes(someone)
    day.muster.come(someone, 1)

    assert len(day.shown(wang)["lines"]) == 4
    assert day.shown(wang)["counts"]["arrived"] == 1


def test_an_unchanged_list_is_not_sent_again(day: Day, wang: Visit) -> None:
    first = wang.get(f"{day.path}.json")
    tag = {"If-None-Match": first.headers["etag"]}
    again = wang.get(f"{day.path}.json", **tag)

    assert (again.status_code, again.content) == (304, b"")
    assert int(again.headers["lifeline-now"]) == day.after(6)
    day.sends(wang, "roll_mark", roster_id=day.line("102").id, status="away")
    assert wang.get(f"{day.path}.json", **tag).status_code == 200


def test_a_tap_sent_twice_counts_once_with_the_time_of_the_phone(day: Day, wang: Visit) -> None:
    line_id = day.line("101").id
    answers = [
        day.sends(wang, "roll_mark", 1, 2, roster_id=line_id, status="arrived", persons=2)
        for _ in range(2)
    ]

    assert [one.json()["is_repeat"] for one in answers] == [False, True]
    assert answers[0].json()["result"] == answers[1].json()["result"]
    (event,) = day.muster.events
    assert event.occurred_at == ALARM + 2 * MINUTE
    assert event.recorded_at == ALARM + 6 * MINUTE
    assert day.shown(wang)["counts"]["arrived"] == 2


def test_guests_sweeps_found_and_undo(day: Day, wang: Visit) -> None:
    building, line_id = day.muster.buildings[TWO], day.line("102").id
    for _ in range(2):
        day.sends(wang, "roll_guest", 1, building_id=building, persons=2)
        day.sends(wang, "roll_sweep", 2, building_id=building, stair=2, floor=3)
    day.sends(wang, "roll_mark", 3, roster_id=line_id, status="needs_help")
    day.sends(wang, "roll_found", 4, roster_id=line_id)
    day.sends(wang, "roll_mark", 5, roster_id=day.line("101").id, status="arrived")
    day.sends(wang, "roll_right", 6, roster_id=day.line("101").id, status="unknown", persons=0)

    found = day.shown(wang)
    assert found["swept"] == [[building, 2, 3]]
    counts = found["counts"]
    assert (counts["guests"], counts["arrived"], counts["needs_help"]) == (2, 1, 0)
    left = day.town.database.read(lambda db: floors_left(db, day.muster.drill_id))
    assert len(left) == 11


def test_two_organisers_meet_on_one_list(day: Day, wang: Visit, boss: Visit) -> None:
    line_id = day.line("301").id
    day.sends(wang, "roll_mark", 1, 4, roster_id=line_id, status="arrived", persons=4)
    day.sends(boss, "roll_mark", 2, 3, roster_id=line_id, status="away")
    day.sends(boss, "roll_mark", 3, 5, roster_id=line_id, status="arrived", persons=2)

    for visit in (wang, boss):
        (line,) = (one for one in day.shown(visit)["lines"] if one["id"] == line_id)
        assert (line["status"], line["arrived"]) == ("arrived", 4)


def test_the_operation_of_another_is_refused(day: Day, wang: Visit, boss: Visit) -> None:
    line_id = day.line("102").id
    day.sends(wang, "roll_mark", roster_id=line_id, status="away")
    answer = day.sends(boss, "roll_mark", roster_id=line_id, status="arrived")

    assert (answer.status_code, answer.json()) == (409, {"why": USED_BEFORE})
    assert day.line("102").status == "away"


def test_the_head_of_one_building_may_and_others_find_nothing(
    day: Day, signed_in: SignedIn
) -> None:
    line_id = day.line("102").id
    head, far = signed_in("head-of-one"), signed_in("far")

    told = day.sends(head, "roll_mark", 1, roster_id=line_id, status="arrived")
    assert told.status_code == 200
    for answer in (
        far.get(day.path),
        far.get(f"{day.path}.json"),
        day.sends(far, "roll_mark", 2, roster_id=line_id, status="away"),
        far.client.post(f"{day.path}/act", data={"csrf": far.token(), "act": "abort"}),
    ):
        assert answer.status_code == 404
        assert NO_DRILL in answer.text
    assert day.drill.state == "alarm"
    assert day.line("102").status == "arrived"


def test_nobody_signed_out_reads_or_notes(day: Day, visit: Visit) -> None:
    assert visit.get(f"{day.path}.json").status_code == 303
    sent = visit.client.post(f"{day.path}/done", json={})
    assert sent.status_code == 401


def test_a_tap_without_the_token_is_refused(day: Day, wang: Visit) -> None:
    answer = wang.client.post(f"{day.path}/done", json={}, headers={"X-CSRF-Token": "x"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"kind": "roll_dance"}, 422),
        ({"at": "soon"}, 422),
        ({"at": 10**30}, 422),
        ({"at": 0}, 422),
        ({"operation": "no"}, 400),
        ({"values": []}, 400),
        ({"values": {"roster_id": 10**9, "status": "away"}}, 422),
        ({"kind": None}, 400),
    ],
)
def test_what_no_page_sends_is_refused(
    day: Day, wang: Visit, changed: dict[str, object], status: int
) -> None:
    good = {
        "operation": "0" * 32,
        "kind": "roll_mark",
        "at": day.after(5),
        "values": {"roster_id": day.line("102").id, "status": "away"},
    }

    assert day.sends_raw(wang, good | changed).status_code == status
    assert day.line("102").status == "unknown"
    assert day.sends_raw(wang, good).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"[" * 9000])
def test_what_is_no_object_is_refused(day: Day, wang: Visit, body: bytes) -> None:
    headers = {"X-CSRF-Token": wang.token(day.path), "Content-Type": "application/json"}
    answer = wang.client.post(f"{day.path}/done", content=body, headers=headers)

    assert answer.status_code == 400


def test_a_refusal_says_why(day: Day, wang: Visit) -> None:
    answer = day.sends(
        wang, "roll_mark", roster_id=day.line("101").id, status="arrived", persons=21
    )

    assert (answer.status_code, answer.json()["why"]) == (422, REFUSALS["bad_persons"])


def test_the_course_goes_on_until_all_clear(day: Day, boss: Visit) -> None:
    for act, state in (
        ("muster", "mustering"),
        ("close_roll", "roll_closed"),
        ("all_clear", "all_clear"),
    ):
        answer = boss.post(f"{day.path}/act", on=day.path, act=act)
        assert answer.headers["location"] == day.path
        assert day.drill.state == state

    assert day.shown(boss)["may_note"]


def test_an_act_out_of_turn_says_so(day: Day, boss: Visit) -> None:
    fields = {"csrf": boss.token(day.path), "act": "all_clear"}
    answer = boss.client.post(
        f"{day.path}/act", data=fields, headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.json()["why"]) == (422, REFUSALS["roll_open"])
    assert boss.post(f"{day.path}/act", on=day.path, act="all_clear").status_code == 422
    odd = boss.post(f"{day.path}/act", on=day.path, act="approve")
    assert (odd.status_code, NO_SUCH_ACT in odd.text) == (422, True)


def test_the_head_of_one_of_two_buildings_stops_but_does_not_conduct(
    day: Day, signed_in: SignedIn
) -> None:
    head = signed_in("head-of-one")

    assert not day.shown(head)["may_conduct"]
    assert head.post(f"{day.path}/act", on=day.path, act="muster").status_code == 422
    assert events_of_day(day) == []
    fields = {"csrf": head.token(day.path), "act": "abort"}
    told = head.client.post(f"{day.path}/act", data=fields, headers={"Accept": "application/json"})
    assert "119" in told.json()["words"]
    assert day.drill.state == "aborted"
    assert events_of_day(day)[-1].detail["to"] == "aborted"
    late = day.sends(head, "roll_mark", roster_id=day.line("102").id, status="away")
    assert (late.status_code, day.shown(head)["may_note"]) == (422, False)


def test_the_script_that_keeps_the_page_is_for_this_drill(day: Day, visit: Visit) -> None:
    answer = visit.get(f"{day.path}/worker.js")

    assert answer.headers["service-worker-allowed"] == day.path
    assert answer.headers["content-type"].startswith("text/javascript")
    assert ONE not in answer.text
