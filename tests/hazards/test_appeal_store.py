"""Appeals against blocks are decided by somebody else, once."""

from datetime import timedelta

import pytest

from community.audit import entries
from hazards.appeal_store import upheld, uphold
from hazards.limit_store import NewBlock, appeal, block, lift
from storage import Database
from tests.community.registered import new_resident
from tests.hazards.casefile import DAY, NOON, Office, open_office


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def blocked(database: Database, office: Office, *, appealed: bool = True) -> int:
    by = office.staff["reviewer"].staff_id
    resident = database.write(new_resident)
    new = NewBlock(resident, "demo", "三次虚假上报", by, NOON, NOON + 30 * DAY)
    made = database.write(lambda db: block(db, new))
    if appealed:
        database.write(lambda db: appeal(db, resident, "不是我", NOON))
    return made


def test_somebody_else_lets_a_block_stand_once(database: Database, office: Office) -> None:
    made = blocked(database, office)
    other = office.staff["supervisor"].staff_id
    assert other

    def decide(words: str) -> bool:
        return database.write(lambda db: uphold(db, made, other, words, NOON))

    assert decide("照片和现场不符")
    assert not decide("再来")
    assert database.read(lambda db: upheld(db, [made, made + 1])) == {made: "照片和现场不符"}
    assert database.read(lambda db: entries(db, ["demo"], most=1))[0].action == "block.upheld"


def test_whoever_blocked_does_not_judge_the_appeal(database: Database, office: Office) -> None:
    made = blocked(database, office)
    own = office.staff["reviewer"].staff_id
    assert own

    assert not database.write(lambda db: uphold(db, made, own, "维持", NOON))
    assert database.read(lambda db: upheld(db, [made])) == {}


@pytest.mark.parametrize("end", ["not appealed", "lifted", "over"])
def test_only_what_holds_and_was_appealed_against_is_decided(
    database: Database, office: Office, end: str
) -> None:
    made = blocked(database, office, appealed=end != "not appealed")
    other = office.staff["supervisor"].staff_id
    assert other
    if end == "lifted":
        database.write(lambda db: lift(db, made, other, NOON))
    now = NOON + (timedelta(days=31) if end == "over" else timedelta())

    assert not database.write(lambda db: uphold(db, made, other, "维持", now))
