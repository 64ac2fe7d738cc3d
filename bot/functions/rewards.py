"""我的积分: what somebody has earned, taking the money that waits, exchanging points.

What anonymous reports have earned is ``bot.functions.claims``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, Function, Saying, Visit
from bot.functions.report_card import category_name, day, spaced
from bot.functions.reward_words import TAKE, amount_words
from bot.messages import Choice
from community.districts import District
from community.ledger import InsufficientBalance, LedgerAccount
from community.store import resident_of
from hazards.categories import Categories
from hazards.report_store import find_report
from hazards.reward_rules import Amount, Offer, RewardScheme
from hazards.reward_states import Reward, WrongState, resident_account
from hazards.rewards import Statement, claim, statement_of
from hazards.voucher_store import Order, Voucher, exchange, vouchers_of

KEY, EXCHANGE = "rewards", "exchange"
MOST_LISTED = 5
_WORDS = frozenset({
    "我的积分", "积分", "查积分", "积分怎么用", "我的奖励", "奖励", "我的奖金", "points",
    "my points", "my rewards", "rewards",
})  # fmt: skip
EXCHANGE_WORDS = frozenset({
    "兑换", "积分兑换", "兑换积分", "换礼品", "积分商城", "兑奖", "exchange",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purse:
    """What rewards are shown and exchanged with: districts and their rules, by id."""

    districts: Mapping[str, District]
    schemes: Mapping[str, RewardScheme]
    categories: Categories

    def name(self, district_id: str) -> str:
        """Return what a district is called; "" for one that is not served any more."""
        found = self.districts.get(district_id)
        return found.name if found else ""

    def offer(self, visit: Visit, district_id: str, offer_id: str) -> tuple[Offer, str] | None:
        """Return an offer that stands now, and the version of the rules that have it."""
        scheme = self.schemes.get(district_id)
        rules = scheme.at(visit.now) if scheme else None
        found = rules.offer(offer_id) if rules else None
        return (found, rules.version) if found and rules else None

    def offers(self, visit: Visit, district_id: str) -> tuple[Offer, ...]:
        """Return what points of a district can be exchanged for now."""
        scheme = self.schemes.get(district_id)
        return scheme.at(visit.now).offers if scheme else ()


class Rewards:
    """The function."""

    def __init__(self, purse: Purse) -> None:
        self._purse = purse

    def function(self) -> Function:
        """Return it as it is registered; ``bot.functions.claims`` opens its exchange, too."""
        labels = {"reward_take": TAKE, "reward_offers": EXCHANGE, "reward_buy_yes": "",
                  "reward_buy_no": f"{KEY}/kept"}  # fmt: skip
        return Function(KEY, self.open, _WORDS, menu="mine", labels=labels)

    def open(self, visit: Visit, given: str) -> Outcome:
        """Show the statement; take money (``take``); exchange points (``offers``, ``buy``)."""
        action, _, rest = given.partition(SEPARATOR)
        return self._actions.get(action, Rewards._statement)(self, visit, rest)

    def offers(self, visit: Visit, rest: str = "") -> Outcome:  # noqa: ARG002 - a row of the table
        """Offer what their points can be exchanged for."""
        points = _points(_statement(visit))
        choices = [
            self._offered(visit, district_id, offer)
            for district_id, _ in points
            for offer in self._purse.offers(visit, district_id)
        ]
        if not choices:
            return visit.say("reward_no_offers" if points else "reward_none").outcome()
        held = self._held(visit, _statement(visit))
        return visit.say("reward_choose", held=held).offering(choices).outcome()

    def _offered(self, visit: Visit, district_id: str, offer: Offer) -> Choice:
        price = amount_words(Amount(offer.price, "points"), visit.words)
        key = f"{KEY}/buy/{district_id}/{offer.id}"
        return visit.choice("reward_offer", key, name=offer.name, price=price)

    def _statement(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        statement = _statement(visit)
        vouchers = [one for one in _vouchers(visit) if one.state == "open"]
        if not (statement.rewards or statement.holdings or vouchers):
            return visit.say("reward_none").outcome()
        lines = [
            visit.words["reward_held"].format(held=self._held(visit, statement)),
            *(self._line(visit, one) for one in statement.rewards[:MOST_LISTED]),
            *(_voucher_line(visit, one) for one in vouchers[:MOST_LISTED]),
        ]
        return visit.saying("\n".join(lines)).offering(self._choices(visit, statement)).outcome()

    def _choices(self, visit: Visit, statement: Statement) -> list[Choice]:
        found = [visit.choice("reward_take", TAKE)] if _waiting(statement) else []
        if any(self._purse.offers(visit, district_id) for district_id, _ in _points(statement)):
            found.append(visit.choice("reward_offers", EXCHANGE))
        return found

    def _held(self, visit: Visit, statement: Statement) -> str:
        """Return what somebody holds; districts are named where there are several."""
        held = [(account, number) for account, number in statement.holdings if number]
        if not held:
            return amount_words(Amount(0, "points"), visit.words)
        is_one = len({account.district_id for account, _ in held}) == 1
        return visit.words["reward_and"].join(
            ("" if is_one else self._purse.name(account.district_id))
            + amount_words(Amount(number, account.unit), visit.words)
            for account, number in held
        )

    def _line(self, visit: Visit, reward: Reward) -> str:
        report = find_report(visit.db, reward.report_id)
        category = self._purse.categories.get(report.category if report else "")
        until = day(visit, reward.expires_at) if reward.expires_at else ""
        state = visit.words[f"reward_{reward.state}"].format(until=until)
        return visit.words["reward_line"].format(
            date=day(visit, reward.proposed_at),
            kind=category_name(category, visit.session.language),
            amount=amount_words(reward.amount, visit.words),
            state=state + (visit.words["reward_cut"] if reward.is_cut else ""),
        )

    # -- money ------------------------------------------------------------------------------

    def _take(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        """Claim all money that waits."""
        resident = resident_of(visit.db, visit.account_id)
        taken = [
            reward
            for waiting in _waiting(_statement(visit))
            if (reward := _claimed(visit, waiting, resident)) is not None
        ]
        if not taken:
            return visit.say("reward_take_none").outcome()
        number = sum(reward.amount.number for reward in taken)
        amount = amount_words(Amount(number, "fen"), visit.words)
        codes = visit.words["reward_and"].join(spaced(reward.code) for reward in taken)
        return visit.say("reward_taken", amount=amount, codes=codes).booked().outcome()

    # -- points -----------------------------------------------------------------------------

    def _buy(self, visit: Visit, rest: str) -> Outcome:
        """Ask before points are spent."""
        district_id, _, offer_id = rest.partition(SEPARATOR)
        found = self._purse.offer(visit, district_id, offer_id)
        if found is None:
            return visit.say("reward_no_offers").outcome()
        # The moment of asking tells this wish from the next, and a second tap from neither.
        wish = f"{visit.now.timestamp():.6f}"
        yes = visit.choice("reward_buy_yes", f"{KEY}/bought/{rest}/{wish}")
        no = visit.choice("reward_buy_no", f"{KEY}/kept")
        price = amount_words(Amount(found[0].price, "points"), visit.words)
        return visit.say("reward_buy", name=found[0].name, price=price).asking(yes, no).outcome()

    def _bought(self, visit: Visit, rest: str) -> Outcome:
        district_id, offer_id, wish = (*rest.split(SEPARATOR), "", "")[:3]
        found = self._purse.offer(visit, district_id, offer_id)
        if found is None or not wish:
            return visit.say("reward_no_offers").outcome()
        account = resident_account(district_id, resident_of(visit.db, visit.account_id), "points")
        return bought(visit, Order(account, found[0], f"{offer_id}:{wish}", found[1])).outcome()

    def _kept(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return visit.say("reward_kept").outcome()

    _actions: Mapping[str, Callable[["Rewards", Visit, str], Outcome]] = {
        "take": _take, "buy": _buy, "bought": _bought, "kept": _kept, "offers": offers,
    }  # fmt: skip


def bought(visit: Visit, order: Order) -> Saying:
    """Exchange points, and say the voucher's code or that there are too few."""
    try:
        with visit.db.begin_nested():
            code = exchange(visit.db, order, visit.now)
    except InsufficientBalance:
        return visit.say("reward_too_few", name=order.offer.name)
    return visit.say("reward_bought", name=order.offer.name, code=spaced(code)).booked()


def _statement(visit: Visit) -> Statement:
    return statement_of(visit.db, resident_of(visit.db, visit.account_id))


def _vouchers(visit: Visit) -> list[Voucher]:
    return vouchers_of(visit.db, resident_of(visit.db, visit.account_id))


def _points(statement: Statement) -> list[tuple[str, int]]:
    """Return the districts of which somebody holds points."""
    held: list[tuple[LedgerAccount, int]] = [*statement.holdings]
    return [(one.district_id, number) for one, number in held if one.unit == "points" and number]


def _waiting(statement: Statement) -> list[Reward]:
    """Return the money that waits to be claimed."""
    return [
        one for one in statement.rewards if one.state == "approved" and one.amount.unit == "fen"
    ]


def _claimed(visit: Visit, waiting: Reward, resident_id: int) -> Reward | None:
    """Claim one reward; None when its time is over, or it was taken back just now."""
    try:
        return claim(visit.db, waiting.id, resident_id, visit.now)
    except WrongState:
        return None


def _voucher_line(visit: Visit, voucher: Voucher) -> str:
    return visit.words["reward_voucher"].format(name=voucher.offer_name, code=spaced(voucher.code))
