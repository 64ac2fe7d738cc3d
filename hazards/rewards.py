"""Rewards from proposal to payment: who earns what, who decides, and what is booked.

Each step is one transaction: the state moves under its condition, and the ledger books what
goes with it under a key of that step, so that a repeat books nothing twice. Points of residents
are theirs with the approval; money waits to be claimed, and so does what anonymous reports
earn. The console notes who did what in the audit log.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from community.ledger import AccountKind, LedgerAccount, Transfer, moved
from community.ledger_store import forfeit, gains_of, holdings, post, transfer_under
from community.ledger_store import reverse as reverse_transfer
from hazards.reward_dues import capped, earning_case, full_draft
from hazards.reward_facts_store import CaseFacts, ReportFacts, held_case, held_first_report
from hazards.reward_rules import Amount, RewardScheme
from hazards.reward_states import (
    AlreadyRewarded,
    NotEarned,
    NotRewardable,
    ReasonMissing,
    Reward,
    RewardState,
    SamePerson,
    UnknownReward,
    WrongState,
)
from hazards.reward_store import (
    add_reward,
    conflict_of,
    has_given,
    has_reward,
    has_share,
    held_expired,
    held_later_reports,
    is_claimable_by,
    is_payable,
    is_rewarded,
    may_decide,
    move,
    open_rewards_of,
    require_reward,
    reward_of_report,
    rewards_of_resident,
)

logger = logging.getLogger(__name__)

LEAST_REASON = 2
# Each books a transfer of its own, and nothing holds the writer for over 20 ms.
AT_ONCE = 10
LATER_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """What a resident holds, by district and unit, and their latest rewards, newest first."""

    holdings: tuple[tuple[LedgerAccount, int], ...]
    rewards: tuple[Reward, ...]


def propose(
    db: Connection, case_id: int, staff_id: int | None, now: datetime, scheme: RewardScheme
) -> Reward:
    """Propose the reward of a case's first valid report.

    Args:
        db: inside a write.
        case_id: verified or closed.
        staff_id: who proposes; None for the service itself.
        now: when.
        scheme: of the case's district; what held on the day of the report counts.

    Raises:
        NotEarned: when the case or its report is not of the kind that is rewarded.
        AlreadyRewarded: when a reward stands for the case or the report.
        Excluded: when the reporter is among those who earn nothing.
        CapReached: when they have had all that a month allows; what is left of it is given.
    """
    case = earning_case(db, case_id)
    report = held_first_report(db, case_id)
    if report is None:
        raise NotEarned(case_id, "no_report")
    if is_rewarded(db, case_id, report.id):
        raise AlreadyRewarded(case_id)
    rules = scheme.at(report.created_at)
    full = rules.amount(case.category, is_anonymous=report.is_anonymous)
    draft = full_draft(case, report, ("first", full), scheme)
    return add_reward(db, capped(db, draft, rules), "proposed", staff_id, now)


def propose_for_closed(
    db: Connection, case_id: int, now: datetime, scheme: RewardScheme
) -> Reward | None:
    """Propose the reward of a case that was closed, once; None where none is due.

    A case that was decided on before, refused included, is left to staff.
    """
    if has_reward(db, case_id):
        return None
    try:
        return propose(db, case_id, None, now, scheme)
    except NotRewardable as reason:
        logger.info("no reward is proposed: %s", reason)
        return None


def thank_me_too(db: Connection, case_id: int, now: datetime, scheme: RewardScheme) -> int:
    """Give later reporters of a hazard their points, once its first reporter has been given theirs.

    Takes a few at a time and returns how many it looked at; call it again, in a transaction of
    its own, until it returns 0. Who earns nothing gets a refused reward that says why.
    """
    case = held_case(db, case_id)
    if case is None or not has_given(db, case_id):
        return 0
    reports = held_later_reports(db, case_id, LATER_AT_ONCE)
    for report in reports:
        _thank(db, case, report, now, scheme)
    return len(reports)


def approve(db: Connection, reward_id: int, staff_id: int, now: datetime) -> Reward:
    """Approve a proposal and book it; a resident's points are theirs at once.

    Raises:
        UnknownReward: when there is none.
        NotEarned: when the case was opened again, or the reporter was erased.
        SamePerson: when the approver proposed it, or handled the case.
        WrongState: when it was decided on before.
    """
    found = require_reward(db, reward_id)
    earning_case(db, found.case_id)
    if found.holder is None:
        raise NotEarned(found.case_id, "erased")
    decided = {
        "decided_by": staff_id,
        "decided_at": now,
        "expires_at": now + timedelta(days=found.claim_days),
    }
    if not move(db, reward_id, ("proposed", "approved"), decided, *may_decide(staff_id)):
        raise _undecidable(db, reward_id, staff_id)
    return _granted(db, require_reward(db, reward_id), now)


def refuse(db: Connection, reward_id: int, staff_id: int, reason: str, now: datetime) -> Reward:
    """Refuse a proposal; who made it may take it back so.

    Raises:
        ReasonMissing: without a reason.
        UnknownReward: when there is none.
        WrongState: when it was decided on before.
    """
    said = _reason(reward_id, reason)
    decided = {"decided_by": staff_id, "decided_at": now, "reason": said}
    return _moved(db, reward_id, ("proposed", "refused"), decided)


def claim(db: Connection, reward_id: int, resident_id: int, now: datetime) -> Reward:
    """Claim money that waits for a resident; claiming again changes nothing.

    Raises:
        UnknownReward: when there is none of theirs.
        WrongState: when it is not approved yet, or its time is over.
    """
    found = require_reward(db, reward_id)
    if found.resident_id != resident_id:
        raise UnknownReward(reward_id)
    return _claimed(db, found, resident_id, now)


def claim_for_report(db: Connection, report_id: int, now: datetime) -> Reward | None:
    """Claim what an anonymous report has earned, for whoever opened it by code and password.

    Points can be exchanged from then on; money goes to the monthly sheet, and is paid to who
    shows code and password. Claiming again changes nothing.

    Returns:
        None when the report has no reward.

    Raises:
        WrongState: when it is not approved yet, or its time is over.
    """
    found = reward_of_report(db, report_id)
    if found is None or not found.is_anonymous:
        return None
    claimed = _claimed(db, found, None, now)
    return _settled(db, claimed, now) if claimed.state == "claimed" else claimed


def mark_paid(
    db: Connection, reward_ids: Sequence[int], staff_id: int, payout_id: str, now: datetime
) -> list[int]:
    """Note that claimed money was paid out; return those that this call marked.

    Args:
        db: inside a write.
        reward_ids: at most ``AT_ONCE``; ``storage.chunks`` makes such lists.
        staff_id: who says so.
        payout_id: the paying office's number, noted with each.
        now: when.

    Raises:
        ValueError: for more at once.
    """
    if len(reward_ids) > AT_ONCE:
        raise ValueError(f"at most {AT_ONCE} rewards are marked at once, not {len(reward_ids)}")
    paid = {"paid_by": staff_id, "paid_at": now, "payout_id": payout_id}
    marked = [
        reward_id
        for reward_id in sorted(set(reward_ids))
        if move(db, reward_id, ("claimed", "paid"), paid, *is_payable())
    ]
    for reward_id in marked:
        _book(db, require_reward(db, reward_id), "payout", now)
    return marked


def reverse(db: Connection, reward_id: int, staff_id: int, reason: str, now: datetime) -> Reward:
    """Take a reward back, paid or not, with everything that was booked for it.

    Raises:
        ReasonMissing: without a reason.
        UnknownReward: when there is none.
        WrongState: when it was never approved, or is over.
        InsufficientBalance: when the points have been spent.
    """
    said = _reason(reward_id, reason)
    found = require_reward(db, reward_id)
    if found.state not in {"approved", "claimed", "paid"}:
        raise WrongState(reward_id, found.state, "reversed")
    noted = {"reversed_by": staff_id, "reversed_at": now, "reason": said}
    taken_back = _moved(db, reward_id, (found.state, "reversed"), noted)
    _undo(db, found, now)
    return taken_back


def expire_due(db: Connection, now: datetime) -> int:
    """End a few rewards that nobody claimed in time; return how many, 0 when none is left."""
    past = held_expired(db, now, AT_ONCE)
    for found in past:
        _expire(db, found, now)
    return len(past)


def forget_holder(db: Connection, resident_id: int, now: datetime) -> None:
    """End what a resident has not been paid and let their points expire, before they are erased."""
    for found in open_rewards_of(db, resident_id):
        _expire(db, found, now)
    forfeit(db, resident_id, now)


def statement_of(db: Connection, resident_id: int, most: int = 20) -> Statement:
    """Return what a resident holds, and their latest rewards."""
    return Statement(
        tuple(holdings(db, "resident", str(resident_id))),
        tuple(rewards_of_resident(db, resident_id, most)),
    )


def _thank(
    db: Connection, case: CaseFacts, report: ReportFacts, now: datetime, scheme: RewardScheme
) -> None:
    rules = scheme.at(report.created_at)
    draft = full_draft(case, report, ("me_too", Amount(rules.me_too, "points")), scheme)
    try:
        if report.reporter_id is not None and has_share(db, case.id, report.reporter_id):
            raise AlreadyRewarded(case.id)
        due = capped(db, draft, rules)
    except NotRewardable as problem:
        add_reward(db, replace(draft, reason=problem.word), "refused", None, now)
        return
    made = add_reward(db, due, "approved", None, now)
    _granted(db, made, now)


def _granted(db: Connection, found: Reward, now: datetime) -> Reward:
    """Book an approved reward; what needs no claim is its owner's at once."""
    _book(db, found, "grant", now)
    if found.is_anonymous or found.amount.unit == "fen":
        return found
    claimed = _moved(db, found.id, ("approved", "claimed"), {"claimed_at": now})
    return _settled(db, claimed, now)


def _settled(db: Connection, claimed: Reward, now: datetime) -> Reward:
    """Return a claimed reward, which for points, booked already, is as good as paid."""
    if claimed.amount.unit == "fen":
        return claimed
    return _moved(db, claimed.id, ("claimed", "paid"), {"paid_at": now})


def _claimed(db: Connection, found: Reward, resident_id: int | None, now: datetime) -> Reward:
    if found.state in {"claimed", "paid"}:
        return found
    conditions = is_claimable_by(resident_id, now)
    if not move(db, found.id, ("approved", "claimed"), {"claimed_at": now}, *conditions):
        state = require_reward(db, found.id).state
        raise WrongState(found.id, "expired" if state == "approved" else state, "claimed")
    return require_reward(db, found.id)


def _expire(db: Connection, found: Reward, now: datetime) -> None:
    _moved(db, found.id, (found.state, "expired"), {})
    if found.holder is not None:  # of who was erased the account has been emptied
        _book(db, found, "expiry", now)


# Step of a reward → where what it is worth goes to; a grant comes from the fund.
_SINKS: Mapping[str, AccountKind] = {"payout": "paid_out", "expiry": "expired"}


def _book(db: Connection, found: Reward, step: str, now: datetime) -> None:
    holder, amount = found.holder, found.amount
    if holder is None:
        raise NotEarned(found.case_id, "erased")
    other = LedgerAccount(found.district_id, _SINKS.get(step, "fund"), "", amount.unit)
    giver, taker = (other, holder) if step == "grant" else (holder, other)
    postings = moved(giver, taker, amount.number)
    post(db, Transfer(found.key(step), step, postings, found.rule_version), now)


def _undo(db: Connection, found: Reward, now: datetime) -> None:
    """Take back everything that was booked for a reward, from whoever has it now."""
    has_it = found.holder
    payout = transfer_under(db, found.key("payout"))
    if payout is not None:
        has_it = _held_in(db, payout)
        reverse_transfer(db, payout, found.key("payout_undone"), now)
    grant = transfer_under(db, found.key("grant"))
    if grant is None:
        return
    had_it = _held_in(db, grant)
    if has_it is not None and had_it is not None and has_it != had_it:
        # Its owner was found to be the same person as somebody else, who has it since.
        postings = moved(has_it, had_it, found.amount.number)
        post(db, Transfer(found.key("returned"), "merge", postings), now)
    reverse_transfer(db, grant, found.key("grant_undone"), now)


def _held_in(db: Connection, transfer_id: int) -> LedgerAccount | None:
    """Return the account of somebody that a transfer touched."""
    return next((account for account in gains_of(db, transfer_id) if account.is_held), None)


def _moved(
    db: Connection,
    reward_id: int,
    change: tuple[RewardState, RewardState],
    values: Mapping[str, Any],
) -> Reward:
    if not move(db, reward_id, change, values):
        raise WrongState(reward_id, require_reward(db, reward_id).state, change[1])
    return require_reward(db, reward_id)


def _undecidable(db: Connection, reward_id: int, staff_id: int) -> SamePerson | WrongState:
    found = require_reward(db, reward_id)
    conflict = conflict_of(db, found, staff_id)
    if conflict and found.state == "proposed":
        return SamePerson(reward_id, staff_id, conflict)
    return WrongState(reward_id, found.state, "approved")


def _reason(reward_id: int, reason: str) -> str:
    said = reason.strip()
    if len(said) < LEAST_REASON:
        raise ReasonMissing(reward_id)
    return said
