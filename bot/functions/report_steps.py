"""The next thing to ask of a report in the making, and what was told kept on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SAY, Saying, Visit
from bot.dialogue.session import Flow
from bot.functions.report_card import CRIES, KEY, Kinds, card, kind_name, taken
from bot.functions.report_places import Places
from bot.messages import Choice, Wants
from community.registers import Building
from hazards.categories import Category
from hazards.draft_store import add_photo, draft_photos, drop_draft, find_draft, save_draft
from hazards.drafts import MOST_PHOTOS, MOST_SAID_CHARACTERS, Draft, Where

WHAT, PLACE, CARD, AGAIN, APPEAL = "what", "place", "card", "again", "appeal"
NAME = "name"
_ASKED = frozenset({WHAT, PLACE, CARD, APPEAL, NAME})
# Longer after the last word of it, a photo is hardly about the same thing.
SILENT_FOR = timedelta(minutes=30)
# Between the references of photos.
GAP = "\n"


@dataclass(frozen=True, slots=True)
class Steps:
    """What is asked, in the order in which it is missing: the kind, the place, the card."""

    kinds: Kinds
    places: Places
    district_id: str

    def draft(self, visit: Visit) -> Draft:
        """Return the draft of whoever came, a new one where there is none."""
        found = find_draft(visit.db, visit.account_id)
        return found or Draft(begun_at=visit.now, district_id=self.district_id)

    def has_begun(self, visit: Visit) -> bool:
        """Whether something was told that is worth going on with."""
        found = find_draft(visit.db, visit.account_id)
        if found is None:
            return False
        return bool(found.category or found.said or draft_photos(visit.db, visit.account_id))

    def keep(self, visit: Visit, draft: Draft) -> Draft:
        """Keep a draft; return it."""
        save_draft(visit.db, visit.account_id, draft, visit.now)
        return draft

    def drop(self, visit: Visit) -> None:
        """Forget the draft and its photos."""
        drop_draft(visit.db, visit.account_id)

    def add_photos(self, visit: Visit, refs: Sequence[str]) -> bool:
        """Add photos to the draft; False when one of them was too many."""
        account, channel = visit.account_id, visit.account.channel
        added = [add_photo(visit.db, account, channel, ref, visit.now) for ref in refs]
        return all(added) or self.count(visit) < MOST_PHOTOS

    def count(self, visit: Visit) -> int:
        """Return how many photos the draft has."""
        return taken(draft_photos(visit.db, visit.account_id))

    def refs(self, visit: Visit) -> list[str]:
        """Return how the channel finds the draft's photos, in the order they came."""
        photos = draft_photos(visit.db, visit.account_id)
        return [one.ref for one in photos if one.ref and not one.refused]

    def say_more(self, draft: Draft, text: str) -> Draft:
        """Return a draft with a sentence more."""
        said = f"{draft.said}\n{text.strip()}".strip()
        return replace(draft, said=said[:MOST_SAID_CHARACTERS])

    def told_place(self, visit: Visit, draft: Draft, text: str) -> Draft:
        """Return a draft with the place that a sentence about the hazard names."""
        read = self.places.named(visit, text)
        if len(read.buildings) == 1:
            where = replace(read.where, words="", building_id=read.buildings[0].id)
            return self.places.placed(visit, draft, where)
        # Several, or none that is registered: theirs is not passed over for the usual place.
        return draft if read.where.is_empty else replace(draft, where=read.where)

    def after(self, visit: Visit, draft: Draft, lead: str = "report_kinds") -> Outcome:
        """Keep the draft and ask for what it lacks; ``lead`` stands above the kinds."""
        if not draft.category:
            self.keep(visit, draft)
            return self.ask_kind(visit, lead)
        if draft.where.is_empty:
            where = self.places.default(visit, draft.said)
            if where is None:
                self.keep(visit, draft)
                return self.ask_place(visit)
            draft = self.places.placed(visit, draft, where)
        return self.show(visit, self.keep(visit, draft))

    def show(self, visit: Visit, draft: Draft) -> Outcome:
        """Show the card."""
        shown = (self.kind(visit, draft), self.places.shown(visit, draft.where))
        photos = self.count(visit)
        # Once there is one, a large button for more would stand before 提交.
        return self.waiting(card(visit, draft, shown, photos), CARD, "" if photos else "photo")

    def kind(self, visit: Visit, draft: Draft) -> str:
        """Return the name of the draft's kind."""
        return kind_name(self.kinds.categories.get(draft.category), visit)

    def ask_kind(self, visit: Visit, name: str) -> Outcome:
        """Ask what kind it is."""
        photos = draft_photos(visit.db, visit.account_id)
        ref = next((one.ref for one in photos if one.ref), "")
        likely = self.kinds.proposed(self.draft(visit).said)
        return self.waiting(self.kinds.ask(visit.say(name), likely, ref), WHAT)

    def ask_gate(self, visit: Visit, category: Category) -> Outcome:
        """Ask whether it is happening now; a yes is answered as if it had been cried out."""
        cry = CRIES.get(category.id)
        key = f"{SAY}/{visit.words[cry]}" if cry else "first"
        yes = visit.choice("report_gate_yes", key)
        no = visit.choice("report_gate_no", f"{KEY}/kind/{category.id}/no")
        said = visit.say("report_gate", gate=category.emergency_gate)
        return self.waiting(said.asking(yes, no), WHAT)

    def ask_place(self, visit: Visit, name: str = "report_where") -> Outcome:
        """Ask where it is; the usual places can be tapped."""
        choices = [
            Choice(self.places.shown(visit, one), function=f"{KEY}/usual/{number}")
            for number, one in enumerate(self.places.usual(visit))
        ]
        return self.waiting(visit.say(name).offering(choices), PLACE, "place")

    def ask_building(self, visit: Visit, found: Sequence[Building], where: Where) -> Outcome:
        """Ask which of several buildings is meant; their own words will do, too."""
        choices = [Choice(one.full_name, function=f"{KEY}/at/{one.code}") for one in found]
        choices.append(visit.choice("report_as_written", f"{KEY}/at/"))
        data = {"words": where.words, "floor": where.floor}
        asked = visit.say("report_building").offering(choices)
        return asked.waiting(flow_of(visit, PLACE, data), "place").booked().outcome()

    def waiting(self, saying: Saying, step: str, wants: Wants = "") -> Outcome:
        """Return what is said, waiting for the next message."""
        visit = saying.visit
        return saying.waiting(flow_of(visit, step), wants).booked().outcome()


def flow_of(visit: Visit, step: str, data: Mapping[str, str] | None = None) -> Flow:
    """Return where somebody is in the report, with the time of it."""
    return Flow(KEY, step, {**(data or {}), "at": visit.now.isoformat()})


def is_fresh(visit: Visit, flow: Flow) -> bool:
    """Whether the last word of the report was said just now."""
    return _is_recent(flow, visit.now)


def awaits_words(flow: Flow, now: datetime) -> bool:
    """Whether somebody was just asked what or where it is, or who they are."""
    return flow.step in _ASKED and _is_recent(flow, now)


def _is_recent(flow: Flow, now: datetime) -> bool:
    said = flow.data.get("at", "")
    return bool(said) and now - datetime.fromisoformat(said) <= SILENT_FOR


def refs_in(flow: Flow | None) -> list[str]:
    """Return the photos that wait for a word on where they belong."""
    return [ref for ref in flow.data.get("refs", "").split(GAP) if ref] if flow else []


def with_refs(visit: Visit, flow: Flow, refs: Sequence[str]) -> Flow:
    """Return the flow with photos more."""
    joined = GAP.join([*refs_in(flow), *refs][:MOST_PHOTOS])
    return flow_of(visit, flow.step, {**flow.data, "refs": joined})


def photo_refs(visit: Visit) -> list[str]:
    """Return how the channel finds the photos that came with a message."""
    return [one.source for one in visit.media if one.kind == "photo" and one.source]
