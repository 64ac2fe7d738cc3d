"""Taking a report in: one transaction, one effect, and everything in its place."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from community.coordinates import BadCoordinates
from community.districts import UnknownDistrict
from community.files import StoredFile, note_file
from community.keys import derived_key
from community.vault import identity
from hazards.case_store import find_case
from hazards.categories import UnknownCategory
from hazards.draft_store import add_photo, save_draft
from hazards.drafts import Where
from hazards.intake import VAULT_PURPOSE
from hazards.report_store import find_report
from hazards.sites import NoPlace
from hazards.store import (
    hazard_case,
    hazard_draft,
    hazard_draft_photo,
    hazard_event,
    hazard_photo,
    hazard_report,
)
from hazards.submissions import (
    NoCategory,
    OperationTaken,
    PhotosPending,
    Submission,
    TooManyPhotos,
)
from storage import Database, is_valid
from tests.hazards.taken import (
    FAR_AWAY,
    HERE,
    KEY,
    MINUTE,
    NOON,
    Somebody,
    count,
    drafted,
    handed_in,
    intake,
    rows,
    somebody,
    submitted,
)

UUID = "5f0c6f5e-3f0b-4d0e-9a52-6a1f3c1f0001"


@pytest.fixture
def who(database: Database) -> Somebody:
    return somebody(database)


def stored_files(database: Database, number: int) -> tuple[int, ...]:
    def work(db: Connection) -> tuple[int, ...]:
        names = [f"{one:064x}" for one in range(number)]
        return tuple(note_file(db, StoredFile(name, "sealed", 9), NOON) for name in names)

    return database.write(work)


def test_a_report_and_its_case_are_made(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted(said="<b>车</b>停在黄线上")))

    report = database.read(lambda db: find_report(db, receipt.report_id))
    case = database.read(lambda db: find_case(db, receipt.case_id))
    assert is_valid(receipt.code)
    assert (receipt.password, receipt.is_repeat, receipt.is_outside) == ("", False, False)
    assert report is not None
    assert case is not None
    assert (report.code, report.case_id, report.reporter_id) == (
        receipt.code,
        case.id,
        who.resident_id,
    )
    assert (report.said, report.place_words, report.standing) == (
        "<b>车</b>停在黄线上",
        "双福花园东门",
        "new",
    )
    assert (report.created_at, report.source, report.privacy) == (NOON, "wechat", "confidential")
    assert (case.state, case.place_words, case.summary) == ("submitted", "双福花园东门", "")
    assert case.due_at is not None
    assert case.due_at - NOON == timedelta(hours=24)
    assert [row["case_id"] for row in rows(database, hazard_event)] == [case.id]


def test_the_draft_ends_and_its_photos_go_along(database: Database, who: Somebody) -> None:
    def begin(db: Connection) -> None:
        save_draft(db, who.account_id, drafted(), NOON)
        for ref in ("m-1", "m-2"):
            add_photo(db, who.account_id, "wechat", ref, NOON)

    database.write(begin)

    receipt = submitted(database, handed_in(who, drafted()))

    assert count(database, hazard_draft) == count(database, hazard_draft_photo) == 0
    kept = [(row["report_id"], row["case_id"], row["ref"], row["purpose"])
            for row in rows(database, hazard_photo)]  # fmt: skip
    assert kept == [(receipt.report_id, receipt.case_id, ref, "report") for ref in ("m-1", "m-2")]


def test_who_it_came_from_is_sealed(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted()))

    (kept,) = rows(database, identity)
    assert kept["report_ref"] == f"report:{receipt.report_id}"
    assert b"oZhang" not in bytes(kept["sealed"])  # type: ignore[call-overload]
    assert derived_key(KEY, VAULT_PURPOSE) != KEY


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"category": ""}, NoCategory),
        ({"category": "ufo"}, UnknownCategory),
        ({"where": Where(floor="2楼")}, NoPlace),
        ({"where": Where(building_id=999)}, NoPlace),
        ({"where": Where(latitude=math.nan, longitude=1.0)}, BadCoordinates),
        ({"where": Where(latitude=29.0, longitude=200.0, datum="gcj02")}, BadCoordinates),
        ({"district_id": "atlantis"}, UnknownDistrict),
    ],
    ids=["no kind", "unknown kind", "no place", "gone", "nan", "off earth", "nowhere"],
)
def test_what_cannot_be_taken_leaves_nothing(
    database: Database, who: Somebody, change: dict[str, object], expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        submitted(database, handed_in(who, drafted(**change)))  # type: ignore[arg-type]
    assert count(database, hazard_report) == count(database, hazard_case) == 0


def test_a_place_outside_is_kept_and_marked(database: Database, who: Somebody) -> None:
    where = Where(words="北京路", latitude=FAR_AWAY[0], longitude=FAR_AWAY[1])

    receipt = submitted(database, handed_in(who, drafted(where=where, district_id="east")))

    report = database.read(lambda db: find_report(db, receipt.report_id))
    assert receipt.is_outside
    assert report is not None
    assert report.is_outside
    assert report.district_id == "east"


def test_the_datum_is_kept_as_sent_and_the_case_has_wgs84(
    database: Database, who: Somebody
) -> None:
    where = Where(latitude=HERE[0], longitude=HERE[1], datum="gcj02")

    receipt = submitted(database, handed_in(who, drafted(where=where)))

    report = database.read(lambda db: find_report(db, receipt.report_id))
    case = database.read(lambda db: find_case(db, receipt.case_id))
    assert report is not None
    assert (report.sent_latitude, report.sent_longitude, report.datum) == (*HERE, "gcj02")
    assert case is not None
    assert case.point is not None
    assert (case.point.latitude, case.point.longitude) != HERE


@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_an_operation_has_one_effect(database: Database, who: Somebody, privacy: str) -> None:
    submission = handed_in(who, drafted(privacy=privacy), operation=UUID)  # type: ignore[arg-type]

    first = submitted(database, submission)
    again = submitted(database, submission, NOON + MINUTE)

    assert (again.code, again.report_id, again.case_id) == (
        first.code,
        first.report_id,
        first.case_id,
    )
    assert (first.is_repeat, again.is_repeat, again.password) == (False, True, "")
    assert count(database, hazard_case) == count(database, hazard_report) == 1
    assert UUID not in str(rows(database, hazard_report))


def test_an_operation_of_two_at_once_has_one_effect(database: Database, who: Somebody) -> None:
    submission = handed_in(who, drafted(), operation=UUID)

    with ThreadPoolExecutor(4) as threads:
        receipts = list(threads.map(lambda _: submitted(database, submission), range(4)))

    assert len({receipt.code for receipt in receipts}) == 1
    assert sum(not receipt.is_repeat for receipt in receipts) == 1
    assert count(database, hazard_case) == count(database, hazard_report) == 1


def test_the_operation_of_another_is_refused(database: Database, who: Somebody) -> None:
    submitted(database, handed_in(who, drafted(), operation=UUID))
    other = somebody(database, "oLi")
    for draft in (drafted(), drafted(privacy="anonymous")):
        with pytest.raises(OperationTaken):
            submitted(database, handed_in(other, draft, operation=UUID))
    from_a_form = Submission("form", drafted(), None, None, operation=UUID)
    assert not submitted(database, from_a_form).is_repeat  # another source counts for itself


def test_files_that_are_kept_already_come_along(database: Database) -> None:
    files = stored_files(database, 2)
    form = Submission("form", drafted(), None, None, file_ids=(*files, files[0]))

    receipt = submitted(database, form)

    kept = rows(database, hazard_photo)
    assert [row["file_id"] for row in kept] == list(files)
    assert {row["report_id"] for row in kept} == {receipt.report_id}


def test_a_tenth_file_is_refused(database: Database) -> None:
    form = Submission("form", drafted(), None, None, file_ids=stored_files(database, 10))
    with pytest.raises(TooManyPhotos) as refused:
        submitted(database, form)
    assert refused.value.count == 10


def test_an_anonymous_report_waits_for_its_photos(database: Database, who: Somebody) -> None:
    database.write(lambda db: add_photo(db, who.account_id, "wechat", "m-1", NOON))

    with pytest.raises(PhotosPending) as pending:
        submitted(database, handed_in(who, drafted(privacy="anonymous")))

    assert (pending.value.count, pending.value.permanent) == (1, False)
    assert count(database, hazard_report) == 0


def test_a_report_is_taken_back_with_its_case(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted()))
    other = somebody(database, "oLi")

    def taken_back(by: Somebody) -> bool:
        return database.write(
            lambda db: intake().withdraw(db, receipt.report_id, by.resident_id, NOON + MINUTE)
        )

    assert [taken_back(other), taken_back(who), taken_back(who)] == [False, True, False]
    report = database.read(lambda db: find_report(db, receipt.report_id))
    case = database.read(lambda db: find_case(db, receipt.case_id))
    assert report is not None
    assert report.standing == "withdrawn"
    assert case is not None
    assert case.state == "rejected"


def test_what_somebody_looked_at_is_not_taken_back(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted()))
    database.write(lambda db: db.execute(hazard_case.update().values(state="screened")))

    assert not database.write(
        lambda db: intake().withdraw(db, receipt.report_id, who.resident_id, NOON)
    )


def test_a_case_that_others_stand_behind_stays(database: Database, who: Somebody) -> None:
    first = submitted(database, handed_in(who, drafted()))
    second = submitted(database, handed_in(somebody(database, "oLi"), drafted()))
    moved = hazard_report.update().where(hazard_report.c.id == second.report_id)
    database.write(lambda db: db.execute(moved.values(case_id=first.case_id)))

    assert database.write(lambda db: intake().withdraw(db, first.report_id, who.resident_id, NOON))

    case = database.read(lambda db: find_case(db, first.case_id))
    assert case is not None
    assert case.state == "submitted"


def test_an_interrupted_submission_leaves_everything_as_it_was(
    database: Database, who: Somebody
) -> None:
    class Interrupted(Exception):
        pass

    def begin(db: Connection) -> None:
        save_draft(db, who.account_id, drafted(), NOON)
        add_photo(db, who.account_id, "wechat", "m-1", NOON)

    def work(db: Connection) -> None:
        intake().submit(db, handed_in(who, drafted()), NOON)
        raise Interrupted

    database.write(begin)
    with pytest.raises(Interrupted):
        database.write(work)

    assert count(database, hazard_draft) == count(database, hazard_draft_photo) == 1
    assert count(database, hazard_report) == count(database, hazard_photo) == 0
