"""报隐患: a photo, a tap on its kind, 提交. What has a safe default is never asked.

Everything told is kept as a draft, so that nothing is lost by a question in the middle.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.dialogue.control import asks_something, chosen_number, yes_or_no
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SAY, SEPARATOR, TYPED, Function, Visit
from bot.dialogue.session import Effects, Flow
from bot.functions.report_card import KEY, Kinds
from bot.functions.report_handing import HandingIn
from bot.functions.report_places import Places, sent_place
from bot.functions.report_sending import Sending
from bot.functions.report_steps import (
    AGAIN,
    APPEAL,
    CARD,
    GAP,
    NAME,
    PLACE,
    WHAT,
    Steps,
    awaits_words,
    flow_of,
    is_fresh,
    photo_refs,
    refs_in,
    with_refs,
)
from hazards.draft_store import find_draft
from hazards.drafts import Draft, Where

_WORDS = frozenset({
    "报隐患", "隐患上报", "上报隐患", "我要报隐患", "怎么报隐患", "我要举报", "举报", "上报",
    "我要上报", "拍照上报", "随手拍", "投诉", "我要投诉", "报一下", "report", "report a hazard",
})  # fmt: skip
_GO_WORDS = frozenset({"接着报", "继续报", "继续上报", "go on", "go on with my report"})
_SEND_WORDS = frozenset({"提交", "提交上报", "交了", "submit"})
_STOP_WORDS = frozenset({"不报了", "不上报了", "算了不报了", "do not report"})
_HIDE_WORDS = frozenset({"匿名", "匿名提交", "匿名报", "匿名上报", "匿名举报"})
_BEGINS = re.compile(
    r"^(?:我|想|要|来|帮我|请|麻烦)*(?:举报|上报|投诉|反映|报告|报(?:个|一下)?隐患)"
    r"[一下个:：,，\s]*(?P<what>\S.+)$",
    re.DOTALL,
)
_NAME_WORDS = frozenset({
    "实名", "实名上报", "实名提交", "实名举报", "实名报", "我要实名", "with my name",
})  # fmt: skip
# A place that is surely one, and one that may stand in a question as well.
_PLACE = re.compile(r"[0-9一二三四五六七八九十]\s*(?:栋|幢|座|号楼|单元|楼|层)")
_PERHAPS_PLACE = re.compile(r"小区|楼道|楼下|单元门|地下室|车库|大门口")
_LABELS = {
    "voice_report": KEY, "report_more": f"{KEY}/groups", "report_human": "",
    "report_go": f"{KEY}/go",
    "report_send": f"{KEY}/send", "report_replace": f"{KEY}/where", "report_rekind": f"{KEY}/kinds",
    "report_hide": f"{KEY}/hide", "report_stop": f"{KEY}/stop", "report_new": f"{KEY}/new",
    "report_drop": f"{KEY}/stop", "report_gate_no": "", "report_as_written": "",
    "report_notify_yes": "", "report_offer_yes": KEY, "report_offer_no": "", "report_appeal": "",
    "report_this": KEY,
}  # fmt: skip

# What is kept of words behind a choice; and who writes less has added nothing.
_MOST_KEPT, _LEAST_LETTERS = 500, 2

# Gives photos to staff; their refs as the channel finds them, one a line.
HandOver = Callable[[Visit, str], Outcome]
# Returns what is said to a courtesy, None for any other message.
Courtesy = Callable[[str], str | None]


class Report:
    """The function, over the districts served."""

    def __init__(self, sending: Sending, hand_over: HandOver, courtesy: Courtesy) -> None:
        intake = sending.intake
        places = Places(intake.districts)
        self._steps = Steps(Kinds(intake.categories), places, next(iter(intake.districts)))
        self._places = places
        self._categories = intake.categories
        self._handing_in = HandingIn(self._steps, sending)
        self._hand_over = hand_over
        self._courtesy = courtesy

    def functions(self) -> list[Function]:
        """Return them as they are registered: reporting, and its words that always work."""
        opening = {"reportgo": _GO_WORDS, "reportsend": _SEND_WORDS, "reportstop": _STOP_WORDS,
                   "reporthide": _HIDE_WORDS, "reportname": _NAME_WORDS}  # fmt: skip
        return [
            Function(
                KEY, self.open, _WORDS, self.step, menu="report", takes_words=True,
                recognise=self.recognise, aside="report_aside", labels=_LABELS, reads_known=True,
                waits_for_safety=True, awaits=awaits_words,
            ),
            *(
                Function(key, self._opens(key.removeprefix(KEY)), words, waits_for_safety=True)
                for key, words in opening.items()
            ),
        ]  # fmt: skip

    def open(self, visit: Visit, given: str) -> Outcome:
        """Do what stands behind the key; nothing begins, or asks what to do with a draft."""
        action, _, rest = given.partition(SEPARATOR)
        if outcome := self._handing_in.open(visit, action, rest):
            return outcome
        return self._actions.get(action, Report._begin)(self, visit, rest)

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take a photo, a place, or words, for whatever is asked; questions go on."""
        if visit.media:
            return self._sent(visit, flow)
        if visit.place:
            return self._at(visit, flow) if is_fresh(visit, flow) else None
        return self._heard(visit, flow)

    def _heard(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take words, unless they pick a choice, are a courtesy or are to be answered."""
        text = visit.text.strip()
        if flow.step == CARD and yes_or_no(text):
            return self._handing_in.send(visit)
        is_picked = not text or chosen_number(text) is not None
        if is_picked or self._courtesy(text) or (visit.is_question and asks_something(text)):
            return None
        if flow.step == APPEAL:
            return self._handing_in.appealed(visit, text)
        if flow.step == NAME:
            return self._handing_in.named(visit, text)
        reads = self._readers.get(flow.step)
        return reads(self, visit, text) if reads else None

    def recognise(self, visit: Visit) -> Outcome | None:
        """Begin with 「我要举报…」, and offer to report what names a place and a hazard."""
        text = visit.text.strip()
        if asks_something(text):
            return None
        if found := _BEGINS.match(text):
            return self._begin_with(visit, found["what"])
        names_place = _PLACE.search(text) or (not visit.is_question and _PERHAPS_PLACE.search(text))
        if not (names_place and self._categories.propose(text)):
            return None
        said = text[:_MOST_KEPT]
        yes = visit.choice("report_offer_yes", f"{KEY}/{TYPED}/{said}")
        no = visit.choice("report_offer_no", f"{SAY}/{said}？")
        return visit.say("report_offer").asking(yes, no).outcome()

    def _opens(self, action: str) -> Callable[[Visit, str], Outcome]:
        return lambda visit, _: self.open(visit, action)

    # -- beginning ------------------------------------------------------------------------

    def _begin(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        if self._steps.has_begun(visit):
            return self._again(visit, [])
        return self._ask_what(visit)

    def _ask_what(self, visit: Visit) -> Outcome:
        self._steps.keep(visit, Draft(begun_at=visit.now, district_id=self._steps.district_id))
        return self._steps.ask_kind(visit, "report_ask")

    def _begin_with(self, visit: Visit, text: str) -> Outcome:
        """Begin with words; an unfinished report about something else is kept in sight."""
        if self._steps.has_begun(visit):
            self._steps.drop(visit)
        return self._worded(visit, text)

    def _photo(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        """Begin with a photo, and what is written below it."""
        refs = photo_refs(visit)
        if self._steps.has_begun(visit):
            return self._again(visit, refs)
        return self._with_photos(visit, refs)

    def _with_photos(self, visit: Visit, refs: list[str]) -> Outcome:
        self._steps.add_photos(visit, refs)
        if visit.media and visit.text.strip():
            return self._worded(visit, visit.text)
        return self._steps.after(visit, self._steps.draft(visit), "report_photo")

    def _again(self, visit: Visit, refs: list[str]) -> Outcome:
        """Offer an unfinished report once more; photos wait for the answer."""
        draft, count = self._steps.draft(visit), self._steps.count(visit)
        parts = [self._steps.kind(visit, draft)]
        parts.append("" if draft.where.is_empty else self._places.shown(visit, draft.where))
        parts.append(visit.words["report_again_photos"].format(count=count) if count else "")
        summary = "，".join(part for part in parts if part) or draft.said[:20]
        choices = [visit.choice("report_go", f"{KEY}/go"), visit.choice("report_new", f"{KEY}/new"),
                   visit.choice("report_drop", f"{KEY}/stop")]  # fmt: skip
        flow = with_refs(visit, flow_of(visit, AGAIN), refs)
        return visit.say("report_again", summary=summary).offering(choices).waiting(flow).outcome()

    def _go(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        if not self._steps.has_begun(visit):
            return visit.say("report_nothing").outcome()
        self._steps.add_photos(visit, refs_in(visit.session.flow))
        return self._steps.after(visit, self._steps.draft(visit))

    def _new(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        refs = refs_in(visit.session.flow)
        self._steps.drop(visit)
        return self._with_photos(visit, refs) if refs else self._ask_what(visit)

    def _stop(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        if find_draft(visit.db, visit.account_id) is None:
            return visit.say("report_nothing").outcome()
        self._steps.drop(visit)
        return visit.say("report_dropped").booked().outcome()

    def _human(self, visit: Visit, ref: str) -> Outcome:
        """Give the photos to staff instead."""
        refs = self._steps.refs(visit)
        if ref not in refs:  # of an older draft
            refs = [ref]
        self._steps.drop(visit)
        return self._hand_over(visit, GAP.join(refs))

    def _typed(self, visit: Visit, text: str) -> Outcome:
        return self._begin_with(visit, text)

    # -- the kind -------------------------------------------------------------------------

    def _kinds(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return self._steps.ask_kind(visit, "report_kinds")

    def _groups(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return self._steps.waiting(self._steps.kinds.groups(visit), WHAT)

    def _group(self, visit: Visit, rest: str) -> Outcome:
        return self._steps.waiting(self._steps.kinds.of_group(visit, rest), WHAT)

    def _kind(self, visit: Visit, rest: str) -> Outcome:
        """Take a kind; what may be an emergency asks whether it happens now."""
        name, _, gate = rest.partition(SEPARATOR)
        category = self._categories.get(name)
        if category is None:
            return self._kinds(visit, "")
        draft = self._steps.draft(visit)
        if category.emergency_gate and gate != "no":
            self._steps.keep(visit, draft)
            return self._steps.ask_gate(visit, category)
        return self._steps.after(visit, replace(draft, category=category.id))

    def _worded(self, visit: Visit, text: str) -> Outcome:
        """Take words about the hazard, which propose its kind and may name the place."""
        said = self._steps.say_more(self._steps.draft(visit), text)
        draft = self._steps.keep(visit, self._steps.told_place(visit, said, text))
        likely = self._categories.propose(draft.said)
        if len(likely) == 1 and not draft.category:
            return self._kind(visit, likely[0])
        return self._steps.after(visit, draft, "report_photo" if visit.media else "report_which")

    def _about(self, visit: Visit, kind: str) -> Outcome:
        """Begin with a kind, from below an answer; an unfinished report is asked about first."""
        if self._steps.has_begun(visit):
            return self._again(visit, [])
        return self._kind(visit, kind)

    # -- the place ------------------------------------------------------------------------

    def _where(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        return self._steps.ask_place(visit)

    def _usual(self, visit: Visit, rest: str) -> Outcome:
        usual = self._places.usual(visit)
        number = int(rest) if rest.isascii() and rest.isdigit() else len(usual)
        if number >= len(usual):
            return self._steps.ask_place(visit)
        return self._placed(visit, usual[number])

    def _building(self, visit: Visit, code: str) -> Outcome:
        """Take the building that was tapped, or with no code the words as they were written."""
        flow = visit.session.flow
        data: Mapping[str, str] = flow.data if flow else {}
        where = Where(words=data.get("words", ""), floor=data.get("floor", ""))
        building = self._places.by_code(visit, code)
        if building is not None:
            where = replace(where, building_id=building.id)
        return self._steps.ask_place(visit) if where.is_empty else self._placed(visit, where)

    def _scan(self, visit: Visit, scene: str) -> Outcome:
        where = self._places.scanned(visit, scene)
        if where is None:
            return self._steps.ask_place(visit, "report_code_unknown")
        return self._placed(visit, where)

    def _at(self, visit: Visit, flow: Flow) -> Outcome | None:  # noqa: ARG002 - as the readers
        where = sent_place(visit)
        return self._placed(visit, where) if where else None

    def _placed(self, visit: Visit, where: Where) -> Outcome:
        draft = self._places.placed(visit, self._steps.draft(visit), where)
        return self._steps.after(visit, draft)

    def _read_place(self, visit: Visit, text: str) -> Outcome:
        read = self._places.answered(visit, text)
        if read is None:
            return self._steps.ask_place(visit, "report_not_place")
        if len(read.buildings) > 1:
            return self._steps.ask_building(visit, read.buildings, read.where)
        found = read.buildings[0].id if read.buildings else None
        return self._placed(visit, replace(read.where, building_id=found))

    # -- what comes in between --------------------------------------------------------------

    def _sent(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take photos: without a word while others are being sent, too."""
        refs = photo_refs(visit)
        if not refs:
            return None
        if flow.step == AGAIN:
            return _silent(visit, with_refs(visit, flow, refs))
        if not is_fresh(visit, flow) or not self._is_open(visit):
            return self._photo(visit, "")
        return self._more_photos(visit, flow, refs)

    def _more_photos(self, visit: Visit, flow: Flow, refs: list[str]) -> Outcome:
        before = self._steps.count(visit)
        fits = self._steps.add_photos(visit, refs)
        if visit.text.strip():
            return self._worded(visit, visit.text)
        if not fits and not flow.data.get("full"):
            told = flow_of(visit, flow.step, {**flow.data, "full": "1"})
            return self._full(visit, told, before)
        if not before and flow.step in {CARD, WHAT}:
            return self._steps.after(visit, self._steps.draft(visit), "report_photo")
        return _silent(visit, flow_of(visit, flow.step, flow.data))

    def _is_open(self, visit: Visit) -> bool:
        return find_draft(visit.db, visit.account_id) is not None

    def _full(self, visit: Visit, flow: Flow, count: int) -> Outcome:
        """Say once that there are enough photos; what was offered stands."""
        said = visit.say("report_full", count=count).waiting(flow).booked().outcome()
        return replace(said, session=replace(said.session, offers=visit.session.offers))

    def _read_card(self, visit: Visit, text: str) -> Outcome | None:
        """Take words said to the card: a yes, a place, or more about the hazard."""
        if yes_or_no(text) is False:
            return self._again(visit, [])
        if sum(sign.isalpha() for sign in text) < _LEAST_LETTERS:
            return None
        placed = self._steps.told_place(visit, self._steps.draft(visit), text)
        return self._steps.after(visit, self._steps.say_more(placed, text))

    _actions: Mapping[str, Callable[["Report", Visit, str], Outcome]] = {
        "": _begin, TYPED: _typed, "photo": _photo, "go": _go, "new": _new, "stop": _stop,
        "human": _human, "kinds": _kinds, "groups": _groups, "group": _group, "kind": _kind,
        "about": _about, "where": _where, "usual": _usual, "at": _building, "scan": _scan,
    }  # fmt: skip
    _readers: Mapping[str, Callable[["Report", Visit, str], Outcome | None]] = {
        WHAT: _worded, PLACE: _read_place, CARD: _read_card,
    }  # fmt: skip


def _silent(visit: Visit, flow: Flow) -> Outcome:
    """Return a turn that says nothing, so that the next photo is not answered either."""
    session = replace(visit.session, flow=flow)
    return Outcome(session, (), Effects(is_booked=True))
