"""常用电话: whom to call, with the numbers of one's own building where it is known.

In a group the numbers are those for everybody: it is nobody's business who lives where.
"""

from collections.abc import Mapping

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from community.bindings import bound_buildings
from community.phones import phones_for
from community.registers import Building
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
        building = None if visit.is_group else _wanted(visit, given)
        words = visit.words
        head = words["phones_of"].format(building=building.name) if building else words["phones"]
        lines = [
            words["phone_line"].format(label=words[f"phone_{phone.kind}"], number=phone.number)
            for phone in phones_for(building, self._settings)
        ]
        is_open = building or visit.is_group
        choices = [] if is_open else [visit.choice("phones_bind", "building")]
        return visit.saying("\n".join([head, *lines])).offering(choices).outcome()

    def function(self) -> Function:
        """Return it as it is registered."""
        labels = {"building_phones": "phones"}
        return Function("phones", self.open, _WORDS, menu="ask", is_private=False, labels=labels)


def _wanted(visit: Visit, code: str) -> Building | None:
    """Return the building of theirs with a code, or the first."""
    bound = bound_buildings(visit.db, resident_of(visit.db, visit.account_id))
    return next((one.building for one in bound if code in {"", one.building.code}), None)
