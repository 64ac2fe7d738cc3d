"""Handing a report in: the receipt, and what is said when it cannot be taken."""

from dataclasses import dataclass, replace

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Saying, Visit
from bot.dialogue.session import Effects
from bot.functions.report_card import KEY, moment, spaced
from bot.messages import Reply
from bot.store import blank_turns
from community.store import resident_of
from community.workdays import WorkDays
from hazards.deadlines import deadline
from hazards.drafts import Draft
from hazards.intake import Intake
from hazards.limits import Blocked, OverLimit
from hazards.submissions import PhotosPending, Receipt, Submission

_OVER = {
    "resident_day": "report_day_full",
    "anonymous_day": "report_day_full",
    "place_hour": "report_place_full",
}


@dataclass(frozen=True, slots=True)
class Sending:
    """Hands reports in within the turn's transaction; ``days`` are the holidays."""

    intake: Intake
    days: WorkDays

    def send(self, visit: Visit, draft: Draft, name: str = "") -> Outcome | Saying:
        """Hand a draft in; return the receipt, or what to say to a draft that stands.

        ``name`` is the reporter's, where they gave one.

        Raises:
            NoCategory, NoPlace: when something has to be asked first.
        """
        resident = resident_of(visit.db, visit.account_id)
        submission = Submission(visit.account.channel, draft, resident, visit.account_id, name=name)
        try:
            # What was written before a refusal must not stay.
            with visit.db.begin_nested():
                receipt = self.intake.submit(visit.db, submission, visit.now)
        except PhotosPending as pending:
            again = visit.choice("report_hide", f"{KEY}/hide")
            now = visit.choice("report_hide_now", f"{KEY}/hidenow")
            return visit.say("report_pending", count=pending.count).offering([again, now])
        except OverLimit as over:
            return visit.say(_OVER[over.limit])
        except Blocked as blocked:
            return _blocked(visit, blocked)
        if draft.privacy == "anonymous":
            return self._sealed(visit, draft, receipt)
        return self._receipt(visit, draft, receipt)

    def _receipt(self, visit: Visit, draft: Draft, receipt: Receipt) -> Outcome:
        said = visit.say("report_done", **self._next(visit, draft, receipt))
        lines = [said.text, *self._outside(visit, draft, receipt), visit.words["report_notify"]]
        yes = visit.choice("report_notify_yes", f"{KEY}/notify/{receipt.code}")
        no = visit.choice("report_notify_no", f"{KEY}/quiet/{receipt.code}")
        return visit.saying("\n".join(lines)).asking(yes, no).booked().outcome()

    def _sealed(self, visit: Visit, draft: Draft, receipt: Receipt) -> Outcome:
        """Return the receipt that nothing keeps, with the conversation behind it emptied."""
        blank_turns(visit.db, visit.account_id, draft.begun_at)
        values = self._next(visit, draft, receipt)
        said = visit.say("report_done_hidden", password=spaced(receipt.password), **values)
        text = "\n".join([said.text, *self._outside(visit, draft, receipt)])
        effects = Effects(is_booked=True, is_sealed=True)
        return Outcome(visit.session.blank(), (Reply("chat", text),), effects)

    def _next(self, visit: Visit, draft: Draft, receipt: Receipt) -> dict[str, str]:
        district = self.intake.districts[draft.district_id]
        found = deadline(district, draft.category, visit.now, district.calendar(self.days))
        confirm = visit.words["report_to_confirm"] if found.is_to_confirm else ""
        until = moment(visit, found.due_at)
        term = found.allowance.text
        words = visit.words["report_deadline"].format(term=term, until=until, confirm=confirm)
        code = spaced(receipt.code)
        return {"code": code, "who": district.platform_word, "deadline": words}

    def _outside(self, visit: Visit, draft: Draft, receipt: Receipt) -> list[str]:
        if not receipt.is_outside:
            return []
        name = self.intake.districts[draft.district_id].name
        return [visit.words["report_outside"].format(district=name)]


def anonymous(draft: Draft) -> Draft:
    """Return a draft that is to lead to nobody."""
    return replace(draft, privacy="anonymous", wants_notices=False)


def _blocked(visit: Visit, blocked: Blocked) -> Saying:
    until = moment(visit, blocked.until)
    said = visit.say("report_blocked", until=until, reason=blocked.reason)
    if blocked.has_appealed:
        return visit.saying(f"{said.text}\n{visit.words['report_appeal_done']}")
    return said.offering([visit.choice("report_appeal", f"{KEY}/appeal")])
