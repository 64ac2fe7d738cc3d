"""Limits and blocks: a person is stopped in time, and has their say."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from community.audit import audit_entry
from hazards import limit_store
from hazards.drafts import Where
from hazards.intake import Submission
from hazards.limit_store import (
    NewBlock,
    appeal,
    block,
    block_of,
    blocks_in,
    count_up,
    counted,
    forget_counts,
    lift,
    note_false,
    suggests_block,
)
from hazards.limits import Blocked, OverLimit
from hazards.store import hazard_limit, hazard_report
from storage import Database
from tests.community.registered import building_called, imported
from tests.hazards.taken import (
    DAY,
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

TODAY = date(2026, 11, 23)


@pytest.fixture
def who(database: Database) -> Somebody:
    return somebody(database)


def blocked(database: Database, who: Somebody, by: int | None = 7, days: int = 30) -> int:
    wanted = NewBlock(who.resident_id, "demo", "三次误报", by, NOON, NOON + days * DAY)
    return database.write(lambda db: block(db, wanted))


def test_a_resident_reports_so_many_a_day(database: Database, who: Somebody) -> None:
    taker = intake(resident_day=2)
    for _ in range(2):
        submitted(database, handed_in(who, drafted()), NOON, taker)

    with pytest.raises(OverLimit) as over:
        submitted(database, handed_in(who, drafted()), NOON, taker)

    assert over.value.limit == "resident_day"
    submitted(database, handed_in(somebody(database, "oLi"), drafted()), NOON, taker)
    submitted(database, handed_in(who, drafted()), over.value.until, taker)


def test_one_place_and_kind_so_many_an_hour(database: Database, who: Somebody) -> None:
    imported(database)
    places = [Where(building_called(database, name).id) for name in ("双福花园3栋", "双福花园13栋")]
    taker = intake(place_hour=2)
    for number in range(2):
        at = NOON + number * MINUTE
        submitted(database, handed_in(who, drafted(where=places[0])), at, taker)

    with pytest.raises(OverLimit) as over:
        submitted(database, handed_in(who, drafted(where=places[0])), NOON + 2 * MINUTE, taker)

    assert (over.value.limit, over.value.until) == ("place_hour", NOON + timedelta(hours=1))
    submitted(database, handed_in(who, drafted(where=places[1])), NOON, taker)
    submitted(database, handed_in(who, drafted("canopy", places[0])), NOON, taker)
    later = over.value.until + timedelta(microseconds=1)
    submitted(database, handed_in(who, drafted(where=places[0])), later, taker)


@pytest.mark.parametrize("how", ["account", "address"])
def test_anonymous_ones_are_counted_without_a_name(
    database: Database, who: Somebody, how: str
) -> None:
    taker, draft = intake(anonymous_day=2), drafted(privacy="anonymous")
    address = Submission("form", draft, None, None, sender="203.0.113.9")
    submission = handed_in(who, draft) if how == "account" else address
    for _ in range(2):
        submitted(database, submission, NOON, taker)

    with pytest.raises(OverLimit) as over:
        submitted(database, submission, NOON, taker)

    assert over.value.limit == "anonymous_day"
    submitted(database, submission, NOON + DAY, taker)
    stored = str(rows(database, hazard_limit))
    assert "oZhang" not in stored
    assert "203.0" not in stored
    macs = [row["mac"] for row in rows(database, hazard_limit)]
    assert len(set(macs)) == 2  # another day, another key


def test_what_comes_without_a_name_is_not_counted(database: Database) -> None:
    for _ in range(3):
        staff = Submission("staff", drafted(), None, None)
        submitted(database, staff, NOON, intake(anonymous_day=1, resident_day=1))
    assert count(database, hazard_limit) == 0


def test_many_at_once_count_exactly(database: Database) -> None:
    def once(_: int) -> bool:
        return database.write(lambda db: count_up(db, "m" * 64, TODAY, 5))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(once, range(20))) == 5
    assert database.read(lambda db: counted(db, "m" * 64, TODAY)) == 5


def test_past_days_go_chunk_by_chunk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_store, "ROWS_PER_CHUNK", 2)
    for number in range(3):
        database.write(lambda db, n=number: count_up(db, f"{n}" * 64, TODAY, 5))
    database.write(lambda db: count_up(db, "9" * 64, TODAY + DAY, 5))

    def gone(days: int) -> int:
        return database.write(lambda db: forget_counts(db, NOON + days * DAY))

    assert [gone(1), gone(2), gone(2), gone(2)] == [0, 2, 1, 0]
    assert count(database, hazard_limit) == 1


@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_whoever_is_blocked_is_told_until_when(
    database: Database, who: Somebody, privacy: str
) -> None:
    blocked(database, who)

    with pytest.raises(Blocked) as stopped:
        submitted(database, handed_in(who, drafted(privacy=privacy)))  # type: ignore[arg-type]

    assert (stopped.value.until, stopped.value.has_appealed) == (NOON + 30 * DAY, False)
    assert count(database, hazard_report) == 0
    submitted(database, handed_in(who, drafted()), NOON + 31 * DAY)


def test_an_appeal_is_heard_once_and_by_another(database: Database, who: Somebody) -> None:
    made = blocked(database, who)
    other = somebody(database, "oLi")
    blocked(database, other, by=None, days=90)

    def said(by: Somebody) -> bool:
        return database.write(lambda db: appeal(db, by.resident_id, " 我没有乱报 ", NOON))

    assert [said(who), said(who), said(somebody(database, "oWang"))] == [True, False, False]
    listed = database.read(lambda db: blocks_in(db, ["demo"], NOON))
    assert (listed[0].id, listed[0].appeal) == (made, "我没有乱报")
    assert database.read(lambda db: blocks_in(db, ["east"], NOON)) == []

    def lifted(by: int) -> bool:
        return database.write(lambda db: lift(db, made, by, NOON))

    assert [lifted(7), lifted(8), lifted(9)] == [False, True, False]
    assert database.read(lambda db: block_of(db, who.resident_id, NOON)) is None
    submitted(database, handed_in(who, drafted()))
    actions = [row["action"] for row in rows(database, audit_entry)]
    assert actions == ["block.made", "block.made", "block.lifted"]


def test_three_false_reports_suggest_and_never_block(database: Database, who: Somebody) -> None:
    receipts = [submitted(database, handed_in(who, drafted())) for _ in range(3)]

    def noted(number: int) -> int:
        report = receipts[number].report_id
        return database.write(lambda db: note_false(db, report, 7, NOON))

    assert [noted(0), noted(1), noted(1)] == [1, 2, 2]
    assert not database.read(lambda db: suggests_block(db, who.resident_id))
    assert noted(2) == 3
    assert database.read(lambda db: suggests_block(db, who.resident_id))
    assert database.read(lambda db: block_of(db, who.resident_id, NOON)) is None


def test_a_false_report_of_nobody_counts_for_nobody(database: Database, who: Somebody) -> None:
    hidden = submitted(database, handed_in(who, drafted(privacy="anonymous")))
    assert database.write(lambda db: note_false(db, hidden.report_id, 7, NOON)) == 0
    assert database.write(lambda db: note_false(db, 999, 7, NOON)) == 0
