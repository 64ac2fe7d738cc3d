"""The rules of rewards as data: what a district gives for a report, to whom, and how much.

The amounts are each district's own; where it has set none, points alone are given by a neutral
default, and no money. Rules come in versions by day, so that a report is rewarded by what held
when it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from community.ledger import Unit

Exclusion = Literal["on_duty", "handlers", "bound_staff"]

EXCLUSIONS: frozenset[Exclusion] = frozenset(get_args(Exclusion))
DEFAULT_CATEGORY = "default"
TO_CONFIRM = "待本地确认"
FEN_A_YUAN = 100
# Local schemes commonly let a reward lapse after about 30 days (research/hazards.md, annex).
CLAIM_DAYS = 30


@dataclass(frozen=True, slots=True)
class Amount:
    """So many points or fen; never below zero."""

    number: int
    unit: Unit

    @property
    def text(self) -> str:
        """As people read it: 20积分, 30元, 0.50元."""
        if self.unit == "points":
            return f"{self.number}积分"
        yuan, fen = divmod(self.number, FEN_A_YUAN)
        return f"{yuan}.{fen:02}元" if fen else f"{yuan}元"


NOTHING = Amount(0, "points")


@dataclass(frozen=True, slots=True)
class Offer:
    """What points can be exchanged for; ``is_example`` where no district really offers it."""

    id: str
    name: str
    price: int
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class RewardRules:
    """One version of a district's rules.

    Attributes:
        version: noted with every reward and transfer.
        since: the first day on which a report falls under them.
        amounts: category → what its first valid report earns; ``default`` for all others.
        is_to_confirm: whether the district has yet to confirm them (待本地确认).
        me_too: points for each later reporter of the same hazard.
        caps: the most one person earns for reports of one month, by unit; none where missing.
        claim_days: how long money waits to be claimed.
        anonymous_cash: whether money is given for anonymous reports.
        anonymous_points: what they earn instead where it is not.
        excluded: who earns nothing.
        offers: what points can be exchanged for.
    """

    version: str
    since: date
    amounts: Mapping[str, Amount]
    is_to_confirm: bool = True
    me_too: int = 0
    caps: Mapping[Unit, int] | None = None
    claim_days: int = CLAIM_DAYS
    anonymous_cash: bool = False
    anonymous_points: int = 0
    excluded: frozenset[Exclusion] = EXCLUSIONS
    offers: tuple[Offer, ...] = ()

    def amount(self, category: str, *, is_anonymous: bool = False) -> Amount:
        """Return what the first valid report of a category earns; zero points for nothing."""
        found = self.amounts.get(category) or self.amounts.get(DEFAULT_CATEGORY, NOTHING)
        if is_anonymous and found.unit == "fen" and not self.anonymous_cash:
            return Amount(self.anonymous_points, "points")
        return found

    def cap(self, unit: Unit) -> int | None:
        """Return the most that one person earns for reports of one month; None without end."""
        return (self.caps or {}).get(unit)

    def offer(self, offer_id: str) -> Offer | None:
        """Return an offer by its id."""
        return next((offer for offer in self.offers if offer.id == offer_id), None)

    @property
    def pays_cash(self) -> bool:
        """Whether any report earns money."""
        return any(amount.unit == "fen" for amount in self.amounts.values())


# Points only, worth nothing by themselves: what holds where a district has set nothing.
NEUTRAL = RewardRules(
    version="neutral",
    since=date.min,
    amounts={DEFAULT_CATEGORY: Amount(10, "points")},
    me_too=2,
    caps={"points": 100},
    anonymous_points=10,
)


@dataclass(frozen=True, slots=True)
class RewardScheme:
    """A district's rules over time.

    Attributes:
        district_id: whose.
        zone: in which its days and months are counted.
        versions: newest first; empty where the district has set none.
    """

    district_id: str
    zone: ZoneInfo
    versions: tuple[RewardRules, ...] = ()

    def at(self, moment: datetime) -> RewardRules:
        """Return the rules for a report made at ``moment``, the neutral ones before any."""
        day = moment.astimezone(self.zone).date()
        return next((rules for rules in self.versions if rules.since <= day), NEUTRAL)

    def month(self, moment: datetime) -> str:
        """Return the district's month of a moment, as 2026-11."""
        return f"{moment.astimezone(self.zone):%Y-%m}"

    def gaps(self, now: datetime) -> list[str]:
        """Return in Chinese what the district has yet to decide, for console and doctor."""
        if not self.versions:
            return [f"没有设奖励规则：只按通用办法记积分，不发现金（{TO_CONFIRM}）"]
        rules = self.at(now)
        found = [f"奖励规则“{rules.version}”的金额{TO_CONFIRM}"] if rules.is_to_confirm else []
        examples = "、".join(offer.name for offer in rules.offers if offer.is_example)
        return [*found, f"兑换项目只是示例：{examples}"] if examples else found
