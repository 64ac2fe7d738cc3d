"""我的感谢状: certificates of thanks, and the honour roll that their owner agrees to or leaves."""

from collections.abc import Callable, Mapping

from bot.certificate_pictures import JOB
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, Function, Visit
from bot.dialogue.session import Flow
from bot.functions.report_card import spaced
from community.store import resident_of
from hazards.commendation_store import (
    UNNAMED,
    Commendation,
    agree_to_roll,
    commendations_of,
    leave_roll,
)
from hazards.public_words import traces
from storage import schedule

KEY = "thanks"
MOST_NAME = 20
MOST_LISTED = 5
CHECK = "/certificates"
# Where a picture can be sent by itself; elsewhere the address shows it.
_PICTURED = frozenset({"wechat", "telegram"})
_WORDS = frozenset({
    "感谢状", "我的感谢状", "证书", "我的证书", "光荣榜", "我的表扬", "certificate",
    "certificates", "my certificates",
})  # fmt: skip
_NAME = "name"


class Thanks:
    """The function."""

    def __init__(self, public_url: str = "", *, draws: bool = False) -> None:
        """Take where a certificate is checked, "" for no address.

        ``draws`` says that ``bot.certificate_pictures`` is there to draw them.
        """
        self._public_url = public_url.rstrip("/")
        self._draws = draws

    def function(self) -> Function:
        """Return it as it is registered."""
        labels = {"thanks_join": KEY, "thanks_leave": KEY, "thanks_unnamed": KEY}
        return Function(KEY, self.open, _WORDS, self.step, labels=labels)

    def open(self, visit: Visit, given: str) -> Outcome:
        """Show the certificates, or one; agree to the honour roll, or leave it."""
        action, _, rest = given.partition(SEPARATOR)
        if not action:
            return self._list(visit)
        id_, _, name = rest.partition(SEPARATOR)
        found = next((one for one in _own(visit) if str(one.id) == id_), None)
        if found is None:
            return visit.say("thanks_none").outcome()
        return self._actions.get(action, Thanks._show)(self, visit, found, name)

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take the name that is to stand on the honour roll."""
        name = visit.text.strip()
        if flow.step != _NAME or not name:
            return None
        if len(name) > MOST_NAME or not name.isprintable() or traces(name):
            return visit.say("thanks_bad_name", most=MOST_NAME).waiting(flow).outcome()
        return self.open(visit, f"named/{flow.data.get('id', '')}/{name}")

    def _list(self, visit: Visit) -> Outcome:
        own = [one for one in _own(visit) if one.withdrawn_at is None]
        if not own:
            return visit.say("thanks_none").outcome()
        if len(own) == 1:
            return self._show(visit, own[0], "")
        choices = [
            visit.choice("thanks_item", f"{KEY}/show/{one.id}", code=spaced(one.code))
            for one in own[:MOST_LISTED]
        ]
        return visit.say("thanks_mine").offering(choices).outcome()

    def _show(
        self,
        visit: Visit,
        found: Commendation,
        rest: str,  # noqa: ARG002 - a row of the table
    ) -> Outcome:
        """Show one; its picture is drawn beside the turn, since that takes too long for one."""
        words, code = visit.words, spaced(found.code)
        lines = [words["thanks_one"].format(code=code, name=found.shown_as, text=found.text)]
        if self._public_url:
            address = f"{self._public_url}{CHECK}/{found.code}"
            lines.append(words["thanks_check"].format(address=address))
        if self._draws and visit.account.channel in _PICTURED:
            asked = f"{visit.account_id}:{found.id}:{visit.now.timestamp():.6f}"
            schedule(visit.db, JOB, asked, visit.now, [found.id, visit.account_id])
            lines.append(words["thanks_picture"])
        name = "thanks_leave" if found.is_on_honour_roll else "thanks_join"
        action = "leave" if found.is_on_honour_roll else "join"
        choice = visit.choice(name, f"{KEY}/{action}/{found.id}")
        return visit.saying("\n".join(lines)).offering([choice]).booked().outcome()

    def _join(
        self,
        visit: Visit,
        found: Commendation,
        rest: str,  # noqa: ARG002 - a row of the table
    ) -> Outcome:
        choice = visit.choice("thanks_unnamed", f"{KEY}/named/{found.id}/{UNNAMED}")
        waiting = Flow(KEY, _NAME, {"id": str(found.id)})
        asked = visit.say("thanks_name", most=MOST_NAME).offering([choice])
        return asked.waiting(waiting).outcome()

    def _named(self, visit: Visit, found: Commendation, name: str) -> Outcome:
        resident = resident_of(visit.db, visit.account_id)
        if not agree_to_roll(visit.db, found.id, resident, name or UNNAMED, visit.now):
            return visit.say("thanks_none").outcome()
        return visit.say("thanks_joined", name=name or UNNAMED).booked().outcome()

    def _leave(
        self,
        visit: Visit,
        found: Commendation,
        rest: str,  # noqa: ARG002 - a row of the table
    ) -> Outcome:
        leave_roll(visit.db, found.id, resident_of(visit.db, visit.account_id))
        return visit.say("thanks_left").booked().outcome()

    _actions: Mapping[str, Callable[["Thanks", Visit, Commendation, str], Outcome]] = {
        "show": _show, "join": _join, "named": _named, "leave": _leave,
    }  # fmt: skip


def _own(visit: Visit) -> list[Commendation]:
    return commendations_of(visit.db, resident_of(visit.db, visit.account_id))
