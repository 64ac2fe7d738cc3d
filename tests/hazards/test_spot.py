"""当场整改: closed at once or looked at again, by a grid worker of that street and nobody else."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from hazards.case_store import events_of, photos_of, reports_of
from hazards.cases import NotAllowed
from hazards.drafts import Where
from hazards.spot import BeforeAfter
from hazards.store import hazard_case
from storage import Database
from tests.community.registered import NOON
from tests.hazards.outdoors import Outdoors


@pytest.fixture
def outdoors(database: Database, tmp_path: Path) -> Outdoors:
    return Outdoors(database, tmp_path / "files")


def cases(outdoors: Outdoors) -> int:
    query = select(func.count()).select_from(hazard_case)
    return int(outdoors.database.read(lambda db: db.execute(query).scalar_one()))


@pytest.mark.parametrize(
    ("draw", "state"), [(0.9, "closed"), (0.05, "fix_claimed")], ids=["closed", "looked at again"]
)
def test_what_was_put_right_is_closed_or_looked_at(
    outdoors: Outdoors, draw: float, state: str
) -> None:
    outdoors.draw = draw

    case = outdoors.fix()

    assert case.state == state
    assert (case.building_id, case.floor) == (outdoors.building.id, "5楼")
    assert case.street_id == outdoors.street("双福街道")


def test_photos_and_words_stand_with_the_case(outdoors: Outdoors) -> None:
    case = outdoors.fix()

    photos = outdoors.database.read(lambda db: photos_of(db, case.id))
    reports = outdoors.database.read(lambda db: reports_of(db, case.id))
    moves = outdoors.database.read(lambda db: events_of(db, case.id))

    assert [one.purpose for one in photos] == ["before", "after"]
    assert all(one.sha256 and one.phash for one in photos)
    assert [(one.source, one.said) for one in reports] == [("staff", "楼道里的纸箱，已清走")]
    assert moves[1].photo_ids == tuple(one.id for one in photos)
    assert (moves[1].role, moves[1].staff_id) == ("grid_worker", outdoors.staff["wang"].staff_id)


@pytest.mark.parametrize("login", ["far", "du", "lou"])
def test_nobody_else_closes_on_the_spot(outdoors: Outdoors, login: str) -> None:
    with pytest.raises(NotAllowed):
        outdoors.fix(login)

    assert cases(outdoors) == 0


def test_a_place_that_is_not_in_the_register(outdoors: Outdoors) -> None:
    where = Where(street_id=outdoors.street("双福街道"), words="双福街道 老车站旁边那栋")

    case = outdoors.fix(found=outdoors.found(where=where))

    assert case.state == "closed"
    assert (case.building_id, case.place_words) == (None, "双福街道 老车站旁边那栋")


def test_one_picture_for_both_is_noticed(outdoors: Outdoors) -> None:
    kept = outdoors.kept(1)

    assert BeforeAfter(kept, outdoors.kept(1)).is_same
    assert not BeforeAfter(kept, outdoors.kept(2)).is_same


def test_what_is_for_others_is_reported_with_who_found_it(outdoors: Outdoors) -> None:
    actor, photos = outdoors.staff["lou"], [outdoors.kept(1)]
    case = outdoors.database.write(
        lambda db: outdoors.spot.report(db, outdoors.found(), photos, (actor, "巡查发现"), NOON)
    )

    events = outdoors.database.read(lambda db: events_of(db, case.id))
    assert case.state == "submitted"
    assert [(one.kind, one.role, one.reason) for one in events] == [
        ("moved", "system", ""),
        ("noted", "building_head", "巡查发现"),
    ]
    assert len(outdoors.database.read(lambda db: photos_of(db, case.id))) == 1
