"""Deciding on rewards: each decision with its audit row and the word to the reporter, at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.console.reward_desk import RewardDesk
from bot.console.reward_looks_store import latest_reward, reward_in, rewards_after
from community import audit
from hazards import rewards
from hazards.case_store import find_case
from hazards.following import tell_reward
from hazards.reward_states import Reward, UnknownReward
from hazards.reward_store import require_reward

# As the audit log's page words them.
ACTIONS: Mapping[str, str] = {
    "reward.proposed": "提出奖励",
    "reward.approved": "同意奖励",
    "reward.refused": "不同意奖励",
    "reward.reversed": "撤销奖励",
    "reward.paid": "标记已发放",
    "commendation.issued": "发感谢状",
    "commendation.withdrawn": "撤回感谢状",
    "voucher.handed_over": "交付兑换品",
    "voucher.cancelled": "取消兑换",
    "ledger.checked": "核对奖励账",
}
# A reporter is told of what they were given.
_GIVEN = frozenset({"approved", "claimed", "paid"})


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, where they may, and when."""

    staff_id: int
    districts: frozenset[str]
    now: datetime


def propose(db: Connection, desk: RewardDesk, case_id: int, by: Decider) -> Reward:
    """Propose the reward of a case; raises as ``hazards.rewards.propose``."""
    case = find_case(db, case_id)
    if case is None or case.district_id not in by.districts:
        raise UnknownReward(0)
    made = rewards.propose(db, case_id, by.staff_id, by.now, desk.schemes[case.district_id])
    _audit(db, "reward.proposed", made, by)
    return made


def approve(db: Connection, desk: RewardDesk, reward_id: int, by: Decider) -> Reward:
    """Approve a proposal and tell the reporter; raises as ``hazards.rewards.approve``."""
    _require(db, reward_id, by)
    approved = rewards.approve(db, reward_id, by.staff_id, by.now)
    _tell(db, desk, approved, by.now)
    _audit(db, "reward.approved", approved, by)
    return approved


def refuse(db: Connection, reward_id: int, reason: str, by: Decider) -> Reward:
    """Refuse a proposal; raises as ``hazards.rewards.refuse``."""
    _require(db, reward_id, by)
    refused = rewards.refuse(db, reward_id, by.staff_id, reason, by.now)
    _audit(db, "reward.refused", refused, by)
    return refused


def reverse(db: Connection, reward_id: int, reason: str, by: Decider) -> Reward:
    """Take a reward back; raises as ``hazards.rewards.reverse``."""
    _require(db, reward_id, by)
    reversed_ = rewards.reverse(db, reward_id, by.staff_id, reason, by.now)
    _audit(db, "reward.reversed", reversed_, by)
    return reversed_


def thank_later(db: Connection, desk: RewardDesk, approved: Reward, now: datetime) -> int:
    """Give a few later reporters of the same hazard their points and tell them.

    Returns how many were looked at; 0 when all were. Call it in writes of its own until then.
    """
    before = latest_reward(db)
    looked = rewards.thank_me_too(db, approved.case_id, now, desk.schemes[approved.district_id])
    for given in rewards_after(db, approved.case_id, before):
        _tell(db, desk, given, now)
    return looked


def mark_paid(db: Connection, reward_ids: list[int], payout_id: str, by: Decider) -> list[int]:
    """Mark a few rewards as paid out; return those that this call marked.

    Rewards of other districts are left alone.
    """
    own = [id_ for id_ in reward_ids if reward_in(db, by.districts, id_) is not None]
    marked = rewards.mark_paid(db, own, by.staff_id, payout_id, by.now)
    for reward_id in marked:
        _audit(db, "reward.paid", require_reward(db, reward_id), by)
    return marked


def _require(db: Connection, reward_id: int, by: Decider) -> None:
    if reward_in(db, by.districts, reward_id) is None:
        raise UnknownReward(reward_id)


def _tell(db: Connection, desk: RewardDesk, given: Reward, now: datetime) -> None:
    case = find_case(db, given.case_id)
    if case is not None and given.state in _GIVEN:
        tell_reward(db, case, given.report_id, desk.cases.rules, now)


def _audit(db: Connection, action: str, about: Reward, by: Decider) -> None:
    audit.note(
        db,
        actor=f"staff:{by.staff_id}",
        action=action,
        subject=f"reward:{about.id}",
        detail={"case": about.case_id, "amount": about.amount.number, "unit": about.amount.unit},
        now=by.now,
        district_id=about.district_id,
    )
