"""The monthly sheet of money to be paid out, row by row, for whoever pays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from hazards.reward_rules import RewardScheme
from hazards.reward_states import RewardState
from hazards.reward_store import CHUNK, reward
from hazards.store import hazard_case

_columns = reward.c


class BadMonth(ValueError):
    """What was typed is no month."""

    permanent = True

    def __init__(self, month: str) -> None:
        self.month = month
        super().__init__(f"{month!r} is no month: write it as 2026-11")


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payment. Who gets it shows the reward's code; no name and no report stands here.

    Attributes:
        reward_id: for marking it as paid.
        code: of the reward.
        case_code: of the hazard it is for.
        category: of the hazard.
        amount_fen: how much, in fen.
        is_anonymous: whether the report was; then code and password of the report are shown.
        state: "claimed" (to be paid) or "paid".
        claimed_at: UTC.
        paid_at: UTC, once it is paid.
        payout_id: the paying office's number, once it is paid.
        rule_version: of the rules that gave it.
    """

    reward_id: int
    code: str
    case_code: str
    category: str
    amount_fen: int
    is_anonymous: bool
    state: RewardState
    claimed_at: datetime
    paid_at: datetime | None
    payout_id: str
    rule_version: str


def month_bounds(scheme: RewardScheme, month: str) -> tuple[datetime, datetime]:
    """Return the first moment of a district's month, and of the next one.

    Raises:
        BadMonth: when ``month`` is not written as 2026-11.
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=scheme.zone)
    except ValueError as error:
        raise BadMonth(month) from error
    # Any day of the next month will do, to go back to its first.
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following


def monthly_sheet(db: Connection, scheme: RewardScheme, month: str) -> Iterator[PayoutRow]:
    """Yield the money that was claimed in a month, in the order it was claimed.

    Only a page at a time is in memory; use it up within the read.

    Args:
        db: to read from.
        scheme: of the district.
        month: the district's, as 2026-11.

    Raises:
        BadMonth: when ``month`` is no month.
    """
    since, until = month_bounds(scheme, month)
    sheet = (
        select(
            _columns.id,
            _columns.code,
            hazard_case.c.code,
            hazard_case.c.category,
            _columns.amount,
            _columns.is_anonymous,
            _columns.state,
            _columns.claimed_at,
            _columns.paid_at,
            _columns.payout_id,
            _columns.rule_version,
        )
        .join(hazard_case, hazard_case.c.id == _columns.case_id)
        .where(
            _columns.district_id == scheme.district_id,
            _columns.unit == "fen",
            _columns.state.in_(("claimed", "paid")),
            _columns.claimed_at >= since,
            _columns.claimed_at < until,
        )
        .order_by(_columns.claimed_at, _columns.id)
        .execution_options(yield_per=CHUNK)
    )
    with db.execute(sheet) as rows:
        for row in rows:
            yield PayoutRow(*row)
