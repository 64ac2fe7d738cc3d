"""领奖 编号 密码: what an anonymous report has earned, for whoever knows both.

Nothing may join who asks to the report: the turn is sealed like the receipt itself, what was
said before it is emptied, and what is written carries the full hour alone.
"""

import re
from dataclasses import replace
from datetime import timedelta

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, TYPED, Function, Visit
from bot.dialogue.session import Effects
from bot.functions.report_card import moment, spaced
from bot.functions.reward_words import amount_words
from bot.functions.rewards import EXCHANGE, EXCHANGE_WORDS, Purse, Rewards, bought
from bot.messages import Reply
from bot.store import blank_turns
from community.files import full_hour
from hazards.limits import PasswordLocked
from hazards.report_store import Report, report_by_code
from hazards.reward_claims import claim_by_code
from hazards.reward_rules import Amount
from hazards.reward_states import Reward, WrongState, anonymous_account
from hazards.voucher_store import NothingClaimed, Order
from storage import new_code, read_code

KEY = "claim"
_WORDS = frozenset({"领奖", "领积分", "领奖励", "领奖金", "匿名领奖", "claim"})
# Slips before the right message lie in the same conversation.
BLANKED = timedelta(hours=24)
_BOTH = re.compile(
    r"(?P<what>领奖|领积分|领奖励|领奖金|匿名领奖|兑换|积分兑换|claim|exchange)?[:：\s]*"
    r"(?:编号)?[:：\s]*(?P<code>[0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4})"
    r"[\s,，、;；/]*(?:密码)?[:：\s]*(?P<password>[0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4})"
    r"(?:[\s,，]+(?P<number>[0-9]{1,2}))?"
)


class Claims:
    """Both functions: claiming by code, and exchanging, by code or one's own points."""

    def __init__(self, purse: Purse, rewards: Rewards, key: bytes) -> None:
        """Take ``key``, the installation's."""
        self._purse = purse
        self._rewards = rewards
        self._key = key

    def functions(self) -> list[Function]:
        """Return them as they are registered."""
        return [
            Function(
                KEY, self.open, _WORDS, takes_words=True, recognise=self.recognise,
                reads_known=True, waits_for_safety=True,
            ),
            Function(
                EXCHANGE, self.exchange, EXCHANGE_WORDS, takes_words=True, waits_for_safety=True
            ),
        ]  # fmt: skip

    def open(self, visit: Visit, given: str) -> Outcome:
        """Claim by code and password; say how, without both."""
        found = _BOTH.fullmatch(_typed(visit, given))
        return self._claimed(visit, found) if found else visit.say("claim_how").outcome()

    def exchange(self, visit: Visit, given: str) -> Outcome:
        """Exchange what was claimed by code, or offer what their own points are good for."""
        found = _BOTH.fullmatch(_typed(visit, given))
        if found is None:
            return self._rewards.offers(visit)
        return self._exchanged(visit, found) if found["number"] else self._claimed(visit, found)

    def recognise(self, visit: Visit) -> Outcome | None:
        """Read code and password, whatever stands before them, so that no row keeps them."""
        found = _BOTH.fullmatch(visit.text.strip())
        if found is None or not (found["what"] or (_is_code(found["code"]))):
            return None
        is_exchange = (found["what"] or "") in EXCHANGE_WORDS and found["number"]
        return self._exchanged(visit, found) if is_exchange else self._claimed(visit, found)

    def _claimed(self, visit: Visit, found: re.Match[str]) -> Outcome:
        at = full_hour(visit.now)
        try:
            done = claim_by_code(visit.db, found["code"], found["password"], key=self._key, now=at)
        except PasswordLocked as locked:
            return _sealed(visit, _locked(visit, locked))
        except WrongState as wrong:
            return _sealed(visit, _why_not(visit, wrong))
        if done.report is None:
            return _sealed(visit, visit.words["claim_unknown"])
        if done.reward is None:
            return _sealed(visit, visit.words["claim_none"])
        return _sealed(visit, self._told(visit, done.report, done.reward))

    def _told(self, visit: Visit, report: Report, reward: Reward) -> str:
        amount = amount_words(reward.amount, visit.words)
        if reward.amount.unit == "fen":
            return visit.words["claim_money"].format(amount=amount, code=spaced(reward.code))
        lines = [visit.words["claim_points"].format(amount=amount)]
        offers = self._purse.offers(visit, report.district_id)
        if offers:
            lines.append(visit.words["claim_exchange"])
        for number, offer in enumerate(offers, 1):
            price = amount_words(Amount(offer.price, "points"), visit.words)
            values = {"number": number, "name": offer.name, "price": price}
            lines.append(visit.words["claim_offer"].format(**values))
        return "\n".join(lines)

    def _exchanged(self, visit: Visit, found: re.Match[str]) -> Outcome:
        """Exchange the points of a report; who repeats the message is answered from memory."""
        at = full_hour(visit.now)
        try:
            report = report_by_code(
                visit.db, found["code"], found["password"], key=self._key, now=at
            )
        except PasswordLocked as locked:
            return _sealed(visit, _locked(visit, locked))
        if report is None or report.privacy != "anonymous":
            return _sealed(visit, visit.words["claim_unknown"])
        offers = self._purse.offers(visit, report.district_id)
        number = int(found["number"])
        if not 1 <= number <= len(offers):
            return _sealed(visit, visit.words["claim_no_offer"])
        offer = offers[number - 1]
        account = anonymous_account(report.district_id, report.id, "points")
        version = self._purse.schemes[report.district_id].at(visit.now).version
        order = Order(account, offer, new_code(), version)
        try:
            return _sealed(visit, bought(replace(visit, now=at), order).text)
        except NothingClaimed:
            return _sealed(visit, visit.words["claim_first"])


def _sealed(visit: Visit, text: str) -> Outcome:
    """Return what nothing keeps, with the conversation behind it emptied."""
    blank_turns(visit.db, visit.account_id, visit.now - BLANKED)
    effects = Effects(is_booked=True, is_sealed=True)
    return Outcome(visit.session.blank(), (Reply("chat", text),), effects)


def _typed(visit: Visit, given: str) -> str:
    """Return the whole message, or what stood behind the word when a choice opened this."""
    whole = visit.text.strip().removeprefix("/")
    return whole if _BOTH.fullmatch(whole) else given.removeprefix(f"{TYPED}{SEPARATOR}")


def _is_code(typed: str) -> bool:
    return read_code(typed) is not None


def _locked(visit: Visit, locked: PasswordLocked) -> str:
    return visit.words["claim_locked"].format(until=moment(visit, locked.until))


def _why_not(visit: Visit, wrong: WrongState) -> str:
    name = {"proposed": "claim_early", "expired": "claim_late"}.get(wrong.state, "claim_none")
    return visit.words[name]
