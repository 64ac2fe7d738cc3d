"""From the card to the receipt, and what is said after it: notices, an objection to a block."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.dialogue.control import yes_or_no
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Saying, Visit
from bot.functions.report_card import spaced
from bot.functions.report_names import read_name
from bot.functions.report_sending import Sending, anonymous
from bot.functions.report_steps import APPEAL, CARD, NAME, Steps, flow_of
from community.store import resident_of
from hazards.draft_store import drop_pending
from hazards.drafts import Draft
from hazards.limit_store import appeal
from hazards.reporter_store import wish_notices
from hazards.sites import NoPlace
from hazards.submissions import NoCategory


@dataclass(frozen=True, slots=True)
class HandingIn:
    """What can be done with a card, and with the receipt."""

    steps: Steps
    sending: Sending

    def open(self, visit: Visit, action: str, rest: str) -> Outcome | None:
        """Do what stands behind a choice; None when the action is none of these."""
        act = _ACTIONS.get(action)
        return act(self, visit, rest) if act else None

    def send(self, visit: Visit, rest: str = "") -> Outcome:  # noqa: ARG002 - a row of the table
        """Hand the draft in; of one with a name, ask for it first."""
        draft, flow = self.steps.draft(visit), visit.session.flow
        if draft.privacy != "named":
            return self._handed_in(visit, draft)
        if flow is not None and flow.step == NAME:  # asked, and nothing but 「提交」 was said
            return self._handed_in(visit, replace(draft, privacy="confidential"))
        return self.steps.after(visit, draft) if _lacks(draft) else self._ask_name(visit)

    def name(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        """Let them give their name."""
        if not self.steps.has_begun(visit):
            return visit.say("report_nothing").outcome()
        draft = self.steps.keep(visit, replace(self.steps.draft(visit), privacy="named"))
        return self.steps.after(visit, draft) if _lacks(draft) else self._ask_name(visit)

    def named(self, visit: Visit, text: str) -> Outcome:
        """Hand it in with the name they wrote, or ask once more; a no takes it back."""
        draft = self.steps.draft(visit)
        if yes_or_no(text) is not None:
            kept = self.steps.keep(visit, replace(draft, privacy="confidential"))
            return self.steps.show(visit, kept)
        name = read_name(text)
        if name:
            said = self._handed_in(visit, draft, name)
        else:
            said = self._ask_name(visit, "report_name_again")
        # It is kept in the vault and nowhere else.
        return replace(said, effects=replace(said.effects, is_unsaid=True))

    def _ask_name(self, visit: Visit, sentence: str = "report_name") -> Outcome:
        return self.steps.waiting(visit.say(sentence), NAME)

    def hide(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        """Hand it in without a trace of who did."""
        return self._handed_in(visit, anonymous(self.steps.draft(visit)))

    def hide_now(self, visit: Visit, rest: str) -> Outcome:
        """Do so without the photos that have not come yet."""
        drop_pending(visit.db, visit.account_id)
        return self.hide(visit, rest)

    def notify(self, visit: Visit, code: str) -> Outcome:
        """Note that they want to be told."""
        return self._wish(visit, code, wants=True)

    def quiet(self, visit: Visit, code: str) -> Outcome:
        """Note that they do not."""
        return self._wish(visit, code, wants=False)

    def appeal(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        """Ask what they object."""
        return visit.say("report_appeal_ask").waiting(flow_of(visit, APPEAL)).outcome()

    def appealed(self, visit: Visit, text: str) -> Outcome:
        """Take what they object to being blocked."""
        noted = appeal(visit.db, resident_of(visit.db, visit.account_id), text, visit.now)
        said = visit.say("report_appealed" if noted else "report_appeal_done")
        return said.booked().outcome()

    def _handed_in(self, visit: Visit, draft: Draft, name: str = "") -> Outcome:
        if not self.steps.has_begun(visit):
            return visit.say("report_nothing").outcome()
        try:
            sent = self.sending.send(visit, draft, name)
        except (NoCategory, NoPlace):
            return self.steps.after(visit, self.steps.draft(visit))
        return _standing(visit, sent) if isinstance(sent, Saying) else sent

    def _wish(self, visit: Visit, code: str, *, wants: bool) -> Outcome:
        wish_notices(visit.db, code, resident_of(visit.db, visit.account_id), wants=wants)
        if wants:
            return visit.say("report_notified").booked().outcome()
        return visit.say("report_unnotified", code=spaced(code)).booked().outcome()


def _lacks(draft: Draft) -> bool:
    return not draft.category or draft.where.is_empty


def _standing(visit: Visit, said: Saying) -> Outcome:
    """Say why it was not taken; the draft stands, and what was offered with it."""
    waiting = said.waiting(flow_of(visit, CARD)).booked().outcome()
    if said.choices:
        return waiting
    return replace(waiting, session=replace(waiting.session, offers=visit.session.offers))


_ACTIONS: Mapping[str, Callable[[HandingIn, Visit, str], Outcome]] = {
    "send": HandingIn.send, "hide": HandingIn.hide, "hidenow": HandingIn.hide_now,
    "name": HandingIn.name, "notify": HandingIn.notify, "quiet": HandingIn.quiet,
    "appeal": HandingIn.appeal,
}  # fmt: skip
