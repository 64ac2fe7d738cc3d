"""Rewards, certificates and vouchers as the console lists them: of districts, never a name."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from hazards.commendation_store import Commendation, commendation
from hazards.reward_facts_store import handling
from hazards.reward_states import Reward, RewardState
from hazards.reward_store import find_rewards, reward
from hazards.store import hazard_case, hazard_event, hazard_report
from hazards.voucher_store import Voucher, voucher

_reward = reward.c
_case = hazard_case.c
_report = hazard_report.c
_kept = commendation.c
_voucher = voucher.c
_COMMENDED = (
    "id",
    "code",
    "district_id",
    "report_id",
    "resident_id",
    "shown_as",
    "text",
    "issued_at",
    "expires_at",
    "is_on_honour_roll",
    "withdrawn_at",
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a reward: its case, and whether the asker may decide on it.

    Attributes:
        case_code: of its case.
        category: of its case.
        state: of its case.
        is_own: whether the asker proposed it, or handled the case.
    """

    case_code: str
    category: str
    state: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class ReportToThank:
    """A report that somebody may be thanked for; never whose it is."""

    id: int
    code: str
    standing: str
    is_anonymous: bool
    resident_id: int | None


def rewards_in(
    db: Connection, districts: Collection[str], state: RewardState, *, before: int, most: int
) -> list[Reward]:
    """Return rewards of some districts in one state, the latest first, below an id."""
    return find_rewards(
        db,
        _reward.district_id.in_(sorted(districts)),
        _reward.state == state,
        _reward.id < before,
        most=most,
        newest_first=True,
    )


def state_counts(db: Connection, districts: Collection[str]) -> dict[RewardState, int]:
    """Return how many rewards of some districts stand in each state."""
    rows = db.execute(
        select(_reward.state, func.count())
        .where(_reward.district_id.in_(sorted(districts)))
        .group_by(_reward.state)
    )
    return {row.state: row[1] for row in rows}


def waiting_count(db: Connection, districts: Collection[str]) -> int:
    """Return how many rewards of some districts wait to be decided on."""
    rows = select(func.count()).where(
        _reward.district_id.in_(sorted(districts)), _reward.state == "proposed"
    )
    return db.scalar(rows) or 0


def reward_in(db: Connection, districts: Collection[str], reward_id: int) -> Reward | None:
    """Return a reward of one of some districts; None for one elsewhere, as for none."""
    own = (_reward.id == reward_id, _reward.district_id.in_(sorted(districts)))
    found = find_rewards(db, *own, most=1)
    return found[0] if found else None


def rewards_after(db: Connection, case_id: int, after: int) -> list[Reward]:
    """Return the rewards of a case with an id above ``after``, the first hundred."""
    return find_rewards(db, _reward.case_id == case_id, _reward.id > after, most=100)


def latest_reward(db: Connection) -> int:
    """Return the id of the latest reward of all, 0 before the first."""
    return db.scalar(select(func.max(_reward.id))) or 0


def beside(db: Connection, rewards: Collection[Reward], staff_id: int) -> dict[int, Beside]:
    """Return what stands beside each reward, by its id."""
    is_handler = handling([staff_id]).where(hazard_event.c.case_id == _reward.case_id)
    is_proposer = func.coalesce(_reward.proposed_by, 0) == staff_id
    is_own = case((is_proposer, True), (is_handler.correlate(reward), True), else_=False)
    rows = db.execute(
        select(_reward.id, _case.code, _case.category, _case.state, is_own)
        .join(hazard_case, _case.id == _reward.case_id)
        .where(_reward.id.in_([one.id for one in rewards]))
    )
    return {row[0]: Beside(row[1], row[2], row[3], bool(row[4])) for row in rows}


def case_in(db: Connection, districts: Collection[str], code: str) -> int | None:
    """Return the id of a case of some districts by its code, as ``read_code`` reads it."""
    own = (_case.code == code, _case.district_id.in_(sorted(districts)))
    found: int | None = db.scalar(select(_case.id).where(*own))
    return found


def thankable(db: Connection, case_id: int) -> list[ReportToThank]:
    """Return the valid reports of a case, the first fifty."""
    rows = db.execute(
        select(
            _report.id,
            _report.code,
            _report.standing,
            _report.privacy == "anonymous",
            _report.reporter_id,
        )
        .where(
            _report.case_id == case_id,
            _report.standing.in_(("first", "me_too")),
            _report.is_false.is_(False),
        )
        .order_by(_report.id)
        .limit(50)
    )
    return [ReportToThank(*row) for row in rows]


def commendations_in(
    db: Connection, districts: Collection[str], *, before: int, most: int
) -> list[Commendation]:
    """Return the certificates of some districts, the latest first, below an id."""
    rows = db.execute(
        _certificates(_kept.district_id.in_(sorted(districts)), _kept.id < before)
        .order_by(_kept.id.desc())
        .limit(most)
    )
    return [Commendation(*row) for row in rows]


def commendation_in(
    db: Connection, districts: Collection[str], commendation_id: int
) -> Commendation | None:
    """Return a certificate of one of some districts."""
    own = (_kept.id == commendation_id, _kept.district_id.in_(sorted(districts)))
    row = db.execute(_certificates(*own)).one_or_none()
    return Commendation(*row) if row else None


def voucher_in(db: Connection, districts: Collection[str], code: str) -> Voucher | None:
    """Return a voucher of one of some districts by its code."""
    own = (_voucher.code == code, _voucher.district_id.in_(sorted(districts)))
    row = db.execute(select(voucher).where(*own)).one_or_none()
    return Voucher(**row._mapping) if row else None


def _certificates(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*(_kept[name] for name in _COMMENDED)).where(*conditions)
