"""通知设置: which notices somebody agreed to, and stopping one or all."""

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from community.bindings import bound_buildings
from community.broadcast_optout_store import allow, stop, stopped_purposes
from community.consents import Consent, consents_of, withdraw_consent
from community.delivery_store import cancel_for_account
from community.store import resident_of
from hazards.reporter_store import is_told, stop_notices

KEY = "notices"
# What becomes of their reports: wished for with each report, besides any consent of a platform.
CASE = "case"
# Who belongs to a building is told of these until they stop them.
BROADCASTS = ("drill", "tip")
_WORDS = frozenset({
    "通知设置", "通知", "我的通知", "怎么退订", "如何退订", "退订通知", "怎么取消订阅", "关闭通知",
    "怎么关通知", "notifications", "notices",
})  # fmt: skip


class Notices:
    """The function; 退订 opens it with ``off``."""

    def open(self, visit: Visit, given: str) -> Outcome:
        """Show what stands, or stop one purpose (``off/<purpose>``) or all (``off``)."""
        action, _, purpose = given.partition("/")
        if action == "off":
            return self._stop(visit, purpose)
        if action == "on":
            return self._allow(visit, purpose)
        standing = _standing(visit)
        again = [
            visit.choice("notice_on", f"{KEY}/on/{purpose}", purpose=_named(visit, purpose))
            for purpose in _stopped_by(visit)
        ]
        if not standing:
            return visit.say("notices_none").offering(again).outcome()
        lines = [visit.words["notices"]]
        lines += [_line(visit, purpose, left) for purpose, left in standing.items()]
        choices = [
            visit.choice("notice_off", f"{KEY}/off/{purpose}", purpose=_named(visit, purpose))
            for purpose in standing
        ]
        choices += [*again, visit.choice("notices_all_off", f"{KEY}/off")]
        return visit.saying("\n".join(lines)).offering(choices).outcome()

    def function(self) -> Function:
        """Return it as it is registered; 退订 itself is one of the words that always work."""
        labels = {
            "notices_all_off": f"{KEY}/off", "privacy_off": f"{KEY}/off", "notice_off": "",
            "notice_on": "",
        }  # fmt: skip
        return Function(KEY, self.open, _WORDS, menu="mine", labels=labels)

    def _stop(self, visit: Visit, purpose: str) -> Outcome:
        wanted = [purpose] if purpose else [*_standing(visit)]
        stopped = [one for one in wanted if _stopped(visit, one)]
        for one in wanted:
            cancel_for_account(visit.db, visit.account_id, visit.now, purpose=one)
        if not stopped:
            return visit.say("notices_none").outcome()
        if not purpose:
            return visit.say("notices_stopped").booked().outcome()
        return visit.say("notice_stopped", purpose=_named(visit, purpose)).booked().outcome()

    def _allow(self, visit: Visit, purpose: str) -> Outcome:
        if not allow(visit.db, resident_of(visit.db, visit.account_id), purpose):
            return self.open(visit, "")
        return visit.say("notice_allowed", purpose=_named(visit, purpose)).booked().outcome()


def _standing(visit: Visit) -> dict[str, str]:
    """Return the purposes of which notices may be sent, and for how many more."""
    found = {
        consent.template.purpose: _left(visit, consent)
        for consent in consents_of(visit.db, visit.account_id)
        if consent.allows
    }
    resident = resident_of(visit.db, visit.account_id)
    if is_told(visit.db, resident):
        found[CASE] = visit.words["notice_open"]
    if bound_buildings(visit.db, resident):
        stopped = stopped_purposes(visit.db, resident)
        found |= {one: visit.words["notice_open"] for one in BROADCASTS if one not in stopped}
    return found


def _stopped_by(visit: Visit) -> list[str]:
    stopped = stopped_purposes(visit.db, resident_of(visit.db, visit.account_id))
    return [one for one in stopped if one in BROADCASTS]


def _stopped(visit: Visit, purpose: str) -> bool:
    """Stop one purpose; False when nothing of it stood."""
    had_consent = withdraw_consent(visit.db, visit.account_id, purpose, visit.now)
    if purpose in BROADCASTS:
        resident = resident_of(visit.db, visit.account_id)
        return stop(visit.db, resident, purpose, visit.now) or had_consent
    if purpose != CASE:
        return had_consent
    # Of their reports they are told in every chat of theirs, so it ends in every one.
    return stop_notices(visit.db, resident_of(visit.db, visit.account_id)) or had_consent


def _left(visit: Visit, consent: Consent) -> str:
    if consent.is_long_term:
        return visit.words["notice_open"]
    return visit.words["notice_left"].format(count=consent.uses)


def _line(visit: Visit, purpose: str, left: str) -> str:
    return visit.words["notice_line"].format(purpose=_named(visit, purpose), left=left)


def _named(visit: Visit, purpose: str) -> str:
    return visit.words.get(f"purpose_{purpose}", purpose)
