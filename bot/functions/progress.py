"""查进度: by code for anybody, one's own reports, taking one back, 「真的整改好了吗」."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, TYPED, Function, PushedQuestion, Saying, Visit
from bot.dialogue.session import Flow
from bot.functions.report_card import day, kind_name, spaced
from bot.functions.report_places import Places
from bot.functions.report_steps import photo_refs
from community.store import resident_of
from hazards.drafts import Where
from hazards.following import Answered, Reply, answer
from hazards.intake import Intake
from hazards.report_store import Report, own_report, progress, reports_of_resident
from hazards.reporter_store import OpenQuestion, add_no_photo, last_asked, open_question
from storage import read_code

KEY, FIXED, NOT_FIXED = "progress", "fixedyes", "fixedno"
MOST_LISTED = 5
# The question after a month is the last one.
ASKED_WITHIN = timedelta(days=60)
_WORDS = frozenset({
    "我的上报", "我的隐患", "我的进度", "进度", "查进度", "隐患进度", "上报进度", "我的上报进度",
    "查询进度", "progress", "my reports",
})  # fmt: skip
_YES_WORDS = frozenset({"整改好了", "已经整改好了", "修好了", "弄好了", "it is fixed"})
_NO_WORDS = frozenset({"没整改好", "没有整改好", "没修好", "还没好", "没弄好", "it is not fixed"})
_CODE = re.compile(
    r"(?:(?:查|我的|上报)*(?:进度|编号)|progress)?[:：\s]*([0-9A-Za-z][0-9A-Za-z\s-]{6,12})"
)
_PHOTO = "photo"


class ReportProgress:
    """The function; ``intake`` gives the districts, the kinds and the rules."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake

    def functions(self) -> list[Function]:
        """Return them as they are registered: progress, and both answers to the question."""
        labels = {"progress_withdraw": KEY, "progress_withdraw_yes": "", "progress_withdraw_no": ""}
        return [
            Function(
                KEY, self.open, _WORDS, self.step, menu="report", takes_words=True,
                recognise=self.recognise, pushed=_pushed, labels=labels,
            ),
            Function(FIXED, partial(self._answered, is_fixed=True), _YES_WORDS),
            Function(NOT_FIXED, partial(self._answered, is_fixed=False), _NO_WORDS),
        ]  # fmt: skip

    def open(self, visit: Visit, given: str) -> Outcome:
        """List one's own reports; show one, by code; or take one back."""
        action, _, rest = given.partition(SEPARATOR)
        return self._actions.get(action, ReportProgress._mine)(self, visit, rest)

    def recognise(self, visit: Visit) -> Outcome | None:
        """Show how a report goes on whose code is all that somebody wrote."""
        found = _CODE.fullmatch(visit.text.strip())
        code = read_code(found[1]) if found else None
        if code is None or progress(visit.db, code) is None:
            return None
        return self._show(visit, code)

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take the photo that goes with a no."""
        refs = photo_refs(visit)
        if flow.step != _PHOTO or not refs:
            return None
        resident = resident_of(visit.db, visit.account_id)
        report = own_report(visit.db, flow.data.get("code", ""), resident)
        if report is None or report.case_id is None:
            return visit.say("fixed_none").outcome()
        sent = (visit.account.channel, refs[0])
        photo = add_no_photo(visit.db, report.id, report.case_id, sent, visit.now)
        return self._noted(visit, report, is_fixed=False, photos=(photo,))

    def _mine(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        resident = resident_of(visit.db, visit.account_id)
        reports = reports_of_resident(visit.db, resident, MOST_LISTED)
        if not reports:
            return visit.say("progress_none").outcome()
        choices = [
            visit.choice(
                "progress_item", f"{KEY}/show/{one.code}", kind=self._kind(visit, one),
                stage=self._stage(visit, one.code), date=day(visit, one.created_at),
            )
            for one in reports
        ]  # fmt: skip
        return visit.say("progress_mine").offering(choices).outcome()

    def _typed(self, visit: Visit, typed: str) -> Outcome:
        code = read_code(typed)
        return self._show(visit, code) if code else visit.say("progress_unknown").outcome()

    def _show(self, visit: Visit, typed: str) -> Outcome:
        """Show one's own report whole, and of anybody else's only how far it is."""
        resident = resident_of(visit.db, visit.account_id)
        if own := own_report(visit.db, typed, resident):
            return self._whole(visit, own).outcome()
        found = progress(visit.db, typed)
        if found is None:
            return visit.say("progress_unknown").outcome()
        stage = visit.words[f"stage_{found.stage}"]
        said = visit.say("progress_line", stage=stage, date=day(visit, found.changed_at)).outcome()
        # Whose it is may be anonymous: no row joins its code to whoever asks.
        return replace(said, effects=replace(said.effects, is_unsaid=True))

    def _whole(self, visit: Visit, report: Report) -> Saying:
        found = progress(visit.db, report.code)
        where = Where(report.building_id, None, report.place_words, report.floor)
        said = visit.say(
            "progress_of", code=spaced(report.code), kind=self._kind(visit, report),
            place=Places(self.intake.districts).shown(visit, where),
            date=day(visit, report.created_at), stage=self._stage(visit, report.code),
        )  # fmt: skip
        if found is None or found.stage != "received":
            return said
        return said.offering([visit.choice("progress_withdraw", f"{KEY}/drop/{report.code}")])

    def _drop(self, visit: Visit, code: str) -> Outcome:
        yes = visit.choice("progress_withdraw_yes", f"{KEY}/dropped/{code}")
        no = visit.choice("progress_withdraw_no", f"{KEY}/kept")
        return visit.say("progress_withdraw_ask", code=spaced(code)).asking(yes, no).outcome()

    def _dropped(self, visit: Visit, code: str) -> Outcome:
        resident = resident_of(visit.db, visit.account_id)
        report = own_report(visit.db, code, resident)
        if report is None:
            return visit.say("progress_unknown").outcome()
        if not self.intake.withdraw(visit.db, report.id, resident, visit.now):
            return visit.say("progress_too_late").outcome()
        return visit.say("progress_withdrawn", code=spaced(code)).booked().outcome()

    def _kept(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return visit.say("progress_kept").outcome()

    def _answered(self, visit: Visit, code: str, *, is_fixed: bool) -> Outcome:
        """Take a yes, or ask for the photo that a no needs; without a code of the last question."""
        resident = resident_of(visit.db, visit.account_id)
        asked = _asked(visit) if not code else None
        report = own_report(visit.db, code or (asked.code if asked else ""), resident)
        if report is None or not last_asked(visit.db, report.id):
            return visit.say("fixed_none").outcome()
        if is_fixed:
            return self._noted(visit, report, is_fixed=True, photos=())
        return self._wanting(visit, report)

    def _wanting(self, visit: Visit, report: Report) -> Outcome:
        waiting = Flow(KEY, _PHOTO, {"code": report.code})
        return visit.say("fixed_photo").waiting(waiting, "photo").outcome()

    def _noted(
        self, visit: Visit, report: Report, *, is_fixed: bool, photos: tuple[int, ...]
    ) -> Outcome:
        is_month = last_asked(visit.db, report.id) == "month"
        reply = Reply(report.id, "month" if is_month else "fixed", is_fixed, photos)
        done: Answered = answer(visit.db, reply, self.intake.rules, visit.now)
        if done.outcome == "photo_wanted":
            return self._wanting(visit, report)
        if done.outcome == "not_asked":
            return visit.say("fixed_none").outcome()
        if is_fixed:
            return visit.say("fixed_thanks").booked().outcome()
        name = "fixed_reopened" if done.outcome == "reopened" else "fixed_late"
        return visit.say(name, code=spaced(report.code)).booked().outcome()

    def _kind(self, visit: Visit, report: Report) -> str:
        return kind_name(self.intake.categories.get(report.category), visit)

    def _stage(self, visit: Visit, code: str) -> str:
        found = progress(visit.db, code)
        return visit.words[f"stage_{found.stage}"] if found else ""

    _actions: Mapping[str, Callable[["ReportProgress", Visit, str], Outcome]] = {
        TYPED: _typed, "show": _show, "drop": _drop, "dropped": _dropped, "kept": _kept,
    }  # fmt: skip


def _asked(visit: Visit) -> OpenQuestion | None:
    resident = resident_of(visit.db, visit.account_id)
    return open_question(visit.db, resident, visit.now - ASKED_WITHIN)


def _pushed(visit: Visit) -> PushedQuestion | None:
    """Return the question whether it is really fixed, while it has no answer."""
    asked = _asked(visit)
    if asked is None:
        return None
    return PushedQuestion(asked.told_at, f"{FIXED}/{asked.code}", f"{NOT_FIXED}/{asked.code}")
