"""How a report goes on, in the reporter's words (进度); never a place, a photo or a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from hazards.transitions import State

Stage = Literal[
    "received", "passed_on", "in_hand", "checking", "done", "turned_down", "elsewhere", "withdrawn"
]

STAGES: Mapping[State, Stage] = MappingProxyType(
    {
        "submitted": "received",
        "screened": "passed_on",
        "assigned": "passed_on",
        "returned": "passed_on",
        "accepted": "in_hand",
        "rectifying": "in_hand",
        "reopened": "in_hand",
        "fix_claimed": "checking",
        "verified": "done",
        "closed": "done",
        "rejected": "turned_down",
        "duplicate": "in_hand",
        "referred": "elsewhere",
    }
)

STAGE_WORDS: Mapping[Stage, str] = MappingProxyType(
    {
        "received": "收到了，等工作人员审核",
        "passed_on": "审核过了，正在转给负责的单位",
        "in_hand": "负责的单位正在处理",
        "checking": "单位说整改好了，正在复查",
        "done": "整改好了，复查合格",
        "turned_down": "没有受理",
        "elsewhere": "不在本区，已经转给当地",
        "withdrawn": "你已经撤回",
    }
)


@dataclass(frozen=True, slots=True)
class Progress:
    """What whoever knows a report's code may know.

    Attributes:
        code: the report's.
        stage: how far it is.
        changed_at: when that last changed; show the date alone.
    """

    code: str
    stage: Stage
    changed_at: datetime

    @property
    def words(self) -> str:
        """The stage in the reporter's words."""
        return STAGE_WORDS[self.stage]


def stage_of(state: State, standing: str) -> Stage:
    """Return how far a report is, from its case's state and its own standing.

    A report that was turned down alone (``rejected``) is so whatever becomes of the case.
    """
    if standing == "withdrawn":
        return "withdrawn"
    return "turned_down" if standing == "rejected" else STAGES[state]
