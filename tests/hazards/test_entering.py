"""What staff enter for others: a report of theirs, a case like any other, once."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hazards.case_store import events_of, photos_of, reports_of
from hazards.cases import Case, NotAllowed
from hazards.drafts import Where
from hazards.entering import Entering, Entry
from hazards.intake import TooManyPhotos
from hazards.sites import NoPlace
from hazards.store import hazard_case
from storage import Database
from tests.community.registered import NOON
from tests.hazards.outdoors import Outdoors
from tests.hazards.taken import intake

CAME = "代为登记：电话"


@pytest.fixture
def outdoors(database: Database, tmp_path: Path) -> Outdoors:
    return Outdoors(database, tmp_path / "files")


def entry(outdoors: Outdoors, **values: object) -> Entry:
    found = outdoors.found("entered:1:token", said="楼道有人停电瓶车")
    return replace(Entry(found, CAME, (outdoors.kept(1), outdoors.kept(2)), "GD-7"), **values)


def entered(outdoors: Outdoors, what: Entry, login: str = "du") -> Case:
    entering, actor = Entering(intake()), outdoors.staff[login]
    return outdoors.database.write(lambda db: entering.enter(db, what, actor, NOON))


def cases(outdoors: Outdoors) -> int:
    query = select(func.count()).select_from(hazard_case)
    return int(outdoors.database.read(lambda db: db.execute(query).scalar_one()))


@pytest.mark.parametrize("login", ["du", "wang"])
def test_it_is_a_case_like_any_other(outdoors: Outdoors, login: str) -> None:
    case = entered(outdoors, entry(outdoors), login)

    reports = outdoors.database.read(lambda db: reports_of(db, case.id))
    photos = outdoors.database.read(lambda db: photos_of(db, case.id))
    events = outdoors.database.read(lambda db: events_of(db, case.id))
    assert (case.state, case.building_id) == ("submitted", outdoors.building.id)
    assert case.external_number == "GD-7"
    assert [(one.source, one.said) for one in reports] == [("staff", "楼道有人停电瓶车")]
    assert [one.purpose for one in photos] == ["report", "report"]
    assert [(one.role, one.reason) for one in events[1:]] == [
        (outdoors.staff[login].role, CAME),
        (outdoors.staff[login].role, "外部编号：GD-7"),
    ]


def test_without_a_number_none_is_noted(outdoors: Outdoors) -> None:
    case = entered(outdoors, entry(outdoors, external_number="", photos=()))

    assert (case.external_number, case.version) == ("", 1)


def test_the_same_entry_again_opens_no_second_case(outdoors: Outdoors) -> None:
    what = entry(outdoors)

    first, again = entered(outdoors, what), entered(outdoors, what)

    assert first == again
    assert cases(outdoors) == 1


def test_an_operation_is_found_by_its_name_alone(outdoors: Outdoors) -> None:
    case = entered(outdoors, entry(outdoors))
    entering = Entering(intake())

    by_name = {
        name: outdoors.database.read(lambda db, name=name: entering.entered(db, name))
        for name in ("entered:1:token", "entered:2:token")
    }

    assert by_name == {"entered:1:token": case, "entered:2:token": None}


@pytest.mark.parametrize("login", ["far"])
def test_nobody_enters_for_another_street(outdoors: Outdoors, login: str) -> None:
    with pytest.raises(NotAllowed):
        entered(outdoors, entry(outdoors), login)

    assert cases(outdoors) == 0


def test_nothing_of_a_refused_entry_stays(outdoors: Outdoors) -> None:
    nowhere = replace(entry(outdoors).found, where=Where(floor="5楼"))
    many = tuple(outdoors.kept(seed) for seed in range(10))

    with pytest.raises(NoPlace):
        entered(outdoors, entry(outdoors, found=nowhere))
    with pytest.raises(TooManyPhotos):
        entered(outdoors, entry(outdoors, photos=many))
    with pytest.raises(ValueError, match="at most"):
        entered(outdoors, entry(outdoors, external_number="7" * 61))

    assert cases(outdoors) == 0
