"""An inspection: resumed where it was left, a hazard opens one case, the end is noted."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from community.audit import entries
from hazards.case_store import photos_of
from hazards.cases import NotAllowed
from hazards.inspecting import Given
from hazards.inspection_store import (
    codes_of,
    find_ground,
    grounds,
    inspections_of,
    open_count,
    open_inspections,
)
from hazards.inspections import (
    AnswerStands,
    QuestionsLeft,
    UnknownInspection,
    UnknownQuestion,
    load_guide,
)
from storage import Database
from tests.community.registered import NOON
from tests.hazards.outdoors import Outdoors

OTHER = "7f9619ff-8b86-4011-b42d-00c04fc964ff"


@pytest.fixture
def outdoors(database: Database, tmp_path: Path) -> Outdoors:
    return Outdoors(database, tmp_path / "files")


def test_it_goes_on_where_it_was_left(outdoors: Outdoors) -> None:
    first = outdoors.begin()
    outdoors.answer(first, "corridor", "ok")

    again = outdoors.begin(operation=OTHER)

    assert again == first
    left = outdoors.inspection(again).left(load_guide())
    assert "corridor" not in {one.id for one in left}
    assert len(left) == len(load_guide().questions) - 1


def test_each_has_their_own(outdoors: Outdoors) -> None:
    mine, theirs = outdoors.begin(), outdoors.begin("lou", OTHER)

    assert mine != theirs
    with pytest.raises(UnknownInspection):
        outdoors.answer(mine, "corridor", "ok", "lou")


def test_a_hazard_opens_a_case_with_its_category_and_photo(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()

    case_id = outdoors.answer(inspection_id, "gas_pipe", "hazard")

    assert case_id is not None
    case = outdoors.case(case_id)
    assert (case.category, case.state) == ("gas_pipe_occupied", "submitted")
    assert (case.building_id, case.floor) == (outdoors.building.id, "5楼")
    assert len(outdoors.database.read(lambda db: photos_of(db, case_id))) == 1
    one = outdoors.inspection(inspection_id)
    assert outdoors.database.read(lambda db: codes_of(db, one)) == {case_id: case.code}


def test_an_answer_changes_until_it_led_to_a_case(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()
    outdoors.answer(inspection_id, "corridor", "ok")
    outdoors.answer(inspection_id, "corridor", "none")
    assert outdoors.inspection(inspection_id).answers[0].verdict == "none"
    outdoors.answer(inspection_id, "corridor", "hazard")

    for verdict in ("ok", "hazard"):
        with pytest.raises(AnswerStands) as raised:
            outdoors.answer(inspection_id, "corridor", verdict)

    assert raised.value.case_id == outdoors.inspection(inspection_id).answers[0].case_id


def test_two_taps_open_one_case(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()
    refused: list[Exception] = []

    def tap() -> None:
        try:
            outdoors.answer(inspection_id, "corridor", "hazard")
        except AnswerStands as error:
            refused.append(error)

    threads = [Thread(target=tap) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1


def test_whoever_has_no_post_there_opens_no_case(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin("far")

    with pytest.raises(NotAllowed):
        outdoors.answer(inspection_id, "corridor", "hazard", "far")

    assert outdoors.inspection(inspection_id).answers == ()


def test_unknown_questions_and_hazards_without_a_look(outdoors: Outdoors) -> None:
    inspection_id, wang = outdoors.begin(), outdoors.staff["wang"]

    with pytest.raises(UnknownQuestion):
        outdoors.answer(inspection_id, "nothing", "ok")
    with pytest.raises(ValueError, match="seen"):
        outdoors.database.write(
            lambda db: outdoors.inspecting.answer(
                db, Given(inspection_id, "corridor", "hazard"), wang, NOON
            )
        )


def test_it_ends_once_all_is_answered(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()
    with pytest.raises(QuestionsLeft) as raised:
        outdoors.finish(inspection_id)
    assert len(raised.value.questions) == len(load_guide().questions)
    outdoors.answer(inspection_id, "corridor", "hazard")
    outdoors.answer_all(inspection_id)

    outdoors.finish(inspection_id)

    assert outdoors.inspection(inspection_id).finished_at == NOON
    for late in (
        lambda: outdoors.finish(inspection_id),
        lambda: outdoors.answer(inspection_id, "exit", "ok"),
    ):
        with pytest.raises(UnknownInspection):
            late()
    logged = outdoors.database.read(lambda db: entries(db, ["demo"]))
    done = [one for one in logged if one.action == "inspection.finished"]
    assert [(one.actor, one.detail) for one in done] == [
        (
            outdoors.staff["wang"].audited,
            {"building": outdoors.building.id, "hazards": 1},
        )
    ]


def test_the_last_inspection_stands_beside_the_building(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()
    outdoors.answer_all(inspection_id)
    outdoors.finish(inspection_id, now=NOON + timedelta(hours=1))
    under_way = outdoors.begin(operation=OTHER)

    assert outdoors.ground.inspected_at == NOON + timedelta(hours=1)
    listed = outdoors.database.read(lambda db: inspections_of(db, outdoors.building.id))
    assert [one.id for one in listed] == [under_way, inspection_id]
    staff_id = outdoors.staff["wang"].staff_id or 0
    assert outdoors.database.read(lambda db: open_count(db, staff_id)) == 1
    mine = outdoors.database.read(lambda db: open_inspections(db, staff_id))
    assert [one.id for one in mine] == [under_way]


def test_buildings_longest_without_one_come_first(outdoors: Outdoors) -> None:
    inspection_id = outdoors.begin()
    outdoors.answer_all(inspection_id)
    outdoors.finish(inspection_id)

    found = outdoors.database.read(lambda db: grounds(db, outdoors.area("wang")))

    assert [one.building.name for one in found] == ["双福花园2栋", "双福花园13栋", "双福花园3栋"]
    assert [one.inspected_at for one in found] == [None, None, NOON]


@pytest.mark.parametrize(("login", "is_seen"), [("wang", True), ("du", True), ("far", False)])
def test_a_building_is_found_within_the_area_alone(
    outdoors: Outdoors, login: str, is_seen: bool
) -> None:
    area, code = outdoors.area(login), outdoors.building.code

    assert bool(outdoors.database.read(lambda db: find_ground(db, area, code))) is is_seen
