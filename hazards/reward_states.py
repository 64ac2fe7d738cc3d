"""One reward and what may become of it: proposed, approved, claimed, paid.

Values and errors only; ``hazards.reward_store`` keeps rewards, ``hazards.rewards`` moves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from community.ledger import LedgerAccount, Unit
from hazards.reward_rules import Amount, Exclusion

RewardState = Literal["proposed", "approved", "refused", "claimed", "paid", "expired", "reversed"]
RewardKind = Literal["first", "me_too"]
Unearned = Literal["not_closed", "no_report", "false_report", "erased", "no_amount"]
Conflict = Literal["proposed", "handled"]

MOVES: Mapping[RewardState, frozenset[RewardState]] = {
    "proposed": frozenset({"approved", "refused"}),
    "approved": frozenset({"claimed", "expired", "reversed"}),
    # It expires when the person it belongs to is erased.
    "claimed": frozenset({"paid", "expired", "reversed"}),
    "paid": frozenset({"reversed"}),
    "refused": frozenset(),
    "expired": frozenset(),
    "reversed": frozenset(),
}


class RewardError(Exception):
    """A reward cannot be given, or not in this way."""

    permanent = True


class UnknownReward(RewardError):
    """There is no such reward, or it is somebody else's."""

    def __init__(self, reward_id: int) -> None:
        self.reward_id = reward_id
        super().__init__(f"there is no reward {reward_id} for this person or area")


class WrongState(RewardError):
    """A reward has moved on, so what was pressed is too late or too early."""

    def __init__(self, reward_id: int, state: RewardState, wanted: RewardState) -> None:
        self.reward_id = reward_id
        self.state = state
        self.wanted = wanted
        super().__init__(f"reward {reward_id} is {state}, so it cannot become {wanted}")


class SamePerson(RewardError):
    """Who proposed a reward, or handled its case, wants to approve it."""

    def __init__(self, reward_id: int, staff_id: int, conflict: Conflict) -> None:
        self.reward_id = reward_id
        self.staff_id = staff_id
        self.conflict = conflict
        super().__init__(
            f"staff {staff_id} has {conflict} what reward {reward_id} is for: "
            "somebody else has to decide"
        )


class ReasonMissing(RewardError):
    """A decision that needs a reason was given none."""

    def __init__(self, reward_id: int) -> None:
        self.reward_id = reward_id
        super().__init__(f"say why, so that reward {reward_id} can be explained later")


class NotRewardable(RewardError):
    """A case leads to no reward; ``word`` says why in one word that ``bot`` has words for."""

    def __init__(self, case_id: int, word: str, problem: str) -> None:
        self.case_id = case_id
        self.word = word
        super().__init__(f"case {case_id} earns no reward: {problem}")


class NotEarned(NotRewardable):
    """The case or its first report is not of the kind that is rewarded."""

    def __init__(self, case_id: int, reason: Unearned) -> None:
        self.reason = reason
        super().__init__(case_id, reason, reason)


class AlreadyRewarded(NotRewardable):
    """One hazard is paid for once, and so is one report."""

    def __init__(self, case_id: int) -> None:
        super().__init__(case_id, "already", "it, or its report, has one already")


class Excluded(NotRewardable):
    """The reporter is among those who earn nothing: staff on duty, handlers, bound staff."""

    def __init__(self, case_id: int, reason: Exclusion) -> None:
        self.reason = reason
        super().__init__(case_id, reason, f"the reporter is excluded ({reason})")


class CapReached(NotRewardable):
    """The reporter has had all that one person earns for a month."""

    def __init__(self, case_id: int, month: str, cap: Amount) -> None:
        self.month = month
        self.cap = cap
        problem = f"the cap of {cap.number} {cap.unit} for {month} is reached"
        super().__init__(case_id, "cap", problem)


@dataclass(frozen=True, slots=True)
class Reward:
    """One reward, as kept.

    Attributes:
        code: what is shown and said aloud when it is paid out.
        case_id: the hazard it is for.
        report_id: the report it is for.
        kind: for the first valid report, or for one that came later.
        resident_id: whose it is; None for anonymous reports and those who were erased.
        is_anonymous: whether the report was.
        amount: points or fen.
        full_amount: what the rules gave before the month's cap cut it.
        rule_version: of the rules that gave it.
        month: the district's month of the report, 2026-11, by which the cap counts.
        proposed_by: a staff id; None for the service itself.
        reason: why it was refused or reversed, in staff's words; in those of
            ``NotRewardable.word`` where the service itself refused a later report.
        expires_at: until when it can be claimed; set with the approval.
        payout_id: of the paying office, set with the payment.
    """

    id: int
    code: str
    district_id: str
    case_id: int
    report_id: int
    kind: RewardKind
    resident_id: int | None
    is_anonymous: bool
    amount: Amount
    full_amount: Amount
    rule_version: str
    claim_days: int
    month: str
    state: RewardState
    proposed_by: int | None
    proposed_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    reason: str
    expires_at: datetime | None
    claimed_at: datetime | None
    paid_by: int | None
    paid_at: datetime | None
    payout_id: str

    @property
    def is_cut(self) -> bool:
        """Whether the month's cap has cut it (已达本月上限)."""
        return self.amount != self.full_amount

    @property
    def holder(self) -> LedgerAccount | None:
        """Whose account it is booked to; None once that person is erased."""
        if self.is_anonymous:
            return anonymous_account(self.district_id, self.report_id, self.amount.unit)
        if self.resident_id is None:
            return None
        return resident_account(self.district_id, self.resident_id, self.amount.unit)

    def key(self, step: str) -> str:
        """Return the ledger's key for one step of this reward."""
        return f"reward:{self.id}:{step}"


def resident_account(district_id: str, resident_id: int, unit: Unit) -> LedgerAccount:
    """Return the account of what a resident has earned in a district."""
    return LedgerAccount(district_id, "resident", str(resident_id), unit)


def anonymous_account(district_id: str, report_id: int, unit: Unit) -> LedgerAccount:
    """Return the account of what an anonymous report has earned; it leads to no person."""
    return LedgerAccount(district_id, "anonymous", str(report_id), unit)
