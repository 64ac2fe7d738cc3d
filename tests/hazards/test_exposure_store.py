"""The exposure board: what may stand on it, who puts it there, and how it goes."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, update

from community.audit import entries
from community.files import StoredFile, note_file
from community.staff import Area
from hazards.cases import Actor, Case, NotAllowed
from hazards.exposure import (
    MOST_TITLE,
    Exposure,
    NewExposure,
    NotExposable,
    PublicExposure,
    checked,
)
from hazards.exposure_board_store import preview_of, public_exposures, public_photo
from hazards.exposure_store import (
    count_drafts,
    draft,
    exposures_in,
    live_exposure,
    redraft,
    release,
    take_down,
    visible_exposure,
)
from hazards.store import hazard_photo
from storage import Database
from tests.hazards.casefile import (
    HOUR,
    NOON,
    Office,
    add_photo,
    case_at,
    make,
    new_case,
    open_office,
    written,
)

NEW = NewExposure("占用消防车通道", "某商场东门长期停车，已清理。", "某商场东门")
PUBLIC = frozenset({"corridor_blocked"})
DEMO = ["demo"]
HERE = Area(districts=frozenset({"demo"}))
NAME = "ab" * 32


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.fixture
def case(database: Database, office: Office) -> Case:
    return database.write(lambda db: case_at(db, office, "close"))


def masked_photo(db: Connection, case: Case, name: str = NAME, **values: object) -> int:
    """Add a photo with a masked copy that somebody has looked at."""
    file_id = note_file(db, StoredFile(name, "sealed", 9), NOON)
    looked = {"masked_file_id": file_id, "looked_at_by": 1, "case_id": case.id}
    return add_photo(db, "report", **{**looked, **values})


def reviewer(office: Office) -> Actor:
    return office.staff["reviewer"]


def drafted(database: Database, office: Office, case: Case, *photos: int) -> Exposure:
    def work(db: Connection) -> Exposure:
        draft(db, case, replace(NEW, photo_ids=photos), reviewer(office), NOON)
        found = live_exposure(db, case.id)
        assert found
        return found

    return database.write(work)


def released(database: Database, office: Office, case: Case, *photos: int) -> Exposure:
    one = drafted(database, office, case, *photos)
    database.write(lambda db: release(db, one, reviewer(office), PUBLIC, NOON + HOUR))
    found = database.read(lambda db: live_exposure(db, case.id))
    assert found
    return found


def board(database: Database, **asked: object) -> list[PublicExposure]:
    return database.read(lambda db: public_exposures(db, DEMO, PUBLIC, **asked))


def test_a_case_is_drafted_previewed_released_and_taken_down(
    database: Database, office: Office, case: Case
) -> None:
    one = drafted(database, office, case)
    assert one.is_draft
    assert database.read(lambda db: count_drafts(db, HERE)) == 1
    assert board(database) == []
    assert database.read(lambda db: preview_of(db, one)).title == NEW.title

    database.write(lambda db: release(db, one, reviewer(office), PUBLIC, NOON + HOUR))
    (shown,) = board(database)
    assert (shown.title, shown.words, shown.place, shown.street, shown.state) == (
        NEW.title,
        NEW.words,
        NEW.place,
        "双福街道",
        "closed",
    )
    assert shown.released_at == NOON + HOUR
    assert shown.found_at == case.opened_at

    database.write(lambda db: take_down(db, one, "单位已说明", reviewer(office), NOON + 2 * HOUR))
    assert board(database) == []
    assert database.read(lambda db: live_exposure(db, case.id)) is None
    (kept,) = database.read(lambda db: exposures_in(db, HERE))
    assert (kept.reason, kept.is_shown) == ("单位已说明", False)
    noted = database.read(lambda db: entries(db, DEMO, most=3))
    assert [one.action for one in noted] == [
        "exposure.taken_down",
        "exposure.released",
        "exposure.drafted",
    ]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"title": " "}, "empty"),
        ({"place": ""}, "empty"),
        ({"title": "长" * (MOST_TITLE + 1)}, "long"),
        ({"words": "车主张先生"}, "personal"),
        ({"words": "电话13800000000"}, "personal"),
        ({"place": "3栋501室"}, "personal"),
        ({"photo_ids": tuple(range(1, 9))}, "photo"),
    ],
)
def test_words_that_may_not_stand_there(changed: dict[str, object], problem: str) -> None:
    with pytest.raises(NotExposable) as refused:
        checked(replace(NEW, **changed))

    assert refused.value.problem == problem


@pytest.mark.parametrize("last", ["screen", "assign", "rectify", "claim_fix"])
def test_nobody_is_exposed_before_it_was_verified(
    database: Database, office: Office, last: str
) -> None:
    case = database.write(lambda db: case_at(db, office, last))

    with pytest.raises(NotExposable, match="state"):
        drafted(database, office, case)


def test_a_category_that_is_never_public_is_not_released(
    database: Database, office: Office, case: Case
) -> None:
    one = drafted(database, office, case)

    with pytest.raises(NotExposable, match="category"):
        database.write(lambda db: release(db, one, reviewer(office), {"canopy"}, NOON))


@pytest.mark.parametrize("who", ["supervisor", "handler", "grid_worker"])
def test_reviewers_alone_write_for_the_board(
    database: Database, office: Office, case: Case, who: str
) -> None:
    with pytest.raises(NotAllowed):
        database.write(lambda db: draft(db, case, NEW, office.staff[who], NOON))


def test_a_reviewer_of_another_district_may_not(
    database: Database, office: Office, case: Case
) -> None:
    other = database.write(lambda db: open_office(db, "qianjiang"))

    with pytest.raises(NotAllowed):
        database.write(lambda db: draft(db, case, NEW, other.staff["reviewer"], NOON))
    assert (
        database.read(lambda db: visible_exposure(db, Area(districts=frozenset({"qianjiang"})), 1))
        is None
    )


def test_a_case_stands_there_once_and_again_after_it_was_taken_down(
    database: Database, office: Office, case: Case
) -> None:
    one = drafted(database, office, case)
    with pytest.raises(NotExposable, match="twice"):
        drafted(database, office, case)

    database.write(lambda db: take_down(db, one, "重写", reviewer(office), NOON))

    assert drafted(database, office, case).id != one.id


def test_nobody_releases_other_words_than_they_saw(
    database: Database, office: Office, case: Case
) -> None:
    seen = drafted(database, office, case)
    other = replace(NEW, title="占用登高场地")
    database.write(lambda db: redraft(db, seen, other, reviewer(office), NOON))

    with pytest.raises(NotExposable, match="changed"):
        database.write(lambda db: release(db, seen, reviewer(office), PUBLIC, NOON))
    with pytest.raises(NotExposable, match="changed"):
        database.write(lambda db: redraft(db, seen, NEW, reviewer(office), NOON))


def test_what_was_released_is_not_rewritten_and_goes_once(
    database: Database, office: Office, case: Case
) -> None:
    one = released(database, office, case)

    with pytest.raises(NotExposable, match="changed"):
        database.write(lambda db: redraft(db, one, NEW, reviewer(office), NOON))
    with pytest.raises(NotExposable, match="reason"):
        database.write(lambda db: take_down(db, one, " ", reviewer(office), NOON))
    database.write(lambda db: take_down(db, one, "到期", reviewer(office), NOON))
    with pytest.raises(NotExposable, match="changed"):
        database.write(lambda db: take_down(db, one, "到期", reviewer(office), NOON))


def test_a_case_that_is_opened_again_leaves_the_board_at_once(
    database: Database, office: Office, case: Case
) -> None:
    released(database, office, case)

    database.write(lambda db: make(db, office, case, "reopen"))

    assert board(database) == []


def test_masked_photos_that_were_looked_at_alone_are_shown(
    database: Database, office: Office, case: Case
) -> None:
    photo = database.write(lambda db: masked_photo(db, case))
    released(database, office, case, photo)

    def found(db: Connection) -> StoredFile | None:
        return public_photo(db, NAME, DEMO, PUBLIC)

    assert [file.sha256 for file in board(database)[0].photos] == [NAME]
    assert database.read(found) is not None

    def take_back(db: Connection) -> None:
        own = update(hazard_photo).where(hazard_photo.c.id == photo)
        db.execute(own.values(looked_at_by=None))

    database.write(take_back)
    assert board(database)[0].photos == ()
    assert database.read(found) is None


@pytest.mark.parametrize(
    "values",
    [{"looked_at_by": None}, {"masked_file_id": None}, {"case_id": None}],
    ids=["nobody looked", "not masked", "of nothing"],
)
def test_other_photos_are_refused(
    database: Database, office: Office, case: Case, values: dict[str, object]
) -> None:
    photo = database.write(lambda db: masked_photo(db, case, **values))

    with pytest.raises(NotExposable, match="photo"):
        drafted(database, office, case, photo)


def test_a_photo_of_a_case_that_is_not_on_the_board_stays_inside(
    database: Database, office: Office, case: Case
) -> None:
    photo = database.write(lambda db: masked_photo(db, case))
    drafted(database, office, case, photo)

    assert database.read(lambda db: public_photo(db, NAME, DEMO, PUBLIC)) is None


def test_a_photo_that_was_taken_back_stops_the_release(
    database: Database, office: Office, case: Case
) -> None:
    photo = database.write(lambda db: masked_photo(db, case))
    one = drafted(database, office, case, photo)
    database.write(
        lambda db: db.execute(
            update(hazard_photo).where(hazard_photo.c.id == photo).values(looked_at_by=None)
        )
    )

    with pytest.raises(NotExposable, match="photo"):
        database.write(lambda db: release(db, one, reviewer(office), PUBLIC, NOON))


def test_pages_of_the_board_follow_one_another(database: Database, office: Office) -> None:
    cases = database.write(lambda db: [case_at(db, office, "verify") for _ in range(3)])
    for case in cases:
        released(database, office, case)

    first = board(database, most=2)
    second = board(database, most=2, before=first[-1].id)

    assert [one.id for one in first + second] == sorted(one.id for one in board(database))[::-1]
    assert len(second) == 1
    before = first[-1].id
    assert len(database.read(lambda db: exposures_in(db, HERE, before=before))) == 1


def test_other_districts_and_categories_are_left_out(
    database: Database, office: Office, case: Case
) -> None:
    released(database, office, case)

    assert database.read(lambda db: public_exposures(db, ["qianjiang"], PUBLIC)) == []
    assert database.read(lambda db: public_exposures(db, DEMO, {"canopy"})) == []


def test_a_state_that_moved_on_meanwhile_stops_the_release(
    database: Database, office: Office, case: Case
) -> None:
    one = drafted(database, office, case)
    database.write(lambda db: written(db, case, state="rectifying"))

    with pytest.raises(NotExposable, match="state"):
        database.write(lambda db: release(db, one, reviewer(office), PUBLIC, NOON))


def test_a_new_case_has_no_entry(database: Database, office: Office) -> None:
    case = database.write(lambda db: new_case(db, office))

    assert database.read(lambda db: live_exposure(db, case.id)) is None
