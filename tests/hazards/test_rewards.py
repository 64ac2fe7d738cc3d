"""From a closed case to a reward in somebody's account: who earns, who decides, what is booked."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from community.ledger import AccountKind, InsufficientBalance, LedgerAccount, Transfer, Unit, moved
from community.ledger_recount import check
from community.ledger_store import balance, post
from hazards.reward_rules import NEUTRAL, Amount, RewardScheme
from hazards.reward_states import (
    MOVES,
    AlreadyRewarded,
    CapReached,
    Excluded,
    NotEarned,
    ReasonMissing,
    Reward,
    RewardState,
    SamePerson,
    Unearned,
    UnknownReward,
    WrongState,
)
from hazards.reward_store import find_reward, move, reward, reward_queue, rewards_of_case
from hazards.rewards import (
    approve,
    claim,
    claim_for_report,
    expire_due,
    forget_holder,
    mark_paid,
    propose,
    propose_for_closed,
    refuse,
    reverse,
    statement_of,
    thank_me_too,
)
from hazards.store import hazard_report
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
    set_case,
)

CLERK, BOSS, CASHIER = 901, 902, 903
LATE = NOON + timedelta(days=30)


def proposed(database: Database, case: Case, scheme: RewardScheme = SCHEME) -> Reward:
    return database.write(lambda db: propose(db, case.id, CLERK, NOON, scheme))


def approved(database: Database, case: Case) -> Reward:
    waiting = proposed(database, case)
    return database.write(lambda db: approve(db, waiting.id, BOSS, NOON))


def money_case(database: Database, who: str | None = "ann") -> Case:
    return closed_case(database, who, category="lane_blocked")


def claimed_money(database: Database) -> Reward:
    case = money_case(database)
    given = approved(database, case)
    return database.write(lambda db: claim(db, given.id, case.reporter_id or 0, NOON))


def held(database: Database, kind: AccountKind, owner: object = "", unit: Unit = "fen") -> int:
    account = LedgerAccount("demo", kind, str(owner), unit)
    return database.read(lambda db: balance(db, account))


def sound(database: Database) -> bool:
    return database.read(check).is_sound


def kept(database: Database, reward_id: int) -> Reward:
    found = database.read(lambda db: find_reward(db, reward_id))
    assert found is not None
    return found


def test_points_are_a_resident_s_with_the_approval(database: Database) -> None:
    case = closed_case(database)
    waiting = proposed(database, case)
    assert (waiting.state, waiting.amount, waiting.rule_version) == (
        "proposed",
        Amount(10, "points"),
        "v1",
    )
    assert held(database, "resident", case.reporter_id, "points") == 0
    given = database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    assert (given.state, given.decided_by, given.paid_at) == ("paid", BOSS, NOON)
    assert held(database, "resident", case.reporter_id, "points") == 10
    assert held(database, "fund", unit="points") == -10
    assert sound(database)


def test_money_is_claimed_and_then_paid(database: Database) -> None:
    case = money_case(database)
    given = approved(database, case)
    assert (given.state, given.expires_at) == ("approved", LATE)
    assert held(database, "resident", case.reporter_id) == 5000
    claimed = database.write(lambda db: claim(db, given.id, case.reporter_id or 0, NOON))
    assert claimed.state == "claimed"
    again = database.write(lambda db: claim(db, given.id, case.reporter_id or 0, LATE))
    assert again.claimed_at == NOON
    marked = database.write(lambda db: mark_paid(db, [given.id, 77], CASHIER, "P-1", NOON))
    assert marked == [given.id]
    paid = kept(database, given.id)
    assert (paid.state, paid.paid_by, paid.payout_id) == ("paid", CASHIER, "P-1")
    assert held(database, "resident", case.reporter_id) == 0
    assert held(database, "paid_out") == 5000
    assert database.write(lambda db: mark_paid(db, [given.id], CASHIER, "P-2", NOON)) == []
    assert sound(database)


def test_one_hazard_is_paid_for_once(database: Database) -> None:
    case = closed_case(database)
    tries = [
        database.submit(lambda db: propose(db, case.id, CLERK, NOON, SCHEME)) for _ in range(6)
    ]
    errors = [each.exception(30) for each in tries]
    assert [type(error) for error in errors if error] == [AlreadyRewarded] * 5
    assert len(database.read(lambda db: rewards_of_case(db, case.id))) == 1


def test_one_report_is_paid_for_once_in_whatever_case(database: Database) -> None:
    case = closed_case(database)
    proposed(database, case)

    def brought_over(db: Connection) -> int:
        other = new_case(db)
        db.execute(update(hazard_report).values(case_id=other))
        return other

    other = database.write(brought_over)
    with pytest.raises(AlreadyRewarded):
        database.write(lambda db: propose(db, other, CLERK, NOON, SCHEME))


def test_after_a_refusal_it_can_be_proposed_anew(database: Database) -> None:
    case = closed_case(database)
    first = proposed(database, case)
    no = database.write(lambda db: refuse(db, first.id, BOSS, " 照片看不清 ", NOON))
    assert (no.state, no.reason, no.decided_by) == ("refused", "照片看不清", BOSS)
    assert proposed(database, case).id != first.id
    with pytest.raises(WrongState):
        database.write(lambda db: approve(db, first.id, BOSS, NOON))


def test_who_proposes_may_take_back_but_not_approve(database: Database) -> None:
    waiting = proposed(database, closed_case(database))
    with pytest.raises(SamePerson) as refused:
        database.write(lambda db: approve(db, waiting.id, CLERK, NOON))
    assert (refused.value.staff_id, refused.value.conflict) == (CLERK, "proposed")
    assert kept(database, waiting.id).state == "proposed"
    assert (
        database.write(lambda db: refuse(db, waiting.id, CLERK, "写错了", NOON)).decided_by == CLERK
    )


def test_the_table_itself_refuses_one_person_for_both(database: Database) -> None:
    waiting = proposed(database, closed_case(database))
    with pytest.raises(IntegrityError):
        database.write(
            lambda db: db.execute(
                update(reward)
                .where(reward.c.id == waiting.id)
                .values(state="approved", decided_by=CLERK)
            )
        )


@pytest.mark.parametrize(
    ("from_state", "to_state", "is_handler"),
    [
        ("assigned", "accepted", True),
        ("accepted", "rectifying", True),
        ("rectifying", "fix_claimed", True),
        ("fix_claimed", "verified", False),
        ("fix_claimed", "rectifying", False),
        ("submitted", "screened", False),
    ],
)
def test_who_handled_a_case_does_not_approve_its_reward(
    database: Database, from_state: str, to_state: str, is_handler: bool
) -> None:
    case = closed_case(database)
    waiting = proposed(database, case)
    database.write(lambda db: acted(db, case.id, BOSS, to_state, from_state))
    if not is_handler:
        assert database.write(lambda db: approve(db, waiting.id, BOSS, NOON)).state == "paid"
        return
    with pytest.raises(SamePerson) as refused:
        database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    assert refused.value.conflict == "handled"


def test_of_two_who_approve_at_once_one_wins(database: Database) -> None:
    case = closed_case(database)
    waiting = proposed(database, case)
    tries = [
        database.submit(lambda db, who=who: approve(db, waiting.id, who, NOON))
        for who in (BOSS, CASHIER, 904)
    ]
    errors = [each.exception(30) for each in tries]
    assert [type(error) for error in errors if error] == [WrongState] * 2
    assert held(database, "resident", case.reporter_id, "points") == 10


@pytest.mark.parametrize("state", ["submitted", "fix_claimed", "rejected", "duplicate"])
def test_only_what_was_put_right_earns(database: Database, state: str) -> None:
    case = closed_case(database, state=state)
    with pytest.raises(NotEarned) as refused:
        proposed(database, case)
    assert refused.value.reason == "not_closed"


def test_a_case_opened_again_is_not_paid_for(database: Database) -> None:
    case = closed_case(database)
    waiting = proposed(database, case)
    database.write(lambda db: set_case(db, case.id, "reopened"))
    with pytest.raises(NotEarned):
        database.write(lambda db: approve(db, waiting.id, BOSS, NOON))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"standing": "me_too"}, "no_report"),
        ({"is_false": True}, "false_report"),
        ({"reporter_id": None}, "erased"),
    ],
)
def test_such_a_report_earns_nothing(
    database: Database, changed: dict[str, object], reason: Unearned
) -> None:
    case = closed_case(database)
    database.write(lambda db: db.execute(update(hazard_report).values(**changed)))
    with pytest.raises(NotEarned) as refused:
        proposed(database, case)
    assert refused.value.reason == reason


def test_a_category_without_an_amount_earns_nothing(database: Database) -> None:
    with pytest.raises(NotEarned) as refused:
        proposed(database, closed_case(database, category="other"))
    assert refused.value.reason == "no_amount"
    with pytest.raises(NotEarned):
        database.write(lambda db: propose(db, 4711, CLERK, NOON, SCHEME))


@pytest.mark.parametrize(
    ("source", "has_acted", "reason"),
    [("staff", False, "on_duty"), ("web", True, "handlers"), ("web", False, "bound_staff")],
)
def test_staff_earn_nothing(database: Database, source: str, has_acted: bool, reason: str) -> None:
    def made(db: Connection) -> int:
        resident_id, staff_id = bound_staff(db, "dora")
        case_id = new_case(db)
        new_report(db, case_id, resident_id, source=source)
        if has_acted:
            acted(db, case_id, staff_id, "rectifying")
        return case_id

    case_id = database.write(made)
    with pytest.raises(Excluded) as refused:
        database.write(lambda db: propose(db, case_id, CLERK, NOON, SCHEME))
    assert refused.value.reason == reason
    # A district may let them earn.
    generous = replace(RULES, excluded=frozenset())
    scheme = RewardScheme("demo", ZONE, (generous,))
    assert database.write(lambda db: propose(db, case_id, CLERK, NOON, scheme))


def test_the_cap_of_a_month_cuts_and_then_ends(database: Database) -> None:
    amounts = [approved(database, closed_case(database)).amount.number for _ in range(2)]
    last = proposed(database, closed_case(database))
    assert [*amounts, last.amount.number] == [10, 10, 5]
    assert last.is_cut
    assert last.full_amount == Amount(10, "points")
    with pytest.raises(CapReached) as refused:
        proposed(database, closed_case(database))
    assert (refused.value.month, refused.value.cap) == ("2026-11", Amount(25, "points"))
    # Money has a cap of its own, another person and another month theirs.
    assert not proposed(database, money_case(database)).is_cut
    assert not proposed(database, closed_case(database, "ben")).is_cut
    december = closed_case(database)
    database.write(
        lambda db: db.execute(
            update(hazard_report)
            .where(hazard_report.c.id == december.report_id)
            .values(created_at=NOON + timedelta(days=10))
        )
    )
    assert not proposed(database, december).is_cut


def test_what_was_refused_leaves_room_under_the_cap(database: Database) -> None:
    for _ in range(2):
        proposed(database, closed_case(database))
    last = proposed(database, closed_case(database))
    database.write(lambda db: refuse(db, last.id, BOSS, "重复", NOON))
    assert proposed(database, closed_case(database)).amount.number == 5


def test_several_proposals_at_once_stay_below_the_cap(database: Database) -> None:
    cases = [closed_case(database) for _ in range(5)]
    tries = [
        database.submit(lambda db, case=case: propose(db, case.id, CLERK, NOON, SCHEME))
        for case in cases
    ]
    made = [each.result(30).amount.number for each in tries if not each.exception(30)]
    assert sorted(made) == [5, 10, 10]


def test_the_rules_of_the_report_s_day_hold(database: Database) -> None:
    scheme = RewardScheme("demo", ZONE, ())
    found = proposed(database, money_case(database), scheme)
    assert (found.amount, found.rule_version) == (Amount(10, "points"), NEUTRAL.version)


def test_a_closed_case_is_proposed_by_the_service_once(database: Database) -> None:
    case = closed_case(database)
    made = database.write(lambda db: propose_for_closed(db, case.id, NOON, SCHEME))
    assert made is not None
    assert made.proposed_by is None
    assert database.write(lambda db: propose_for_closed(db, case.id, NOON, SCHEME)) is None
    database.write(lambda db: refuse(db, made.id, BOSS, "不属实", NOON))
    assert database.write(lambda db: propose_for_closed(db, case.id, NOON, SCHEME)) is None


def test_nothing_is_proposed_where_nothing_is_due(database: Database) -> None:
    case = closed_case(database, category="other")
    assert database.write(lambda db: propose_for_closed(db, case.id, NOON, SCHEME)) is None


def test_one_who_did_not_handle_approves_what_the_service_proposed(database: Database) -> None:
    case = closed_case(database)
    made = database.write(lambda db: propose_for_closed(db, case.id, NOON, SCHEME))
    assert made is not None
    assert database.write(lambda db: approve(db, made.id, CLERK, NOON)).decided_by == CLERK


def with_followers(database: Database, count: int) -> tuple[Case, list[int]]:
    case = closed_case(database)

    def made(db: Connection) -> list[int]:
        residents = [new_resident(db, f"me{n}") for n in range(count)]
        for each in residents:
            new_report(db, case.id, each, standing="me_too")
        return residents

    return case, database.write(made)


def thanked(database: Database, case: Case) -> list[int]:
    counts = []
    while count := database.write(lambda db: thank_me_too(db, case.id, NOON, SCHEME)):
        counts.append(count)
    return counts


def test_later_reporters_get_their_points_after_the_first(database: Database) -> None:
    case, residents = with_followers(database, 7)
    assert thanked(database, case) == []
    approved(database, case)
    assert thanked(database, case) == [5, 2]
    assert [held(database, "resident", each, "points") for each in residents] == [2] * 7
    assert sound(database)


def test_each_person_gets_one_share_of_a_hazard(database: Database) -> None:
    case, residents = with_followers(database, 1)
    reporters = (case.reporter_id, residents[0], None)
    database.write(
        lambda db: [new_report(db, case.id, each, standing="me_too") for each in reporters]
    )
    approved(database, case)
    thanked(database, case)
    assert held(database, "resident", residents[0], "points") == 2
    assert held(database, "resident", case.reporter_id, "points") == 10
    later = database.read(lambda db: rewards_of_case(db, case.id))[1:]
    assert sorted(each.state for each in later) == ["paid", "refused", "refused"]
    assert {each.reason for each in later if each.state == "refused"} == {"already"}


def test_an_anonymous_report_is_claimed_by_who_opened_it(database: Database) -> None:
    case = money_case(database, None)
    given = approved(database, case)
    assert (given.amount, given.resident_id, given.state) == (Amount(8, "points"), None, "approved")
    claimed = database.write(lambda db: claim_for_report(db, case.report_id, NOON))
    assert claimed is not None
    assert claimed.state == "paid"
    assert held(database, "anonymous", case.report_id, "points") == 8
    again = database.write(lambda db: claim_for_report(db, case.report_id, LATE))
    assert again == claimed


def test_a_district_may_pay_money_for_anonymous_reports(database: Database) -> None:
    scheme = RewardScheme("demo", ZONE, (replace(RULES, anonymous_cash=True),))
    case = money_case(database, None)
    waiting = proposed(database, case, scheme)
    database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    claimed = database.write(lambda db: claim_for_report(db, case.report_id, NOON))
    assert claimed is not None
    assert claimed.state == "claimed"
    assert database.write(lambda db: mark_paid(db, [waiting.id], CASHIER, "P", NOON))
    assert held(database, "paid_out") == 5000


def test_a_known_reporter_s_reward_is_not_claimed_by_code(database: Database) -> None:
    case = money_case(database)
    approved(database, case)
    assert database.write(lambda db: claim_for_report(db, case.report_id, NOON)) is None
    assert database.write(lambda db: claim_for_report(db, 4711, NOON)) is None


def test_nobody_claims_what_is_somebody_else_s(database: Database) -> None:
    given = approved(database, money_case(database))
    other = database.write(lambda db: new_resident(db, "ben"))
    with pytest.raises(UnknownReward):
        database.write(lambda db: claim(db, given.id, other, NOON))
    assert kept(database, given.id).state == "approved"


def test_a_proposal_cannot_be_claimed(database: Database) -> None:
    case = money_case(database)
    waiting = proposed(database, case)
    with pytest.raises(WrongState) as refused:
        database.write(lambda db: claim(db, waiting.id, case.reporter_id or 0, NOON))
    assert refused.value.state == "proposed"


def test_what_is_not_claimed_in_time_expires(database: Database) -> None:
    case = money_case(database)
    given = approved(database, case)
    assert database.write(lambda db: expire_due(db, LATE - timedelta(seconds=1))) == 0
    with pytest.raises(WrongState) as refused:
        database.write(lambda db: claim(db, given.id, case.reporter_id or 0, LATE))
    assert refused.value.state == "expired"
    assert database.write(lambda db: expire_due(db, LATE)) == 1
    assert database.write(lambda db: expire_due(db, LATE)) == 0
    assert kept(database, given.id).state == "expired"
    assert held(database, "expired") == 5000
    assert held(database, "resident", case.reporter_id) == 0
    assert sound(database)


@pytest.mark.parametrize("step", ["approved", "claimed", "paid"])
def test_a_reward_is_taken_back_with_all_that_was_booked(database: Database, step: str) -> None:
    given = approved(database, case := money_case(database))
    if step != "approved":
        database.write(lambda db: claim(db, given.id, case.reporter_id or 0, NOON))
    if step == "paid":
        database.write(lambda db: mark_paid(db, [given.id], CASHIER, "P-1", NOON))
    back = database.write(lambda db: reverse(db, given.id, BOSS, "查明不属实", NOON))
    assert (back.state, back.reason) == ("reversed", "查明不属实")
    for kind in ("fund", "paid_out"):
        assert held(database, kind) == 0
    assert held(database, "resident", case.reporter_id) == 0
    assert sound(database)
    with pytest.raises(WrongState):
        database.write(lambda db: reverse(db, given.id, BOSS, "再来一次", NOON))
    assert proposed(database, case).state == "proposed"


def test_spent_points_cannot_be_taken_back(database: Database) -> None:
    case = closed_case(database)
    given = approved(database, case)
    ann = LedgerAccount("demo", "resident", str(case.reporter_id), "points")
    shop = replace(ann, kind="exchange", owner="")
    database.write(lambda db: post(db, Transfer("x", "exchange", moved(ann, shop, 1)), NOON))
    with pytest.raises(InsufficientBalance):
        database.write(lambda db: reverse(db, given.id, BOSS, "查明不属实", NOON))
    assert kept(database, given.id).state == "paid"


def test_a_decision_against_needs_a_reason(database: Database) -> None:
    waiting = proposed(database, closed_case(database))
    with pytest.raises(ReasonMissing):
        database.write(lambda db: refuse(db, waiting.id, BOSS, "  ", NOON))
    with pytest.raises(ReasonMissing):
        database.write(lambda db: reverse(db, waiting.id, BOSS, "", NOON))
    with pytest.raises(WrongState):
        database.write(lambda db: reverse(db, waiting.id, BOSS, "写错了", NOON))


def test_a_few_at_a_time_are_paid(database: Database) -> None:
    with pytest.raises(ValueError, match="at most 10"):
        database.write(lambda db: mark_paid(db, range(11), CASHIER, "P", NOON))


def test_who_is_erased_leaves_sound_books(database: Database) -> None:
    points = closed_case(database)
    approved(database, points)
    claimed = claimed_money(database)
    resident_id = points.reporter_id or 0
    database.write(lambda db: forget_holder(db, resident_id, NOON))
    assert kept(database, claimed.id).state == "expired"
    assert held(database, "resident", resident_id) == 0
    assert held(database, "resident", resident_id, "points") == 0
    assert (held(database, "expired"), held(database, "expired", unit="points")) == (5000, 10)
    assert sound(database)


def test_the_reward_of_who_was_erased_is_not_approved(database: Database) -> None:
    waiting = proposed(database, closed_case(database))
    database.write(lambda db: db.execute(update(reward).values(resident_id=None)))
    with pytest.raises(NotEarned) as refused:
        database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    assert refused.value.reason == "erased"


def test_a_statement_shows_what_one_holds_and_was_given(database: Database) -> None:
    case = closed_case(database)
    first, second = approved(database, case), claimed_money(database)
    found = database.read(lambda db: statement_of(db, case.reporter_id or 0))
    assert [(account.unit, amount) for account, amount in found.holdings] == [
        ("fen", 5000),
        ("points", 10),
    ]
    assert [each.id for each in found.rewards] == [second.id, first.id]


def test_the_queue_holds_the_districts_asked_for(database: Database) -> None:
    ids = [proposed(database, closed_case(database, name)).id for name in ("a", "b", "c")]
    pages = database.read(
        lambda db: [
            reward_queue(db, ["demo"], "proposed", most=2),
            reward_queue(db, ["demo"], "proposed", after=ids[1]),
            reward_queue(db, ["other"], "proposed"),
            reward_queue(db, ["demo"], "paid"),
        ]
    )
    assert [[each.id for each in page] for page in pages] == [ids[:2], ids[2:], [], []]


STATES: tuple[RewardState, ...] = tuple(MOVES)


def test_only_the_moves_of_the_table_are_made(database: Database) -> None:
    waiting = proposed(database, closed_case(database))
    for start, end in product(STATES, STATES):
        database.write(lambda db, start=start: db.execute(update(reward).values(state=start)))
        change = (start, end)
        if end not in MOVES[start]:
            with pytest.raises(WrongState):
                database.write(lambda db, change=change: move(db, waiting.id, change, {}))
            continue
        assert database.write(lambda db, change=change: move(db, waiting.id, change, {}))
        assert not database.write(lambda db, change=change: move(db, waiting.id, change, {}))
        assert kept(database, waiting.id).state == end
