"""Rewards at their edges: followers who earn nothing, many at once, other districts, late rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, select, update

from community.ledger import LedgerAccount
from community.ledger_recount import check
from community.ledger_store import balance, ledger_transfer, statement
from community.staff_store import staff_member
from hazards.reward_dues import capped, full_draft
from hazards.reward_facts_store import (
    held_case,
    held_first_report,
    staff_behind,
)
from hazards.reward_rules import NEUTRAL, Amount, Exclusion, RewardRules, RewardScheme
from hazards.reward_states import (
    Excluded,
    NotEarned,
    Reward,
    UnknownReward,
    WrongState,
    anonymous_account,
    resident_account,
)
from hazards.reward_store import (
    earned,
    find_reward,
    has_claimed,
    reward,
    reward_of_report,
    rewards_of_case,
    rewards_of_resident,
)
from hazards.rewards import (
    AT_ONCE,
    approve,
    claim,
    claim_for_report,
    expire_due,
    mark_paid,
    propose,
    refuse,
    reverse,
    thank_me_too,
)
from hazards.store import hazard_case, hazard_report
from storage import Database
from tests.hazards.rewarded import (
    NOON,
    RULES,
    SCHEME,
    ZONE,
    Case,
    acted,
    bound_staff,
    closed_case,
    new_case,
    new_report,
    new_resident,
)

CLERK, BOSS, CASHIER = 901, 902, 903
LATE = NOON + timedelta(days=30)
FREE = RewardScheme("demo", ZONE, (replace(RULES, caps=None),))


def given(database: Database, case: Case, scheme: RewardScheme = FREE) -> Reward:
    waiting = database.write(lambda db: propose(db, case.id, CLERK, NOON, scheme))
    return database.write(lambda db: approve(db, waiting.id, BOSS, NOON))


def money(database: Database, count: int) -> list[Reward]:
    cases = [closed_case(database, category="lane_blocked") for _ in range(count)]
    return [given(database, case) for case in cases]


def followed(db: Connection, case: Case, *residents: int) -> None:
    for each in residents:
        new_report(db, case.id, each, standing="me_too")


def thanked(database: Database, case: Case, scheme: RewardScheme = SCHEME) -> list[Reward]:
    while database.write(lambda db: thank_me_too(db, case.id, NOON, scheme)):
        pass
    found = database.read(lambda db: rewards_of_case(db, case.id))
    return [each for each in found if each.kind == "me_too"]


def test_staff_who_follow_earn_nothing_and_the_reason_is_kept(database: Database) -> None:
    case = closed_case(database)
    given(database, case)

    def joined(db: Connection) -> None:
        followed(db, case, bound_staff(db, "dora")[0], new_resident(db, "ben"))

    database.write(joined)
    staff, resident = thanked(database, case)
    assert (staff.state, resident.state) == ("refused", "paid")
    assert staff.reason == "bound_staff"
    assert resident.reason == ""


def test_a_follower_s_points_count_for_their_cap(database: Database) -> None:
    ben = database.write(lambda db: new_resident(db, "ben"))
    scheme = RewardScheme("demo", ZONE, (replace(RULES, caps={"points": 11}),))
    given(database, closed_case(database, "ben"), scheme)
    shares = []
    for number in range(2):
        case = closed_case(database, f"first-{number}")
        given(database, case, scheme)
        database.write(lambda db, case=case: followed(db, case, ben))
        shares += thanked(database, case, scheme)
    assert [(each.state, each.amount.number) for each in shares] == [("paid", 1), ("refused", 2)]
    assert shares[1].reason == "cap"
    account = resident_account("demo", ben, "points")
    assert database.read(lambda db: balance(db, account)) == 11


def test_without_points_for_followers_they_are_passed_by(database: Database) -> None:
    scheme = RewardScheme("demo", ZONE, (replace(RULES, me_too=0),))
    case = closed_case(database)
    given(database, case, scheme)
    database.write(lambda db: followed(db, case, new_resident(db, "ben")))
    assert [each.state for each in thanked(database, case, scheme)] == ["refused"]
    assert thanked(database, case, scheme)[0].amount == Amount(0, "points")


def test_followers_of_a_reward_taken_back_get_nothing(database: Database) -> None:
    case = closed_case(database)
    made = given(database, case)
    database.write(lambda db: followed(db, case, new_resident(db, "ben")))
    database.write(lambda db: reverse(db, made.id, BOSS, "不属实", NOON))
    assert thanked(database, case) == []
    assert database.write(lambda db: thank_me_too(db, 4711, NOON, SCHEME)) == 0


def test_two_who_thank_at_once_thank_once(database: Database) -> None:
    case = closed_case(database)
    given(database, case)
    ben = database.write(lambda db: new_resident(db, "ben"))
    database.write(lambda db: followed(db, case, ben))
    tries = [database.submit(lambda db: thank_me_too(db, case.id, NOON, SCHEME)) for _ in range(4)]
    assert sorted(each.result(30) for each in tries) == [0, 0, 0, 1]
    account = resident_account("demo", ben, "points")
    assert database.read(lambda db: balance(db, account)) == 2


def test_many_expire_a_few_at_a_time(database: Database) -> None:
    made = money(database, AT_ONCE + 2)
    counts = [database.write(lambda db: expire_due(db, LATE)) for _ in range(3)]
    assert counts == [AT_ONCE, 2, 0]
    states = {database.read(lambda db, id_=each.id: find_reward(db, id_)).state for each in made}  # type: ignore[union-attr]
    assert states == {"expired"}
    assert database.read(check).is_sound


def test_only_what_was_claimed_is_paid(database: Database) -> None:
    waiting, claimed = money(database, 2)
    points = given(database, closed_case(database))
    owner = claimed.resident_id or 0
    database.write(lambda db: claim(db, claimed.id, owner, NOON))
    ids = [claimed.id, waiting.id, points.id, claimed.id]
    marked = database.write(lambda db: mark_paid(db, ids, CASHIER, "P-1", NOON))
    assert marked == [claimed.id]


def test_two_cashiers_pay_once(database: Database) -> None:
    made = money(database, 1)[0]
    database.write(lambda db: claim(db, made.id, made.resident_id or 0, NOON))
    tries = [
        database.submit(lambda db, who=who: mark_paid(db, [made.id], who, f"P-{who}", NOON))
        for who in (CASHIER, 904)
    ]
    assert sorted(each.result(30) for each in tries) == [[], [made.id]]
    paid_out = LedgerAccount("demo", "paid_out", "", "fen")
    assert database.read(lambda db: balance(db, paid_out)) == 5000


def test_nobody_pays_who_was_erased(database: Database) -> None:
    made = money(database, 1)[0]
    database.write(lambda db: claim(db, made.id, made.resident_id or 0, NOON))
    database.write(lambda db: db.execute(update(reward).values(resident_id=None)))
    assert database.write(lambda db: mark_paid(db, [made.id], CASHIER, "P", NOON)) == []


def test_an_unclaimed_anonymous_reward_expires(database: Database) -> None:
    case = closed_case(database, None)
    made = given(database, case)
    assert not database.read(lambda db: has_claimed(db, case.report_id))
    assert database.write(lambda db: expire_due(db, LATE)) == 1
    with pytest.raises(WrongState) as refused:
        database.write(lambda db: claim_for_report(db, case.report_id, LATE))
    assert (refused.value.reward_id, refused.value.state) == (made.id, "expired")
    account = anonymous_account("demo", case.report_id, "points")
    assert database.read(lambda db: balance(db, account)) == 0


def test_a_claimed_anonymous_reward_is_taken_back(database: Database) -> None:
    case = closed_case(database, None)
    made = given(database, case)
    database.write(lambda db: claim_for_report(db, case.report_id, NOON))
    assert database.read(lambda db: has_claimed(db, case.report_id))
    database.write(lambda db: reverse(db, made.id, BOSS, "不属实", NOON))
    assert not database.read(lambda db: has_claimed(db, case.report_id))
    assert database.read(lambda db: reward_of_report(db, case.report_id)) is None
    account = anonymous_account("demo", case.report_id, "points")
    assert [each.amount for each in database.read(lambda db: statement(db, account))] == [-10, 10]


def test_no_row_joins_an_anonymous_reward_to_a_person(database: Database) -> None:
    case = closed_case(database, None)
    given(database, case)
    database.write(lambda db: claim_for_report(db, case.report_id, NOON))
    rows = database.read(lambda db: db.execute(select(reward)).mappings().all())
    assert [row["resident_id"] for row in rows] == [None]
    notes = database.read(lambda db: db.execute(select(ledger_transfer.c.note)).scalars().all())
    assert set(notes) == {""}


@pytest.mark.parametrize("step", ["approve", "refuse", "claim", "reverse"])
def test_an_unknown_reward_is_named(database: Database, step: str) -> None:
    steps = {
        "approve": lambda db: approve(db, 4711, BOSS, NOON),
        "refuse": lambda db: refuse(db, 4711, BOSS, "不属实", NOON),
        "claim": lambda db: claim(db, 4711, 1, NOON),
        "reverse": lambda db: reverse(db, 4711, BOSS, "不属实", NOON),
    }
    with pytest.raises(UnknownReward) as refused:
        database.write(steps[step])
    assert refused.value.reward_id == 4711


def test_the_time_to_claim_is_that_of_its_own_rules(database: Database) -> None:
    """A later version changes nothing about what was proposed under an earlier one."""
    strict = replace(RULES, version="v2", since=date(2026, 11, 23), claim_days=1)
    scheme = RewardScheme("demo", ZONE, (strict, RULES))
    case = closed_case(database, category="lane_blocked")
    waiting = database.write(lambda db: propose(db, case.id, CLERK, NOON, scheme))
    later = NOON + timedelta(days=5)
    made = database.write(lambda db: approve(db, waiting.id, BOSS, later))
    assert (made.rule_version, made.expires_at) == ("v1", later + timedelta(days=30))


def test_each_district_counts_for_itself(database: Database) -> None:
    given(database, closed_case(database))
    ann = database.write(lambda db: new_resident(db, "ann"))

    def elsewhere(db: Connection) -> Sequence[int]:
        case_id = new_case(db, district_id="other")
        new_report(db, case_id, ann, district_id="other")
        return [earned(db, name, ann, "2026-11", "points") for name in ("demo", "other")]

    assert database.write(elsewhere) == [10, 0]
    assert len(database.read(lambda db: rewards_of_resident(db, ann, 5))) == 1


@pytest.mark.parametrize(
    ("excluded", "reason"),
    [
        ({"on_duty", "handlers", "bound_staff"}, "on_duty"),
        ({"handlers", "bound_staff"}, "handlers"),
        ({"bound_staff"}, "bound_staff"),
        (set(), None),
    ],
)
def test_the_first_reason_that_holds_is_given(
    database: Database, excluded: set[Exclusion], reason: Exclusion | None
) -> None:
    rules = replace(RULES, excluded=frozenset(excluded))

    def made(db: Connection) -> int:
        resident_id, staff_id = bound_staff(db, "dora")
        assert staff_behind(db, resident_id) == [staff_id]
        case_id = new_case(db)
        new_report(db, case_id, resident_id, source="import")
        acted(db, case_id, staff_id, "accepted")
        return case_id

    case_id = database.write(made)
    if reason is None:
        assert database.write(lambda db: drawn(db, case_id, rules)) == Amount(10, "points")
        return
    with pytest.raises(Excluded) as refused:
        database.write(lambda db: drawn(db, case_id, rules))
    assert refused.value.reason == reason


def drawn(db: Connection, case_id: int, rules: RewardRules) -> Amount:
    """Return what the first report of a case would earn."""
    case, report = held_case(db, case_id), held_first_report(db, case_id)
    assert case is not None
    assert report is not None
    full = rules.amount(case.category, is_anonymous=report.is_anonymous)
    draft = full_draft(case, report, ("first", full), RewardScheme("demo", ZONE, (rules,)))
    return capped(db, draft, rules).amount


def test_who_is_staff_no_more_earns_again(database: Database) -> None:
    def left(db: Connection) -> list[int]:
        resident_id, staff_id = bound_staff(db, "dora")
        db.execute(
            update(staff_member).where(staff_member.c.id == staff_id).values(is_active=False)
        )
        return staff_behind(db, resident_id)

    assert database.write(left) == []


def test_neutral_rules_reward_every_category_in_points(database: Database) -> None:
    scheme = RewardScheme("demo", ZONE)
    made = given(database, closed_case(database, category="other"), scheme)
    assert (made.amount, made.rule_version, made.state) == (
        Amount(10, "points"),
        NEUTRAL.version,
        "paid",
    )


def test_a_category_that_was_corrected_counts(database: Database) -> None:
    case = closed_case(database)
    database.write(
        lambda db: db.execute(
            update(hazard_case).where(hazard_case.c.id == case.id).values(category="lane_blocked")
        )
    )
    assert given(database, case).amount == Amount(5000, "fen")


def test_a_report_found_false_before_the_proposal_earns_nothing(database: Database) -> None:
    case = closed_case(database, None)
    database.write(lambda db: db.execute(update(hazard_report).values(is_false=True)))
    with pytest.raises(NotEarned):
        given(database, case)
