"""常用电话: whom to call, with the numbers of one's own building where it is known."""

from collections.abc import Mapping

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from community.bindings import bound_buildings
from community.phones import phones_for
from community.store import resident_of

_WORDS = frozenset(
    {"常用电话", "电话", "电话号码", "救援电话", "应急电话", "phones", "phone numbers"}
)


class Phones:
    """The function, in the numbers of one district."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings

    def open(self, visit: Visit, given: str) -> Outcome:
        """List the numbers for the first building bound, or the one given by its code."""
        bound = bound_buildings(visit.db, resident_of(visit.db, visit.account_id))
        wanted = [one.building for one in bound if given in {"", one.building.code}]
        building = wanted[0] if wanted else None
        words = visit.words
        head = words["phones_of"].format(building=building.name) if building else words["phones"]
        lines = [
            words["phone_line"].format(label=words[f"phone_{phone.kind}"], number=phone.number)
            for phone in phones_for(building, self._settings)
        ]
        choices = [] if building else [visit.choice("phones_bind", "building")]
        return visit.saying("\n".join([head, *lines])).offering(choices).outcome()

    def function(self) -> Function:
        """Return it as it is registered."""
        return Function("phones", self.open, _WORDS, menu="ask")
