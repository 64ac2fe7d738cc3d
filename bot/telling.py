"""Telling reporters of the moments that matter: 受理, 退回或转办, 整改完成请确认, 奖励.

What cannot be pushed is shown at their next turn. Everything else they learn by asking.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.dialogue.session import Language
from bot.dialogue.turns import reply_to_json
from bot.functions.notices import CASE
from bot.functions.progress import FIXED, NOT_FIXED
from bot.functions.report_card import category_name, spaced
from bot.functions.reward_words import TAKE, amount_words
from bot.messages import Choice, Reply
from bot.telling_store import Tale, tale_of
from community.deliveries import Delivery
from community.delivery_store import queue_delivery
from community.departments import STREET
from community.districts import PLATFORM_WORD, District
from hazards.case_rules import Told
from hazards.categories import Categories
from hazards.reward_states import Reward
from hazards.reward_store import reward_of_report

# As long as an answer to its question is taken.
LASTS = timedelta(days=60)

_TURNED: Mapping[str, str] = {"referred": "tell_referred", "rejected": "tell_rejected"}


@dataclass(frozen=True, slots=True)
class Telling:
    """Puts what a reporter is told into words and into the outbox, once for each account.

    Attributes:
        words: what functions say, by language.
        districts: those served, by id; the first one's zone holds for a district no longer served.
        categories: there are.
        clock: the time, aware.
    """

    words: Mapping[Language, Mapping[str, str]]
    districts: Mapping[str, District]
    categories: Categories
    clock: Callable[[], datetime]

    def __call__(self, db: Connection, told: Told) -> None:
        """Queue it in the transaction of what brought it; nobody is told of nothing."""
        tale = tale_of(db, told.report_id, told.case_id)
        reward = reward_of_report(db, told.report_id) if told.moment == "reward" else None
        if tale is None or (told.moment == "reward" and reward is None):
            return
        now = self.clock()
        for address in tale.addresses:
            reply = _Wording(self, tale, address.language).reply(told, reward)
            queue_delivery(
                db,
                Delivery(
                    address.account_id, address.channel, "reply", CASE, [reply_to_json(reply)],
                    f"case:{told.report_id}:{told.moment}:{told.round}",
                    due_at=now, expires_at=now + LASTS,
                ),
                now,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Wording:
    """The words for one account."""

    telling: Telling
    tale: Tale
    language: Language

    @property
    def words(self) -> Mapping[str, str]:
        return self.telling.words[self.language]

    @property
    def district(self) -> District | None:
        return self.telling.districts.get(self.tale.district_id)

    def reply(self, told: Told, reward: Reward | None) -> Reply:
        """Return what is said at a moment."""
        if told.moment in {"fixed", "month"}:
            return self._asked(f"tell_{told.moment}")
        if reward is not None:
            return self._rewarded(reward)
        if told.moment == "turned":
            name = _TURNED.get(self.tale.state, "tell_rejected")
            reason = told.reason or self.words["tell_no_reason"]
            return Reply("chat", self._say(name, reason=reason))
        return Reply("chat", self._say("tell_accepted", who=self._who()))

    def _asked(self, name: str) -> Reply:
        code = self.tale.code
        choices = (
            Choice(self.words["fixed_yes"], function=f"{FIXED}/{code}"),
            Choice(self.words["fixed_no"], function=f"{NOT_FIXED}/{code}"),
        )
        return Reply("chat", self._say(name), choices=choices)

    def _rewarded(self, reward: Reward) -> Reply:
        amount = amount_words(reward.amount, self.words)
        if reward.state != "approved" or reward.expires_at is None:
            return Reply("chat", self._say("tell_points", amount=amount))
        until = self._day(reward.expires_at)
        choices = (Choice(self.words["reward_take"], function=TAKE),)
        said = self._say("tell_money", amount=amount, until=until)
        return Reply("chat", said, choices=choices)

    def _say(self, name: str, **values: str) -> str:
        category = self.telling.categories.get(self.tale.category)
        what = self.words["tell_what"].format(
            date=self._day(self.tale.reported_at),
            kind=category_name(category, self.language),
            code=spaced(self.tale.code),
        )
        values |= {"what": what, "code": spaced(self.tale.code)}
        return self.words[name].format(**values)

    def _who(self) -> str:
        """Return who handles the case and who leads, with the plan that says so."""
        handler, lead = self._unit(self.tale.handler), self._unit(self.tale.lead)
        name = "tell_who" if handler and lead and lead != handler else "tell_who_alone"
        anybody = self.district.platform_word if self.district else PLATFORM_WORD
        who = self.words[name].format(handler=handler or lead or anybody, lead=lead)
        plan = self.district.plan if self.district else None
        return who + (self.words["tell_plan"].format(plan=plan.cited) if plan else "")

    def _unit(self, department: str) -> str:
        if department == STREET and self.tale.street:
            return self.tale.street
        units = self.district.departments if self.district else ()
        return next((unit.name for unit in units if unit.id == department), "")

    def _day(self, at: datetime) -> str:
        district = self.district or next(iter(self.telling.districts.values()))
        local = at.astimezone(ZoneInfo(district.timezone))
        return self.words["report_day"].format(month=local.month, day=local.day)
