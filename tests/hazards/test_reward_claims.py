"""Code and password open an anonymous reward; anything else opens nothing."""

import pytest
from sqlalchemy import update

from community.ledger_store import balance
from hazards.anonymity import new_password, password_mac
from hazards.limits import PasswordLocked
from hazards.report_store import find_report
from hazards.reward_claims import CodeClaim, claim_by_code
from hazards.reward_states import WrongState, anonymous_account
from hazards.rewards import approve, propose
from hazards.store import hazard_report
from storage import Database, new_code
from tests.hazards.rewarded import NOON, SCHEME, closed_case

KEY = b"k" * 32
CLERK, BOSS = 901, 902


@pytest.fixture
def report(database: Database) -> tuple[int, str, str]:
    """Return id, code and password of an anonymous report whose case is closed."""
    case = closed_case(database, None)
    found = database.read(lambda db: find_report(db, case.report_id))
    assert found is not None
    password = new_password()
    mac = password_mac(KEY, found.code, password)
    database.write(lambda db: db.execute(update(hazard_report).values(secret_mac=mac)))
    return case.id, found.code, password


def tried(database: Database, code: str, password: str) -> CodeClaim:
    return database.write(lambda db: claim_by_code(db, code, password, key=KEY, now=NOON))


def approved(database: Database, case_id: int) -> None:
    waiting = database.write(lambda db: propose(db, case_id, CLERK, NOON, SCHEME))
    database.write(lambda db: approve(db, waiting.id, BOSS, NOON))


def test_code_and_password_claim_the_points(
    database: Database, report: tuple[int, str, str]
) -> None:
    case_id, code, password = report
    approved(database, case_id)
    claimed = tried(database, code.lower(), password)
    assert claimed.report is not None
    assert claimed.reward is not None
    assert claimed.reward.state == "paid"
    account = anonymous_account("demo", claimed.report.id, "points")
    assert database.read(lambda db: balance(db, account)) == 10
    assert tried(database, code, password) == claimed


def test_a_report_without_a_reward_is_opened_all_the_same(
    database: Database, report: tuple[int, str, str]
) -> None:
    _, code, password = report
    opened = tried(database, code, password)
    assert opened.report is not None
    assert opened.reward is None


def test_a_guess_opens_nothing(database: Database, report: tuple[int, str, str]) -> None:
    case_id, code, password = report
    approved(database, case_id)
    guesses = [(code, new_password()), (code, ""), (new_code(), password), ("?", "?")]
    assert [tried(database, *guess) for guess in guesses] == [CodeClaim()] * 4


def test_many_guesses_lock_it_for_the_day(database: Database, report: tuple[int, str, str]) -> None:
    _, code, password = report
    for _ in range(10):
        tried(database, code, new_password())
    with pytest.raises(PasswordLocked):
        tried(database, code, password)


def test_what_is_not_approved_is_not_claimed(
    database: Database, report: tuple[int, str, str]
) -> None:
    case_id, code, password = report
    database.write(lambda db: propose(db, case_id, CLERK, NOON, SCHEME))
    with pytest.raises(WrongState) as refused:
        tried(database, code, password)
    assert refused.value.state == "proposed"
