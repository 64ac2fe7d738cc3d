"""What the pages about rewards work with, who they are for, and their words."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.console.case_desk import CaseDesk
from community.ledger import InsufficientBalance, LedgerError
from community.staff import Role, Staff
from hazards.reward_files import scheme_of
from hazards.reward_rules import RewardScheme
from hazards.reward_states import (
    NotRewardable,
    ReasonMissing,
    RewardError,
    RewardState,
    SamePerson,
    UnknownReward,
    WrongState,
)

PATH = "/console/rewards"
ROLES: tuple[Role, ...] = ("reviewer", "supervisor", "administrator")
MOST_REASON = 200

STATE_NAMES: Mapping[RewardState, str] = {
    "proposed": "待审批",
    "approved": "待领取",
    "claimed": "待发放",
    "paid": "已发放",
    "refused": "未同意",
    "expired": "过期未领",
    "reversed": "已撤销",
}
EXCLUDED = "按本区规则，这次上报不在奖励范围里。"
# Why no reward is due, as ``NotRewardable.word`` has it; also the reason of a refused later one.
WHY_NOT: Mapping[str, str] = {
    "not_closed": "案件还没有复查合格，或者又重新打开了。",
    "no_report": "案件没有有效的首个上报。",
    "false_report": "这次上报记为虚假上报。",
    "erased": "上报人已注销，奖励不再发。",
    "no_amount": "这个类别不设奖励。",
    "already": "这个案件或这次上报已经有奖励。",
    "cap": "上报人这个月的奖励已到上限。",
    "on_duty": "在岗人员的上报不奖励。",
    # Which of the two would tell colleagues that one of them reported it.
    "handlers": EXCLUDED,
    "bound_staff": EXCLUDED,
}
SAME_PERSON: Mapping[str, str] = {
    "proposed": "这笔是你提的，要别人批。",
    "handled": "这个案件你办过，奖励要别人批。",
}
GONE = "没有这笔奖励，或者不在你的范围里。"
STALE = "刚有人办过这一步，现在是“{state}”。页面已更新。"
NO_REASON = "请写清理由，再点一次。"
SPENT = "积分已经兑换掉了，撤不回来。请先和本人联系。"
BOOKING = "账没有记上，这一步没有办。请告诉管理员。"


@dataclass(frozen=True, slots=True)
class RewardDesk:
    """What every page about rewards works with; ``schemes`` are by district."""

    cases: CaseDesk
    schemes: Mapping[str, RewardScheme]

    @classmethod
    def of(cls, cases: CaseDesk) -> "RewardDesk":
        """Return the desk with the rules of every district served.

        Raises:
            BrokenPlaceFile: when a district's rules cannot be read.
        """
        known = [one.id for one in cases.categories.all]
        return cls(cases, {id_: scheme_of(one, known) for id_, one in cases.districts.items()})

    def category(self, id_: str) -> str:
        """Return a category's name."""
        found = self.cases.categories.get(id_)
        return found.name if found else id_


def districts_of(staff: Staff) -> frozenset[str]:
    """Return the districts whose rewards somebody decides on; one street is too little for it."""
    return staff.area(*ROLES).districts


def problem_words(error: RewardError | LedgerError) -> str:
    """Return what people read when something about a reward was refused."""
    if isinstance(error, WrongState):
        return STALE.format(state=STATE_NAMES[error.state])
    if isinstance(error, SamePerson):
        return SAME_PERSON[error.conflict]
    if isinstance(error, NotRewardable):
        return WHY_NOT.get(error.word, WHY_NOT["no_report"])
    return next((words for kind, words in _PLAIN.items() if isinstance(error, kind)), BOOKING)


_PLAIN: Mapping[type[Exception], str] = {
    ReasonMissing: NO_REASON,
    UnknownReward: GONE,
    InsufficientBalance: SPENT,
}


def reason_words(reason: str) -> str:
    """Return a kept reason as people read it: the service's own in words, staff's as written."""
    return WHY_NOT.get(reason, reason)
