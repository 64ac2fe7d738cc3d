"""What a report in the making looks like: its card, and the kinds of hazard to choose from."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.dialogue.functions import Saying, Visit
from bot.dialogue.session import Language
from bot.messages import Choice
from hazards.categories import OTHER, Categories, Category
from hazards.drafts import Draft, DraftPhoto

KEY = "report"
# Offered first where nothing proposes a kind: what residents report most.
COMMON = ("corridor_blocked", "lane_blocked", "ebike_parked", "ebike_charging", "equipment_broken")
# Names the cry of whoever answers the gate's question with a yes; for the rest there is none.
CRIES: Mapping[str, str] = {
    "exit_locked": "say_trapped",
    "ebike_charging": "say_fire",
    "flying_wire": "say_fire",
    "private_wiring": "say_fire",
    "cable_shaft": "say_fire",
    "gas_pipe_occupied": "say_gas",
    "gas_modification": "say_gas",
    "bottled_gas": "say_gas",
    "hot_work": "say_fire",
}
MOST_PROPOSED = 3
_MOST_SHOWN_WORDS = 60


def kind_name(category: Category | None, visit: Visit) -> str:
    """Return a kind of hazard on a button, in the language of the conversation."""
    return category_name(category, visit.session.language)


def category_name(category: Category | None, language: Language) -> str:
    """Return a kind of hazard: in English by its keywords of open data; "" for none."""
    if category is None:
        return ""
    if language == "zh":
        return category.name
    words = [word for word in category.open311 if word.isascii()][:2]
    return ", ".join(words).capitalize() or category.name


def spaced(code: str) -> str:
    """Return a code as people copy it."""
    return f"{code[:4]}-{code[4:]}"


def day(visit: Visit, at: datetime) -> str:
    """Return the date of a moment, in the district's zone."""
    local = at.astimezone(visit.now.tzinfo)
    return visit.words["report_day"].format(month=local.month, day=local.day)


def moment(visit: Visit, at: datetime) -> str:
    """Return date and time of a moment, in the district's zone."""
    local = at.astimezone(visit.now.tzinfo)
    values = {"month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
    return visit.words["report_until"].format(**values)


def taken(photos: Sequence[DraftPhoto]) -> int:
    """Return how many photos were not refused."""
    return sum(not photo.refused for photo in photos)


class Kinds:
    """The kinds of hazard as choices."""

    def __init__(self, categories: Categories) -> None:
        self.categories = categories

    def proposed(self, text: str) -> list[Category]:
        """Return what a text may mean, likeliest first."""
        found = [self.categories.get(one) for one in self.categories.propose(text)]
        return [one for one in found if one is not None][:MOST_PROPOSED]

    def ask(self, saying: Saying, likely: Sequence[Category], photo_ref: str) -> Saying:
        """Offer likely kinds, or the most common; then all others, and staff for a photo."""
        shown = likely or [self.categories.require(one) for one in COMMON]
        choices = [_choice(saying.visit, one) for one in shown]
        choices.append(saying.visit.choice("report_more", f"{KEY}/groups"))
        if photo_ref:
            choices.append(saying.visit.choice("report_human", f"{KEY}/human/{photo_ref}"))
        return saying.offering(choices)

    def groups(self, visit: Visit) -> Saying:
        """Offer the groups of kinds."""
        choices = [
            Choice(self._group_name(visit, group.id), function=f"{KEY}/group/{group.id}")
            for group in self.categories.groups
        ]
        return visit.say("report_groups").offering(choices)

    def of_group(self, visit: Visit, group_id: str) -> Saying:
        """Offer the kinds of one group; the groups, for one that is gone."""
        for group in self.categories.groups:
            if group.id == group_id:
                choices = [_choice(visit, one) for one in group.categories]
                return visit.say("report_kinds").offering(choices)
        return self.groups(visit)

    def _group_name(self, visit: Visit, group_id: str) -> str:
        group = next(one for one in self.categories.groups if one.id == group_id)
        if visit.session.language == "zh":
            return group.name
        named = [kind_name(one, visit) for one in group.categories if one.id != OTHER]
        return f"{named[0]} …" if named else group.name


def card(visit: Visit, draft: Draft, shown: tuple[str, str], photos: int) -> Saying:
    """Return the summary in one message, with what can be done with it.

    ``shown`` are the kind and the place as people read them.
    """
    words, (kind, place) = visit.words, shown
    lines = [
        words["report_card"],
        words["report_card_kind"].format(kind=kind),
        words["report_card_place"].format(place=place),
        words["report_card_photos"].format(count=photos)
        if photos
        else words["report_card_no_photo"],
    ]
    if draft.said:
        said = " ".join(draft.said.split())
        cut = f"{said[:_MOST_SHOWN_WORDS]}…" if len(said) > _MOST_SHOWN_WORDS else said
        lines.append(words["report_card_said"].format(said=cut))
    lines.append(words["report_card_named" if draft.privacy == "named" else "report_card_privacy"])
    choices = [
        visit.choice("report_send", f"{KEY}/send"),
        visit.choice("report_replace", f"{KEY}/where"),
        visit.choice("report_rekind", f"{KEY}/kinds"),
        visit.choice("report_hide", f"{KEY}/hide"),
        visit.choice("report_stop", f"{KEY}/stop"),
    ]
    return visit.saying("\n".join(lines)).offering(choices)


def _choice(visit: Visit, category: Category) -> Choice:
    return Choice(kind_name(category, visit), function=f"{KEY}/kind/{category.id}")
