"""Reports are read by their reporter, or by code; guessing leads nowhere."""

import pytest

from hazards.limits import WRONG_PASSWORDS, PasswordLocked
from hazards.progress import STAGE_WORDS, STAGES, Stage, stage_of
from hazards.report_store import (
    Report,
    empty_reports,
    find_report,
    own_report,
    progress,
    report_by_code,
    reports_of_resident,
)
from hazards.store import hazard_case, hazard_report
from hazards.submissions import Receipt
from hazards.transitions import STATES, State
from storage import Database, new_code
from tests.hazards.taken import (
    DAY,
    KEY,
    MINUTE,
    NOON,
    Somebody,
    drafted,
    handed_in,
    rows,
    somebody,
    submitted,
)


@pytest.fixture
def who(database: Database) -> Somebody:
    return somebody(database)


@pytest.fixture
def hidden(database: Database, who: Somebody) -> Receipt:
    """The receipt of an anonymous report."""
    return submitted(database, handed_in(who, drafted(privacy="anonymous")))


def asked(
    database: Database, code: str, password: str, key: bytes = KEY, days: int = 0
) -> Report | None:
    return database.write(
        lambda db: report_by_code(db, code, password, key=key, now=NOON + days * DAY)
    )


def test_a_password_leads_to_its_report_as_people_type_it(
    database: Database, hidden: Receipt
) -> None:
    found = asked(database, hidden.code.lower(), f" {hidden.password[:4]}-{hidden.password[4:]} ")

    assert found is not None
    assert (found.id, found.reporter_id) == (hidden.report_id, None)
    assert hidden.password not in str(rows(database, hazard_report))


def test_neither_another_password_nor_another_key_does(database: Database, hidden: Receipt) -> None:
    assert asked(database, hidden.code, new_code()) is None
    assert asked(database, hidden.code, hidden.password, key=b"x" * 32) is None
    assert asked(database, new_code(), hidden.password) is None
    assert asked(database, "消防", hidden.password) is None


def test_a_password_of_one_report_is_none_of_another(
    database: Database, who: Somebody, hidden: Receipt
) -> None:
    other = submitted(database, handed_in(who, drafted(privacy="anonymous")))
    assert asked(database, hidden.code, other.password) is None


def test_a_report_with_a_reporter_has_no_password(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted()))
    assert asked(database, receipt.code, new_code()) is None
    assert asked(database, receipt.code, "") is None


def test_ten_wrong_ones_lock_it_for_the_day_and_slips_do_not_count(
    database: Database, hidden: Receipt
) -> None:
    for _ in range(30):
        assert asked(database, hidden.code, "0000000I") is None  # its check character is wrong
    for _ in range(WRONG_PASSWORDS):
        assert asked(database, hidden.code, new_code()) is None

    with pytest.raises(PasswordLocked) as locked:
        asked(database, hidden.code, hidden.password)

    assert NOON < locked.value.until <= NOON + DAY
    assert asked(database, hidden.code, hidden.password, days=1) is not None


@pytest.mark.parametrize("privacy", ["anonymous", "confidential"])
def test_progress_is_told_by_code_alone(database: Database, who: Somebody, privacy: str) -> None:
    receipt = submitted(database, handed_in(who, drafted(privacy=privacy)))  # type: ignore[arg-type]

    found = database.read(lambda db: progress(db, receipt.code.lower()))

    assert found is not None
    assert (found.code, found.stage) == (receipt.code, "received")
    assert found.words == "收到了，等工作人员审核"
    assert "东门" not in repr(found)
    assert database.read(lambda db: progress(db, new_code())) is None
    assert database.read(lambda db: progress(db, "3栋")) is None


def test_progress_goes_with_the_case(database: Database, who: Somebody) -> None:
    receipt = submitted(database, handed_in(who, drafted()))
    database.write(
        lambda db: db.execute(
            hazard_case.update().values(state="rectifying", changed_at=NOON + DAY)
        )
    )

    found = database.read(lambda db: progress(db, receipt.code))

    assert found is not None
    assert (found.stage, found.changed_at) == ("in_hand", NOON + DAY)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words_for_its_reporter(state: State) -> None:
    assert STAGE_WORDS[STAGES[state]]


@pytest.mark.parametrize(
    ("state", "standing", "stage"),
    [
        ("submitted", "withdrawn", "withdrawn"),
        ("rectifying", "rejected", "turned_down"),
        ("duplicate", "me_too", "in_hand"),
        ("referred", "first", "elsewhere"),
    ],
)
def test_a_reports_own_standing_counts(state: State, standing: str, stage: Stage) -> None:
    assert stage_of(state, standing) == stage


def test_only_ones_own_reports_are_found(database: Database, who: Somebody) -> None:
    other = somebody(database, "oLi")
    receipts = [
        submitted(database, handed_in(one, drafted()), NOON + number * MINUTE)
        for number, one in enumerate((who, other, who))
    ]

    mine = database.read(lambda db: reports_of_resident(db, who.resident_id))

    assert [report.code for report in mine] == [receipts[2].code, receipts[0].code]
    code = receipts[1].code
    assert database.read(lambda db: own_report(db, code, who.resident_id)) is None
    assert database.read(lambda db: own_report(db, code.lower(), other.resident_id)) is not None
    assert database.read(lambda db: own_report(db, "?", other.resident_id)) is None


def test_whoever_is_forgotten_leaves_the_case_and_nothing_of_theirs(
    database: Database, who: Somebody
) -> None:
    receipt = submitted(database, handed_in(who, drafted()))

    assert database.write(lambda db: empty_reports(db, who.resident_id)) == 1

    report = database.read(lambda db: find_report(db, receipt.report_id))
    assert report is not None
    assert (report.said, report.place_words, report.reporter_id) == ("", "", None)
    assert report.case_id == receipt.case_id
    assert database.write(lambda db: empty_reports(db, who.resident_id)) == 0
