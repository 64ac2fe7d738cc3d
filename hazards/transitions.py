"""Every move that a case may make: from where, to where, by whom, and on what evidence.

The one table of transitions (流转). Pure: the SQL that carries a move out repeats its ``froms``
as a condition, so that an illegal move cannot win a race either.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

State = Literal[
    "submitted",
    "screened",
    "assigned",
    "accepted",
    "returned",
    "rectifying",
    "fix_claimed",
    "verified",
    "closed",
    "rejected",
    "duplicate",
    "referred",
    "reopened",
]
STATES: tuple[State, ...] = get_args(State)
# As shown to people.
STATE_NAMES: Mapping[State, str] = MappingProxyType(
    {
        "submitted": "待初审",
        "screened": "待派单",
        "assigned": "待签收",
        "accepted": "已签收",
        "returned": "已退回，待重派",
        "rectifying": "整改中",
        "fix_claimed": "待复查",
        "verified": "复查合格，待销号",
        "closed": "已销号",
        "rejected": "不予受理",
        "duplicate": "重复，已合并",
        "referred": "已转区外办理",
        "reopened": "重新打开",
    }
)
LEVEL_NAMES: tuple[str, ...] = ("", "催办", "升级督办", "挂牌督办")

ENDED: frozenset[State] = frozenset({"closed", "rejected", "duplicate", "referred"})
OPEN: frozenset[State] = frozenset(STATES) - ENDED
# Somebody has yet to put it right: the deadline runs, and its steps are taken.
RUNNING: frozenset[State] = OPEN - {"fix_claimed", "verified"}

REVIEW = frozenset({"reviewer", "duty_officer", "administrator"})
SUPERVISE = REVIEW | {"supervisor"}
HANDLE = frozenset({"department"})


@dataclass(frozen=True, slots=True)
class Move:
    """One edge, or several that mean the same.

    Attributes:
        name: of the code.
        froms: the states it may start from.
        to: the state it leads to.
        roles: who may; ``system`` and ``reporter`` beside the roles of staff.
        needs_reason: whether words must be given.
        needs_photo: whether a photo of the case must be given.
        label: Chinese, on the button.
    """

    name: str
    froms: frozenset[State]
    to: State
    roles: frozenset[str]
    needs_reason: bool
    needs_photo: bool
    label: str


def _move(  # noqa: PLR0913 - one line of the table each
    name: str,
    froms: tuple[State, ...],
    to: State,
    roles: Collection[str],
    label: str,
    *,
    reason: bool = False,
    photo: bool = False,
) -> Move:
    return Move(name, frozenset(froms), to, frozenset(roles), reason, photo, label)


_UNDER_WAY: tuple[State, ...] = ("assigned", "accepted", "rectifying", "reopened")
_BEFORE_FIX: tuple[State, ...] = ("submitted", "screened", "returned", *_UNDER_WAY)
_CHECKERS = SUPERVISE | {"system"}

_TABLE = (
    _move("screen", ("submitted",), "screened", REVIEW, "受理"),
    _move("assign", ("screened", "returned"), "assigned", REVIEW, "派单"),
    _move("accept", ("assigned", "reopened"), "accepted", HANDLE, "签收"),
    _move(
        "return", ("assigned", "accepted", "rectifying"), "returned", HANDLE, "退回", reason=True
    ),
    _move("rectify", ("accepted",), "rectifying", HANDLE, "开始整改"),
    _move("claim_fix", ("rectifying",), "fix_claimed", HANDLE, "整改完成", photo=True),
    _move("verify", ("fix_claimed",), "verified", _CHECKERS, "复查合格"),
    _move("send_back", ("fix_claimed",), "rectifying", SUPERVISE, "不合格，重新整改", reason=True),
    _move("close", ("verified",), "closed", _CHECKERS, "销号"),
    _move(
        "reject",
        ("submitted", "screened", "returned", "reopened"),
        "rejected",
        REVIEW,
        "不予受理",
        reason=True,
    ),
    _move(
        "refer", ("submitted", "screened", "returned"), "referred", REVIEW, "转区外", reason=True
    ),
    _move("mark_duplicate", _BEFORE_FIX, "duplicate", REVIEW, "合并重复"),
    _move("reassign", _UNDER_WAY, "assigned", SUPERVISE, "改派", reason=True),
    _move(
        "take_over",
        ("returned", *_UNDER_WAY),
        "accepted",
        HANDLE | {"supervisor", "duty_officer", "administrator"},
        "牵头单位接手",
        reason=True,
    ),
    # The grid worker's own word, with photos from before and after; checked or not by a draw.
    _move("close_on_spot", _BEFORE_FIX, "fix_claimed", {"grid_worker"}, "当场整改", photo=True),
    # A "no" that a second look found mistaken.
    _move(
        "confirm_fixed",
        ("reopened",),
        "verified",
        SUPERVISE,
        "复查已整改",
        reason=True,
        photo=True,
    ),
    _move(
        "reopen",
        ("verified", "closed", "rejected", "referred"),
        "reopened",
        SUPERVISE | {"reporter"},
        "重新打开",
        reason=True,
    ),
    _move("withdraw", ("submitted",), "rejected", {"reporter"}, "撤回", reason=True),
)
MOVES: Mapping[str, Move] = MappingProxyType({move.name: move for move in _TABLE})
# From these a reporter's "no" reopens; what was turned away only staff may take up again.
ANSWERABLE: frozenset[State] = frozenset({"verified", "closed"})


def open_moves(state: State, roles: Collection[str]) -> tuple[Move, ...]:
    """Return the moves that somebody in one of ``roles`` may make, in the table's order."""
    held = frozenset(roles)
    return tuple(move for move in _TABLE if state in move.froms and move.roles & held)
